"""Failures listed, retried and discarded; stages paused and resumed; the overview that tells of both."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any

import pytest

from actors import dispatch
from actors.broker import Queue, Sent
from actors.shell import Hands, Shell
from pipeline.errors import PermanentError, ServiceUnavailable
from pipeline.settings import LedgerSettings, QueueSettings, Settings
from storage import documents, failures, ledger, overview, pace, pages, pauses, reprocess, status
from storage.catalog import KnowledgeBase, Storage
from storage.failures import Place
from tests.stack import until
from tests.unit.builders import RUN_SETTINGS, claim, image_page, read_page, through_embed, upload

TORN = PermanentError("page_damaged", "torn")
EVERY = {"kb", "document", "filename", "run", "stage", "unit", "error", "finished_at"}


def _with_failures(kb: KnowledgeBase, content: bytes = b"torn") -> str:
    """Four pages: 1 is of text, 2 and 4 cannot be drawn, 3 cannot be read; the run goes on to extract."""
    document = upload(kb, content).id
    first = claim(kb, document, "render")
    pages.page_count_known(first, 4)
    pages.settle_render(first, [read_page(1), (2, TORN)])
    pages.settle_render(claim(kb, document, "render"), [image_page(3), (4, TORN)])
    pages.settle_ocr(claim(kb, document, "ocr"), [(3, PermanentError("engine_missing", "no engine"))])
    return document


def _units(kb: KnowledgeBase, stage: str, **which: Any) -> list[str]:
    return [unit["unit"] for unit in failures.listed(kb, stage, limit=50, **which)]


def test_a_page_that_fails_is_a_failed_unit_of_its_own(kb: KnowledgeBase) -> None:
    document = _with_failures(kb)
    assert _units(kb, "render") == ["2-2", "4-4"] and _units(kb, "ocr") == ["3-3"]
    (listed,) = failures.listed(kb, "ocr", limit=50)
    assert listed.keys() == EVERY and listed["error"]["code"] == "engine_missing" and listed["filename"] == "a.pdf"
    counted = status.status(kb, document)["stages"]
    assert [counted["render"][name] for name in ("total", "done", "failed")] == [4, 2, 2]
    assert [counted["ocr"][name] for name in ("total", "done", "failed")] == [1, 0, 1]
    assert ledger.waiting(kb, "extract"), "the other pages go on"
    with kb.db.read() as connection:
        pace.measure(connection, {})  # a range that lost all its pages has no pace


def test_of_a_range_all_pages_may_fail(kb: KnowledgeBase) -> None:
    document = upload(kb).id
    first = claim(kb, document, "render")
    pages.page_count_known(first, 2)
    pages.settle_render(first, [(1, TORN), (2, TORN)])
    assert _units(kb, "render") == ["1-1", "2-2"]
    assert status.status(kb, document)["error"]["code"] == "no_page_read"
    assert status.status(kb, document)["stages"]["render"]["failed"] == 2
    with kb.db.read() as connection:
        assert pace.measure(connection, {}).per_second == {}


def test_a_step_of_the_whole_document_is_listed_too(kb: KnowledgeBase) -> None:
    document = upload(kb).id
    ledger.give_up(claim(kb, document, "render"), PermanentError("encrypted", "needs a password"))
    assert [(unit["document"], unit["error"]["code"]) for unit in failures.listed(kb, "render", limit=9)] == [
        (document, "encrypted")
    ]


def test_only_the_latest_run_of_documents_that_are_there(kb: KnowledgeBase) -> None:
    document, gone = _with_failures(kb), _with_failures(kb, b"gone")
    documents.delete(kb, gone)
    documents.cancel(kb, document)
    assert {unit["document"] for unit in failures.listed(kb, "render", limit=50)} == {document}
    reprocess.retry(kb, document, RUN_SETTINGS)
    assert _units(kb, "render") == [] and _units(kb, "ocr") == []


def test_a_long_list_comes_in_parts(kb: KnowledgeBase) -> None:
    ids = [_with_failures(kb, bytes([number])) for number in range(3)]
    whole = failures.listed(kb, "render", limit=50)
    assert [unit["document"] for unit in whole] == [id_ for id_ in ids[::-1] for _ in range(2)]
    parts: list[dict[str, Any]] = []
    while part := failures.listed(
        kb,
        "render",
        limit=1,
        after=Place(parts[-1]["document"], *map(int, parts[-1]["unit"].split("-"))) if parts else None,
    ):
        parts += part
    assert parts == whole
    assert _units(kb, "render", document=ids[1]) == ["2-2", "4-4"]


def test_discarded_is_off_the_list_and_may_be_retried_all_the_same(kb: KnowledgeBase, storage: Storage) -> None:
    document, other = _with_failures(kb), _with_failures(kb, b"other")
    documents.cancel(kb, document)
    before = status.status(kb, document)
    assert overview.pipeline(storage)["stages"]["render"]["failed"] == 4
    assert failures.discard(kb, "render", document) == 2
    assert status.status(kb, document) == before
    assert failures.documents(kb, "render", None) == [other]
    assert overview.pipeline(storage)["stages"]["render"]["failed"] == 2
    assert failures.discard(kb, "render", document) == 0, "again is nothing"
    assert _units(kb, "ocr", document=document) == ["3-3"], "of another stage nothing was discarded"
    assert reprocess.retry(kb, document, RUN_SETTINGS) == 2


def test_many_are_discarded_in_parts(kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        _with_failures(kb, bytes([number]))
    monkeypatch.setattr(failures, "_AT_ONCE", 4)
    assert failures.discard(kb, "render", None) == 6
    assert _units(kb, "render") == []


def test_failed_documents_are_retried_and_those_in_work_passed_over(kb: KnowledgeBase) -> None:
    at_rest, in_work = _with_failures(kb), _with_failures(kb, b"in work")
    documents.cancel(kb, at_rest)
    found = failures.documents(kb, "render", None)
    assert reprocess.retry_all(kb, found, RUN_SETTINGS) == reprocess.Opened(runs=1, passed_over=1)
    assert status.status(kb, at_rest)["run"] == 2 and status.status(kb, in_work)["run"] == 1


class _Messages(Queue):
    """A queue that only remembers what it was told to send."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []

    def send(self, stage: str, kb: str, document: str, run: int, unit: str) -> None:
        self.told.append((stage, unit))

    def standing(self, names: Iterable[str]) -> dict[str, list[Sent]]:
        return {stage: [] for stage in names}


