"""Which rows of a table are its head."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.extract.document import Cell
from pipeline.extract.tables.grid import Grid
from pipeline.extract.tables.values import is_blank, is_date, is_number

_LONG_HEAD = 60  # letters of a cell that names a column
_MAX_HEAD_ROWS = 4


def mark_heads(grid: Grid, texts: Sequence[str]) -> None:
    """Sets `header` of the cells in the head's rows, unless rules have told them.

    Args:
        grid: with its words.
        texts: of the cells, in the grid's order.
    """
    if grid.rows < 2 or any(cell.header for cell in grid.cells):
        return
    rows: list[list[str]] = [[] for _ in range(grid.rows)]
    for cell, text in zip(grid.cells, texts, strict=True):
        rows[cell.row].append(text)
    count = _head_rows(grid, rows)
    for cell in grid.cells:
        cell.header = cell.row + cell.row_span <= count


def _head_rows(grid: Grid, rows: Sequence[Sequence[str]]) -> int:
    """How many rows at the top name the columns, a title over the whole width with them."""
    title = 0
    while title < 2 and [c.column_span for c in grid.row_cells(title)] == [grid.columns]:
        title += 1
    end = title + 1
    for cell in grid.cells:  # a head of two rows has cells that span them, or that span columns above others
        if title <= cell.row < end:
            end = max(end, cell.row + cell.row_span)
    wide = [cell for cell in grid.cells if title <= cell.row < end and cell.column_span > 1]
    if wide and end < grid.rows and end == title + 1:
        end += 1
    if end >= grid.rows or end > title + _MAX_HEAD_ROWS:
        return 0
    head = [text for row in rows[title:end] for text in row]
    named = [text for text in head if text]
    if len(named) < 2 or len(named) < 0.6 * len(head) or any(len(text) > _LONG_HEAD for text in named):
        return 0
    if sum(is_number(text) or is_date(text) or is_label(text) for text in named) > 0.34 * len(named):
        return 0
    tokens = [t for cell in grid.cells if title <= cell.row < end for t in cell.tokens]
    below = [t for cell in grid.cells if cell.row >= end for t in cell.tokens]
    bold = all(t.word.bold for t in tokens) and sum(t.word.bold for t in below) < 0.6 * max(1, len(below))
    return end if bold or _names_values(grid, rows, end) or _names_alike(grid, rows, end) else 0


def is_label(text: str) -> bool:
    """Whether it names a value in the same cell or the next, as in a form."""
    return ":" in text or "：" in text


def _names_values(grid: Grid, rows: Sequence[Sequence[str]], end: int) -> bool:
    """Whether words stand over columns of numbers or dates."""
    for column in range(grid.columns):
        cells = [(c, "".join(t.word.text for t in c.tokens)) for c in grid.cells if c.column == column]
        top = [text for c, text in cells if c.row < end and c.column_span < grid.columns and text]
        body = [text for c, text in cells if c.row >= end and c.column_span == 1 and not is_blank(text)]
        values = sum(is_number(text) or is_date(text) for text in body)
        if top and len(body) >= 2 and values >= 0.7 * len(body) and not any(map(is_number, top)):
            return True
    return False


def _names_alike(grid: Grid, rows: Sequence[Sequence[str]], end: int) -> bool:
    """Whether a drawn table without spans has a first row of short names over two rows or more of text."""
    if not grid.ruled or grid.rows < 3 or any(c.column_span > 1 or c.row_span > 1 for c in grid.cells):
        return False
    head = rows[0]
    if not all(head) or len(set(head)) < len(head):
        return False
    # In a form of labels and values a row is label, value, label, value: the columns of labels have short texts alone.
    lengths = [sum(len(text) for text in row) for row in rows[1:]]
    return sum(map(len, head)) <= 1.1 * sum(lengths) / len(lengths) and grid.columns > 2 and grid.columns % 2 == 1


def head_count(cells: Sequence[Cell], rows: int) -> int:
    """Rows at the top that are all head."""
    count = 0
    while count < rows and all(c.header for c in cells if c.row == count) and any(c.row == count for c in cells):
        count += 1
    return count
