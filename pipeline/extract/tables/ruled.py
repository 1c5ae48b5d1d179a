"""Tables that only level rules part (above, below, under the head): "booktabs", and rows ruled one by one.

Rules as wide as the text also stand under a page's header and above its footnotes, so what is between two rules must
stand in columns to count.
"""

from __future__ import annotations

import itertools
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from statistics import median

from pipeline.extract.tables.columns import TextLine, beside_one_another, text_line
from pipeline.extract.tables.grid import Grid
from pipeline.extract.tables.heads import is_label
from pipeline.extract.tables.strokes import Stroke
from pipeline.extract.tables.tokens import Token, text_lines
from pipeline.extract.tables.unlined import aligned, aligned_grid, convinces, dates_beside, is_prose
from pipeline.extract.tables.values import has_year, is_number

_WIDE_PT = 60.0  # narrower rules are underlines and fractions
_SAME_PT = 7.0  # ends of rules of one table differ by at most this
_MAX_RULES = 300
_MIN_FILL = 0.4
_MAX_ROW_LINES = 8
_HOLE_EM = 0.8  # rules speak for a table, so less white parts its cells
_SHADED_RULES = 4  # rows of one height from which the next one may stand outside of the rules
_STEP_PT = 60.0
_MAX_LOOKS = 6  # at each word of the page, on average: real pages need one or two


def ruled_grids(level: Sequence[Stroke], tokens: Sequence[Token]) -> list[Grid]:
    """Tables between level strokes of one width."""
    found: list[Grid] = []
    ordered = sorted(tokens, key=lambda token: token.yc)
    middles = [token.yc for token in ordered]
    looks = _MAX_LOOKS * len(tokens)
    for group in _groups(level):
        inside = ordered[bisect_left(middles, group[0].at) : bisect_right(middles, group[-1].at)]
        looks -= len(inside)
        if looks < 0:
            break  # a drawing
        for grid, lines, rules in _tables(group, inside):
            near = ordered[bisect_left(middles, grid.ys[0] - _STEP_PT) : bisect_right(middles, grid.ys[-1] + _STEP_PT)]
            found.append(_with_outer_rows(grid, lines, rules, near))
    return found


def _groups(level: Sequence[Stroke]) -> list[list[Stroke]]:
    """Strokes that begin and end at the same places, two or more, top to bottom."""
    groups: list[list[Stroke]] = []
    for stroke in [s for s in level if s.length >= _WIDE_PT][:_MAX_RULES]:
        for group in groups:
            if abs(group[0].start - stroke.start) < _SAME_PT and abs(group[0].end - stroke.end) < _SAME_PT:
                group.append(stroke)
                break
        else:
            groups.append([stroke])
    return sorted((group for group in groups if len(group) > 1), key=lambda group: -group[0].length)


def _with_outer_rows(grid: Grid, lines: list[TextLine], rules: Sequence[Stroke], near: Sequence[Token]) -> Grid:
    """The grid with the rows above and below that have no rule of their own: where every other row is shaded.

    Args:
        lines: in the grid.
        rules: of the grid, top to bottom.
        near: words in the grid and around it.
    """
    steps = [below.at - above.at for above, below in itertools.pairwise(rules)]
    if len(steps) < _SHADED_RULES or max(steps) > 1.2 * min(steps):
        return grid
    step, x0, x1 = median(steps), rules[0].start - 6, rules[0].end + 6
    places = [rule.at for rule in rules]
    for at in (places[0] - step, places[-1] + step):
        top, bottom = min(at, at + step if at < places[0] else at - step), max(at, places[0] if at < places[0] else at)
        row = [t for t in near if top < t.yc < bottom and x0 < t.xc < x1]
        made = [text_line(line, _HOLE_EM) for line in text_lines(row)]
        if len(made) != 1 or len(made[0].segments) < 2:
            continue
        longer = sorted([*lines, *made], key=lambda line: line.yc)
        wider = _grid(longer, sorted([*places, at]))
        if wider is not None and wider.columns == grid.columns and len(wider.cells) == len(grid.cells) + grid.columns:
            grid, lines, places = wider, longer, sorted([*places, at])
            _set_sides(grid, places, rules[0])
    return grid


