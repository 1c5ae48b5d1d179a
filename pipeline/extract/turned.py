"""Vertical pages: turned so that their columns lie like lines, laid out like any other page, and turned back.

Columns that run down and follow one another from right to left are, after a quarter turn, lines that run to the right
and follow one another downwards. Only what is handed on has its place on the page again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipeline.extract.document import Line
from pipeline.extract.lines import Row
from pipeline.types import Box, PageReading, Word

_LEVEL = 1.6  # width over height from which a word of several characters is set level on a vertical page
_SAME_COLUMN = 0.6  # middles closer than this, in type sizes, are of one column


def level_words(words: Sequence[Word]) -> list[Word]:
    """What is set level on a vertical page: banners, page numbers, captions."""
    return [word for word in words if len(word.text) > 1 and word.box.width > _LEVEL * word.box.height]


def turn(reading: PageReading, words: Sequence[Word]) -> PageReading:
    """The reading with these words of it only, turned so that its columns are lines from top to bottom."""
    width = reading.width_pt
    turned: list[Word] = []
    line, middle = -1, float("inf")
    for word in sorted(words, key=lambda w: (-(w.box.x0 + w.box.x1), w.box.y0)):
        x0, y0, x1, y1 = word.box
        # OCR gives the height of a box as its size, which for a column is its length.
        size = min(word.size_pt, max(abs(x1 - x0), 0.1)) if len(word.text) > 1 else word.size_pt
        if line < 0 or middle - (x0 + x1) / 2 > _SAME_COLUMN * max(size, 0.1):
            line, middle = line + 1, (x0 + x1) / 2
        turned.append(replace(word, box=Box(y0, width - x1, y1, width - x0), size_pt=size, line=line))
    return replace(reading, width_pt=reading.height_pt, height_pt=width, words=tuple(turned), figures=(), rules=())


def turn_back(row: Row, width_pt: float) -> None:
    """Gives the line of a row laid out on a turned page its place on the page of that width."""
    line = row.line
    words = tuple(replace(word, box=_back(word.box, width_pt)) for word in line.words)
    row.line = Line(line.text, _back(line.box, width_pt), line.size_pt, line.bold, words)


def _back(box: Box, width: float) -> Box:
    x0, y0, x1, y1 = box
    return Box(width - y1, x0, width - y0, x1)
