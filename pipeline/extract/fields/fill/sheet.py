"""A document as rows of cells: what stands at one height is one row, white between words parts its cells."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from pipeline.extract.document import Document, Page
from pipeline.extract.fields.text import Span, Text, row_text, side_by_side, whole
from pipeline.types import Box

_FIRST_PAGES, _LAST_PAGES = 60, 4  # of a longer document only these are looked at
_MAX_ROWS = 4_000
_MAX_CELL = 400  # letters of a cell that may hold labels
_CELLS = re.compile(r"\t+|\s{3,}|\s[|│]\s|[|│]")
_OVERLAP = 0.5  # two lines that share so much of the smaller one's height stand on one row


@dataclass(slots=True)
class Cell:
    """A stretch of a row.

    Attributes:
        row, place: number of its row, and its place among the cells of the row.
    """

    span: Span
    row: int
    place: int
    _box: Box | None = None

    @property
    def reads(self) -> str:
        """Its half-width text."""
        return self.span.reads

    @property
    def box(self) -> Box:
        """Where its words stand; a box of no size where that is not known."""
        if self._box is None:
            self._box = Box(*(self.span.field("", 1.0)["box"] or (0.0, 0.0, 0.0, 0.0)))
        return self._box


@dataclass(slots=True)
class Row:
    """Cells from left to right.

    Attributes:
        size_pt: type size of its largest line.
    """

    number: int
    page_number: int
    box: Box
    size_pt: float
    text: Text
    cells: list[Cell] = field(default_factory=list)

    @property
    def reads(self) -> str:
        """Its half-width text, a tab for a hole."""
        return self.text.text


@dataclass(slots=True)
class _Open:
    """A row that grows."""

    text: Text
    box: Box
    size_pt: float


class Sheet:
    """The rows of a document, page by page from top to bottom."""

    def __init__(self, document: Document) -> None:
        self.document = document
        pages = document.pages
        if len(pages) > _FIRST_PAGES + _LAST_PAGES:
            pages = pages[:_FIRST_PAGES] + pages[-_LAST_PAGES:]
        self.rows: list[Row] = []
        for page in pages:
            for opened in _rows_of(page):
                if len(self.rows) >= _MAX_ROWS:
                    return
                number = len(self.rows)
                row = Row(number, page.page_number, opened.box, opened.size_pt, opened.text)
                spans = whole(opened.text).split(_CELLS) if opened.text.text.strip() else []
                row.cells = [Cell(span, number, place) for place, span in enumerate(spans)]
                if row.cells:
                    self.rows.append(row)

    @cached_property
    def first_page(self) -> list[Row]:
        """The rows of the first page with text."""
        return [row for row in self.rows if row.page_number == self.rows[0].page_number]

    def cells(self) -> Iterator[Cell]:
        """All cells that are short enough to hold a label."""
        return (cell for row in self.rows for cell in row.cells if len(cell.reads) <= _MAX_CELL)

    def right_of(self, cell: Cell) -> Cell | None:
        """The next cell of the row."""
        cells = self.rows[cell.row].cells
        return cells[cell.place + 1] if cell.place + 1 < len(cells) else None

    def below(self, box: Box, row: int, rows: int = 2) -> Iterator[Cell]:
        """Cells under a box, of the next rows of its page, nearest first."""
        page, height = self.rows[row].page_number, max(box.height, 1.0)
        for under in self.rows[row + 1 : row + 1 + rows]:
            if under.page_number != page or under.box.y0 - box.y1 > 2.5 * height:
                return
            for cell in under.cells:
                common = min(cell.box.x1, box.x1) - max(cell.box.x0, box.x0)
                if common > 0.5 * min(cell.box.width, box.width) or abs(cell.box.x0 - box.x0) < 0.5 * height:
                    yield cell


def _rows_of(page: Page) -> list[_Open]:
    lines = [line for block in page.blocks for line in block.lines if line.text]
    lines.sort(key=lambda line: line.box.y0 + line.box.y1)
    rows: list[list[_Open]] = []
    for line in lines:
        opened = _Open(row_text(line, page.page_number, page.source == "text_layer"), line.box, line.size_pt)
        last = rows[-1] if rows else []
        beside = all(line.box.x0 >= other.box.x1 - 2 or line.box.x1 <= other.box.x0 + 2 for other in last)
        if last and beside and _share(line.box, last[0].box) > _OVERLAP:
            last.append(opened)
        else:
            rows.append([opened])
    return [_levelled(sorted(row, key=lambda opened: opened.box.x0)) for row in rows]


def _levelled(parts: list[_Open]) -> _Open:
    text, box = parts[0].text, parts[0].box
    for part in parts[1:]:
        text, box = side_by_side(text, part.text), box.union(part.box)
    return _Open(text, box, max(part.size_pt for part in parts))


def _share(one: Box, other: Box) -> float:
    common = min(one.y1, other.y1) - max(one.y0, other.y0)
    return common / max(min(one.height, other.height), 0.1)
