"""Pages: how they stand, what was read on them, and the published result of a document."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

from client.answers.documents import Problem

Rotation = Literal[0, 90, 180, 270]


class PageRecord(TypedDict):
    """A page in a list.

    Attributes:
        rotation: degrees clockwise by which it was turned to stand upright; `width_pt` and `height_pt` are after that.
        corrected: a person has corrected or confirmed its text.
    """

    page_number: int
    state: Literal["rendered", "read", "failed"]
    width_pt: float | None
    height_pt: float | None
    rotation: Rotation
    source: str | None
    engine: str | None
    confidence: float | None
    review: str | None
    error: Problem | None
    corrected: bool


class PageWord(TypedDict):
    """A word; its box is in points of the upright page: x0, y0, x1, y1."""

    text: str
    box: list[float]
    confidence: float
    line: int


class PageBlock(TypedDict):
    """A block, in reading order.

    Attributes:
        kind: heading, paragraph, list_item, table, figure, caption, footnote, header or footer.
        level: of headings 1 to 3; of list items how deep they are nested, from 0.
        text: of a figure the labels in it; may be empty.
    """

    kind: str
    level: int
    text: str
    box: list[float]


class PageReading(TypedDict):
    """What was read on a page.

    Attributes:
        rotation: degrees clockwise by which it was turned to stand upright; all boxes are of the upright page.
        blocks: of the published result; None before there is one, and where that had the page turned in another way.
        rules: lines drawn on the page, level or plumb, as thin boxes.
        figures: boxes of pictures, charts and drawings.
        vertical: most of the text runs from top to bottom.
        text: the lines of the page in reading order, a line a line: what a correction replaces.
        corrected: a person has corrected or confirmed its text.
    """

    page_number: int
    width_pt: float
    height_pt: float
    rotation: Rotation
    text: str
    corrected: bool
    words: list[PageWord]
    blocks: list[PageBlock] | None
    source: str
    engine: str
    engine_version: str
    engine_settings: dict[str, Any]
    confidence: float
    script: str
    review: str | None
    seconds: float
    rules: list[list[float]]
    figures: list[list[float]]
    vertical: bool


class DocumentLine(TypedDict):
    """A line as it is printed."""

    text: str
    box: list[float]


class TableCell(TypedDict):
    """A cell; `row` and `column` are those of its upper left corner, from 0."""

    row: int
    column: int
    row_span: int
    column_span: int
    header: bool
    text: str
    box: list[float]


class DocumentTable(TypedDict):
    """The cells of a table, row by row."""

    rows: int
    columns: int
    cells: list[TableCell]


class DocumentBlock(PageBlock):
    """A block with its lines; `continues`: it goes on with the sentence, or the table, of the block before it.

    Only tables have `table` and `html`.
    """

    continues: bool
    lines: list[DocumentLine]
    table: NotRequired[DocumentTable | None]
    html: NotRequired[str | None]


class DocumentPage(TypedDict):
    """A page and its blocks in reading order."""

    page_number: int
    width_pt: float
    height_pt: float
    source: str
    confidence: float
    blocks: list[DocumentBlock]


class DocumentJson(TypedDict):
    """The published result of a document."""

    language: str | None
    pages: list[DocumentPage]
