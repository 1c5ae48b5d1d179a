"""What Pagemill stands on goes away, fills up, is locked or jumps: nothing is lost, nothing fails, people are told.

While it lasts, uploads are accepted, or refused with 503, Retry-After and no stray file; search finds, and says where
it is not whole. Afterwards all documents finish by themselves, as in an undisturbed run. Each outage is made in the
middle of a run; `make soak` makes them as long as they are in life.
"""

from __future__ import annotations

import datetime
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import httpx
import pytest

from client.requests import kb_path
from tests import drawing
from tests.chaos.rig import Rig, full, locked, rig
from tests.chaos.snapshot import snapshot
from tests.stack import until

pytestmark = pytest.mark.siege

TEXT = "Minutes of the harbour board. The crane was repaired in {}."
BEFORE = {
    "digital.pdf": drawing.text_pdf([[TEXT.format("January")], [TEXT.format("February")]]),
    "image.png": drawing.page_png(TEXT.format("April")),
}
MEANWHILE = {
    "later.pdf": drawing.text_pdf([[TEXT.format("June")], ["五月修理了起重机。"]]),
    "later.png": drawing.page_png(TEXT.format("July")),
}
SHELF = drawing.text_pdf([["The lighthouse keeper keeps the register of wrecks."]])
Meanwhile = Callable[[Rig, str], None]


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Rig, dict[str, Any]]]:
    """A stack on breakable ground, with one document stored for good, and what an undisturbed run leaves in it."""
    with rig(tmp_path_factory.mktemp("outages")) as made:
        shelf = made.stack.create("shelf")
        made.stack.wait(shelf, made.stack.upload(shelf, "shelf.pdf", SHELF))
        made.stack.wait_for_vectors(shelf)
        board = made.stack.create("board")
        result = settled(made, board, {name: made.stack.upload(board, name, content) for name, content in ALL.items()})
        made.stack.client.call("DELETE", kb_path(board))
        assert {entry["status"] for entry in result["board"]["documents"].values()} == {"done"}
        yield made, result


ALL = BEFORE | MEANWHILE


@pytest.fixture
def ground(stand: tuple[Rig, dict[str, Any]]) -> Iterator[Rig]:
    made, _ = stand
    yield made
    for switch in made.switches.iterdir():
        switch.unlink()
    for item in made.stack.client.call("GET", "/knowledge-bases")["items"]:
        if item["name"] != "shelf":
            made.stack.client.call("DELETE", kb_path(item["id"]))
    until(made.ready, 60, "the stack to be ready again")


def settled(made: Rig, kb: str, ids: dict[str, str]) -> dict[str, Any]:
    made.stack.wait(kb, *ids.values(), seconds=180)
    until(made.stack.idle, 90, "the sweep to be idle")
    return snapshot(made.stack.data, made.chroma_url)


def offer(made: Rig, kb: str, name: str, content: bytes) -> str | None:
    """Upload a file; None where it was refused as it should be."""
    answer = httpx.post(
        f"{made.stack.url}/api/v1{kb_path(kb)}/documents", files={"files": (name, content)}, timeout=20, trust_env=False
    )
    if answer.status_code == 503:
        assert int(answer.headers["Retry-After"]) > 0 and answer.json()["error"]["code"] == "unavailable"
        return None
    assert answer.status_code == 202 and answer.json()["rejected"] == [], answer.text
    accepted: str = answer.json()["documents"][0]["id"]
    return accepted


def shelf_is_found(made: Rig) -> str | None:
    """Search for what has long been stored, within a few seconds; what the answer says is missing."""
    params = {"q": "register of wrecks"}
    answer = httpx.get(
        f"{made.stack.url}/api/v1/knowledge-bases/shelf/search", params=params, timeout=15, trust_env=False
    )
    assert answer.status_code == 200, answer.text
    assert [hit["filename"] for hit in answer.json()["hits"]] == ["shelf.pdf"]
    degraded: str | None = answer.json()["degraded"]
    return degraded


def through(
    ground: Rig, undisturbed: dict[str, Any], outage: Callable[[str], AbstractContextManager[None]], seconds: float,
    meanwhile: Meanwhile = lambda made, kb: None,
) -> str:  # fmt: skip
    """Put documents through an outage that begins while the first are being read; the knowledge base's id."""
    kb = ground.stack.create("board")
    (ground.switches / "hold-ocr").touch()
    ids: dict[str, str] = {name: ground.stack.upload(kb, name, content) for name, content in BEFORE.items()}
    note = ground.switches / "held-ocr"
    until(lambda: note.exists() and note.read_text() != "", 60, "ocr to work")
    folder = ground.stack.data / "kb" / kb
    with outage(kb):
        ends = time.monotonic() + seconds
        (ground.switches / "hold-ocr").unlink()
        for name, content in MEANWHILE.items():
            document = offer(ground, kb, name, content)
            if document is not None:
                ids[name] = document
        assert list((folder / "incoming").iterdir()) == [], "a stray upload"
        assert {path.name for path in (folder / "documents").iterdir()} == set(ids.values()), "a stray folder"
        meanwhile(ground, kb)
        until(lambda: time.monotonic() > ends, seconds + 60, "the outage to end")
    for name, content in MEANWHILE.items():
        if name not in ids:
            ids[name] = ground.stack.upload(kb, name, content)
    assert settled(ground, kb, ids) == undisturbed
    assert ground.faults(kb) == 0, "an outage was counted as somebody's fault"
    return kb


