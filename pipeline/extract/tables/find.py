"""Finds the tables of a page: drawn ones first, then those between level rules, then those by alignment alone.

One way for born-digital pages and scans: both give words and rules. What is in a table leaves the page's other words,
so that layout never sees it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.extract.document import Block, Cell, Line, Table
from pipeline.extract.tables.fill import fill
from pipeline.extract.tables.grid import Grid, tidied
from pipeline.extract.tables.heads import mark_heads
from pipeline.extract.tables.inner import with_inner_cells
from pipeline.extract.tables.lined import lattices
from pipeline.extract.tables.rows import with_rows_parted
from pipeline.extract.tables.ruled import ruled_grids
from pipeline.extract.tables.strokes import Stroke, strokes
from pipeline.extract.tables.texts import cell_text
from pipeline.extract.tables.tokens import Token, page_slope, page_tokens
from pipeline.extract.tables.unlined import unlined_grids
from pipeline.types import Box, PageReading, Word

_MAX_WORDS = 20_000  # a page with more is no page of text; its drawn tables are found all the same
_MIN_CELLS = 4  # with text
_MOST_CUT = 0.25  # share of a table's words that may be cut out of others


@dataclass(frozen=True, slots=True)
class PageTables:
    """What was found on one page.

    Attributes:
        blocks: one a table, top to bottom.
        words: all others, in the reader's order.
    """

    blocks: tuple[Block, ...]
    words: tuple[Word, ...]


def find_tables(reading: PageReading) -> PageTables:
    """The tables of a page and the words outside of them. Every word is in one of them or outside."""
    scan = reading.source != "text_layer"
    slope = page_slope(reading)
    tokens = page_tokens(reading.words, slope)
    if not tokens or reading.vertical:
        return PageTables((), reading.words)
    level, upright = strokes(reading.rules, slope, scan)
    grids: list[Grid] = []
    rest = tokens
    for lattice in lattices(level, upright):
        grid, outside = _filled(lattice, rest, slope, scan)
        if grid is not None:
            grids.append(grid)
            rest = outside
            level = _outside(level, grid)
    if len(tokens) <= _MAX_WORDS:
        for grid in ruled_grids(level, rest):
            if not {id(t) for t in grid.tokens} - {id(t) for t in rest}:
                grids.append(grid)
                rest = _without(rest, grid)
        for grid in unlined_grids(rest):
            grids.append(grid)
            rest = _without(rest, grid)
    if not grids:
        return PageTables((), reading.words)
    blocks = [_block(grid, reading, slope) for grid in grids]
    taken = {id(token) for grid in grids for token in grid.tokens}
    kept = [token.word for token in rest if id(token) not in taken]
    return PageTables(tuple(sorted(blocks, key=lambda b: (b.box.y0, b.box.x0))), tuple(kept))


def _filled(lattice: Grid, tokens: Sequence[Token], slope: float, scan: bool) -> tuple[Grid | None, list[Token]]:
    """The drawn grid with its words, or None where it is a frame, a chart or a form's lines without cells."""
    outside = fill(lattice, tokens, slope, scan)
    inside = sum(len(cell.tokens) for cell in lattice.cells)
    if inside + len(outside) - len(tokens) > _MOST_CUT * inside:
        return None, list(tokens)  # its lines run through words: they are strokes of letters
    grid = tidied(with_rows_parted(with_inner_cells(lattice)))
    rows = {cell.row for cell in grid.cells if cell.tokens}
    columns = {cell.column for cell in grid.cells if cell.tokens}
    filled = sum(bool(cell.tokens) for cell in grid.cells)
    enough = filled >= _MIN_CELLS or (filled == _MIN_CELLS - 1 and len(grid.cells) <= 6)
    if len(rows) < 2 or len(columns) < 2 or not enough or filled < 0.08 * len(grid.cells):
        return None, list(tokens)
    return grid, outside


def _outside(level: Sequence[Stroke], grid: Grid) -> list[Stroke]:
    """Strokes that do not belong to the grid."""
    x0, x1, y0, y1 = grid.xs[0] - 4, grid.xs[-1] + 4, grid.ys[0] - 4, grid.ys[-1] + 4
    return [s for s in level if not (y0 <= s.at <= y1 and s.start >= x0 and s.end <= x1)]


def _without(tokens: Sequence[Token], grid: Grid) -> list[Token]:
    taken = {id(token) for token in grid.tokens}
    return [token for token in tokens if id(token) not in taken]


def _block(grid: Grid, reading: PageReading, slope: float) -> Block:
    text_layer = reading.source == "text_layer"
    made: list[tuple[str, list[Line]]] = []
    for cell in grid.cells:
        width = grid.xs[cell.column + cell.column_span] - grid.xs[cell.column]
        made.append(cell_text(cell.tokens, width if grid.ruled else _text_width(grid, cell.column), text_layer))
    mark_heads(grid, [text for text, _ in made])
    cells = []
    lines: list[Line] = []
    for cell, (text, cell_lines) in zip(grid.cells, made, strict=True):
        box = _page_box(
            grid.xs[cell.column], grid.ys[cell.row], grid.xs[cell.column + cell.column_span],
            grid.ys[cell.row + cell.row_span], slope,
        )  # fmt: skip
        cells.append(Cell(cell.row, cell.column, text, box, cell.row_span, cell.column_span, cell.header))
        lines += cell_lines
    area = _page_box(grid.xs[0], grid.ys[0], grid.xs[-1], grid.ys[-1], slope)
    table = Table(grid.rows, grid.columns, tuple(cells))
    return Block("table", reading.page_number, tuple(lines), table=table, area=area)


def _text_width(grid: Grid, column: int) -> float:
    """Room for text in a column without sides: its widest cell, and the padding that `cell_text` takes off."""
    widths = [
        max(t.x1 for t in c.tokens) - min(t.x0 for t in c.tokens) + 1.2 * c.tokens[0].size
        for c in grid.cells if c.column == column and c.column_span == 1 and c.tokens
    ]  # fmt: skip
    return max(widths, default=0.0)


def _page_box(x0: float, y0: float, x1: float, y1: float, slope: float) -> Box:
    """A box of the level page where it stands on the page as displayed."""
    if not slope:
        return Box(x0, y0, x1, y1)
    dx, dy = slope * (y0 + y1) / 2, slope * (x0 + x1) / 2
    return Box(x0 - dx, y0 + dy, x1 - dx, y1 + dy)


def rest_of(reading: PageReading, found: PageTables) -> PageReading:
    """The reading without the words of its tables."""
    return replace(reading, words=found.words) if found.blocks else reading
