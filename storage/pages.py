"""Pages: what render and ocr found out, and what readers ask about it."""

from __future__ import annotations

import datetime
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, Row

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
        images = []
        for page in pages:
            if isinstance(page, tuple):
                fail_page(connection, claim, *page)
            elif page.reading is not None:
                _put_reading(connection, claim, page.reading)
            elif page.image is not None:
                images.append((page.page_number, page.page_number))
                _put_page(connection, claim, page.page_number, state="rendered", width_pt=page.width_pt,
                          height_pt=page.height_pt, image=_image_dict(page.image))  # fmt: skip
        runs.add_units(connection, claim.document, claim.run, "ocr", images, "ready")


def settle_ocr(claim: Claim, reading: PageReading, content: bytes | None = None) -> None:
    """A page was read.

    Args:
        content: what was read, and how (`page_content.content_of`), for pages that look the same.
    """
    with settling(claim) as connection:
        _put_reading(connection, claim, reading, content)


def read_before(claim: Claim, page_number: int, content: bytes) -> PageReading | None:
    """What was read of the same image in the same way, in this knowledge base, as the reading of this page.

    None too where a person asked for the document to be read again: then it is.

    A copy, so that each document keeps its own and a deleted one takes its own along. Where the other document is
    deleted between this look and the settle, nothing of it comes back to life: this page shows the very same.
    """
    with claim.kb.db.read() as connection:
        body = scalar(
            connection,
            "SELECT reading.body FROM reading JOIN document ON document.id = reading.document"
            " WHERE reading.content = :content AND document.deleted_at IS NULL"
            " AND EXISTS (SELECT 1 FROM run WHERE run.document = :document AND run.run = :run AND cause != 'reprocess')"
            " LIMIT 1",
            content=content,
            document=claim.document,
            run=claim.run,
        )
    if body is None:
        return None
    reading = PageReading.from_dict(orjson.loads(zlib.decompress(body)))
    settings = {**reading.engine_settings, "reused": True}
    return replace(reading, page_number=page_number, engine_settings=settings, seconds=0.0)


def settle_ocr_failed(claim: Claim, page_number: int, error: PermanentError) -> None:
    """A page cannot be read, ever."""
    with settling(claim) as connection:
        fail_page(connection, claim, page_number, error)


def image_of(claim: Claim, page_number: int) -> tuple[PageImage, float, float] | None:
    """The image a page waits with, and the page's width and height in points.

    Its file is a bare name (`DocumentFiles.image`); older versions of Pagemill wrote a path that ends in it.
    """
    table = schema.page
    with claim.kb.db.read() as connection:
        row = connection.execute(
            table.select().where(
                table.c.document == claim.document, table.c.run == claim.run, table.c.page_number == page_number
            )
        ).first()
    if row is None or row.image is None:
        return None
    image = PageImage(**row.image)
    return replace(image, file=Path(image.file).name), row.width_pt, row.height_pt


def page_lost_its_image(claim: Claim, page_number: int) -> None:
    """The image of a page is gone from disk: have the page rendered again. Doing it twice is safe."""
    with settling(claim) as connection:
        unit = f"{page_number}-{page_number}"
        values = {"document": claim.document, "run": claim.run, "unit": unit}
        where = "document = :document AND run = :run AND unit = :unit"
        runs.add_units(connection, claim.document, claim.run, "render", [(page_number, page_number)], "ready")
        connection.execute(text(f"UPDATE unit SET state = 'ready' WHERE {where} AND stage = 'render'"), values)
        # Its OCR unit is made anew by the settle of that rendering.
        connection.execute(text(f"DELETE FROM unit WHERE {where} AND stage = 'ocr'"), values)


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


def _image_dict(image: PageImage) -> dict[str, Any]:
    return {"file": image.file, "width_px": image.width_px, "height_px": image.height_px, "dpi": image.dpi}


def _put_reading(connection: Connection, claim: Claim, reading: PageReading, content: bytes | None = None) -> None:
    reading_id = f"{claim.document}-{claim.run}-{reading.page_number}"
    body = zlib.compress(orjson.dumps(reading.as_dict()), 1)
    row = {"id": reading_id, "document": claim.document, "body": body, "content": content}
    dialect.of(connection).upsert(connection, schema.reading, ["id"], row)
    _put_page(
        connection, claim, reading.page_number, state="read", width_pt=reading.width_pt, height_pt=reading.height_pt,
        rotation=reading.rotation, image=None, reading=reading_id, source=reading.source, engine=reading.engine,
        confidence=reading.confidence, review=reading.review, error=None, corrected=None,
    )  # fmt: skip
    standing.restate(connection, claim.document, claim.run, reading.page_number)
    after_commit(connection, lambda: metrics.count_page(reading.engine, "review" if reading.review else "read"))


def _put_page(connection: Connection, claim: Claim, page_number: int, **values: Any) -> None:
    key: dict[str, Any] = {"document": claim.document, "run": claim.run, "page_number": page_number}
    dialect.of(connection).upsert(connection, schema.page, list(key), {**key, **values})
