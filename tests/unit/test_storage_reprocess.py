"""Runs that begin on what earlier runs settled, driven by hand through the ledger."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection, text

from pipeline.errors import PermanentError
from pipeline.types import Box, PageReading, Word
from storage import batches, chunks, cleanup, documents, ledger, pages, reprocess
from storage import status as standing
from storage.catalog import KnowledgeBase
from storage.vectors import VectorStore
from tests.unit.builders import (
    RUN_SETTINGS,
    claim,
    done,
    field,
    image_page,
    publish,
    read_page,
    states,
    through_embed,
    upload,
)

TORN = PermanentError("page_damaged", "torn")


def _ocr(kb: KnowledgeBase, document: str, number: int, run: int, engine: str = "tesseract") -> None:
    held = claim(kb, document, "ocr", f"{number}-{number}", run=run)
    pages.settle_ocr(held, [pages.Read.of(PageReading(number, 1, 1, (Word(engine, Box(0, 0, 1, 1)),), "ocr", engine))])


def _mixed(kb: KnowledgeBase, content: bytes = b"mixed") -> str:
    """A published document: page 1 of text, page 2 read by OCR, page 3 damaged."""
    document = upload(kb, content).id
    first = claim(kb, document, "render")
    pages.page_count_known(first, 3)
    pages.settle_render(first, [read_page(1, "text"), image_page(2)])
    pages.settle_render(claim(kb, document, "render"), [(3, TORN)])
    _ocr(kb, document, 2, run=1)
    through_embed(kb, document, fields={"title": field("A title")})
    publish(kb, document)
    return document


def _words(kb: KnowledgeBase, document: str, run: int) -> dict[int, str]:
    return {reading.page_number: reading.words[0].text for reading in pages.readings(kb, document, run)}


def _texts(kb: KnowledgeBase, document: str, run: int) -> list[str]:
    with kb.db.read() as connection:
        rows = connection.execute(
            text("SELECT text FROM chunk WHERE document = :document AND run = :run ORDER BY position"),
            {"document": document, "run": run},
        )
        return list(rows.scalars())


@pytest.mark.parametrize(
    ("start", "adopted", "units"),
    [
        ("render", {}, {"render 1-2": "ready"}),
        ("ocr", {1: "text"}, {"render 2-2": "ready", "render 3-3": "ready"}),
        ("extract", {1: "text", 2: "tesseract"}, {"render 3-3": "ready"}),
        ("embed", {1: "text", 2: "tesseract"}, {"extract 0-0": "ready", "render 3-3": "failed"}),
        ("store", {1: "text", 2: "tesseract"}, {"extract 0-0": "ready", "render 3-3": "failed"}),
    ],
)
def test_a_run_begins_where_it_is_told_and_keeps_what_came_before(
    kb: KnowledgeBase, start: str, adopted: dict[int, str], units: dict[str, str]
) -> None:
    document = _mixed(kb)
    assert reprocess.reprocess(kb, document, start, {**RUN_SETTINGS, "engine": "rapidocr"}) == 2
    assert _words(kb, document, 2) == adopted
    assert states(kb, document) == units
    status = standing.status(kb, document)
    assert status["status"] == "queued" and status["published_run"] == 1 and status["fields"]["title"]["value"]
    assert next(waiting for stage in ("render", "extract") for waiting in ledger.waiting(kb, stage)).run == 2


@pytest.mark.parametrize("start", ["embed", "store"])
def test_chunks_fields_and_language_are_copied(kb: KnowledgeBase, start: str, monkeypatch: pytest.MonkeyPatch) -> None:
    document = _mixed(kb)
    reprocess.reprocess(kb, document, start, RUN_SETTINGS)
    held = claim(kb, document, "extract", run=2)
    assert held.settings["chunks_of"] == 1
    chunks.settle_adopted(held, 1, rows_per_batch=2)
    assert _texts(kb, document, 2) == _texts(kb, document, 1) == ["one", "two", "three"]
    ready = {unit for unit, state in states(kb, document).items() if state == "ready"}
    assert ready == ({"store 0-0"} if start == "store" else {"embed 0-1", "embed 2-2"})
    if start == "embed":
        for unit in ("0-1", "2-2"):
            embed = claim(kb, document, "embed", unit, run=2)
            assert chunks.texts_to_embed(embed) == [], "the vectors are kept by their texts"
            with ledger.settling(embed):
                pass
    publish(kb, document, run=2)
    status = standing.status(kb, document)
    assert status["published_run"] == 2 and status["language"] == "en" and status["pages"]["failed"] == 1
    assert status["fields"]["title"]["value"] == "A title"
    monkeypatch.setattr(VectorStore, "delete", lambda *_: None)
    while due := cleanup.due(kb):
        cleanup.clean_run(kb, due[0], lease_s=0.0)
    assert _texts(kb, document, 1) == [] and _texts(kb, document, 2) == ["one", "two", "three"]


def test_store_embeds_where_vectors_are_missing(kb: KnowledgeBase) -> None:
    document = _mixed(kb)
    with kb.db.write() as connection:
        connection.exec_driver_sql("DELETE FROM embedding")
    reprocess.reprocess(kb, document, "store", RUN_SETTINGS)
    chunks.settle_adopted(claim(kb, document, "extract", run=2), 1, rows_per_batch=100)
    assert states(kb, document)["embed 0-1"] == "ready"


@pytest.mark.parametrize("start", ["extract", "embed", "store"])
def test_a_run_that_never_got_so_far_is_begun_earlier(kb: KnowledgeBase, start: str) -> None:
    unopened = upload(kb, b"unopened").id
    documents.cancel(kb, unopened)
    reprocess.reprocess(kb, unopened, start, RUN_SETTINGS)
    assert states(kb, unopened) == {"render 1-2": "ready"}
    half = upload(kb, b"half").id
    first = claim(kb, half, "render")
    pages.page_count_known(first, 3)
    pages.settle_render(first, [read_page(1), read_page(2)])
    documents.cancel(kb, half)
    reprocess.reprocess(kb, half, start, RUN_SETTINGS)
    assert _words(kb, half, 2).keys() == {1, 2} and states(kb, half) == {"render 3-3": "ready"}


def test_what_a_cancelled_run_did_not_read_is_taken_from_the_published_one(kb: KnowledgeBase) -> None:
    document = _mixed(kb)
    reprocess.reprocess(kb, document, "ocr", RUN_SETTINGS)
    documents.cancel(kb, document)
    assert standing.status(kb, document)["published_run"] == 1
    reprocess.reprocess(kb, document, "extract", RUN_SETTINGS)
    assert _words(kb, document, 3) == {1: "text", 2: "tesseract"}
    documents.cancel(kb, document)
    reprocess.reprocess(kb, document, "store", RUN_SETTINGS)
    held = claim(kb, document, "extract", run=4)
    assert held.settings["chunks_of"] == 1, "the published run's, whatever was tried since"


def test_the_newest_reading_of_a_page_counts(kb: KnowledgeBase) -> None:
    document = _mixed(kb)
    reprocess.reprocess(kb, document, "ocr", RUN_SETTINGS)
    pages.settle_render(claim(kb, document, "render", "2-2", run=2), [image_page(2)])
    _ocr(kb, document, 2, run=2, engine="rapidocr")
    documents.cancel(kb, document)
    reprocess.reprocess(kb, document, "extract", RUN_SETTINGS)
    assert _words(kb, document, 3)[2] == "rapidocr"


def test_a_page_is_turned_as_its_published_reading_has_it(kb: KnowledgeBase) -> None:
    document = upload(kb, b"sideways").id
    first = claim(kb, document, "render")
    pages.page_count_known(first, 1)
    pages.settle_render(first, [read_page(1, rotation=90)])
    assert pages.rotation_of(kb, document, 1) == 90, "nothing is published: the latest reading counts"
    through_embed(kb, document)
    publish(kb, document)
    reprocess.reprocess(kb, document, "store", RUN_SETTINGS)
    assert pages.page_list(kb, document, 2)[0]["rotation"] == 90, "taken over with the reading"
    documents.cancel(kb, document)
    reprocess.reprocess(kb, document, "render", RUN_SETTINGS)
    assert pages.rotation_of(kb, document, 1) == 90
    first = claim(kb, document, "render", run=3)
    pages.page_count_known(first, 1)
    pages.settle_render(first, [read_page(1, rotation=270)])
    assert pages.page_list(kb, document, 3)[0]["rotation"] == 270
    assert pages.rotation_of(kb, document, 1) == 90, "hits are of the published run"
    through_embed(kb, document, run=3)
    publish(kb, document, run=3)
    assert pages.rotation_of(kb, document, 1) == 270
    assert pages.rotation_of(kb, document, 2) == 0


def test_a_retry_reads_failed_pages_only(kb: KnowledgeBase) -> None:
    document = _mixed(kb)
    assert reprocess.retry(kb, document, RUN_SETTINGS) == 2
    assert states(kb, document) == {"render 3-3": "ready"}
    pages.settle_render(claim(kb, document, "render", run=2), [read_page(3, "mended")])
    assert _words(kb, document, 2) == {1: "text", 2: "tesseract", 3: "mended"}
    assert states(kb, document)["extract 0-0"] == "ready" and "ocr 2-2" not in states(kb, document)


def test_in_work_or_gone_it_cannot_be_begun_anew(kb: KnowledgeBase) -> None:
    document = upload(kb).id
    with pytest.raises(PermanentError, match="still in work"):
        reprocess.reprocess(kb, document, "render", RUN_SETTINGS)
    documents.delete(kb, document)
    with pytest.raises(PermanentError, match="no document"):
        reprocess.reprocess(kb, document, "render", RUN_SETTINGS)


@pytest.mark.parametrize(
    ("which", "expected"),
    [
        ({}, {"mixed", "done", "failed"}),
        ({"status": "failed"}, {"failed"}),
        ({"status": "running"}, set()),
        ({"engine": "tesseract"}, {"mixed"}),
        ({"engine": "text_layer"}, {"mixed", "done"}),
        ({"tag": "t"}, {"mixed", "done", "failed"}),
        ({"tag": "other"}, set()),
    ],
)
def test_many_at_once_by_status_engine_and_tag(kb: KnowledgeBase, which: dict[str, Any], expected: set[str]) -> None:
    ids = {"mixed": _mixed(kb), "done": done(kb, b"done")}
    ids["failed"] = upload(kb, b"failed").id
    ledger.give_up(claim(kb, ids["failed"], "render"), TORN)
    ids["running"] = upload(kb, b"running").id
    claim(kb, ids["running"], "render")
    ids["deleted"] = done(kb, b"deleted")
    documents.delete(kb, ids["deleted"])
    opened = reprocess.reprocess_all(kb, "extract", RUN_SETTINGS, **which)
    assert opened.runs == len(expected)
    assert opened.passed_over == (1 if which in ({}, {"tag": "t"}, {"status": "running"}) else 0)
    begun = {name for name, id_ in ids.items() if name != "deleted" and standing.status(kb, id_)["run"] == 2}
    assert begun == expected


@pytest.mark.parametrize(("hold_s", "transactions"), [(0.0, 12), (60.0, 1)])
def test_many_are_opened_in_short_transactions(
    kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch, hold_s: float, transactions: int
) -> None:
    ids = [done(kb, bytes([number])) for number in range(12)]
    monkeypatch.setattr(batches, "_HOLD_S", hold_s)
    seen = []

    def open_one(connection: Connection, document: str) -> int:
        seen.append(connection.get_transaction())
        return reprocess.open_after(connection, document, "retry", RUN_SETTINGS)

    assert batches.in_short_transactions(kb, ids, open_one) == (12, 0)
    assert len({id(transaction) for transaction in seen}) == transactions
