"""All of Pagemill in one process that does one thing at a time, so that every run of it is the same.

The web app answers requests, messages are taken from the real queue server and done by the real shell and actors, the
real sweep goes its rounds, on real SQLite files or a real PostgreSQL server, and a real Chroma server. Differences from
the stack, all for the sake of order:

- the engine children are called in this process, warmed before it was forked (the stack's tests kill real ones);
- the clock of leases stands still until there is nothing to do, and then jumps over everything that may be waited for;
- leases are renewed once a unit, not by the shell's thread.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import dramatiq
import httpx
import orjson

import actors.embed
import actors.extract
import actors.ocr
import actors.render
import actors.store
from actors.broker import Queue
from actors.shell import Hands, Shell
from actors.sweep import Sweep
from pipeline import stages
from pipeline.settings import Settings
from storage import clock, ledger, postgresql
from storage.catalog import Storage
from tests.chaos.crash_effects import Effects
from web.app import create_app
from web.state import State

ACTORS = {
    "render": actors.render, "ocr": actors.ocr, "extract": actors.extract, "embed": actors.embed, "store": actors.store,
}  # fmt: skip
_PAUSE_S = 20.0  # longer than any lease
_ROUNDS = 60


class Engines:
    """What is dear to load, loaded once before the fork: handlers of the engine children, and the embedder."""

    def __init__(self, handlers: dict[str, dict[str, Callable[[dict[str, Any]], Any]]], embedder: Any) -> None:
        self.handlers = handlers
        self.embedder = embedder

    def put_in_place(self, effects: Effects) -> None:
        """Have the actors use them."""

        class DirectPool:
            def __init__(pool, role: str, config: dict[str, Any], size: int) -> None:
                pool.handlers = self.handlers[role]

            def call(pool, request: dict[str, Any], what: str, seconds: float, lost: Callable[[], bool]) -> Any:
                answer = pool.handlers[request.pop("call")](request)
                if isinstance(answer, dict) and answer.get("image"):
                    effects.happened("image")
                return orjson.loads(orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY))

        actors.render.ChildPool = actors.ocr.ChildPool = DirectPool  # type: ignore[misc,assignment]
        actors.embed.Embedder = lambda *_, **__: self.embedder  # type: ignore[misc,assignment]


class Journal:
    """What outlasts a stop beside the data: the client's memory (what was answered), and the clock."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.kb = ""
        self.document = ""
        self.steps = 0
        self.now_s = 1000.0
        if path.exists():
            self.__dict__.update(json.loads(path.read_text()))
        clock.now_s = lambda: self.now_s
        postgresql.server_time = lambda _: self.now_s

    def save(self) -> None:
        told = {"kb": self.kb, "document": self.document, "steps": self.steps, "now_s": self.now_s}
        self._path.write_text(json.dumps(told))


class Mill:
    """The processes of a stack, one after the other."""

    def __init__(self, config: Settings, journal: Journal, effects: Effects) -> None:
        self.storage = Storage(config)
        self.storage.prepare()
        self.queue = Queue(config.queue)
        self._config = config
        self._journal = journal
        self.effects = effects
        self._sweep = Sweep(config, self.storage, self.queue)
        self._app = create_app(config)
        self._app.state.parts = State(config)
        self._consumers = {}
        for stage, module in ACTORS.items():
            shell = Shell(config, self.storage, self.queue, stage, clock.new_id())
            self._declare(stage, shell, module.Actor(config))
            self._consume(stage)

    def _consume(self, stage: str) -> None:
        self._consumers[stage] = self.queue.broker.consume(stage, prefetch=1, timeout=1)

    def _declare(self, stage: str, shell: Shell, actor: Any) -> None:
        def work(hands: Hands) -> None:
            ledger.renew(hands.claim, shell.settings.ledger)
            actor.work(hands)

        @dramatiq.actor(broker=self.queue.broker, queue_name=stage, actor_name=stage)
        def do(kb: str, document: str, run: int, unit: str) -> None:
            shell.do(work, kb, document, run, unit)

    def ask(self, method: str, path: str, **kwargs: Any) -> httpx.Response:
        """A client's request to the web app; what the app does behind its answer is done when this returns."""

        async def exchange() -> httpx.Response:
            transport = httpx.ASGITransport(app=self._app)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000/api/v1") as client:
                return await client.request(method, path, **kwargs)

        with self.effects.by("web"):
            return asyncio.run(exchange())

    def run(self, finished: Callable[[], bool], names: Iterable[str] = stages.NAMES) -> None:
        """Work on these stages and sweep until something holds; the clock jumps whenever there was nothing to do."""
        for _ in range(_ROUNDS):
            worked = sum(self._drain(stage) for stage in names)
            with self.effects.by("sweep"):
                swept = self._sweep.round()
            if swept and finished():
                return
            if not worked:
                self._pass(_PAUSE_S)
        raise AssertionError(f"not finished after {_ROUNDS} rounds")

    def _pass(self, seconds: float) -> None:
        self._journal.now_s += seconds
        self._journal.save()

    def wait_for_orphans(self) -> None:
        """Let the sweep see what belongs to nothing, and see it again when it is old enough to be removed."""
        self.run(self.idle)
        self._pass(self._config.sweep.full_scan_s + _PAUSE_S)
        self._sweep.round()
        self._pass(self._config.sweep.orphan_age_s + _PAUSE_S)
        self._sweep.round()

    def abandon(self, stage: str) -> None:
        """Take a message of a stage and the unit it invites to, and do no more about either."""
        message = next(self._consumers[stage])
        assert message is not None
        kb, document, run, unit = message.args
        held = ledger.claim(self.storage.open(kb), document, run, stage, unit, "ghost", self._config.ledger)
        assert held is not None
        self._consume(stage)  # the message still counts as this one's

    def idle(self) -> bool:
        """Whether no work, clean-up or message is left."""
        busy = self.storage.active() or self.storage.deleted_knowledge_bases()
        return not busy and not any(self.queue.sent(stage) for stage in stages.NAMES)

    def _drain(self, stage: str) -> int:
        """Do all messages of a stage as a Dramatiq worker does; how many."""
        done = 0
        broker, consumer = self.queue.broker, self._consumers[stage]
        with self.effects.by(stage):
            while (message := next(consumer)) is not None:
                self.effects.happened("fetch")
                broker.emit_before("process_message", message)
                broker.get_actor(stage)(*message.args)
                broker.emit_after("process_message", message, result=None)
                consumer.ack(message)
                self.effects.happened("ack")
                done += 1
        return done