def _set_sides(grid: Grid, places: Sequence[float], rule: Stroke) -> None:
    grid.ys[0], grid.ys[-1] = places[0], places[-1]
    grid.xs[0], grid.xs[-1] = min(grid.xs[0], rule.start), max(grid.xs[-1], rule.end)
    grid.ruled = True


def _tables(rules: Sequence[Stroke], tokens: Sequence[Token]) -> list[tuple[Grid, list[TextLine], Sequence[Stroke]]]:
    """Tables in runs of bands between neighbouring rules that all hold cells."""
    x0, x1 = rules[0].start - 6, rules[0].end + 6
    bands: list[list[TextLine]] = []
    at = 0
    for _, below in itertools.pairwise(rules):
        inside = []
        while at < len(tokens) and tokens[at].yc < below.at:
            if x0 < tokens[at].xc < x1:
                inside.append(tokens[at])
            at += 1
        bands.append([text_line(line, _HOLE_EM) for line in text_lines(inside)])
    found: list[tuple[Grid, list[TextLine], Sequence[Stroke]]] = []
    start = 0
    while start < len(bands):
        end = start
        while end < len(bands) and _in_cells(bands[end]):
            end += 1
        lines = [line for band in bands[start:end] for line in band]
        if end - start >= 1 and len(lines) >= 2:
            grid = _grid(lines, [rule.at for rule in rules[start : end + 1]])
            if grid is not None:
                _set_sides(grid, [rules[start].at, rules[end].at], rules[0])
                found.append((grid, lines, rules[start : end + 1]))
        start = max(end, start + 1)
    return found


def _in_cells(band: Sequence[TextLine]) -> bool:
    """Whether the lines of a band stand in cells: a head, a row, or rows."""
    if not band:
        return False
    several = sum(len(line.segments) > 1 for line in band)
    if several >= 0.5 * len(band) or (len(band) == 1 and len(band[0].tokens) <= 8):
        return True
    # The cells of one row, some of several lines and none on one line of type with another.
    return len(band) <= _MAX_ROW_LINES and len(beside_one_another(band)) > 1


def _grid(lines: Sequence[TextLine], rules: Sequence[float]) -> Grid | None:
    """The lines as a table, or None. Rules between most rows tell the rows; otherwise only the head's end."""
    inner = rules[1:-1]
    by_rules = len(inner) >= 3 and len(inner) >= 0.3 * len(lines)
    grid = aligned_grid(lines, inner if by_rules else ())
    if grid is None or grid.columns < 2 or grid.rows < 2:
        return None
    columns: list[list[Token]] = [[] for _ in range(grid.columns)]
    for cell in grid.cells:
        columns[cell.column] += cell.tokens
    if sum(map(is_prose, columns)) >= max(1, 0.5 * grid.columns) and not by_rules:
        return None
    rows = sum(sum(bool(cell.tokens) for cell in grid.row_cells(row)) > 1 for row in range(grid.rows))
    filled = sum(bool(cell.tokens) for cell in grid.cells) / len(grid.cells)
    if rows < 2 or rows < 0.5 * grid.rows or filled < _MIN_FILL:
        return None
    if by_rules:
        return grid if rows >= 0.7 * grid.rows else None
    if not aligned(grid) or dates_beside(grid):
        return None
    headed = bool(inner) and _mark_head(grid, inner[0], median(line.size for line in lines))
    return grid if (headed and rows >= 0.7 * grid.rows) or convinces(grid) else None


def _mark_head(grid: Grid, rule: float, size: float) -> bool:
    """Whether the rows above the first inner rule are few; then they are the head."""
    head = [row for row in range(grid.rows) if grid.ys[row + 1] <= rule + 0.8 * size]
    if not 0 < len(head) <= max(1, min(4, grid.rows // 2)):
        return False
    texts = ["".join(t.word.text for t in cell.tokens) for cell in grid.cells if cell.row in head and cell.tokens]
    if 3 * sum(is_label(text) or is_number(text) or has_year(text) for text in texts) > len(texts):
        return False
    for cell in grid.cells:
        cell.header = cell.row in head
    return True
