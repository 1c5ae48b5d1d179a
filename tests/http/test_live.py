"""Long poll and WebSocket, without workers: documents change because tests cancel, retry and delete them."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.testclient import TestClient, WebSocketTestSession
from starlette.websockets import WebSocketDisconnect

from pipeline.settings import Settings
from tests.http.guarded import HERE
from tests.stack import until
from web.app import create_app

EVENTS = "ws://test/api/v1/knowledge-bases/kb/events"


@pytest.fixture
def kb(client: TestClient) -> str:
    kb_id: str = client.post("/knowledge-bases", json={"name": "kb"}).json()["id"]
    return kb_id


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


def _upload(client: TestClient, content: bytes) -> str:
    files = [("files", ("a.pdf", b"%PDF-1.7\n" + content))]
    document: str = client.post("/knowledge-bases/kb/documents", files=files).json()["documents"][0]["id"]
    return document


def _wait(client: TestClient, document: str, **params: Any) -> Any:
    return client.get(f"/knowledge-bases/kb/documents/{document}", params=params).json()


def _cancelled_once_waiting(
    client: TestClient, document: str, waiting: Future[Any], through: TestClient | None = None
) -> None:
    """Cancel the document when the other request waits; if it does not wait, there is nothing to cancel for.

    Args:
        through: another web process, to cancel there.
    """
    lookers = client.app.state.parts.watch._lookers  # type: ignore[attr-defined]
    until(lambda: bool(lookers) or waiting.done(), 10, "the request to wait")
    assert not waiting.done()
    (through or client).post(f"/knowledge-bases/kb/documents/{document}/cancel")


def test_a_version_already_passed_is_answered_at_once(client: TestClient, kb: str) -> None:
    document = _upload(client, b"1")
    status = _wait(client, document)
    began = time.monotonic()
    assert _wait(client, document, wait=30, since=status["version"] - 1) == status
    assert time.monotonic() - began < 10


def test_a_long_poll_ends_with_the_change(client: TestClient, kb: str, threads: ThreadPoolExecutor) -> None:
    document = _upload(client, b"1")
    version = _wait(client, document)["version"]
    waiting = threads.submit(_wait, client, document, wait=60, since=version)
    _cancelled_once_waiting(client, document, waiting)
    status = waiting.result(timeout=20)
    assert status["status"] == "cancelled" and status["version"] > version


def test_another_document_does_not_end_a_long_poll(client: TestClient, kb: str, threads: ThreadPoolExecutor) -> None:
    document, other = _upload(client, b"1"), _upload(client, b"2")
    waiting = threads.submit(_wait, client, document, wait=1.5)
    _cancelled_once_waiting(client, other, waiting)
    began = time.monotonic()
    assert waiting.result(timeout=20)["status"] == "queued"
    assert time.monotonic() - began > 0.5


def test_a_change_made_in_another_web_process_is_seen(
    client: TestClient, settings: Settings, kb: str, threads: ThreadPoolExecutor
) -> None:
    document = _upload(client, b"1")
    waiting = threads.submit(_wait, client, document, wait=60)
    with TestClient(create_app(settings), base_url="http://test/api/v1", client=HERE) as other:
        _cancelled_once_waiting(client, document, waiting, through=other)
        assert waiting.result(timeout=20)["status"] == "cancelled"


@pytest.mark.parametrize("params", [{"wait": "x"}, {"wait": 61}, {"wait": "nan"}, {"since": -1}, {"sinse": 1}])
def test_a_wait_that_means_nothing_is_refused(client: TestClient, kb: str, params: dict[str, Any]) -> None:
    assert _wait(client, _upload(client, b"1"), **params)["error"]["code"] == "bad_request"


def _until(socket: WebSocketTestSession, kind: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The next message of a kind, and those before it."""
    before = []
    while True:
        message: dict[str, Any] = socket.receive_json()
        if message["type"] == kind:
            return message, before
        before.append(message)


