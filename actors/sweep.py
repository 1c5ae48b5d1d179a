"""The sweep: every second or two it repairs whatever got lost. `python -m actors.sweep`.

One sweeper at a time holds a lease in the catalogue; another takes over when it falls silent. Each step is safe to
repeat, to interrupt and to run beside workers.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FrameType

from actors import dispatch
from actors.broker import Queue, Sent
from pipeline import log, metrics, settings, stages
from pipeline.errors import ServiceUnavailable
from pipeline.process import die_with_parent
from pipeline.settings import Settings
from storage import cleanup, clock, databases, documents, erasure, ledger, migrate, refold, retention, workers
from storage.catalog import Storage
from storage.database import Missing
from storage.stray_objects import StrayObjects

_LEASE_S = 10.0
# A message that a worker fetched but whose unit nobody claimed for so long was lost on its way.
_STRAY_S = 10.0
_IMAGES_SHARE = 0.05  # of the time, at most, is spent on looking for page images of nobody's
_ERASING_S = 0.5  # a round, of one knowledge base
_CLEANING_S = 3.0  # a round, of all knowledge bases: an object store may take its time
_REFOLDING_S = 0.5  # a round, of all knowledge bases: leases must not wait for it
_LOG = log.get("sweep")


class Sweep:
    """The repairs, and what must be remembered between two rounds."""

    def __init__(self, config: Settings, storage: Storage, queue: Queue) -> None:
        self._config = config
        self._storage = storage
        self._queue = queue
        self._holder = clock.new_id()
        self._strays: dict[str, float] = {}  # by message: since when it has been seen
        self._removed: dict[str, float] = {}
        self._orphans: dict[str, dict[Path, cleanup.Sighting]] = {}
        self._strays_among_objects = StrayObjects(config.sweep.orphan_age_s)
        self._unlisted: dict[Path, cleanup.Sighting] = {}
        self._full_scan_at = 0.0
        self._images_at = 0.0
        self._clean_until = 0.0
        self._refold_until = 0.0

    def round(self) -> bool:
        """Repair once; False where another sweeper holds the lease."""
        if not workers.hold(self._storage.catalog, "sweep", self._holder, _LEASE_S):
            return False
        full = clock.now_s() >= self._full_scan_at
        activity = dict(self._storage.active())
        records = self._storage.knowledge_bases() if full else []
        here = [record["id"] for record in records] if full else activity
        for kb_id in here:  # before anything that may wait for Chroma: no worker's loss must wait with it
            self._guarded("expiring leases", partial(self._expire_leases, kb_id))
        for record in records:
            if record["retention_days"] is not None:
                self._guarded("deleting what is too old", partial(self._expire, record["id"], record["retention_days"]))
        self._clean_until = time.monotonic() + _CLEANING_S
        self._refold_until = time.monotonic() + _REFOLDING_S
        for kb_id in here:
            self._guarded("sweeping a knowledge base", partial(self._repair, kb_id, activity.get(kb_id)))
        self._guarded("removing page images", self._remove_stray_images)
        listing = self._storage.file_store.listing
        if full and listing is not None:
            self._guarded("removing stray objects", partial(self._strays_among_objects.step, self._storage, listing))
        self._guarded("looking for stray messages", self._drop_strays)
        self._guarded("topping up", lambda: dispatch.top_up(self._storage, self._queue))
        for kb_id in self._storage.deleted_knowledge_bases():
            self._guarded("removing a deleted knowledge base", partial(self._remove, kb_id))
        if full:
            self._guarded("removing what was never listed", self._remove_unlisted)
            self._guarded("forgetting workers", partial(workers.forget_silent, self._storage.catalog))
            self._full_scan_at = clock.now_s() + self._config.sweep.full_scan_s
        return True

    def _guarded(self, what: str, step: Callable[[], object]) -> None:
        """One broken step must not keep the others from repairing; it is logged and comes round again."""
        try:
            step()
        except Missing:
            _LOG.info("knowledge base was deleted meanwhile", what=what)
        except ServiceUnavailable as error:
            _LOG.warning("waiting", what=what, why=str(error))
        except Exception as error:
            _LOG.error("sweep step failed", what=what, exc_info=error)

    def _expire_leases(self, kb_id: str) -> None:
        for unit in ledger.expire_leases(self._storage.open(kb_id), self._config.ledger):
            _LOG.warning("lease expired", kb=kb_id, **unit)
            metrics.ATTEMPTS_FAILED.labels(unit["stage"], "losses").inc()

    def _repair(self, kb_id: str, activity: int | None) -> None:
        kb = self._storage.open(kb_id)
        if activity is None:  # a full scan
            cleanup.remove_orphans(kb, self._config.sweep.orphan_age_s, self._orphans.setdefault(kb_id, {}))
            if cleanup.unfinished(kb):
                _LOG.warning("found work nobody had announced", kb=kb_id)
                self._storage.wake(kb_id)
        for row in cleanup.due(kb):
            if time.monotonic() > self._clean_until:  # the rest stays due
                break
            self._guarded("cleaning up", partial(cleanup.clean_run, kb, row, self._config.ledger.lease_s))
        self._guarded("erasing", partial(erasure.erase, kb, _ERASING_S))
        if not refold.bring_up_to_date(kb, self._refold_until):
            if activity is None:
                _LOG.info("folding an older index anew", kb=kb_id)
                self._storage.wake(kb_id)
        elif activity is not None and not cleanup.unfinished(kb):
            self._storage.rest(kb_id, activity)

    def _remove_stray_images(self) -> None:
        """Seldom where it takes long: thousands of documents may wait with their images."""
        began = time.monotonic()
        if began >= self._images_at:
            cleanup.remove_stray_images(self._storage)
            self._images_at = time.monotonic() + (time.monotonic() - began) / _IMAGES_SHARE

    def _expire(self, kb_id: str, days: int) -> None:
        deleted = retention.delete_expired(self._storage.open(kb_id), days)
        if deleted:  # a full scan finds what is announced by nobody, should this process end here
            self._storage.wake(kb_id)
            _LOG.info("deleted what was too old", kb=kb_id, documents=deleted, days=days)

    def _remove(self, kb_id: str) -> None:
        """Remove what a deleted knowledge base held: at once, and again when no lease in it can still be alive.

        Whoever deleted it may not have come to stop its runs; a worker goes on in an open database until its units are
        taken away, wherever the file is.
        """
        now = clock.now_s()
        seen = self._removed.get(kb_id)
        if seen is None:
            # Whatever comes of it (its database may be damaged): once the files are gone no worker writes into them.
            self._guarded("stopping a deleted one's work", lambda: documents.cancel_all(self._storage.open(kb_id)))
            self._storage.remove_remains(kb_id, last=False)
            self._removed[kb_id] = now
        elif now - seen > self._config.ledger.lease_s:
            self._storage.remove_remains(kb_id, last=True)
            del self._removed[kb_id]
            self._orphans.pop(kb_id, None)

    def _remove_unlisted(self) -> None:
        for kb_id in cleanup.remove_unlisted(self._storage, self._config.sweep.orphan_age_s, self._unlisted):
            _LOG.warning("removed a knowledge base that was never made whole", kb=kb_id)

    def _drop_strays(self) -> None:
        """Forget messages that were fetched and then lost, so that they no longer count as being under way."""
        before, self._strays = self._strays, {}
        for stage, messages in self._queue.standing(stages.NAMES).items():
            for message in messages:
                if not message.waiting:
                    self._guarded("looking at a message", partial(self._drop_if_stray, stage, message, before))

    def _drop_if_stray(self, stage: str, message: Sent, before: dict[str, float]) -> None:
        kb, document, run, unit = message.key
        try:
            state = ledger.state_of(self._storage.open(kb), document, run, stage, unit)
        except Missing:
            state = None
        if state == "claimed":
            return
        now = clock.now_s()
        since = before.get(message.redis_id, now)
        if now - since > _STRAY_S:
            _LOG.warning("dropped a stray message", kb=kb, document=document, run=run, stage=stage, unit=unit)
            self._queue.forget(stage, message.redis_id)
        else:
            self._strays[message.redis_id] = since


def main() -> None:
    """Sweep until told to stop."""
    die_with_parent()
    config = settings.load()
    log.configure(config.log.level)
    metrics.share(config.data / metrics.FOLDER, "sweep")
    databases.refuse_newer(config)
    stopping = threading.Event()

    def stop(_: int, __: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    sweep = Sweep(config, Storage(config), Queue(config.queue))
    _LOG.info("sweep ready")
    while not stopping.wait(config.sweep.interval_s):
        try:
            sweep.round()
        except ServiceUnavailable as error:
            _LOG.warning("waiting", why=str(error))
    _LOG.info("sweep stopped")


if __name__ == "__main__":
    os.environ.setdefault("PAGEMILL_PROCESS", "sweep")
    try:
        main()
    except migrate.NewerData as error:
        _LOG.error("cannot start", why=str(error))
        sys.exit(1)
