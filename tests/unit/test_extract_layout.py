"""Reading order, paragraphs, headings, running lines: from words on pages to blocks.

In one file, as each change to layout is held against all of it.
"""

from __future__ import annotations

import math
from dataclasses import replace

import pymupdf
import pytest

from pipeline.extract.build import build_document
from pipeline.extract.document import Document
from pipeline.extract.json_form import to_json
from pipeline.extract.markdown import to_markdown
from pipeline.types import Box, PageReading, Word

PROSE = (
    "The propagation of waves in layered media has been studied for many years. In this paper we describe a method "
    "that determines the structure of the upper crust from recordings made at its surface, and we show with data from "
    "three regions how much the result depends upon the noise. "
)
ZH = "春天来了，田野里的麦苗一片一片地绿了起来，远处的山也慢慢地换上了新装。孩子们放学之后跑到河边，看着冰面化开。"


NAMES = ("", "Alpha", "Beta", "Gamma", "Delta")


def reading_of(page: pymupdf.Page) -> PageReading:
    """The text layer of a drawn page: words are runs of a span without white space."""
    words: list[Word] = []
    number = 0
    for block_number, block in enumerate(page.get_text("rawdict")["blocks"]):
        for line in block.get("lines", ()):
            for span in line["spans"]:
                run: list[dict] = []
                for char in [*span["chars"], None]:
                    if char is not None and not char["c"].isspace():
                        run.append(char)
                    elif run:
                        box = Box(
                            run[0]["bbox"][0], run[0]["bbox"][1], max(c["bbox"][2] for c in run), run[0]["bbox"][3]
                        )
                        text = "".join(c["c"] for c in run)
                        bold = "Bold" in span["font"]
                        words.append(Word(text, box, 1.0, number, block_number, span["size"], bold))
                        run = []
            number += 1
    size = page.rect
    return PageReading(page.number + 1, size.width, size.height, tuple(words), "text_layer", "text_layer")


def read(document: pymupdf.Document) -> Document:
    return build_document([reading_of(page) for page in document])


def fill(page: pymupdf.Page, box: tuple[float, ...], text: str, size: float = 10, font: str = "tiro", align: int = 3):
    room = page.insert_textbox(box, text, fontsize=size, fontname=font, align=align)
    assert room >= 0, "the text does not fit the box it is drawn in"


def lines(page: pymupdf.Page, x: float, y: float, texts: list[str], size: float = 10, font: str = "china-s") -> None:
    for i, text in enumerate(texts):
        page.insert_text((x, y + i * 1.6 * size), text, fontsize=size, fontname=font)


def word(text: str, x: float, y: float, line: int = 0, size: float = 10, width: float | None = None) -> Word:
    width = 0.5 * size * len(text) if width is None else width
    return Word(text, Box(x, y, x + width, y + size), 0.9, line, 0, size)


def ocr_page(words: list[Word], number: int = 1) -> PageReading:
    return PageReading(number, 600, 800, tuple(words), "ocr", "test")


def typeset(text: str, x: float, y: float, width: float, line: int = 0, size: float = 10) -> list[Word]:
    """The text set ragged right in a column of that width, as an OCR engine would hand it on."""
    words = []
    at = x
    for token in text.split():
        if at + 0.5 * size * len(token) > x + width:
            at, y, line = x, y + 1.3 * size, line + 1
        words.append(word(token, at, y, line, size))
        at += 0.5 * size * (len(token) + 0.6)
    return words


def order(markdown: str, *parts: str) -> None:
    places = [markdown.find(part) for part in parts]
    assert -1 not in places, dict(zip(parts, places, strict=True))
    assert places == sorted(places), dict(zip(parts, places, strict=True))


