"""Which files the rows of a knowledge base speak of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from storage.database import text
from storage.file_store import StoredFile

if TYPE_CHECKING:
    from storage.catalog import KnowledgeBase


@dataclass(frozen=True, slots=True)
class Reference:
    """A file of a document.

    Attributes:
        required: without it the document is not whole.
        sha256, size_bytes: of an original, as it was uploaded; of results None.
    """

    document: str
    stored: StoredFile
    required: bool
    sha256: str | None = None
    size_bytes: int | None = None


def references(connection: Connection, kb: KnowledgeBase) -> Iterator[Reference]:
    """The files of all documents: originals, and results of runs that are published or in work."""
    rows = connection.execute(
        text(
            "SELECT d.id, d.sha256, d.size_bytes, r.run, r.run = d.published_run OR EXISTS (SELECT 1 FROM unit AS u"
            " WHERE u.document = d.id AND u.run = r.run AND u.stage = 'extract' AND u.state = 'done') AS required"
            " FROM document AS d LEFT JOIN run AS r ON r.document = d.id"
            " AND (r.run = d.published_run OR r.status IN ('queued', 'running')) WHERE d.deleted_at IS NULL"
            " ORDER BY d.id, r.run"
        )
    ).all()
    before = None
    for row in rows:
        files = kb.files(row.id)
        if row.id != before:  # of two runs of a document the original is one
            yield Reference(row.id, files.original, True, row.sha256, row.size_bytes)
            before = row.id
        if row.run is not None:
            for result in (files.markdown(row.run), files.json(row.run)):
                yield Reference(row.id, result, bool(row.required))
