"""Tables drawn with rules: strokes that meet make a lattice, missing strokes within it make cells that span.

Outer sides may be open (many tables have no left and right border): level strokes that reach beyond the outermost
upright one bound a column all the same.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.extract.tables.grid import Grid, GridCell
from pipeline.extract.tables.strokes import Stroke, places

_REACH_PT = 3.5  # strokes that end this near to another meet it
_APART_PT = 3.2  # lines of the lattice nearer than this are one (double lines)
_OPEN_PT = 9.0  # strokes that reach farther beyond the last line than this bound an open row or column
_COLUMN_RULES = 3  # upright strokes that make columns by themselves
_COLUMN_PT = 40.0  # shorter ones may be parts of letters
_DRAWN = 0.6  # share of a side that must be drawn
_MAX_CELLS = 20_000  # more is hatching or millimetre paper


def lattices(level: Sequence[Stroke], upright: Sequence[Stroke]) -> list[Grid]:
    """Grids of cells without words, from strokes that meet; largest first."""
    if not upright:
        return []
    met = set(np.flatnonzero(_meets(level, upright).any(axis=0)).tolist()) if level else set()
    level = [*level, *_ends([stroke for i, stroke in enumerate(upright) if i not in met])]
    if len(level) < 2 or len(upright) < 2:
        return []
    meets = _meets(level, upright)
    grids = []
    for rows, columns in _connected(meets):
        if len(rows) >= 2 and len(columns) >= 2:
            grid = _lattice([level[i] for i in rows], [upright[i] for i in columns])
            if grid is not None:
                grids.append(grid)
    return sorted(grids, key=lambda g: -(g.xs[-1] - g.xs[0]) * (g.ys[-1] - g.ys[0]))


def _ends(upright: Sequence[Stroke]) -> list[Stroke]:
    """Level strokes above and below upright ones that stand in a row, as long as one another: columns without rows."""
    groups: list[list[Stroke]] = []
    for stroke in sorted((s for s in upright if s.length >= _COLUMN_PT), key=lambda s: (s.start, s.end)):
        last = groups[-1][0] if groups else None
        if last and abs(last.start - stroke.start) < _REACH_PT and abs(last.end - stroke.end) < _REACH_PT:
            groups[-1].append(stroke)
        else:
            groups.append([stroke])
    found = []
    for group in groups:
        left, right = min(s.at for s in group), max(s.at for s in group)
        if len(group) >= _COLUMN_RULES and right - left > _OPEN_PT:
            found += [Stroke(group[0].start, left, right), Stroke(group[0].end, left, right)]
    return found


def _meets(level: Sequence[Stroke], upright: Sequence[Stroke]) -> NDArray[np.bool_]:
    """Which level stroke (row) meets which upright one (column)."""
    h = np.array([(s.at, s.start - _REACH_PT, s.end + _REACH_PT) for s in level])
    v = np.array([(s.at, s.start - _REACH_PT, s.end + _REACH_PT) for s in upright])
    found: NDArray[np.bool_] = (
        (v[None, :, 0] >= h[:, None, 1]) & (v[None, :, 0] <= h[:, None, 2])
        & (h[:, None, 0] >= v[None, :, 1]) & (h[:, None, 0] <= v[None, :, 2])
    )  # fmt: skip
    return found


def _connected(meets: NDArray[np.bool_]) -> list[tuple[list[int], list[int]]]:
    """Groups of strokes that hang together: numbers of level and of upright ones."""
    groups = []
    free = np.ones(meets.shape[0], bool)
    for start in range(meets.shape[0]):
        if not free[start]:
            continue
        rows = np.zeros(meets.shape[0], bool)
        columns = np.zeros(meets.shape[1], bool)
        rows[start] = True
        fresh = rows.copy()
        while fresh.any():
            found = meets[fresh].any(axis=0) & ~columns
            columns |= found
            fresh = meets[:, found].any(axis=1) & ~rows
            rows |= fresh
        free &= ~rows
        groups.append((np.flatnonzero(rows).tolist(), np.flatnonzero(columns).tolist()))
    return groups


def _lattice(level: Sequence[Stroke], upright: Sequence[Stroke]) -> Grid | None:
    xs = places((s.at for s in upright), _APART_PT)
    ys = places((s.at for s in level), _APART_PT)
    xs = _with_open_sides(xs, level)
    ys = _with_open_sides(ys, upright)
    rows, columns = len(ys) - 1, len(xs) - 1
    if rows < 1 or columns < 1 or not 2 <= rows * columns <= _MAX_CELLS:
        return None
    above = _drawn(level, ys, xs)  # rows + 1, columns
    beside = _drawn(upright, xs, ys).T  # rows, columns + 1
    above[0] = above[-1] = True
    beside[:, 0] = beside[:, -1] = True
    return Grid(xs, ys, _cells(_regions(above, beside)))


def _with_open_sides(lines: list[float], strokes: Sequence[Stroke]) -> list[float]:
    """The lines and, where two strokes or more reach beyond the outermost, one at their end."""
    before = [s.start for s in strokes if s.start < lines[0] - _OPEN_PT]
    after = [s.end for s in strokes if s.end > lines[-1] + _OPEN_PT]
    if len(before) >= 2:
        lines = [min(before), *lines]
    if len(after) >= 2:
        lines = [*lines, max(after)]
    return lines


def _drawn(strokes: Sequence[Stroke], lines: Sequence[float], across: Sequence[float]) -> NDArray[np.bool_]:
    """Which stretches between neighbours of `across` are drawn on each of the lines."""
    places_ = np.array(lines)
    edges = np.array(across)
    lengths = np.maximum(np.diff(edges), 0.1)
    covered = np.zeros((len(lines), len(lengths)))
    for stroke in strokes:
        line = int(np.abs(places_ - stroke.at).argmin())
        overlap = np.minimum(edges[1:], stroke.end) - np.maximum(edges[:-1], stroke.start)
        covered[line] += np.maximum(overlap, 0.0) / lengths
    return covered >= _DRAWN


def _regions(above: NDArray[np.bool_], beside: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Numbers of the regions that drawn lines part: rows x columns, the same number where nothing is between."""
    rows, columns = above.shape[0] - 1, above.shape[1]
    label = np.full((rows, columns), -1, np.int64)
    count = 0
    for r in range(rows):
        for c in range(columns):
            if label[r, c] >= 0:
                continue
            stack = [(r, c)]
            label[r, c] = count
            while stack:
                i, j = stack.pop()
                for y, x, drawn in (
                    (i - 1, j, above[i, j]), (i + 1, j, above[i + 1, j]),
                    (i, j - 1, beside[i, j]), (i, j + 1, beside[i, j + 1]),
                ):  # fmt: skip
                    if not drawn and 0 <= y < rows and 0 <= x < columns and label[y, x] < 0:
                        label[y, x] = count
                        stack.append((y, x))
            count += 1
    return label


def _cells(label: NDArray[np.int64]) -> list[GridCell]:
    """Regions as cells; one that is no rectangle is cut into its rows."""
    cells = []
    rows, columns = label.shape
    places_: dict[int, list[tuple[int, int]]] = {}
    for r in range(rows):
        for c in range(columns):
            places_.setdefault(int(label[r, c]), []).append((r, c))
    for members in places_.values():
        top, bottom = members[0][0], members[-1][0]
        left, right = min(c for _, c in members), max(c for _, c in members)
        if len(members) == (bottom - top + 1) * (right - left + 1):
            cells.append(GridCell(top, left, bottom - top + 1, right - left + 1))
            continue
        start = members[0]
        for member, after in zip(members, [*members[1:], (-1, -1)], strict=True):
            if after != (member[0], member[1] + 1):
                cells.append(GridCell(start[0], start[1], 1, member[1] - start[1] + 1))
                start = after
    return sorted(cells, key=lambda cell: (cell.row, cell.column))