def test_two_column_paper_with_title_authors_and_caption_across() -> None:
    with pymupdf.open() as file:
        page = file.new_page(width=612, height=792)
        fill(page, (72, 40, 540, 105), "Surface Waves in Layered Media and What They Tell of the Crust", 18, "hebo", 1)
        fill(page, (100, 106, 290, 145), "Alice Adams\nUniversity of A", 10, "helv", 1)
        fill(page, (320, 106, 510, 145), "Bob Brown\nUniversity of B", 10, "helv", 1)
        fill(page, (72, 150, 540, 215), "Abstract. " + PROSE, 9)
        fill(page, (54, 222, 300, 242), "1 Introduction", 11, "hebo", 0)
        fill(page, (54, 242, 300, 500), "FIRST " + PROSE * 2, 10)
        fill(page, (54, 512, 300, 532), "2 Related Work", 11, "hebo", 0)
        fill(page, (54, 532, 300, 740), "SECOND " + PROSE * 2, 10)
        fill(page, (312, 225, 558, 740), "THIRD " + PROSE * 3, 10)
        fill(page, (54, 748, 558, 775), "Figure 1: A caption that runs over both columns of the page and explains", 9)
        document = read(file)
    markdown = to_markdown(document)
    order(markdown, "# Surface Waves", "Alice Adams Bob", "Abstract.", "# 1 Introduction", "FIRST", "# 2 Related Work",
          "SECOND", "THIRD", "Figure 1")  # fmt: skip
    kinds = [(block.kind, block.text[:7]) for block in document.text_blocks]
    assert kinds.count(("heading", "1 Intro")) == 1
    assert PROSE.strip() in markdown  # whole paragraphs, lines joined


def test_three_columns_under_a_centred_title() -> None:
    with pymupdf.open() as file:
        page = file.new_page(width=842, height=595)
        fill(page, (40, 15, 800, 65), "Three Column Newsletter", 22, "hebo", 1)
        for i, x in enumerate((40, 300, 560)):
            fill(page, (x, 70, x + 235, 560), f"COLUMN{i} " + PROSE * 4, 10, "tiro", 0)
        markdown = to_markdown(read(file))
    order(markdown, "# Three Column Newsletter", "COLUMN0", "COLUMN1", "COLUMN2")


def test_chinese_resume_with_a_sidebar() -> None:
    with pymupdf.open() as file:
        page = file.new_page(width=595, height=842)
        fill(page, (30, 30, 180, 75), "张三", 22, "china-s", 0)
        lines(page, 30, 100, ["电话：13800138000", "邮箱：zs@example.com", "地址：北京市海淀区"])
        lines(page, 30, 190, ["Python、C++、Go", "机器学习", "数据库设计", "英语六级"])
        lines(page, 210, 60, ["一、工作经历"], 14)
        lines(page, 210, 85, ["北京某某科技有限公司     高级工程师    2019-2023"], 10.5)
        text = "　　" + ZH * 2
        lines(page, 210, 105, [text[i : i + 30] for i in range(0, len(text), 30)], 10.5)
        lines(page, 210, 210, ["二、教育经历"], 14)
        lines(page, 210, 235, ["清华大学     计算机科学与技术"], 10.5)
        document = read(file)
    markdown = to_markdown(document)
    order(markdown, "# 张三", "电话：13800138000\n", "邮箱：zs@example.com\n", "地址：", "数据库设计\n",
          "英语六级", "# 一、工作经历", "北京某某科技有限公司 高级工程师 2019-2023\n",
          ZH * 2, "# 二、教育经历", "清华大学 计算机")  # fmt: skip
    assert document.language == "zh-Hans"


def entries(y: float, ruled: bool = True) -> PageReading:
    """A resume's sections: entries with places and dates set right, a rule under every heading."""
    words: list[Word] = []
    rules = []
    for section in range(2):
        words += typeset(f"SECTION{section}", 50, y, 200, len(words), 14)
        rules.append(Box(50, y + 18, 550, y + 18.6))
        y += 28
        for firm in range(2):
            line = len(words)
            words += typeset(f"Firm{section}{firm} and Company", 50, y, 250, line)
            words += typeset(f"City{section}{firm}", 470, y, 90, line + 500)
            words += typeset("• did this and that for them", 60, y + 14, 300, line + 20)
            words += typeset("• and a little more of it", 60, y + 28, 300, line + 40)
            y += 46
    return replace(ocr_page(words), source="text_layer", rules=tuple(rules) if ruled else ())


@pytest.mark.parametrize("ruled", [True, False])
def test_dates_set_right_stay_with_their_entries_also_under_ruled_headings(ruled: bool) -> None:
    markdown = to_markdown(build_document([entries(80, ruled)]))
    order(markdown, "SECTION0", "Firm00 and Company City00", "Firm01 and Company City01", "SECTION1",
          "Firm10 and Company City10", "Firm11 and Company City11")  # fmt: skip


def test_a_rule_over_the_gutter_parts_articles() -> None:
    words = [*typeset("LEFT1 " + PROSE, 50, 100, 240), *typeset("RIGHT1 " + PROSE, 310, 100, 240, 40)]
    words += [*typeset("LEFT2 " + PROSE, 50, 330, 240, 80), *typeset("RIGHT2 " + PROSE, 310, 330, 240, 120)]
    plain = replace(ocr_page(words), source="text_layer")
    order(to_markdown(build_document([plain])), "LEFT1", "LEFT2", "RIGHT1", "RIGHT2")
    ruled = replace(plain, rules=(Box(50, 310, 550, 310.6),))
    order(to_markdown(build_document([ruled])), "LEFT1", "RIGHT1", "LEFT2", "RIGHT2")


