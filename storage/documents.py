"""Documents: taking them in, stopping, deleting.

`storage/reprocess.py` does them again, `storage/status.py` tells how they stand.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, insert
from sqlalchemy.exc import IntegrityError

from pipeline.errors import PermanentError, ServiceUnavailable
from storage import clock, fields, passwords, reprocess, runs, schema, status, values
from storage.catalog import KnowledgeBase
from storage.database import Missing, scalar, text

_SELECT = (
    "SELECT d.*, r.status, r.pages_total FROM document AS d JOIN run AS r ON r.document = d.id AND r.run = d.run"
    " WHERE d.deleted_at IS NULL"
)

_COME_BACK_S = 30


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of an uploaded file."""

    id: str
    status: str
    duplicate: bool


@dataclass(frozen=True, slots=True)
class NewDocument:
    """An uploaded file, flushed to disk under a temporary name."""

    filename: str
    kind: str
    sha256: str
    size_bytes: int
    incoming: Path
    metadata: dict[str, Any]
    tags: list[str]
    password: str | None = field(default=None, repr=False)


def require_room(kb: KnowledgeBase, max_waiting: int) -> None:
    """Pass while fewer documents than that wait or are in work.

    Raises:
        PermanentError: `too_many_waiting`.
    """
    with kb.db.read() as connection:
        _require_room(connection, max_waiting)


def _require_room(connection: Connection, max_waiting: int | None) -> None:
    if max_waiting is None:
        return
    waiting = scalar(
        connection,
        # Not what is published and stored once more, after a restore: nobody waits for it.
        "SELECT count(*) FROM run JOIN document ON document.id = run.document"
        " WHERE status IN ('queued', 'running')"
        " AND coalesce(document.published_run, 0) != run.run",
    )
    if waiting >= max_waiting:
        raise PermanentError(
            "too_many_waiting",
            f"{waiting:,} documents of this knowledge base wait or are in work, and the server takes no more than "
            f"{max_waiting:,} (setting web.max_waiting). Send the rest once some have ended.",
            {"waiting": waiting, "max_waiting": max_waiting, "retry_after_s": _COME_BACK_S},
        )


def add(
    kb: KnowledgeBase, new: NewDocument, batch: str, settings: dict[str, Any], max_waiting: int | None = None
) -> Accepted:
    """Take a document in; durable when this returns. Its incoming file is moved or removed.

    The same bytes again give the first document, which is kept as if it had come now. Where that one failed or was
    cancelled, a new run is opened.
    If the process dies between the move and the commit, the file is an orphan that the sweep removes.

    Args:
        max_waiting: how many documents may wait or be in work; None: any number.

    Raises:
        PermanentError: `too_many_waiting`; the incoming file still lies where it was, or is removed.
    """
    known = _known(kb, new, settings, max_waiting)
    if known is not None:
        new.incoming.unlink(missing_ok=True)
        return known
    document = clock.new_id()
    files = kb.files(document)
    try:
        files.original.take(new.incoming)
    except FileNotFoundError as error:
        raise Missing(kb.folder) from error
    except ServiceUnavailable:  # what answers no more may have done what it was asked
        files.discard()
        raise
    row = {
        "id": document, "sha256": new.sha256, "filename": new.filename, "kind": new.kind, "size_bytes": new.size_bytes,
        "metadata": new.metadata, "tags": new.tags, "batch": batch, "created_at": clock.wall(), "run": 1, "version": 0,
        "filename_folded": values.folded(new.filename), "filename_terms": values.terms(new.filename),
    }  # fmt: skip
    try:
        with kb.db.write(durable=True) as connection:
            _require_room(connection, max_waiting)
            connection.execute(insert(schema.document).values(row))
            runs.open_run(connection, document, 1, "upload", settings)
            passwords.keep(connection, kb.file_store, document, 1, new.password)
    except IntegrityError:  # the same bytes were committed by another request meanwhile
        files.discard()
        known = _known(kb, new, settings, max_waiting)
        if known is None:
            raise
        return known
    except BaseException:
        files.discard()
        raise
    return Accepted(document, "queued", False)


