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

from pipeline import settings
from pipeline.settings import PROJECT_ROOT
from storage import clock, workers
from storage.catalog import Storage


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
