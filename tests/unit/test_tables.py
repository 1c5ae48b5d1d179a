"""Tables: found among words and rules, joined across pages, told as Markdown, HTML, JSON and chunks.

In one file, as all of it is tested on the same few tables.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from pipeline.extract.build import build_document
from pipeline.extract.chunks import cut_chunks
from pipeline.extract.document import Block, Cell, Table
from pipeline.extract.join import clean_text
from pipeline.extract.json_form import to_json
from pipeline.extract.markdown import escape_inline, to_markdown
from pipeline.extract.tables import find_tables, table_html, table_markdown
from pipeline.extract.tables.tokens import page_tokens
from pipeline.types import Box, PageReading, Word
from tests.table_pages import askew, grid_rules, heights, level, line, page, table_words, upright
from web.answers import DocumentJson

GOODS = [
    ["Item", "Quantity", "Price"], ["Oak plank", "12", "340.00"], ["Brass hinge", "48", "96.50"],
    ["Wood glue", "3", "18.25"], ["Varnish", "7", "101.00"],
]  # fmt: skip
XS = [60.0, 240.0, 340.0, 440.0]
FORM = [
    ["姓名", "周海棠", "性别", "女", ""], ["出生年月", "1991年4月", "民族", "汉族", ""],
    ["毕业院校", "江南大学", "学历", "硕士", ""], ["工作经历", "2016年起任设计师", "", "", ""],
]  # fmt: skip
FORM_XS = [60.0, 140.0, 260.0, 330.0, 420.0, 520.0]


def grids(reading: PageReading) -> list[list[list[str]]]:
    """The tables as rows of texts."""
    found = []
    for block in find_tables(reading).blocks:
        assert block.table is not None
        rows: list[list[str]] = [[] for _ in range(block.table.rows)]
        for cell in block.table.cells:
            rows[cell.row].append(cell.text)
        found.append(rows)
    return found


def table_of(reading: PageReading) -> Table:
    (block,) = find_tables(reading).blocks
    assert block.table is not None
    return block.table


def form_page(number: int = 1) -> PageReading:
    """A resume form: the photograph's cell spans three rows, the last row's text four columns."""
    ys = heights(FORM, 100)
    rules = [level(y, 60, 520) for y in (ys[0], ys[3], ys[4])] + [level(y, 60, 420) for y in ys[1:3]]
    rules += [upright(x, ys[0], ys[4]) for x in (60, 140, 520)] + [upright(x, ys[0], ys[3]) for x in (260, 330, 420)]
    return page(table_words(FORM, FORM_XS, 100), rules, number)


@pytest.mark.parametrize("degrees", [None, 0.0, 0.6, -2.5, 2.5])
def test_full_grid_also_scanned_askew(degrees: float | None) -> None:
    reading = page(table_words(GOODS, XS, 100), grid_rules(XS, heights(GOODS, 100)))
    assert grids(reading if degrees is None else askew(reading, degrees)) == [GOODS]


def test_merged_cells_span_and_empty_cells_stay() -> None:
    table = table_of(form_page())
    assert (table.rows, table.columns) == (4, 5)
    spans = {(c.row, c.column): (c.row_span, c.column_span) for c in table.cells if c.row_span * c.column_span > 1}
    assert spans == {(0, 4): (3, 1), (3, 1): (1, 4)}
    assert sum(c.row_span * c.column_span for c in table.cells) == 20
    assert [c.text for c in table.cells if c.row == 3] == ["工作经历", "2016年起任设计师"]
    assert not any(c.header for c in table.cells)


def test_lines_broken_by_the_cell_are_joined_and_lines_of_the_author_kept() -> None:
    rows = [
        ["院校", "二〇一一年入学水文专业\n2015年入学水利工程"],
        ["住址", "江南大道的尽头有一座很老的石桥桥\n边是我家"],
    ]
    ys = heights(rows, 100)
    xs = [60.0, 120.0, 300.0]
    (found,) = grids(page(table_words(rows, xs, 100), grid_rules(xs, ys)))
    assert found == [rows[0], [rows[1][0], rows[1][1].replace("\n", "")]]


def test_rules_broken_doubled_and_dashed() -> None:
    ys = heights(GOODS, 100)
    rules = [Box(x, y, x + 4, y + 0.5) for y in ys for x in range(60, 440, 7)]
    rules += [upright(x + d, ys[0], ys[-1]) for x in XS for d in (0, 1.6)]
    assert grids(page(table_words(GOODS, XS, 100), rules)) == [GOODS]


def test_filled_rectangles_alone_are_cells() -> None:
    ys = heights(GOODS, 100)
    rules = [Box(XS[j], ys[i], XS[j + 1], ys[i + 1]) for i in range(5) for j in range(3)]
    assert grids(page(table_words(GOODS, XS, 100), rules)) == [GOODS]


def test_open_sides() -> None:
    ys = heights(GOODS, 100)
    rules = [level(y, XS[0], XS[-1]) for y in ys] + [upright(x, ys[0], ys[-1]) for x in XS[1:-1]]
    assert grids(page(table_words(GOODS, XS, 100), rules)) == [GOODS]


def test_rows_parted_by_their_lines_where_only_columns_are_ruled() -> None:
    ys = heights(GOODS, 100)
    rules = [level(y, XS[0], XS[-1]) for y in (ys[0], ys[1], ys[-1])] + [upright(x, ys[0], ys[-1]) for x in XS]
    assert grids(page(table_words(GOODS, XS, 100), rules)) == [GOODS]


def test_columns_ruled_and_nothing_else() -> None:
    ys = heights(GOODS, 100)
    assert grids(page(table_words(GOODS, XS, 100), [upright(x, ys[0], ys[-1]) for x in XS])) == [GOODS]


def test_names_below_a_name_that_spans_and_a_body_without_upright_rules() -> None:
    rows = [["Port", "Sail", "", "Steam", ""], ["", "Ships", "Tons", "Ships", "Tons"]]
    rows += [
        [name, str(7 * i), f"{i}20", str(3 * i), f"{i}15"] for i, name in enumerate(["Dunbar", "Leith", "Oban"], 1)
    ]
    xs = [60.0, 150.0, 230.0, 310.0, 390.0, 470.0]
    words = table_words([[rows[0][0], "", "", "", ""], rows[1], *rows[2:]], xs, 100)
    words += line("Sail", 220, 104, 5) + line("Steam", 380, 104, 6)
    ys = [100.0, 136.0, 190.0]
    rules = [level(y, 60, 470) for y in ys] + [upright(x, 100, 136) for x in (60, 150, 310, 470)]
    rules += [upright(x, 136, 190) for x in xs]
    (found,) = grids(page(words, rules))
    assert found == [["Port", "Sail", "Steam"], rows[1][1:], *rows[2:]]


def test_words_read_across_a_rule_are_cut_there() -> None:
    words = [word for word in table_words(GOODS, XS, 100) if word.text not in ("12", "340.00")]
    words.append(Word("12340.00", Box(244, 122, 374, 132), 0.9, 7, 0, 10))
    (found,) = grids(page(words, grid_rules(XS, heights(GOODS, 100)), scan=True))
    assert found[1] == ["Oak plank", "12", "340.00"] or found[1][1] + found[1][2] == "12340.00"
    assert found[1][1] and found[1][2]


def test_booktabs() -> None:
    ys = heights(GOODS, 100)
    reading = page(table_words(GOODS, XS, 100), [level(y, 60, 440) for y in (ys[0], ys[1], ys[-1])])
    assert grids(reading) == [GOODS]
    assert [c.text for c in table_of(reading).cells if c.header] == GOODS[0]


def test_lines_between_rows_tell_cells_of_several_lines() -> None:
    rows = [["Name", "Remark"], ["Alder", "grows by rivers\nand lakes"], ["Birch", "white bark\nand light shade"],
            ["Cedar", "evergreen"]]  # fmt: skip
    ys = heights(rows, 100)
    (found,) = grids(page(table_words(rows, XS[:3], 100), [level(y, 60, 340) for y in ys]))
    assert [[" ".join(text.split()) for text in row] for row in found] == [
        [c.replace("\n", " ") for c in r] for r in rows
    ]


def test_an_account_with_a_column_of_long_texts() -> None:
    texts = [
        "Opening balance",
        "Cheque 85900 for bills 132 to 147",
        "Cheque 86352 commission paid",
        "Cheque 86866 bill 197",
    ]
    rows = [[f"1{i}-May-16", text, f"{i}40.00", f"{9 - i}60.00"] for i, text in enumerate(texts)]
    assert grids(page(table_words(rows, [60.0, 130.0, 330.0, 400.0], 100))) == [rows]


@pytest.mark.parametrize("scan", [False, True])
@pytest.mark.parametrize("right", [False, True])
def test_nothing_drawn(right: bool, scan: bool) -> None:
    assert grids(page(table_words(GOODS, XS, 100, right=right), scan=scan)) == [GOODS]


def test_head_by_bold_type_and_by_numbers_below() -> None:
    for bold in (False, True):
        reading = page(table_words(GOODS, XS, 100, bold_head=bold))
        assert [c.text for c in table_of(reading).cells if c.header] == GOODS[0]


PROSE = ("the slow river went past the old mill and the millers counted sacks while wind came over the low hills and "
         "nobody thought of rain until the first drops fell upon the roofs of the village ") * 3  # fmt: skip


def prose(x: float, width: float, y: float) -> list[Word]:
    words: list[Word] = []
    left = x
    for word in PROSE.split():
        (made,) = line(word, x, y, int(y))
        if made.box.x1 > left + width:
            x, y = left, y + 13
            (made,) = line(word, x, y, int(y))
        words.append(made)
        x = made.box.x1 + 5
    return words


def beside(rows: Sequence[tuple[str, str]], x: float) -> list[Word]:
    """Two texts a line, the second at x."""
    return [w for i, (a, b) in enumerate(rows) for w in (*line(a, 60, 100 + 15 * i), *line(b, x, 100 + 15 * i))]


def entries() -> list[Word]:
    """A resume's entries, their dates at the right."""
    words: list[Word] = []
    for i, name in enumerate("ABCD"):
        y = 100.0 + 60 * i
        words += line(f"Harbour Works {name}", 60, y) + line(f"201{i} - 201{i + 2}", 460, y)
        words += line("- planned the new quay and its cranes", 70, y + 15) + line("- led six people", 70, y + 30)
    return words