def test_of_a_paused_stage_nothing_is_sent(kb: KnowledgeBase, storage: Storage) -> None:
    upload(kb)
    storage.wake(kb.id)
    began = pauses.pause(storage.catalog, "render").since
    assert pauses.pause(storage.catalog, "render").since == began, "twice is once"
    queue = _Messages()
    assert dispatch.top_up(storage, queue) == 0
    assert overview.pipeline(storage)["stages"]["render"]["paused"]
    again = Storage(storage.settings)
    assert pauses.paused(again.catalog).keys() == {"render"}, "it holds over a restart"
    again.catalog.close()
    pauses.resume(storage.catalog, "render")
    assert dispatch.top_up(storage, queue) == 1 and queue.told == [("render", "1-2")]
    assert not overview.pipeline(storage)["stages"]["render"]["paused"]


def test_a_worker_leaves_a_unit_of_a_paused_stage_alone(kb: KnowledgeBase, storage: Storage) -> None:
    document = upload(kb).id
    settings = Settings(storage=storage.settings.storage, queue=QueueSettings(), ledger=LedgerSettings())
    shell = Shell(settings, storage, _Messages(), "render", "worker")
    worked: list[str] = []

    def work(hands: Any) -> None:
        worked.append(hands.claim.unit)

    pauses.pause(storage.catalog, "render")
    shell.do(work, kb.id, document, 1, "1-2")
    assert worked == [] and ledger.state_of(kb, document, 1, "render", "1-2") == "ready"
    pauses.resume(storage.catalog, "render")
    shell.do(work, kb.id, document, 1, "1-2")
    assert worked == ["1-2"]


