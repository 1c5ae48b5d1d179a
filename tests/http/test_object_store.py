"""The app with files in a bucket: uploads, downloads in whole and in part, page images, and a store that is gone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from pipeline.settings import Settings, StorageSettings
from storage import clock
from storage.bucket import Bucket
from tests.drawing import text_pdf
from tests.http.guarded import HERE
from tests.object_server import ObjectServer
from tests.stack import until
from tests.wire import Wire
from web.app import create_app
from web.state import State

CONTENT = b"%PDF-1.7\n" + bytes(range(256)) * 2000


@pytest.fixture
def wire(object_server: ObjectServer) -> Iterator[Wire]:
    with Wire(object_server.url) as wire:
        yield wire


@pytest.fixture
def settings(settings: Settings, object_server: ObjectServer, wire: Wire) -> Settings:
    place = StorageSettings(
        data=settings.data, chroma_url=settings.storage.chroma_url,
        **object_server.settings(clock.new_id(), files_endpoint=wire.url),
    )  # fmt: skip
    return settings.model_copy(update={"storage": place})


@pytest.fixture
def parts(client: TestClient) -> State:
    found: State = client.app.state.parts  # type: ignore[attr-defined]
    return found


@pytest.fixture
def kb(client: TestClient) -> str:
    kb_id: str = client.post("/knowledge-bases", json={"name": "kb"}).json()["id"]
    return kb_id


def _upload(client: TestClient, content: bytes = CONTENT, name: str = "a.pdf") -> Any:
    return client.post("/knowledge-bases/kb/documents", files=[("files", (name, content))])


def _rest_over(parts: State) -> None:
    """As if a while had passed since the store was found out of reach."""
    assert isinstance(parts.storage.file_store, Bucket)
    parts.storage.file_store._rest_until = 0.0


def _waiting(parts: State) -> list[Path]:
    return list(parts.storage.file_store.incoming("any").iterdir())


def test_what_was_uploaded_comes_back_whole_or_in_part(
    client: TestClient, kb: str, parts: State, settings: Settings
) -> None:
    document = _upload(client).json()["documents"][0]["id"]
    address = f"/knowledge-bases/kb/documents/{document}/original"
    whole = client.get(address)
    assert whole.content == CONTENT and whole.headers["content-length"] == str(len(CONTENT))
    assert whole.headers["content-disposition"].startswith("attachment") and whole.headers["accept-ranges"] == "bytes"
    part = client.get(address, headers={"Range": "bytes=100-299999"})
    assert part.status_code == 206 and part.content == CONTENT[100:300_000]
    assert part.headers["content-range"] == f"bytes 100-299999/{len(CONTENT)}"
    end = client.get(address, headers={"Range": "bytes=-7", "If-Range": whole.headers["etag"]})
    assert end.status_code == 206 and end.content == CONTENT[-7:]
    several = client.get(address, headers={"Range": "bytes=0-3,500-509"})
    assert several.status_code == 206 and CONTENT[500:510] in several.content
    beyond = client.get(address, headers={"Range": "bytes=99999999-"})
    assert beyond.status_code == 416 and beyond.json()["error"]["code"] == "bad_request"
    assert client.head(address).headers["content-length"] == str(len(CONTENT))
    assert _waiting(parts) == []
    assert not [path for path in (settings.data / "kb").rglob("*") if path.name == "original"]


def test_a_result_and_a_page_of_the_original(client: TestClient, kb: str, parts: State) -> None:
    handle = parts.storage.open(kb)
    document = _upload(client, text_pdf([["hello"]], (400, 300))).json()["documents"][0]["id"]
    with handle.db.write() as connection:
        connection.exec_driver_sql("UPDATE run SET pages_total = 1")
        connection.exec_driver_sql("UPDATE document SET published_run = 1")
    address = f"/knowledge-bases/kb/documents/{document}"
    assert client.get(f"{address}/markdown").status_code == 404, "it was not written"
    handle.files(document).markdown(1).put("# 你好".encode())
    answer = client.get(f"{address}/markdown")
    assert answer.text == "# 你好" and answer.headers["content-type"] == "text/markdown; charset=utf-8"
    image = client.get(f"{address}/pages/1/image?width=240")
    assert image.status_code == 200 and image.content[:2] == b"\xff\xd8"
    handle.files(document).remove()
    for what in ("original", "markdown", "json"):
        assert client.get(f"{address}/{what}").json()["error"]["code"] == "not_found"


def test_while_the_object_store_is_gone(client: TestClient, kb: str, parts: State, wire: Wire) -> None:
    document = _upload(client).json()["documents"][0]["id"]
    wire.cut()
    refused = _upload(client, CONTENT + b"another")
    assert refused.status_code == 503 and refused.headers["retry-after"] == "5"
    assert refused.json()["error"]["code"] == "unavailable" and wire.url not in refused.text
    assert _waiting(parts) == [], "nothing of it stays on this host"
    assert client.get(f"/knowledge-bases/kb/documents/{document}/original").status_code == 503
    assert client.get(f"/knowledge-bases/kb/documents/{document}").status_code == 200
    ready = client.get("http://test/readyz").json()
    assert any("object store" in problem for problem in ready["problems"])
    wire.mend()
    _rest_over(parts)
    assert _upload(client, CONTENT + b"another").status_code == 202
    assert client.get(f"/knowledge-bases/kb/documents/{document}/original").content == CONTENT
    assert not any("object store" in problem for problem in client.get("http://test/readyz").json()["problems"])


def test_an_upload_that_is_refused_reaches_no_bucket(client: TestClient, kb: str, parts: State) -> None:
    assert _upload(client, b"neither PDF nor image", "a.exe").json()["rejected"]
    assert _upload(client, b"%PDF-1.7\n" + b"x" * 1_000_000).json()["rejected"]
    assert _waiting(parts) == []
    assert parts.storage.file_store.listing is not None
    assert list(parts.storage.file_store.listing.keys("kb", None, 10)) == []


def test_a_stopped_process_leaves_nothing_that_the_next_does_not_remove(
    settings: Settings, client: TestClient, kb: str, parts: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = settings.data / "fetched" / ".of-a-dead-process"
    left.mkdir(parents=True)
    (left / "upload").write_bytes(b"half")
    monkeypatch.setattr("storage.fetched._YOUNG_S", -1.0)
    monkeypatch.setattr("web.app._TIDY_EVERY_S", 0.0)
    with TestClient(create_app(settings), base_url="http://test/api/v1", client=HERE) as another:
        until(lambda: not left.exists(), 10, "the host to be tidied")
        assert another.get("/knowledge-bases").status_code == 200
