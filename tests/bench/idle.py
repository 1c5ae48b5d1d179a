"""One page on an idle stack: upload to searchable, its hand-offs, and what a stack costs that has nothing to do.

A page is searchable when a search by its words and one by its meaning find it. Hand-offs lie between the settle of one
stage and the claim of the next, by the ledger's own times (milliseconds).
"""

from __future__ import annotations

import random
import statistics
import time
from collections import defaultdict
from collections.abc import Iterator

from tests.bench import stacks
from tests.bench.fresh import Fresh
from tests.bench.measure import Bar, Report
from tests.bench.options import Asked
from tests.stack import Stack, until

_SEARCHABLE_MS, _HAND_OFFS_MS, _IDLE_SHARE = 400, 60, 3
_PAGES_A_ROUND = 5
_REST_S = (1.0, 2.0)  # not in step with what looks every second
_STILL_S = 30.0


def run(asked: Asked) -> Iterator[Report]:
    """Reports of a born-digital page, a scanned one, and of nothing."""
    with stacks.warmed() as stack:
        for kind in ("born-digital", "scanned"):
            yield _pages(stack, kind, asked.rounds * _PAGES_A_ROUND)
        yield _nothing(stack, 1 if asked.quick else asked.rounds, 10.0 if asked.quick else _STILL_S)


def _pages(stack: Stack, kind: str, count: int) -> Report:
    fresh, kb = Fresh(f"idle {kind}"), stacks.Watched(stack, stack.create(f"idle {kind}"))
    answers: list[float] = []
    times: list[float] = []
    sums: list[float] = []
    stages: dict[str, list[float]] = defaultdict(list)
    for number in range(count):
        until(stack.idle, 60, "the stack to come to rest")
        time.sleep(random.uniform(*_REST_S))
        word = f"zyx{number}qua"
        content = fresh.born_digital(1, word) if kind == "born-digital" else fresh.scan(1, word=word)
        began = time.perf_counter()
        document = stack.upload(kb.kb, f"{number}.pdf", content)
        answers.append(1000 * (time.perf_counter() - began))
        times.append(1000 * (kb.searchable(document, word) - began))
        gaps = kb.hand_offs_ms(document)
        sums.append(sum(ms for gap, ms in gaps.items() if not gap.startswith("upload")))
        for name, ms in (gaps | kb.stages_ms(document)).items():
            stages[name].append(ms)
    bars = kind == "born-digital"
    report = Report(f"One {kind} page on an idle stack")
    report.add("upload to searchable", times, "ms", Bar("at most", _SEARCHABLE_MS) if bars else None)
    report.add("the upload's answer", answers, "ms")
    report.add("all hand-offs between stages", sums, "ms", Bar("at most", _HAND_OFFS_MS) if bars else None)
    for name, values in stages.items():
        report.add(name, values, "ms")
    return report


def _nothing(stack: Stack, rounds: int, seconds: float) -> Report:
    shares: dict[str, list[float]] = defaultdict(list)
    for _ in range(rounds):
        until(stack.idle, 60, "the stack to come to rest")
        before, began = stacks.cpu_s(stack), time.perf_counter()
        time.sleep(seconds)
        took = time.perf_counter() - began
        used = stacks.spent(stacks.cpu_s(stack), before)
        for role, cpu_s in {"all processes": sum(used.values()), **used}.items():
            shares[role].append(100 * cpu_s / took)
    report = Report(f"An idle stack over {seconds:g} s", about={"seconds": seconds})
    for role, values in sorted(shares.items(), key=lambda item: -statistics.median(item[1])):
        bar = Bar("at most", _IDLE_SHARE) if role == "all processes" else None
        report.add(role, values, "% of a core", bar)
    return report
