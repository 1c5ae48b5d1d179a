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

from pipeline.extract.lines import TABULAR_EM, Row, Segment, finish_row, page_segments, rows_of
from pipeline.extract.markers import list_marker
from pipeline.extract.turned import level_words, turn, turn_back
from pipeline.types import PageReading, Word
from pipeline.vertical import is_vertical

_MAX_DEPTH = 8
_MAX_SEGMENTS = 2500  # beyond this a page is no page of text, and cutting it would only take long
_MAX_GUTTERS = 8
_MAX_RULES = 1000
_RULE_MARGIN_PT = 30.0  # how far a line runs over a gutter that it closes
_MIN_GUTTER_EM = 0.4
_MIN_PROSE_GUTTER_EM = 0.25  # boxes of OCR are padded, and spaces of four lines of prose do not line up by chance
_MARGIN_EM = 0.15  # what reaches no further over a gutter's middle does not cross it
_ALIGNED_EM = 0.22  # middles of two lines closer than this stand on one line of type
_MIN_DENSITY = 0.4
_AROUND = 3  # lines above and below that a line of prose is as wide as
_ALIGNED_SHARE = 0.7  # sides with more lines than this in common are a table, unless they are prose

_HANGING = frozenset("，。、；：！？）》」』】")

Rule = tuple[float, float, float]  # height, beginning, end of a level line
Stretch = tuple[list[Segment], list[Segment], list[Segment]]  # left of the gutter, right of it, across it


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
    x, stretches = _best_gutter(ordered, rules, size)
    regions: list[list[Segment]] = []
    across: list[Segment] = []
    for i, (left, right, wide) in enumerate(stretches):
        if wide or not _is_columns(left, right, size):
            across += left + right + wide
            continue
        before, columns, after = _peel(left, right, x, size)
        if i + 1 < len(stretches):
            columns, heading = _heading_below(columns, stretches[i + 1][2], x, size)
            after = heading + after if heading else after
        regions += _cut(across + before, rules, depth - 1)
        regions += _cut([s for s in columns if s.x0 + s.x1 < 2 * x], rules, depth - 1)
        regions += _cut([s for s in columns if s.x0 + s.x1 >= 2 * x], rules, depth - 1)
        across = after
    return regions + _cut(across, rules, depth - 1) if regions else [ordered]


def _best_gutter(ordered: Sequence[Segment], rules: Sequence[Rule], size: float) -> tuple[float, list[Stretch]]:
    """The gutter that divides most segments into columns in few stretches; none is (0.0, [])."""
    best: tuple[float, list[Stretch]] = (0.0, [])
    most = 0
    for x in _gutters(ordered, size):
        stretches = _stretches(_parted(ordered, x, size), rules, x)
        divided = [len(left) + len(right) - 3 for left, right, _ in stretches if _is_columns(left, right, size)]
        if sum(divided) > most:
            most, best = sum(divided), (x, stretches)
            if len(stretches) == 1:
                break
    return best


def _gutters(segments: Sequence[Segment], size: float) -> list[float]:
    """Places (x in points) that few segments cross though many stand on either side, best first."""
    change: dict[float, int] = {}
    for segment in segments:
        change[segment.x0] = change.get(segment.x0, 0) + 1
        change[segment.x1] = change.get(segment.x1, 0) - 1
    xs = sorted(change)
    coverage = []
    running = 0
    for x in xs:
        running += change[x]
        coverage.append(running)  # between this x and the next
    right_peak = [0] * (len(xs) + 1)
    for i in range(len(xs) - 1, -1, -1):
        right_peak[i] = max(right_peak[i + 1], coverage[i])
    found = []
    left_peak = 0
    for i in range(len(xs) - 1):
        prominence = min(left_peak, right_peak[i + 1]) - coverage[i]
        if prominence >= 2:
            width = xs[i + 1] - xs[i]
            found.append((prominence + min(width / size, 9.0) / 10, (xs[i] + xs[i + 1]) / 2))
        left_peak = max(left_peak, coverage[i])
    best: list[float] = []
    for _, x in sorted(found, reverse=True):
        if all(abs(x - other) > 0.5 * size for other in best):
            best.append(x)
            if len(best) == _MAX_GUTTERS:
                break
    return best


def _parted(ordered: Sequence[Segment], x: float, size: float) -> list[Segment]:
    """The segments, those cut in two that run over the gutter only because a line comes near it.

    Gutters of newspapers are narrow, and Chinese marks may hang out into them.
    """
    parted: list[Segment] = []
    for segment in ordered:
        at = _hole_near(segment, x, size) if segment.x0 < x < segment.x1 else 0
        if not at:
            parted.append(segment)
            continue
        shift = segment.x0 - segment.words[0].box.x0  # of the deskewed page against the page
        left, right = segment.words[:at], segment.words[at:]
        parted.append(replace(segment, words=left, x1=max(word.box.x1 for word in left) + shift))
        parted.append(replace(segment, words=right, x0=right[0].box.x0 + shift))
    return parted


