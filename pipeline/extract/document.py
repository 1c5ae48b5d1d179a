"""The document as the extract stage understands it: pages of blocks of lines, in reading order, and its JSON form."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from pipeline.extract.join import join_texts
from pipeline.types import Box, Word

Kind = Literal["heading", "paragraph", "list_item", "header", "footer"]


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


@dataclass(frozen=True)
class Block:
    """A heading, a paragraph or a list item, or the part of one that stands in one column of one page.

    Attributes:
        level: 1..3 for headings, else 0.
        continues: goes on with the sentence of the last block before it that is no header or footer (a paragraph
            broken by the end of a column or page).
    """

    kind: Kind
    page_number: int
    lines: tuple[Line, ...]
    level: int = 0
    continues: bool = False

    @cached_property
    def text(self) -> str:
        """The lines joined as their script is written, words broken at line ends put together."""
        return join_texts(line.text for line in self.lines)

    @cached_property
    def box(self) -> Box:
        """Around all lines, in points."""
        box = self.lines[0].box
        for line in self.lines[1:]:
            box = box.union(line.box)
        return box

    @property
    def running(self) -> bool:
        """Whether it is a header or footer, which belongs to the page and not to the text."""
        return self.kind in ("header", "footer")


@dataclass(frozen=True, slots=True)
class Page:
    """A page and its blocks in reading order; headers come first, footers last."""

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


def to_json(document: Document) -> dict[str, Any]:
    """Plain JSON form; boxes are `[x0, y0, x1, y1]` in points of the upright page."""
    return {
        "language": document.language,
        "pages": [
            {
                "page_number": page.page_number,
                "width_pt": round(page.width_pt, 2),
                "height_pt": round(page.height_pt, 2),
                "source": page.source,
                "confidence": round(page.confidence, 4),
                "blocks": [_block_json(block) for block in page.blocks],
            }
            for page in document.pages
        ],
    }


def _block_json(block: Block) -> dict[str, Any]:
    return {
        "kind": block.kind,
        "level": block.level,
        "continues": block.continues,
        "text": block.text,
        "box": block.box.rounded(),
        "lines": [{"text": line.text, "box": line.box.rounded()} for line in block.lines],
    }
