"""The containers' health check, against a real catalogue and a real server."""

from __future__ import annotations

import importlib.util
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from pipeline import settings
from pipeline.settings import PROJECT_ROOT
from storage import clock, workers
from storage.catalog import Storage
from tests.postgresql import PostgreSQL


@pytest.fixture
def health() -> ModuleType:
    spec = importlib.util.spec_from_file_location("health", PROJECT_ROOT / "docker" / "health.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[Storage]:
    opened = Storage(settings.load().model_copy(update={"storage": settings.StorageSettings(data=tmp_path)}))
    opened.prepare()
    yield opened
    opened.catalog.close()


def test_health_of_a_worker(health: ModuleType, storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    assert health.heard_of("ocr", storage.data) == "ocr: not heard of yet"
    workers.beat(storage.catalog, "one", "ocr", clock.wall(), [], 0)
    assert health.heard_of("ocr", storage.data) is None
    assert health.heard_of("embed", storage.data) == "embed: not heard of yet"
    later = clock.now_s() + 40
    monkeypatch.setattr(clock, "now_s", lambda: later)
    assert health.heard_of("ocr", storage.data) == "ocr: silent for 40 s"
    monkeypatch.setattr("platform.node", lambda: "another container")
    assert health.heard_of("ocr", storage.data) == "ocr: not heard of yet"


def test_health_of_the_sweep(health: ModuleType, storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    assert health.heard_of("sweep", storage.data) == "sweep: not heard of yet"
    assert workers.hold(storage.catalog, "sweep", "me", 10.0)
    assert health.heard_of("sweep", storage.data) is None
    later = clock.now_s() + 200
    monkeypatch.setattr(clock, "now_s", lambda: later)
    assert health.heard_of("sweep", storage.data) == "sweep: silent for 190 s"


def test_health_in_postgresql(health: ModuleType, postgresql: PostgreSQL, tmp_path: Path) -> None:
    url = postgresql.new_database()
    assert health.heard_of("ocr", tmp_path, url).startswith("catalogue: "), "there is none yet"
    section = settings.StorageSettings(data=tmp_path / "data", database_url=SecretStr(url))
    opened = Storage(settings.load().model_copy(update={"storage": section}))
    opened.prepare()
    try:
        assert health.heard_of("ocr", tmp_path, url) == "ocr: not heard of yet"
        workers.beat(opened.catalog, "one", "ocr", clock.wall(), [], 0)
        assert workers.hold(opened.catalog, "sweep", "me", 10.0)
        # The driver's name may stand in the address, as SQLAlchemy has it.
        for address in (url, url.replace("postgresql:", "postgresql+psycopg:")):
            assert health.heard_of("ocr", tmp_path, address) is None
            assert health.heard_of("sweep", tmp_path, address) is None
        assert health.heard_of("embed", tmp_path, url) == "embed: not heard of yet"
        with opened.catalog.write() as connection:
            connection.execute(text("UPDATE worker SET beat_s = beat_s - 40"))
            connection.execute(text("UPDATE lease SET until_s = until_s - 200"))
        assert health.heard_of("ocr", tmp_path, url) in ("ocr: silent for 40 s", "ocr: silent for 41 s")
        assert health.heard_of("sweep", tmp_path, url).startswith("sweep: silent for 19")
    finally:
        opened.close()


def test_health_with_a_server_out_of_reach(health: ModuleType, tmp_path: Path) -> None:
    told = health.heard_of("ocr", tmp_path, "postgresql://me:secret@127.0.0.1:1/pagemill")
    assert told.startswith("catalogue: ") and "secret" not in told


def test_health_without_a_catalogue(health: ModuleType, tmp_path: Path) -> None:
    assert health.heard_of("ocr", tmp_path).startswith("catalogue: ")
    assert list(tmp_path.iterdir()) == []  # asking creates nothing


def test_health_of_a_server(health: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/healthz" else 503)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}"
        try:
            assert health.answers(f"{url}/healthz") is None
            assert "503" in health.answers(f"{url}/other")
        finally:
            server.shutdown()
            thread.join()
    assert "refused" in health.answers(f"{url}/healthz")
