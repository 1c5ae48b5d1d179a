from __future__ import annotations

import errno
from collections.abc import Iterator
from io import BufferedWriter, FileIO
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from pipeline.settings import Settings
from tests.http.guarded import HERE
from web.app import create_app

PDF = b"%PDF-1.7\nnot much of a file, but it says that it is one\n"


@pytest.fixture
def kb(client: TestClient) -> str:
    kb_id: str = client.post("/knowledge-bases", json={"name": "kb"}).json()["id"]
    return kb_id


def _upload(client: TestClient, *files: tuple[str, bytes], **fields: Any) -> Any:
    parts = [("files", (name, content)) for name, content in files]
    return client.post("/knowledge-bases/kb/documents", files=parts, data=fields)


def _stray_files(settings: Settings, kb: str) -> list[Path]:
    return list((settings.data / "kb" / kb / "incoming").iterdir())


def test_an_upload_is_answered_without_a_queue_server(client: TestClient, settings: Settings, kb: str) -> None:
    answer = _upload(client, ("简历.pdf", PDF), metadata='{"source": "fair"}', tags=["a, b", "\u3000c "])
    assert answer.status_code == 202
    document = answer.json()["documents"][0]
    assert document["filename"] == "简历.pdf" and document["status"] == "queued" and not document["duplicate"]
    status = client.get(f"/knowledge-bases/kb/documents/{document['id']}").json()
    assert status["metadata"] == {"source": "fair"} and status["tags"] == ["a", "b", "c"]
    assert status["status"] == "queued" and status["stage"] == "render" and status["progress"] == 0
    original = client.get(f"/knowledge-bases/kb/documents/{document['id']}/original")
    assert original.content == PDF and original.headers["content-disposition"].startswith("attachment")
    assert _stray_files(settings, kb) == []


def test_the_same_bytes_are_a_duplicate(client: TestClient, kb: str) -> None:
    first = _upload(client, ("a.pdf", PDF)).json()["documents"][0]
    second = _upload(client, ("b.pdf", PDF)).json()["documents"][0]
    assert second["id"] == first["id"] and second["duplicate"]
    assert second["filename"] == "b.pdf"


class _FullDisk(FileIO):
    def write(self, _: Any) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("others", [[], [("b.pdf", PDF + b"b")]])
def test_a_small_file_on_a_full_disk_leaves_nothing(
    client: TestClient, settings: Settings, kb: str, monkeypatch: pytest.MonkeyPatch, others: list[tuple[str, bytes]]
) -> None:
    opened: list[FileIO] = []

    def open_full(path: Path, mode: str, buffering: int = -1) -> Any:
        opened.append(_FullDisk(path, mode.replace("b", "")))
        return BufferedWriter(opened[-1]) if buffering else opened[-1]

    monkeypatch.setattr("web.upload.Path.open", open_full)
    answer = _upload(client, ("a.pdf", PDF[:20]), *others)
    assert answer.status_code == 503 and answer.json()["error"]["code"] == "unavailable"
    assert _stray_files(settings, kb) == [] and [stream.closed for stream in opened] == [True]


def test_bad_files_are_rejected_beside_good_ones(client: TestClient, settings: Settings, kb: str) -> None:
    answer = _upload(client, ("empty.pdf", b""), ("big.pdf", PDF + bytes(1_000_001)), ("good.pdf", PDF)).json()
    assert [file["filename"] for file in answer["documents"]] == ["good.pdf"]
    assert {file["filename"]: file["error"]["code"] for file in answer["rejected"]} == {
        "empty.pdf": "empty_file",
        "big.pdf": "too_large",
    }
    assert _stray_files(settings, kb) == []


def test_html_called_pdf_is_rejected_with_a_sentence(client: TestClient, kb: str) -> None:
    rejected = _upload(client, ("page.pdf", b"<!DOCTYPE html><html><body>no</body></html>")).json()["rejected"]
    assert rejected[0]["error"]["code"] == "unsupported_kind" and "PDF" in rejected[0]["error"]["message"]


