"""Counts over all documents are remembered while nothing changes, and a while longer where there are many."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from storage import overview, status, tally
from storage.catalog import KnowledgeBase, Storage
from storage.tally import Tally
from tests.unit import builders


class Counted:
    """Documents that tell how often they were counted, each time in two seconds by a clock of their own."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, documents: int) -> None:
        self.now, self.times, self._documents = 100.0, 0, documents
        monkeypatch.setattr(tally, "time", SimpleNamespace(monotonic=lambda: self.now))

    def __call__(self) -> tuple[int, int]:
        self.now += 2.0
        self.times += 1
        return self._documents, self.times


def test_few_documents_are_counted_whenever_something_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    memory, count = Tally(), Counted(monkeypatch, 4_999)
    assert [memory.of("a", version, count) for version in (1, 1, 2)] == [(1, 1), (1, 1), (2, 2)]
    assert memory.of("b", 2, count) == (2, 3), "other counts are others"


def test_many_are_counted_a_twentieth_of_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    memory, count = Tally(), Counted(monkeypatch, 5_000)
    assert memory.of("a", 1, count) == (1, 1)
    count.now += 39.0
    assert memory.of("a", 2, count) == (1, 1), "it says of which version it is"
    count.now += 2.0
    assert memory.of("a", 3, count) == (3, 2)


def test_counts_follow_what_happens(storage: Storage, kb: KnowledgeBase) -> None:
    for number in range(2):
        builders.upload(kb, str(number).encode())
        assert status.counts(kb)["documents"]["queued"] == number + 1
    builders.claim(kb, status.statuses(kb, limit=1)[0]["id"], "render")
    assert status.counts(kb)["documents"] == {"queued": 1, "running": 1, "done": 0, "failed": 0, "cancelled": 0}
    assert overview.documents(storage)["running"] == 1
