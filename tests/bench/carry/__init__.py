"""Pages a second that the queue carries, from dispatch to commit, with an engine that only waits.

Pages wait for OCR as render leaves them; hosts read them (`pagemill worker ocr`, each with a data folder of its own)
and a sweep looks after them. All of a page's way is real but the reading: message, claim, page image, child, settle,
what follows. What comes behind stands paused, as what draws and embeds pages are engines too.

Two questions: how many pages a second at most, and what each takes of the processor, by role; and how that grows with
processes where an engine takes as long as a real one.
"""

from __future__ import annotations

import datetime
import os
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from pipeline import settings
from storage import clock, pauses, workers
from storage.catalog import KnowledgeBase, Storage
from storage.database import scalar, text
from tests.bench.carry import pages, servers
from tests.bench.carry.hosts import Host, Sweeper
from tests.bench.measure import Bar, Report, family_cpu_s
from tests.bench.options import Asked
from tests.stack import until

_KNOWLEDGE_BASES = 4
_MOST_WAIT_S, _CURVE_WAIT_S = 0.01, 1.0
_BEGUN, _ENDED = 0.1, 0.9  # of all pages: between them is measured
_LONGEST_S = 40.0
_CURVE_S = 12.0
_PAGES_A_SECOND = 500
_STEPS = (1, 1, 2, 4, 8)  # processes of each further host
_EIGHT_BESIDE_ONE = 7.0
_WAITING = "8"  # messages in the queue: what one host's settings make of its own processes is little for several hosts


@dataclass(frozen=True, slots=True)
class Arrangement:
    """What is set up.

    Attributes:
        processes: of each host.
        unit: pages of a unit, and of a document.
    """

    name: str
    hosts: int
    processes: int
    unit: int
    pages: int
    database: bool = True
    objects: bool = False


_ARRANGEMENTS = (
    Arrangement("PostgreSQL, shared folder, 2 hosts", 2, 4, 16, 3200),
    Arrangement("PostgreSQL, object store, 2 hosts", 2, 4, 16, 800, objects=True),
    Arrangement("SQLite, one machine", 1, 8, 16, 3200, database=False),
    Arrangement("PostgreSQL, shared folder, 2 hosts", 2, 4, 1, 480),
    Arrangement("SQLite, one machine", 1, 8, 1, 480, database=False),
)