def test_headings_of_columns_and_of_what_runs_across_below() -> None:
    words = [*typeset("EXPERIENCE", 50, 100, 200, 0, 12), *typeset("EDUCATION", 310, 100, 200, 1, 12)]
    words += [*typeset("LEFT " + PROSE, 50, 126, 240, 10), *typeset("RIGHT " + PROSE[:120], 310, 126, 240, 40)]
    words += typeset("PUBLICATIONS", 50, 400, 200, 80, 12) + typeset("ACROSS " + PROSE * 2, 50, 424, 500, 90)
    markdown = to_markdown(build_document([replace(ocr_page(words), source="text_layer")]))
    order(markdown, "EXPERIENCE", "LEFT", "EDUCATION", "RIGHT", "PUBLICATIONS", "ACROSS")


def test_text_that_runs_round_a_picture_is_read_by_column() -> None:
    words: list[Word] = []
    line = 0
    for name, x, wide, narrow in (("LEFT", 50, 240, 130), ("RIGHT", 310, 240, 130)):
        y = 100.0
        text = iter((f"{name} " + PROSE * 3).split())
        for i in range(24):
            inner = 6 <= i < 18  # beside the picture in the middle of the page
            left = x + (wide - narrow) * (inner and name == "RIGHT")
            at, end = float(left), left + (narrow if inner else wide)
            for token in text:
                if at + 5 * len(token) > end - 5:
                    break
                words.append(word(token, at, y, line))
                at += 5 * (len(token) + 0.6)
            line, y = line + 1, y + 13
    # Drawn and read line by line over both columns, as OCR does.
    words = [replace(w, line=int(w.box.y0)) for w in sorted(words, key=lambda w: (w.box.y0, w.box.x0))]
    markdown = to_markdown(build_document([ocr_page(words)]))
    order(markdown, "LEFT", "RIGHT")
    assert markdown.index("RIGHT") > 400


def test_rows_of_a_table_stay_rows() -> None:
    words = []
    for i, name in enumerate(["Bolts", "Nuts", "Washers", "Screws", "Nails"]):
        y = 100 + 16 * i
        words += [word(name, 60, y, i), word(str(10 * i), 250, y, i), word(f"{i}.50", 420, y, i)]
    (block,) = build_document([ocr_page(words)]).text_blocks
    assert block.kind == "table"
    assert block.text.split("\n") == [
        "Bolts\t0\t0.50", "Nuts\t10\t1.50", "Washers\t20\t2.50", "Screws\t30\t3.50", "Nails\t40\t4.50",
    ]  # fmt: skip


def test_notes_beside_list_items_go_to_the_row_above() -> None:
    rows = [
        (["Acme", "Corp"], 50, "Berlin"),
        (["•", "Built", "the", "thing", "that", "everybody", "uses"], 60, "2020"),
        (["•", "Sold", "the", "thing", "to", "everybody", "else"], 60, "4 months"),
    ]
    words = []
    for i, (left, x, right) in enumerate(rows):
        words += typeset(" ".join(left), x, 100 + 14 * i, 400, 2 * i) + typeset(right, 480, 100 + 14 * i, 90, 2 * i + 1)
    texts = [block.text for block in build_document([ocr_page(words)]).text_blocks]
    assert texts == ["Acme Corp Berlin 2020 4 months", "• Built the thing that everybody uses",
                     "• Sold the thing to everybody else"]  # fmt: skip


@pytest.mark.parametrize(("degrees", "with_lines"), [(-1.2, True), (0.0, True), (1.0, True), (0.0, False)])
def test_skewed_scan_of_two_columns(degrees: float, with_lines: bool) -> None:
    # Without the reader's line numbers the skew cannot be told, so that there is no skewed case without them.
    slope = math.tan(math.radians(degrees))
    words = [*typeset("LEFT " + PROSE * 3, 50, 100, 240), *typeset("RIGHT " + PROSE * 3, 320, 103, 240, 200)]
    words.append(word("|", 303, 180, 999, 10, 2))  # a speck in the gutter
    words = [
        Word(w.text, Box(w.box.x0 - slope * w.box.y0, w.box.y0 + slope * w.box.x0,
                         w.box.x1 - slope * w.box.y0, w.box.y1 + slope * w.box.x0), 0.9,
             w.line if with_lines else 0, 0, w.size_pt)
        for w in words
    ]  # fmt: skip
    text = to_markdown(build_document([ocr_page(words)])).replace(" \\| ", " ").replace(" | ", " ")
    order(text, "LEFT " + PROSE + PROSE[:40], "RIGHT " + PROSE + PROSE[:40])


