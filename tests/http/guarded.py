"""Web servers with nothing beside them: an app that wants keys, with keys of every kind; a real one on a port."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.testclient import TestClient

from pipeline.settings import EmbedSettings, QueueSettings, Settings, StorageSettings, WebSettings
from storage import keys
from storage.catalog import Storage
from tests.stack import until
from web.app import create_app
from web.server import listen, serving

PDF = b"%PDF-1.7\nnot much of a file"

HERE = ("127.0.0.1", 50_000)
"""Where a client at this machine asks from."""


class Guarded:
    """An app that wants keys, with a key of each kind, and two knowledge bases with a document each.

    Attributes:
        kb, other: ids; the keys named `mine...` are for the first alone.
    """

    def __init__(self, app: Any, storage: Storage) -> None:
        self.app = app
        self.storage = storage
        self._callers = 0
        self.keys = {scope: self.make(scope) for scope in keys.SCOPES}
        admin = self.client(self.keys["admin"])
        self.kb, self.other = (admin.post("/knowledge-bases", json={"name": n}).json()["id"] for n in ("mine", "other"))
        for scope in keys.SCOPES:
            self.keys[f"mine {scope}"] = self.make(scope, [self.kb])
        files = [("files", ("a.pdf", PDF))]
        uploads = {
            kb: admin.post(f"/knowledge-bases/{kb}/documents", files=files).json() for kb in (self.kb, self.other)
        }
        self.documents = {kb: answer["documents"][0]["id"] for kb, answer in uploads.items()}
        self.batches = {kb: answer["batch"] for kb, answer in uploads.items()}

    def make(self, scope: keys.Scope, ids: list[str] | None = None) -> str:
        return keys.make(self.storage.catalog, f"{scope} {ids}", scope, ids)[1]

    def client(self, key: str | None = None, **headers: str) -> TestClient:
        """A client at an address of its own: its wrong keys are nobody else's. If none is needed, at this machine."""
        self._callers += 1
        elsewhere = (f"10.0.{self._callers // 250}.{self._callers % 250}", 1)
        shown = {"authorization": f"Bearer {key}"} if key else {}
        return TestClient(
            self.app, base_url="http://test/api/v1", headers={**shown, **headers}, raise_server_exceptions=False,
            client=elsewhere if self.app.state.parts.access.needs_keys else HERE,
        )  # fmt: skip


def lonely(folder: Path, **rules: Any) -> Settings:
    """Settings of a web server with nothing beside it; `rules` are those of the section `web`."""
    return Settings(
        storage=StorageSettings(data=folder / "data", chroma_url="http://127.0.0.1:1"),
        queue=QueueSettings(redis_url="redis://127.0.0.1:1/0"),
        embed=EmbedSettings(model=str(folder / "no-model")),
        web=WebSettings(**rules),
    )


@contextmanager
def guarded_app(folder: Path, **rules: Any) -> Iterator[Guarded]:
    """An app that wants keys, on a folder of its own."""
    app = create_app(lonely(folder, **{"keys": "always", "max_request_mb": 1, **rules}))
    with TestClient(app, client=HERE):
        yield Guarded(app, app.state.parts.storage)


@contextmanager
def served(settings: Settings) -> Iterator[tuple[uvicorn.Server, int, Starlette]]:
    """A real server on a real port, in a thread; and its app."""
    app = create_app(settings)
    server = serving(app, settings)
    with listen("127.0.0.1", 0) as listener:
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            until(lambda: server.started, 30, "the server")
            yield server, listener.getsockname()[1], app
        finally:
            server.should_exit = True
            thread.join(30)
    assert not thread.is_alive()
