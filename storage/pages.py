"""Pages: what render and ocr found out, and what readers ask about it."""

from __future__ import annotations

import datetime
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, Row, bindparam
from sqlalchemy.types import JSON

from pipeline import metrics
from pipeline.corrections.page import blank_page, corrected_page
from pipeline.errors import PermanentError
from pipeline.types import PageImage, PageReading, RenderedPage
from storage import dialect, runs, schema, standing
from storage.catalog import KnowledgeBase
from storage.database import after_commit, scalar, text
from storage.ledger import Claim, fail_page, fenced, settling

_READ_AT_ONCE = 100
_A4 = (595.0, 842.0)
_TOLD = ("page_number", "width_pt", "height_pt", "rotation", "source", "engine", "confidence", "review")  # in its row
# A page's reading, and the text that a person put in its place.
_READINGS = (
    "SELECT page.page_number, page.width_pt, page.height_pt, page.rotation, page.corrected, reading.body,"
    " correction.value AS typed FROM page LEFT JOIN reading ON reading.id = page.reading"
    " LEFT JOIN correction ON correction.id = page.corrected"
    " WHERE page.document = :document AND page.run = :run AND page.state = 'read'"
)


def page_count_known(claim: Claim, total: int) -> None:
    """The original was opened: plan its other pages. Doing it twice is safe: only the first time counts."""
    with fenced(claim) as connection:
        runs.set_pages(connection, claim.document, claim.run, claim.unit, total)


def settle_render(claim: Claim, pages: Iterable[RenderedPage | tuple[int, PermanentError]]) -> None:
    """Pages were rendered: texts are read, images wait for OCR, and some may have failed, each for its reason."""
    with settling(claim) as connection:
        images: list[int] = []
        read: list[Read] = []
        for page in pages:
            if isinstance(page, tuple):
                fail_page(connection, claim, *page)
            elif page.reading is not None:
                read.append(Read.of(page.reading))
            elif page.image is not None:
                images.append(page.page_number)
                _put_rendered(connection, claim, page, page.image)
        _put_readings(connection, claim, read)
        if images:
            ranges = _ranges(images, claim.settings.get("ocr_pages_per_unit", 1))
            runs.add_units(connection, claim.document, claim.run, "ocr", ranges, "ready")
            claim.opened.add("ocr")


def _ranges(numbers: Sequence[int], size: int) -> list[tuple[int, int]]:
    """Ascending page numbers as ranges without gaps, at most `size` pages each."""
    ranges: list[tuple[int, int]] = []
    for number in numbers:
        if ranges and ranges[-1][1] + 1 == number and number - ranges[-1][0] < size:
            ranges[-1] = (ranges[-1][0], number)
        else:
            ranges.append((number, number))
    return ranges


@dataclass(frozen=True, slots=True)
class Read:
    """A page that was read.

    Attributes:
        form: a `PageReading` in its JSON form, as it is kept: to make words of it and a form of them again would take
            longer than all else in a worker.
        content: what was read, and how (`page_content.content_of`), for pages that look the same.
    """

    form: dict[str, Any]
    content: bytes | None = None

    @classmethod
    def of(cls, reading: PageReading, content: bytes | None = None) -> Read:
        """Of a reading."""
        return cls(reading.as_dict(), content)


@dataclass(frozen=True, slots=True)
class Lost:
    """A page whose image is gone from disk: it is to be rendered again."""

    page_number: int


Outcome = Read | Lost | tuple[int, PermanentError]
"""What became of a page; the last: it cannot be read, ever."""


def settle_ocr(claim: Claim, outcomes: Sequence[Outcome]) -> None:
    """All pages of a unit were dealt with."""
    with settling(claim) as connection:
        for one in outcomes:
            if isinstance(one, Lost):
                _render_again(connection, claim, one.page_number)
            elif not isinstance(one, Read):
                fail_page(connection, claim, *one)
        _put_readings(connection, claim, [one for one in outcomes if isinstance(one, Read)])