def test_skewed_scan_read_in_one_upright_box_a_line() -> None:
    slope = math.tan(math.radians(0.8))
    words = []
    for x, name in ((50, "LEFT "), (305, "RIGHT ")):
        by_line: dict[int, list[Word]] = {}
        for w in typeset(name + PROSE * 3, x, 100, 240):
            by_line.setdefault(w.line, []).append(w)
        for row in by_line.values():
            # The box around the turned line holds all its words, so that nothing within the line tells of the skew.
            y0, x0, x1 = row[0].box.y0, row[0].box.x0, row[-1].box.x1
            top, bottom = y0 + slope * x0, y0 + 10 + slope * x1
            words += [
                Word(
                    w.text,
                    Box(w.box.x0 - slope * y0, top, w.box.x1 - slope * y0, bottom),
                    0.9,
                    x + w.line,
                    0,
                    bottom - top,
                )
                for w in row
            ]
    text = to_markdown(build_document([ocr_page(words)]))
    order(text, "LEFT " + PROSE + PROSE[:40], "RIGHT " + PROSE + PROSE[:40])


def test_words_of_a_row_are_sorted_and_a_shadow_is_dropped() -> None:
    words = [word("second", 100, 50), word("first", 50, 51), word("first", 50.5, 50.5)]
    assert [block.text for block in build_document([ocr_page(words)]).text_blocks] == ["first second"]


def test_paragraphs_by_indent_gap_and_short_line() -> None:
    words = typeset("First " + PROSE, 50, 100, 400)
    bottom = max(w.box.y0 for w in words)
    words += typeset("Second " + PROSE, 70, bottom + 13, 380, 50)[:5]
    words += typeset("Third " + PROSE, 50, bottom + 26, 400, 60)
    bottom = max(w.box.y0 for w in words)
    words += typeset("Fourth " + PROSE, 50, bottom + 30, 400, 90)
    starts = [block.text.split()[0] for block in build_document([ocr_page(words)]).text_blocks]
    assert starts == ["First", "Second", "Third", "Fourth"]


def test_chinese_paragraphs_by_first_line_indent() -> None:
    with pymupdf.open() as file:
        page = file.new_page(width=420, height=595)
        page.insert_text((150, 70), "第一章　春天", fontsize=16, fontname="china-s")
        text = "　　" + ZH
        rows = [text[i : i + 30] for i in range(0, len(text), 30)] * 3
        lines(page, 50, 110, rows, 10.5)
        document = read(file)
    assert [(b.kind, b.level, b.text) for b in document.text_blocks] == [
        ("heading", 1, "第一章 春天"), *[("paragraph", 0, ZH)] * 3,
    ]  # fmt: skip


def test_heading_levels_follow_type_size() -> None:
    with pymupdf.open() as file:
        page = file.new_page()
        for y, text, size, font in (
            (60, "A Book of Waves", 24, "tiro"), (110, "On Water", 16, "tiro"), (140, PROSE[:70], 10, "tiro"),
            (170, "Small waves", 10, "hebo"), (190, PROSE[:70], 10, "tiro"), (220, "On Land", 16, "tiro"),
            (250, PROSE[:70], 10, "tiro"),
        ):  # fmt: skip
            page.insert_text((72, y), text, fontsize=size, fontname=font)
        found = [(b.level, b.text) for b in read(file).text_blocks if b.kind == "heading"]
    assert found == [(1, "A Book of Waves"), (2, "On Water"), (3, "Small waves"), (2, "On Land")]


def test_noisy_line_heights_of_ocr_make_no_headings() -> None:
    words = []
    for i, size in enumerate([10, 12, 9, 13, 11, 10, 12.5, 9.5]):
        words += typeset(PROSE[:75], 50, 100 + 16 * i, 500, i, size)
    assert {block.kind for block in build_document([ocr_page(words)]).text_blocks} == {"paragraph"}