def whole(made: Rig, _: str) -> None:
    assert shelf_is_found(made) is None


SHORT_AND_LONG = [3.0, pytest.param(60.0, marks=[pytest.mark.soak, pytest.mark.timeout(600)])]


@pytest.mark.parametrize("seconds", SHORT_AND_LONG)
def test_the_queue_server_is_gone(stand: tuple[Rig, dict[str, Any]], ground: Rig, seconds: float) -> None:
    def told(made: Rig, kb: str) -> None:
        assert shelf_is_found(made) is None
        answer = httpx.get(f"{made.stack.url}/readyz", timeout=30, trust_env=False)
        assert answer.status_code == 503 and any("queue" in problem for problem in answer.json()["problems"])

    through(ground, stand[1], lambda _: ground.valkey.gone(), seconds, told)


def test_the_queue_server_is_emptied_again_and_again(stand: tuple[Rig, dict[str, Any]], ground: Rig) -> None:
    @contextmanager
    def emptied(_: str) -> Iterator[None]:
        with ground.queue() as queue:
            queue.flushall()
            yield
            queue.flushall()

    through(ground, stand[1], emptied, 2.0, whole)


def test_the_queue_server_has_no_memory_left(stand: tuple[Rig, dict[str, Any]], ground: Rig) -> None:
    @contextmanager
    def out_of_memory(_: str) -> Iterator[None]:
        with ground.queue() as queue:
            queue.config_set("maxmemory-policy", "noeviction")
            queue.config_set("maxmemory", "1")
            try:
                yield
            finally:
                queue.config_set("maxmemory", "0")

    through(ground, stand[1], out_of_memory, 3.0, whole)


@pytest.mark.parametrize("seconds", SHORT_AND_LONG)
def test_chroma_is_gone(stand: tuple[Rig, dict[str, Any]], ground: Rig, seconds: float) -> None:
    through(ground, stand[1], lambda _: ground.chroma.gone(), seconds, degraded)


def test_chroma_hangs(stand: tuple[Rig, dict[str, Any]], ground: Rig) -> None:
    through(ground, stand[1], lambda _: ground.chroma.hanging(), 0.0, degraded)


def degraded(made: Rig, _: str) -> None:
    assert (shelf_is_found(made) or "").startswith("vectors: Chroma")


@pytest.mark.parametrize("seconds", [3.0, pytest.param(20.0, marks=[pytest.mark.soak, pytest.mark.timeout(600)])])
@pytest.mark.parametrize("database", ["kb", "catalogue"])
def test_a_database_is_locked_by_another_program(
    stand: tuple[Rig, dict[str, Any]], ground: Rig, database: str, seconds: float
) -> None:
    def held(kb: str) -> AbstractContextManager[None]:
        data = ground.stack.data
        return locked(data / "kb" / kb / "kb.sqlite3" if database == "kb" else data / "catalog.sqlite3")

    def refused(made: Rig, kb: str) -> None:
        assert offer(made, kb, "refused.pdf", SHELF) is None
        assert shelf_is_found(made) is None

    kb = through(ground, stand[1], held, seconds, refused)
    assert ground.losses(kb) == 0, "a unit was taken from a worker that lived"


def test_the_disk_is_full(stand: tuple[Rig, dict[str, Any]], ground: Rig) -> None:
    if ground.disk is None:
        reason = "needs root, to mount a small disk in memory: run the tests as root"
        assert not (os.environ.get("CI") and sys.platform == "linux" and os.geteuid() == 0), reason
        pytest.skip(reason)
    disk = ground.disk

    def no_room(made: Rig, kb: str) -> None:
        assert offer(made, kb, "refused.png", drawing.page_png("refused", dpi=300)) is None
        shelf_is_found(made)

    through(ground, stand[1], lambda _: full(disk), 4.0, no_room)


@pytest.mark.parametrize("hours", [7, -9])
def test_the_wall_clock_jumps(stand: tuple[Rig, dict[str, Any]], ground: Rig, hours: int) -> None:
    @contextmanager
    def stepped(_: str) -> Iterator[None]:
        ground.step_clock(hours)
        # The worker that holds the page: its messages must not wait until the clock is where it last said it lived.
        os.kill(int((ground.switches / "held-ocr").read_text()), signal.SIGKILL)
        try:
            yield
        finally:
            ground.step_clock(0)

    def seen(made: Rig, kb: str) -> None:
        later = next(item for item in made.stack.client.call("GET", f"{kb_path(kb)}/documents")["items"]
                     if item["filename"] == "later.pdf")  # fmt: skip
        off = datetime.datetime.fromisoformat(later["created_at"]) - datetime.datetime.now(datetime.UTC)
        assert round(off / datetime.timedelta(hours=1)) == hours
        assert shelf_is_found(made) is None

    through(ground, stand[1], stepped, 3.0, seen)
