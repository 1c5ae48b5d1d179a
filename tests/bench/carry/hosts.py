"""Hosts with worker processes of one stage: each a `pagemill worker` with a data folder and settings of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import psutil

from pipeline.settings import PROJECT_ROOT
from tests.bench.measure import family_cpu_s

_WAITING = PROJECT_ROOT / "tests" / "bench" / "carry" / "waiting"


class Host:
    """A host that runs worker processes of OCR with the engine that waits.

    Args:
        data: its folder.
        env: settings as environment variables.
        wait_s: of the engine, a page.
    """

    def __init__(self, data: Path, env: Mapping[str, str], processes: int, wait_s: float) -> None:
        self.processes = processes
        more = {
            "PAGEMILL_OCR__PROCESSES": str(processes), "BENCH_WAIT_S": str(wait_s), "PYTHONPATH": str(_WAITING),
        }  # fmt: skip
        self._started = self._start(data, env, ["worker", "ocr"], more)

    @staticmethod
    def _start(
        data: Path, env: Mapping[str, str], command: list[str], more: Mapping[str, str]
    ) -> subprocess.Popen[bytes]:
        data.mkdir(parents=True, exist_ok=True)
        with (data / "said").open("ab") as said:
            return subprocess.Popen(
                [sys.executable, "-m", "cli.main", *command, "--data", str(data)],
                env={**os.environ, **env, **more, "OMP_NUM_THREADS": "1"}, cwd=PROJECT_ROOT, stdout=said, stderr=said,
                start_new_session=True,
            )  # fmt: skip

    def cpu_s(self) -> dict[str, float]:
        """Processor seconds so far: of its workers, of their children, of what minds them."""
        workers = children = 0.0
        top = psutil.Process(self._started.pid)
        for worker in top.children():
            whole = family_cpu_s(worker.pid)
            own = sum(worker.cpu_times()[:2])
            workers, children = workers + own, children + whole - own
        return {"worker": workers, "ocr child": children, "supervisor": sum(top.cpu_times()[:2])}

    def stop(self) -> None:
        """End it as an operator does, and wait."""
        self._started.send_signal(signal.SIGTERM)
        try:
            self._started.wait(30)
        finally:
            self._started.kill()


class Sweeper(Host):
    """A host that runs the sweep alone."""

    def __init__(self, data: Path, env: Mapping[str, str]) -> None:
        self.processes = 0
        self._started = self._start(data, env, ["sweep"], {})

    def cpu_s(self) -> dict[str, float]:
        """As of a host."""
        return {"sweep": family_cpu_s(self._started.pid)}
