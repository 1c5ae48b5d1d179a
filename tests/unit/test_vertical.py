"""Pages set in columns from top to bottom: found, and read from right to left."""

from __future__ import annotations

import math

import pytest

from pipeline.extract.build import build_document
from pipeline.extract.markdown import to_markdown
from pipeline.types import Box, PageReading, Word
from pipeline.vertical import is_vertical

FIRST = "清晨的码头上已经有人在装卸货物远处的灯塔还亮着微弱的光山谷里的老磨坊后来改成了"
SECOND = "过去十年的测量结果表明湖水的水位下降了将近四十厘米。"


def characters(columns: list[str], right: float = 500.0, size: float = 12.0, pitch: float = 1.6) -> list[Word]:
    """Columns of single characters from right to left, as a text layer has them: every character a word."""
    words = []
    for i, column in enumerate(columns):
        x = right - i * pitch * size
        for j, character in enumerate(column):
            y = 80 + 1.1 * j * size
            words.append(Word(character, Box(x - size, y, x, y + size), 1.0, len(words), 0, size))
    return words


def boxes(columns: list[str], right: float = 500.0, size: float = 12.0) -> list[Word]:
    """The same read by OCR: a tall box a column, in no particular order."""
    words = []
    for i, column in enumerate(columns):
        x, length = right - 1.6 * i * size, 1.1 * len(column) * size
        words.append(Word(column, Box(x - size, 80, x, 80 + length), 0.95, i, 0, length))
    return words[::-1]


def page(words: list[Word], source: str = "text_layer") -> PageReading:
    return PageReading(1, 595, 842, tuple(words), source, "x")  # type: ignore[arg-type]


@pytest.mark.parametrize(("make", "source"), [(characters, "text_layer"), (boxes, "ocr")])
def test_columns_are_read_from_right_to_left_and_joined(make, source) -> None:  # type: ignore[no-untyped-def]
    words = make([FIRST, SECOND])
    assert is_vertical(words)
    document = build_document([page(words, source)])
    assert to_markdown(document) == FIRST + SECOND + "\n"
    (block,) = document.text_blocks
    left, right = block.lines[1].box, block.lines[0].box
    assert right.x0 > left.x1 and right.height > 10 * right.width  # boxes are those of the page, not of the turned one
    assert {word.box for line in block.lines for word in line.words} == {word.box for word in words}


def test_level_lines_of_single_characters_are_not_vertical() -> None:
    words = []
    for i, line in enumerate([FIRST, SECOND, FIRST]):
        for j, character in enumerate(line):
            x, y = 60 + 12 * j, 80 + 20 * i
            words.append(Word(character, Box(x, y, x + 12, y + 12), 1.0, i, 0, 12))
    assert not is_vertical(words)
    assert to_markdown(build_document([page(words)])).startswith(FIRST)


def test_a_banner_above_and_a_number_below_stay_level() -> None:
    banner = Word("江城文艺", Box(200, 30, 280, 50), 1.0, 900, 0, 20)
    number = Word("第十二页", Box(280, 800, 320, 810), 1.0, 901, 0, 10)
    document = build_document([page([number, *characters([FIRST, SECOND]), banner])])
    assert [block.text for block in document.text_blocks] == ["江城文艺", FIRST + SECOND, "第十二页"]


def test_english_labels_turned_and_garbage_are_not_vertical() -> None:
    turned = [Word("Temperature", Box(20 * i, 100, 20 * i + 10, 170), 1.0, i, 0, 10) for i in range(9)]
    assert not is_vertical(turned)
    assert not is_vertical([])
    assert not is_vertical([Word("字", Box(0, 0, 0, 0))] * 50)
    assert not is_vertical([Word("字", Box(math.inf, 0, math.nan, 9))] * 50)