def run(asked: Asked) -> Iterator[Report]:
    """A report an arrangement: the most that it carries, and where the processor goes; and the curve."""
    for one in _ARRANGEMENTS[:1] if asked.quick else _ARRANGEMENTS:
        rate, cpu_ms = _carried(one, asked.pages or (one.pages // 8 if asked.quick else one.pages))
        title = f"{one.name}, {one.unit} {'page' if one.unit == 1 else 'pages'} a unit, the engine waits 10 ms"
        report = Report(title, about={"cores": os.cpu_count()})
        bar = Bar("at least", _PAGES_A_SECOND) if one.unit > 1 and one.database else None
        report.add("pages carried", [rate], "pages/s", bar)
        report.add("a page, all", [sum(cpu_ms.values())], "CPU ms")
        for role, took in sorted(cpu_ms.items(), key=lambda item: -item[1]):
            report.add(f"a page, {role}", [took], "CPU ms")
        yield report
    yield _curve(_STEPS[:3] if asked.quick else _STEPS)


class Site:
    """Servers, pages that wait, and hosts that come one after another."""

    def __init__(self, opened: ExitStack, one: Arrangement, wait_s: float) -> None:
        self._opened, self._one, self._wait_s = opened, one, wait_s
        self._root = Path(opened.enter_context(servers.scratch()))
        self._servers = opened.enter_context(servers.serving(self._root, database=one.database, objects=one.objects))
        self.env = {
            **self._servers.env, "PAGEMILL_OCR__THREADS": "1", "PAGEMILL_OCR__RECYCLE_UNITS": "0",
            "PAGEMILL_OCR__PAGES_PER_UNIT": str(one.unit), "PAGEMILL_RENDER__PAGES_PER_UNIT": str(one.unit),
            "PAGEMILL_QUEUE__MIN_OUTSTANDING": _WAITING,
        }  # fmt: skip
        self.hosts: list[Host] = []
        data = self._data()
        self.storage = opened.enter_context(
            closing(Storage(_loaded({**self.env, "PAGEMILL_STORAGE__DATA": str(data)})))
        )
        self.storage.prepare()
        self.kbs: list[KnowledgeBase] = [
            self.storage.open(self.storage.create_knowledge_base(f"kb {n}", ["en"], "auto")["id"])
            for n in range(_KNOWLEDGE_BASES)
        ]
        for stage in ("ocr", "extract"):
            pauses.pause(self.storage.catalog, stage)

    def _data(self) -> Path:
        """The data folder of the next host; on one machine there is one."""
        data = self._root / f"host-{len(self.hosts)}" if self._one.database else self._root / "host"
        if self._one.database and not self._one.objects:
            servers.shared_folder(data, self._root / "shared")
        return data

    def put(self, count: int, a_document: int) -> None:
        """Have so many pages wait."""
        for number in range(count // a_document):
            pages.put_document(self.storage, self.kbs[number % len(self.kbs)], number, a_document)
        for kb in self.kbs:
            self.storage.wake(kb.id)

    def add(self, processes: int) -> None:
        """One more host, and wait for its workers."""
        self.hosts.append(Host(self._data(), self.env, processes, self._wait_s))
        self._opened.callback(self.hosts[-1].stop)
        wanted = sum(host.processes for host in self.hosts)
        until(lambda: len(workers.living(self.storage.catalog)) >= wanted, 120, "all workers")

    def begin(self) -> None:
        """Start the sweep and let all read."""
        self.hosts.append(Sweeper(self._data(), self.env))
        self._opened.callback(self.hosts[-1].stop)
        pauses.resume(self.storage.catalog, "ocr")

    def read(self) -> int:
        """Pages that are read by now."""
        found = 0
        for kb in self.kbs:
            with kb.db.read() as connection:
                query = "SELECT coalesce(sum(size), 0) FROM unit WHERE stage = 'ocr' AND state = 'done'"
                found += int(scalar(connection, query))
        return found

    def cpu_s(self) -> dict[str, float]:
        """Processor seconds so far, by role."""
        spent: dict[str, float] = defaultdict(float)
        for name, pid in self._servers.pids.items():
            spent[name] += family_cpu_s(pid)
        for host in self.hosts:
            for role, seconds in host.cpu_s().items():
                spent[role] += seconds
        return spent

    def rate(self, since: str) -> float:
        """Pages a second of all processes together, each from its first settle after a time to its last."""
        total = 0.0
        times: dict[str, list[float]] = defaultdict(list)
        for kb in self.kbs:
            for worker, at in self._settled(kb, since):
                times[worker].append(at)
        for settled in times.values():
            if len(settled) > 1:
                total += (len(settled) - 1) / (max(settled) - min(settled))
        return total

    @staticmethod
    def _settled(kb: KnowledgeBase, since: str) -> list[tuple[str, float]]:
        with kb.db.read() as connection:
            rows = connection.execute(
                text("SELECT worker, finished_at FROM unit WHERE stage = 'ocr' AND state = 'done'"
                     " AND finished_at > :since"), {"since": since}).all()  # fmt: skip
        return [(row.worker, datetime.datetime.fromisoformat(row.finished_at).timestamp()) for row in rows]


def _loaded(env: Mapping[str, str]) -> settings.Settings:
    """The settings that a host with these variables has."""
    kept = dict(os.environ)
    os.environ.update(env)
    settings.load.cache_clear()
    try:
        return settings.load()
    finally:
        os.environ.clear()
        os.environ.update(kept)
        settings.load.cache_clear()


def _carried(one: Arrangement, count: int) -> tuple[float, dict[str, float]]:
    """Pages a second, and processor milliseconds a page by role."""
    with ExitStack() as opened:
        site = Site(opened, one, _MOST_WAIT_S)
        site.put(count, max(one.unit, 8))
        for _ in range(one.hosts):
            site.add(one.processes)
        site.begin()
        until(lambda: site.read() >= _BEGUN * count, 60, "the first pages")
        began, read, before = time.perf_counter(), site.read(), site.cpu_s()
        while site.read() < _ENDED * count and time.perf_counter() < began + _LONGEST_S:
            time.sleep(0.25)
        took, done, after = time.perf_counter() - began, site.read() - read, site.cpu_s()
    return done / took, {role: 1000 * (after[role] - before[role]) / done for role in after}


def _curve(steps: tuple[int, ...]) -> Report:
    report = Report(f"Pages a second as processes are added, the engine waits {_CURVE_WAIT_S:g} s")
    one = Arrangement("PostgreSQL, shared folder", 0, 0, 1, 0)
    with ExitStack() as opened:
        site = Site(opened, one, _CURVE_WAIT_S)
        site.put(int(sum(steps) * len(steps) * 2 * _CURVE_S), 8)
        site.begin()
        total = 0
        for processes in steps:
            site.add(processes)
            total += processes
            time.sleep(2 * _CURVE_WAIT_S)
            since, before = clock.wall(), site.cpu_s()
            time.sleep(_CURVE_S)
            cores = (sum(site.cpu_s().values()) - sum(before.values())) / _CURVE_S
            bar = Bar("at least", _EIGHT_BESIDE_ONE, "ratio") if total == 8 else None
            report.add(_named(total), [site.rate(since)], "pages/s", bar, None if total == 1 else _named(1),
                       f"{cores:.2f} cores")  # fmt: skip
    return report


def _named(processes: int) -> str:
    return f"{processes} {'process' if processes == 1 else 'processes'}"
