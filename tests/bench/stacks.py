"""Stacks of ours to be measured: warm, looked at from outside, and what each of their processes takes.

What a bench wants to know of a run it reads from the knowledge base's database itself: an answer over HTTP would cost
the stack some of the time that is measured.
"""

from __future__ import annotations

import datetime
import sqlite3
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from pipeline import settings, stages
from tests.bench.fresh import Fresh
from tests.stack import Stack, running, until

_LOOK_S = 0.002
_MAIN = {"actors.sweep": "sweep", "web.server": "web", "valkey": "valkey", "chroma": "chroma", "cli.main": "up"}


@contextmanager
def warmed(env: Mapping[str, str] | None = None, data: Path | None = None) -> Iterator[Stack]:
    """A stack whose every process has done a page or more and which has come to rest.

    Args:
        env: settings as environment variables.
        data: its data folder; None: a temporary one.
    """
    with (
        tempfile.TemporaryDirectory() as temporary,
        running(data or Path(temporary) / "data", dict(env or {})) as stack,
    ):
        config, given = settings.load(), env or {}
        wanted = sum(int(given.get(f"PAGEMILL_{stage.upper()}__PROCESSES", config.processes(stage)))
                     for stage in stages.NAMES)  # fmt: skip
        until(lambda: len(stack.client.call("GET", "/pipeline")["workers"]) >= wanted, 120, "all workers")
        fresh, kb = Fresh(f"warm {time.time_ns()}"), stack.create(f"warm {time.time_ns()}")
        run = Watched(stack, kb)
        run.put([fresh.born_digital(), *(fresh.scan() for _ in range(4))])
        stack.wait_for_vectors(kb)
        yield stack


class Watched:
    """A knowledge base of a stack, seen through its database."""

    def __init__(self, stack: Stack, kb: str) -> None:
        self.stack = stack
        self.kb = kb
        self._file = stack.data / "kb" / kb / "kb.sqlite3"

    def rows(self, query: str, *values: Any) -> list[sqlite3.Row]:
        """What a query finds now."""
        with closing(sqlite3.connect(f"{self._file.absolute().as_uri()}?mode=ro", uri=True, timeout=10)) as connection:
            connection.row_factory = sqlite3.Row
            return connection.execute(query, values).fetchall()

    def put(self, contents: list[bytes], seconds: float = 600.0) -> list[str]:
        """Upload files and wait until all can be searched and the stack has come to rest; the documents' ids.

        Raises:
            SystemExit: one of them did not end well: its time would say nothing.
        """
        documents = [self.stack.upload(self.kb, f"{number}.pdf", content) for number, content in enumerate(contents)]
        self.wait(documents, seconds)
        until(self.stack.idle, 60, "the stack to come to rest")
        return documents

    def wait(self, documents: list[str], seconds: float = 600.0, look_s: float = 0.02) -> None:
        """Until all can be searched, looked at every `look_s`; errors as `put`."""
        deadline = time.monotonic() + seconds
        marks = ", ".join("?" * len(documents))
        query = (f"SELECT sum(r.status IN ('queued', 'running')) AS going, sum(r.status = 'done') AS done FROM run AS r"
                 f" JOIN document AS d ON d.id = r.document AND d.run = r.run WHERE d.id IN ({marks})")  # fmt: skip
        while True:
            [row] = self.rows(query, *documents)
            if not row["going"]:
                break
            if time.monotonic() > deadline:
                raise SystemExit(f"after {seconds:g} s {row['going']} of {len(documents)} documents are still in work")
            time.sleep(look_s)
        if row["done"] != len(documents):
            raise SystemExit(f"{len(documents) - row['done']} of {len(documents)} documents failed")

    def wait_read(self, document: str, pages: int, seconds: float = 600.0) -> None:
        """Wait until so many pages of a document were read."""
        query = "SELECT count(*) AS n FROM unit WHERE document = ? AND stage = 'ocr' AND state = 'done'"
        until(lambda: self.rows(query, document)[0]["n"] >= pages, seconds, f"{pages} pages to be read")

    def cancel(self, document: str) -> None:
        """Stop a document's work."""
        self.stack.client.call("POST", f"/knowledge-bases/{self.kb}/documents/{document}/cancel")

    def searchable(self, document: str, query: str, seconds: float = 120.0) -> float:
        """Wait until a document is found by its words and by its meaning; when the searches that found it were sent.

        Nothing is asked of the stack before the ledger says that it is published.

        Returns:
            By `time.perf_counter`.
        """
        self.wait([document], seconds, _LOOK_S)
        while True:
            sent = time.perf_counter()
            found = [self.stack.search(self.kb, query, mode=mode, limit=100)["hits"] for mode in ("keyword", "vector")]
            if all(any(hit["document"] == document for hit in hits) for hits in found):
                return sent

    def stages_ms(self, document: str) -> dict[str, float]:
        """Milliseconds from a stage's first claim to its last settle, by the ledger's times."""
        return {stage: 1000 * (ended - began) for stage, (began, ended) in self._times(document).items()}

    def hand_offs_ms(self, document: str) -> dict[str, float]:
        """Milliseconds from "upload", and from each stage's last settle, to the next stage's first claim."""
        [taken] = self.rows("SELECT created_at FROM document WHERE id = ?", document)
        before, left, gaps = "upload", _seconds(taken["created_at"]), {}
        for stage, (began, ended) in self._times(document).items():
            gaps[f"{before} -> {stage}"] = 1000 * (began - left)
            before, left = stage, ended
        return gaps

    def _times(self, document: str) -> dict[str, tuple[float, float]]:
        rows = self.rows("SELECT stage, min(started_at) AS began, max(finished_at) AS ended FROM unit WHERE"
                         " document = ? AND state = 'done' GROUP BY stage", document)  # fmt: skip
        times = {row["stage"]: (_seconds(row["began"]), _seconds(row["ended"])) for row in rows}
        return {stage: times[stage] for stage in stages.NAMES if stage in times}


