"""Processor time of the whole chain beside that of its stage functions in a bare loop, for the same documents.

The stack's is that of all its processes, from before the upload until all is searchable and it has come to rest. Two
bare loops at once tell how much of the difference is the machine's: cores share caches and memory.
"""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from tests.bench import stacks
from tests.bench.bare import Bare, Took
from tests.bench.fresh import Fresh
from tests.bench.measure import Bar, Report
from tests.bench.options import Asked
from tests.stack import Stack


@dataclass(frozen=True, slots=True)
class Load:
    """What is put through: so many documents of so many pages.

    Attributes:
        most: bar of the ratio.
    """

    name: str
    scanned: bool
    documents: int
    pages: int
    most: float

    def draw(self, fresh: Fresh) -> list[bytes]:
        """Documents that are alike in nothing but their size."""
        draw = fresh.scan if self.scanned else fresh.born_digital
        return [draw(self.pages) for _ in range(self.documents)]


_LOADS = (
    Load("scans of one page", True, 6, 1, 1.15),
    Load("a scan of 20 pages", True, 1, 20, 1.15),
    Load("born-digital, one page", False, 24, 1, 1.4),
    Load("born-digital, 20 pages", False, 1, 20, 1.4),
)
_QUICK = 3  # times less
_UNIT = "CPU ms a page"


def run(asked: Asked) -> Iterator[Report]:
    """A report a load, and one of where the processor time goes."""
    with ExitStack() as opened:
        stack = opened.enter_context(stacks.warmed())
        bare, other = (opened.enter_context(Bare()) for _ in range(2))
        bare.start([]).result(), other.start([]).result()
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory()))
        for load in _LOADS:
            yield from _measure(load, asked, stack, bare, other, folder)


def _measure(load: Load, asked: Asked, stack: Stack, bare: Bare, other: Bare, folder: Path) -> list[Report]:
    if asked.quick:
        load = replace(load, documents=max(1, load.documents // _QUICK), pages=max(1, load.pages // _QUICK))
    ours: list[dict[str, float]] = []
    loops: list[Took] = []
    pairs: list[float] = []
    for number in range(asked.rounds):
        contents = load.draw(Fresh(f"{load.name} {number}"))
        paths = [folder / f"{at}.pdf" for at in range(len(contents))]
        for path, content in zip(paths, contents, strict=True):
            path.write_bytes(content)
        kb = stacks.Watched(stack, stack.create(f"{load.name} {number}"))
        for turn in ((0, 1), (1, 0))[number % 2]:
            if turn == 0:
                before = stacks.cpu_s(stack)
                kb.put(contents)
                ours.append(stacks.spent(stacks.cpu_s(stack), before))
            else:
                loops.append(bare.start(paths).result())
                if number == 0:  # once: it only explains
                    both = [bare.start(paths), other.start(paths)]
                    pairs.extend(one.result().cpu_s for one in both)
    return _reports(load, ours, loops, pairs)


def _reports(load: Load, ours: list[dict[str, float]], loops: list[Took], pairs: list[float]) -> list[Report]:
    pages = load.documents * load.pages

    def per_page(values: list[float]) -> list[float]:
        return [1000 * value / pages for value in values]

    total = Report(f"Whole chain: {load.name}", about={"documents": load.documents, "pages": load.pages})
    sums = [sum(one.values()) for one in ours]
    total.add("the stack", per_page(sums), _UNIT, Bar("at most", load.most, "ratio"), "one bare loop")
    total.add("one bare loop", per_page([one.cpu_s for one in loops]), _UNIT)
    total.add("each of two bare loops at once", per_page(pairs), _UNIT, against="one bare loop")
    where = Report(f"Where it goes: {load.name}")
    by_role = {role: per_page([one.get(role, 0.0) for one in ours]) for role in set().union(*ours)}
    for role, values in sorted(by_role.items(), key=lambda item: -statistics.median(item[1])):
        where.add(f"process {role}", values, _UNIT)
    for stage in loops[0].stages:
        where.add(f"bare {stage}", per_page([one.stages[stage] for one in loops]), _UNIT)
    return [total, where]