def test_a_path_for_a_name_stays_a_name(client: TestClient, settings: Settings, kb: str) -> None:
    names = ["../../../etc/passwd", "..\\..\\boot.ini", "a\x07b.pdf"]
    parts = [(name, PDF + bytes([number])) for number, name in enumerate(names)]
    shown = [file["filename"] for file in _upload(client, *parts).json()["documents"]]
    assert shown[0] == "passwd" and shown[1] == "boot.ini" and "\x07" not in shown[2]
    assert {path.name for path in settings.data.parent.iterdir()} == {"data"}


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"metadata": "{"}, "metadata"),
        ({"metadata": "[1]"}, "metadata"),
        ({"tags": "x" * 101}, "tags"),
        ({"password": "s" * 501}, "password"),
        ({"pass": "secret"}, "pass"),
    ],
)
def test_wrong_fields_are_refused_and_nothing_is_kept(
    client: TestClient, settings: Settings, kb: str, fields: dict[str, str], says: str
) -> None:
    answer = _upload(client, ("a.pdf", PDF), **fields)
    assert answer.status_code == 422 and says in answer.json()["error"]["message"]
    assert _stray_files(settings, kb) == []
    assert client.get("/knowledge-bases/kb/documents").json()["items"] == []


def test_bodies_that_are_no_upload(client: TestClient, settings: Settings, kb: str) -> None:
    path = "/knowledge-bases/kb/documents"
    assert client.post(path, json={"a": 1}).status_code == 422
    assert client.post(path, files={"file": ("a.pdf", PDF)}).status_code == 422
    assert client.post(path, data={"tags": "a"}, files=[]).status_code == 422
    broken = {"content-type": "multipart/form-data; boundary=x"}
    for body in (b"--y\r\n", b"--x\r\nbroken", b""):
        answer = client.post(path, content=body, headers=broken)
        assert answer.status_code in (400, 422), body
    cut = b'--x\r\ncontent-disposition: form-data; name="files"; filename="a.pdf"\r\n\r\n%PDF-1.7 and then no'
    answer = client.post(path, content=cut, headers=broken)
    assert answer.status_code == 400 and answer.json()["error"]["code"] == "upload_cut"
    many = [("files", (f"{number}.pdf", PDF)) for number in range(4)]
    assert client.post(path, files=many).status_code == 413
    assert _stray_files(settings, kb) == []


def test_results_that_are_not_there_yet(client: TestClient, kb: str) -> None:
    document = _upload(client, ("a.pdf", PDF)).json()["documents"][0]["id"]
    base = f"/knowledge-bases/kb/documents/{document}"
    for part in ("markdown", "json"):
        assert client.get(f"{base}/{part}").json()["error"]["code"] == "not_ready"
    assert client.get(f"{base}/pages").json()["items"] == []
    for number in ("1", "0", str(10**30)):
        assert client.get(f"{base}/pages/{number}").status_code == 404


def test_cancel_retry_delete(client: TestClient, kb: str) -> None:
    document = _upload(client, ("a.pdf", PDF)).json()["documents"][0]["id"]
    base = f"/knowledge-bases/kb/documents/{document}"
    assert client.post(f"{base}/retry").status_code == 409
    assert client.post(f"{base}/cancel").json()["status"] == "cancelled"
    assert client.post(f"{base}/cancel").status_code == 409
    assert client.post(f"{base}/retry").json()["run"] == 2
    assert client.delete(base).status_code == 204
    assert client.get(base).status_code == 404 and client.delete(base).status_code == 404
    assert client.get("/knowledge-bases/kb/documents").json()["items"] == []


