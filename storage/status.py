"""How documents, batches and a knowledge base stand: status, progress, time left, and what changed since a version."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Connection, Row, bindparam
from sqlalchemy.types import JSON

from pipeline import stages
from pipeline.errors import PermanentError
from storage import runs
from storage.catalog import KnowledgeBase
from storage.conditions import conditions
from storage.database import scalar, text
from storage.filters import Filter
from storage.pace import Pace

STATUSES = ("queued", "running", "done", "failed", "cancelled")
_WARNINGS_SHOWN = 20
_PAGE_LEVEL = sum(stage.weight for stage in stages.STAGES if stage.page_level)
_SELECT = (
    "SELECT d.*, r.status, r.error, r.pages_total, r.started_at, r.finished_at, r.warnings, r.usage, published.fields"
    " FROM document AS d"
    " JOIN run AS r ON r.document = d.id AND r.run = d.run"
    " LEFT JOIN run AS published ON published.document = d.id AND published.run = d.published_run"
    " WHERE d.deleted_at IS NULL"
)


def status(kb: KnowledgeBase, document: str) -> dict[str, Any]:
    """How a document stands, in the API's names.

    Raises:
        PermanentError: `not_found`.
    """
    with kb.db.read() as connection:
        row = _select(connection, " AND d.id = :document", document=document).first()
        if row is None:
            raise not_found(document)
        return _told(connection, [row], kb.pace.of(connection))[0]


def version_of(kb: KnowledgeBase, document: str) -> int:
    """The document's version: quicker than its status.

    Raises:
        PermanentError: `not_found`.
    """
    with kb.db.read() as connection:
        found: int | None = connection.execute(
            text("SELECT version FROM document WHERE id = :document AND deleted_at IS NULL"), {"document": document}
        ).scalar()
        if found is None:
            raise not_found(document)
        return found


def version(kb: KnowledgeBase) -> int:
    """The knowledge base's version: every change of a document raises it."""
    with kb.db.read() as connection:
        return int(scalar(connection, "SELECT version FROM knowledge"))


def not_found(document: str) -> PermanentError:
    """The error about a document that is not there."""
    return PermanentError("not_found", f"There is no document “{document}” in this knowledge base.")


