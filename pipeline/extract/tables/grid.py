"""A table on one page while it is being found: lines of a grid, cells between them, the words in each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from pipeline.extract.tables.tokens import Token


@dataclass(slots=True)
class GridCell:
    """A cell and what stands in it."""

    row: int
    column: int
    row_span: int = 1
    column_span: int = 1
    tokens: list[Token] = field(default_factory=list)
    header: bool = False


@dataclass(slots=True)
class Grid:
    """Cells between lines of the level page.

    Attributes:
        xs, ys: places of the lines in points, one more than there are columns and rows.
        cells: row by row; they fill the grid and none lies on another.
        ruled: lines are drawn around it or between its rows.
    """

    xs: list[float]
    ys: list[float]
    cells: list[GridCell]
    ruled: bool = True

    @property
    def rows(self) -> int:
        """How many."""
        return len(self.ys) - 1

    @property
    def columns(self) -> int:
        """How many."""
        return len(self.xs) - 1

    @property
    def tokens(self) -> list[Token]:
        """All words in it."""
        return [token for cell in self.cells for token in cell.tokens]

    def row_cells(self, row: int) -> list[GridCell]:
        """Cells that begin in the row."""
        return [cell for cell in self.cells if cell.row == row]


def without_lines(grid: Grid, rows: Iterable[int], columns: Iterable[int]) -> Grid:
    """The grid without some rows and columns; cells that stood only in them go too."""
    row_at = _renumbered(grid.rows, set(rows))
    column_at = _renumbered(grid.columns, set(columns))
    cells = []
    for cell in grid.cells:
        first, last = row_at[cell.row], row_at[cell.row + cell.row_span]
        left, right = column_at[cell.column], column_at[cell.column + cell.column_span]
        if first < last and left < right:
            cells.append(replace(cell, row=first, column=left, row_span=last - first, column_span=right - left))
    return Grid(_kept(grid.xs, column_at), _kept(grid.ys, row_at), cells, grid.ruled)


def _renumbered(count: int, dropped: set[int]) -> list[int]:
    """The new number of each line: how many kept rows stand before it."""
    numbers = [0]
    for i in range(count):
        numbers.append(numbers[-1] + (i not in dropped))
    return numbers


def _kept(places: Sequence[float], numbers: Sequence[int]) -> list[float]:
    kept: list[float] = []
    for place, number in zip(places, numbers, strict=True):
        if number == len(kept):
            kept.append(place)
        elif number == 0:
            kept[0] = place  # a dropped first row moves the edge
    return kept


def tidied(grid: Grid, least_pt: float = 6.0) -> Grid:
    """Without lines that bound no cell, and without narrow empty rows and columns (double lines, shadows)."""
    grid = _without_idle_lines(grid)
    return without_lines(
        grid, _idle(grid, grid.rows, grid.ys, least_pt, lambda c: (c.row, c.row_span)),
        _idle(grid, grid.columns, grid.xs, least_pt, lambda c: (c.column, c.column_span)),
    )  # fmt: skip


def _without_idle_lines(grid: Grid) -> Grid:
    """Rows and columns in which no cell begins joined with the one before."""
    starts = sorted({cell.row for cell in grid.cells}), sorted({cell.column for cell in grid.cells})
    row_at = {line: i for i, line in enumerate([*starts[0], grid.rows])}
    column_at = {line: i for i, line in enumerate([*starts[1], grid.columns])}

    def place(at: dict[int, int], line: int) -> int:
        while line not in at:
            line += 1  # ends where no other cell begins: at the next line that counts
        return at[line]

    cells = [
        replace(
            cell, row=row_at[cell.row], column=column_at[cell.column],
            row_span=place(row_at, cell.row + cell.row_span) - row_at[cell.row],
            column_span=place(column_at, cell.column + cell.column_span) - column_at[cell.column],
        )
        for cell in grid.cells
    ]  # fmt: skip
    xs = [grid.xs[line] for line in column_at]
    ys = [grid.ys[line] for line in row_at]
    return Grid(xs, ys, cells, grid.ruled)


def _idle(
    grid: Grid, count: int, lines: Sequence[float], least_pt: float, place: Callable[[GridCell], tuple[int, int]]
) -> list[int]:
    narrow = {i for i in range(count) if lines[i + 1] - lines[i] < least_pt}
    for cell in grid.cells:
        start, span = place(cell)
        if cell.tokens and span == 1:
            narrow.discard(start)
    return sorted(narrow) if len(narrow) < count else []
