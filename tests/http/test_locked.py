"""While another program holds a knowledge base's database: who only reads is served, who writes waits or is told."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from starlette.testclient import TestClient

from pipeline.settings import Settings
from tests.stack import until

_UPLOADS = 60  # more than the server has threads


@contextmanager
def locked(database: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(database, isolation_level=None)
    try:
        connection.execute("BEGIN EXCLUSIVE")
        yield connection
    finally:
        connection.close()


@pytest.fixture
def settings(settings: Settings, request: pytest.FixtureRequest) -> Settings:
    """The server waits for a lock for as long as the test likes."""
    return settings.model_copy(update={"web": settings.web.model_copy(update={"busy_timeout_s": request.param})})


@pytest.fixture
def folder(client: TestClient, settings: Settings) -> Path:
    kb_id: str = client.post("/knowledge-bases", json={"name": "kb"}).json()["id"]
    return settings.data / "kb" / kb_id


def upload(client: TestClient, number: int) -> httpx.Response:
    return client.post("/knowledge-bases/kb/documents", files={"files": ("a.pdf", b"%%PDF-1.7\n%d\n" % number)})


@pytest.mark.parametrize("settings", [60.0], indirect=True)
def test_uploads_that_wait_take_no_thread_from_search(client: TestClient, folder: Path) -> None:
    with ThreadPoolExecutor(_UPLOADS) as clients:
        with locked(folder / "kb.sqlite3") as holder:
            uploads = [clients.submit(upload, client, number) for number in range(_UPLOADS)]

            def arrived() -> int:
                return sum(len(list((folder / name).iterdir())) for name in ("incoming", "documents"))

            until(lambda: arrived() == _UPLOADS, 30, "all uploads to wait for the database")
            found = client.get("/knowledge-bases/kb/search", params={"q": "crane"})
            assert found.status_code == 200 and not any(one.done() for one in uploads)
            holder.rollback()
        assert {one.result().status_code for one in uploads} == {202}


@pytest.mark.parametrize("settings", [1.0], indirect=True)
@pytest.mark.parametrize("database", ["kb.sqlite3", "../../catalog.sqlite3"])
def test_an_upload_is_sent_away_when_the_lock_stays(
    client: TestClient, folder: Path, database: str, settings: Settings
) -> None:
    with locked(folder / database):
        answer = upload(client, 1)
        assert answer.status_code == 503 and answer.json()["error"]["code"] == "unavailable"
        assert int(answer.headers["Retry-After"]) > 0
        assert client.get("/knowledge-bases/kb/search", params={"q": "crane"}).status_code == 200
    assert [list((folder / name).iterdir()) for name in ("incoming", "documents")] == [[], []]
    assert upload(client, 1).status_code == 202