def _known(kb: KnowledgeBase, new: NewDocument, settings: dict[str, Any], max_waiting: int | None) -> Accepted | None:
    query = text(_SELECT + " AND d.sha256 = :sha256")
    with kb.db.read() as connection:
        if connection.execute(query, {"sha256": new.sha256}).first() is None:
            return None
    with kb.db.write(durable=True) as connection:
        row = connection.execute(query, {"sha256": new.sha256}).first()
        if row is None:  # deleted meanwhile: these bytes are new again
            return None
        stamp = text("UPDATE document SET kept_from = :wall WHERE id = :id")
        connection.execute(stamp, {"wall": clock.wall(), "id": row.id})
        if row.status not in ("failed", "cancelled"):
            return Accepted(row.id, row.status, True)
        _require_room(connection, max_waiting)
        run = reprocess.open_after(connection, row.id, "upload", settings)
        passwords.keep(connection, kb.file_store, row.id, run, new.password)
    return Accepted(row.id, "queued", False)


def cancel(kb: KnowledgeBase, document: str) -> None:
    """Stop the latest run; its workers find their units gone within one renewal of their leases.

    One that is published, and only stored once more after a restore, is done as before, short of some vectors.

    Raises:
        PermanentError: `not_found`; `conflict` when it has ended.
    """
    with kb.db.write(durable=True) as connection:
        row = _one(connection, document)
        if row.status not in runs.UNFINISHED:
            raise PermanentError("conflict", f"The document is {row.status}: there is nothing to cancel.")
        runs.finish(connection, document, row.run, "done" if row.run == row.published_run else "cancelled")


def cancel_all(kb: KnowledgeBase) -> None:
    """Stop every run: the knowledge base is being deleted, and nothing may be written into it any more."""
    with kb.db.write() as connection:
        connection.execute(
            text(
                "UPDATE unit SET state = 'cancelled', token = NULL, lease_until_s = NULL"
                " WHERE state IN ('blocked', 'ready', 'claimed')"
            )
        )
        connection.execute(
            text(
                "UPDATE run SET status = 'cancelled', finished_at = :wall, password = NULL"
                " WHERE status IN ('queued', 'running')"
            ),
            {"wall": clock.wall()},
        )


def delete(kb: KnowledgeBase, document: str) -> None:
    """Delete it: from this commit on it is not found; the sweep removes rows, vectors, files and every word of it.

    Raises:
        PermanentError: `not_found`.
    """
    with kb.db.write(durable=True) as connection:
        delete_in(connection, document)


def delete_in(connection: Connection, document: str) -> None:
    """As `delete`, in a transaction that is open."""
    row = _one(connection, document)
    runs.finish_all(connection, document)
    values = {"document": document, "wall": clock.wall()}
    connection.execute(text("UPDATE document SET deleted_at = :wall WHERE id = :document"), values)
    fields.mark_live(connection, document)
    runs.touch(connection, document)
    connection.execute(
        text("INSERT INTO tombstone (document, version) SELECT id, version FROM document WHERE id = :document"),
        values,
    )
    for number in range(1, row.run + 1):
        runs.clean_later(connection, document, number)


def _one(connection: Connection, document: str) -> Row[Any]:
    row = connection.execute(text(_SELECT + " AND d.id = :document"), {"document": document}).first()
    if row is None:
        raise status.not_found(document)
    return row


@dataclass(frozen=True, slots=True)
class Found:
    """What is needed to serve a document's files."""

    filename: str
    kind: str
    published_run: int | None
    run: int
    status: str
    pages_total: int | None


def find(kb: KnowledgeBase, document: str) -> Found:
    """Look a document up.

    Raises:
        PermanentError: `not_found`.
    """
    with kb.db.read() as connection:
        row = _one(connection, document)
        return Found(row.filename, row.kind, row.published_run, row.run, row.status, row.pages_total)


def languages_of(kb: KnowledgeBase) -> set[str]:
    """Which of English ("en") and Chinese ("zh", in either script) its published documents are in."""
    published = "SELECT 1 FROM document WHERE deleted_at IS NULL AND published_run IS NOT NULL AND language"
    with kb.db.read() as connection:
        found = connection.execute(
            text(f"SELECT EXISTS ({published} = 'en') AS en, EXISTS ({published} IN ('zh-Hans', 'zh-Hant')) AS zh")
        ).one()
    return {name for name, held in found._mapping.items() if held}
