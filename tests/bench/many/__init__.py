"""What ledger, dispatch, sweep and lists take as documents, and knowledge bases, grow in number, on both engines.

The functions that web, sweep and workers call, in this process: no HTTP, nothing else at work.
"""

from __future__ import annotations

import gc
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

import psutil
from pydantic import SecretStr

from actors import dispatch
from actors.broker import Queue
from actors.sweep import Sweep
from pipeline.settings import LedgerSettings, QueueSettings, Settings, StorageSettings, SweepSettings
from pipeline.types import Box, PageReading, Word
from storage import ledger, overview, pages, status
from storage.catalog import KnowledgeBase, Storage
from storage.database import scalar
from storage.tally import Tally
from tests import postgresql
from tests.bench.carry.servers import POSTGRESQL, valkey
from tests.bench.many import rows
from tests.bench.measure import Report, percentile
from tests.bench.options import Asked

_DOCUMENTS = (10_000, 100_000, 1_000_000)
_QUICK = (1000, 10_000)
_WAITING = 1000
_KNOWLEDGE_BASES, _EACH = 500, 20
_MOST_CALLS, _MOST_S = 100, 1.0  # of each function
_RULES = LedgerSettings()
_ENGINES = ("SQLite", "PostgreSQL")


def run(asked: Asked) -> Iterator[Report]:
    """A report an engine of documents, and one of knowledge bases."""
    sizes = [asked.pages] if asked.pages else _QUICK if asked.quick else _DOCUMENTS
    for engine in _ENGINES:
        for size in sizes:
            yield _documents(engine, size)
        yield _knowledge_bases(engine, 20 if asked.quick else _KNOWLEDGE_BASES)


class Bench:
    """Servers, a data folder and what is measured in it."""

    def __init__(self, opened: ExitStack, engine: str) -> None:
        self.folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="pagemill-many-")))
        self.server = opened.enter_context(postgresql.started(POSTGRESQL)) if engine == "PostgreSQL" else None
        url = SecretStr(self.server.url if self.server else "")
        redis_url = opened.enter_context(valkey(self.folder / "valkey"))
        self.settings = Settings(
            storage=StorageSettings(data=self.folder / "data", database_url=url, chroma_url="http://127.0.0.1:9"),
            queue=QueueSettings(redis_url=redis_url),
        )
        self.storage = opened.enter_context(closing(Storage(self.settings)))
        self.storage.prepare()
        self.queue = Queue(self.settings.queue)

    def settled(self) -> None:
        """Have the engine know what it holds, as it does after a while."""
        if self.server is not None:
            self.server.run("VACUUM ANALYZE")

    def disk_mb(self) -> float:
        """Of all databases, megabytes."""
        if self.server is not None:
            with self.storage.catalog.read() as connection:
                return float(scalar(connection, "SELECT pg_database_size(current_database())")) / 1e6
        return sum(path.stat().st_size for path in self.settings.data.rglob("*.sqlite3*")) / 1e6

    def sweeps(self) -> dict[str, Callable[[], object]]:
        """Rounds of the sweep: as most are, and as one in thirty, which looks at all that there is."""
        seldom = self.settings.model_copy(update={"sweep": SweepSettings(full_scan_s=86_400.0)})
        sweep = Sweep(seldom, self.storage, self.queue)

        def full() -> None:
            sweep._full_scan_at = 0.0
            assert sweep.round()

        for _ in range(3):  # what turns out to be idle is looked at no more
            full()
        return {"sweep, a round": sweep.round, "sweep, a full round": full}

    def top_up(self, stage: str) -> Callable[[], object]:
        """The choice of the next message of a stage whose queue is empty."""

        def choose() -> None:
            assert dispatch.top_up(self.storage, self.queue, [stage]) > 0

        return choose

    def emptied(self) -> None:
        """Empty the queues."""
        self.queue.broker.client.flushall()


