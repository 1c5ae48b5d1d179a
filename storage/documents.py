"""Documents: taking them in, telling how they stand, trying them again, stopping and deleting them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, insert, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.types import JSON

from pipeline import stages
from pipeline.errors import PermanentError
from storage import clock, runs, schema
from storage.catalog import KnowledgeBase
from storage.database import Missing

_WARNINGS_SHOWN = 20
_SELECT = (
    "SELECT d.*, r.status, r.error, r.pages_total, r.started_at, r.finished_at FROM document AS d"
    " JOIN run AS r ON r.document = d.id AND r.run = d.run WHERE d.deleted_at IS NULL"
)


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


def add(kb: KnowledgeBase, new: NewDocument, batch: str, settings: dict[str, Any]) -> Accepted:
    """Take a document in; durable when this returns. Its incoming file is moved or removed.

    The same bytes again give the first document, unless that one failed or was cancelled: then a new run is opened.
    If the process dies between the move and the commit, the file is an orphan that the sweep removes.
    """
    known = _known(kb, new.sha256, settings)
    if known is not None:
        new.incoming.unlink(missing_ok=True)
        return known
    document = clock.new_id()
    files = kb.files(document)
    try:
        files.adopt_upload(new.incoming)
    except FileNotFoundError as error:
        raise Missing(kb.folder) from error
    row = {
        "id": document, "sha256": new.sha256, "filename": new.filename, "kind": new.kind, "size_bytes": new.size_bytes,
        "metadata": new.metadata, "tags": new.tags, "batch": batch, "created_at": clock.wall(), "run": 1, "version": 0,
    }  # fmt: skip
    try:
        with kb.db.write(durable=True) as connection:
            connection.execute(insert(schema.document).values(row))
            runs.open_run(connection, document, 1, "upload", settings)
    except IntegrityError:  # the same bytes were committed by another request meanwhile
        files.remove()
        known = _known(kb, new.sha256, settings)
        if known is None:
            raise
        return known
    except BaseException:
        files.remove()
        raise
    return Accepted(document, "queued", False)


def _known(kb: KnowledgeBase, sha256: str, settings: dict[str, Any]) -> Accepted | None:
    query = text(_SELECT + " AND d.sha256 = :sha256")
    with kb.db.read() as connection:
        row = connection.execute(query, {"sha256": sha256}).first()
    if row is None:
        return None
    if row.status not in ("failed", "cancelled"):
        return Accepted(row.id, row.status, True)
    with kb.db.write(durable=True) as connection:
        row = connection.execute(query, {"sha256": sha256}).first()
        if row is None:  # deleted meanwhile: these bytes are new again
            return None
        if row.status in ("failed", "cancelled"):
            runs.open_run_from(connection, row.id, row.run + 1, "upload", settings)
    return Accepted(row.id, "queued", False)


def retry(kb: KnowledgeBase, document: str, settings: dict[str, Any]) -> int:
    """Open a run for what failed: failed pages, or all that a failed or cancelled run left undone. Its number.

    Raises:
        PermanentError: `not_found`; `conflict` while it is in work, or when nothing failed.
    """
    with kb.db.write(durable=True) as connection:
        row = _one(connection, document)
        if row.status in runs.UNFINISHED:
            raise PermanentError("conflict", "The document is still in work; wait for it, or cancel it first.")
        if row.status == "done" and not _page_counts(connection, document, row.run)["failed"]:
            raise PermanentError("conflict", "Nothing of the document failed: there is nothing to retry.")
        runs.open_run_from(connection, document, row.run + 1, "retry", settings)
        return int(row.run) + 1


def cancel(kb: KnowledgeBase, document: str) -> None:
    """Stop the latest run; its workers find their units gone within one renewal of their leases.

    Raises:
        PermanentError: `not_found`; `conflict` when it has ended.
    """
    with kb.db.write(durable=True) as connection:
        row = _one(connection, document)
        if row.status not in runs.UNFINISHED:
            raise PermanentError("conflict", f"The document is {row.status}: there is nothing to cancel.")
        runs.finish(connection, document, row.run, "cancelled")


def cancel_all(kb: KnowledgeBase) -> None:
    """Stop every run: the knowledge base is being deleted, and nothing may be written into it any more."""
    with kb.db.write() as connection:
        for row in connection.execute(
            text("SELECT document, run FROM run WHERE status IN ('queued', 'running')")
        ).all():
            runs.finish(connection, row.document, row.run, "cancelled")


def delete(kb: KnowledgeBase, document: str) -> None:
    """Delete it: from this commit on it is not found; the sweep removes rows, vectors and files.

    Raises:
        PermanentError: `not_found`.
    """
    with kb.db.write(durable=True) as connection:
        row = _one(connection, document)
        if row.status in runs.UNFINISHED:
            runs.finish(connection, document, row.run, "cancelled")
        connection.execute(
            text("UPDATE document SET deleted_at = :wall WHERE id = :document"),
            {"document": document, "wall": clock.wall()},
        )
        runs.touch(connection, document)
        for number in range(1, row.run + 1):
            runs.clean_later(connection, document, number)


def _one(connection: Connection, document: str) -> Row[Any]:
    row = connection.execute(
        text(_SELECT + " AND d.id = :document").columns(error=JSON, metadata=JSON, tags=JSON), {"document": document}
    ).first()
    if row is None:
        raise PermanentError("not_found", f"There is no document “{document}” in this knowledge base.")
    return row


@dataclass(frozen=True, slots=True)
class Found:
    """What is needed to serve a document's files."""

    filename: str
    kind: str
    published_run: int | None
    run: int
    status: str


