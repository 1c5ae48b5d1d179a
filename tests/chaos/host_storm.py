"""What is done to several hosts in a storm, and what was seen of it.

Every event waits for what it is about, so that it strikes work in hand.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import httpx
import psycopg
from prometheus_client.parser import text_string_to_metric_families

from pipeline.settings import Settings
from storage.catalog import Storage
from storage.database import Database, moment, text
from tests.chaos import aftermath
from tests.chaos.data_host import METRICS_PORT
from tests.chaos.estate import Estate, Machine
from tests.chaos.papers import Paper
from tests.chaos.storm import KB, Uploads
from tests.stack import until

WAIT_S = 240.0  # for anything: this machine may be busy with other things
_UNIT = re.compile(r"document=(\S+) .*stage=(\S+) unit=(\S+)")
_LINES = 500  # of all programs of a host while it is cut off: more would be a flood


@dataclass
class Storm:
    """One event after the other.

    Attributes:
        seen: figures of what came of them, by their name.
    """

    hosts: Estate
    uploads: Uploads
    seen: dict[str, Any] = field(default_factory=dict)
    _left_open: set[int] = field(default_factory=set)
    _clients: list[threading.Thread] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    def kill(self, papers: Sequence[Paper]) -> None:
        """A host loses its power with a page in hand, which one that is added meanwhile reads; then it comes back."""
        victim = self.hosts.machines["alpha"]
        with held(self.hosts.workers, "hold-ocr"):
            self._send(papers)
            until(lambda: _noted(victim, "hold-ocr"), WAIT_S, f"{victim.host.name} to hold a page")
            self._left_open = self._connections(victim)
            victim.power_off()
            added = self.hosts.add_worker("gamma", "render", "ocr")
            until(lambda: _has_read(added), WAIT_S, "the added host to read the page")
        victim.start()
        self.seen |= {"connections that the dead host left open": len(self._left_open), "losses": self._losses()}

    def cut(self, papers: Sequence[Paper]) -> None:
        """A host is cut off with two units done and not yet settled, and comes back when others have done them."""
        switches = "late-ocr", "late-store"
        with held(self.hosts.workers, *switches):
            self._send(papers)
            until(lambda: self._holding(*switches) != [], WAIT_S, "a host to hold a page and a document")
            zombie = self._holding(*switches)[0]
            units = [zombie.switch(note(name)).read_text().split() for name in switches]
            tokens = [f"token={unit[-1]}" for unit in units]
            before = _lines(zombie)
            with zombie.host.cut_off():
                for machine in self.hosts.workers:
                    for name in switches:
                        machine.switch(name).unlink(missing_ok=True)
                until(lambda: all(map(self._done_by_others, units)), WAIT_S, "others to do its work")
                assert not any(token in zombie.log() for token in tokens), "it could not have been told"
                self.seen["lines of a host that is cut off"] = _lines(zombie) - before
            healed, now = time.monotonic(), self._now()
            until(lambda: all(token in zombie.log() for token in tokens), WAIT_S, "the zombie to be fenced off")
            self.seen |= {"zombies fenced off": len(tokens), "after, s": round(time.monotonic() - healed, 1)}
        until(lambda: self._beats(zombie, now), WAIT_S, "its workers to be heard of again")
        self.seen["back after the cut, s"] = round(time.monotonic() - healed, 1)
        _no_flood(zombie, before)

    def cut_data(self, papers: Sequence[Paper]) -> None:
        """Nobody reaches the servers until people are told so."""
        before = {name: _lines(machine) for name, machine in self.hosts.machines.items()}
        self._send(papers)
        with self.hosts.data_host.cut_off():
            began = time.monotonic()
            until(self._told_so, WAIT_S, "the web server to say that it lacks its servers")
            self.seen["people are told after, s"] = round(time.monotonic() - began, 1)
        healed, now = time.monotonic(), self._now()
        until(self.hosts.ready, WAIT_S, "the web server to be ready again")
        self.seen["ready again after, s"] = round(time.monotonic() - healed, 1)
        for machine in self.hosts.workers:
            until(partial(self._beats, machine, now), WAIT_S, f"the workers of {machine.host.name} to be back")
        self.seen["all workers are back after, s"] = round(time.monotonic() - healed, 1)
        for name, machine in self.hosts.machines.items():
            _no_flood(machine, before[name])

    def roll(self, papers: Sequence[Paper]) -> None:
        """One host after the other is shut down in order and started anew, each worker host with a page in hand.

        The next one's turn comes while slow workers still load their models: others do their work.
        """
        counted, back = 0, 0
        with held(self.hosts.workers, "hold-ocr"):
            self._send(papers)
            for machine in self.hosts.workers:
                until(partial(_noted, machine, "hold-ocr"), WAIT_S, f"{machine.host.name} to hold a page")
            for machine in self.hosts.machines.values():
                before, now, spent = _lines(machine), self._now(), self._spent()
                machine.shut_down()
                said = machine.log().splitlines()[before:]
                handed_back = [tuple(_UNIT.findall(line)[0]) for line in said if 'event="put back"' in line]
                after = self._spent()
                counted += sum(after[unit] - spent[unit] for unit in handed_back)
                back += len(handed_back)
                machine.switch("hold-ocr").unlink(missing_ok=True)
                machine.start()
                if machine is self.hosts.web:
                    until(self.hosts.ready, WAIT_S, "the web server to be back")
                else:
                    ended = sum('event="worker stopped"' in line for line in said)
                    assert handed_back, f"{machine.host.name} did not hand its page back"
                    assert ended == len(machine.stages), f"{ended} workers of {machine.host.name} ended in order"
                    until(partial(self._beats, machine, now, "render"), WAIT_S, f"{machine.host.name} to be back")
        self._all_sent()
        self.seen |= {"units handed back": back, "attempts counted by the roll": counted}

    def forgotten(self) -> bool:
        """Whether the database server has noticed that the host without power is gone."""
        return not self._left_open & self._connections(self.hosts.machines["alpha"])

    def close(self) -> None:
        """Have the clients go home."""
        self._stop.set()
        for client in self._clients:
            client.join(WAIT_S)

    def _send(self, papers: Sequence[Paper]) -> None:
        """Have a client upload papers, and go on."""
        client = threading.Thread(target=self.uploads.send_all, args=(self.hosts, list(papers), 0.0, self._stop))
        self._clients.append(client)
        client.start()

    def _all_sent(self) -> None:
        for client in self._clients:
            client.join(WAIT_S)
            assert not client.is_alive(), "a client still waits for the server to take its papers"

    def _holding(self, *switches: str) -> list[Machine]:
        return [one for one in self.hosts.workers if all(_noted(one, name) for name in switches)]

    def _told_so(self) -> bool:
        try:
            return self.hosts.get("/readyz").status_code == 503
        except httpx.TimeoutException:
            return False

    def _connections(self, machine: Machine) -> set[int]:
        """Processes of the database server that serve a host."""
        with psycopg.connect(self.hosts.database.url, autocommit=True) as connection:
            rows = connection.execute(
                "SELECT pid FROM pg_stat_activity WHERE client_addr = %s", (machine.host.address,)
            ).fetchall()
        return {pid for (pid,) in rows}

    def _done_by_others(self, unit: list[str]) -> bool:
        document, run, stage, name, token = unit
        with aftermath.opened(self.hosts.place, KB) as kb, kb.db.read() as connection:
            row = connection.execute(
                text("SELECT state, token FROM unit WHERE document = :document AND run = :run AND stage = :stage"
                     " AND unit = :unit"), {"document": document, "run": int(run), "stage": stage, "unit": name},
            ).one()  # fmt: skip
        return bool(row.state == "done" and row.token != token)

    def _losses(self) -> int:
        return aftermath.recoveries(self.hosts, KB)["losses"]

    def _spent(self) -> dict[tuple[str, ...], int]:
        """Attempts that were counted, by document, stage and unit."""
        with aftermath.opened(self.hosts.place, KB) as kb, kb.db.read() as connection:
            rows = connection.execute(text("SELECT document, stage, unit, losses + crashes + errors AS n FROM unit"))
            return {(row.document, row.stage, row.unit): row.n for row in rows}

    def _now(self) -> float:
        """By the clock of the databases."""
        with self._catalog() as catalog, catalog.read() as connection:
            return moment(connection).now_s

    def _beats(self, machine: Machine, since_s: float, *names: str) -> bool:
        """Whether the workers of a host were heard of since; of all its stages, where none is named."""
        with self._catalog() as catalog, catalog.read() as connection:
            rows = connection.execute(
                text("SELECT DISTINCT stage FROM worker WHERE host = :host AND beat_s > :since"),
                {"host": machine.host.name, "since": since_s},
            ).all()
        return {row.stage for row in rows} >= set(names or machine.stages)

    @contextmanager
    def _catalog(self) -> Iterator[Database]:
        storage = Storage(Settings(storage=self.hosts.place))
        try:
            yield storage.catalog
        finally:
            storage.close()


@contextmanager
def held(machines: Sequence[Machine], *switches: str) -> Iterator[None]:
    """Have workers stop at a point; whatever happens, they go on."""
    for machine in machines:
        for name in switches:
            machine.switch(note(name)).unlink(missing_ok=True)
            machine.switch(name).touch()
    try:
        yield
    finally:
        for machine in machines:
            for name in switches:
                machine.switch(name).unlink(missing_ok=True)


def note(switch: str) -> str:
    """What a worker that stops at a point writes (`tests/chaos/process.py`)."""
    return switch.replace("hold-", "held-").replace("late-", "late-held-")


def settled(machine: Machine) -> int:
    """Units that a host tells Prometheus it has settled."""
    told = httpx.get(f"http://{machine.host.address}:{METRICS_PORT}/metrics", trust_env=False, timeout=30.0).text
    counts = next(one for one in text_string_to_metric_families(told) if one.name == "pagemill_stage_seconds").samples
    return int(sum(one.value for one in counts if one.name.endswith("_count") and one.labels["outcome"] == "settled"))


def _noted(machine: Machine, switch: str) -> bool:
    return machine.switch(note(switch)).exists()


def _has_read(machine: Machine) -> bool:
    return any("event=settled" in line and "stage=ocr" in line for line in machine.log().splitlines())


def _lines(machine: Machine) -> int:
    return len(machine.log().splitlines())


def _no_flood(machine: Machine, before: int) -> None:
    lines = machine.log().splitlines()[before:]
    assert len(lines) < _LINES, "a flood of lines:\n" + "\n".join(lines[:50])
