"""Retention: documents older than their knowledge base keeps are deleted, as a person would delete them."""

from __future__ import annotations

import datetime

from sqlalchemy import text

from storage import clock, documents
from storage.batches import in_short_transactions
from storage.catalog import KnowledgeBase

_AT_ONCE = 500


def delete_expired(kb: KnowledgeBase, days: int) -> int:
    """Delete documents that were uploaded more than so many days ago; how many, some hundred at most.

    Days are of the wall clock, which is all that a document's age can be told from. Doing it twice is safe.
    """
    with kb.db.read() as connection:
        found = connection.execute(
            text("SELECT id FROM document WHERE deleted_at IS NULL AND created_at < :then ORDER BY id LIMIT :limit"),
            {"then": clock.wall(datetime.timedelta(days=days)), "limit": _AT_ONCE},
        )
        expired = found.scalars().all()
    deleted, _ = in_short_transactions(kb, expired, documents.delete_in)
    return deleted
