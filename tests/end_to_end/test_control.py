"""Stopping, deleting and doing anew on a real stack, in mid-run: what must happen at once, and what must never come."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import orjson
import psutil
import pytest
from websockets.sync.client import connect

from client import ApiError
from client.requests import kb_path
from pipeline.settings import Settings, StorageSettings
from storage.catalog import KnowledgeBase, Storage
from tests import drawing
from tests.end_to_end.test_command_line import _pagemill
from tests.end_to_end.test_people import _chroma_command
from tests.stack import Stack, until

WORDS = ("quetzalcoatlus", "麒麟瑞兽")
PAGE = ["The ledger of the harbour lists cranes, ropes and tides. " * 9] * 4


@contextmanager
def paused(stack: Stack, stage: str) -> Iterator[None]:
    stack.client.call("POST", f"/pipeline/{stage}/pause")
    try:
        yield
    finally:
        stack.client.call("POST", f"/pipeline/{stage}/resume")


@contextmanager
def opened(stack: Stack, kb: str) -> Iterator[KnowledgeBase]:
    storage = Storage(Settings(storage=StorageSettings(data=stack.data)), _chroma_url(stack))
    handle = storage.open(kb)
    try:
        yield handle
    finally:
        handle.db.close()
        storage.catalog.close()


def _chroma_url(stack: Stack) -> str:
    port = next(argument for argument in _chroma_command(stack) if argument.isdigit())
    return f"http://127.0.0.1:{port}"


def _database(stack: Stack, kb: str) -> str:
    return f"{_chroma_url(stack)}/api/v2/tenants/default_tenant/databases/kb_{kb}"


def _scan(text: str, pages: int) -> bytes:
    return drawing.scan(drawing.text_pdf([[f"{text} {n}.", *PAGE] for n in range(pages)]), dpi=200)


def _claimed(stack: Stack, kb: str, document: str) -> list[str]:
    """OCR units of the document that are in work."""
    with opened(stack, kb) as handle, handle.db.read() as connection:
        rows = connection.exec_driver_sql(
            "SELECT unit FROM unit WHERE document = ? AND stage = 'ocr' AND state = 'claimed'", (document,)
        )
        return list(rows.scalars())


def _taken_away(stack: Stack, kb: str, document: str) -> int:
    """How many units of OCR of a document were in work when its run was cancelled."""
    with opened(stack, kb) as handle, handle.db.read() as connection:
        found = connection.exec_driver_sql(
            "SELECT count(*) FROM unit WHERE document = ? AND stage = 'ocr' AND state = 'cancelled'"
            " AND worker IS NOT NULL",
            (document,),
        )
        return int(found.scalar_one())


def _let_go(stack: Stack, document: str) -> int:
    """How many units of OCR of the document were dropped in mid-work, their child killed, as workers log it."""
    lines = (line for line in stack.log().splitlines() if document in line)
    return sum("event=dropped" in line and "stage=ocr" in line for line in lines)


def _readers(stack: Stack, document: str) -> list[str]:
    """Programs that read an image of the document."""
    found = []
    for process in psutil.Process(stack.process.pid).children(recursive=True):
        try:
            command = " ".join(process.cmdline())
        except psutil.Error:  # ended since it was listed
            continue
        if document in command:
            found.append(command)
    return found


def _told(capsys: pytest.CaptureFixture[str], what: str, seconds: list[float]) -> None:
    with capsys.disabled():
        print(f"\n{what}: median {statistics.median(seconds):.2f} s, worst {max(seconds):.2f} s, n {len(seconds)}")


def test_cancel_stops_running_ocr(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    took = []
    for number, engine in enumerate(["tesseract", "auto"] * 2):
        kb = stack.create(f"cancelled {number}", engine=engine)
        document = stack.upload(kb, "long.pdf", _scan(f"Cancelled {number}", 4))
        until(lambda kb=kb, d=document: _claimed(stack, kb, d) != [], 90, "a page to be in work")  # type: ignore[misc]
        if engine == "tesseract":
            until(lambda d=document: _readers(stack, d) != [], 60, "Tesseract to read")  # type: ignore[misc]
        began = time.monotonic()
        stack.client.call("POST", f"{kb_path(kb)}/documents/{document}/cancel")
        in_work = _taken_away(stack, kb, document)
        until(lambda d=document, n=in_work: _let_go(stack, d) >= n, 30, "the work to be dropped")  # type: ignore[misc]
        until(lambda d=document: _readers(stack, d) == [], 30, "its programs to end")  # type: ignore[misc]
        took.append(time.monotonic() - began)
        assert stack.status(kb, document)["status"] == "cancelled"
        stack.client.call("DELETE", kb_path(kb))
    _told(capsys, "cancel, until no program reads any more", took)


def _assert_gone(stack: Stack, kb: str, document: str) -> None:
    """Nothing of the document is to be had by anybody."""
    base = f"{stack.url}/api/v1{kb_path(kb)}"
    with httpx.Client(trust_env=False, timeout=30) as client:
        for part in ("", "/markdown", "/json", "/original", "/pages", "/pages/1", "/pages/1/image"):
            assert client.get(f"{base}/documents/{document}{part}").status_code == 404, part
        for action in ("retry", "cancel", "reprocess?from=render"):
            assert client.post(f"{base}/documents/{document}/{action}").status_code == 404, action
        for word in WORDS:
            for mode in ("keyword", "hybrid"):
                hits = client.get(f"{base}/search", params={"q": word, "mode": mode}).json()["hits"]
                assert document not in {hit["document"] for hit in hits}
        listed = client.get(f"{base}/documents").json()["items"]
        assert document not in {item["id"] for item in listed}
        assert document not in client.get(f"{base}/fields.csv").text
        for stage in ("render", "ocr", "extract", "embed", "store"):
            assert document not in client.get(f"{stack.url}/api/v1/pipeline/{stage}/failed").text


def _told_of(socket: Any, document: str) -> bool:
    while True:
        message = orjson.loads(socket.recv(timeout=30))
        if message["type"] == "deleted" and message["id"] == document:
            return True


def _holding(*folders: Path) -> list[str]:
    wanted = [word.encode() for word in (*WORDS, WORDS[0][:12], "麒麟", "瑞兽")]  # the index keeps stems and pairs
    paths = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return [str(path) for path in paths if any(word in path.read_bytes() for word in wanted)]


def test_deleted_in_every_state_nothing_is_found_and_nothing_comes_back(
    stack: Stack, kb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = stack.upload(kb, "kept.pdf", drawing.text_pdf([["An albatross was kept. 信天翁。"]]))
    stack.wait(kb, kept)
    took, ids = [], []

    def delete(document: str) -> None:
        version = stack.status(kb, document)["version"]
        with connect(f"{stack.url.replace('http', 'ws')}/api/v1{kb_path(kb)}/events?since={version}") as socket:
            began = time.monotonic()
            stack.client.call("DELETE", f"{kb_path(kb)}/documents/{document}")
            with pytest.raises(ApiError, match="no document"):
                stack.status(kb, document)
            took.append(time.monotonic() - began)
            _assert_gone(stack, kb, document)
            assert _told_of(socket, document)
        ids.append(document)

    for stage in ("render", "extract", "embed", "store"):
        with paused(stack, stage):
            words = f"{WORDS[0]} {stage}, {WORDS[1]}。"
            document = stack.upload(kb, f"{WORDS[0]} {stage}.pdf", drawing.text_pdf([[words, words]]))
            until(lambda d=document, s=stage: _waits(stack, kb, d, s), 60, f"it to wait for {stage}")  # type: ignore[misc]
            delete(document)
    scan = stack.upload(kb, "scan.pdf", _scan(WORDS[0], 4))
    until(lambda: _claimed(stack, kb, scan) != [], 90, "a page to be in work")
    delete(scan)
    published = stack.upload(kb, f"{WORDS[0]}.pdf", drawing.text_pdf([[f"{WORDS[0]} {WORDS[1]}。"]]))
    stack.wait(kb, published)
    assert stack.search(kb, WORDS[0], mode="keyword")["hits"]
    image = f"{stack.url}/api/v1{kb_path(kb)}/documents/{published}/pages/1/image"
    assert httpx.get(image, trust_env=False, timeout=60).status_code == 200
    delete(published)
    _told(capsys, "delete, until it is not found", took)
    folders = [stack.data / "kb" / kb, stack.data / "tmp", stack.data / "cache"]
    began = time.monotonic()
    until(stack.idle, 120, "the clean-up to end")
    _told(capsys, "delete, until every byte is gone", [time.monotonic() - began])
    assert _holding(*folders) == []
    left = [str(path) for folder in folders for path in folder.rglob("*") if any(id_ in str(path) for id_ in ids)]
    assert left == []
    with opened(stack, kb) as handle, handle.db.read() as connection:
        for table in ("document", "run", "chunk", "chunk_fts", "embedding"):
            assert connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one() == 1, table
        assert handle.vectors.ids() == {f"{kept}:1:0"}
    assert stack.search(kb, "albatross", mode="keyword")["hits"][0]["document"] == kept


def _waits(stack: Stack, kb: str, document: str, stage: str) -> bool:
    status = stack.status(kb, document)
    return bool(status["stage"] == stage and status["stages"][stage]["total"])


def test_a_knowledge_base_deleted_in_mid_run(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    kb = stack.create("gone in mid-run")
    done = stack.upload(kb, "done.pdf", drawing.text_pdf([[f"{WORDS[0]} {WORDS[1]}。"]]))
    stack.wait(kb, done)
    with paused(stack, "store"):
        waiting = stack.upload(kb, "waiting.pdf", drawing.text_pdf([["It waits for the index."]]))
        until(lambda: _waits(stack, kb, waiting, "store"), 60, "a document to wait for the index")
        scan = stack.upload(kb, "scan.pdf", _scan(WORDS[0], 4))
        until(lambda: _claimed(stack, kb, scan) != [], 90, "a page to be in work")
        began = time.monotonic()
        stack.client.call("DELETE", kb_path(kb))
        with pytest.raises(ApiError, match="no knowledge base"):
            stack.search(kb, WORDS[0])
        took = time.monotonic() - began
    until(lambda: _let_go(stack, scan) > 0, 30, "the work to be dropped")
    _told(capsys, "delete of a knowledge base, until it is not found", [took])
    until(lambda: kb not in _catalogued(stack), 90, "its last clean-up")
    for folder in (
        stack.data / "kb" / kb,
        stack.data / "cache" / kb,
        *(stack.data / "tmp" / d for d in (waiting, scan)),
    ):
        assert not folder.exists(), folder
    assert httpx.get(_database(stack, kb), trust_env=False).status_code == 404
    assert _holding(stack.data / "kb", stack.data / "tmp", stack.data / "cache") == []


def _catalogued(stack: Stack) -> list[str]:
    storage = Storage(Settings(storage=StorageSettings(data=stack.data)))
    try:
        with storage.catalog.read() as connection:
            return list(connection.exec_driver_sql("SELECT id FROM knowledge_base").scalars())
    finally:
        storage.catalog.close()


def test_the_former_result_is_found_until_the_new_one_is_there(stack: Stack, kb: str) -> None:
    document = stack.upload(kb, "letter.pdf", drawing.text_pdf([["The heron waits at the weir."]]))
    stack.wait(kb, document)
    with paused(stack, "store"):
        answer = stack.client.call("POST", f"{kb_path(kb)}/documents/{document}/reprocess", params={"from": "extract"})
        assert answer["run"] == 2
        until(lambda: _waits(stack, kb, document, "store"), 60, "the new run to wait for the index")
        # What is left was measured up to half a second ago, when the index may not have had anything to wait for.
        until(lambda: stack.status(kb, document)["eta_seconds"] is None, 30, "no time to be promised in a pause")
        status = stack.status(kb, document)
        assert status["status"] == "running" and status["published_run"] == 1 and status["eta_seconds"] is None
        assert len(stack.search(kb, "heron", mode="keyword")["hits"]) == 1
        assert stack.client.call("GET", f"{kb_path(kb)}/documents/{document}/json")["pages"]
        shown = stack.client.call("GET", "/pipeline")["stages"]["store"]
        assert shown["paused"] and shown["ready"] >= 1 and shown["claimed"] == 0
        ready = httpx.get(f"{stack.url}/readyz", trust_env=False)
        assert ready.status_code == 200 and any(note.startswith("store: paused") for note in ready.json()["notes"])
    (status,) = stack.wait(kb, document)
    assert status["status"] == "done" and status["published_run"] == 2
    assert len(stack.search(kb, "heron", mode="keyword")["hits"]) == 1


def _embedded(stack: Stack) -> int:
    return sum("event=settled" in line and "stage=embed" in line for line in stack.log().splitlines())


def test_an_index_that_chroma_lost_is_rebuilt(stack: Stack, kb: str) -> None:
    ids = [stack.upload(kb, f"{n}.pdf", drawing.text_pdf([[f"Heron number {n} waits at weir {n}."]])) for n in range(3)]
    stack.wait(kb, *ids)
    stack.wait_for_vectors(kb)
    assert len(stack.search(kb, "a bird by the water", mode="vector")["hits"]) == 3
    assert httpx.delete(_database(stack, kb), trust_env=False).is_success
    embedded = _embedded(stack)
    assert embedded > 0
    answer = stack.client.call("POST", f"{kb_path(kb)}/reprocess", params={"from": "store", "status": "done"})
    assert answer == {"runs": 3, "passed_over": 0}
    for status in stack.wait(kb, *ids):
        assert status["status"] == "done" and status["published_run"] == 2 and status["stages"]["embed"]["total"] == 0
    assert _embedded(stack) == embedded, "something was embedded again"
    until(lambda: len(stack.search(kb, "a bird by the water", mode="vector")["hits"]) == 3, 30, "all to be found again")


def test_run_control_from_the_command_line(stack: Stack) -> None:
    kb = stack.create("kb of the command line")
    document = stack.upload(kb, "torn.pdf", drawing.damaged_pdf())
    stack.wait(kb, document)
    shown = _pagemill("failed", "--stage", "render", "--kb", kb, "--json", url=stack.url)
    assert [item["document"] for item in orjson.loads(shown.stdout)] == [document]
    assert "1 documents are done again" in _pagemill("reprocess", kb, "--from", "render", url=stack.url).stdout
    stack.wait(kb, document)
    assert (
        "1 failures are off" in _pagemill("failed", "--stage", "render", "--kb", kb, "--discard", url=stack.url).stdout
    )
    assert "Nothing failed." in _pagemill("failed", "--kb", kb, url=stack.url).stdout
    assert "paused since" in _pagemill("pause", "embed", url=stack.url).stdout
    assert "embed (paused)" in _pagemill("status", url=stack.url).stdout
    assert "goes on" in _pagemill("resume", "embed", url=stack.url).stdout
    wrong = _pagemill("reprocess", kb, "--from", "paint", url=stack.url)
    assert wrong.returncode == 2 and "render" in wrong.stderr
