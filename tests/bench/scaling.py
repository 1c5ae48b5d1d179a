"""Two readers beside one, and what a page costs as documents and chunks grow in number.

Readers are compared with the stages behind them paused: on two cores one reader leaves a whole core to those, two do
not, and that would hide what is asked. The same pages with all stages at work stand beside it.

The documents that are there already are written past the pages, as `search` writes them (and `--keep` keeps them); what
is measured is what the next ones cost: processor time of the whole stack, born-digital pages, so that no engine drowns
what grows.
"""

from __future__ import annotations

import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

from pipeline.embed.embedder import Embedder
from pipeline.settings import Settings, StorageSettings
from storage.catalog import Storage
from tests.bench import stacks
from tests.bench.fresh import Fresh
from tests.bench.measure import Bar, Report
from tests.bench.options import Asked
from tests.bench.search.passages import PER_DOCUMENT, knowledge_bases
from tests.stack import Stack

_READERS, _LEAST_TIMES = (1, 2), 1.8
_PAGES = 30  # few, and it is the last page, which one of two reads alone, that is measured
_PAGES_THROUGH = 12
_BEHIND = ("extract", "embed", "store")
_CHUNKS = (10, 1000, 10_000, 100_000)
_QUICK_CHUNKS = (10, 1000)
_NEXT = 50  # documents whose cost is measured
_ASKED = 50  # searches
_FLAT = 1.15


def run(asked: Asked) -> Iterator[Report]:
    """A report of readers, and one of the curve."""
    yield _readers(asked)
    yield _growth(asked)


def _readers(asked: Asked) -> Report:
    rates: dict[tuple[int, bool], list[float]] = defaultdict(list)
    with ExitStack() as opened:
        running = {count: opened.enter_context(stacks.warmed({"PAGEMILL_OCR__PROCESSES": str(count)}))
                   for count in _READERS}  # fmt: skip
        for number in range(asked.rounds):
            for count in _READERS if number % 2 else reversed(_READERS):
                for alone in (True, False):
                    fresh, pages = Fresh(f"readers {number} {alone}"), _PAGES if alone else _PAGES_THROUGH
                    rates[count, alone].append(_rate(running[count], fresh, pages, alone))
    report = Report("One scan, read by one and by two", about={"pages": (_PAGES, _PAGES_THROUGH)})
    for alone, what in ((True, f"{_PAGES} pages, stages behind paused"),
                        (False, f"{_PAGES_THROUGH} pages, upload to searchable")):  # fmt: skip
        one, two = (f"{count} {'reader' if count == 1 else 'readers'}, {what}" for count in _READERS)
        bar = Bar("at least", _LEAST_TIMES, "ratio") if alone else None
        report.add(two, rates[2, alone], "pages/s", bar, one)
        report.add(one, rates[1, alone], "pages/s")
    return report


def _rate(stack: Stack, fresh: Fresh, pages: int, alone: bool) -> float:
    """Pages a second of a scan, from its upload until it is read, or until it can be searched."""
    kb = stacks.Watched(stack, stack.create(f"readers {time.time_ns()}"))
    content = fresh.scan(pages)
    for stage in _BEHIND if alone else ():
        stack.client.call("POST", f"/pipeline/{stage}/pause")
    began = time.perf_counter()
    document = stack.upload(kb.kb, "scan.pdf", content)
    if alone:
        kb.wait_read(document, pages)
    else:
        kb.wait([document])
    took = time.perf_counter() - began
    for stage in _BEHIND if alone else ():
        stack.client.call("POST", f"/pipeline/{stage}/resume")
    kb.wait([document])
    return pages / took


def _growth(asked: Asked) -> Report:
    sizes = _QUICK_CHUNKS if asked.quick else _CHUNKS
    report = Report(f"The next {_NEXT} one-page documents as a knowledge base grows", about={"chunks": sizes})
    with ExitStack() as opened:
        data = (asked.keep or Path(opened.enter_context(tempfile.TemporaryDirectory()))) / "scaling"
        stack = opened.enter_context(stacks.warmed(data=data))
        kbs = _filled(stack, data, sizes)
        for what, cost in (("a page", _page_ms), ("a search", _search_ms)):
            costs = {size: [cost(kb, Fresh(f"{what} {size} {number}")) for number in range(asked.rounds)]
                     for size, kb in kbs.items()}  # fmt: skip
            for size, values in costs.items():
                name = f"{what} at {size:,} chunks, {max(1, size // PER_DOCUMENT):,} documents"
                bar = Bar("at most", _FLAT, "ratio") if what == "a page" and size > sizes[0] else None
                first = f"{what} at {sizes[0]:,} chunks, {max(1, sizes[0] // PER_DOCUMENT):,} documents"
                report.add(name, values, "CPU ms", bar, None if size == sizes[0] else first)
    return report


def _filled(stack: Stack, data: Path, sizes: tuple[int, ...]) -> dict[int, stacks.Watched]:
    """A knowledge base a size, written past the pages."""
    settings = Settings(storage=StorageSettings(data=data))
    storage = Storage(settings, stack.chroma_url)
    with closing(storage.catalog):
        built = knowledge_bases(data, sizes, stack, storage, Embedder(settings.embed_model, threads=1))
        kbs = {size: stacks.Watched(stack, built[str(size)]["kb"]) for size in sizes}
    for kb in kbs.values():
        stack.wait_for_vectors(kb.kb)
    return kbs


def _page_ms(kb: stacks.Watched, fresh: Fresh) -> float:
    contents = [fresh.born_digital() for _ in range(_NEXT)]
    before = stacks.cpu_s(kb.stack)
    kb.put(contents)
    return 1000 * sum(stacks.spent(stacks.cpu_s(kb.stack), before).values()) / _NEXT


def _search_ms(kb: stacks.Watched, fresh: Fresh) -> float:
    questions = [fresh.question() for _ in range(_ASKED)]
    before = stacks.cpu_s(kb.stack)
    for question in questions:
        kb.stack.search(kb.kb, question)
    return 1000 * sum(stacks.spent(stacks.cpu_s(kb.stack), before).values()) / _ASKED
