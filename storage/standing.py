"""Which corrections stand in a run, and what they make of its pages and fields.

A correction stands in the run it opened and in all after it, until it is taken back or a newer one of the same page or
field takes its place; so a run that is done again comes out as before. A page's row tells how the page counts (read,
not to be looked at again); its reading stays what the reader gave, and the text of the correction is laid over it
whenever it is read (`storage/pages.py`).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from sqlalchemy import Connection, Row
from sqlalchemy.types import JSON

from pipeline.corrections.anchors import Turned, turned_box
from pipeline.corrections.fields import FieldCorrection
from pipeline.types import Box
from storage import clock
from storage.database import text

_AT = "document = :document AND run <= :run AND (taken_back_run IS NULL OR taken_back_run > :run)"
_PAGE = "document = :document AND run = :run AND page_number = :page"
_JSON = {"anchor": JSON, "box": JSON}


def key(row: Any) -> tuple[str, ...]:
    """What a correction is about: of two with the same key the newer stands."""
    if row.kind == "page":
        return "page", str(row.page_number)
    return "field", row.path, row.slot or ""


def standing(connection: Connection, document: str, run: int, kind: str | None = None) -> list[Row[Any]]:
    """The corrections that stand in a run, oldest first, one a page or field."""
    rows = connection.execute(
        text(f"SELECT * FROM correction WHERE {_AT} AND (:kind IS NULL OR kind = :kind) ORDER BY run, id").columns(
            **_JSON
        ),
        {"document": document, "run": run, "kind": kind},
    )
    newest: dict[tuple[str, ...], Row[Any]] = {}
    for row in rows:
        newest[key(row)] = row
    return sorted(newest.values(), key=lambda row: (row.run, row.id))


def of_fields(connection: Connection, document: str, run: int) -> list[FieldCorrection]:
    """The corrections of fields that stand in a run, oldest first."""
    return [
        FieldCorrection(
            row.id, row.path, row.slot, row.anchor, row.value, row.page_number, row.box,
            row.anchor.get("rotation", 0), row.author, row.created_at,
        )
        for row in standing(connection, document, run, "field")
    ]  # fmt: skip


def restate(connection: Connection, document: str, run: int, page_number: int | None = None) -> None:
    """Have the rows of a run's pages tell how they count with the corrections that stand. Again is safe.

    A page that was read, or failed, and that a person has corrected counts as read and is not to be looked at; one
    whose correction was taken back is again what its reader made of it. Failures of pages that a person has typed are
    off the list of failures.

    Args:
        page_number: this page only.
    """
    wanted = {row.page_number: row.id for row in standing(connection, document, run, "page")}
    values = {"document": document, "run": run, "page": page_number}
    rows = connection.execute(
        text(
            "SELECT page_number, state, corrected, reading, error IS NOT NULL AS failed FROM page"
            " WHERE document = :document AND run = :run AND state IN ('read', 'failed')"
            " AND (:page IS NULL OR page_number = :page) ORDER BY page_number"
        ),
        values,
    ).all()
    typed = []
    for row in rows:
        correction = wanted.get(row.page_number)
        at = {**values, "page": row.page_number, "correction": correction}
        if correction is not None:
            connection.execute(
                text(
                    "UPDATE page SET corrected = :correction, state = 'read', review = NULL, confidence = 1.0"
                    f" WHERE {_PAGE}"
                ),
                at,
            )
            if row.failed:
                typed.append(row.page_number)
        elif row.corrected is not None:
            _as_read(connection, at, row.reading)
    if wanted or any(row.corrected for row in rows):
        _discard(connection, document, run, typed, [row.page_number for row in rows if row.failed])


def _as_read(connection: Connection, at: dict[str, Any], reading: str | None) -> None:
    """Have a page count as its reader left it."""
    if reading is None:
        connection.execute(
            text(f"UPDATE page SET corrected = NULL, state = 'failed', confidence = NULL WHERE {_PAGE}"), at
        )
        return
    body = connection.execute(text("SELECT body FROM reading WHERE id = :id"), {"id": reading}).scalar_one()
    read = orjson.loads(zlib.decompress(body))
    connection.execute(
        text(f"UPDATE page SET corrected = NULL, confidence = :confidence, review = :review WHERE {_PAGE}"),
        {**at, "confidence": read["confidence"], "review": read["review"]},
    )


def _discard(connection: Connection, document: str, run: int, typed: Iterable[int], failed: Iterable[int]) -> None:
    """Take failures off the list of which all pages are typed now, and put back those of which one is not any more."""
    held = set(typed)
    bad = set(failed)
    units = connection.execute(
        text(
            "SELECT stage, unit, first, last FROM unit WHERE document = :document AND run = :run"
            " AND state = 'failed' AND stage IN ('render', 'ocr')"
        ),
        {"document": document, "run": run},
    ).all()
    for unit in units:
        pages = {number for number in bad if unit.first <= number <= unit.last}
        if not pages:
            continue
        connection.execute(
            text(
                "UPDATE unit SET discarded_at = :wall WHERE document = :document AND run = :run AND stage = :stage"
                " AND unit = :unit"
            ),
            {
                "document": document, "run": run, "stage": unit.stage, "unit": unit.unit,
                "wall": clock.wall() if pages <= held else None,
            },
        )  # fmt: skip


def pages_stand(connection: Connection, document: str, base: int, run: int) -> bool:
    """Whether the pages of run `base` have just the corrections that stand in `run`: its text is that of `run` too."""
    wanted = {row.page_number: row.id for row in standing(connection, document, run, "page")}
    rows = connection.execute(
        text("SELECT page_number, corrected FROM page WHERE document = :document AND run = :run"),
        {"document": document, "run": base},
    ).all()
    here = {row.page_number for row in rows}
    return {row.page_number: row.corrected for row in rows if row.corrected} == {
        number: id_ for number, id_ in wanted.items() if number in here
    }


def rotations(connection: Connection, document: str, run: int) -> Mapping[int, tuple[int, float, float]]:
    """Degrees by which a run has its pages turned, and their width and height then, by page number."""
    rows = connection.execute(
        text(
            "SELECT page_number, rotation, width_pt, height_pt FROM page WHERE document = :document AND run = :run"
            " AND width_pt IS NOT NULL"
        ),
        {"document": document, "run": run},
    )
    return {row.page_number: (row.rotation, row.width_pt, row.height_pt) for row in rows}


def turned_by(pages: Mapping[int, tuple[int, float, float]]) -> Turned:
    """How boxes of pages that stood otherwise lie now."""

    def turned(page_number: int, rotation: int, box: Box) -> Box | None:
        if page_number not in pages:
            return None
        now, width_pt, height_pt = pages[page_number]
        return turned_box(box, (now - rotation) % 360, width_pt, height_pt)

    return turned
