"""A worker process of one stage: `python -m actors.worker STAGE`.

It runs Dramatiq's own `Worker` and not the `dramatiq` command: that one ends its whole group when one process dies and
never starts it again. Here a process is the unit of supervision: it may die, or end itself when it has grown or aged
(recycling), and only that process is started anew.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
import threading
import time
from types import FrameType

import dramatiq
import psutil

from actors.broker import Queue
from actors.shell import Shell
from actors.stage import StageActor
from pipeline import log, metrics, settings
from pipeline.process import RECYCLED, die_with_parent, step_back
from storage import clock, databases, workers
from storage.catalog import Storage

_BEAT_S = 2.0
_THREADS_LOOK_MS = 200  # how often an idle thread looks whether it is to end
_LOG = log.get("worker")


def main(stage: str) -> int:
    """Work until told to stop; the exit status."""
    die_with_parent()
    config = settings.load()
    log.configure(config.log.level)
    metrics.share(config.data / metrics.FOLDER, stage)
    databases.refuse_newer(config)
    section = config.stage(stage)
    step_back(section.nice)
    stopping, told, hurried = threading.Event(), threading.Event(), threading.Event()

    def stop(_: int, __: FrameType | None) -> None:
        (hurried if told.is_set() else told).set()  # told twice, it waits for nothing
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    actor: StageActor = importlib.import_module(f"actors.{stage}").Actor(config)
    storage = Storage(config)
    queue = Queue(config.queue)
    worker_id = clock.new_id()
    shell = Shell(config, storage, queue, stage, worker_id)

    @dramatiq.actor(broker=queue.broker, queue_name=stage, actor_name=stage)
    def do(kb: str, document: str, run: int, unit: str) -> None:
        shell.do(actor.work, kb, document, run, unit)

    worker = dramatiq.Worker(
        queue.broker, queues={stage}, worker_threads=section.threads, worker_timeout=_THREADS_LOOK_MS
    )
    worker.queue_prefetch = section.threads  # hoard nothing: another process may be idle
    worker.start()
    _LOG.info("worker ready", stage=stage, worker=worker_id)
    started_at = clock.wall()
    try:
        while not stopping.wait(_BEAT_S):
            _beat(storage, shell, worker_id, stage, started_at)
            _tidy(storage)
            if _outgrown(section.recycle_units, section.recycle_mb, shell.units_done, actor):
                stopping.set()
    finally:
        if told.is_set():
            shell.drain(config.worker.drain_s, hurried)
        queue.broker.stop_waiting()
        worker.stop(timeout=1000 * 3600)
        actor.close()
        _goodbye(storage, worker_id)
    _LOG.info("worker stopped", stage=stage, worker=worker_id, units=shell.units_done)
    return 0 if told.is_set() else RECYCLED


def _beat(storage: Storage, shell: Shell, worker: str, stage: str, started_at: str) -> None:
    try:
        workers.beat(storage.catalog, worker, stage, started_at, shell.doing(), shell.units_done)
    except Exception as error:
        # Only people look at heartbeats; leases are what counts.
        _LOG.warning("heartbeat not written", why=str(error))


def _tidy(storage: Storage) -> None:
    try:
        storage.file_store.tidy()
    except OSError as error:
        # Of what it has fetched it keeps some for longer; the next time may do better.
        _LOG.warning("host not tidied", why=str(error))


def _goodbye(storage: Storage, worker: str) -> None:
    try:
        workers.forget(storage.catalog, worker)
    except Exception as error:
        _LOG.warning("goodbye not written", why=str(error))


def _outgrown(units: int, megabytes: int, done: int, actor: StageActor) -> bool:
    if units and done >= units:
        return True
    return bool(megabytes and done) and psutil.Process().memory_info().rss / 1e6 + actor.memory_mb() > megabytes


if __name__ == "__main__":
    os.environ.setdefault("PAGEMILL_PROCESS", f"{sys.argv[1]}-{os.getpid()}")
    began = time.monotonic()
    try:
        status = main(sys.argv[1])
    except Exception as error:
        log.get("worker").error("worker could not run", stage=sys.argv[1], exc_info=error)
        status = 1
    sys.stderr.flush()
    os._exit(status)  # no exit handlers: libraries' threads must not keep a finished worker alive
