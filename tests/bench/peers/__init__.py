"""Scanned pages a second, upload to searchable, beside what a user would pick instead, on the same pages in one run.

    home (their environment) -> work (the pages of a round) -> contenders (who reads, and how) -> here, round by round

Wall time from the moment the work is handed over until all of it is read, on two cores, with two workers and one
thread an engine for everybody. Pagemill does more in that time than its peers (it keeps, cuts, embeds and indexes).
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from tests.bench.measure import Bar, Report, Taken, family_cpu_s
from tests.bench.options import Asked
from tests.bench.peers.contenders import Contender, Texts, groups
from tests.bench.peers.home import make, missing
from tests.bench.peers.work import Work, draw, errors

_PAGES, _QUICK_PAGES, _WARM_PAGES = 8, 4, 4
_SAME = Bar("at least", 1.9)
_DEFAULT = Bar("at least", 1.2)
_BARRED = ("OCRmyPDF", "Kreuzberg")


def run(asked: Asked) -> list[Report]:
    """Pages a second of all, and Pagemill's over its peers'."""
    home, lacking = make(asked.keep), missing()
    left_out = [problem for problem in (home.problem, lacking) if problem]
    for problem in left_out:
        print(problem)
    pages = asked.pages or (_QUICK_PAGES if asked.quick else _PAGES)
    entered = groups(home, tesseract=lacking is None)
    taken: dict[str, list[Taken]] = {name: [] for group in entered for name in group.about}
    told: dict[str, str] = {}
    for number in range(asked.rounds):
        with tempfile.TemporaryDirectory(prefix="pagemill-peers-") as folder:
            work = draw(Path(folder) / "work", pages, seed=2 * number + 1)
            warm = draw(Path(folder) / "warm", _WARM_PAGES, seed=2 * number + 2)
            first = number % len(entered)
            for place, group in enumerate((*entered[first:], *entered[:first])):
                home_of = Path(folder) / str(place)
                home_of.mkdir()
                with group.start(warm, home_of) as contenders:
                    for name, contender in contenders.items():
                        figures, texts = _timed(contender, work)
                        taken[name].append(figures)
                        told[name] = errors(work, texts)
                        print(f"round {number + 1}: {name}: {figures.wall_s:.1f} s; {told[name]}", flush=True)
    about = {"pages": pages, "rounds": asked.rounds, "left out": left_out,
             "contenders": {name: how for group in entered for name, how in group.about.items()}}  # fmt: skip
    return [_speeds(taken, told, pages, about), _ratios(taken), _costs(taken, pages)]


def _timed(contender: Contender, work: Work) -> tuple[Taken, Texts]:
    cpu, began = _cpu_s(contender.pids), time.perf_counter()
    collect = contender.read(work)
    wall = time.perf_counter() - began
    return Taken(wall, _cpu_s(contender.pids) - cpu), collect()


def _cpu_s(pids: Sequence[int]) -> float:
    """Of programs that run, with all they started, and of children of ours that have ended."""
    ended = psutil.Process().cpu_times()
    return float(ended.children_user + ended.children_system) + sum(map(family_cpu_s, pids))


def _speeds(taken: dict[str, list[Taken]], told: dict[str, str], pages: int, about: dict[str, object]) -> Report:
    report = Report(f"Scanned pages a second: {pages} pages, half English, half Chinese, 200 dpi", about=about)
    for name, figures in taken.items():
        report.add(name, [pages / one.wall_s for one in figures], "pages/s", note=told[name])
    return report


def _ratios(taken: dict[str, list[Taken]]) -> Report:
    """Each round's own ratio: the machine's mood is in both of its figures."""
    report = Report("Pagemill's pages a second over those of others, round by round")
    for ours in (name for name in taken if name.startswith("Pagemill")):
        for peer in (name for name in taken if not name.startswith("Pagemill")):
            bar = None
            if peer in _BARRED:
                bar = _DEFAULT if ours == "Pagemill" else _SAME
            pairs = zip(taken[ours], taken[peer], strict=True)
            report.add(f"{ours} / {peer}", [theirs.wall_s / own.wall_s for own, theirs in pairs], "x", bar)
    return report


def _costs(taken: dict[str, list[Taken]], pages: int) -> Report:
    report = Report("Processor time a page", about={"cores": os.cpu_count()})
    for name, figures in taken.items():
        report.add(name, [one.cpu_s / pages for one in figures], "s")
    return report