def test_running_lines_and_page_numbers_are_set_apart() -> None:
    with pymupdf.open() as file:
        for number in range(1, 5):
            page = file.new_page(width=400, height=600)
            page.insert_text((60, 30), "Annual Report of the Society", fontsize=9)
            page.insert_text((60 + 100 * (number % 2), 580), f"- {number + 6} -", fontsize=9)
            fill(page, (50, 60, 350, 500), f"{NAMES[number]} has a text of its own. " + PROSE, 10)
        document = read(file)
    markdown = to_markdown(document)
    assert "Annual" not in markdown and "- 7 -" not in markdown and "Delta has" in markdown
    blocks = to_json(document)["pages"][2]["blocks"]
    assert [(b["kind"], b["text"]) for b in (blocks[0], blocks[-1])] == [
        ("header", "Annual Report of the Society"), ("footer", "- 9 -"),
    ]  # fmt: skip


def test_figures_at_the_top_of_pages_are_no_page_numbers() -> None:
    pages = [
        ocr_page([word(str(n), 100, 20), *typeset(PROSE, 50, 100, 500, 5)], i) for i, n in enumerate((52, 17, 88), 1)
    ]
    assert all(number in to_markdown(build_document(pages)) for number in ("52", "17", "88"))


def test_where_there_is_nothing_else_a_repeated_line_is_the_text() -> None:
    pages = [ocr_page(typeset("白鹭站在河水里。", 50, 20, 300), i) for i in (1, 2, 3)]
    assert to_markdown(build_document(pages)).count("白鹭站在河水里") == 3


def test_same_line_on_two_pages_is_text_unless_it_stands_apart() -> None:
    def pages(y: float) -> list[PageReading]:
        return [ocr_page([*typeset("Same words", 50, y, 300), *typeset(PROSE, 50, 60, 500, 5)], i) for i in (1, 2)]

    assert to_markdown(build_document(pages(45))).count("Same words") == 2
    document = build_document(pages(20))
    assert "Same words" not in to_markdown(document)
    assert [page.blocks[0].kind for page in document.pages] == ["header", "header"]


def test_page_numbers_of_two_pages_and_of_one() -> None:
    two = [ocr_page([*typeset(PROSE, 50, 60, 500), word(str(n), 290, 770, 99)], i) for i, n in enumerate((12, 13), 1)]
    assert [page.blocks[-1].kind for page in build_document(two).pages] == ["footer", "footer"]
    one = build_document([ocr_page([*typeset(PROSE, 50, 60, 500), word("第", 280, 770, 99), word("5", 291, 770, 99),
                                    word("页", 297, 770, 99)])])  # fmt: skip
    assert one.pages[0].blocks[-1].kind == "footer"
    sums = [
        ocr_page([*typeset(PROSE, 50, 60, 500), *typeset(f"Total {n}", 50, 770, 300, 99)], i)
        for i, n in enumerate((40, 95), 1)
    ]
    assert "Total 95" in to_markdown(build_document(sums))


def test_paragraph_goes_on_over_the_page() -> None:
    first = typeset("The beginning of it: " + "and so on " * 30, 50, 100, 500)
    second = typeset("until it ends here.", 50, 50, 500)
    document = build_document([ocr_page(second, 2), ocr_page(first, 1)])
    assert [page.page_number for page in document.pages] == [1, 2]
    assert document.text_blocks[-1].continues
    assert "so on until it ends here.\n" in to_markdown(document)


def test_json_holds_kinds_levels_and_boxes() -> None:
    data = to_json(build_document([ocr_page(typeset("Some words here", 50, 100, 500))]))
    assert data == {
        "language": None,
        "pages": [{
            "page_number": 1, "width_pt": 600, "height_pt": 800, "source": "ocr", "confidence": 1.0,
            "blocks": [{
                "kind": "paragraph", "level": 0, "continues": False, "text": "Some words here",
                "box": [50, 100, 121, 110], "lines": [{"text": "Some words here", "box": [50, 100, 121, 110]}],
            }],
        }],
    }  # fmt: skip


def test_nothing_read_is_an_empty_document() -> None:
    assert to_markdown(build_document([])) == ""
    empty = build_document([ocr_page([]), ocr_page([word("", 0, 0), word(" \u200b", 5, 5)], 2)])
    assert [page.blocks for page in empty.pages] == [(), ()]


@pytest.mark.timeout(120)  # takes a second or two
def test_layout_of_a_book_takes_seconds_not_minutes() -> None:
    page = typeset(PROSE * 10, 50, 60, 500)
    assert len(page) > 450
    build_document([ocr_page(page, number) for number in range(1, 51)])
