"""Chunks: their length, where they are cut, and that every span says where its text stands."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.extract.build import build_document
from pipeline.extract.chunks import cut_chunks
from pipeline.extract.document import Block, Document, Line, Page
from pipeline.extract.json_form import to_json
from pipeline.extract.markdown import to_markdown
from pipeline.extract.tokens import estimate_tokens
from pipeline.types import Box, Chunk, PageReading, Word

EN = "Committees agreed in spring that work on the northern bridge should begin. "
ZH = "委员会在春天同意开始修建北边的大桥。"


def block(kind: str, page: int, *texts: str, level: int = 0, continues: bool = False, at: int = 0) -> Block:
    rows = tuple(
        Line(text, Box(50, 20.0 * (at + i), 500, 20.0 * (at + i) + 10), 10, False, ()) for i, text in enumerate(texts)
    )
    return Block(kind, page, rows, level, continues)  # type: ignore[arg-type]


def document(*blocks: Block) -> Document:
    numbers = sorted({b.page_number for b in blocks})
    return Document(
        tuple(Page(n, 600, 800, "ocr", 1.0, tuple(b for b in blocks if b.page_number == n)) for n in numbers)
    )


def check_spans(chunks: list[Chunk], source: Document) -> None:
    """Spans lie in order without overlap, cover all but separators, and their text is that of their line."""
    texts = defaultdict(str)  # garbage may put several lines into one box
    for b in source.text_blocks:
        for line in b.lines:
            texts[b.page_number, line.box] += line.text + "\n"
    assert [chunk.position for chunk in chunks] == list(range(len(chunks)))
    for chunk in chunks:
        end = 0
        for span in chunk.spans:
            assert end <= span.start < span.end <= len(chunk.text)
            assert chunk.text[end : span.start] in ("", " ", "\n")
            assert chunk.text[span.start : span.end] in texts[span.page_number, span.box]
            end = span.end
        assert end == len(chunk.text) > 0


def test_short_page_is_one_chunk_with_its_headings_in_it() -> None:
    source = document(
        block("heading", 1, "Report", level=1), block("paragraph", 1, "Short."), block("heading", 1, "Part", level=2),
        block("paragraph", 1, "Also short."),
    )  # fmt: skip
    chunks = cut_chunks(source)
    assert [(c.text, c.heading) for c in chunks] == [("Report\nShort.\nPart\nAlso short.", "Report")]


def test_cut_at_headings_where_sections_are_long_enough() -> None:
    source = document(*[
        made for i in range(3) for made in (
            block("heading", 1, f"Section {i}", level=1, at=9 * i),
            block("heading", 1, f"Deeper {i}", level=2, at=9 * i + 1),
            block("paragraph", 1, *[EN] * 8, at=9 * i + 2),
        )
    ])  # fmt: skip
    chunks = cut_chunks(source, target_tokens=150)
    assert [chunk.heading for chunk in chunks] == [f"Section {i} > Deeper {i}" for i in range(3)]
    assert all(chunk.text.startswith(f"Section {i}\nDeeper {i}\nCommittees") for i, chunk in enumerate(chunks))


@pytest.mark.parametrize("sentence", [EN, ZH])
def test_long_paragraph_is_cut_at_sentence_ends_into_even_parts(sentence: str) -> None:
    source = document(block("paragraph", 1, *[(sentence * 3).strip()] * 40))
    chunks = cut_chunks(source)
    check_spans(chunks, source)
    assert all(chunk.text.endswith((".", "。")) for chunk in chunks)
    assert all(150 < chunk.tokens <= 480 for chunk in chunks)
    assert "".join(c.text for c in chunks).replace(" ", "") == (sentence * 120).replace(" ", "")


def test_text_without_punctuation_is_cut_too() -> None:
    source = document(block("paragraph", 1, *["字" * 60] * 40), block("paragraph", 1, "x" * 9000, at=50))
    chunks = cut_chunks(source)
    check_spans(chunks, source)
    assert all(chunk.tokens <= 480 for chunk in chunks)


def test_word_broken_at_a_line_end_keeps_exact_spans() -> None:
    (chunk,) = cut_chunks(document(block("paragraph", 1, "the infor-", "mation age", "中文", "文字")))
    assert chunk.text == "the information age 中文文字"
    assert [chunk.text[s.start : s.end] for s in chunk.spans] == ["the infor", "mation age", "中文", "文字"]


def test_paragraph_over_a_page_end_is_one_text_on_two_pages() -> None:
    (chunk,) = cut_chunks(
        document(block("paragraph", 1, "begins here and"), block("paragraph", 2, "ends.", continues=True))
    )
    assert chunk.text == "begins here and ends."
    assert chunk.pages == [1, 2]


def test_full_pages_share_no_chunk_small_ones_may() -> None:
    full = [block("paragraph", n, *[EN.strip()] * 14) for n in (1, 2, 3)]
    assert [chunk.pages for chunk in cut_chunks(document(*full))] == [[1], [2], [3]]
    small = [block("paragraph", n, EN.strip()) for n in (1, 2, 3)]
    assert [chunk.pages for chunk in cut_chunks(document(*small))] == [[1, 2, 3]]


def test_heading_at_the_foot_of_a_page_goes_with_what_follows() -> None:
    source = document(
        block("paragraph", 1, *[EN.strip()] * 18), block("heading", 1, "Next Part", level=1, at=30),
        block("paragraph", 2, *[EN.strip()] * 18),
    )  # fmt: skip
    chunks = cut_chunks(source)
    assert "Next Part" not in chunks[0].text
    assert [c.pages for c in chunks if "Next Part" in c.text] == [[1, 2]]


def test_running_lines_are_in_no_chunk() -> None:
    source = document(
        block("header", 1, "Running"), block("paragraph", 1, "Text.", at=3), block("footer", 1, "7", at=5)
    )
    assert [chunk.text for chunk in cut_chunks(source)] == ["Text."]
    assert cut_chunks(document(block("footer", 1, "7"))) == []
    assert cut_chunks(Document(())) == []


LINE = st.text(st.sampled_from("abc deZ. ，。！？；中文字-1:)"), min_size=1, max_size=60).map(str.strip).filter(bool)
BLOCKS = st.lists(
    st.tuples(st.sampled_from(["paragraph", "paragraph", "list_item", "heading", "header"]), st.integers(0, 1),
              st.lists(LINE, min_size=1, max_size=8), st.booleans()),
    max_size=25,
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(BLOCKS, st.integers(1, 60), st.integers(1, 90))
def test_spans_and_limits_hold_for_any_document(
    rows: list[tuple[str, int, list[str], bool]], target: int, most: int
) -> None:
    page, made = 1, []
    for i, (kind, turn, texts, continues) in enumerate(rows):
        page += turn
        level = 1 + i % 3 if kind == "heading" else 0
        made.append(
            block(kind, page, *texts, level=level, continues=continues and kind == "paragraph" and i > 0, at=10 * i)
        )
    source = document(*made)
    chunks = cut_chunks(source, target, most)
    check_spans(chunks, source)
    words = "".join(c.text for c in chunks)
    for b in source.text_blocks:
        for line in b.lines:
            # Nothing is lost: but for hyphens at line ends every letter is in some chunk.
            assert sum(map(str.isalnum, line.text)) <= sum(map(str.isalnum, words))
    expected = sum(c.isalnum() for b in source.text_blocks for line in b.lines for c in line.text)
    assert sum(map(str.isalnum, words)) == expected
    for chunk in chunks:
        assert chunk.tokens == estimate_tokens(chunk.text)
        assert chunk.tokens <= max(most, 4) + 1  # a single unit may weigh more than a tiny limit


FINITE = st.floats(-1e4, 1e4, allow_nan=False)
WORDS = st.lists(
    st.builds(
        Word,
        text=st.text(max_size=12),
        box=st.builds(Box, FINITE, FINITE, FINITE, FINITE),
        confidence=st.floats(0, 1),
        line=st.integers(0, 9),
        block=st.integers(0, 3),
        size_pt=st.sampled_from([0.0, 0.001, 8.0, 10.0, 900.0, -3.0]),
        bold=st.booleans(),
    ),
    max_size=40,
)


BOXES = st.lists(st.builds(Box, FINITE, FINITE, FINITE, FINITE), max_size=6).map(tuple)


@settings(max_examples=60, deadline=None)
@given(st.lists(WORDS, max_size=4), st.sampled_from(["ocr", "text_layer"]), BOXES, BOXES, st.booleans())
def test_garbage_never_raises_and_loses_no_page(
    pages: list[list[Word]], source: str, figures: tuple[Box, ...], rules: tuple[Box, ...], vertical: bool
) -> None:
    readings = [
        replace(
            PageReading(i, 0.0 if i == 2 else 600, 800, tuple(p), "ocr", "x"),
            source=source, figures=figures, rules=rules, vertical=vertical,
        )
        for i, p in enumerate(pages, 1)
    ]  # fmt: skip
    made = build_document(readings)
    assert len(to_json(made)["pages"]) == len(pages)
    to_markdown(made)
    chunks = cut_chunks(made)
    if not any(block.table for block in made.text_blocks):  # a table's spans are those of its cells
        check_spans(chunks, made)
    assert build_document(readings[::-1]) == made


@pytest.mark.timeout(120)  # takes a second; comparing each word with each would take many minutes
@pytest.mark.parametrize("spread", [0.0, 600.0])
def test_ten_thousand_words_on_a_page_are_no_trouble(spread: float) -> None:
    dice = random.Random(7)
    words = []
    for i in range(10_000):
        x, y = spread * dice.random(), spread * dice.random()
        words.append(Word(f"w{i}", Box(x, y, x + dice.choice((0, 9, 300)), y + dice.choice((0, 9, 90))), 0.5, i % 700))
    made = build_document([PageReading(1, 600, 800, tuple(words), "ocr", "x")])
    chunks = cut_chunks(made)
    assert sum(chunk.text.count("w") for chunk in chunks) == 10_000
