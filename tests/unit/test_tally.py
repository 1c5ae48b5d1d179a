"""Counts over all documents are remembered where nothing changed, or where counting takes long."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from storage import overview, status, tally
from storage.catalog import KnowledgeBase, Storage
from storage.tally import Tally
from tests.unit import builders


class Counted:
    """Something to count that tells how often it was counted, each time taking a while by a clock of its own."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, takes_s: float) -> None:
        self.now, self.times, self._takes_s = 100.0, 0, takes_s
        monkeypatch.setattr(tally, "time", SimpleNamespace(monotonic=lambda: self.now))

    def __call__(self) -> int:
        self.now += self._takes_s
        self.times += 1
        return self.times


def test_what_is_quickly_counted_is_counted_whenever_something_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    memory, count = Tally(), Counted(monkeypatch, takes_s=0.05)
    assert [memory.of("a", version, count) for version in (1, 1, 2)] == [(1, 1), (1, 1), (2, 2)]
    assert memory.of("b", 2, count) == (2, 3), "other counts are others"


def test_what_takes_long_is_counted_a_twentieth_of_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    memory, count = Tally(), Counted(monkeypatch, takes_s=2.0)
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
