"""Runs that begin on what earlier runs settled: the retry of what failed, and the reprocessing from a stage on.

    render    everything anew, from the original
    ocr       pages with a text layer are kept, the others are rendered and read again
    extract   all that was read is kept; pages that failed are rendered and read again
    embed     chunks and fields of the published run are kept too
    store     and their vectors: only the full text and the vector index are written again

A correction opens a run from extract on, on what was read; where it leaves the text as it is, the chunks are kept too.

So `store` rebuilds an index that Chroma lost, without reading or embedding anything. Where no earlier run got that far,
a run begins at the earliest stage it needs. The published run stays searchable until the new one publishes, and stays
where that one fails or is cancelled.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, bindparam, text
from sqlalchemy.types import JSON

from pipeline.errors import PermanentError
from storage import passwords, runs, standing, status
from storage.batches import in_short_transactions
from storage.catalog import KnowledgeBase

_WITH_CHUNKS = ("embed", "store")
_RUN = "document = :document AND run = :run"
_READING = "state, width_pt, height_pt, rotation, reading, source, engine, confidence, review, error, corrected"
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
        passwords.keep(connection, kb.file_store, document, run, password)
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
        passwords.keep(connection, kb.file_store, document, run, password)
        return run


def _reprocess(connection: Connection, document: str, start: str, settings: dict[str, Any]) -> int:
    row = _at_rest(connection, document)
    run = int(row.run) + 1
    total = row.pages_total or row.published_total
    if start == "render" or total is None:
        runs.open_run(connection, document, run, "reprocess", settings)
    elif (
        start in _WITH_CHUNKS
        and row.published_run is not None
        # A correction whose run failed or was cancelled is in no chunk yet.
        and standing.pages_stand(connection, document, row.published_run, run)
    ):
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
    tags = kb.db.dialect.elements("d.tags", "tag")
    with kb.db.read() as connection:
        found = connection.execute(
            text(
                "SELECT d.id FROM document AS d JOIN run AS r ON r.document = d.id AND r.run = d.run"
                " WHERE d.deleted_at IS NULL AND (:status IS NULL OR r.status = :status)"
                f" AND (:tag IS NULL OR EXISTS (SELECT 1 FROM {tags} WHERE tag.value = :tag))"
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
    row = latest(connection, document)
    if row.status in runs.UNFINISHED:
        raise PermanentError("conflict", "The document is still in work; wait for it, or cancel it first.")
    return row


def latest(connection: Connection, document: str) -> Row[Any]:
    """How a document's latest run stands, and its published one.

    Raises:
        PermanentError: `not_found`.
    """
    row = connection.execute(
        text(
            "SELECT d.run, d.published_run, r.status, r.pages_total, p.pages_total AS published_total,"
            " p.settings AS published_settings, p.fields AS published_fields"
            " FROM document AS d JOIN run AS r ON r.document = d.id AND r.run = d.run"
            " LEFT JOIN run AS p ON p.document = d.id AND p.run = d.published_run"
            " WHERE d.id = :document AND d.deleted_at IS NULL"
        ).columns(published_settings=JSON, published_fields=JSON),
        {"document": document},
    ).first()
    if row is None:
        raise status.not_found(document)
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
    standing.restate(connection, document, run)
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
    settings = {**settings, **_fields_of(connection, document, base), "start": start, "chunks_of": base}
    runs.insert_run(connection, document, run, "reprocess", settings, total)
    _copy(connection, "page", f"page_number, {_READING}", document, base, run, "state IN ('read', 'failed')")
    _copy(connection, "unit", _UNIT, document, base, run, "state = 'failed' AND stage IN ('render', 'ocr')")
    standing.restate(connection, document, run)
    runs.touch(connection, document)
    runs.advance(connection, document, run)


def _fields_of(connection: Connection, document: str, base: int) -> dict[str, Any]:
    """The schema that the fields of a run are of, for those who take them over."""
    settings = connection.execute(
        text(f"SELECT settings FROM run WHERE {_RUN}").columns(settings=JSON), {"document": document, "run": base}
    ).scalar_one()
    return {"schema": settings["schema"]} if "schema" in settings else {}


def require_opened(row: Row[Any]) -> None:
    """Pass where it is known how many pages a document has.

    Args:
        row: as `latest` gives it.

    Raises:
        PermanentError: `conflict`.
    """
    if row.pages_total is None:
        why = "wait until its pages are read" if row.status in runs.UNFINISHED else "retry it first"
        raise PermanentError("conflict", f"The document was not opened yet, so it has no pages to correct; {why}.")


def require_all_pages_settled(connection: Connection, document: str, row: Row[Any]) -> None:
    """Pass where no page of a document is still to be read.

    Args:
        row: as `latest` gives it.

    Raises:
        PermanentError: `conflict`.
    """
    require_opened(row)
    found = connection.execute(
        text(
            "SELECT count(DISTINCT page_number) AS settled, (SELECT count(*) FROM unit WHERE document = :document"
            " AND run = :latest AND stage IN ('render', 'ocr') AND state IN ('blocked', 'ready', 'claimed')) AS open"
            " FROM page WHERE document = :document AND run IN (:latest, :published) AND state IN ('read', 'failed')"
        ),
        {"document": document, "latest": row.run, "published": row.published_run or row.run},
    ).one()
    if found.open:
        raise PermanentError(
            "conflict", "Pages of the document are still being read; send the correction again once they are."
        )
    if found.settled < row.pages_total:
        raise PermanentError(
            "conflict",
            f"The document was {row.status} before all of its pages were read; retry it, then correct it.",
        )


def open_for_correction(connection: Connection, document: str, row: Row[Any], settings: dict[str, Any]) -> int:
    """Open a run from extract on, on all that was read; what failed stays failed. Its number.

    A run in work that has read all pages ends here: the new one takes its place, and what is published stays.

    Args:
        row: as `latest` gives it; all of its pages are settled, and its corrections are written.
    """
    if row.status in runs.UNFINISHED:
        # One that is published, and only stored once more after a restore, is done but for some vectors.
        runs.finish(connection, document, row.run, "done" if row.run == row.published_run else "cancelled")
    run = int(row.run) + 1
    runs.insert_run(connection, document, run, "correction", settings, row.pages_total)
    bases = dict.fromkeys([row.run, row.published_run or row.run])
    for state in ("read", "failed"):
        for base in bases:
            _copy(connection, "page", f"page_number, {_READING}", document, base, run, f"state = '{state}'")
    for base in bases:
        _copy(connection, "unit", _UNIT, document, base, run, "state = 'failed' AND stage IN ('render', 'ocr')")
    connection.execute(
        text(
            f"DELETE FROM unit WHERE {_RUN} AND NOT EXISTS (SELECT 1 FROM page WHERE page.document = unit.document"
            " AND page.run = unit.run AND page_number BETWEEN first AND last AND page.error IS NOT NULL)"
        ),
        {"document": document, "run": run},
    )
    standing.restate(connection, document, run)
    if row.published_run is not None and _same_text(connection, document, row, run, settings):
        kept = {**settings, "start": "store", "chunks_of": row.published_run}
        connection.execute(
            text(f"UPDATE run SET settings = :settings WHERE {_RUN}").bindparams(bindparam("settings", type_=JSON)),
            {"document": document, "run": run, "settings": kept},
        )
    runs.touch(connection, document)
    runs.advance(connection, document, run)
    return run


def _same_text(connection: Connection, document: str, row: Row[Any], run: int, settings: dict[str, Any]) -> bool:
    """Whether the published run's chunks and found fields are those of `run` too."""
    if any(row.published_settings.get(name) != settings.get(name) for name in ("schema", "chunk_tokens")):
        return False
    columns = "page_number, state, reading, corrected"
    of_run = f"SELECT {columns} FROM page WHERE document = :document AND run ="
    differing = connection.execute(
        text(f"SELECT 1 FROM ({of_run} :run EXCEPT {of_run} :base) AS more UNION SELECT 1 FROM ({of_run} :base EXCEPT"
             f" {of_run} :run) AS fewer LIMIT 1"),
        {"document": document, "run": run, "base": row.published_run},
    )  # fmt: skip
    return differing.first() is None


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
