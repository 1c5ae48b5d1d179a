"""What searches find, and the table of fields."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

from client.answers.documents import Fields, Status

Kind = Literal["text", "number", "date", "boolean"]


class HitBox(TypedDict):
    """A rectangle on a page, points of the upright page: x0, y0, x1, y1."""

    page: int
    box: list[float]


class HitCopy(TypedDict):
    """Where a passage stands that says the same as a hit; `knowledge_base` and `document` are ids."""

    knowledge_base: str
    document: str
    filename: str
    pages: list[int]


class SearchHit(TypedDict):
    """A passage found; `knowledge_base` and `document` are ids.

    Attributes:
        highlights: [start, end) offsets in `text`, in code points.
        snippet: the sentences of the text that hold most of what was asked for.
        snippet_highlights: [start, end) offsets in `snippet`.
        duplicates: passages elsewhere that say the same: copies of the file, other versions of it.
    """

    knowledge_base: str
    document: str
    filename: str
    pages: list[int]
    text: str
    highlights: list[tuple[int, int]]
    score: float
    boxes: list[HitBox]
    fields: Fields
    snippet: str
    snippet_highlights: list[tuple[int, int]]
    duplicates: list[HitCopy]


class FacetValue(TypedDict):
    """A value of a facet and how many documents have it.

    Attributes:
        filters: what to add as `filter` to be left with these documents alone.
        low, high: of a range of numbers, from `low` to below `high`; else None.
    """

    value: str
    count: int
    filters: list[str]
    low: NotRequired[float | None]
    high: NotRequired[float | None]


class FacetCounts(TypedDict):
    """The values of a facet; `more`: there are others."""

    name: str
    kind: Kind
    values: list[FacetValue]
    more: bool


class SearchAnswer(TypedDict):
    """Passages, best first.

    Attributes:
        degraded: what could not be asked, or None.
        notes: what of the query was taken otherwise than it was written: sentences.
    """

    hits: list[SearchHit]
    facets: NotRequired[list[FacetCounts]]
    took_ms: float
    degraded: str | None
    notes: list[str]


class TableColumn(TypedDict):
    """A column of the table of fields; `filled`: there is a document with a value in it."""

    name: str
    kind: Kind
    filled: bool


class TableRow(TypedDict):
    """A document in the table of fields, with the fields of its published run."""

    document: str
    filename: str
    created_at: str
    status: Status
    language: str | None
    pages: int | None
    tags: list[str]
    fields: Fields


class FieldTable(TypedDict):
    """Part of the table of fields; `total` rows there are in all."""

    columns: list[TableColumn]
    items: list[TableRow]
    total: int
    next_cursor: str | None