def _hole_near(segment: Segment, x: float, size: float) -> int:
    """Number of the word after the one hole of the segment that may be the gutter at x; 0 without."""
    shift = segment.x0 - segment.words[0].box.x0
    gaps = []
    for before, after in itertools.pairwise(segment.words):
        hanging = 0.4 * size if before.text[-1] in _HANGING else 0.0  # half of such a mark's square is white
        gaps.append((after.box.x0 - before.box.x1 + hanging, (before.box.x1 - hanging + after.box.x0) / 2 + shift))
    if not gaps:
        return 0
    at = max(range(len(gaps)), key=lambda i: gaps[i][0])
    gap, middle = gaps[at]
    others = max((other for i, (other, _) in enumerate(gaps) if i != at), default=0.0)
    return at + 1 if gap > max(0.5 * size, 1.4 * others) and abs(middle - x) < size else 0


def _stretches(ordered: Sequence[Segment], rules: Sequence[Rule], x: float) -> list[Stretch]:
    """The segments from top to bottom in stretches that the gutter at x divides, and ones that run across it.

    A line drawn over the gutter ends a stretch as well.
    """
    stretches: list[Stretch] = []
    heights = [y for y, x0, x1 in rules if x0 + _RULE_MARGIN_PT < x < x1 - _RULE_MARGIN_PT]
    passed = 0
    for i, segment in enumerate(ordered):
        hanging = 0.5 * segment.size if segment.words[-1].text[-1] in _HANGING else 0.0
        crosses = segment.x0 < x - _MARGIN_EM * segment.size and x + _MARGIN_EM * segment.size < segment.x1 - hanging
        if crosses and segment.weight <= 2 and 0 < i < len(ordered) - 1:
            crosses = False  # a speck read as a letter must not break a column
        ruled_off = passed
        while passed < len(heights) and heights[passed] < segment.yc:
            passed += 1
        if not stretches or crosses != bool(stretches[-1][2]) or (passed > ruled_off and any(stretches[-1])):
            stretches.append(([], [], []))
        side = 2 if crosses else int(segment.x0 + segment.x1 >= 2 * x)
        stretches[-1][side].append(segment)
    return stretches


def _is_columns(left: Sequence[Segment], right: Sequence[Segment], size: float) -> bool:
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
    if (fewer >= 4 or gutter >= _MIN_GUTTER_EM * size) and _is_prose(rows_left) and _is_prose(rows_right):
        return True
    if fewer < 3 or gutter < _MIN_GUTTER_EM * size:
        return False
    if min(_density(left, rows_left), _density(right, rows_right)) < _MIN_DENSITY:
        return False  # dates or notes here and there beside the text
    if _aligned_share(rows_left, rows_right, size) < _ALIGNED_SHARE:
        return True
    return fewer >= 4 and _drawn_apart(left, right)


def _density(side: Sequence[Segment], rows: Sequence[Sequence[Segment]]) -> float:
    """Share of the side's height that its lines, set with usual white, would fill."""
    size = median(s.size for s in side)
    return len(rows) * 1.4 * size / max(side[-1].y1 - side[0].y0, size)


def _but_specks(side: Sequence[Segment]) -> Sequence[Segment]:
    return [s for s in side if s.weight > 2] or side


def _is_prose(rows: Sequence[Sequence[Segment]]) -> bool:
    """Lines filled with text, as wide as those around them: text may run round a picture."""
    ends = [(row[0].x0, row[-1].x1) for row in rows]
    full = 0
    for i, (x0, x1) in enumerate(ends):
        around = ends[max(0, i - _AROUND) : i + _AROUND + 1]
        full += x1 - x0 > 0.75 * (median(end for _, end in around) - median(start for start, _ in around))
    letters = sum(s.weight for row in rows for s in row)
    return full >= 0.5 * len(rows) and letters >= 24 * len(rows)


def _begins_like(head: Sequence[Segment], tail: Sequence[Segment], size: float) -> bool:
    """Whether both have their left edge at the same place."""
    return abs(min(s.x0 for s in head) - min(s.x0 for s in tail)) < 0.5 * size


def _aligned_share(left: Sequence[Sequence[Segment]], right: Sequence[Sequence[Segment]], size: float) -> float:
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
    """A short line below both columns that stands close to what runs across under it, and so is its heading."""
    ordered = sorted(columns, key=lambda s: s.yc)
    heading = rows_of(ordered[-3:])[-1] if across and ordered else []
    rest = ordered[: len(ordered) - len(heading)]
    if not heading or not rest or any(s.x0 < x < s.x1 for s in heading) or len(heading) > 2:
        return columns, []
    above = min(s.y0 for s in heading) - max(s.y1 for s in rest)
    below = min(s.y0 for s in across) - max(s.y1 for s in heading)
    return (rest, heading) if above > max(1.2 * size, 1.5 * below) and below < 2.0 * size else (columns, [])


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
        paired = len(rows[0]) == len(rows[1]) <= 4 and _aligned_share(rows[0], rows[1], size) == 1.0
        sizes = [s.size for s in head]
        paired = paired and max(sizes) < 1.25 * min(sizes)
        # What begins where the columns begin are their headings, not two authors side by side.
        paired = paired and not (
            _begins_like(head_left, tail_left, size) and _begins_like(head_right, tail_right, size) and count < 4
        )
        if paired and not _is_prose(rows[0]) and _is_columns(tail_left, tail_right, size):
            return count
    return 0
