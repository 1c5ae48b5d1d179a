"""Storm: papers are uploaded while every three seconds something dies. `python -m tests.chaos.storm --help`.

A client uploads and tries again when nobody answers or the server says 503. Meanwhile a process of the stack, drawn at
random, is killed with SIGKILL: a worker, an engine's child, the web server, Chroma, the queue server, the sweep, and
now and then `pagemill up` itself, which takes everything along and is started again as systemd would do it; where
databases and files lie elsewhere, their servers crash as well. Then all must settle by itself, and what is left is
looked at (`tests/chaos/aftermath.py`).
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Any

import httpx
import psutil

from client.requests import kb_path
from tests.chaos import aftermath
from tests.chaos.aftermath import Tended
from tests.chaos.family import family
from tests.chaos.papers import Paper, draw
from tests.chaos.tended import TendedStack
from tests.stack import until

KB = "storm"
SETTLE_S = 600.0
_EVERY_S = 3.0
_MASTER_EVERY_S = 80.0
# How often each kind is drawn.
_WEIGHTS = {"worker": 8, "child": 6, "web": 3, "chroma": 3, "queue": 2, "sweep": 2}


@dataclass
class Uploads:
    """What a client told the server, and was told.

    Attributes:
        kb: where the papers go.
        ids: by paper, all ids it was ever given: one each.
        retried: requests sent again, by why.
        faults: answers that should never come.
    """

    kb: str = KB
    ids: dict[str, set[str]] = field(default_factory=dict)
    retried: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def send_all(self, stack: Tended, papers: list[Paper], seconds: float, stop: threading.Event) -> None:
        """Upload the papers, spread over the time; each again until the server has said that it has it."""
        began = time.monotonic()
        for number, paper in enumerate(papers):
            due = began + seconds * number / len(papers)
            stop.wait(max(due - time.monotonic(), 0.0))
            while not stop.is_set() and not self._send(stack, paper):
                stop.wait(1.0)

    def _send(self, stack: Tended, paper: Paper) -> bool:
        url = stack.url()
        if url is None:
            self.retried["no server"] += 1
            return False
        try:
            answer = httpx.post(
                f"{url}/api/v1{kb_path(self.kb)}/documents",
                files={"files": (paper.name, paper.content)},
                headers=stack.headers,
                timeout=60.0,
                trust_env=False,
            )
        except httpx.TransportError as error:
            self.retried[type(error).__name__] += 1
            return False
        if answer.status_code == 503:
            self.retried["503"] += 1
            if "retry-after" not in answer.headers:
                self.faults.append("a 503 without Retry-After")
            return False
        if answer.status_code != 202 or answer.json()["rejected"]:
            self.faults.append(f"{paper.name}: {answer.status_code} {answer.text[:200]}")
            return True
        self.ids.setdefault(paper.name, set()).add(answer.json()["documents"][0]["id"])
        return True


@dataclass
class Storm:
    """Kills, at random; the seed makes the draws, not what is there to be drawn.

    Attributes:
        servers: what crashes one and starts it anew, by its name.
    """

    stack: TendedStack
    seed: int
    say: Callable[[str], None]
    servers: Mapping[str, Callable[[], None]] = field(default_factory=dict)
    kills: Counter[str] = field(default_factory=Counter)

    def rage(self, seconds: float) -> None:
        """Kill something every three seconds, for so long."""
        draw = random.Random(self.seed)
        blows = int(seconds / _EVERY_S)
        often = max(1, round(seconds / _MASTER_EVERY_S))
        special = draw.sample(range(1, blows), often * (1 + len(self.servers)))
        masters, crashes = set(special[:often]), dict(zip(special[often:], cycle(self.servers)))
        began = time.monotonic()
        for blow in range(blows):
            due = began + blow * _EVERY_S
            until(lambda due=due: time.monotonic() >= due, 60, "the next blow")  # type: ignore[misc]
            self.stack.tend()
            if blow in crashes:
                self._crash(crashes[blow], blow)
            else:
                self._strike(draw, blow, master=blow in masters)
        self.stack.tend()

    def _strike(self, draw: random.Random, blow: int, *, master: bool) -> None:
        victims = [("master", psutil.Process(self.stack.pid))] if master else self._choose(draw)
        if not victims:
            self.kills["nobody was there"] += 1
            return
        kind, victim = draw.choice(victims)
        try:
            victim.kill()
        except psutil.NoSuchProcess:
            kind = "nobody was there"
        self.kills[kind] += 1
        self.say(f"{blow * _EVERY_S:5.0f} s  {kind} ({victim.pid})")

    def _crash(self, server: str, blow: int) -> None:
        self.servers[server]()
        self.kills[server] += 1
        self.say(f"{blow * _EVERY_S:5.0f} s  {server}")

    def _choose(self, draw: random.Random) -> list[tuple[str, psutil.Process]]:
        """Processes of a kind, the kind drawn twice at most: while `up` starts, its servers must not get every blow."""
        found: dict[str, dict[str, list[tuple[str, psutil.Process]]]] = {}
        for kind, process in family(self.stack.pid):
            group = kind.split()[0]
            roles = found.setdefault("child" if group == "tesseract" else group, {})
            roles.setdefault(kind, []).append((kind, process))
        for group in draw.choices(list(_WEIGHTS), list(_WEIGHTS.values()), k=2):
            if group in found:
                return found[group][draw.choice(sorted(found[group]))]
        return []


def run(
    seconds: float,
    count: int,
    book_pages: int,
    seed: int,
    folder: Path,
    say: Callable[[str], None],
    elsewhere: Mapping[str, str] | None = None,
    servers: Mapping[str, Callable[[], None]] | None = None,
) -> dict[str, Any]:
    """A whole storm; its report, with `problems` empty where all went well.

    Args:
        elsewhere: see `TendedStack`.
        servers: see `Storm`.
    """
    papers = list(draw(count, book_pages))
    temporary = folder / "temporary"
    temporary.mkdir(parents=True)
    stack = TendedStack(folder / "data", temporary, elsewhere or {})
    storm, uploads, stop = Storm(stack, seed, say, servers or {}), Uploads(), threading.Event()
    try:
        stack.tend()
        until(stack.ready, 180, "the stack to be ready")
        answer = httpx.post(f"{stack.url()}/api/v1/knowledge-bases", json={"name": KB}, timeout=30.0, trust_env=False)
        answer.raise_for_status()
        client = threading.Thread(target=uploads.send_all, args=(stack, papers, 0.9 * seconds, stop))
        client.start()
        try:
            say(f"storm of {seconds:.0f} s, seed {seed}, {count} documents")
            storm.rage(seconds)
            say("the storm is over")
            ended = time.monotonic()
            while client.is_alive() and time.monotonic() < ended + SETTLE_S:
                stack.tend()
                client.join(1.0)
        finally:
            stop.set()
            client.join()
        state = aftermath.settle(stack, KB, ended + SETTLE_S, say)
        settled_s = time.monotonic() - ended
        problems = [*uploads.faults, *state, *aftermath.check(stack, KB, papers, uploads.ids)]
        recoveries = aftermath.recoveries(stack, KB)
        stack.stop()
        problems += aftermath.leftovers(temporary)
        return {
            "seed": seed, "storm_s": seconds, "documents": len(papers), "pages": sum(p.pages for p in papers),
            "scanned_pages": sum(p.scanned for p in papers), "damaged": sum(p.error is not None for p in papers),
            "kills": dict(sorted(storm.kills.items())), "starts_of_up": stack.starts,
            "claimed_again": recoveries, "uploads_sent_again": dict(uploads.retried),
            "settled_s": round(settled_s, 1), "problems": problems,
        }  # fmt: skip
    finally:
        stack.stop()


def table(report: dict[str, Any]) -> str:
    """The report for people."""
    rows = []
    for name, value in report.items():
        shown = ", ".join(f"{key} {number}" for key, number in value.items()) if isinstance(value, dict) else value
        rows.append(f"{name.replace('_', ' '):20} {shown if shown != [] else 'none'}")
    return "\n".join(rows)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=240.0)
    parser.add_argument("--documents", type=int, default=200)
    parser.add_argument("--book-pages", type=int, default=60)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    parser.add_argument("--data", type=Path, help="an empty folder that stays; else a temporary one")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pagemill-storm-") as temporary:
        folder = given.data or Path(temporary)
        report = run(
            given.seconds, given.documents, given.book_pages, given.seed, folder, lambda line: print(line, flush=True)
        )
    print(table(report))
    print(json.dumps(report, ensure_ascii=False))
    return 1 if report["problems"] else 0


if __name__ == "__main__":
    sys.exit(main())
