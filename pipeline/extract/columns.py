"""Whether two sides of a gutter are columns, read one after the other, or cells of a table, read line by line."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from statistics import median

from pipeline.extract.lines import Segment, rows_of

_MIN_GUTTER_EM = 0.4
_MIN_PROSE_GUTTER_EM = 0.25  # boxes of OCR are padded, and spaces of four lines of prose do not line up by chance
_ALIGNED_EM = 0.22  # middles of two lines closer than this stand on one line of type
_MIN_DENSITY = 0.4
_AROUND = 3  # lines above and below that a line of prose is as wide as
_ALIGNED_SHARE = 0.7  # sides with more lines than this in common are a table, unless they are prose


def is_columns(left: Sequence[Segment], right: Sequence[Segment], size: float) -> bool:
    """Whether two sides are read one after the other, and not line by line as cells of a table or labels and values."""
    if len(left) < 2 or len(right) < 2:
        return False
    # Specks in the gutter do not make it narrower.
    gutter = min(s.x0 for s in _but_specks(right)) - max(s.x1 for s in _but_specks(left))
    if gutter < _MIN_PROSE_GUTTER_EM * size:
        return False
    rows_left, rows_right = rows_of(left), rows_of(right)
    fewer = min(len(rows_left), len(rows_right))
    common = min(left[-1].y1, right[-1].y1) - max(left[0].y0, right[0].y0)
    shorter = min(left[-1].y1 - left[0].y0, right[-1].y1 - right[0].y0)
    if fewer < 2 or common < 0.4 * shorter:
        return False
    if (fewer >= 4 or gutter >= _MIN_GUTTER_EM * size) and is_prose(rows_left) and is_prose(rows_right):
        return True
    if fewer < 3 or gutter < _MIN_GUTTER_EM * size:
        return False
    if min(_density(left, rows_left), _density(right, rows_right)) < _MIN_DENSITY:
        return False  # dates or notes here and there beside the text
    if aligned_share(rows_left, rows_right, size) < _ALIGNED_SHARE:
        return True
    return fewer >= 4 and _drawn_apart(left, right)


def _density(side: Sequence[Segment], rows: Sequence[Sequence[Segment]]) -> float:
    """Share of the side's height that its lines, set with usual white, would fill."""
    size = median(s.size for s in side)
    return len(rows) * 1.4 * size / max(side[-1].y1 - side[0].y0, size)


def _but_specks(side: Sequence[Segment]) -> Sequence[Segment]:
    return [s for s in side if s.weight > 2] or side


def is_prose(rows: Sequence[Sequence[Segment]]) -> bool:
    """Whether lines are filled with text, as wide as those around them: text may run round a picture."""
    ends = [(row[0].x0, row[-1].x1) for row in rows]
    full = 0
    for i, (x0, x1) in enumerate(ends):
        around = ends[max(0, i - _AROUND) : i + _AROUND + 1]
        full += x1 - x0 > 0.75 * (median(end for _, end in around) - median(start for start, _ in around))
    letters = sum(s.weight for row in rows for s in row)
    return full >= 0.5 * len(rows) and letters >= 24 * len(rows)


def begins_like(head: Sequence[Segment], tail: Sequence[Segment], size: float) -> bool:
    """Whether both have their left edge at the same place."""
    return abs(min(s.x0 for s in head) - min(s.x0 for s in tail)) < 0.5 * size


def aligned_share(left: Sequence[Sequence[Segment]], right: Sequence[Sequence[Segment]], size: float) -> float:
    """Share of the lines of the side with fewer that have a line of the other side beside them."""
    ones, others = [sorted(row[0].yc for row in side) for side in (left, right)]
    if len(ones) > len(others):
        ones, others = others, ones
    hits = j = 0
    for y in ones:
        while j < len(others) and others[j] < y - _ALIGNED_EM * size:
            j += 1
        hits += j < len(others) and others[j] <= y + _ALIGNED_EM * size
    return hits / len(ones)


def _drawn_apart(left: Sequence[Segment], right: Sequence[Segment]) -> bool:
    """Whether the reader met one whole side before the other; tables are drawn and read row by row."""
    sides = [side for _, side in sorted([(s.order, 0) for s in left] + [(s.order, 1) for s in right])]
    return sum(a != b for a, b in itertools.pairwise(sides)) <= 1