def read_before(claim: Claim, contents: Mapping[int, bytes]) -> dict[int, Read]:
    """What was read of the same images in the same way, in this knowledge base, as read of these pages.

    None too where a person asked for the document to be read again: then it is.

    A copy, so that each document keeps its own and a deleted one takes its own along. Where the other document is
    deleted between this look and the settle, nothing of it comes back to life: this page shows the very same.
    """
    with claim.kb.db.read() as connection:
        rows = connection.execute(
            text(
                "SELECT reading.content, max(reading.id) AS id FROM reading"
                " JOIN document ON document.id = reading.document"
                " WHERE reading.content IN :contents AND document.deleted_at IS NULL AND EXISTS (SELECT 1 FROM run"
                " WHERE run.document = :document AND run.run = :run AND cause != 'reprocess') GROUP BY reading.content"
            ).bindparams(bindparam("contents", expanding=True)),
            {"contents": list(contents.values()), "document": claim.document, "run": claim.run},
        )
        bodies = {
            bytes(row.content): scalar(connection, "SELECT body FROM reading WHERE id = :id", id=row.id) for row in rows
        }
    return {
        number: Read.of(_again(bodies[content], number), content)
        for number, content in contents.items()
        if content in bodies
    }


def _again(body: bytes, page_number: int) -> PageReading:
    reading = PageReading.from_dict(orjson.loads(zlib.decompress(body)))
    settings = {**reading.engine_settings, "reused": True}
    return replace(reading, page_number=page_number, engine_settings=settings, seconds=0.0)


def images_of(claim: Claim) -> dict[int, tuple[PageImage, float, float]]:
    """By page number the images that the unit's pages wait with, and the pages' width and height in points.

    A file is a bare name (`DocumentFiles.image`); older versions of Pagemill wrote a path that ends in it.
    """
    with claim.kb.db.read() as connection:
        rows = connection.execute(
            text(
                "SELECT page_number, image, width_pt, height_pt FROM page WHERE document = :document AND run = :run"
                " AND page_number BETWEEN :first AND :last"
            ).columns(image=JSON),
            {"document": claim.document, "run": claim.run, "first": claim.first, "last": claim.last},
        ).all()
    images = {row.page_number: (PageImage(**row.image), row.width_pt, row.height_pt) for row in rows if row.image}
    return {number: (replace(image, file=Path(image.file).name), *size) for number, (image, *size) in images.items()}


def _render_again(connection: Connection, claim: Claim, page_number: int) -> None:
    """Have a page rendered again, as its image is gone. Doing it twice is safe."""
    unit = f"{page_number}-{page_number}"
    values = {"document": claim.document, "run": claim.run, "unit": unit}
    where = "document = :document AND run = :run AND unit = :unit"
    runs.add_units(connection, claim.document, claim.run, "render", [(page_number, page_number)], "ready")
    connection.execute(text(f"UPDATE unit SET state = 'ready' WHERE {where} AND stage = 'render'"), values)
    # Its OCR unit is made anew by the settle of that rendering; a range stands for one page less.
    connection.execute(text(f"DELETE FROM unit WHERE {where} AND stage = 'ocr'"), values)
    connection.execute(text(f"UPDATE unit SET size = size - 1 WHERE {where} AND stage = 'ocr'"),
                       {**values, "unit": claim.unit})  # fmt: skip
    claim.opened.add("render")


def readings(kb: KnowledgeBase, document: str, run: int) -> list[PageReading]:
    """All pages read in a run, as corrected, in page order; memory is bounded by the document's text."""
    return list(each_reading(kb, document, run))


def opened_on(kb: KnowledgeBase, document: str, run: int) -> datetime.date:
    """The day (UTC) on which a run was opened; what is read in it may say "to this day"."""
    with kb.db.read() as connection:
        opened: str = connection.execute(
            text("SELECT created_at FROM run WHERE document = :document AND run = :run"),
            {"document": document, "run": run},
        ).scalar_one()
    return datetime.date.fromisoformat(opened[:10])


def each_reading(kb: KnowledgeBase, document: str, run: int, at_once: int = _READ_AT_ONCE) -> Iterator[PageReading]:
    """The pages read in a run, as corrected, in page order, `at_once` of them in memory at a time."""
    after = 0
    while True:
        with kb.db.read() as connection:
            rows = connection.execute(
                text(f"{_READINGS} AND page.page_number > :after ORDER BY page.page_number LIMIT :limit"),
                {"document": document, "run": run, "after": after, "limit": at_once},
            ).all()
        if not rows:
            return
        yield from (_reading(row) for row in rows)
        after = rows[-1].page_number


