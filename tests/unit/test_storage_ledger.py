from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, text

from pipeline.errors import LeaseLost, PermanentError
from pipeline.types import Box, PageReading, Word
from storage import chunks, cleanup, clock, documents, erasure, ledger, pages, reprocess
from storage import status as standing
from storage.catalog import KnowledgeBase, Storage
from storage.chunks import ModelIdentity
from storage.database import Database
from tests.unit.builders import MODEL, RULES, claim, image_page, read_page, render_all, states, through_embed, upload
from tests.unit.builders import chunks as make_chunks

ERROR = {"code": "page_crashed", "message": "it crashed", "detail": None}


def test_a_document_goes_through_all_stages(kb: KnowledgeBase) -> None:
    document = upload(kb).id
    assert states(kb, document) == {"render 1-2": "ready"}
    render_all(kb, document, 5)
    assert states(kb, document) == {
        "render 1-2": "done",
        "render 3-4": "done",
        "render 5-5": "done",
        "extract 0-0": "ready",
    }
    through_embed(kb, document)
    found = states(kb, document)
    assert found["embed 0-1"] == found["embed 2-2"] == "done" and found["store 0-0"] == "ready"
    status = standing.status(kb, document)
    assert status["status"] == "running" and status["stage"] == "store"
    assert status["pages"] == {"total": 5, "done": 5, "failed": 0, "text_layer": 5, "ocr": 0, "review": 0}
    assert status["stages"]["embed"]["done"] == 3


def test_the_window_bounds_pages_ahead_of_ocr(kb: KnowledgeBase) -> None:
    document = upload(kb).id
    first = claim(kb, document, "render")
    pages.page_count_known(first, 9)
    assert list(states(kb, document).values()) == ["claimed", "ready", "blocked", "blocked", "blocked"]
    pages.settle_render(first, [image_page(1), image_page(2)])
    second = claim(kb, document, "render")
    pages.settle_render(second, [image_page(3), image_page(4)])
    assert not ledger.waiting(kb, "render"), "four images wait: no more may be drawn"
    for number in (1, 2):
        unit = claim(kb, document, "ocr", f"{number}-{number}")
        reading = PageReading(number, 1, 1, (Word("a", Box(0, 0, 1, 1)),), "ocr", "tesseract")
        pages.settle_ocr(unit, [pages.Read.of(reading)])
    assert [waiting.unit for waiting in ledger.waiting(kb, "render")] == ["5-6"]


def test_one_bad_page_fails_that_page(kb: KnowledgeBase) -> None:
    document = upload(kb).id
    first = claim(kb, document, "render")
    pages.page_count_known(first, 2)
    pages.settle_render(first, [read_page(1), (2, PermanentError("page_damaged", "page 2 is torn"))])
    assert states(kb, document)["extract 0-0"] == "ready"
    status = standing.status(kb, document)
    assert status["pages"]["failed"] == 1 and status["warnings"][0]["message"] == "page 2 is torn"


def test_no_page_read_fails_the_document_with_the_reason(kb: KnowledgeBase) -> None:
    document = upload(kb).id
    first = claim(kb, document, "render")
    pages.page_count_known(first, 1)
    pages.settle_render(first, [(1, PermanentError("page_damaged", "torn"))])
    status = standing.status(kb, document)
    assert status["status"] == "failed" and status["error"]["code"] == "no_page_read"
    assert "torn" in status["error"]["message"]


def test_a_file_that_cannot_be_opened_keeps_its_code(kb: KnowledgeBase) -> None:
    document = upload(kb).id
    ledger.give_up(claim(kb, document, "render"), PermanentError("encrypted", "needs a password"))
    assert standing.status(kb, document)["error"]["code"] == "encrypted"