ADDRESSES = [
    ["Mill Ltd", "Ann Lee", "Ship to"], ["4 River Road", "9 Hill Street", "2 Port Lane"], ["Leeds", "York", "Hull"],
]  # fmt: skip
PERSON = [("Name:", "Ann Lee"), ("Born:", "1990"), ("Town:", "Leeds"), ("Phone:", "555"), ("Age:", "35")]
NO_TABLES = {
    "two columns": prose(50, 230, 100) + prose(310, 230, 100),
    "dates at the right": entries(),
    "posts in a row": beside([(f"Clerk {name}", f"201{i} - 201{i + 1}") for i, name in enumerate("ABCDE")], 460),
    "labels and values": beside(PERSON, 200),
    "contents": beside([(f"Chapter {name} of it", str(5 * i + 1)) for i, name in enumerate("ABCDEF")], 460),
    "addresses": table_words(ADDRESSES, XS, 100),
    "list in columns": table_words([[f"• skill {a}{b}" for b in "xyz"] for a in "abcde"], XS, 100),
}


@pytest.mark.parametrize("name", NO_TABLES)
def test_what_only_looks_like_a_table(name: str) -> None:
    assert grids(page(NO_TABLES[name])) == []


def test_frames_and_underlines_are_no_tables() -> None:
    frame = [level(80, 40, 550), level(500, 40, 550), upright(40, 80, 500), upright(550, 80, 500)]
    assert grids(page(prose(50, 480, 100), frame)) == []
    assert grids(page(prose(50, 480, 100), [level(111 + 13 * i, 50, 300) for i in range(5)])) == []