def _seconds(wall: str) -> float:
    return datetime.datetime.fromisoformat(wall).timestamp()


@dataclass(frozen=True, slots=True)
class Member:
    """A process of a stack.

    Attributes:
        role: what it is for; of children: "ocr child".
        worker: number of the process that it works for: its own, or of a child its parent's.
        cpu_s: processor seconds of it and of those of its children that have ended.
    """

    role: str
    pid: int
    worker: int
    cpu_s: float


def members(stack: Stack) -> list[Member]:
    """All processes of a stack that live."""
    found: list[Member] = []

    def visit(process: psutil.Process, parent: str, worker: int | None) -> None:
        try:
            role, times = _role(process.cmdline(), parent), process.cpu_times()
            cpu_s = times.user + times.system + times.children_user + times.children_system
            found.append(Member(role, process.pid, worker or process.pid, cpu_s))
            children = process.children()
        except psutil.NoSuchProcess:  # it has gone into its parent's sum
            return
        for child in children:
            visit(child, role, worker or (process.pid if parent else None))

    visit(psutil.Process(stack.process.pid), "", None)
    return found


def _role(command: list[str], parent: str) -> str:
    words = " ".join(command)
    if "pipeline.child" in words:
        return f"{parent} child"
    if "actors.worker" in words:
        return command[command.index("actors.worker") + 1]
    return next((role for module, role in _MAIN.items() if module in words), parent)


def cpu_s(stack: Stack) -> dict[str, float]:
    """Processor seconds so far, by role."""
    total: dict[str, float] = defaultdict(float)
    for member in members(stack):
        total[member.role] += member.cpu_s
    return total


def spent(after: Mapping[str, float], before: Mapping[str, float]) -> dict[str, float]:
    """What was spent between two looks, by role, most first."""
    difference = {role: cpu - before.get(role, 0.0) for role, cpu in after.items()}
    return dict(sorted(difference.items(), key=lambda item: -item[1]))


def pss_mb(pid: int) -> float:
    """Proportional set size of a process: what it shares counts in part. Megabytes."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("Pss:"))
