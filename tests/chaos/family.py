"""The processes of a running `pagemill up`, told by what they are, so that a test can choose whom to kill."""

from __future__ import annotations

from collections.abc import Iterator

import psutil

# What stands in a command line, and what the process that has it is called.
_KINDS = {
    "actors.worker": "worker",
    "pipeline.child": "child",
    "web.server": "web",
    "actors.sweep": "sweep",
    "valkey-server": "queue",
    "bin/chroma": "chroma",
    "tesseract": "tesseract",
}
Family = list[tuple[str, psutil.Process]]


def family(master: int) -> Family:
    """All that descends from a process, with kind and role: `worker ocr`, `child render`, `web`, `queue`, ..."""
    try:
        return list(_told(psutil.Process(master).children(recursive=True)))
    except psutil.NoSuchProcess:
        return []


def _told(processes: list[psutil.Process]) -> Iterator[tuple[str, psutil.Process]]:
    for process in processes:
        try:
            words = process.cmdline()
        except psutil.NoSuchProcess:  # a zombie, or ended since it was listed
            continue
        line = " ".join(words)
        for sign, kind in _KINDS.items():
            if sign in line:
                yield (f"{kind} {words[-1]}" if kind in ("worker", "child") else kind), process
                break


def chroma_url(master: int) -> str:
    """Where the Chroma server of the family listens.

    Raises:
        AssertionError: there is none just now.
    """
    for kind, process in family(master):
        if kind == "chroma":
            words = process.cmdline()
            return f"http://127.0.0.1:{words[words.index('--port') + 1]}"
    raise AssertionError("no Chroma runs")
