"""Fresh copies of the samples put through a stack, and what its processes took for them."""

from __future__ import annotations

import itertools
import os
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import httpx
import psutil
from prometheus_client.parser import text_string_to_metric_families
from rich.console import Console

from cli import progress, samples
from cli.bench.figures import Load, Stage
from client import ApiError, Pagemill
from pipeline import stages
from pipeline.settings import Settings

_AIM_S = 15.0  # of a load
_LEAST, _MOST = 4, 200  # documents of one
_APART_S = 0.2  # between uploads while pages are read
_PAPER_PAGE_S = 0.15  # of one embed process, until it is measured
_SECONDS = "pagemill_stage_seconds_sum"


@dataclass(frozen=True, slots=True)
class _Taken:
    """Seconds so far: of the machine's processors, of the stack's processes and of each stage's workers."""

    machine_s: float
    stack_s: float
    cpu_s: dict[str, float]
    busy_s: dict[str, float]


class Bench:
    """Puts loads through a stack that this process started.

    Args:
        console: where progress goes.
    """

    def __init__(self, client: Pagemill, settings: Settings, console: Console) -> None:
        self._client = client
        self._settings = settings
        self._console = console
        # Of this time: pages that another bench on the same stack had would not be read again.
        self._numbers: Iterator[int] = itertools.count(2 * (time.time_ns() // 10**9 % 10**6))

    def warm(self, kb: str) -> tuple[float, str]:
        """Have every process do something; seconds that OCR took for a page, and the engine that read it."""
        documents = [self._upload(kb, samples.fresh_paper(next(self._numbers)))[0] for _ in range(2)]
        documents += [self._upload(kb, samples.fresh_scan(2 * next(self._numbers)))[0] for _ in range(4)]
        self._finish(kb)
        return self._read(kb, documents[-1])

    def uploads_ms(self, kb: str, count: int = 10) -> list[float]:
        """Milliseconds until uploads of a page were answered, one by one, on an idle stack."""
        times = []
        for _ in range(count):
            times.append(self._upload(kb, samples.fresh_scan(2 * next(self._numbers)))[1])
            self._finish(kb, quiet=True)
        return times

    def scans(self, kb: str, page_s: float) -> tuple[Load, list[float]]:
        """A load of scans, and the milliseconds until uploads were answered while pages were read.

        Args:
            page_s: what OCR takes for a page, to choose how many.
        """
        count = _within(_AIM_S * self._settings.processes("ocr") / page_s / 1.5)
        return self._load("scans", kb, [samples.fresh_scan(next(self._numbers)) for _ in range(count)], spread=True)

    def papers(self, kb: str) -> Load:
        """A load of born-digital documents."""
        count = _within(_AIM_S * self._settings.processes("embed") / _PAPER_PAGE_S / 8)
        contents = [samples.fresh_paper(next(self._numbers)) for _ in range(count)]
        return self._load("born-digital", kb, contents, spread=False)[0]

    def engines_s(self, engines: Sequence[str]) -> dict[str, float]:
        """Seconds that engines take for the same kind of page; of two each, as the first loads the models."""
        result = {}
        for engine in engines:
            name = f"bench {engine}"
            self._client.create_knowledge_base(name, engine=engine)
            for _ in range(2):
                document = self._upload(name, samples.fresh_scan(2 * next(self._numbers)))[0]
                self._finish(name, quiet=True)
                result[engine] = self._read(name, document)[0]
        return result

    def _load(self, kind: str, kb: str, contents: Sequence[bytes], *, spread: bool) -> tuple[Load, list[float]]:
        before, began = self._taken(), time.perf_counter()
        times = []
        for number, content in enumerate(contents):
            under_way = spread and number >= len(contents) // 2
            if under_way:
                time.sleep(_APART_S)
            answered_ms = self._upload(kb, content)[1]
            times += [answered_ms] if under_way else []
        pages = self._finish(kb)
        wall_s, after = time.perf_counter() - began, self._taken()
        found = tuple(
            Stage(name, self._settings.processes(name), after.busy_s[name] - before.busy_s[name],
                  after.cpu_s[name] - before.cpu_s[name]) for name in stages.NAMES
        )  # fmt: skip
        stack_s = after.stack_s - before.stack_s
        others_s = max(0.0, after.machine_s - before.machine_s - stack_s)
        return Load(kind, pages, wall_s, os.cpu_count() or 1, found, stack_s, others_s,
                    psutil.virtual_memory().available / 1e6, self._memory_mb()), times  # fmt: skip

    def _upload(self, kb: str, content: bytes) -> tuple[str, float]:
        """A document's id, and milliseconds until the upload was answered."""
        began = time.perf_counter()
        answer = self._client.upload(kb, ("bench.pdf", content))
        answered_ms = 1000 * (time.perf_counter() - began)
        for file in answer["rejected"]:
            raise ApiError(file["error"]["code"], file["error"]["message"])
        return answer["documents"][0]["id"], answered_ms

    def _finish(self, kb: str, *, quiet: bool = False) -> int:
        """Wait until nothing of a knowledge base is in work; how many pages it has.

        Raises:
            ApiError: a sample failed, which says that something is wrong with this installation.
        """
        counts = progress.watch_all(self._client, kb, Console(quiet=True) if quiet else self._console)
        if counts["failed"]:
            why = "samples could not be read; see `pagemill doctor`"
            total = counts["done"] + counts["failed"] + counts["cancelled"]
            raise ApiError("failed", f"{counts['failed']} of {total} {why}")
        return self._client.knowledge_base(kb)["pages"]["done"]

    def _read(self, kb: str, document: str) -> tuple[float, str]:
        page = self._client.page(kb, document, 1)
        return page["seconds"], page["engine"]

    def _taken(self) -> _Taken:
        machine = psutil.cpu_times()
        idle = machine.idle + getattr(machine, "iowait", 0.0) + getattr(machine, "guest", 0.0)
        text = httpx.get(f"{self._client.base}/metrics", trust_env=False).raise_for_status().text
        busy: Counter[str] = Counter()
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                if sample.name == _SECONDS:
                    busy[sample.labels["stage"]] += sample.value  # type: ignore[assignment]
        cpu = {stage: sum(map(_cpu_s, pids)) for stage, pids in self._workers().items()}
        return _Taken(sum(machine) - idle, _cpu_s(os.getpid()), cpu, dict(busy))

    def _workers(self) -> dict[str, list[int]]:
        pids: dict[str, list[int]] = {stage: [] for stage in stages.NAMES}
        for worker in self._client.pipeline()["workers"]:
            pids[worker["stage"]].append(worker["pid"])
        return pids

    def _memory_mb(self) -> dict[str, float]:
        """Memory that is a worker's own, with its children; of each stage the largest."""
        return {stage: max((_own_mb(pid) for pid in pids), default=0.0) for stage, pids in self._workers().items()}


def _within(count: float) -> int:
    return max(_LEAST, min(_MOST, round(count)))


def _family(pid: int) -> list[psutil.Process]:
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.Error:  # it has just ended
        return []


def _cpu_s(pid: int) -> float:
    """Processor seconds of a process and all that it started."""
    total = 0.0
    for process in _family(pid):
        try:
            times = process.cpu_times()
        except psutil.Error:  # its time is in its parent's
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total


def _own_mb(pid: int) -> float:
    total = 0.0
    for process in _family(pid):
        try:
            total += process.memory_full_info().uss / 1e6
        except psutil.Error:
            continue
    return total
