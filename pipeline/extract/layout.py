"""Reading order: the segments of a page cut into regions, each read top to bottom as one column.

A recursive XY-cut that looks for gutters rather than for white strips through the whole page: wherever a vertical
strip is free over a stretch of lines, and what stands on its two sides reads as columns and not as the cells of a
table, that stretch is cut there. Lines that run across the gutter (titles, wide figures' captions) separate stretches.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from statistics import median

from pipeline.extract.columns import aligned_share, begins_like, is_columns, is_prose
from pipeline.extract.gutters import best_gutter
from pipeline.extract.lines import TABULAR_EM, Row, Segment, finish_row, page_segments, rows_of
from pipeline.extract.markers import list_marker
from pipeline.extract.turned import level_words, turn, turn_back
from pipeline.types import PageReading, Word
from pipeline.vertical import is_vertical

_MAX_DEPTH = 8
_MAX_SEGMENTS = 2500  # beyond this a page is no page of text, and cutting it would only take long
_MAX_RULES = 1000
_RULE_MARGIN_PT = 30.0  # how far a line runs over a gutter that it closes

Rule = tuple[float, float, float]  # height, beginning, end of a level line


def page_regions(reading: PageReading) -> list[list[Row]]:
    """The lines of a page, region by region in reading order; every word of the page is in exactly one.

    Rows of a vertical page stand where they would if the page were turned; their lines stand where they are.
    """
    if reading.vertical or is_vertical(reading.words):
        return _number(_vertical_regions(reading))
    return _number(_regions(reading))


def _vertical_regions(reading: PageReading) -> list[list[Row]]:
    """What is set level in the upper half, the columns from right to left, what is set level in the lower half."""
    level = level_words(reading.words)
    apart = set(map(id, level))
    upright = [word for word in reading.words if id(word) not in apart]
    columns = _regions(turn(reading, upright))
    for row in itertools.chain.from_iterable(columns):
        turn_back(row, reading.width_pt)
    halves: tuple[list[Word], list[Word]] = ([], [])
    for word in level:
        halves[word.box.y0 + word.box.y1 > reading.height_pt].append(word)
    above, below = (_regions(replace(reading, words=tuple(half))) for half in halves)
    return above + columns + below


def _number(regions: list[list[Row]]) -> list[list[Row]]:
    for number, rows in enumerate(regions):
        for row in rows:
            row.region = number
    return regions


def _regions(reading: PageReading) -> list[list[Row]]:
    segments = page_segments(reading)
    text_layer = reading.source == "text_layer"
    level = [s for s in segments if not s.vertical]
    vertical = [s for s in segments if s.vertical]
    regions: list[list[list[Segment]]] = []
    if sum(s.weight for s in vertical) > sum(s.weight for s in level):
        regions += [[[s]] for s in _vertical_order(vertical)]
        vertical = []
    regions += [rows_of(region) for region in _cut(level, _level_rules(reading), _MAX_DEPTH)]
    regions += [[[s]] for s in _vertical_order(vertical)]  # margin stamps, labels of axes: after the text
    return [[finish_row(row, text_layer) for row in lift_side_cells(region)] for region in regions if region]


def lift_side_cells(rows: list[list[Segment]]) -> list[list[Segment]]:
    """Notes set beside list items (a resume's dates) moved up to the row that the list stands under.

    "Company     City / • did this     2020 / • and that     2 years" would else run the dates into the items.
    """
    head = -1  # the last row in the run of rows with a side cell, from which nothing was lifted
    in_list = False
    item_x0 = 0.0  # where the text of the list's items begins
    for i, row in enumerate(rows):
        if len(row) < 2:
            head = -1
            continue
        side = row[-1]
        beside = side.x0 - row[-2].x1 > TABULAR_EM * side.size and not list_marker(row[-2].words[-1].text + " ")
        starts_list = bool(list_marker(row[0].words[0].text + " "))
        goes_on = in_list and row[0].x0 > item_x0 - 0.5 * row[0].size
        if head >= 0 and beside and (starts_list or goes_on) and side.x0 > rows[head][-1].x0 - 12 * side.size:
            rows[head].append(row.pop())
            if starts_list:
                in_list = True
                item_x0 = row[1].x0 if len(row) > 1 else row[0].words[min(1, len(row[0].words) - 1)].box.x0
        elif beside and not starts_list:
            head, in_list = i, False
        else:
            head = -1
    return rows


def _vertical_order(segments: list[Segment]) -> list[Segment]:
    """Vertical Chinese runs right to left, text turned to read upwards left to right."""
    chinese = sum(1 for s in segments if s.weight > 1.5 * sum(len(w.text) for w in s.words))
    if 2 * chinese > len(segments):
        return sorted(segments, key=lambda s: (-s.x1, s.y0))
    return sorted(segments, key=lambda s: (s.x0, -s.y1))


def _level_rules(reading: PageReading) -> list[Rule]:
    """The lines on the page that lie level, from the top."""
    level = [(box.y0, box.x0, box.x1) for box in reading.rules[:_MAX_RULES] if box.width > 10 * box.height]
    return sorted(level)


def _cut(segments: list[Segment], rules: Sequence[Rule], depth: int) -> list[list[Segment]]:
    """Regions of the segments in reading order."""
    if not segments:
        return []
    if depth == 0 or len(segments) < 4 or len(segments) > _MAX_SEGMENTS:
        return [segments]
    ordered = sorted(segments, key=lambda s: (s.y0 + s.y1, s.x0))
    size = median(s.size for s in ordered)
    x, stretches = best_gutter(ordered, size)
    regions: list[list[Segment]] = []
    across: list[Segment] = []
    for i, (left, right, wide) in enumerate(stretches):
        if wide or not is_columns(left, right, size):
            across += left + right + wide
            continue
        before, columns, after = _peel(left, right, x, size)
        if i + 1 < len(stretches):
            columns, heading = _heading_below(columns, stretches[i + 1][2], x, size)
            after = heading + after
        regions += _cut(across + before, rules, depth - 1)
        for part in _ruled_off(columns, rules, x):
            regions += _cut([s for s in part if s.x0 + s.x1 < 2 * x], rules, depth - 1)
            regions += _cut([s for s in part if s.x0 + s.x1 >= 2 * x], rules, depth - 1)
        across = after
    return regions + _cut(across, rules, depth - 1) if regions else [ordered]


def _ruled_off(columns: Sequence[Segment], rules: Sequence[Rule], x: float) -> list[list[Segment]]:
    """The columns in parts, one above the other, where a line is drawn over their gutter."""
    heights = [y for y, x0, x1 in rules if x0 + _RULE_MARGIN_PT < x < x1 - _RULE_MARGIN_PT]
    parts: list[list[Segment]] = [[]]
    passed = 0
    for segment in sorted(columns, key=lambda s: s.yc):
        before = passed
        while passed < len(heights) and heights[passed] < segment.yc:
            passed += 1
        if passed > before and parts[-1]:
            parts.append([])
        parts[-1].append(segment)
    return parts


def _peel(
    left: Sequence[Segment], right: Sequence[Segment], x: float, size: float
) -> tuple[list[Segment], list[Segment], list[Segment]]:
    """Rows above and below the columns that share their gutter by chance: authors side by side, two-part footers.

    Returns:
        What stands above, the columns, what stands below.
    """
    ordered = sorted([*left, *right], key=lambda s: (s.y0 + s.y1, s.x0))
    above = _loose_rows(ordered, x, size)
    below = len(ordered) - _loose_rows(list(reversed(ordered[above:])), x, size)
    return ordered[:above], ordered[above:below], ordered[below:]


def _heading_below(
    columns: list[Segment], across: Sequence[Segment], x: float, size: float
) -> tuple[list[Segment], list[Segment]]:
    """A short line below both columns that stands close to what runs across under it, and so is its heading.

    Bullets of the first line that runs across go with it.
    """
    if not across:
        return columns, []
    first = min(across, key=lambda s: s.yc)
    ordered = sorted((s for s in columns if s.yc < first.y0), key=lambda s: s.yc)
    bullets = [s for s in columns if s.yc >= first.y0]
    heading = rows_of(ordered[-3:])[-1] if ordered else []
    rest = ordered[: len(ordered) - len(heading)]
    if not heading or not rest or any(s.x0 < x < s.x1 for s in heading) or len(heading) > 2:
        return columns, []
    above = min(s.yc for s in heading) - max(s.yc for s in rest)
    below = first.yc - max(s.yc for s in heading)
    if above > max(1.8 * size, 1.4 * below) and below < 2.6 * size:
        return rest, heading + bullets
    return columns, []


def _loose_rows(ordered: Sequence[Segment], x: float, size: float) -> int:
    """How many segments at the beginning stand clear of the rest, on both sides of x, and are no columns."""
    limit = min(len(ordered) - 4, 16)
    x0, x1 = min(s.x0 for s in ordered), max(s.x1 for s in ordered)
    lone = ordered[0]
    if limit > 0 and abs(ordered[1].yc - lone.yc) > 1.4 * max(lone.size, ordered[1].size):
        # A title or page number, centred on the page, that happens not to reach over the gutter.
        centred = abs(lone.x0 + lone.x1 - x0 - x1) < 0.03 * (x1 - x0)
        if centred and lone.x0 > x0 + 2 * size and lone.x1 < x1 - 2 * size:
            return 1
    for count in range(2, limit + 1):
        gap = abs(ordered[count].yc - ordered[count - 1].yc)
        if gap < 2.0 * size:
            continue
        head, tail = ordered[:count], ordered[count:]
        sides = [
            [s for s in part if (s.x0 + s.x1 >= 2 * x) == right] for part in (head, tail) for right in (False, True)
        ]
        if not all(sides):
            continue
        head_left, head_right, tail_left, tail_right = [sorted(side, key=lambda s: s.yc) for side in sides]
        rows = [rows_of(side) for side in (head_left, head_right)]
        paired = len(rows[0]) == len(rows[1]) <= 4 and aligned_share(rows[0], rows[1], size) == 1.0
        sizes = [s.size for s in head]
        paired = paired and max(sizes) < 1.25 * min(sizes)
        # What begins where the columns begin are their headings, not two authors side by side.
        paired = paired and not (
            begins_like(head_left, tail_left, size) and begins_like(head_right, tail_right, size) and count < 4
        )
        if paired and not is_prose(rows[0]) and is_columns(tail_left, tail_right, size):
            return count
    return 0