def statuses(
    kb: KnowledgeBase,
    *,
    status: str | None = None,
    batch: str | None = None,
    tag: str | None = None,
    filters: Sequence[Filter] = (),
    after: str | None = None,
    limit: int,
) -> list[dict[str, Any]]:
    """Documents, newest first, those after the id `after`."""
    given = {
        "r.status = :status": ("status", status),
        "d.batch = :batch": ("batch", batch),
        f"EXISTS (SELECT 1 FROM {kb.db.dialect.elements('d.tags', 'one')} WHERE one.value = :tag)": ("tag", tag),
        "d.id < :after": ("after", after),
    }
    where, values = conditions(filters, "d", kb.db.dialect)
    for condition, (name, value) in given.items():
        if value is not None:
            where += f" AND {condition}"
            values[name] = value
    with kb.db.read() as connection:
        rows = _select(connection, f"{where} ORDER BY d.id DESC LIMIT :limit", **values, limit=limit).all()
        pace = kb.pace.of(connection)
        return _told(connection, rows, pace)


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed since a version, as it stands now.

    Attributes:
        version: of the last change told here.
        documents: statuses, by version.
        deleted: version and id of deleted documents.
        complete: nothing more changed since.
    """

    version: int
    documents: list[dict[str, Any]]
    deleted: list[tuple[int, str]]
    complete: bool


def changes(kb: KnowledgeBase, since: int, limit: int) -> Changes:
    """The next changes after a version, at most `limit` documents and as many deletions.

    Versions are given inside the transaction that makes a change, one writer at a time, so none can appear later below
    one that was seen: asking again from the returned version misses nothing.
    """
    values = {"since": since, "limit": limit}
    with kb.db.read() as connection:
        rows = _select(connection, " AND d.version > :since ORDER BY d.version LIMIT :limit", **values).all()
        dead = connection.execute(
            text("SELECT document, version FROM tombstone WHERE version > :since ORDER BY version LIMIT :limit"), values
        ).all()
        newest: int = connection.execute(text("SELECT version FROM knowledge")).scalar_one()
        # A list that was cut off ends what may be told: beyond it, the other list would run ahead.
        full = [batch[-1].version for batch in (rows, dead) if len(batch) == limit]
        end = min(full, default=newest)
        pace = kb.pace.of(connection)
        return Changes(
            end,
            _told(connection, [row for row in rows if row.version <= end], pace),
            [(row.version, row.document) for row in dead if row.version <= end],
            complete=not full,
        )


def counts(kb: KnowledgeBase, batch: str | None = None) -> dict[str, Any]:
    """Documents by status, pages, progress and time left of a knowledge base, or of one batch of uploads.

    Those of a large knowledge base may be a while old; `version` tells which they are of (`storage/tally.py`).

    Raises:
        PermanentError: `not_found`: the batch has no documents.
    """
    with kb.db.read() as connection:
        version = connection.execute(text("SELECT version FROM knowledge")).scalar_one()
        if batch is None:
            version, counted = kb.tally.of("documents and pages", version, partial(_counted, connection, None))
        else:
            _, counted = _counted(connection, batch)
        unfinished: Sequence[str] | None = None
        if batch is not None:
            rows = connection.execute(
                text(f"SELECT d.id {_joined(batch)} AND r.status IN ('queued', 'running')"), {"batch": batch}
            )
            unfinished = rows.scalars().all()
        eta_s = kb.pace.of(connection).eta_all_s(unfinished)
    working = counted["documents"]["queued"] + counted["documents"]["running"] > 0
    return {**counted, "eta_seconds": eta_s if working else None, "version": version}


def _joined(batch: str | None) -> str:
    where = "d.deleted_at IS NULL" + (" AND d.batch = :batch" if batch is not None else "")
    return f"FROM document AS d JOIN run AS r ON r.document = d.id AND r.run = d.run WHERE {where}"


def _counted(connection: Connection, batch: str | None) -> tuple[int, dict[str, Any]]:
    """How many documents there are; and documents by status, pages and progress."""
    by_status = dict.fromkeys(STATUSES, 0)
    values = {"batch": batch} if batch is not None else {}
    weight, known, settled = 0, 0, 0.0
    for row in connection.execute(
        text(
            "SELECT r.status, count(*) AS n, sum(coalesce(r.pages_total, 1)) AS pages,"
            f" coalesce(sum(r.pages_total), 0) AS known {_joined(batch)} GROUP BY r.status"
        ),
        values,
    ):
        by_status[row.status] = row.n
        weight += row.pages
        known += row.known
        settled += row.pages if row.status not in runs.UNFINISHED else 0.0
    if batch is not None and not weight:
        raise PermanentError("not_found", f"There is no batch “{batch}” in this knowledge base.")
    of_pages = _joined(batch).replace(" WHERE ", " JOIN page AS p ON p.document = d.id AND p.run = d.run WHERE ")
    pages = connection.execute(
        text(
            "SELECT count(*) FILTER (WHERE p.state = 'read') AS done,"
            " count(*) FILTER (WHERE p.state = 'failed') AS failed, count(*) FILTER (WHERE"
            f" p.state IN ('read', 'failed') AND r.status IN ('queued', 'running')) AS in_work {of_pages}"
        ),
        values,
    ).one()
    settled += _PAGE_LEVEL * pages.in_work
    return sum(by_status.values()), {
        "documents": by_status, "pages": {"total": known, "done": pages.done, "failed": pages.failed},
        "progress": round(settled / weight, 4) if weight else 1.0,
    }  # fmt: skip


def etas(kb: KnowledgeBase, limit: int) -> dict[str, float | None]:
    """Seconds left of unfinished documents, at most so many of them."""
    with kb.db.read() as connection:
        pace = kb.pace.of(connection)
    return {document: pace.eta_s(document) for document in itertools.islice(pace.left, limit)}


def _select(connection: Connection, where: str, **values: Any) -> Any:
    columns = {name: JSON for name in ("error", "metadata", "tags", "fields", "warnings", "usage")}
    return connection.execute(text(_SELECT + where).columns(**columns), values)


def _told(connection: Connection, rows: Sequence[Row[Any]], pace: Pace) -> list[dict[str, Any]]:
    """How documents stand, in the API's names; asked for together, as a list of fifty is looked at all the time."""
    documents = [row.id for row in rows]
    if not documents:
        return []
    by_stage = runs.stages_of(connection, documents)
    pages = _page_counts(connection, documents)
    warnings = _warnings(connection, [document for document in documents if pages[document]["failed"]])
    return [_status(row, by_stage[row.id], pages[row.id], warnings.get(row.id, []), pace) for row in rows]


