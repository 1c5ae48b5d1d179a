"""From `pagemill up` to the first upload that is taken, and to the first hybrid search with vectors.

On a data folder that is new, and on one with documents. The machine's file cache is warm: nobody can empty it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import httpx

from cli.up import free_port
from pipeline.settings import PROJECT_ROOT
from tests.bench.fresh import Fresh
from tests.bench.measure import Bar, Report
from tests.bench.options import Asked
from tests.stack import PYTHON

_UPLOAD_S, _VECTORS_S = 8, 20
_PATIENCE_S = 120.0
_LOOK_S = 0.02


def run(asked: Asked) -> list[Report]:
    """A report of new data folders, and one of those with data."""
    new: dict[str, list[float]] = defaultdict(list)
    old: dict[str, list[float]] = defaultdict(list)
    fresh = Fresh("start")
    for _ in range(asked.rounds):
        with tempfile.TemporaryDirectory() as folder:
            for times in (new, old):
                for what, seconds in _start(Path(folder) / "data", fresh).items():
                    times[what].append(seconds)
    return [_report("A start on a new data folder", new), _report("A start on a folder with data", old)]


def _report(title: str, times: dict[str, list[float]]) -> Report:
    bars = {"an upload is taken": _UPLOAD_S, "a hybrid search has vectors": _VECTORS_S}
    report = Report(title)
    for what, seconds in times.items():
        report.add(what, seconds, "s", Bar("at most", bars[what]) if what in bars else None)
    return report


def _start(data: Path, fresh: Fresh) -> dict[str, float]:
    """Start it, use it at once, stop it; seconds since the start."""
    port, word = free_port(), "zyxstart"
    content = fresh.born_digital(1, word)
    began = time.perf_counter()
    stack = subprocess.Popen(
        [*PYTHON, "-m", "cli.main", "up", "--data", str(data), "--port", str(port)],
        cwd=PROJECT_ROOT, env=os.environ, stdout=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        times = {}
        with httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1", trust_env=False) as client:
            name = f"start {port}"
            _until(lambda: client.post("/knowledge-bases", json={"name": name}).status_code in (201, 409), stack)
            path = f"/knowledge-bases/{name}/documents"
            _until(lambda: client.post(path, files={"files": ("a.pdf", content)}).status_code == 202, stack)
            times["an upload is taken"] = time.perf_counter() - began
            _until(lambda: _found(client, name, word, "keyword"), stack)
            times["its page is found by its words"] = time.perf_counter() - began
            _until(lambda: _found(client, name, word, "hybrid"), stack)
            times["a hybrid search has vectors"] = time.perf_counter() - began
    finally:
        stopping = time.perf_counter()
        stack.send_signal(signal.SIGTERM)
        stack.wait(timeout=60)
    return {**times, "the stop, from its signal": time.perf_counter() - stopping}


def _found(client: httpx.Client, kb: str, word: str, mode: str) -> bool:
    answer: dict[str, Any] = (
        client.get(f"/knowledge-bases/{kb}/search", params={"q": word, "mode": mode}).raise_for_status().json()
    )
    return bool(answer["hits"]) and answer["degraded"] is None


def _until(check: Any, stack: subprocess.Popen[bytes]) -> None:
    deadline = time.perf_counter() + _PATIENCE_S
    while True:
        try:
            if check():
                return
        except httpx.TransportError:  # nobody listens yet
            pass
        if stack.poll() is not None:
            raise SystemExit(f"the stack ended with status {stack.returncode}")
        if time.perf_counter() > deadline:
            raise SystemExit(f"the stack was not of use within {_PATIENCE_S:g} s")
        time.sleep(_LOOK_S)
