"""The shell that all stage actors share: claim, work, settle, send.

    claim    one short transaction takes the unit with a fresh token and a lease; the next one's message is sent
    work     the stage's function; a thread renews the lease meanwhile
    settle   the stage's function commits results and new state together, fenced by the token
    send     the queues of those stages that it opened are topped up from the ledger

Any step may be cut off. Before the settle the lease runs out and the unit is done again from the start; after it, the
redelivered message (or the sweep) finds it settled and only sends. So doing any of it twice is safe.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

import structlog
from dramatiq.middleware import CurrentMessage

from actors import dispatch
from actors.broker import Queue
from pipeline import log, metrics, stages
from pipeline.errors import ChildFailed, LeaseLost, PermanentError, ServiceUnavailable, TransientError
from pipeline.settings import Settings
from storage import ledger, pauses
from storage.catalog import Storage
from storage.database import Missing
from storage.ledger import Claim

_LOOK_S = 0.25  # a cancelled or deleted unit is let go of after so long
_DRAIN_LOOK_S = 0.05
_ALSO = {"render": {"extract"}, "ocr": {stages.FIRST}}
_LOG = log.get("shell")


@dataclass(slots=True)
class Hands:
    """A claimed unit in work.

    Attributes:
        taken: set when the unit was lost, cancelled or deleted, or when the worker must stop at once.
    """

    claim: Claim
    taken: threading.Event = field(default_factory=threading.Event)
    since: float = field(default_factory=time.monotonic)

    def still_held(self) -> None:
        """Check before what cannot be fenced.

        Raises:
            LeaseLost: the unit is somebody else's now.
        """
        if self.taken.is_set():
            raise LeaseLost(self.claim.unit)


Work = Callable[[Hands], None]
Kind = Literal["crashes", "losses", "errors"]


class Shell:
    """One worker process's way of doing units of one stage."""

    def __init__(self, settings: Settings, storage: Storage, queue: Queue, stage: str, worker: str) -> None:
        self.settings = settings
        self.storage = storage
        self.queue = queue
        self.stage = stage
        self.worker = worker
        self.units_done = 0
        # This stage, and those that a settle here may open: the next, render's window, and behind a last page with a
        # text layer extract.
        self._following = {stage, stages.after(stage) or stages.LAST, *_ALSO.get(stage, ())}
        self._holding: dict[int, Hands] = {}
        self._taken_up = threading.Event()  # something is held; while nothing is, nobody need look at leases
        self._leaving = threading.Event()  # takes nothing more
        self._stopping = threading.Event()  # and lets go of what it holds
        threading.Thread(target=self._renew, name="leases", daemon=True).start()

    def do(self, work: Work, kb: str, document: str, run: int, unit: str) -> None:
        """Do one unit, as a message says. A worker that is stopping leaves it to another: the message comes again."""
        if self._leaving.is_set() or self._stopping.is_set():
            return
        with structlog.contextvars.bound_contextvars(kb=kb, document=document, run=run, stage=self.stage, unit=unit):
            claim = self._claim(kb, document, run, unit)
            if claim is None:
                self._send_anew(kb, document, run, unit)
            else:
                hands = Hands(claim)
                self._holding[id(hands)] = hands
                self._taken_up.set()
                if self._stopping.is_set():  # since the look at the top: who set it has not seen these hands
                    hands.taken.set()
                try:
                    self._top_up([self.stage])  # before the work: an idle colleague need not wait for its end
                    outcome = self._work(work, hands)
                finally:
                    del self._holding[id(hands)]
                self.units_done += 1
                # Settled, it made ready what it says; how else it ended, that is not known so well.
                if outcome == "settled":
                    self._send(claim.opened, kb)
                else:
                    self._send(self._following)

    def _claim(self, kb: str, document: str, run: int, unit: str) -> Claim | None:
        """The unit, if it is to be had; of a paused stage none is: messages that still stand come to nothing."""
        if self.stage in pauses.paused(self.storage.catalog):
            return None
        return ledger.claim(self.storage.open(kb), document, run, self.stage, unit, self.worker, self.settings.ledger)

    def _send_anew(self, kb: str, document: str, run: int, unit: str) -> None:
        """Of a unit that is not to be had: who holds it will send; who settled it may have died before."""
        try:
            state = ledger.state_of(self.storage.open(kb), document, run, self.stage, unit)
        except (Missing, ServiceUnavailable):  # then neither is it known
            state = None
        self._send({self.stage} if state == "claimed" else self._following)

    def _work(self, work: Work, hands: Hands) -> str:
        began = time.perf_counter()
        outcome = self._attempt(work, hands)
        seconds = time.perf_counter() - began
        metrics.STAGE_SECONDS.labels(self.stage, outcome).observe(seconds)
        if outcome == "settled":
            _LOG.info("settled", took_ms=round(seconds * 1000))
        return outcome

    def _attempt(self, work: Work, hands: Hands) -> str:
        """Work, and settle how it ended; which that was."""
        try:
            work(hands)
        except LeaseLost:
            if self._stopping.is_set():
                self._guarded(hands, lambda: ledger.put_back(hands.claim, 0.0))
                _LOG.info("put back")
                return "put_back"
            _LOG.info("dropped", why="cancelled, deleted, or the lease ran out")
            return "dropped"
        except ServiceUnavailable as error:
            delay = self.settings.ledger.retry_delay_s
            self._guarded(hands, lambda: ledger.put_back(hands.claim, delay))
            _LOG.warning("waiting", why=str(error))
            return "waiting"
        except ChildFailed as error:
            return self._failed(hands, "losses" if error.killed else "crashes", error.code, error.message)
        except PermanentError as error:
            self._guarded(hands, partial(ledger.give_up, hands.claim, error))
            _LOG.warning("failed", code=error.code, why=error.message)
            return "failed"
        except TransientError as error:
            return self._failed(hands, "errors", "stage_failed", str(error), trace=True)
        except Exception as error:
            return self._failed(hands, "errors", "stage_failed", f"{type(error).__name__}: {error}", trace=True)
        return "settled"

    def _failed(self, hands: Hands, kind: Kind, code: str, why: str, trace: bool = False) -> str:
        claim, rules = hands.claim, self.settings.ledger
        times = getattr(rules, f"max_{kind}")
        if code == "stage_failed":  # what a library said is for the log, and for those who ask for details
            message = f"The step “{self.stage}” failed {times} times. Retry; if it fails again, see the server's log."
        else:
            message = f"{why} It was tried {times} times. Retry, or check this page in the original."
        error = {"code": code, "message": message, "detail": {"stage": self.stage, "unit": claim.unit, "why": why}}
        final: list[bool] = []
        self._guarded(hands, lambda: final.append(ledger.attempt_failed(claim, kind, error, rules)))
        told = {"exc_info": True} if trace else {"why": why}  # a library's own words are for the ledger alone
        _LOG.warning("attempt failed", counted=kind, code=code, final=bool(final and final[0]), **told)
        metrics.ATTEMPTS_FAILED.labels(self.stage, kind).inc()
        return kind

    def _guarded(self, hands: Hands, write: Callable[[], None]) -> None:
        """Write how an attempt ended. If that is not to be had, the lease runs out and the sweep counts a loss."""
        try:
            write()
        except LeaseLost:
            _LOG.info("dropped", why="cancelled, deleted, or the lease ran out")
        except ServiceUnavailable as error:
            _LOG.warning("could not say how it ended", why=str(error))

    def _send(self, opened: set[str], only: str | None = None) -> None:
        """Top up stages in which units may have become ready, `only` in one knowledge base or anywhere."""
        message = CurrentMessage.get_current_message()
        own = message.options.get("redis_message_id") if message is not None else None
        # What comes next goes first: somebody may be waiting for it.
        self._top_up([name for name in reversed(stages.NAMES) if name in opened], own, only)

    def _top_up(self, names: Sequence[str], own: str | None = None, only: str | None = None) -> None:
        if not names:
            return
        try:
            dispatch.top_up(self.storage, self.queue, names, own, only)
        except ServiceUnavailable as error:
            # The ledger has it all: the sweep sends as soon as the queue server answers.
            _LOG.warning("not sent", why=str(error))
        except Exception as error:
            # A unit in hand must not pay for it, nor one that is settled: the sweep sends.
            _LOG.error("not sent", exc_info=error)

    def doing(self) -> list[dict[str, Any]]:
        """The units in work, for people."""
        return [
            {
                "kb": hands.claim.kb.id, "document": hands.claim.document, "run": hands.claim.run,
                "unit": hands.claim.unit, "seconds": round(time.monotonic() - hands.since, 1),
            }
            for hands in list(self._holding.values())
        ]  # fmt: skip

    def drain(self, seconds: float, hurried: threading.Event) -> None:
        """Take nothing more, wait until what is held is done, and let go of the rest.

        Args:
            seconds: wait no longer than that.
            hurried: wait no longer than until it is set.
        """
        self._leaving.set()
        deadline = time.monotonic() + seconds
        while self._holding and time.monotonic() < deadline and not hurried.wait(_DRAIN_LOOK_S):
            pass
        self.stop()

    def stop(self) -> None:
        """Let go of everything now: children are killed, units put back uncounted."""
        self._stopping.set()
        for hands in list(self._holding.values()):
            hands.taken.set()

    def _renew(self) -> None:
        """Prolong leases now and then, and look more often whether they still stand: a look writes nothing."""
        every_s = self.settings.ledger.renew_s
        renewed = time.monotonic()
        while True:
            self._taken_up.clear()
            if not self._holding:  # what is taken up from the clearing on ends the wait
                self._taken_up.wait()
            time.sleep(min(_LOOK_S, every_s))
            due = time.monotonic() - renewed >= every_s
            renewed = time.monotonic() if due else renewed
            for hands in list(self._holding.values()):
                try:
                    if due:
                        ledger.renew(hands.claim, self.settings.ledger)
                    else:
                        ledger.require_held(hands.claim)
                except LeaseLost:
                    hands.taken.set()
                except Exception as error:
                    # Out of reach for now; the next renewal may be in time. If none is, the fence holds.
                    _LOG.warning("lease not renewed", document=hands.claim.document, why=str(error))