def test_events_tell_the_present_state_and_then_each_change(client: TestClient, kb: str) -> None:
    first, second = _upload(client, b"1"), _upload(client, b"2")
    with client.websocket_connect(f"{EVENTS}?since=0") as socket:
        summary, before = _until(socket, "knowledge_base")
        assert [message["document"]["id"] for message in before] == [first, second]
        assert summary["knowledge_base"]["documents"]["queued"] == 2
        client.post(f"/knowledge-bases/kb/documents/{first}/cancel")
        changed, _ = _until(socket, "document")
        assert changed["document"]["id"] == first and changed["document"]["status"] == "cancelled"
        assert changed["version"] == changed["document"]["version"] > summary["version"]
        client.delete(f"/knowledge-bases/kb/documents/{second}")
        gone, _ = _until(socket, "deleted")
        assert gone["id"] == second
        summary, _ = _until(socket, "knowledge_base")
        assert sum(summary["knowledge_base"]["documents"].values()) == 1


def test_counts_of_many_documents_are_told_until_they_are_true(
    client: TestClient, kb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.tally._MANY", 1)
    monkeypatch.setattr("storage.tally._SHARE", 0.5)
    looks = itertools.count()  # a second passes with each
    monkeypatch.setattr("storage.tally.time", SimpleNamespace(monotonic=looks.__next__))
    document = _upload(client, b"1")
    with client.websocket_connect(f"{EVENTS}?since=0") as socket:
        assert _until(socket, "knowledge_base")[0]["knowledge_base"]["documents"]["queued"] == 1
        client.post(f"/knowledge-bases/kb/documents/{document}/cancel")
        old, new = (_until(socket, "knowledge_base")[0] for _ in range(2))
    assert old["knowledge_base"]["documents"]["queued"] == 1
    assert new["knowledge_base"]["documents"]["cancelled"] == 1 and new["version"] == old["version"]


def test_after_a_reconnect_only_what_changed_meanwhile_is_told(client: TestClient, kb: str) -> None:
    first, second, third = (_upload(client, content) for content in (b"1", b"2", b"3"))
    with client.websocket_connect(f"{EVENTS}?since=0") as socket:
        seen = _until(socket, "knowledge_base")[0]["version"]
    client.post(f"/knowledge-bases/kb/documents/{second}/cancel")
    client.delete(f"/knowledge-bases/kb/documents/{third}")
    with client.websocket_connect(f"{EVENTS}?since={seen}") as socket:
        _, told = _until(socket, "knowledge_base")
    assert [(message["type"], message.get("id") or message["document"]["id"]) for message in told] == [
        ("document", second),
        ("deleted", third),
    ]
    assert first not in str(told)


def test_a_version_of_the_future_begins_anew(client: TestClient, kb: str) -> None:
    document = _upload(client, b"1")
    with client.websocket_connect(f"{EVENTS}?since=999999") as socket:
        assert _until(socket, "document")[0]["document"]["id"] == document


def _refused(client: TestClient, address: str, **kwargs: Any) -> tuple[str, int]:
    with client.websocket_connect(address, **kwargs) as socket:
        error = socket.receive_json()["error"]
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_json()
        return error["code"], closed.value.code


def test_refusals_say_why(client: TestClient, kb: str) -> None:
    assert _refused(client, EVENTS.replace("/kb/", "/nothing/")) == ("not_found", 4404)
    assert _refused(client, f"{EVENTS}?since=x") == ("bad_request", 4400)
    assert _refused(client, EVENTS, headers={"origin": "http://elsewhere.example"}) == ("forbidden", 4403)


def test_a_page_of_this_server_may_listen(client: TestClient, kb: str) -> None:
    with client.websocket_connect(EVENTS, headers={"origin": "http://test", "host": "test"}) as socket:
        assert socket.receive_json()["type"] == "knowledge_base"


def test_deleting_the_knowledge_base_ends_the_connection(client: TestClient, kb: str) -> None:
    with client.websocket_connect(EVENTS) as socket:
        _until(socket, "knowledge_base")
        client.delete("/knowledge-bases/kb")
        assert _until(socket, "error")[0]["error"]["code"] == "not_found"
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_json()
        assert closed.value.code == 4404


def test_a_batch_tells_its_own_progress(client: TestClient, kb: str) -> None:
    files = [("files", (f"{n}.pdf", b"%PDF-1.7\n" + bytes([n]))) for n in range(2)]
    batch = client.post("/knowledge-bases/kb/documents", files=files).json()["batch"]
    _upload(client, b"another")
    counted = client.get(f"/knowledge-bases/kb/batches/{batch}").json()
    assert counted["id"] == batch and counted["documents"]["queued"] == 2 and counted["progress"] == 0
    assert client.get("/knowledge-bases/kb/batches/none").status_code == 404