def _page_counts(connection: Connection, documents: Sequence[str]) -> dict[str, dict[str, int]]:
    rows = connection.execute(
        text(
            "SELECT d.id, count(*) FILTER (WHERE state = 'read') AS done,"
            " count(*) FILTER (WHERE state = 'failed') AS failed,"
            " count(*) FILTER (WHERE source = 'text_layer') AS text_layer,"
            " count(*) FILTER (WHERE source = 'ocr' OR state = 'rendered') AS ocr,"
            " count(*) FILTER (WHERE review IS NOT NULL) AS review"
            " FROM document AS d LEFT JOIN page ON page.document = d.id AND page.run = d.run WHERE d.id IN :documents"
            " GROUP BY d.id"
        ).bindparams(bindparam("documents", expanding=True)),
        {"documents": documents},
    )
    return {row.id: {name: value for name, value in row._mapping.items() if name != "id"} for row in rows}


def _warnings(connection: Connection, documents: Sequence[str]) -> dict[str, list[Row[Any]]]:
    """The first failed pages of each document; of those without any none is told."""
    found: dict[str, list[Row[Any]]] = {}
    if documents:
        rows = connection.execute(
            text(
                "SELECT document, page_number, error FROM (SELECT p.document, p.page_number, p.error, row_number()"
                " OVER (PARTITION BY p.document ORDER BY p.page_number) AS place FROM document AS d JOIN page AS p"
                " ON p.document = d.id AND p.run = d.run AND p.state = 'failed' WHERE d.id IN :documents) AS failed"
                " WHERE place <= :limit ORDER BY document, page_number"
            )
            .bindparams(bindparam("documents", expanding=True))
            .columns(error=JSON),
            {"documents": documents, "limit": _WARNINGS_SHOWN},
        )
        for row in rows:
            found.setdefault(row.document, []).append(row)
    return found


def _status(
    row: Row[Any], by_stage: dict[str, dict[str, Any]], pages: dict[str, int], warnings: Sequence[Row[Any]], pace: Pace
) -> dict[str, Any]:
    return {
        "id": row.id, "filename": row.filename, "kind": row.kind, "size_bytes": row.size_bytes, "version": row.version,
        "run": row.run, "status": row.status, "stage": _stage(row.status, by_stage),
        "progress": _progress(row, by_stage, pages),
        "eta_seconds": pace.eta_s(row.id) if row.status in runs.UNFINISHED else None,
        "pages": {"total": row.pages_total, **pages}, "stages": by_stage, "error": row.error,
        "warnings": [*(row.warnings or []), *({"page": failed.page_number, **failed.error} for failed in warnings)],
        "usage": row.usage,
        "language": row.language, "fields": row.fields or {}, "metadata": row.metadata, "tags": row.tags,
        "batch": row.batch, "created_at": row.created_at, "finished_at": row.finished_at,
        "published_run": row.published_run,
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
