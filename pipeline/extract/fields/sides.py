"""Columns of a resume's page: a sidebar beside the career, or two halves.

Layout is made for prose and judges columns by how they read. A resume tells them otherwise: headings of sections stand
on both sides of a strip that no line crosses, and text stands below them.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from pipeline.extract.document import Line
from pipeline.extract.fields.dates import find_periods
from pipeline.extract.fields.headings import heading_kind
from pipeline.extract.fields.text import normalised
from pipeline.extract.letterspacing import line_text
from pipeline.types import Box, Word

_PART_EM = 0.9  # white inside a line of one column; more parts two columns
_ACROSS_EM = 0.55  # a line with less white than this at a strip runs across it
_FEWEST_LINES = 2  # of text on each side, headings and dates not counted
_FORM_LABEL = re.compile(
    r"学历|學歷|教育程度|特长|语言|外语|英语水平|证明人|備註|备注|details", re.I
)  # of a cell as well as of a section
_MOST_STRIPS = 40
_MAX_LINES = 400  # a page of more is no resume


@dataclass(frozen=True, slots=True)
class Strip:
    """White from top to bottom with a column on each side.

    Attributes:
        x: where it is.
        y0, y1: the stretch of the page that it parts.
        main_left: the left column is the wider one.
    """

    x: float
    y0: float
    y1: float
    main_left: bool

    def holds(self, line: Line) -> bool:
        """Whether the line stands beside the strip."""
        return self.y0 <= (line.box.y0 + line.box.y1) / 2 <= self.y1


@dataclass(frozen=True, slots=True)
class _Part:
    """Words of a line with no wide white between them."""

    text: str
    box: Box
    size: float
    heading: bool
    date: bool

    @property
    def yc(self) -> float:
        return (self.box.y0 + self.box.y1) / 2


def find_strip(lines: Sequence[Line], before: Strip | None = None) -> Strip | None:
    """The strip that parts the page's columns, or None where the text is one column.

    Args:
        lines: all of the page's text.
        before: that of the page before, which goes on where nothing crosses it.
    """
    if not 2 * _FEWEST_LINES + 2 <= len(lines) <= _MAX_LINES:
        return None
    parts = [part for line in lines for part in _parts(line)]
    headings = [part for part in parts if part.heading]
    best: tuple[int, Strip] | None = None
    for x in sorted({round(part.box.x0 - 2.0) for part in headings})[:_MOST_STRIPS]:
        for y0, y1 in _stretches(lines, x):
            inside = [part for part in parts if y0 <= part.yc <= y1]
            count = _columns(inside, headings, x)
            if count and (best is None or count > best[0]):
                best = count, _strip(x, y0, y1, inside)
    if best is None and before is not None:
        for y0, y1 in _stretches(lines, before.x):
            inside = [part for part in parts if y0 <= part.yc <= y1]
            if all(_told(inside, before.x)):
                return Strip(before.x, y0, y1, before.main_left)
    return best[1] if best else None


def part_line(line: Line, x: float, text_layer: bool) -> tuple[Line | None, Line | None]:
    """What of the line stands left and right of x."""
    if not line.words:
        return (line, None) if line.box.x0 + line.box.x1 < 2 * x else (None, line)
    left = tuple(word for word in line.words if word.box.x0 + word.box.x1 < 2 * x)
    right = tuple(word for word in line.words if word.box.x0 + word.box.x1 >= 2 * x)
    if not left or not right:
        return (line, None) if left else (None, line)
    return _line(left, line, text_layer), _line(right, line, text_layer)


def _line(words: tuple[Word, ...], line: Line, text_layer: bool) -> Line:
    size = median(word.size_pt or line.size_pt for word in words)
    gaps_em = [(b.box.x0 - a.box.x1) / (size or 10.0) for a, b in itertools.pairwise(words)]
    box = words[0].box
    for word in words[1:]:
        box = box.union(word.box)
    letters = sum(len(word.text) for word in words)
    bold = 2 * sum(len(word.text) for word in words if word.bold) > letters
    return Line(line_text([word.text for word in words], gaps_em, text_layer), box, size, bold, words)


def _parts(line: Line) -> list[_Part]:
    size = line.size_pt or 10.0
    if not line.words:
        return [_part(line.text, line.box, size)]
    groups: list[list[Word]] = [[line.words[0]]]
    for before, after in itertools.pairwise(line.words):
        if after.box.x0 - before.box.x1 > _PART_EM * size or after.box.x0 < before.box.x0:
            groups.append([])
        groups[-1].append(after)
    found = []
    for words in groups:
        part = _line(tuple(words), line, True)
        found.append(_part(part.text, part.box, part.size_pt or size))
    return found


def _part(text: str, box: Box, size: float) -> _Part:
    text = normalised(text)
    heading = heading_kind(text) is not None and not _FORM_LABEL.fullmatch(text.strip())
    return _Part(text, box, size, heading, _is_date(text))


def _stretches(lines: Sequence[Line], x: float) -> list[tuple[float, float]]:
    """Heights between the lines that run across x."""
    crossing = sorted((line.box.y0 + line.box.y1) / 2 for line in lines if _crosses(line, x))
    edges = [float("-inf"), *crossing, float("inf")]
    return [(a + 0.01, b - 0.01) for a, b in itertools.pairwise(edges) if b - a > 1]


def _crosses(line: Line, x: float) -> bool:
    boxes = [word.box for word in line.words] or [line.box]
    if any(box.x0 < x - 0.5 and box.x1 > x + 0.5 for box in boxes):
        return True
    left = max((box.x1 for box in boxes if box.x1 <= x + 0.5), default=None)
    right = min((box.x0 for box in boxes if box.x0 >= x - 0.5), default=None)
    return left is not None and right is not None and right - left < _ACROSS_EM * (line.size_pt or 10.0)


def _columns(inside: Sequence[_Part], headings: Sequence[_Part], x: float) -> int:
    """How many parts of lines stand in two columns at x; 0 where they do not."""
    if not inside:
        return 0
    top, foot = min(part.yc for part in inside), max(part.yc for part in inside)
    heads = [part for part in headings if top <= part.yc <= foot]
    left = [part for part in heads if part.box.x1 <= x + 1]
    right = [part for part in heads if part.box.x0 >= x - 1]
    if not left or not right or len(heads) < 3 or not all(_told(inside, x)):
        return 0
    # Headings in the margin have what they announce beside them and nothing below.
    for side, other in ((left, False), (right, True)):
        if not any(_has_below(part, inside, x, other) for part in side):
            return 0
    return len(inside)


def _told(inside: Sequence[_Part], x: float) -> tuple[bool, bool]:
    """Whether text other than headings and dates stands left and right of x."""
    counts = [0, 0]
    for part in inside:
        if not part.heading and not part.date:
            counts[part.box.x0 >= x - 1] += 1
    return counts[0] >= _FEWEST_LINES, counts[1] >= _FEWEST_LINES


def _is_date(text: str) -> bool:
    periods = find_periods(text) if len(text) <= 40 and any(map(str.isdigit, text)) else []
    return bool(periods) and periods[-1].end - periods[0].start >= len(text.strip()) - 2


def _has_below(heading: _Part, inside: Sequence[_Part], x: float, right: bool) -> bool:
    """Whether the next part below the heading on its side is text and close."""
    below = [part for part in inside if (part.box.x0 >= x - 1) == right and part.yc > heading.yc + 2]
    if not below:
        return False
    first = min(below, key=lambda part: part.yc)
    return not first.heading and first.yc - heading.yc < 4 * max(heading.size, first.size)


def _strip(x: float, y0: float, y1: float, inside: Sequence[_Part]) -> Strip:
    left = [part.box for part in inside if part.box.x1 <= x + 1]
    right = [part.box for part in inside if part.box.x0 >= x - 1]
    widths = [max(box.x1 for box in boxes) - min(box.x0 for box in boxes) for boxes in (left, right)]
    return Strip(x, y0, y1, widths[0] >= 0.9 * widths[1])