def find(kb: KnowledgeBase, document: str) -> Found:
    """Look a document up.

    Raises:
        PermanentError: `not_found`.
    """
    with kb.db.read() as connection:
        row = _one(connection, document)
        return Found(row.filename, row.kind, row.published_run, row.run, row.status)


def status(kb: KnowledgeBase, document: str) -> dict[str, Any]:
    """How a document stands, in the API's names.

    Raises:
        PermanentError: `not_found`.
    """
    with kb.db.read() as connection:
        return _status(connection, _one(connection, document))


def statuses(
    kb: KnowledgeBase, *, status: str | None, batch: str | None, tag: str | None, after: str | None, limit: int
) -> list[dict[str, Any]]:
    """Documents, newest first, those after the id `after`."""
    conditions = {
        "r.status = :status": status,
        "d.batch = :batch": batch,
        "EXISTS (SELECT 1 FROM json_each(d.tags) WHERE value = :tag)": tag,
        "d.id < :after": after,
    }
    where = "".join(f" AND {condition}" for condition, value in conditions.items() if value is not None)
    values = {"status": status, "batch": batch, "tag": tag, "after": after, "limit": limit}
    with kb.db.read() as connection:
        rows = connection.execute(
            text(f"{_SELECT}{where} ORDER BY d.id DESC LIMIT :limit").columns(error=JSON, metadata=JSON, tags=JSON),
            {name: value for name, value in values.items() if value is not None},
        ).all()
        return [_status(connection, row) for row in rows]


def counts(kb: KnowledgeBase) -> dict[str, Any]:
    """Documents by status, pages, chunks and progress of a knowledge base."""
    by_status = dict.fromkeys(("queued", "running", "done", "failed", "cancelled"), 0)
    with kb.db.read() as connection:
        for row in connection.execute(
            text(
                "SELECT r.status, count(*) AS n FROM document AS d JOIN run AS r ON r.document = d.id AND r.run = d.run"
                " WHERE d.deleted_at IS NULL GROUP BY r.status"
            )
        ):
            by_status[row.status] = row.n
        pages = connection.execute(
            text(
                "SELECT count(*) AS total, coalesce(sum(p.state = 'read'), 0) AS done,"
                " coalesce(sum(p.state = 'failed'), 0) AS failed FROM document AS d"
                " JOIN page AS p ON p.document = d.id AND p.run = d.run WHERE d.deleted_at IS NULL"
            )
        ).one()
        version = connection.execute(text("SELECT version FROM knowledge")).scalar_one()
    ended = by_status["done"] + by_status["failed"] + by_status["cancelled"]
    total = sum(by_status.values())
    return {
        "documents": by_status, "pages": {"total": pages.total, "done": pages.done, "failed": pages.failed},
        "progress": ended / total if total else 1.0, "eta_seconds": None, "version": version,
    }  # fmt: skip


