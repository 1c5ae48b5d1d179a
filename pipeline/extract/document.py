"""The document as the extract stage understands it: pages of blocks of lines, in reading order, and its JSON form."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from pipeline.extract.join import join_texts
from pipeline.types import Box, Word

Kind = Literal["heading", "paragraph", "list_item", "table", "figure", "caption", "footnote", "header", "footer"]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text as printed.

    Attributes:
        text: its words, spaced as their script is.
        box: in points.
        size_pt: type size; for OCR the height of the line's box.
        bold: most of its characters are bold.
        words: left to right.
    """

    text: str
    box: Box
    size_pt: float
    bold: bool
    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table.

    Attributes:
        row, column: of its upper left corner, from 0.
        text: its lines joined; empty where nothing stands in it.
        box: in points.
        row_span, column_span: how many rows and columns it takes.
        header: names what stands below it or beside it.
    """

    row: int
    column: int
    text: str
    box: Box
    row_span: int = 1
    column_span: int = 1
    header: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table, or the part of one that stands on one page.

    Attributes:
        rows, columns: how many.
        cells: row by row; together they fill the grid, and none lies on another.
    """

    rows: int
    columns: int
    cells: tuple[Cell, ...]

    @property
    def text(self) -> str:
        """Its rows, a line each, cells parted by tabs."""
        rows: list[list[str]] = [[] for _ in range(self.rows)]
        for cell in self.cells:
            if cell.text:
                rows[cell.row].append(" ".join(cell.text.split()))
        return "\n".join("\t".join(row) for row in rows if row)


@dataclass(frozen=True)
class Block:
    """A heading, a paragraph, a list item or the like, or the part of one that stands in one column of one page.

    Attributes:
        lines: may be empty where there is an `area`.
        level: 1..3 for headings; of list items how deep they are nested, from 0; else 0.
        continues: goes on with the sentence of the last block of running text before it (a paragraph broken by the
            end of a column or page), or with the table before it.
        table: the cells, of a table.
        area: what the block takes of the page, where that is more than its lines: a table's frame, a figure. The
            lines of a figure are the labels in it.
    """

    kind: Kind
    page_number: int
    lines: tuple[Line, ...]
    level: int = 0
    continues: bool = False
    table: Table | None = None
    area: Box | None = None

    @cached_property
    def text(self) -> str:
        """The lines joined as their script is written, words broken at line ends put together.

        Of a table its rows, a line each, cells parted by tabs.
        """
        if self.table is not None:
            return self.table.text
        return join_texts(line.text for line in self.lines)

    @cached_property
    def box(self) -> Box:
        """Around the area and all lines, in points."""
        boxes = [line.box for line in self.lines]
        return functools.reduce(Box.union, [*boxes, self.area] if self.area else boxes)

    @property
    def running(self) -> bool:
        """Whether it is a header or footer, which belongs to the page and not to the text."""
        return self.kind in ("header", "footer")

    @property
    def aside(self) -> bool:
        """Whether it stands beside the running text, so that a paragraph may go on after it."""
        return self.kind in ("table", "figure", "caption", "footnote")


@dataclass(frozen=True, slots=True)
class Page:
    """A page and its blocks in reading order; headers come first, footnotes and footers last."""

    page_number: int
    width_pt: float
    height_pt: float
    source: str
    confidence: float
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """All pages that were read, in order.

    Attributes:
        language: BCP 47, or None where there is too little text or another language.
    """

    pages: tuple[Page, ...]
    language: str | None = None

    @property
    def text_blocks(self) -> list[Block]:
        """Blocks of the text itself, without headers and footers, over all pages."""
        return [block for page in self.pages for block in page.blocks if not block.running]
