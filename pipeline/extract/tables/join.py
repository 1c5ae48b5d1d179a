"""Tables across pages: which table goes on with the one on the page before, and the parts put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Protocol

from pipeline.extract.document import Block, Cell, Page, Table
from pipeline.extract.tables.heads import head_count

_SAME_SHARE = 0.02  # of the page's width: how far a column's border may wander from page to page
_SHIFT_SHARE = 0.06  # and the whole table, as sheets are laid on a scanner
_HEAD_ZONE, _FOOT_ZONE = 0.1, 0.9  # of the page's height: what stands there may be a letterhead, however often it comes


class _Placed(Protocol):
    """What has a table and stands on a page."""

    @property
    def table(self) -> Table | None: ...
    @property
    def page_number(self) -> int: ...


@dataclass(frozen=True, slots=True)
class LogicalTable:
    """All parts of a table as one, a head that was printed on each page once.

    Attributes:
        pages: for each cell of the table the page it stands on.
    """

    table: Table
    pages: tuple[int, ...]


def mark_continued(pages: Sequence[Page]) -> tuple[Page, ...]:
    """The pages with `continues` set on tables that go on with the last table of the page before.

    Such a table is the first text on its page, the other the last text on its own, and both have the same columns.
    """
    marked: list[Page] = []
    before: tuple[Block, Page] | None = None
    for page in pages:
        text = [i for i, block in enumerate(page.blocks) if not block.running and not _at_the_edge(block, page)]
        first = page.blocks[text[0]] if text else None
        if before and first and page.page_number == before[1].page_number + 1 and _goes_on(*before, first, page):
            blocks = list(page.blocks)
            blocks[text[0]] = replace(first, continues=True)
            page = replace(page, blocks=tuple(blocks))
        last = page.blocks[text[-1]] if text else None
        before = (last, page) if last is not None and last.table is not None else None
        marked.append(page)
    return tuple(marked)


def _at_the_edge(block: Block, page: Page) -> bool:
    """Whether it is no table and stands wholly where headers and footers do."""
    edges = block.box.y1 < _HEAD_ZONE * page.height_pt, block.box.y0 > _FOOT_ZONE * page.height_pt
    return block.table is None and any(edges)


def _goes_on(above: Block, above_page: Page, below: Block, below_page: Page) -> bool:
    if above.table is None or below.table is None or above.table.columns != below.table.columns:
        return False
    heads = [head_count(t.cells, t.rows) for t in (above.table, below.table)]
    if heads[1] and _head_texts(above.table, heads[0]) != _head_texts(below.table, heads[1]):
        return False  # another head is another table
    borders = [
        [x / page.width_pt for x in _borders(block.table)]
        for block, page in ((above, above_page), (below, below_page))
        if block.table is not None and page.width_pt > 0
    ]
    if len(borders) < 2:
        return False
    shifts = [a - b for a, b in zip(*borders, strict=True)]
    shift = median(shifts)
    return abs(shift) < _SHIFT_SHARE and all(abs(each - shift) < _SAME_SHARE for each in shifts)


def _borders(table: Table) -> list[float]:
    """Left border of each column, and the right one of the last, in points."""
    xs = [0.0] * (table.columns + 1)
    for cell in table.cells:
        xs[cell.column] = cell.box.x0
        xs[cell.column + cell.column_span] = cell.box.x1
    return xs


def _head_texts(table: Table, count: int) -> list[str]:
    return ["".join(cell.text.split()) for cell in table.cells if cell.row < count]


def joined(parts: Sequence[_Placed]) -> LogicalTable:
    """The parts of one table, in order, put together.

    Args:
        parts: blocks with tables; all but the first go on with the one before.
    """
    tables = [(part.table, part.page_number) for part in parts if part.table is not None]
    first, page_number = tables[0]
    cells: list[Cell] = list(first.cells)
    pages = [page_number] * len(cells)
    rows = first.rows
    for table, page_number in tables[1:]:
        drop = head_count(table.cells, table.rows)
        for cell in table.cells:
            if cell.row >= drop:
                cells.append(replace(cell, row=cell.row - drop + rows))
                pages.append(page_number)
        rows += table.rows - drop
    return LogicalTable(Table(rows, first.columns, tuple(cells)), tuple(pages))