def test_side_by_side_and_table_in_a_column_of_prose() -> None:
    ys = heights(GOODS, 100)
    small = [60.0, 140.0, 200.0, 260.0]
    right = [x + 260 for x in small]
    words = table_words(GOODS, small, 100) + table_words(GOODS[::-1], right, 100)
    found = grids(page(words, grid_rules(small, ys) + grid_rules(right, ys)))
    assert found == [GOODS, GOODS[::-1]]
    assert grids(page(table_words(GOODS, [50.0, 140.0, 190.0, 240.0], 100) + prose(310, 230, 100))) == [GOODS]


def test_place_in_the_reading_order() -> None:
    words = line("Before it there is text.", 60, 60) + table_words(GOODS, XS, 100) + line("After it too.", 60, 260, 3)
    blocks = build_document([page(words)]).text_blocks
    assert [b.kind for b in blocks] == ["paragraph", "table", "paragraph"]
    # Columns above and below a wide table are read before and after it.
    left, right = prose(50, 230, 60), prose(310, 230, 60)
    bottom = max(w.box.y1 for w in left)
    table = table_words(GOODS, [50.0, 250.0, 400.0, 540.0], bottom + 20)
    low = [
        Word(w.text.upper(), Box(w.box.x0, w.box.y0 + bottom + 100, w.box.x1, w.box.y1 + bottom + 100), 1, 0, 0, 10)
        for w in left + right
    ]
    blocks = build_document([page(left + right + table + low)]).text_blocks
    at = next(i for i, b in enumerate(blocks) if b.kind == "table")
    assert all(b.text == b.text.lower() for b in blocks[:at]) and all(
        b.text == b.text.upper() for b in blocks[at + 1 :]
    )
    assert blocks[:at] and blocks[at + 1 :]