def test_a_unit_claimed_while_the_worker_stops_is_put_back(
    kb: KnowledgeBase, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = upload(kb).id
    shell = Shell(storage.settings, storage, _Messages(), "render", "worker")
    taken = ledger.claim

    def claim_late(*arguments: Any) -> ledger.Claim | None:
        shell.stop()  # when it has not got the unit in its hands yet
        return taken(*arguments)

    monkeypatch.setattr(ledger, "claim", claim_late)
    shell.do(lambda hands: hands.still_held(), kb.id, document, 1, "1-2")
    assert ledger.state_of(kb, document, 1, "render", "1-2") == "ready"


@pytest.mark.parametrize("hurry", [False, True])
def test_a_worker_told_to_stop_finishes_what_it_holds_unless_it_is_hurried(
    kb: KnowledgeBase, storage: Storage, hurry: bool
) -> None:
    document = upload(kb).id
    shell = Shell(storage.settings, storage, _Messages(), "render", "worker")
    begun, let_go, hurried = threading.Event(), threading.Event(), threading.Event()

    def work(hands: Hands) -> None:
        begun.set()
        while not let_go.wait(0.005):
            hands.still_held()
        pages.page_count_known(hands.claim, 2)
        pages.settle_render(hands.claim, [image_page(1), image_page(2)])

    doing = threading.Thread(target=shell.do, args=(work, kb.id, document, 1, "1-2"))
    draining = threading.Thread(target=shell.drain, args=(60.0, hurried))
    doing.start()
    assert begun.wait(10)
    draining.start()
    until(shell._leaving.is_set, 10, "the worker to be leaving")
    shell.do(work, kb.id, document, 1, "3-4")  # it takes nothing more
    (hurried if hurry else let_go).set()
    for thread in (doing, draining):
        thread.join(10)
        assert not thread.is_alive()
    assert ledger.state_of(kb, document, 1, "render", "1-2") == ("ready" if hurry else "done")


def test_a_worker_that_is_not_done_in_time_hands_back_what_it_holds(kb: KnowledgeBase, storage: Storage) -> None:
    document = upload(kb).id
    shell = Shell(storage.settings, storage, _Messages(), "render", "worker")

    def work(hands: Hands) -> None:
        shell.drain(0.0, threading.Event())
        hands.still_held()

    shell.do(work, kb.id, document, 1, "1-2")
    assert ledger.state_of(kb, document, 1, "render", "1-2") == "ready"


def test_work_is_announced_before_and_after(storage: Storage, kb: KnowledgeBase) -> None:
    """The sweep may have seen it idle between the first and the commit, even if an error follows."""
    with pytest.raises(KeyError), storage.working(kb.id):
        [(_, activity)] = storage.active()
        storage.rest(kb.id, activity)
        raise KeyError
    assert [id_ for id_, _ in storage.active()] == [kb.id]


def test_work_that_was_committed_is_not_denied(
    storage: Storage, kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(_: str) -> None:
        raise ServiceUnavailable("database catalog.sqlite3: database is locked")

    with storage.working(kb.id):
        monkeypatch.setattr(storage, "wake", locked)
    with pytest.raises(ServiceUnavailable), storage.working(kb.id):
        pytest.fail("nothing is begun that was not announced")


def test_a_pause_is_no_standstill(kb: KnowledgeBase, storage: Storage) -> None:
    document = upload(kb).id
    first = claim(kb, document, "render")
    pages.page_count_known(first, 4)
    pages.settle_render(first, [image_page(1), image_page(2)])
    pauses.pause(storage.catalog, "embed")
    with kb.db.read() as connection:
        seen = pace.measure(connection, pauses.last_pauses(storage.catalog))
    assert seen.paused == {"embed"}
    assert seen.eta_s(document) is None and seen.eta_all_s() is None


def test_the_time_of_a_pause_is_not_counted(kb: KnowledgeBase) -> None:
    document = upload(kb).id
    first = claim(kb, document, "render")
    pages.page_count_known(first, 1)
    pages.settle_render(first, [read_page(1)])
    through_embed(kb, document)
    with kb.db.write() as connection:
        connection.exec_driver_sql(
            "UPDATE unit SET ready_at = '2026-01-01T10:00:00.000Z', started_at = '2026-01-01T10:00:01.000Z',"
            " finished_at = '2026-01-01T12:00:11.000Z' WHERE stage = 'extract'"
        )
    stood = pauses.Pause("2026-01-01T10:00:01.000Z", "2026-01-01T12:00:01.000Z")
    with kb.db.read() as connection:
        assert pace.measure(connection, {}).per_second["extract"] < 0.001
        assert pace.measure(connection, {"extract": stood}).per_second["extract"] == pytest.approx(0.1)
