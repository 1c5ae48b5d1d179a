"""Boxes for text that came without any: its lines are laid on the rows of ink, in reading order.

Where there are as many rows of ink as lines of text, each line has its row. Else the lines share the height of the
text area out evenly: then a box says about where on the page its words stand, not where exactly. Within a line
words are set by the width of their characters, wide ones counting twice. Pure functions.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from pipeline.ocr.base import box_in_points
from pipeline.ocr.ink import Ink
from pipeline.types import Box, PageImage, Word
from pipeline.wide import is_wide

_SAME_ROW = 0.5  # of the lower one's height, by which marks overlap that stand in one row


def lay(pieces: Sequence[tuple[str, float]], ink: Ink, image: PageImage) -> list[Word]:
    """Words with boxes in points.

    Args:
        pieces: text in reading order, with line breaks, and how sure each piece is, 0..1.
        ink: what of the page looks like text.
        image: the page.
    """
    lines = [line for line in _lines(pieces) if "".join(char for char, _ in line).strip()]
    rows = rows_of(ink, len(lines)) or _shared_out(ink, image, [len(line) for line in lines])
    words = []
    for number, (line, row) in enumerate(zip(lines, rows, strict=True)):
        words += _words(line, row, number, image)
    return words


def _lines(pieces: Sequence[tuple[str, float]]) -> list[list[tuple[str, float]]]:
    """Characters of each line, each with the probability of its piece."""
    lines: list[list[tuple[str, float]]] = [[]]
    for text, sure in pieces:
        for char in text:
            if char in "\r\n":
                lines.append([])
            else:
                lines[-1].append((char, sure))
    return lines


def rows_of(ink: Ink, count: int) -> list[Box] | None:
    """Rows of ink in pixels, where there are so many, else None.

    Marks side by side are one row, or, on a page in columns, a row of each column.
    """
    boxes = [Box(x, y, x + width, y + height) for x, y, width, height in ink.lines.tolist()]
    across = _rows(boxes)
    if len(across) == count:
        return across
    if ink.in_columns:
        middle = (min(box.x0 for box in boxes) + max(box.x1 for box in boxes)) / 2
        left = [box for box in boxes if box.x0 + box.x1 <= 2 * middle]
        right = [box for box in boxes if box.x0 + box.x1 > 2 * middle]
        if len(columns := [*_rows(left), *_rows(right)]) == count:
            return columns
    return None


def _rows(boxes: Sequence[Box]) -> list[Box]:
    rows: list[Box] = []
    for box in sorted(boxes, key=lambda box: box.y0 + box.y1):
        last = rows[-1] if rows else None
        if last and min(last.y1, box.y1) - max(last.y0, box.y0) > _SAME_ROW * min(last.height, box.height):
            rows[-1] = last.union(box)
        else:
            rows.append(box)
    return rows


def _shared_out(ink: Ink, image: PageImage, lengths: Sequence[int]) -> list[Box]:
    """As many rows of one height as there are lines, in the area of the text; the longest fills its width."""
    x0, y0, x1, y1 = 0.0, 0.0, float(image.width_px), float(image.height_px)
    if len(ink.lines):
        left, top, width, height = ink.lines.T
        x0, y0 = float(left.min()), float(top.min())
        x1, y1 = float((left + width).max()), float((top + height).max())
    high, longest = (y1 - y0) / max(len(lengths), 1), max(lengths, default=1)
    return [
        Box(x0, y0 + high * i, x0 + (x1 - x0) * length / longest, y0 + high * (i + 1))
        for i, length in enumerate(lengths)
    ]


def _words(line: Sequence[tuple[str, float]], row: Box, number: int, image: PageImage) -> list[Word]:
    text = "".join(char for char, _ in line)
    places = [0]
    for char in text:
        places.append(places[-1] + 1 + is_wide(char))
    unit = row.width / max(places[-1], 1)
    words = []
    for found in re.finditer(r"\S+(?:(?<=[\u2e80-\u9fff\uff00-\uffef])\s+(?=[\u2e80-\u9fff\uff00-\uffef])\S+)*", text):
        start, end = found.span()
        box = box_in_points(row.x0 + unit * places[start], row.y0, row.x0 + unit * places[end], row.y1, image)
        sure = math.exp(sum(math.log(max(sure, 1e-9)) for _, sure in line[start:end]) / (end - start))
        plain = re.sub(r"\s+", "", found.group())  # no spaces within Chinese
        words.append(Word(plain, box, sure, number, 0, box.height))
    return words
