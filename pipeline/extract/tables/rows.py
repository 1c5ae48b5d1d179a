"""Lines of type to rows of a table: which lines go on with the cells of the row above."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from statistics import median

from pipeline.extract.tables.columns import TextLine
from pipeline.extract.tables.grid import Grid, GridCell
from pipeline.extract.tables.tokens import Token, text_lines
from pipeline.extract.tables.values import is_number

Placed = list[tuple[int, int, list[Token]]]  # a line's words by column: first, last, words

_CLOSE = 0.8  # a line nearer to the one above than this share of the usual step goes on with it
_PROSE = 24  # letters of a line of prose in one cell, a Han character counting as two
_ROWS_IN_ONE = 3  # lines side by side in several cells from which they may be rows that no rule parts


def row_starts(lines: Sequence[TextLine], cells: Sequence[Placed], widths: Sequence[float]) -> list[int]:
    """Numbers of the lines that begin a row.

    Args:
        lines: of one table, top to bottom.
        cells: their words by column.
        widths: of the columns' text in points.
    """
    steps = [
        b.yc - a.yc for a, b, ca, cb in zip(lines[:-1], lines[1:], cells[:-1], cells[1:], strict=True)
        if len(ca) > 1 and len(cb) > 1
    ]  # fmt: skip
    usual = median(steps) if steps else 0.0
    starts = [0]
    open_: dict[int, list[Token]] = {}  # last line of each cell of the row
    for i, placed in enumerate(cells):
        if i and not _goes_on(placed, open_, widths, (lines[i].yc - lines[i - 1].yc) < _CLOSE * usual, lines[i].size):
            starts.append(i)
            open_ = {}
        for first, _, tokens in placed:
            open_[first] = tokens
    return starts


def _goes_on(placed: Placed, row: dict[int, list[Token]], widths: Sequence[float], close: bool, size: float) -> bool:
    """Whether the line belongs to the row above: less than a row, and below cells that were broken for want of room."""
    if not all(first in row and first == last for first, last, _ in placed):
        return False
    if len(placed) >= max(2, len(row)) and not close:
        return False
    if any(is_number("".join(t.word.text for t in tokens)) for _, _, tokens in placed):
        return False
    if close:
        return True
    if len(placed) == len(row):
        return False
    for first, _, tokens in placed:
        above = row[first]
        room = widths[first] - (max(t.x1 for t in above) - above[0].x0)
        if room > tokens[0].head_width + 0.5 * size:
            return False
    return True


def with_rows_parted(grid: Grid) -> Grid:
    """A drawn grid, rows of it cut where only their lines of type part them (rules between columns alone)."""
    cuts: dict[int, list[float]] = {}
    for row in range(grid.rows):
        found = _lines_as_rows(grid, row)
        if found:
            cuts[row] = found
    if not cuts:
        return grid
    ys: list[float] = []
    at: list[int] = []  # new number of each old line
    for i, y in enumerate(grid.ys):
        at.append(len(ys))
        ys.append(y)
        ys += cuts.get(i, [])
    cells = []
    for cell in grid.cells:
        inner = cuts.get(cell.row) if cell.row_span == 1 else None
        if not inner:
            span = at[cell.row + cell.row_span] - at[cell.row]
            cells.append(GridCell(at[cell.row], cell.column, span, cell.column_span, cell.tokens))
            continue
        bounds = [*inner, grid.ys[cell.row + 1]]
        parts: list[list[Token]] = [[] for _ in bounds]
        for token in cell.tokens:
            parts[next((i for i, y in enumerate(bounds) if token.yc < y), len(bounds) - 1)].append(token)
        cells += [GridCell(at[cell.row] + i, cell.column, 1, cell.column_span, part) for i, part in enumerate(parts)]
    return Grid(grid.xs, ys, sorted(cells, key=lambda c: (c.row, c.column)), grid.ruled)


def _lines_as_rows(grid: Grid, row: int) -> list[float]:
    """Where to cut a drawn row: between its lines of type, if they are rows; else nowhere."""
    cells = [cell for cell in grid.row_cells(row) if cell.row_span == 1]
    owner = {id(token): i for i, cell in enumerate(cells) for token in cell.tokens}
    lines = text_lines(token for cell in cells for token in cell.tokens)
    filled = [len({owner[id(token)] for token in line}) for line in lines]
    busy = sum(1 for cell in cells if cell.tokens)
    if len(lines) < 2 or busy < 2 or sum(count >= max(2, 0.6 * busy) for count in filled) < 0.7 * len(lines):
        return []
    if not (_all_alike(lines, filled, busy) or _each_for_itself(cells, grid, len(lines))):
        return []
    cuts = []
    for above, below, count in zip(lines[:-1], lines[1:], filled[1:], strict=True):
        if count >= max(2, 0.6 * busy):
            cuts.append((max(t.y1 for t in above) + min(t.y0 for t in below)) / 2)
    return cuts


def _all_alike(lines: Sequence[Sequence[Token]], filled: Sequence[int], busy: int) -> bool:
    """Whether every line has words in every cell: text that was broken for want of room ends at different lines."""
    if min(filled) < busy:
        return False
    if max(sum(t.weight for t in line) for line in lines) > _PROSE * busy:
        return False
    numbers = sum(is_number(t.word.text) for line in lines for t in line)
    total = sum(len(line) for line in lines)
    return busy >= 3 if len(lines) >= _ROWS_IN_ONE else busy >= 4 and 2 * numbers >= total


def _each_for_itself(cells: Sequence[GridCell], grid: Grid, lines: int) -> bool:
    """Whether the cells whose lines tell anything say that these are rows."""
    if lines < _ROWS_IN_ONE:
        return False
    said = [vote for vote in (_reads_as_rows(cell, grid) for cell in cells) if vote is not None]
    return bool(said) and sum(said) >= 0.7 * len(said)


def _reads_as_rows(cell: GridCell, grid: Grid) -> bool | None:
    """Whether each line of a cell stands for itself: numbers, lines that end before they must. None: no telling."""
    lines = text_lines(cell.tokens)
    if len(lines) < _ROWS_IN_ONE:
        return None
    numbers = sum(is_number("".join(t.word.text for t in line)) for line in lines)
    if numbers >= 0.6 * len(lines):
        return True
    width = grid.xs[cell.column + cell.column_span] - grid.xs[cell.column]
    early = 0
    for line, after in itertools.pairwise(lines):
        size = line[0].size
        room = width - 1.2 * size - (max(t.x1 for t in line) - line[0].x0)
        early += room > after[0].head_width + 0.3 * size
    return early >= 0.8 * (len(lines) - 1)
