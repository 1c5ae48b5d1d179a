"""The way to Chroma: what hangs is waited for once, by one, and not by each in turn."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import ServiceUnavailable
from storage import vectors
from storage.vectors import VectorStore

VECTOR = np.zeros(4, dtype=np.float32)
_TIMEOUT_S = 0.5


@pytest.fixture
def hanging() -> Iterator[tuple[str, list[socket.socket]]]:
    """The address of a server that takes connections and never answers; those it has taken."""
    taken: list[socket.socket] = []

    def take() -> None:
        while True:
            try:
                taken.append(server.accept()[0])
            except OSError:  # closed: the test is over
                return

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=take)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}", taken
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()
            for connection in taken:
                connection.close()


def _ask(store: VectorStore) -> str:
    with pytest.raises(ServiceUnavailable) as refused:
        store.nearest(VECTOR, 1)
    return str(refused.value)


def test_searches_do_not_queue_up_behind_a_server_that_hangs(hanging: tuple[str, list[socket.socket]]) -> None:
    url, taken = hanging
    store = VectorStore(url, "one", 10, _TIMEOUT_S)
    with ThreadPoolExecutor(6) as threads:
        told = list(threads.map(_ask, [store] * 6))
    assert len(taken) == 1, "each has waited for it"
    assert told.count("Chroma: it does not answer") == 5


def test_knowledge_bases_learn_from_each_other_that_it_hangs(hanging: tuple[str, list[socket.socket]]) -> None:
    url, taken = hanging
    _ask(VectorStore(url, "one", 10, _TIMEOUT_S))
    assert _ask(VectorStore(url, "two", 10, _TIMEOUT_S)) == "Chroma: it does not answer"
    assert len(taken) == 1


def test_it_is_asked_again_after_a_while(
    hanging: tuple[str, list[socket.socket]], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, taken = hanging
    store = VectorStore(url, "one", 10, _TIMEOUT_S)
    _ask(store)
    monkeypatch.setitem(vectors._silent_until, url, 0.0)
    assert "Timeout" in _ask(store) and len(taken) == 2


def test_a_server_that_hangs_for_good_is_told_of(
    hanging: tuple[str, list[socket.socket]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    url, _ = hanging
    monkeypatch.setattr(vectors, "_HANGS_S", 0.0)
    monkeypatch.setattr(vectors, "_SILENT_S", 0.0)
    note = tmp_path / "note"
    store = VectorStore(url, "one", 10, 0.1, note=note)
    for _ in range(2):
        _ask(store)
    assert not note.exists(), "twice may be chance"
    _ask(store)
    assert note.exists()
