"""The figures of `/metrics`: what all processes have counted, and how ledger, workers and disk stand at this moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from pipeline import metrics
from pipeline.errors import ServiceUnavailable
from storage import overview, workers
from storage.catalog import Storage
from web.host_figures import gauge, of_host
from web.query_model import QueryModel

_FRESH_S = 1.0


class Figures:
    """Makes the text, at most once a second however many ask."""

    def __init__(self, storage: Storage, model: QueryModel) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(_Standing(storage, model))
        self._lock = threading.Lock()
        self._made_at: float | None = None
        self._text = b""

    def text(self) -> bytes:
        """All figures, in Prometheus' text format."""
        with self._lock:
            if self._made_at is None or time.monotonic() - self._made_at > _FRESH_S:
                self._text = generate_latest(self._registry)
                self._made_at = time.monotonic()
            return self._text


class _Standing(Collector):
    def __init__(self, storage: Storage, model: QueryModel) -> None:
        self._storage = storage
        self._model = model

    def describe(self) -> Iterable[Metric]:
        """Nothing: what there is to tell shows when it is asked for, and nothing else registers here."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Everything; where the databases are out of reach, what stands elsewhere, and that they are."""
        yield from metrics.counted(self._storage.data / metrics.FOLDER)
        yield from of_host(self._storage.data)
        yield gauge("query_model_ready", "Whether queries are searched by meaning", [], {"": not self._model.problem})
        try:
            standing = overview.pipeline(self._storage)
            documents = overview.documents(self._storage)
            sweeping = workers.held(self._storage.catalog, "sweep")
        except ServiceUnavailable:
            yield gauge("databases_readable", "Whether the databases could be read", [], {"": 0})
            return
        yield gauge("databases_readable", "Whether the databases could be read", [], {"": 1})
        yield gauge("sweep_alive", "Whether a sweep holds its lease", [], {"": sweeping})
        yield gauge("documents", "Documents, by status", ["status"], documents)
        stages = standing["stages"]
        units = GaugeMetricFamily("pagemill_units", "Units in the ledger", labels=["stage", "state"])
        for stage, counted in stages.items():
            for state in ("ready", "claimed", "failed"):
                units.add_metric([stage, state], counted[state])
        yield units
        paused = {stage: counted["paused"] for stage, counted in stages.items()}
        yield gauge("stage_paused", "Whether people have stopped it", ["stage"], paused)
        oldest = {stage: counted["oldest_age_seconds"] or 0.0 for stage, counted in stages.items()}
        yield gauge("oldest_ready_seconds", "How long the oldest ready unit waits", ["stage"], oldest)
        alive = dict.fromkeys(stages, 0)
        for worker in standing["workers"]:
            alive[worker["stage"]] += 1
        yield gauge("workers", "Worker processes that were heard of lately", ["stage"], alive)
