"""Locked originals through the whole chain: read with their password, which is found nowhere afterwards."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import httpx

from client.requests import kb_path
from tests import drawing
from tests.stack import Stack

SECRET = "open sesame"


def _pagemill(stack: Stack, *arguments: str, password: str) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", *arguments, "--password", "--json"],
        capture_output=True, text=True, timeout=120,
        env={**os.environ, "PAGEMILL_URL": stack.url, "PAGEMILL_PASSWORD": password},
    )  # fmt: skip
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


def test_a_wrong_password_then_the_right_one(stack: Stack, kb: str, tmp_path: Path) -> None:
    path = tmp_path / "locked.pdf"
    path.write_bytes(drawing.encrypted_pdf())
    added = _pagemill(stack, "add", str(path), "--kb", kb, "--wait", password="not that one")
    (failed,) = added["documents"]  # type: ignore[misc]
    assert failed["status"] == "failed" and failed["error"]["code"] == "encrypted"
    assert "does not open the file. Retry" in failed["error"]["message"]
    document = failed["id"]
    assert _pagemill(stack, "retry", kb, document, password=SECRET)["run"] == 2
    (status,) = stack.wait(kb, document)
    assert status["status"] == "done", status["error"]
    text = httpx.get(f"{stack.url}/api/v1{kb_path(kb)}/documents/{document}/markdown", trust_env=False).text
    assert "secret" in text
    image = httpx.get(f"{stack.url}/api/v1{kb_path(kb)}/documents/{document}/pages/1/image", trust_env=False)
    assert image.status_code == 422 and image.json()["error"]["code"] == "encrypted"
    # Neither databases nor the queue's files, results, caches or logs hold it.
    files = [file for file in stack.data.rglob("*") if file.is_file()]
    assert {"kb.sqlite3", "pagemill.log", "secret.key"} <= {file.name for file in files}
    for file in files:
        content = file.read_bytes()
        assert SECRET.encode() not in content and b"not that one" not in content, file


def test_a_password_that_nobody_asked_for_is_ignored(stack: Stack, kb: str) -> None:
    files = [("files", ("open.pdf", drawing.text_pdf([["An open letter about herons."]])))]
    answer = stack.client.call("POST", f"{kb_path(kb)}/documents", files=files, data={"password": SECRET})
    (status,) = stack.wait(kb, answer["documents"][0]["id"])
    assert status["status"] == "done"
