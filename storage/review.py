"""What people should look at: pages that were read poorly or not at all, and fields of which their finder is not sure.

Told of what is shown: of the published run, or of the latest one where none was published and it has ended. What a
person has corrected or confirmed is not among it: such a page has no note any more, such a field is sure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.types import JSON

from pipeline.errors import PermanentError
from pipeline.vertical import VERTICAL_REVIEW
from storage import dialect
from storage.catalog import KnowledgeBase
from storage.database import scalar
from storage.dialect import Dialect

CURSOR = r"([01]\.[0-9]{1,30})-([01])-([0-9a-f]{32})-([0-9]{1,9})"
"""Form of a cursor."""
# Beginnings of the sentences that readers leave with a page.
_WHY = {
    "Read with a low confidence": "low_confidence",
    "No text could be read": "no_text",
    "Some ": "text_missed",
    VERTICAL_REVIEW: "vertical",
    "the page is damaged": "page_damaged",
}
_SHOWN_FIELDS = " FROM field AS f JOIN document AS d ON d.id = f.document WHERE f.live = 1 AND f.confidence < :line"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where in the list an item stands: by how sure it is, pages before fields."""

    confidence: float
    kind: int
    document: str
    number: int

    def told(self) -> str:
        """As a cursor; the confidence to the last bit, or the list would begin again at an item or leave some out."""
        return f"{self.confidence:.30f}-{self.kind}-{self.document}-{self.number}"


@dataclass(frozen=True, slots=True)
class Item:
    """A page or a field to look at, in the API's names."""

    place: Place
    told: dict[str, Any]


def place(cursor: str | None) -> Place | None:
    """The place that a cursor tells.

    Raises:
        PermanentError: `bad_request`.
    """
    if cursor is None:
        return None
    found = re.fullmatch(CURSOR, cursor)
    if found is None:
        raise PermanentError("bad_request", "cursor: this is none of this list's; leave it out to begin anew.")
    return Place(float(found[1]), int(found[2]), found[3], int(found[4]))


def listed(
    kb: KnowledgeBase, line: float, *, kind: str | None, document: str | None, after: Place | None, limit: int
) -> list[Item]:
    """Pages and fields to look at, least sure first.

    Args:
        line: fields with less confidence are to be looked at.
        kind: "page" or "field"; None: both.
        document: of this one only.
        after: those that come behind it.
    """
    with kb.db.read() as connection:
        items: list[Item] = []
        if kind in (None, "page"):
            items += _pages(connection, document, after, limit)
        if kind in (None, "field"):
            items += _fields(connection, line, document, after, limit)
    return sorted(items, key=lambda item: item.place)[:limit]


def counts(kb: KnowledgeBase, line: float, document: str | None = None) -> dict[str, int]:
    """How many pages and fields there are to look at."""
    pages = f"SELECT count(*){_shown_pages(kb.db.dialect)}"
    fields = "SELECT count(*) FROM field WHERE live = 1 AND confidence < :line"
    values = {} if document is None else {"document": document}
    if document is not None:
        pages, fields = f"{pages} AND d.id = :document", f"{fields} AND document = :document"
    with kb.db.read() as connection:
        return {
            "pages": int(scalar(connection, pages, **values)),
            "fields": int(scalar(connection, fields, line=line, **values)),
        }


def _shown_pages(engine: Dialect) -> str:
    return (
        f" FROM page AS p{engine.by_index('page_review')} JOIN document AS d ON d.id = p.document"
        " AND d.deleted_at IS NULL JOIN run AS r ON r.document = d.id AND r.run = p.run"
        " WHERE (p.review IS NOT NULL OR p.state = 'failed')"
        " AND p.run = coalesce(d.published_run, CASE WHEN r.status IN ('done', 'failed') THEN d.run END)"
    )


def _pages(connection: Connection, document: str | None, after: Place | None, limit: int) -> Iterator[Item]:
    where, values = "", dict[str, Any](limit=limit)
    sure = "CASE WHEN p.state = 'failed' THEN 0.0 ELSE coalesce(p.confidence, 0.0) END"
    sure = f"CAST(round(CAST({sure} AS numeric), 6) AS double precision)"
    if document is not None:
        where += " AND d.id = :document"
        values |= {"document": document}
    if after is not None:
        where += f" AND ({sure}, 0, d.id, p.page_number) > (:confidence, :kind, :id, :number)"
        values |= _values(after)
    shown = _shown_pages(dialect.of(connection))
    rows = connection.execute(
        text(
            f"SELECT {sure} AS confidence, d.id, d.filename, p.page_number, p.review, p.error{shown}{where}"
            " ORDER BY 1, d.id, p.page_number LIMIT :limit"
        ).columns(error=JSON),
        values,
    )
    for row in rows:
        why, note = (row.error["code"], row.error["message"]) if row.error else (_why(row.review), row.review)
        yield Item(
            Place(row.confidence, 0, row.id, row.page_number),
            {
                "kind": "page", "document": row.id, "filename": row.filename, "page": row.page_number,
                "confidence": row.confidence, "why": why, "note": note,
            },
        )  # fmt: skip


def _why(review: str) -> str:
    return next((code for beginning, code in _WHY.items() if review.startswith(beginning)), "other")


def _values(after: Place) -> dict[str, Any]:
    return {"confidence": after.confidence, "kind": after.kind, "id": after.document, "number": after.number}


def _fields(
    connection: Connection, line: float, document: str | None, after: Place | None, limit: int
) -> Iterator[Item]:
    where, values = "", dict[str, Any](limit=limit, line=line)
    if document is not None:
        where += " AND d.id = :document"
        values |= {"document": document}
    if after is not None:
        # The first condition is what an index can begin at.
        where += (
            " AND f.confidence >= :confidence AND (f.confidence, 1, d.id, f.seq) > (:confidence, :kind, :id, :number)"
        )
        values |= _values(after)
    rows = connection.execute(
        text(
            f"SELECT f.confidence, d.id, d.filename, d.published_run, f.seq{_SHOWN_FIELDS}{where}"
            " ORDER BY f.confidence, f.document, f.seq LIMIT :limit"
        ),
        values,
    ).all()
    shown = _fields_of(connection, sorted({(row.id, row.published_run) for row in rows}))
    for row in rows:
        held = shown[row.id]
        if row.seq >= len(held):
            continue
        path, index, field = held[row.seq]
        yield Item(
            Place(row.confidence, 1, row.id, row.seq),
            {
                "kind": "field", "document": row.id, "filename": row.filename, "page": field["page"], "path": path,
                "index": index, "value": field["value"], "text": field.get("text"), "box": field["box"],
                "confidence": field["confidence"], "why": "low_confidence",
            },
        )  # fmt: skip


def _fields_of(
    connection: Connection, wanted: Sequence[tuple[str, int]]
) -> dict[str, list[tuple[str, int | None, dict[str, Any]]]]:
    """The fields of runs as rows of the table `field` count them: path, place in its list, field."""
    found = {}
    for document, run in wanted:
        fields = connection.execute(
            text("SELECT fields FROM run WHERE document = :document AND run = :run").columns(fields=JSON),
            {"document": document, "run": run},
        ).scalar_one()
        found[document] = list(_placed(fields or {}))
    return found


def _placed(fields: dict[str, Any]) -> Iterator[tuple[str, int | None, dict[str, Any]]]:
    for name, held in fields.items():
        many = isinstance(held, list)
        for index, item in enumerate(held if many else [held]):
            if "value" in item:
                yield name, index if many else None, item
            else:
                for inner, field in item.items():
                    yield f"{name}.{inner}", index if many else None, field
