"""What stands beside the running text: figures and their labels, captions, footnotes; and lists within lists."""

from __future__ import annotations

from dataclasses import replace

import pymupdf
import pytest

from pipeline.extract.build import build_document
from pipeline.extract.chunks import cut_chunks
from pipeline.extract.json_form import to_json
from pipeline.extract.markdown import to_markdown
from pipeline.extract.markers import caption_mark
from pipeline.extract.sizes import typeset_size
from pipeline.types import Box, PageReading, Word
from tests.unit.test_extract_layout import PROSE, ocr_page, typeset, word


def exact(words: list[Word], number: int = 1) -> PageReading:
    """A born-digital page."""
    return replace(ocr_page([replace(w, confidence=1.0) for w in words], number), source="text_layer")


def kinds(reading: PageReading) -> list[tuple[str, str]]:
    return [(block.kind, block.text[:9]) for block in build_document([reading]).pages[0].blocks]


def charted() -> PageReading:
    """Text, a chart with labels, its caption, more text."""
    words = typeset("Above " + PROSE, 50, 60, 500)
    labels = [word(text, 120 + 60 * i, 250, 40 + i, 7) for i, text in enumerate(("Jan", "Feb", "Mar"))]
    labels += [word(str(10 * i), 102, 240 - 30 * i, 50 + i, 7) for i in range(3)]
    words += labels + typeset("Figure 2: Rain by month", 100, 275, 300, 60, 8.5)
    words += typeset("Below " + PROSE, 50, 310, 500, 70)
    return replace(exact(words), figures=(Box(100, 170, 400, 262),))


def test_labels_of_a_figure_stay_with_it_and_its_caption_follows() -> None:
    reading = charted()
    document = build_document([reading])
    figure = document.pages[0].blocks[1]
    assert figure.area == figure.box == Box(100, 170, 400, 262)
    assert {w.text for line in figure.lines for w in line.words} == {"Jan", "Feb", "Mar", "0", "10", "20"}
    markdown = to_markdown(document)
    assert "\n\n*Figure 2: Rain by month*\n\n" in markdown
    assert "Feb" not in markdown.replace(markdown[markdown.index("<!--") : markdown.index("-->")], "")
    text = "\n".join(chunk.text for chunk in cut_chunks(document))
    assert "Feb" in text and "Figure 2: Rain by month" in text
    assert [b["kind"] for b in to_json(document)["pages"][0]["blocks"]] == [
        "paragraph", "figure", "caption", "paragraph",
    ]  # fmt: skip


def test_picture_without_words_is_a_block_with_a_place_and_no_text() -> None:
    reading = replace(exact(typeset(PROSE, 50, 60, 500)), figures=(Box(60, 300, 300, 500),))
    document = build_document([reading])
    assert [(b.kind, b.text) for b in document.pages[0].blocks][-1] == ("figure", "")
    assert to_json(document)["pages"][0]["blocks"][-1]["box"] == [60, 300, 300, 500]
    assert "figure" not in to_markdown(document)
    assert len(cut_chunks(document)) == 1


def test_text_on_a_ground_or_in_a_frame_is_text() -> None:
    page = exact([*typeset("A Title Page", 100, 200, 400, 0, 30), *typeset("by Nobody", 100, 300, 400, 9)])
    assert "figure" not in dict(kinds(replace(page, figures=(Box(0, 0, 600, 800),))))
    framed = exact([*typeset(PROSE * 2, 60, 100, 480), *typeset(PROSE, 60, 400, 480, 50)])
    assert "figure" not in dict(kinds(replace(framed, figures=(Box(50, 90, 550, 250),))))


def test_a_sidebar_on_a_coloured_ground_is_text() -> None:
    words = typeset(PROSE * 2, 220, 60, 330)
    for i, text in enumerate(("Contact", "+44 20 7946 0991", "edith@example.org", "Brant", "Skills", "Customs law")):
        words += typeset(text, 30, 60 + 16 * i, 150, 100 + i)
    reading = replace(exact(words), figures=(Box(10, 40, 190, 500),))
    assert "edith@example.org" in to_markdown(build_document([reading])).splitlines()


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Figure 4: Rain", True), ("Fig. 3. The basin", True), ("TABLE II", True), ("Table 2-1 | Costs", True),
        ("图1 观测站的位置", True), ("表 7.5 停车区用地指标", True), ("附表2：名单", True), ("圖三 流程", True),
        ("表1所示的数据", False), ("图 2 给出了结果", False), ("图书馆的屋顶", False), ("表明", False),
        ("Figures differ", False), ("Tablets 4 you", False),
    ],
)  # fmt: skip
def test_names_of_figures_and_tables(text: str, named: bool) -> None:
    assert bool(caption_mark(text)) is named


