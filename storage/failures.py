"""Failed units over all knowledge bases: a list for people, who have them tried again or accept them.

Told of each document's latest run: a retry opens a new one, and what it does well is off the list. Of the published
run, where that is another, its storing is told: a restored document whose vectors could not be written again would else
lack them and nobody knew. What was discarded is off the list too; the document stays as it is, and may be retried all
the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.types import JSON

from pipeline import stages
from storage import clock
from storage.catalog import KnowledgeBase

LISTED = (
    "unit JOIN document ON document.id = unit.document AND document.deleted_at IS NULL AND (unit.run = document.run"
    f" OR (unit.run = document.published_run AND unit.stage = '{stages.LAST}'))"
    " WHERE unit.state = 'failed' AND unit.discarded_at IS NULL"
)
"""What of the ledger is on the list: for the count in the pipeline's overview too."""
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a knowledge base's list a part of it ended."""

    document: str
    first: int
    last: int


def listed(
    kb: KnowledgeBase, stage: str, *, after: Place | None = None, document: str | None = None, limit: int
) -> list[dict[str, Any]]:
    """Failed units of a stage in one knowledge base, newest documents first, in the API's names."""
    where, values = "", {"stage": stage, "limit": limit}
    if document is not None:
        where += " AND unit.document = :document"
        values["document"] = document
    if after is not None:
        where += " AND (unit.document < :after OR (unit.document = :after AND (first, last) > (:first, :last)))"
        values |= {"after": after.document, "first": after.first, "last": after.last}
    with kb.db.read() as connection:
        rows = connection.execute(
            text(
                "SELECT unit.document, document.filename, unit.run, stage, unit.unit, error, finished_at"
                f" FROM {LISTED} AND stage = :stage{where} ORDER BY unit.document DESC, first, last LIMIT :limit"
            ).columns(error=JSON),
            values,
        )
        return [{"kb": kb.id, **row} for row in rows.mappings()]


def documents(kb: KnowledgeBase, stage: str, document: str | None) -> Sequence[str]:
    """The documents that have failed units of a stage, oldest first; only the one given, if one is."""
    with kb.db.read() as connection:
        rows = connection.execute(
            text(
                f"SELECT DISTINCT unit.document FROM {LISTED} AND stage = :stage"
                " AND (:document IS NULL OR unit.document = :document) ORDER BY unit.document"
            ),
            {"stage": stage, "document": document},
        )
        return rows.scalars().all()


def discard(kb: KnowledgeBase, stage: str, document: str | None) -> int:
    """Take failed units off the list, some hundred a transaction; how many. Doing it twice is safe."""
    total = 0
    while True:
        with kb.db.write(durable=True) as connection:
            found = connection.execute(
                text(
                    "UPDATE unit SET discarded_at = :wall WHERE (document, run, stage, unit) IN"
                    " (SELECT unit.document, unit.run, unit.stage, unit.unit FROM"
                    f" {LISTED} AND stage = :stage AND (:document IS NULL OR unit.document = :document) LIMIT :limit)"
                ),
                {"stage": stage, "document": document, "wall": clock.wall(), "limit": _AT_ONCE},
            ).rowcount
        total += found
        if found < _AT_ONCE:
            return total
