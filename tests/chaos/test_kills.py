"""Kills, lost messages, doubled messages, crashing and hanging pages: everything ends as in an undisturbed run."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
import redis

from pipeline import stages
from tests import drawing
from tests.chaos.child import CRASHES_AT_PT, HANGS_AT_PT
from tests.chaos.snapshot import snapshot
from tests.stack import PYTHON, Stack, running, until

pytestmark = pytest.mark.siege
ENV = {
    # Short times, so that repairs come within seconds; the order between them is that of the defaults.
    "PAGEMILL_LEDGER__LEASE_S": "3",
    "PAGEMILL_LEDGER__RENEW_S": "0.5",
    "PAGEMILL_QUEUE__HEARTBEAT_TIMEOUT_S": "5",
    "PAGEMILL_SWEEP__INTERVAL_S": "0.3",
    "PAGEMILL_OCR__ENGINE": "rapidocr",  # one reader for all pages: its words are compared to the letter
    "PAGEMILL_OCR__PAGE_SECONDS": "15",
}
TEXT = "Minutes of the harbour board. The crane was repaired in {}."


@contextmanager
def troubled(folder: Path) -> Iterator[tuple[Stack, Path]]:
    """A stack whose processes have trouble built in, and the folder that switches it."""
    chaos = folder / "chaos"
    chaos.mkdir(parents=True)
    program = [*PYTHON, "-m", "tests.chaos.up", "up"]
    with running(folder / "data", {**ENV, "CHAOS": str(chaos)}, program) as stack:
        yield stack, chaos


def documents() -> dict[str, bytes]:
    """A few documents of each kind; the same bytes at every call."""
    scanned = drawing.scan(
        drawing.text_pdf([[TEXT.format("May")], [TEXT.format("June")], ["五月修理了起重机。"]]), seed=1
    )
    return {
        "digital.pdf": drawing.text_pdf([[TEXT.format(month)] for month in ("January", "February", "March")]),
        "scan.pdf": scanned,
        "image.png": drawing.page_png(TEXT.format("April")),
        "broken.pdf": drawing.damaged_pdf(),
    }


def read_all(stack: Stack, files: dict[str, bytes]) -> dict[str, str]:
    """Upload files into a knowledge base; ids by name."""
    kb = stack.create("board")
    return {name: stack.upload(kb, name, content) for name, content in files.items()} | {"kb": kb}


def settled(stack: Stack, ids: dict[str, str]) -> dict[str, Any]:
    """Wait until every document has ended and the sweep is idle; what the data folder holds."""
    stack.wait(ids["kb"], *(document for name, document in ids.items() if name != "kb"), seconds=120)
    until(stack.idle, 60, "the sweep to be idle")
    return snapshot(stack.data, stack.chroma_url)


def valkey(stack: Stack) -> redis.Redis:
    config = dict(line.split(" ", 1) for line in (stack.data / "redis" / "valkey.conf").read_text().splitlines())
    return redis.Redis(port=int(config["port"]), password=config["requirepass"])


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    with troubled(tmp_path_factory.mktemp("undisturbed")) as (stack, _):
        result = settled(stack, read_all(stack, documents()))
    found = result["board"]["documents"]
    assert {name: entry["status"] for name, entry in found.items()} == {
        "digital.pdf": "done", "scan.pdf": "done", "image.png": "done", "broken.pdf": "failed",
    }  # fmt: skip
    assert result["tmp"] == [] and all(entry["chunks"] for entry in found.values() if entry["status"] == "done")
    return result


@pytest.fixture(scope="module")
def trouble(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stack, Path]]:
    """One stack for all kinds of trouble: each test makes a knowledge base of its own and ends with an idle sweep."""
    with troubled(tmp_path_factory.mktemp("trouble")) as found:
        yield found


@pytest.fixture
def board(trouble: tuple[Stack, Path]) -> Iterator[tuple[Stack, Path]]:
    stack, chaos = trouble
    yield stack, chaos
    for switch in chaos.iterdir():
        switch.unlink()
    for item in stack.client.call("GET", "/knowledge-bases")["items"]:
        stack.client.call("DELETE", f"/knowledge-bases/{item['id']}")


@pytest.mark.parametrize("stage", stages.NAMES)
def test_a_worker_killed_with_a_unit_in_hand(
    board: tuple[Stack, Path], undisturbed: dict[str, Any], stage: str
) -> None:
    """A real worker in a real stack, once a stage; `test_crash.py` stops at every point there is."""
    stack, chaos = board
    (chaos / f"hold-{stage}").touch()
    ids = read_all(stack, documents())
    note = chaos / f"held-{stage}"
    until(note.exists, 60, f"a worker to hold a unit of {stage}")
    until(lambda: note.read_text() != "", 5, "its process id")
    (chaos / f"hold-{stage}").unlink()
    os.kill(int(note.read_text()), signal.SIGKILL)
    assert settled(stack, ids) == undisturbed


def test_the_queue_emptied_in_mid_run(board: tuple[Stack, Path], undisturbed: dict[str, Any]) -> None:
    stack, chaos = board
    (chaos / "hold-ocr").touch()
    ids = read_all(stack, documents())
    until((chaos / "held-ocr").exists, 60, "ocr to work")
    with valkey(stack) as server:
        assert server.dbsize() > 0
        server.flushall()
    (chaos / "hold-ocr").unlink()
    assert settled(stack, ids) == undisturbed


def test_every_message_delivered_twice(board: tuple[Stack, Path], undisturbed: dict[str, Any]) -> None:
    stack, chaos = board
    (chaos / "twice").touch()
    assert settled(stack, read_all(stack, documents())) == undisturbed


def test_the_sweep_and_the_servers_killed(board: tuple[Stack, Path], undisturbed: dict[str, Any]) -> None:
    stack, _ = board
    ids = read_all(stack, documents())
    for name in ("chroma run", "valkey-server", "actors.sweep", "web.server"):
        os.kill(process_of(stack, name), signal.SIGKILL)
    until(lambda: answers(stack), 60, "the web server to be back")
    assert settled(stack, ids) == undisturbed


def process_of(stack: Stack, words: str) -> int:
    for process in psutil.Process(stack.process.pid).children(recursive=True):
        try:
            if words in " ".join(process.cmdline()):
                return process.pid
        except psutil.NoSuchProcess:  # a zombie, or ended since it was listed: Tesseract's come and go
            continue
    raise AssertionError(f"no process of the stack runs {words}")


def answers(stack: Stack) -> bool:
    try:
        return httpx.get(f"{stack.url}/healthz").is_success
    except httpx.TransportError:
        return False


@pytest.mark.parametrize(("width_pt", "code"), [(CRASHES_AT_PT, "page_crashed"), (HANGS_AT_PT, "page_timeout")])
def test_a_page_that_crashes_or_hangs_its_engine(board: tuple[Stack, Path], width_pt: int, code: str) -> None:
    stack, _ = board
    kb = stack.create("board")
    good, bad = drawing.text_pdf([[TEXT.format("May")]]), drawing.text_pdf([["poison"]], size=(width_pt, 500))
    mixed = stack.upload(kb, "mixed.pdf", drawing.joined(drawing.scan(good), drawing.scan(bad), drawing.scan(good)))
    after = stack.upload(kb, "after.png", drawing.page_png("A letter behind the poisoned document."))
    first, second = stack.wait(kb, mixed, after, seconds=150)
    assert second["status"] == "done"
    assert first["status"] == "done" and first["pages"]["done"] == 2 and first["pages"]["failed"] == 1
    assert first["warnings"][0] | {"message": "", "detail": {}} == {
        "page": 2,
        "code": code,
        "message": "",
        "detail": {},
    }
    assert "tried 3 times" in first["warnings"][0]["message"]
    until(lambda: not list((stack.data / "tmp").rglob("*.tif")), 10, "page images to be removed")
