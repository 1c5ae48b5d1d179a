"""Run one of Pagemill's own processes with trouble built in: `python -m tests.chaos.process MODULE ARGUMENTS`.

The product has no hooks for this: what is patched here is patched in this process only. Trouble comes from files in
the folder CHAOS names, so that a test can switch it on and off:

    hold-STAGE  a worker that claims a unit of the stage writes its process id to held-STAGE and works no further
    late-STAGE  a worker that would settle a unit of the stage, its work done, writes that to late-held-STAGE and waits
    twice       every message is sent twice
    clock       the wall clock of all our processes is so many seconds off, as if somebody had set it
"""

from __future__ import annotations

import datetime
import os
import runpy
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CHAOS = Path(os.environ["CHAOS"])


def _patch_clock() -> None:
    """Before anything else of ours is imported: many modules keep the functions themselves."""
    switch = CHAOS / "clock"
    real, real_ns = time.time, time.time_ns

    def off_s() -> float:
        try:
            return float(switch.read_text())
        except FileNotFoundError:
            return 0.0

    class Stepped(datetime.datetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> Stepped:
            return cls.fromtimestamp(time.time(), tz)

    time.time = lambda: real() + off_s()
    time.time_ns = lambda: real_ns() + int(off_s() * 1e9)
    datetime.datetime = Stepped  # type: ignore[misc]


def _never() -> bool:
    return False


def _hold(name: str, note: str, words: str = "", let_go: Callable[[], bool] = _never) -> None:
    """If the test wants it, stop here until killed, until the test takes the file away, or until told to let go."""
    switch = CHAOS / name
    if switch.exists():
        draft = CHAOS / f".{note}"
        draft.write_text(words or str(os.getpid()))
        draft.replace(CHAOS / note)
        while switch.exists() and not let_go():
            time.sleep(0.02)


def _patch_ledger(stage: str) -> None:
    """Hold back whoever would settle, and have those say so who were fenced off as they tried to write."""
    from pipeline import log
    from pipeline.errors import LeaseLost
    from storage import ledger
    from storage.ledger import Claim

    @contextmanager
    def settling(held: Claim) -> Iterator[Any]:
        unit = f"{held.document} {held.run} {stage} {held.unit} {held.token}"
        _hold(f"late-{stage}", f"late-held-{stage}", unit)
        with original_settling(held) as connection:
            yield connection

    @contextmanager
    def fenced(held: Claim) -> Iterator[Any]:
        try:
            with original_fenced(held) as connection:
                yield connection
        except LeaseLost:
            log.get("chaos").warning("fenced off", token=held.token)
            raise

    original_settling, original_fenced = ledger.settling, ledger.fenced
    ledger.settling, ledger.fenced = settling, fenced


def _patch_shell(stage: str) -> None:
    from actors.shell import Hands, Shell

    def work(self: Shell, do: Callable[[Hands], None], hands: Hands) -> None:
        def held(hands: Hands) -> None:
            _hold(f"hold-{stage}", f"held-{stage}", let_go=hands.taken.is_set)
            do(hands)

        original(self, held, hands)

    original = Shell._work
    Shell._work = work  # type: ignore[method-assign]


def _patch_queue() -> None:
    from actors.broker import Queue

    def send(self: Queue, stage: str, kb: str, document: str, run: int, unit: str) -> None:
        original(self, stage, kb, document, run, unit)
        if (CHAOS / "twice").exists():
            original(self, stage, kb, document, run, unit)

    original = Queue.send
    Queue.send = send  # type: ignore[method-assign]


def _patch_children() -> None:
    from pipeline import children

    children.COMMAND = (sys.executable, "-m", "tests.chaos.child")


if __name__ == "__main__":
    module, *arguments = sys.argv[1:]
    _patch_clock()
    _patch_queue()
    if module == "actors.worker":
        _patch_ledger(arguments[0])  # first: others keep the functions themselves
        _patch_shell(arguments[0])
        _patch_children()
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