class _Lock:
    """A clock that stands still, and a write lock that comes so many seconds late."""

    def __init__(self, kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_s, self.late_s = clock.now_s(), 0.0
        write = type(kb.db).write

        @contextmanager
        def write_late(database: Database, *, durable: bool = False) -> Iterator[Connection]:
            with write(database, durable=durable) as connection:
                self.now_s += self.late_s
                yield connection

        monkeypatch.setattr(clock, "now_s", lambda: self.now_s)
        monkeypatch.setattr(type(kb.db), "write", write_late)


def test_a_lease_begins_when_the_lock_came(kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch) -> None:
    document = upload(kb).id
    lock = _Lock(kb, monkeypatch)
    lock.late_s = RULES.lease_s + 1
    held = claim(kb, document, "render")
    lock.late_s = 0.0
    assert ledger.expire_leases(kb, RULES) == [], "claimed while the database was locked"
    lock.now_s += RULES.lease_s - 1
    lock.late_s = RULES.lease_s + 1
    ledger.renew(held, RULES)
    lock.late_s = 0.0
    assert ledger.expire_leases(kb, RULES) == [], "renewed while the database was locked"
    ledger.require_held(held)


def test_while_the_database_is_locked_nobody_counts_as_silent(
    kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim(kb, upload(kb).id, "render")
    lock = _Lock(kb, monkeypatch)
    lock.now_s += RULES.lease_s + 1
    lock.late_s = RULES.lease_s
    assert ledger.expire_leases(kb, RULES) == [], "the renewals that waited too land first"
    lock.late_s = 0.0
    assert [unit["unit"] for unit in ledger.expire_leases(kb, RULES)] == ["1-2"], "none came"


def test_a_lost_lease_writes_nothing(kb: KnowledgeBase) -> None:
    document = upload(kb).id
    stale = claim(kb, document, "render")
    with kb.db.write() as connection:
        connection.execute(text("UPDATE unit SET lease_until_s = 0"))
    assert [unit["unit"] for unit in ledger.expire_leases(kb, RULES)] == ["1-2"]
    fresh = claim(kb, document, "render")
    for write in (
        lambda: pages.page_count_known(stale, 3),
        lambda: pages.settle_render(stale, [read_page(1)]),
        lambda: ledger.renew(stale, RULES),
        lambda: ledger.put_back(stale, 0),
        lambda: ledger.attempt_failed(stale, "crashes", ERROR, RULES),
    ):
        with pytest.raises(LeaseLost):
            write()
    assert standing.status(kb, document)["pages"]["total"] is None
    ledger.renew(fresh, RULES)


def test_a_lease_of_another_boot_has_expired(kb: KnowledgeBase) -> None:
    document = upload(kb).id
    claim(kb, document, "render")
    assert ledger.expire_leases(kb, RULES) == []
    with kb.db.write() as connection:
        connection.execute(
            text("UPDATE unit SET boot = 'before', lease_until_s = :late"), {"late": clock.now_s() + 1e6}
        )
    assert len(ledger.expire_leases(kb, RULES)) == 1


def test_a_claim_is_had_once(kb: KnowledgeBase) -> None:
    document = upload(kb).id
    claim(kb, document, "render")
    assert ledger.claim(kb, document, 1, "render", "1-2", "other", RULES) is None


def test_a_range_that_crashes_is_split_and_only_the_culprit_fails(kb: KnowledgeBase) -> None:
    document = upload(kb).id
    first = claim(kb, document, "render")
    pages.page_count_known(first, 2)
    assert not ledger.attempt_failed(first, "crashes", ERROR, RULES)
    assert states(kb, document) == {"render 1-2": "cancelled", "render 1-1": "ready", "render 2-2": "ready"}
    pages.settle_render(claim(kb, document, "render", "2-2"), [read_page(2)])
    gone = [ledger.attempt_failed(claim(kb, document, "render", "1-1"), "crashes", ERROR, RULES) for _ in range(3)]
    assert gone == [False, False, True]
    status = standing.status(kb, document)
    assert status["pages"]["failed"] == 1 and states(kb, document)["extract 0-0"] == "ready"
    assert status["stages"]["render"] | {"started_at": 0, "finished_at": 0} == {
        "total": 2, "done": 1, "failed": 1, "started_at": 0, "finished_at": 0,
    }  # fmt: skip


def test_a_file_that_crashes_its_reader_is_damaged(kb: KnowledgeBase) -> None:
    document = upload(kb).id
    for _ in range(RULES.max_crashes):
        ledger.attempt_failed(claim(kb, document, "render"), "crashes", ERROR, RULES)
    assert standing.status(kb, document)["error"]["code"] == "damaged"


def test_waiting_for_a_service_counts_nothing(kb: KnowledgeBase) -> None:
    document = upload(kb).id
    for _ in range(20):
        ledger.put_back(claim(kb, document, "render"), 0.0)
    assert standing.status(kb, document)["status"] == "running"
    ledger.put_back(claim(kb, document, "render"), 60.0)
    assert ledger.waiting(kb, "render") == []


def test_cancel_takes_the_unit_away(kb: KnowledgeBase) -> None:
    document = upload(kb).id
    held = claim(kb, document, "render")
    documents.cancel(kb, document)
    with pytest.raises(LeaseLost):
        ledger.renew(held, RULES)
    with pytest.raises(PermanentError, match="nothing to cancel"):
        documents.cancel(kb, document)


def test_retry_adopts_what_was_read(kb: KnowledgeBase) -> None:
    document = upload(kb).id
    first = claim(kb, document, "render")
    pages.page_count_known(first, 3)
    pages.settle_render(first, [read_page(1, "first"), (2, PermanentError("page_damaged", "torn"))])
    with pytest.raises(PermanentError, match="still in work"):
        reprocess.retry(kb, document, first.settings)
    documents.cancel(kb, document)
    assert reprocess.retry(kb, document, first.settings) == 2
    assert states(kb, document) == {"render 2-2": "ready", "render 3-3": "ready"}
    reading = pages.page_reading(kb, document, 2, 1)
    assert reading is not None and reading.words[0].text == "first"


def test_the_same_bytes_are_the_same_document(kb: KnowledgeBase) -> None:
    one, two = upload(kb, b"same"), upload(kb, b"same", "b.pdf")
    assert (two.id, two.duplicate) == (one.id, True)
    documents.cancel(kb, one.id)
    three = upload(kb, b"same")
    assert (three.id, three.duplicate) == (one.id, False)
    assert standing.status(kb, one.id)["run"] == 2
    assert list((kb.folder / "incoming").iterdir()) == []


def test_a_deleted_document_is_gone_at_once_and_may_come_again(kb: KnowledgeBase) -> None:
    one = upload(kb, b"same")
    documents.delete(kb, one.id)
    with pytest.raises(PermanentError, match="no document"):
        standing.status(kb, one.id)
    assert upload(kb, b"same").id != one.id


def test_another_model_is_refused(kb: KnowledgeBase) -> None:
    document = upload(kb).id
    render_all(kb, document, 1)
    through_embed(kb, document)
    chunks.check_model(kb, MODEL)
    with pytest.raises(PermanentError, match=r"Set embed\.model back"):
        chunks.check_model(kb, ModelIdentity("other", "g", 4))


def test_every_settle_moves_the_version_on(kb: KnowledgeBase) -> None:
    document = upload(kb).id
    seen = [standing.status(kb, document)["version"]]
    unit = claim(kb, document, "render")
    seen.append(standing.status(kb, document)["version"])
    pages.page_count_known(unit, 1)
    seen.append(standing.status(kb, document)["version"])
    pages.settle_render(unit, [read_page(1)])
    seen.append(standing.status(kb, document)["version"])
    assert seen == sorted(set(seen))


def test_a_crash_on_a_short_document_splits_no_page_it_does_not_have(kb: KnowledgeBase) -> None:
    document = upload(kb).id
    held = claim(kb, document, "render")
    pages.page_count_known(held, 1)
    ledger.attempt_failed(held, "crashes", ERROR, RULES)
    assert states(kb, document) == {"render 1-2": "ready"}
    for _ in range(RULES.max_crashes - 1):
        ledger.attempt_failed(claim(kb, document, "render"), "crashes", ERROR, RULES)
    assert standing.status(kb, document)["pages"]["failed"] == 1


def test_a_delete_during_a_clean_up_is_not_forgotten(kb: KnowledgeBase) -> None:
    document = upload(kb).id
    documents.cancel(kb, document)
    (before,) = cleanup.due(kb)
    cleanup.clean_run(kb, before, lease_s=0.0)
    (stale,) = cleanup.due(kb)
    documents.delete(kb, document)
    cleanup.clean_run(kb, stale, lease_s=0.0)
    assert cleanup.unfinished(kb), "the delete's own clean-up is still to come"
    while due := cleanup.due(kb):
        cleanup.clean_run(kb, due[0], lease_s=0.0)
    assert erasure.erase(kb, 60.0)
    assert not cleanup.unfinished(kb) and not kb.files(document).original.exists()


def test_a_deleted_knowledge_base_takes_nothing_any_more(storage: Storage, kb: KnowledgeBase) -> None:
    document = upload(kb).id
    held = claim(kb, document, "render")
    storage.delete_knowledge_base(kb.id)
    documents.cancel_all(kb)
    with pytest.raises(LeaseLost):
        pages.page_count_known(held, 1)


def test_whoever_waited_longest_comes_first(kb: KnowledgeBase) -> None:
    book = upload(kb, b"book").id
    pages.page_count_known(claim(kb, book, "render"), 400)
    late = upload(kb, b"letter").id
    assert [waiting.document for waiting in ledger.waiting(kb, "render")] == [book, late]
    pages.settle_render(claim(kb, book, "render"), [read_page(3), read_page(4)])
    assert [waiting.document for waiting in ledger.waiting(kb, "render")] == [late, book]


def test_documents_are_told_once_in_their_turn_however_many_wait(kb: KnowledgeBase) -> None:
    """What is asked for is a few; who is among them must not hang on how many units stand before it."""
    book = upload(kb, b"book").id
    render_all(kb, book, 2)
    chunks.settle_extract(claim(kb, book, "extract"), make_chunks(*map(str, range(40))), "en", {}, 100)
    letter = upload(kb, b"letter").id
    render_all(kb, letter, 1)
    chunks.settle_extract(claim(kb, letter, "extract"), make_chunks("dear"), "en", {}, 10)
    assert [(one.document, one.unit) for one in ledger.waiting(kb, "embed", 2)] == [(book, "0-1"), (letter, "0-0")]
    assert [one.document for one in ledger.waiting(kb, "embed", 1)] == [book]
    held = claim(kb, book, "embed", "0-1")
    assert [(one.document, one.unit) for one in ledger.waiting(kb, "embed", 2)] == [(letter, "0-0"), (book, "2-3")]
    ledger.put_back(held, 60.0)
    assert [(one.document, one.unit) for one in ledger.waiting(kb, "embed")] == [(letter, "0-0"), (book, "2-3")]
    latest = {one.kb_served_s for one in ledger.waiting(kb, "embed")}
    assert latest == {ledger.waiting(kb, "embed")[1].served_s}, "a pause that is still to end is no turn"


def test_a_unit_that_becomes_ready_takes_the_turn_of_its_document(
    kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not that of a clock of before the machine's last start, which may be far ahead of this one's."""
    book = upload(kb, b"book").id
    first = claim(kb, book, "render")
    pages.page_count_known(first, 400)
    letter = upload(kb, b"letter").id
    assert [one.document for one in ledger.waiting(kb, "render")] == [book, letter], "by its claim, not its opening"
    with kb.db.write() as connection:
        connection.exec_driver_sql("UPDATE unit SET claimed_s = 1e12, boot = 'before' WHERE state = 'claimed'")
    ledger.expire_leases(kb, RULES)
    pages.settle_render(claim(kb, book, "render", "3-4"), [read_page(3), read_page(4)])
    assert book in [one.document for one in ledger.waiting(kb, "render")], "it would wait until a clock is there"


@pytest.mark.files
def test_who_chooses_the_next_units_reads_no_more_than_it_asks_for(kb: KnowledgeBase) -> None:
    upload(kb)
    with kb.db.read() as connection:
        plan = connection.exec_driver_sql(
            "EXPLAIN QUERY PLAN SELECT document FROM unit WHERE stage = 'render' AND state = 'ready'"
            " ORDER BY not_before_s, document LIMIT 4"
        ).all()
    assert ["USING" in row.detail and "unit_turn" in row.detail for row in plan] == [True], plan


def test_a_run_that_fails_by_one_expired_unit_keeps_no_other(
    kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = upload(kb).id
    render_all(kb, document, 1)
    chunks.settle_extract(claim(kb, document, "extract"), make_chunks("one", "two", "three"), "en", {}, 10)
    units = [claim(kb, document, "embed") for _ in range(2)]
    later = clock.now_s() + 2 * RULES.lease_s
    monkeypatch.setattr(clock, "now_s", lambda: later)
    ledger.expire_leases(kb, RULES.model_copy(update={"max_losses": 1}))
    assert standing.status(kb, document)["status"] == "failed"
    found = states(kb, document)
    assert sorted(found[f"embed {unit.unit}"] for unit in units) == ["cancelled", "failed"]