def test_documents_are_listed_newest_first_and_filtered(client: TestClient, kb: str) -> None:
    ids = [_upload(client, (f"{n}.pdf", PDF + bytes([n])), tags=f"t{n}").json()["documents"][0]["id"] for n in range(3)]
    path = "/knowledge-bases/kb/documents"
    first = client.get(path, params={"limit": 2}).json()
    second = client.get(path, params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [item["id"] for item in first["items"] + second["items"]] == ids[::-1]
    assert [item["id"] for item in client.get(path, params={"tag": "t1"}).json()["items"]] == [ids[1]]
    client.post(f"{path}/{ids[0]}/cancel")
    assert [item["id"] for item in client.get(path, params={"status": "cancelled"}).json()["items"]] == [ids[0]]
    assert client.get(path, params={"status": "lost"}).status_code == 422


def test_search_says_what_it_could_not_ask(client: TestClient, kb: str) -> None:
    answer = client.get("/knowledge-bases/kb/search", params={"q": 'foo-bar "x" AND ( 中'})
    assert answer.status_code == 200
    assert answer.json()["hits"] == [] and "vectors" in answer.json()["degraded"]
    assert client.get("/knowledge-bases/kb/search").status_code == 422
    assert client.get("/knowledge-bases/kb/search", params={"q": "a", "filter": "x:y"}).status_code == 422


def test_health(client: TestClient) -> None:
    root = TestClient(client.app, client=HERE)
    assert root.get("/healthz").json()["status"] == "ok"
    ready = root.get("/readyz")
    assert ready.status_code == 503 and "queue" in ready.json()["problems"][0]
    stages = client.get("/pipeline").json()["stages"]
    assert list(stages) == ["render", "ocr", "extract", "embed", "store"]


def test_a_request_has_its_limit_in_bytes(client: TestClient, settings: Settings, kb: str) -> None:
    path = "/knowledge-bases/kb/documents"
    most = settings.web.max_request_mb * 1_000_000
    head = b'--x\r\ncontent-disposition: form-data; name="files"; filename="a.pdf"\r\n\r\n'
    media = {"content-type": "multipart/form-data; boundary=x"}
    announced = client.post(path, content=head, headers={**media, "content-length": str(most + 1)})
    assert announced.status_code == 413 and "max_request_mb" in announced.json()["error"]["message"]
    asked = 0

    def pieces() -> Iterator[bytes]:
        nonlocal asked
        yield head
        for _ in range(100):
            asked += 1
            yield bytes(most // 10)

    streamed = client.post(path, content=pieces(), headers=media)
    assert streamed.status_code == 413 and streamed.json()["error"]["code"] == "too_large"
    assert _stray_files(settings, kb) == []
    assert client.get(path).json()["items"] == []


def test_a_knowledge_base_takes_so_many_documents_at_once(settings: Settings) -> None:
    few = settings.model_copy(update={"web": settings.web.model_copy(update={"max_waiting": 4})})
    with TestClient(create_app(few), base_url="http://test/api/v1", client=HERE) as client:
        kb = client.post("/knowledge-bases", json={"name": "kb"}).json()["id"]
        first = _upload(client, *((f"{n}.pdf", PDF + bytes([n])) for n in range(3))).json()
        three = _upload(client, *((f"{n}.pdf", PDF + bytes([n])) for n in range(2, 5))).json()
        assert [document["duplicate"] for document in three["documents"]] == [True, False]
        (refused,) = three["rejected"]
        assert refused["filename"] == "4.pdf" and refused["error"]["code"] == "too_many_waiting"
        full = _upload(client, ("5.pdf", PDF))
        assert full.status_code == 429 and int(full.headers["retry-after"]) > 0
        error = full.json()["error"]
        assert error["code"] == "too_many_waiting" and "web.max_waiting" in error["message"]
        assert _stray_files(few, kb) == []
        client.delete(f"/knowledge-bases/kb/documents/{first['documents'][0]['id']}")
        assert _upload(client, ("5.pdf", PDF)).status_code == 202
