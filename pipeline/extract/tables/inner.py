"""Cells of a drawn grid that hold cells no rule parts: names below a name that spans, bodies without upright rules."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace

from pipeline.extract.tables.columns import text_line
from pipeline.extract.tables.grid import Grid, GridCell
from pipeline.extract.tables.tokens import Token, text_lines

_OVER_EM = 0.5  # words that reach less far over a column's line stand beside it
_STRAY = 0.15  # share of a body's runs of words that may lie over a line
_MIN_LINES = 3  # of a body
_MOST_HEAD_ROWS = 4


def with_inner_cells(grid: Grid) -> Grid:
    """The grid with such cells taken apart."""
    return _with_names_parted(_with_bodies_parted(grid))


def _with_bodies_parted(grid: Grid) -> Grid:
    """Wide cells below the first row cut into the columns of the rest, where their words keep to them."""
    cells: list[GridCell] = []
    for cell in grid.cells:
        if cell.row and cell.column_span > 1 and cell.row_span == 1 and _keeps_to_columns(cell, grid.xs):
            parts = [replace(cell, column=cell.column + i, column_span=1, tokens=[]) for i in range(cell.column_span)]
            for token in cell.tokens:
                parts[_column(token, grid.xs, cell) - cell.column].tokens.append(token)
            cells += parts
        else:
            cells.append(cell)
    return replace(grid, cells=cells)


def _column(token: Token, xs: Sequence[float], cell: GridCell) -> int:
    return min(max(bisect_right(xs, token.xc) - 1, cell.column), cell.column + cell.column_span - 1)


def _keeps_to_columns(cell: GridCell, xs: Sequence[float]) -> bool:
    """Whether most lines of the cell are several runs of words, and hardly a run lies over a line between columns."""
    lines = [text_line(line) for line in text_lines(cell.tokens)]
    if len(lines) < _MIN_LINES or 2 * sum(len(line.segments) > 1 for line in lines) < len(lines):
        return False
    lines_between = xs[cell.column + 1 : cell.column + cell.column_span]
    runs = over = 0
    for line in lines:
        reach = _OVER_EM * line.size
        for segment in line.segments:
            runs += 1
            over += any(segment.x0 + reach < x < segment.x1 - reach for x in lines_between)
    return over <= _STRAY * runs


def _with_names_parted(grid: Grid) -> Grid:
    """Rows of a head cut in two where below a name that spans stand the names of its columns."""
    for row in range(min(grid.rows, _MOST_HEAD_ROWS)):
        wide = [cell for cell in grid.row_cells(row) if cell.column_span > 1 and cell.row_span == 1 and cell.tokens]
        cuts = [cut for cut in (_names_below(cell, grid.xs) for cell in wide) if cut is not None]
        if len(wide) < grid.columns and cuts and 2 * len(cuts) > len(wide):
            return _cut_row(grid, row, min(cuts))
    return grid


def _names_below(cell: GridCell, xs: Sequence[float]) -> float | None:
    """Where the last line begins, if it has a run of words in each of the cell's columns and others stand above it."""
    lines = text_lines(cell.tokens)
    if len(lines) < 2:
        return None
    columns = {_column(segment.tokens[0], xs, cell) for segment in text_line(lines[-1], 0.5).segments}
    above = {_column(segment.tokens[0], xs, cell) for segment in text_line(lines[-2], 0.5).segments}
    if len(columns) < cell.column_span or len(above) >= cell.column_span:
        return None
    return (max(t.y1 for t in lines[-2]) + min(t.y0 for t in lines[-1])) / 2


def _cut_row(grid: Grid, row: int, y: float) -> Grid:
    """The grid with one row cut at y: wide cells get cells of their own below, the others span both rows."""
    cells: list[GridCell] = []
    for cell in grid.cells:
        if cell.row > row:
            cells.append(replace(cell, row=cell.row + 1))
        elif cell.row + cell.row_span <= row:
            cells.append(cell)
        elif cell.row < row or cell.column_span == 1 or cell.row_span > 1 or _names_below(cell, grid.xs) is None:
            cells.append(replace(cell, row_span=cell.row_span + 1))
        else:
            cells.append(replace(cell, tokens=[t for t in cell.tokens if t.yc < y]))
            below = [replace(cell, row=row + 1, column=cell.column + i, column_span=1, tokens=[])
                     for i in range(cell.column_span)]  # fmt: skip
            for token in cell.tokens:
                if token.yc >= y:
                    below[_column(token, grid.xs, cell) - cell.column].tokens.append(token)
            cells += below
    ys = [*grid.ys[: row + 1], y, *grid.ys[row + 1 :]]
    return replace(grid, ys=ys, cells=sorted(cells, key=lambda c: (c.row, c.column)))