def _documents(engine: str, size: int) -> Report:
    report = Report(f"{engine}: a knowledge base of {size:,} documents, and {_WAITING:,} that wait")
    with ExitStack() as opened:
        bench = Bench(opened, engine)
        kb = rows.make(bench.storage, "many", size, _WAITING)
        bench.settled()
        middle = f"{size // 2:032x}"
        work = _page_worked(kb)
        calls: dict[str, Callable[[], object]] = {
            "claim and settle of a page": work,
            **bench.sweeps(),
            "list, 50 newest documents": lambda: status.statuses(kb, limit=50),
            "list, 50 in the middle": lambda: status.statuses(kb, after=middle, limit=50),
            "list, 50 that are done": lambda: status.statuses(kb, status="done", limit=50),
            "list, those that failed (none)": lambda: status.statuses(kb, status="failed", limit=50),
            "one document's status": lambda: status.status(kb, middle),
            "counts of the knowledge base, anew": lambda: status.counts(replace(kb, tally=Tally())),
            "counts of the knowledge base, asked again": lambda: status.counts(kb),
            "the last ten changes": lambda: status.changes(kb, 1000 + size + _WAITING - 12, 50),
            "pipeline view": lambda: overview.pipeline(bench.storage),
            "documents by status, for /metrics": lambda: overview.documents(bench.storage),
        }  # fmt: skip
        _timed(report, {"choice of the next message": bench.top_up("ocr")}, "", bench.emptied)
        _timed(report, calls, "")
        report.add("databases on disk", [bench.disk_mb()], "MB")
        gc.collect()
        report.add("this process", [psutil.Process().memory_info().rss / 1e6], "MB")
    return report


def _page_worked(kb: KnowledgeBase) -> Callable[[], object]:
    reading = PageReading(1, 595, 842, (Word("word", Box(1, 1, 9, 9)),), "ocr", "rapidocr", confidence=0.9)

    def work() -> None:
        [following, *_] = ledger.waiting(kb, "ocr", 1)
        held = ledger.claim(kb, following.document, 1, "ocr", following.unit, "bench", _RULES)
        assert held is not None
        pages.settle_ocr(held, [pages.Read.of(reading)])

    return work


def _knowledge_bases(engine: str, count: int) -> Report:
    report = Report(f"{engine}: {count} knowledge bases of {_EACH} documents")
    with ExitStack() as opened:
        bench = Bench(opened, engine)
        kb = rows.make(bench.storage, "first", _EACH, 0)
        began = time.perf_counter()
        rows.copies(bench.storage, kb, count - 1, bench.folder)
        report.add("taking one in", [1000 * (time.perf_counter() - began) / (count - 1)], "ms")
        rows.scan(kb, b"two")
        bench.settled()
        calls = bench.sweeps()
        calls |= {
            "pipeline view": lambda: overview.pipeline(bench.storage),
            "documents by status, for /metrics": lambda: overview.documents(bench.storage),
        }
        for told in ("work in one", "work in each"):
            if told == "work in each":
                for record in bench.storage.knowledge_bases():
                    rows.scan(bench.storage.open(record["id"]), b"three")
                    bench.storage.wake(record["id"])
            _timed(report, {"choice of the next message": bench.top_up("ocr")}, told, bench.emptied)
            _timed(report, calls, told)
        report.add("databases on disk", [bench.disk_mb()], "MB")
        report.add("this process", [psutil.Process().memory_info().rss / 1e6], "MB")
        report.add("open files", [psutil.Process().num_fds()], "")
    return report


def _timed(report: Report, calls: Mapping[str, Callable[[], object]], told: str,
           between: Callable[[], None] = lambda: None) -> None:  # fmt: skip
    """Call each a while; the median, and in the note the slowest of a hundred."""
    for name, call in calls.items():
        took: list[float] = []
        until = time.perf_counter() + _MOST_S
        while len(took) < _MOST_CALLS and (len(took) < 3 or time.perf_counter() < until):
            between()
            began = time.perf_counter()
            call()
            took.append(1000 * (time.perf_counter() - began))
        note = f"p99 {percentile(took, 0.99):.3g}"
        report.add(f"{told}: {name}" if told else name, [statistics.median(took)], "ms", note=note)
