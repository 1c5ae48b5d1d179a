"""An app that wants keys, and keys of every kind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from pipeline.settings import EmbedSettings, QueueSettings, Settings, StorageSettings, WebSettings
from storage import keys
from storage.catalog import Storage
from web.app import create_app

PDF = b"%PDF-1.7\nnot much of a file"


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
        """A client at an address of its own, so that its wrong keys are nobody else's."""
        self._callers += 1
        shown = {"authorization": f"Bearer {key}"} if key else {}
        return TestClient(
            self.app, base_url="http://test/api/v1", headers={**shown, **headers}, raise_server_exceptions=False,
            client=(f"10.0.{self._callers // 250}.{self._callers % 250}", 1),
        )  # fmt: skip


@contextmanager
def guarded_app(folder: Path, **rules: Any) -> Iterator[Guarded]:
    """Such an app on a folder of its own; `rules` are settings of the section `web`."""
    settings = Settings(
        storage=StorageSettings(data=folder / "data", chroma_url="http://127.0.0.1:1"),
        queue=QueueSettings(redis_url="redis://127.0.0.1:1/0"),
        embed=EmbedSettings(model=str(folder / "no-model")),
        web=WebSettings(**{"keys": "always", "max_request_mb": 1, **rules}),
    )
    app = create_app(settings)
    with TestClient(app):
        yield Guarded(app, app.state.parts.storage)