def holds_several_languages(kb: KnowledgeBase) -> bool:
    """Whether both English and Chinese documents are published in it."""
    published = "SELECT 1 FROM document WHERE deleted_at IS NULL AND published_run IS NOT NULL AND language"
    with kb.db.read() as connection:
        found = connection.execute(
            text(f"SELECT EXISTS ({published} = 'en') AND EXISTS ({published} IN ('zh-Hans', 'zh-Hant'))")
        )
        return bool(found.scalar())


def _page_counts(connection: Connection, document: str, run: int) -> dict[str, int]:
    row = connection.execute(
        text(
            "SELECT coalesce(sum(state = 'read'), 0) AS done, coalesce(sum(state = 'failed'), 0) AS failed,"
            " coalesce(sum(source = 'text_layer'), 0) AS text_layer,"
            " coalesce(sum(source = 'ocr' OR state = 'rendered'), 0) AS ocr,"
            " coalesce(sum(review IS NOT NULL), 0) AS review"
            " FROM page WHERE document = :document AND run = :run"
        ),
        {"document": document, "run": run},
    ).one()
    return dict(row._mapping)


def _status(connection: Connection, row: Row[Any]) -> dict[str, Any]:
    by_stage = runs.stages_of(connection, row.id, row.run)
    pages = _page_counts(connection, row.id, row.run)
    warnings = connection.execute(
        text(
            "SELECT page_number, error FROM page WHERE document = :document AND run = :run AND state = 'failed'"
            " ORDER BY page_number LIMIT :limit"
        ).columns(error=JSON),
        {"document": row.id, "run": row.run, "limit": _WARNINGS_SHOWN},
    ).all()
    return {
        "id": row.id, "filename": row.filename, "version": row.version, "run": row.run, "status": row.status,
        "stage": _stage(row.status, by_stage), "progress": _progress(row, by_stage, pages), "eta_seconds": None,
        "pages": {"total": row.pages_total, **pages}, "stages": by_stage, "error": row.error,
        "warnings": [{"page": warning.page_number, **warning.error} for warning in warnings],
        "language": row.language, "fields": {}, "metadata": row.metadata, "tags": row.tags, "batch": row.batch,
        "created_at": row.created_at, "finished_at": row.finished_at, "published_run": row.published_run,
    }  # fmt: skip


def _stage(state: str, by_stage: dict[str, dict[str, Any]]) -> str | None:
    """The furthest stage that works; the first while it waits; none once it has ended."""
    if state not in runs.UNFINISHED:
        return None
    begun = [name for name in stages.NAMES if by_stage[name]["total"]]
    open_ = [name for name in begun if by_stage[name]["done"] + by_stage[name]["failed"] < by_stage[name]["total"]]
    return (open_ or begun or [stages.FIRST])[-1]


def _progress(row: Row[Any], by_stage: dict[str, dict[str, Any]], pages: dict[str, int]) -> float:
    """0..1: pages rendered and read by the weights of the stage table, then the stages of the whole document."""
    if row.status == "done":
        return 1.0
    if not row.pages_total:
        return 0.0
    render = by_stage["render"]
    unrendered = max(render["total"] - render["done"] - render["failed"], 0)  # adopted pages have no unit
    settled = pages["done"] + pages["failed"]
    share: dict[str, float] = {"render": 1 - unrendered / row.pages_total, "ocr": settled / row.pages_total}
    for name, counted in by_stage.items():
        if name not in share:
            share[name] = counted["done"] / counted["total"] if counted["total"] else 0.0
    return min(round(sum(stage.weight * share[stage.name] for stage in stages.STAGES), 4), 1.0)