def page_list(kb: KnowledgeBase, document: str, run: int) -> list[dict[str, Any]]:
    """Each page of a run without its words."""
    table = schema.page
    columns = [column for column in table.c if column.name not in {"document", "run", "image", "reading"}]
    with kb.db.read() as connection:
        rows = connection.execute(
            table.select()
            .with_only_columns(*columns)
            .where(table.c.document == document, table.c.run == run)
            .order_by(table.c.page_number)
        )
        return [_listed(dict(row)) for row in rows.mappings()]


def _listed(row: dict[str, Any]) -> dict[str, Any]:
    """A page's row as people see it: what failed on a page that was typed since is no matter any more."""
    corrected = row["corrected"] is not None
    return {**row, "corrected": corrected, "error": None if corrected else row["error"]}


def page_reading(kb: KnowledgeBase, document: str, run: int, page_number: int) -> PageReading | None:
    """The reading of one page, as corrected, or None where it was not read."""
    with kb.db.read() as connection:
        row = connection.execute(
            text(f"{_READINGS} AND page.page_number = :page"), {"document": document, "run": run, "page": page_number}
        ).first()
    return _reading(row) if row else None


def is_corrected(kb: KnowledgeBase, document: str, among: Iterable[int], page_number: int) -> bool:
    """Whether a page is corrected in the first of some runs that read it."""
    with kb.db.read() as connection:
        for run in among:
            row = connection.execute(
                text(
                    "SELECT corrected FROM page WHERE document = :document AND run = :run AND page_number = :page"
                    " AND state = 'read'"
                ),
                {"document": document, "run": run, "page": page_number},
            ).first()
            if row is not None:
                return row.corrected is not None
    return False


def rotation_of(kb: KnowledgeBase, document: str, page_number: int) -> int:
    """Degrees clockwise by which a page is to be turned so that boxes fit it; 0 where it was not read.

    Those of hits and results are of the published run. Where that did not read the page, the latest run's count.
    """
    with kb.db.read() as connection:
        rotation = scalar(
            connection,
            "SELECT page.rotation FROM document JOIN page ON page.document = document.id AND page.state = 'read'"
            " AND page.run IN (document.run, document.published_run) AND page.page_number = :page"
            " WHERE document.id = :document ORDER BY page.run = document.published_run DESC LIMIT 1",
            document=document,
            page=page_number,
        )
    return int(rotation or 0)


def _reading(row: Row[Any]) -> PageReading:
    if row.body is not None:
        reading = PageReading.from_dict(orjson.loads(zlib.decompress(row.body)))
    else:  # it failed, and a person typed it
        reading = blank_page(row.page_number, row.width_pt or _A4[0], row.height_pt or _A4[1], row.rotation)
    return reading if row.corrected is None else corrected_page(reading, row.typed or "")


def _put_readings(connection: Connection, claim: Claim, read: Sequence[Read]) -> None:
    """Write what was read, each page in the place of what stood there."""
    if not read:
        return
    of_run = {"document": claim.document, "run": claim.run}
    readings, rows = [], []
    for one in read:
        page = one.form
        reading_id = f"{claim.document}-{claim.run}-{page['page_number']}"
        body = zlib.compress(orjson.dumps(page), 1)
        readings.append({"id": reading_id, "document": claim.document, "body": body, "content": one.content})
        told = {name: page[name] for name in _TOLD}
        rows.append({**of_run, **told, "state": "read", "image": None, "reading": reading_id, "error": None,
                     "corrected": None})  # fmt: skip
    engine = dialect.of(connection)
    engine.upsert(connection, schema.reading, ["id"], readings)
    engine.upsert(connection, schema.page, [*of_run, "page_number"], rows)
    if standing.standing(connection, claim.document, claim.run, "page"):
        for one in read:
            standing.restate(connection, claim.document, claim.run, one.form["page_number"])
    after_commit(connection, lambda: _count(read))


def _count(read: Sequence[Read]) -> None:
    for one in read:
        metrics.count_page(one.form["engine"], "review" if one.form["review"] else "read")


def _put_rendered(connection: Connection, claim: Claim, page: RenderedPage, image: PageImage) -> None:
    """Write that a page waits with its image."""
    key: dict[str, Any] = {"document": claim.document, "run": claim.run, "page_number": page.page_number}
    values = {
        "state": "rendered", "width_pt": page.width_pt, "height_pt": page.height_pt,
        "image": {"file": image.file, "width_px": image.width_px, "height_px": image.height_px, "dpi": image.dpi},
    }  # fmt: skip
    dialect.of(connection).upsert(connection, schema.page, list(key), [{**key, **values}])
