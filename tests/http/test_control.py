"""Reprocess, failures, pauses and retention over HTTP, without workers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from pipeline.errors import PermanentError
from storage import documents, ledger
from storage.catalog import KnowledgeBase
from tests.http.guarded import HERE
from tests.unit.builders import claim

PDF = b"%PDF-1.7\nnot much of a file\n"
TORN = PermanentError("damaged", "torn")


@pytest.fixture
def add(client: TestClient) -> Callable[..., str]:
    """Uploads a file of some bytes into a knowledge base, made if new, and may have it fail; its id."""

    def upload(kb: str, content: bytes = b"", failed: bool = False, **form: Any) -> str:
        client.post("/knowledge-bases", json={"name": kb})
        files = [("files", ("a.pdf", PDF + content))]
        answer = client.post(f"/knowledge-bases/{kb}/documents", files=files, data=form).json()
        document: str = answer["documents"][0]["id"]
        if failed:
            ledger.give_up(claim(_handle(client, kb), document, "render"), TORN)
        return document

    return upload


def _handle(client: TestClient, kb: str) -> KnowledgeBase:
    storage = client.app.state.parts.storage  # type: ignore[attr-defined]
    handle: KnowledgeBase = storage.open(storage.knowledge_base(kb)["id"])
    return handle


def test_a_document_is_done_anew_from_a_stage_on(client: TestClient, add: Callable[..., str]) -> None:
    path = f"/knowledge-bases/kb/documents/{add('kb')}"
    assert client.post(f"{path}/reprocess?from=ocr").status_code == 409
    client.post(f"{path}/cancel")
    answer = client.post(f"{path}/reprocess?from=ocr")
    assert answer.status_code == 202 and (answer.json()["run"], answer.json()["status"]) == (2, "queued")
    for wrong in ("", "?from=paint", "?from=ocr&from=store", "?from=ocr&colour=red"):
        assert client.post(f"{path}/reprocess{wrong}").status_code == 422
    assert client.post("/knowledge-bases/kb/documents/none/reprocess?from=ocr").status_code == 404


def test_many_documents_are_done_anew(client: TestClient, add: Callable[..., str]) -> None:
    first, second = add("kb", b"1", tags="a"), add("kb", b"2", tags="b")
    add("kb", b"3")
    for document in (first, second):
        client.post(f"/knowledge-bases/kb/documents/{document}/cancel")
    answer = client.post("/knowledge-bases/kb/reprocess?from=render&status=cancelled&tag=a")
    assert answer.status_code == 202 and answer.json() == {"runs": 1, "passed_over": 0}
    assert client.post("/knowledge-bases/kb/reprocess?from=store").json() == {"runs": 1, "passed_over": 2}
    assert client.post("/knowledge-bases/kb/reprocess?from=store&engine=abbyy").status_code == 422
    assert client.post("/knowledge-bases/none/reprocess?from=store").status_code == 404


def test_failures_are_listed_over_knowledge_bases(client: TestClient, add: Callable[..., str]) -> None:
    ids = [add(kb, bytes([number]), failed=True) for kb in ("一", "two") for number in range(2)]
    path = "/pipeline/render/failed"
    whole = client.get(path).json()
    assert [item["document"] for item in whole["items"]] == ids[::-1]
    assert whole["next_cursor"] is None and {item["knowledge_base"] for item in whole["items"]} == {"一", "two"}
    assert whole["items"][0]["error"]["code"] == "damaged" and whole["items"][0]["unit"] == "1-2"
    parts: list[Any] = []
    cursor = None
    while cursor or not parts:
        answer = client.get(path, params={"limit": 3, **({"cursor": cursor} if cursor else {})}).json()
        parts += answer["items"]
        cursor = answer["next_cursor"]
    assert parts == whole["items"]
    assert len(client.get(path, params={"kb": "two"}).json()["items"]) == 2
    assert client.get("/pipeline").json()["stages"]["render"]["failed"] == 4
    assert client.get("/pipeline/ocr/failed").json()["items"] == []
    assert client.get("/pipeline/paint/failed").status_code == 404
    assert client.get(path, params={"kb": "none"}).status_code == 404
    for wrong in ("x", "a-b-1-2", f"{'0' * 32}-{'0' * 32}-1", f"{'0' * 32}-{'0' * 32}-{'9' * 30}-1"):
        assert client.get(path, params={"cursor": wrong}).status_code == 422


def test_failures_are_discarded_and_retried(client: TestClient, add: Callable[..., str]) -> None:
    first, second = add("kb", b"1", failed=True), add("kb", b"2", failed=True)
    path = "/pipeline/render/failed"
    which = {"kb": "kb", "document": first}
    assert client.post(f"{path}/discard", params=which).json() == {"units": 1}
    assert [item["document"] for item in client.get(path).json()["items"]] == [second]
    assert client.get(f"/knowledge-bases/kb/documents/{first}").json()["status"] == "failed"
    answer = client.post(f"{path}/retry")
    assert answer.status_code == 202 and answer.json() == {"runs": 1, "passed_over": 0}
    assert client.get(f"/knowledge-bases/kb/documents/{second}").json()["run"] == 2
    assert client.get("/pipeline").json()["stages"]["render"]["failed"] == 0
    assert client.post(f"/knowledge-bases/kb/documents/{first}/retry").json()["run"] == 2, "a discarded one too"
    assert client.post("/pipeline/paint/failed/retry").status_code == 404


def test_a_stage_is_paused_and_resumed(client: TestClient) -> None:
    answer = client.post("/pipeline/ocr/pause")
    assert answer.status_code == 200 and answer.json()["paused"] and answer.json()["since"]
    assert client.post("/pipeline/ocr/pause").json() == answer.json()
    stages = client.get("/pipeline").json()["stages"]
    assert {name for name, stage in stages.items() if stage["paused"]} == {"ocr"}
    notes = TestClient(client.app, client=HERE).get("/readyz").json()["notes"]
    assert any(note.startswith("ocr: paused since") and "pagemill resume ocr" in note for note in notes)
    assert client.post("/pipeline/ocr/resume").json() == {"stage": "ocr", "paused": False, "since": None}
    assert not any(stage["paused"] for stage in client.get("/pipeline").json()["stages"].values())
    assert client.post("/pipeline/paint/pause").status_code == 404


def test_a_document_deleted_while_it_ran_is_no_failure(client: TestClient, add: Callable[..., str]) -> None:
    document = add("kb", failed=True)
    documents.delete(_handle(client, "kb"), document)
    assert client.get("/pipeline/render/failed").json()["items"] == []
    assert client.post("/pipeline/render/failed/retry").json() == {"runs": 0, "passed_over": 0}


def test_how_long_documents_are_kept_is_set_and_cleared(client: TestClient) -> None:
    made = client.post("/knowledge-bases", json={"name": "kb", "retention_days": 30}).json()
    assert made["retention_days"] == 30
    assert client.patch("/knowledge-bases/kb", json={"engine": "tesseract"}).json()["retention_days"] == 30
    assert client.patch("/knowledge-bases/kb", json={"retention_days": 7}).json()["retention_days"] == 7
    cleared = client.patch("/knowledge-bases/kb", json={"retention_days": None, "engine": None}).json()
    assert cleared["retention_days"] is None and cleared["engine"] == "tesseract"
    assert client.get("/knowledge-bases/kb").json()["retention_days"] is None
    assert client.get("/knowledge-bases").json()["items"][0]["retention_days"] is None
    assert client.patch("/knowledge-bases/kb", json={"retention_days": 7.0}).json()["retention_days"] == 7
    for wrong in (0, -1, 1.5, 40_000, "30", True):
        assert client.patch("/knowledge-bases/kb", json={"retention_days": wrong}).status_code == 422, wrong
