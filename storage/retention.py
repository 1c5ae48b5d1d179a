"""Retention: documents older than their knowledge base keeps are deleted, as a person would delete them."""

from __future__ import annotations

import datetime

from sqlalchemy import Connection, text

from pipeline.errors import PermanentError
from storage import clock, documents
from storage.batches import in_short_transactions
from storage.catalog import KnowledgeBase

_AT_ONCE = 500
_EXPIRED = "document WHERE deleted_at IS NULL AND coalesce(kept_from, created_at) < :then"


def delete_expired(kb: KnowledgeBase, days: int) -> int:
    """Delete documents that were last uploaded more than so many days ago; how many, some hundred at most.

    Days are of the wall clock, which is all that a document's age can be told from. Doing it twice is safe.
    """
    values = {"then": clock.wall(datetime.timedelta(days=days)), "limit": _AT_ONCE}
    with kb.db.read() as connection:
        expired = (
            connection.execute(text(f"SELECT id FROM {_EXPIRED} ORDER BY id LIMIT :limit"), values).scalars().all()
        )

    def delete(connection: Connection, document: str) -> None:
        still = text(f"SELECT 1 FROM {_EXPIRED} AND id = :id")
        if connection.execute(still, {**values, "id": document}).first() is None:
            raise PermanentError("conflict", "The document was uploaded again meanwhile.")
        documents.delete_in(connection, document)

    deleted, _ = in_short_transactions(kb, expired, delete)
    return deleted