def two_pages(second_head: bool = True) -> list[PageReading]:
    rows = [[f"Timber {c}", str(i + 2), f"{i}.75"] for i, c in enumerate("ABCDE")]
    more = [GOODS[0], *rows] if second_head else rows
    return [
        page(line("Prices", 60, 60) + table_words(GOODS, XS, 700), grid_rules(XS, heights(GOODS, 700)), 1),
        page(table_words(more, XS, 60) + line("The end.", 60, 300, 5), grid_rules(XS, heights(more, 60)), 2),
    ]


@pytest.mark.parametrize("second_head", [True, False])
def test_table_over_two_pages_is_one(second_head: bool) -> None:
    document = build_document(two_pages(second_head))
    tables = [b for b in document.text_blocks if b.kind == "table"]
    assert [b.continues for b in tables] == [False, True]
    markdown = to_markdown(document)
    assert markdown.count("| Item | Quantity | Price |") == 1 and markdown.count("| --- | --- | --- |") == 1
    assert "| Varnish | 7 | 101.00 |\n| Timber A | 2 | 0.75 |" in markdown
    (chunk,) = cut_chunks(document)
    assert "Item: Timber A; Quantity: 2; Price: 0.75" in chunk.text
    spans = {chunk.text[s.start : s.end]: s for s in chunk.spans}
    assert spans["Price: 101.00"].page_number == 1 and spans["Price: 0.75"].page_number == 2


def test_a_letterhead_between_its_parts_does_not_part_a_table() -> None:
    first, second = two_pages()
    first = replace(first, words=(*first.words, *line("4 Quay Street, Hull", 200, 815, 8)))
    markdown = to_markdown(build_document([first, second]))
    assert markdown.count("| --- | --- | --- |") == 1 and "4 Quay Street" in markdown
    assert "Timber E" in cut_chunks(build_document([first, second]))[0].text


