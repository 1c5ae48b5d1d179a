"""A real stack for tests: `pagemill up` on a folder of its own, and a client."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from client import Pagemill
from client.requests import kb_path
from pipeline.settings import PROJECT_ROOT

PYTHON = [sys.executable]
ENDED = ("done", "failed", "cancelled")


class Stack:
    """A running `pagemill up`.

    Attributes:
        said: the lines it printed until it was ready.
        key: the one that it made, if it did.
    """

    def __init__(self, data: Path, process: subprocess.Popen[str], url: str, said: list[str]) -> None:
        self.data = data
        self.process = process
        self.url = url
        self.said = said
        self.key = next((line for line in said if line.startswith("pm_")), None)
        self.client = Pagemill(url, self.key)

    def log(self) -> str:
        return (self.data / "logs" / "pagemill.log").read_text()

    @property
    def chroma_url(self) -> str:
        log = (self.data / "logs" / "chroma.log").read_text()
        ports = re.findall(r"http://\S+:(\d+)", log)
        assert ports, log
        return f"http://127.0.0.1:{ports[-1]}"  # of the latest start on this folder

    def create(self, name: str, **settings: Any) -> str:
        answer = self.client.call("POST", "/knowledge-bases", json={"name": name, **settings})
        kb_id: str = answer["id"]
        return kb_id

    def upload(self, kb: str, name: str, content: bytes) -> str:
        answer = self.client.call("POST", f"{kb_path(kb)}/documents", files=[("files", (name, content))])
        assert answer["rejected"] == [], answer
        document: str = answer["documents"][0]["id"]
        return document

    def status(self, kb: str, document: str) -> dict[str, Any]:
        answer: dict[str, Any] = self.client.call("GET", f"{kb_path(kb)}/documents/{document}")
        return answer

    def wait(self, kb: str, *documents: str, seconds: float = 120.0) -> list[dict[str, Any]]:
        """Wait until documents have ended."""
        result = []
        for document in documents:
            until(lambda d=document: self.status(kb, d)["status"] in ENDED, seconds, f"{document} to end")  # type: ignore[misc]
            result.append(self.status(kb, document))
        return result

    def search(self, kb: str, query: str, **params: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.client.call("GET", f"{kb_path(kb)}/search", params={"q": query, **params})
        return answer

    def wait_for_vectors(self, kb: str) -> None:
        until(lambda: self.search(kb, "anything")["degraded"] is None, 120, "the query model to load")

    def idle(self) -> bool:
        """Whether neither work nor clean-up is left anywhere, as the sweep sees it."""
        from storage.sqlite import SQLite

        catalog = SQLite(self.data / "catalog.sqlite3", 5.0)
        try:
            with catalog.read() as connection:
                found = connection.exec_driver_sql("SELECT count(*) FROM knowledge_base WHERE activity > 0")
                return bool(found.scalar_one() == 0)
        finally:
            catalog.close()


def until(check: Callable[[], bool], seconds: float, what: str) -> None:
    """Poll a condition until it holds.

    Raises:
        AssertionError: it did not in time.
    """
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
        time.sleep(0.05)


@contextmanager
def running(data: Path, env: dict[str, str] | None = None, program: list[str] | None = None) -> Iterator[Stack]:
    """Start a stack and stop it afterwards.

    Args:
        program: what to run instead of `pagemill up`; it must announce itself alike.
    """
    command = program or [*PYTHON, "-m", "cli.main", "up"]
    process = subprocess.Popen(
        [*command, "--data", str(data), "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PAGEMILL_LEDGER__RETRY_DELAY_S": "0.5", **(env or {})},
        cwd=PROJECT_ROOT,
        start_new_session=True,
    )
    assert process.stdout is not None
    try:
        said = [process.stdout.readline()]
        while said[-1] and "ready at" not in said[-1]:
            said.append(process.stdout.readline())
        assert said[-1], f"the stack did not start: {said!r}"
        stack = Stack(data, process, orjson.loads((data / "server.json").read_bytes())["url"], [*map(str.strip, said)])
        try:
            yield stack
        finally:
            stack.client.close()
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=60)
        finally:
            process.kill()
            process.stdout.close()
