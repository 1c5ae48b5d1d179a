"""Short queues and fair choice, on a real queue server."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors import dispatch
from actors.dispatch import Queue
from pipeline.errors import ServiceUnavailable
from pipeline.settings import QueueSettings, RenderSettings, Settings, StorageSettings
from storage import pages
from storage.catalog import KnowledgeBase, Storage
from tests.unit.builders import claim, upload


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    queue = QueueSettings(min_outstanding=4)
    return Settings(storage=StorageSettings(data=tmp_path / "data"), render=RenderSettings(processes=2), queue=queue)


@pytest.fixture
def kb(storage: Storage) -> KnowledgeBase:
    return storage.open(storage.create_knowledge_base("books", ["en"], "auto")["id"])


@pytest.fixture
def queue(redis_url: str) -> Iterator[Queue]:
    queue = Queue(QueueSettings(redis_url=redis_url))
    queue.broker.client.flushall()
    yield queue
    queue.broker.client.close()


def _book(storage: Storage, kb: KnowledgeBase, content: bytes, total: int = 400) -> str:
    """A document of many pages with its window open."""
    storage.wake(kb.id)
    document = upload(kb, content).id
    pages.page_count_known(claim(kb, document, "render"), total)
    return document


def _sent(queue: Queue) -> list[tuple[str, str, int, str]]:
    return [message.key for message in queue.sent("render")]


def test_queues_are_short_and_filled_once(storage: Storage, kb: KnowledgeBase, queue: Queue) -> None:
    storage.wake(kb.id)
    for number in range(30):
        upload(kb, str(number).encode())
    assert dispatch.ready_limit(storage.settings, "render") == 4
    assert dispatch.top_up(storage, queue, ["render"]) == 4
    assert dispatch.top_up(storage, queue, ["render"]) == 0
    assert len(set(_sent(queue))) == 4
    next(queue.broker.consume("render"))
    assert dispatch.top_up(storage, queue, ["render"]) == 1, "what a worker has waits no more"
    assert len(set(_sent(queue))) == 5


def test_a_queue_is_a_message_long_for_a_few_workers_and_longer_for_many() -> None:
    assert dispatch.ready_limit(Settings(), "extract") == 1
    assert dispatch.ready_limit(Settings(render=RenderSettings(processes=12, threads=2)), "render") == 6


def test_a_letter_is_chosen_before_the_next_page_of_a_book(storage: Storage, kb: KnowledgeBase, queue: Queue) -> None:
    book = _book(storage, kb, b"book")
    letter = upload(kb, b"letter").id
    other = upload(kb, b"other").id
    dispatch.top_up(storage, queue, ["render"])
    order = [key[1] for key in _sent(queue)]
    assert Counter(order) == {book: 1, letter: 1, other: 1}, "the book's window is one unit wide"


def test_knowledge_bases_take_turns(storage: Storage, kb: KnowledgeBase, queue: Queue) -> None:
    small = storage.open(storage.create_knowledge_base("small", ["en"], "auto")["id"])
    storage.wake(kb.id)
    storage.wake(small.id)
    for number in range(20):
        upload(kb, str(number).encode())
    for number in range(2):
        upload(small, str(number).encode())
    dispatch.top_up(storage, queue, ["render"])
    assert Counter(key[0] for key in _sent(queue)) == {kb.id: 2, small.id: 2}


def test_lost_messages_are_sent_again(storage: Storage, kb: KnowledgeBase, queue: Queue) -> None:
    storage.wake(kb.id)
    upload(kb, b"one")
    assert dispatch.top_up(storage, queue) == 1
    queue.broker.client.flushall()
    assert dispatch.top_up(storage, queue) == 1


def test_one_broken_database_does_not_stop_the_others(storage: Storage, kb: KnowledgeBase, queue: Queue) -> None:
    broken = storage.open(storage.create_knowledge_base("broken", ["en"], "auto")["id"])
    for knowledge_base in (broken, kb):
        storage.wake(knowledge_base.id)
        upload(knowledge_base, b"one")
    with broken.db.write() as connection:
        connection.exec_driver_sql("DROP TABLE unit")
    assert dispatch.top_up(storage, queue, ["render"]) == 1
    assert [key[0] for key in _sent(queue)] == [kb.id]


def test_a_queue_out_of_reach_is_said(storage: Storage, kb: KnowledgeBase) -> None:
    storage.wake(kb.id)
    upload(kb, b"one")
    with pytest.raises(ServiceUnavailable, match="queue"):
        dispatch.top_up(storage, Queue(QueueSettings(redis_url="redis://127.0.0.1:1/0")))


def test_of_many_knowledge_bases_with_work_some_are_looked_at(
    storage: Storage, kb: KnowledgeBase, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "_COMPARED", 1)
    monkeypatch.setattr(dispatch, "ready_limit", lambda *_: 1)
    kbs = [kb, *(storage.open(storage.create_knowledge_base(f"no. {n}", ["en"], "auto")["id"]) for n in range(5))]
    for one in kbs:
        storage.wake(one.id)
        upload(one, b"a letter")
    looked: list[str] = []
    waiting = dispatch.ledger.waiting
    monkeypatch.setattr(dispatch.ledger, "waiting", lambda kb, *rest: looked.append(kb.id) or waiting(kb, *rest))
    assert dispatch.top_up(storage, queue, ["render"]) == 1
    assert len(looked) == 2, "one to send for, one to compare it with"
    [sent] = _sent(queue)
    queue.broker.client.flushall()
    other = next(one.id for one in kbs if one.id != sent[0])
    assert dispatch.top_up(storage, queue, ["render"], only=other) == 1
    assert [key[0] for key in _sent(queue)] == [other]
