"""A folder of hard files through a running stack: `python -m tests.bench.hard FOLDER [FIRST LAST]`.

Uploads every file (or those from FIRST to LAST, counted from 0), waits until all have ended, and prints what became of
them by code, the time it took, which processes of the stack were started anew by it (none should be, but the children
that die of a file), the memory of each process at the start, in the middle and at the end, and how many documents are
stuck (none). The exit status says whether that is so.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson
import psutil

from client.requests import kb_path
from tests.stack import ENDED, Stack, running

# The faster engine and low limits: what is looked for is what a file does to the stack, not how well it is read.
ENV = {
    "PAGEMILL_OCR__ENGINE": "tesseract",
    "PAGEMILL_RENDER__MAX_PAGES": "30",
    "PAGEMILL_RENDER__PAGE_SECONDS": "20",
    "PAGEMILL_OCR__PAGE_SECONDS": "30",
}
PART = 25
PATIENCE_S = 600.0  # without any change in any document: then those left are stuck


class Watch:
    """Memory and ends of a stack's processes."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._seen: list[dict[str, float]] = []

    def look(self) -> None:
        """Note the megabytes of each process, and of its engine child where it has one."""
        seen: dict[str, float] = {}
        for process in psutil.Process(self._stack.process.pid).children():
            with suppress(psutil.NoSuchProcess):
                name = process.environ().get("PAGEMILL_PROCESS", process.name())
                seen[name] = process.memory_info().rss / 1e6
                for child in process.children(recursive=True):
                    seen[f"{name}'s child"] = child.memory_info().rss / 1e6
        self._seen.append(seen)

    def restarts(self, how: str) -> dict[str, int]:
        """How often each process `died` or was `replaced` (on purpose: it had grown or aged), as its supervisor saw."""
        report = orjson.loads((self._stack.data / "supervisor.json").read_bytes())
        return {name: told[how] for name, told in report.items() if told[how]}

    def table(self) -> list[str]:
        """A line a process: megabytes at each look."""
        return [
            f"  {name:20} " + " ".join(f"{look.get(name, 0.0):7.0f}" for look in self._seen) for name in self._seen[-1]
        ]


def put_through(stack: Stack, files: list[Path]) -> bool:
    """Upload the files, wait, and print; whether nothing got stuck and nothing was started anew."""
    kb = stack.create("hard")
    watch, began = Watch(stack), time.monotonic()
    watch.look()
    codes: Counter[str] = Counter()
    documents: set[str] = set()
    for start in range(0, len(files), PART):
        answer = stack.client.upload(kb, *files[start : start + PART])
        documents |= {document["id"] for document in answer["documents"]}
        codes.update(f"refused: {file['error']['code']}" for file in answer["rejected"])
        codes["the same bytes as another"] += sum(document["duplicate"] for document in answer["documents"])
    print(f"{len(files)} files sent in {time.monotonic() - began:.0f} s")
    try:
        waiting = _wait(stack, kb, watch, len(documents))
    except KeyboardInterrupt:
        waiting = len(documents)
        print("interrupted: so far")
    watch.look()
    pages: Counter[str] = Counter()
    for status in _statuses(stack, kb):
        partly = status["status"] == "done" and status["pages"]["failed"]
        codes["done, pages failed" if partly else status["status"] if not status["error"] else
              f"{status['status']}: {status['error']['code']}"] += 1  # fmt: skip
        pages["read"] += status["pages"]["done"]
        pages.update(warning["code"] for warning in status["warnings"])
    for code, count in codes.most_common():
        print(f"  {count:5} {code}")
    print("pages: " + ", ".join(f"{code} {count}" for code, count in pages.most_common()))
    died, replaced = watch.restarts("died"), watch.restarts("replaced")
    print(f"{time.monotonic() - began:.0f} s; stuck {waiting}; died {died or 'none'}; replaced {replaced or 'none'}")
    print("MB at the start, half-way and at the end:", *watch.table(), sep="\n")
    return not waiting and not died


def _wait(stack: Stack, kb: str, watch: Watch, total: int) -> int:
    """Until all have ended, or nothing has changed for long; how many have not."""
    version, since, halfway = -1, time.monotonic(), False
    while True:
        counts = stack.client.call("GET", kb_path(kb))
        waiting = counts["documents"]["queued"] + counts["documents"]["running"]
        if not halfway and waiting < total / 2:
            watch.look()
            halfway = True
        if counts["version"] != version:
            version, since = counts["version"], time.monotonic()
        if not waiting or time.monotonic() - since > PATIENCE_S:
            return waiting
        time.sleep(1.0)


def _statuses(stack: Stack, kb: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    cursor = None
    while True:
        query = {"limit": 500, **({"cursor": cursor} if cursor else {})}
        answer = stack.client.call("GET", f"{kb_path(kb)}/documents", params=query)
        items += answer["items"]
        cursor = answer["next_cursor"]
        if cursor is None:
            assert all(item["status"] in (*ENDED, "queued", "running") for item in items)
            return items


def main() -> int:
    """The exit status."""
    files = sorted(path for path in Path(sys.argv[1]).rglob("*") if path.is_file())
    if len(sys.argv) > 3:
        files = files[int(sys.argv[2]) : int(sys.argv[3])]
    with tempfile.TemporaryDirectory() as folder, running(Path(folder) / "data", ENV) as stack:
        return 0 if put_through(stack, files) else 1


if __name__ == "__main__":
    sys.exit(main())