def test_a_sentence_about_a_figure_is_no_caption() -> None:
    words = typeset("Figure 4 shows that the water fell. " + PROSE, 50, 60, 500)
    assert kinds(exact(words)) == [("paragraph", "Figure 4 ")]


@pytest.mark.parametrize("source", ["text_layer", "ocr"])
def test_footnotes_come_after_the_text_and_do_not_break_a_paragraph_over_the_page(source: str) -> None:
    first = typeset("The beginning of it " + "and so on " * 40, 50, 560, 500)
    first += typeset("1 Ships of less than ten metres are not counted here.", 50, 700, 500, 80, 8)
    first += typeset("2 The gauge was out of order in March, and nobody knew of it", 50, 712, 500, 90, 8)
    first += typeset("until the summer.", 58, 722, 500, 95, 8)
    second = typeset("until it ends here. " + PROSE, 50, 60, 500)
    document = build_document([replace(ocr_page(p, n), source=source) for n, p in enumerate((first, second), 1)])
    assert [(b.kind, b.text[:7]) for b in document.pages[0].blocks] == [
        ("paragraph", "The beg"), ("footnote", "1 Ships"), ("footnote", "2 The g"),
    ]  # fmt: skip
    assert document.pages[0].blocks[-1].text.endswith("until the summer.")
    assert document.pages[1].blocks[0].continues
    markdown = to_markdown(document)
    assert "so on until it ends here." in markdown
    assert markdown.index("ends here") < markdown.index("1 Ships")
    assert sum("until it ends here" in chunk.text for chunk in cut_chunks(document)) == 1


def test_notes_under_a_rule_need_no_small_type_but_figures_at_the_foot_are_no_notes() -> None:
    words = typeset(PROSE, 50, 60, 500) + typeset("1 An estimate of 2021", 50, 700, 500, 80)
    assert "footnote" not in dict(kinds(exact(words)))
    ruled = replace(exact(words), rules=(Box(50, 694, 170, 694.5),))
    assert kinds(ruled)[-1] == ("footnote", "1 An esti")
    small = typeset(PROSE, 50, 60, 500) + typeset("1998 was a year of rain", 50, 700, 500, 80, 8)
    assert "footnote" not in dict(kinds(exact(small)))


def test_lists_within_lists_by_indent_and_by_mark() -> None:
    rows = [
        (50, "Do it in this order:"),
        (50, "1. First thing"),
        (70, "• inner one"),
        (70, "• inner two"),
        (50, "2. Second thing"),
        (50, "（1）一项说明"),
        (50, "（2）又一项说明"),
        (50, "3. Third thing"),
    ]
    words = [w for i, (x, text) in enumerate(rows) for w in typeset(text, x, 100 + 14 * i, 500, i)]
    document = build_document([exact(words)])
    assert [block.level for block in document.text_blocks] == [0, 0, 1, 1, 0, 1, 1, 0]
    assert to_markdown(document) == (
        "Do it in this order:\n\n1. First thing\n   - inner one\n   - inner two\n2. Second thing\n"
        "   - （1）一项说明\n   - （2）又一项说明\n"
        "3. Third thing\n"
    )
    assert all(not chunk.heading for chunk in cut_chunks(document))


@pytest.mark.parametrize(("text", "size"), [("Work History", 15.0), ("一、总则", 13.0), ("the quick brown fox", 10.0)])
def test_size_is_told_by_width_where_boxes_are_padded(text: str, size: float) -> None:
    width = pymupdf.Font("china-s" if ord(text[0]) > 255 else "helv").text_length(text, size)
    assert typeset_size(text, width, 1.15 * size) == pytest.approx(size, rel=0.06)
    assert typeset_size(text, width, 0.9 * size) == pytest.approx(size, rel=0.06)
    assert typeset_size("第", 30.0, 12.0) == 12.0  # a letter alone says nothing


def test_heading_of_ocr_is_told_by_the_width_of_its_letters() -> None:
    def line(text: str, y: float, size: float, number: int) -> Word:
        width = size * sum(1.0 if c > "\u2e80" else 0.5 for c in text)
        return Word(text, Box(60, y, 60 + width, y + 12.5), 0.9, number, 0, 12.5)  # boxes of one height, as OCR pads

    body = "过去十年的测量结果表明湖水的水位下降了将近四十厘米。"
    words = [line("观测结果", 100, 13, 0), line(body, 125, 10, 1), line(body, 142, 10, 2), line(body, 159, 10, 3)]
    assert kinds(ocr_page(words))[0] == ("heading", "观测结果")
