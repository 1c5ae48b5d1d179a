"""What people corrected: taking it in, listing it, taking it back.

    one transaction, flushed to disk:  the correction's rows  +  the run that it opens (or nothing)

So whatever is killed when, a correction that was answered is there and its run is in the ledger, and one that was not
answered may be sent again: what stands already is not written twice and opens no run. Where a run in work has read all
of its pages, a correction ends it and opens the next; the published one stays. While pages are read, it is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import insert, text

from pipeline import metrics
from pipeline.corrections.fields import corrected_fields
from pipeline.corrections.page import text_of
from pipeline.errors import PermanentError
from pipeline.extract.document import Document
from pipeline.extract.fields.columns import Column, columns_of
from pipeline.extract.fields.locate import DocumentText, locate
from storage import clock, pages, reprocess, runs, schema, standing
from storage.catalog import DEFAULT_SCHEMA, KnowledgeBase
from storage.database import after_commit
from storage.ledger import Claim
from storage.taking import FieldEntry, PageEntry, Taking, reading_id


def add(
    kb: KnowledgeBase,
    document: str,
    page_entries: Sequence[PageEntry],
    field_entries: Sequence[FieldEntry],
    author: str,
    settings: dict[str, Any],
) -> None:
    """Keep corrections and open a run with them; durable when this returns.

    Raises:
        PermanentError: `not_found`; `bad_request`; `conflict` while pages of the document are being read, or where what
            the person saw is not there any more.
    """
    confirmed = _texts_to_confirm(kb, document, [entry.page for entry in page_entries if entry.text is None])
    with kb.db.write(durable=True) as connection:
        row = reprocess.latest(connection, document)
        reprocess.require_opened(row)
        taking = Taking(connection, document, row, author, settings)
        for page in page_entries:
            taking.page(page, confirmed.get(page.page))
        taking.fields(field_entries)
        if not taking.rows and not taking.waits_for_a_run():
            return
        reprocess.require_all_pages_settled(connection, document, row)
        if taking.rows:
            connection.execute(insert(schema.correction), taking.rows)
        reprocess.open_for_correction(connection, document, row, settings)
        for kept in taking.rows:
            kind = str(kept["kind"])
            after_commit(connection, lambda kind=kind: metrics.CORRECTIONS.labels(kind).inc())  # type: ignore[misc]


def _texts_to_confirm(kb: KnowledgeBase, document: str, numbers: Sequence[int]) -> dict[int, tuple[str, str | None]]:
    """The present text of pages, and the reading that it is of: laying a page out takes too long for a transaction."""
    if not numbers:
        return {}
    with kb.db.read() as connection:
        row = reprocess.latest(connection, document)
    found = {}
    for number in numbers:
        for run in dict.fromkeys([row.run, row.published_run or row.run]):
            with kb.db.read() as connection:
                reading = reading_id(connection, document, run, number)
            read = pages.page_reading(kb, document, run, number)
            if read is not None:
                found[number] = text_of(read), reading
                break
    return found


def take_back(kb: KnowledgeBase, document: str, correction: str, settings: dict[str, Any]) -> None:
    """Have a correction stand no more: what stood before it stands again. Durable; doing it twice is safe.

    Raises:
        PermanentError: `not_found`; `conflict` while pages of the document are being read.
    """
    with kb.db.write(durable=True) as connection:
        row = reprocess.latest(connection, document)
        found = connection.execute(
            text("SELECT taken_back_at FROM correction WHERE document = :document AND id = :id"),
            {"document": document, "id": correction},
        ).first()
        if found is None:
            raise PermanentError("not_found", f"There is no correction “{correction}” of this document.")
        if found.taken_back_at is not None:
            return
        run = int(row.run) + 1
        stands = any(one.id == correction for one in standing.standing(connection, document, run))
        if stands:
            reprocess.require_all_pages_settled(connection, document, row)
        connection.execute(
            text("UPDATE correction SET taken_back_at = :wall, taken_back_run = :run WHERE id = :id"),
            {"wall": clock.wall(), "run": run, "id": correction},
        )
        if stands:
            reprocess.open_for_correction(connection, document, row, settings)
        else:
            runs.touch(connection, document)
        after_commit(connection, metrics.CORRECTIONS.labels("taken_back").inc)


def listed(kb: KnowledgeBase, document: str, after: str | None, limit: int) -> list[dict[str, Any]]:
    """Corrections of a document, newest first, those that were taken back or replaced too.

    Args:
        after: the id of the last one seen.

    Raises:
        PermanentError: `not_found`.
    """
    with kb.db.read() as connection:
        row = reprocess.latest(connection, document)
        stand = {one.id for one in standing.standing(connection, document, row.run)}
        rows = connection.execute(
            text(
                "SELECT * FROM correction WHERE document = :document AND (:after IS NULL OR (run, id) <"
                " (SELECT run, id FROM correction WHERE id = :after)) ORDER BY run DESC, id DESC LIMIT :limit"
            ),
            {"document": document, "after": after, "limit": limit},
        ).all()
    return [
        {
            "id": one.id, "kind": one.kind, "page": one.page_number, "path": one.path, "index": one.position,
            "was": one.was, "value": one.value if one.kind == "field" else None,
            "text": one.value if one.kind == "page" else None, "confirmed": bool(one.confirmed), "author": one.author,
            "created_at": one.created_at, "run": one.run, "stands": one.id in stand, "taken_back_at": one.taken_back_at,
        }
        for one in rows
    ]  # fmt: skip


def laid_over(claim: Claim, found: dict[str, Any], document: Callable[[], Document]) -> dict[str, Any] | None:
    """A run's fields with the corrections that stand in it; None where there are none.

    Args:
        found: as rules or a model found them.
        document: asked only where a value is to be looked up.
    """
    with claim.kb.db.read() as connection:
        stand = standing.of_fields(connection, claim.document, claim.run)
        if not stand:
            return None
        turned = standing.turned_by(standing.rotations(connection, claim.document, claim.run))
    columns = columns_of(claim.settings.get("schema", DEFAULT_SCHEMA))
    return corrected_fields(found, stand, columns, turned, _Finder(document))


class _Finder:
    """Looks values up in a document; it is built when the first is asked for."""

    def __init__(self, document: Callable[[], Document]) -> None:
        self._document = document
        self._text: DocumentText | None = None

    def __call__(self, value: str, column: Column) -> tuple[int | None, list[float] | None]:
        """Page and box of a value; nulls where it stands nowhere."""
        if self._text is None:
            self._text = DocumentText(self._document())
        field = locate(self._text, value, column.kind)
        return (field["page"], field["box"]) if field is not None else (None, None)