def test_another_table_on_the_next_page_is_another() -> None:
    first, _ = two_pages()
    other = [["Port", "Ships", "Crew"], ["Hull", "4", "81"], ["Kiel", "9", "120"]]
    second = page(table_words(other, XS, 60), grid_rules(XS, heights(other, 60)), 2)
    tables = [b for b in build_document([first, second]).text_blocks if b.kind == "table"]
    assert [b.continues for b in tables] == [False, False]


def test_paragraph_goes_on_beyond_a_table() -> None:
    first = [*line("A sentence that is long enough to reach the edge of its column and then goes on", 60, 770, 1)]
    second = table_words(GOODS, XS, 60) + line("and on below the table until it ends.", 60, 300, 9)
    markdown = to_markdown(build_document([page(first, (), 1), page(second, grid_rules(XS, heights(GOODS, 60)), 2)]))
    assert "then goes on and on below the table" in " ".join(markdown.split())


def test_every_row_can_be_found_with_the_names_of_its_columns() -> None:
    reading = page(table_words(GOODS, XS, 100), grid_rules(XS, heights(GOODS, 100)))
    (chunk,) = cut_chunks(build_document([reading]))
    assert chunk.text.split("\n")[0] == "Item: Oak plank; Quantity: 12; Price: 340.00"
    (span,) = [s for s in chunk.spans if chunk.text[s.start : s.end] == "Quantity: 48"]
    assert span.box.x0 == pytest.approx(240, abs=1) and span.box.y0 == pytest.approx(136, abs=1)
    assert len(cut_chunks(build_document([reading]), 20, 30)) > 2


def test_json_tells_cells_and_html() -> None:
    (block,) = to_json(build_document([form_page()]))["pages"][0]["blocks"]
    assert block["kind"] == "table" and block["table"]["rows"] == 4 and block["table"]["columns"] == 5
    photograph = block["table"]["cells"][4]
    assert photograph == {
        "row": 0, "column": 4, "row_span": 3, "column_span": 1, "header": False, "text": "",
        "box": [420, 100, 520, 154],
    }  # fmt: skip
    assert '<td rowspan="3"></td>' in block["html"] and '<td colspan="4">2016年起任设计师</td>' in block["html"]
    assert to_markdown(build_document([form_page()])) == block["html"] + "\n"


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


HOSTILE = st.text(st.sampled_from("ab|\\`*_<>&\"'!-[](){}#\n /x:=;") | st.characters(codec="utf-8"), max_size=24)


