"""No path of a user's making reaches the file system."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from starlette.testclient import TestClient

from pipeline.settings import Settings

PDF = b"%PDF-1.7\nnot much of a file"
HOSTILE = [
    "%2e%2e", "%2e", "..%2f..%2fcatalog.sqlite3", "..%5c..%5c", "%2fetc%2fpasswd", "....//", "a%00b", "%00",
    "0" * 31, "0" * 33, "G" * 32, "0" * 31 + "/", "0" * 30 + "..", "%252e%252e", "*", "~root", "C:%5c",
    "x" * 5000, "\uff0e\uff0e", "0" * 31 + "%0a",
]  # fmt: skip


def _files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.name.endswith(("-wal", "-shm"))}


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Paths that the server opens or asks about."""
    seen: list[str] = []

    def noting(real: Callable[..., Any]) -> Callable[..., Any]:
        def noted(path: Any, *args: Any, **kwargs: Any) -> Any:
            if isinstance(path, str | os.PathLike):
                seen.append(os.fspath(path))
            return real(path, *args, **kwargs)

        return noted

    for module, name in ((io, "open"), (os, "stat"), (os, "open"), (os, "scandir"), (os, "listdir")):
        monkeypatch.setattr(module, name, noting(getattr(module, name)))
    return seen


def test_what_stands_for_an_id_in_an_address(client: TestClient, settings: Settings, looked_at: list[str]) -> None:
    kb = client.post("/knowledge-bases", json={"name": "kb"}).json()["id"]
    files = [("files", ("a.pdf", PDF))]
    document = client.post("/knowledge-bases/kb/documents", files=files).json()["documents"][0]["id"]
    before = _files(settings.data)
    looked_at.clear()
    base = f"/api/v1/knowledge-bases/{kb}"
    for hostile in HOSTILE:
        addresses = [f"/api/v1/knowledge-bases/{hostile}", f"/api/v1/knowledge-bases/{hostile}/fields.csv",
                     f"/api/v1/knowledge-bases/{hostile}/documents/{document}/original",
                     f"{base}/batches/{hostile}", f"{base}/documents/{hostile}", f"/api/v1/keys/{hostile}",
                     f"{base}/documents/{document}/pages/{hostile}",
                     f"{base}/documents/{document}/pages/{hostile}/image",
                     *(f"{base}/documents/{hostile}/{part}" for part in (
                         "original", "markdown", "json", "pages", "pages/1", "pages/1/image"))]  # fmt: skip
        for address in addresses:
            for method in ("GET", "DELETE"):
                answer = client.request(method, f"http://test{address}", follow_redirects=False)
                assert answer.status_code in (307, 404, 405, 422), (method, address, answer.status_code)
    client.get(f"/knowledge-bases/kb/documents/{document}/original")
    assert any(path.endswith(f"{document}/original") for path in looked_at), "nothing was noted"
    words = [unquote(hostile).strip("/") for hostile in HOSTILE]
    for path in looked_at:
        assert ".." not in path and not any(len(word) > 3 and word in path for word in words), path
    assert _files(settings.data) == before and client.get("/knowledge-bases/kb").status_code == 200


def test_what_is_uploaded_lies_under_ids(client: TestClient, settings: Settings) -> None:
    client.post("/knowledge-bases", json={"name": "kb"})
    names = ["../../a.pdf", "/etc/b.pdf", "..\\..\\c.pdf", "..", ".", "d\x00.pdf", "\u202efdp.e", "con", "f" * 300]
    fields = {"tags": "../x", "metadata": '{"a": "../y"}'}
    for number, name in enumerate(names):
        files = [("files", (name, PDF + bytes([number])))]
        answer = client.post("/knowledge-bases/kb/documents", files=files, data=fields)
        assert answer.status_code == 202 and len(answer.json()["documents"]) == 1, name
        assert not set("/\\\x00") & set(answer.json()["documents"][0]["filename"])
    for path in settings.data.rglob("*"):
        parts = path.relative_to(settings.data).parts
        assert all(part.isascii() and ".." not in part for part in parts), path
    assert {path.name for path in settings.data.parent.iterdir()} == {"data"}


def test_names_of_knowledge_bases_are_labels_and_no_paths(client: TestClient, settings: Settings) -> None:
    for name in ["../../a", "/etc", "..", "a/../b", "..\\..", "x\x00y", "con", "~"]:
        client.post("/knowledge-bases", json={"name": name})
    folders = [path.name for path in (settings.data / "kb").iterdir()]
    assert folders and all(re.fullmatch("[0-9a-f]{32}", name) for name in folders)
    assert {path.name for path in settings.data.parent.iterdir()} == {"data"}
