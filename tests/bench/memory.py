"""Memory of every kind of process after a page or two, and how it keeps with the length of a document.

Of a process and the children it works with; proportional set size, so that what processes share counts once in all.
The peaks are of resident memory, as Linux keeps its high water mark; the documents for them are slips with one line,
read by a light engine: it is their number that counts.
"""

from __future__ import annotations

import os
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.bench import stacks
from tests.bench.fresh import Fresh
from tests.bench.measure import Bar, Report
from tests.bench.options import Asked
from tests.stack import Stack

_MOST_MB = {"render": 250, "embed": 850, "web": 850}
_OCR_MOST_MB = {"auto": 700, "tesserocr": 300, "tesseract": 300}
_SHORT, _LONG, _FLAT = 50, 2000, 1.15
_LIGHT = "tesserocr"
_LOOK_S = 1.0


def run(asked: Asked) -> Iterator[Report]:
    """A report an engine, and one of long documents."""
    for engine, most in _OCR_MOST_MB.items():
        with stacks.warmed({"PAGEMILL_OCR__ENGINE": engine}) as stack:
            yield _after_pages(stack, engine, {**_MOST_MB, "ocr": most})
            if engine == _LIGHT:
                yield _long_documents(stack, (_SHORT, _LONG // 10 if asked.quick else _LONG))


def _after_pages(stack: Stack, engine: str, most: dict[str, int]) -> Report:
    """The largest process of each kind, with its children; and all together."""
    found: dict[str, list[float]] = defaultdict(list)
    parts: dict[str, list[str]] = {}
    for worker, family in _families(stack).items():
        sizes = {member.role: stacks.pss_mb(member.pid) for member in family}
        role = next(member.role for member in family if member.pid == worker)
        found[role].append(sum(sizes.values()))
        parts[role] = [f"{name} {size:.0f}" for name, size in sizes.items()] if len(sizes) > 1 else []
    report = Report(f"Memory after a page or two, engine {engine}", about={"cores": os.cpu_count()})
    for role in sorted(found, key=lambda role: -max(found[role])):
        bar = Bar("at most", most[role]) if role in most else None
        report.add(role, found[role], "MB", bar, note=", ".join(parts[role]))
    report.add("all processes", [sum(map(sum, found.values()))], "MB")
    return report


def _long_documents(stack: Stack, lengths: tuple[int, int]) -> Report:
    fresh, kb = Fresh("memory"), stacks.Watched(stack, stack.create("memory"))
    peaks: dict[int, dict[str, float]] = {}
    for pages in lengths:
        content = fresh.slips(pages)
        with _high_water(stack) as peak:
            document = stack.upload(kb.kb, f"{pages}.pdf", content)
            kb.wait_read(document, pages)
        kb.cancel(document)
        peaks[pages] = peak
    short, long = lengths
    report = Report(f"Largest memory over a document, engine {_LIGHT}", about={"pages": lengths})
    for role in ("render", "ocr"):
        report.add(f"{role}, {long} pages", [peaks[long][role]], "MB", Bar("at most", _FLAT, "ratio"),
                   f"{role}, {short} pages")  # fmt: skip
        report.add(f"{role}, {short} pages", [peaks[short][role]], "MB")
    return report


def _families(stack: Stack) -> dict[int, list[stacks.Member]]:
    found: dict[int, list[stacks.Member]] = defaultdict(list)
    for member in stacks.members(stack):
        found[member.worker].append(member)
    return found


@contextmanager
def _high_water(stack: Stack) -> Iterator[dict[str, float]]:
    """By role, the largest resident memory of a process with its children while the block runs, megabytes.

    Looked at every second, as processes may be replaced; the kernel's mark misses nothing in between.
    """
    peak: dict[str, float] = defaultdict(float)
    over = threading.Event()

    def look() -> None:
        for worker, family in _families(stack).items():
            with suppress(OSError, StopIteration):  # gone while we looked
                role = next(member.role for member in family if member.pid == worker)
                peak[role] = max(peak[role], sum(_mark_mb(member.pid) for member in family))

    def watch() -> None:
        while not over.wait(_LOOK_S):
            look()

    for member in stacks.members(stack):
        with suppress(OSError):
            Path(f"/proc/{member.pid}/clear_refs").write_text("5")  # proc(5): the mark starts anew
    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield peak
    finally:
        over.set()
        watcher.join()
        look()


def _mark_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("VmHWM:"))
