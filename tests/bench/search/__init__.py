"""Search over HTTP as a knowledge base grows from 1,000 to 100,000 chunks.

How long one client waits, by mode and with a filter; how 16 clients at once fare; how much of an exact search's best
ten the vector index finds. No question is asked twice, so no cache answers. `--keep FOLDER` keeps what was built for
the next time: it takes half an hour.
"""

from __future__ import annotations

import tempfile
import time
from collections import defaultdict
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from pipeline.embed.embedder import Embedder
from pipeline.settings import Settings, StorageSettings
from storage.catalog import Storage
from tests.bench.measure import Bar, Report, family_cpu_s, percentile
from tests.bench.options import Asked
from tests.bench.search.asking import Asking
from tests.bench.search.passages import knowledge_bases, questions, recall
from tests.stack import Stack, running, until

SIZES = (1_000, 10_000, 100_000)
CLIENTS, RATE = 16, 40.0
_P50_MS, _P99_MS = 40.0, 120.0
_LOOK_S, _AT_REST = 1.0, 0.1  # of one core
_TORCH_MB = 850.0  # what a process that may hold torch may take
_WAYS: dict[str, dict[str, str]] = {
    "hybrid": {},
    "vector": {"mode": "vector"},
    "keyword": {"mode": "keyword"},
    "hybrid, 1 document in 8": {"filter": "skills:Redis"},
}


def run(asked: Asked) -> list[Report]:
    """A report a size."""
    sizes = SIZES[:2] if asked.quick else SIZES
    with tempfile.TemporaryDirectory() as temporary:
        data = (asked.keep or Path(temporary)) / "search"
        with running(data) as stack:
            settings = Settings(storage=StorageSettings(data=data))
            storage = Storage(settings, stack.chroma_url)
            with closing(storage.catalog):
                embedder = Embedder(str(settings.embed_model), threads=1)
                built = knowledge_bases(data, sizes, stack, storage, embedder)
                stack.wait_for_vectors(built[str(sizes[0])]["kb"])
                until(lambda: _rests(stack), 120, "the workers to have started")
                return [_measured(stack, storage, embedder, size, built[str(size)], asked) for size in sizes]


def _rests(stack: Stack) -> bool:
    """Whether the stack does next to nothing: what its workers load behind the web server is no price of a search."""
    before = family_cpu_s(stack.process.pid)
    time.sleep(_LOOK_S)
    return family_cpu_s(stack.process.pid) - before < _AT_REST * _LOOK_S


def _measured(
    stack: Stack, storage: Storage, embedder: Embedder, size: int, built: dict[str, Any], asked: Asked
) -> Report:
    kb, texts = built["kb"], built["texts"]
    stack.wait_for_vectors(kb)
    count = 50 if asked.quick else 150
    waits: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    spent: list[float] = []
    rates: list[float] = []
    seed = 10
    Asking(stack, kb, questions(texts, 10, 2)).one_by_one()  # connections are made, pages read
    for _ in range(asked.rounds):
        for way, params in _WAYS.items():
            asking = Asking(stack, kb, questions(texts, count, seed := seed + 1), **params)
            before = family_cpu_s(stack.process.pid)
            asking.one_by_one()
            if way == "hybrid":
                spent.append((family_cpu_s(stack.process.pid) - before) / count * 1000)
            _note(waits[way], asking)
        steady = Asking(stack, kb, questions(texts, 4 * count, seed := seed + 1))
        steady.at_a_rate(RATE, CLIENTS)
        _note(waits[f"hybrid, {CLIENTS} clients, {RATE:g} a second"], steady)
        flat_out = Asking(stack, kb, questions(texts, 4 * count, seed := seed + 1))
        rates.append(flat_out.at_a_rate(None, CLIENTS))
    largest = size == SIZES[-1]
    report = Report(f"Search among {size:,} chunks", about={"chunks": size, "questions a round": count})
    for way, found in waits.items():
        barred = largest and way == "hybrid"
        report.add(f"{way}: p50", found["p50"], "ms", Bar("at most", _P50_MS) if barred else None)
        report.add(f"{way}: p99", found["p99"], "ms", Bar("at most", _P99_MS) if barred else None)
    bar = Bar("at least", RATE) if largest else None
    report.add(f"hybrid, {CLIENTS} clients, as fast as they can", rates, "a second", bar)
    report.add("hybrid: processor time of the whole stack", spent, "ms each")
    report.add("web process", [_pss_mb(stack, "web.server")], "MB PSS", Bar("at most", _TORCH_MB))
    vectors = [embedder.query(question) for question in questions(texts, 100, 1)]
    report.add("the index's recall at 10", [recall(storage.open(kb), vectors)], "of the exact ten")
    return report


def _note(waits: dict[str, list[float]], asking: Asking) -> None:
    waits["p50"].append(float(np.median(asking.times_ms)))
    waits["p99"].append(percentile(asking.times_ms, 0.99))


def _pss_mb(stack: Stack, module: str) -> float:
    processes = psutil.Process(stack.process.pid).children(recursive=True)
    return sum(one.memory_full_info().pss for one in processes if module in one.cmdline()) / 1e6
