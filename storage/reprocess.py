"""Runs that begin on what earlier runs settled: the retry of what failed, and the reprocessing from a stage on.

    render    everything anew, from the original
    ocr       pages with a text layer are kept, the others are rendered and read again
    extract   all that was read is kept; pages that failed are rendered and read again
    embed     chunks and fields of the published run are kept too
    store     and their vectors: only the full text and the vector index are written again

So `store` rebuilds an index that Chroma lost, without reading or embedding anything. Where no earlier run got that far,
a run begins at the earliest stage it needs. The published run stays searchable until the new one publishes, and stays
where that one fails or is cancelled.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, text

from pipeline.errors import PermanentError
from storage import passwords, runs, status
from storage.batches import in_short_transactions
from storage.catalog import KnowledgeBase

_WITH_CHUNKS = ("embed", "store")
_RUN = "document = :document AND run = :run"
_READING = "state, width_pt, height_pt, rotation, reading, source, engine, confidence, review, error"
_UNIT = (
    "stage, unit, first, last, size, state, crashes, losses, errors, error, started_at, finished_at, ready_at,"
    " discarded_at"
)


@dataclass(frozen=True, slots=True)
class Opened:
    """How many runs were opened, and how many documents were passed over: in work, or changed meanwhile."""

    runs: int
    passed_over: int


def retry(kb: KnowledgeBase, document: str, settings: dict[str, Any], password: str | None = None) -> int:
    """Open a run for what failed: failed pages, or all that a failed or cancelled run left undone. Its number.

    Args:
        password: opens the original.

    Raises:
        PermanentError: `not_found`; `conflict` while it is in work, or when nothing failed.
    """
    with kb.db.write(durable=True) as connection:
        run = _retry(connection, document, settings)
        passwords.keep(connection, kb.data, document, run, password)
        return run


def _retry(connection: Connection, document: str, settings: dict[str, Any]) -> int:
    row = _at_rest(connection, document)
    if row.status == "done" and not runs.has_failed_pages(connection, document, row.run):
        raise PermanentError("conflict", "Nothing of the document failed: there is nothing to retry.")
    return open_after(connection, document, "retry", settings)


def open_after(connection: Connection, document: str, cause: str, settings: dict[str, Any]) -> int:
    """Open a run on what the latest one read: its good pages are kept, the others rendered and read again."""
    row = _at_rest(connection, document)
    run = int(row.run) + 1
    if row.pages_total is None:
        runs.open_run(connection, document, run, cause, settings)
    else:
        _open_on_pages(connection, document, run, cause, settings, row.pages_total, [row.run])
    return run


def reprocess(
    kb: KnowledgeBase, document: str, start: str, settings: dict[str, Any], password: str | None = None
) -> int:
    """Open a run that does a document anew from a stage on, with the settings as they are now. Its number.

    Args:
        password: opens the original.

    Raises:
        PermanentError: `not_found`; `conflict` while it is in work.
    """
    with kb.db.write(durable=True) as connection:
        run = _reprocess(connection, document, start, settings)
        passwords.keep(connection, kb.data, document, run, password)
        return run


def _reprocess(connection: Connection, document: str, start: str, settings: dict[str, Any]) -> int:
    row = _at_rest(connection, document)
    run = int(row.run) + 1
    total = row.pages_total or row.published_total
    if start == "render" or total is None:
        runs.open_run(connection, document, run, "reprocess", settings)
    elif start in _WITH_CHUNKS and row.published_run is not None:
        _open_on_chunks(connection, document, run, start, settings, row.published_total, row.published_run)
    else:
        kept = " AND source = 'text_layer'" if start == "ocr" else ""
        bases = list(dict.fromkeys([row.run, row.published_run or row.run]))
        _open_on_pages(connection, document, run, "reprocess", settings, total, bases, kept)
    return run


def reprocess_all(
    kb: KnowledgeBase,
    start: str,
    settings: dict[str, Any],
    *,
    status: str | None = None,
    engine: str | None = None,
    tag: str | None = None,
) -> Opened:
    """Reprocess many documents, a short transaction for each few of them; those in work are passed over.

    Args:
        status: only documents of this status.
        engine: only documents with a page that this engine read, in their latest or published run.
        tag: only documents with this tag.
    """
    with kb.db.read() as connection:
        found = connection.execute(
            text(
                "SELECT d.id FROM document AS d JOIN run AS r ON r.document = d.id AND r.run = d.run"
                " WHERE d.deleted_at IS NULL AND (:status IS NULL OR r.status = :status)"
                " AND (:tag IS NULL OR EXISTS (SELECT 1 FROM json_each(d.tags) WHERE value = :tag))"
                " AND (:engine IS NULL OR EXISTS (SELECT 1 FROM page AS p WHERE p.document = d.id"
                " AND p.run IN (d.run, d.published_run) AND p.engine = :engine)) ORDER BY d.id"
            ),
            {"status": status, "engine": engine, "tag": tag},
        )
        documents = found.scalars().all()
    return Opened(
        *in_short_transactions(kb, documents, lambda connection, id_: _reprocess(connection, id_, start, settings))
    )


def retry_all(kb: KnowledgeBase, documents: Iterable[str], settings: dict[str, Any]) -> Opened:
    """Retry many documents, as `reprocess_all` does."""
    return Opened(*in_short_transactions(kb, documents, lambda connection, id_: _retry(connection, id_, settings)))


def _at_rest(connection: Connection, document: str) -> Row[Any]:
    """A document that is not in work.

    Raises:
        PermanentError: `not_found`; `conflict` while it is in work.
    """
    row = connection.execute(
        text(
            "SELECT d.run, d.published_run, r.status, r.pages_total, p.pages_total AS published_total"
            " FROM document AS d JOIN run AS r ON r.document = d.id AND r.run = d.run"
            " LEFT JOIN run AS p ON p.document = d.id AND p.run = d.published_run"
            " WHERE d.id = :document AND d.deleted_at IS NULL"
        ),
        {"document": document},
    ).first()
    if row is None:
        raise status.not_found(document)
    if row.status in runs.UNFINISHED:
        raise PermanentError("conflict", "The document is still in work; wait for it, or cancel it first.")
    return row


def _open_on_pages(
    connection: Connection,
    document: str,
    run: int,
    cause: str,
    settings: dict[str, Any],
    total: int,
    bases: Sequence[int],
    kept: str = "",
) -> None:
    """Open a run on pages that earlier ones read; the others are rendered and read again.

    Args:
        bases: those runs; of two that read a page the first counts.
        kept: a condition (SQL) on pages to keep.
    """
    runs.insert_run(connection, document, run, cause, settings, total)
    for base in bases:
        _copy(connection, "page", f"page_number, {_READING}", document, base, run, f"state = 'read'{kept}")
    values = {"document": document, "run": run, "latest": bases[0]}
    read = set(connection.execute(text(f"SELECT page_number FROM page WHERE {_RUN}"), values).scalars())
    failed = set(
        connection.execute(
            text("SELECT page_number FROM page WHERE document = :document AND run = :latest AND state = 'failed'"),
            values,
        ).scalars()
    )
    missing = [number for number in range(1, total + 1) if number not in read]
    ranges = _ranges(missing, settings["pages_per_unit"], alone=failed)
    runs.add_units(connection, document, run, "render", ranges, "blocked")
    runs.touch(connection, document)
    runs.advance(connection, document, run)


def _open_on_chunks(
    connection: Connection, document: str, run: int, start: str, settings: dict[str, Any], total: int, base: int
) -> None:
    """Open a run on a published one. Its extract unit copies the chunks, in batches; they may be thousands."""
    settings = {**settings, "start": start, "chunks_of": base}
    runs.insert_run(connection, document, run, "reprocess", settings, total)
    _copy(connection, "page", f"page_number, {_READING}", document, base, run, "state IN ('read', 'failed')")
    _copy(connection, "unit", _UNIT, document, base, run, "state = 'failed' AND stage IN ('render', 'ocr')")
    runs.touch(connection, document)
    runs.advance(connection, document, run)


def _copy(connection: Connection, table: str, columns: str, document: str, base: int, run: int, where: str) -> None:
    """Give a run rows of an earlier one; those it has already stay as they are."""
    connection.execute(
        text(
            f"INSERT INTO {table} (document, run, {columns}) SELECT document, :next, {columns} FROM {table}"
            f" WHERE {_RUN} AND {where} ON CONFLICT DO NOTHING"
        ),
        {"document": document, "run": base, "next": run},
    )


def _ranges(numbers: list[int], size: int, alone: set[int]) -> list[tuple[int, int]]:
    """Runs of neighbouring pages, at most `size` long; pages that failed before stand alone."""
    ranges: list[tuple[int, int]] = []
    for number in numbers:
        if ranges:
            first, last = ranges[-1]
            if last + 1 == number and number - first < size and number not in alone and last not in alone:
                ranges[-1] = (first, number)
                continue
        ranges.append((number, number))
    return ranges