@settings(max_examples=60, deadline=None)
@given(st.lists(HOSTILE, min_size=4, max_size=4))
def test_hostile_text_stays_text(texts: list[str]) -> None:
    texts = ["\n".join(" ".join(clean_text(part).split()) for part in text.split("\n")).strip() for text in texts]
    texts = [re.sub("\n+", "\n", text) for text in texts]
    box = Box(0, 0, 1, 1)
    cells = tuple(Cell(i // 2, i % 2, text, box, header=i < 2) for i, text in enumerate(texts))
    parsed = _Tags()
    parsed.feed(table_html(Table(2, 2, cells)))
    assert set(parsed.tags) <= {"table", "thead", "tbody", "tr", "th", "td", "br"}
    assert "".join("".join(parsed.texts).split()) == "".join("".join(texts).split())
    text = table_markdown(Table(2, 2, cells), escape_inline)
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    assert tokens[0].type == "table_open" and tokens[-1].type == "table_close"
    inline = [token for token in tokens if token.type == "inline"]
    assert len(inline) == 4
    for token, wanted in zip(inline, texts, strict=True):
        shown = "".join(
            "\n" if child.type == "html_inline" and child.content == "<br>" else child.content
            for child in token.children or []
        )
        assert shown == wanted


FLOATS = st.floats(-50, 900) | st.sampled_from([60.0, 100.0, 118.0, 136.0, 240.0, 340.0])
BOXES = st.tuples(FLOATS, FLOATS, FLOATS, FLOATS).map(lambda b: Box(*b))
RULES = st.tuples(FLOATS, FLOATS, st.sampled_from([0.5, 100.0, 300.0]), st.booleans()).map(
    lambda r: Box(r[0], r[1], r[0] + r[2], r[1] + 0.5) if r[3] else Box(r[0], r[1], r[0] + 0.5, r[1] + r[2])
)
TEXTS = st.text(max_size=6) | st.sampled_from(["12", "3.50", "甲乙"])
SIZES = st.sampled_from([0.0, 8.0, 10.0])


@pytest.mark.parametrize(
    "text",
    ["[a](http://x.example)", "[our[x]site](http://x.example)", "[a\n](http://x.example)", "![a\n](http://x.example)",
     "[a][b]\n[b]: http://x.example", "one\rtwo"],
)  # fmt: skip
def test_no_text_makes_a_link(text: str) -> None:
    box = Box(0, 0, 1, 1)
    told = table_markdown(Table(1, 2, (Cell(0, 0, text, box), Cell(0, 1, "", box))), escape_inline)
    for markdown in (told, "\n".join(escape_inline(part) for part in text.split("\n"))):
        shown = MarkdownIt("commonmark").enable("table").render(markdown)
        assert "<a" not in shown and "<img" not in shown
    assert told.count("\n") == 2


def test_the_answer_of_a_document_has_its_tables() -> None:
    reading = page(table_words(GOODS, XS, 100), grid_rules(XS, heights(GOODS, 100)))
    told = to_json(build_document([reading]))
    (block,) = [b for p in DocumentJson.model_validate(told).pages for b in p.blocks if b.kind == "table"]
    assert block.table is not None and block.table.rows == len(GOODS) and (block.html or "").startswith("<table>")


WORDS = st.builds(Word, TEXTS, BOXES, st.just(0.5), st.integers(0, 9), st.just(0), SIZES)


@settings(max_examples=80, deadline=None)
@given(st.lists(WORDS, max_size=40), st.lists(RULES | BOXES, max_size=30), st.booleans())
def test_never_raises_and_keeps_every_word_once(words: list[Word], rules: list[Box], scan: bool) -> None:
    whole = [*words, *table_words(GOODS, XS, 100)]
    reading = page(whole, [*rules, *grid_rules(XS, heights(GOODS, 100))][: len(rules) + 5], scan=scan)
    document = build_document([reading])
    to_markdown(document), to_json(document), cut_chunks(document)
    found = find_tables(reading)
    told = [w.text for b in found.blocks for row in b.lines for w in row.words]
    told += [token.word.text for token in page_tokens(found.words, 0.0)]
    given_ = [token.word.text for token in page_tokens(whole, 0.0)]
    if scan:  # words may be cut in two
        assert not Counter("".join(told)) - Counter("".join(given_)) and set("".join(told)) == set("".join(given_))
    else:  # a word printed twice on one spot is told once
        assert not Counter(told) - Counter(given_) and set(told) == set(given_)
    for block in found.blocks:
        _check_fills_the_grid(block)


def _check_fills_the_grid(block: Block) -> None:
    assert block.table is not None
    seen = [
        (r, c) for cell in block.table.cells for r in range(cell.row, cell.row + cell.row_span)
        for c in range(cell.column, cell.column + cell.column_span)
    ]  # fmt: skip
    assert sorted(seen) == [(r, c) for r in range(block.table.rows) for c in range(block.table.columns)]


@pytest.mark.timeout(60)  # takes a second or two
def test_hostile_pages_take_seconds() -> None:
    many = [w for i in range(1000) for w in line("many words 12 and 3.5 here", 40 + (i % 5) * 100, (i * 7) % 800, i)]
    rules = [level((i * 3.7) % 842, (i * 13) % 300, 300 + (i * 7) % 290) for i in range(5000)]
    rules += [upright((i * 3.1) % 595, (i * 11) % 400, 400 + (i * 5) % 440) for i in range(5000)]
    find_tables(page(many, rules))
