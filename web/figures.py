"""The figures of `/metrics`: what all processes have counted, and how ledger, workers and disk stand at this moment."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import version

import orjson
from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from pipeline import metrics
from pipeline.errors import ServiceUnavailable
from storage import overview, workers
from storage.catalog import Storage
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
        data = self._storage.data
        yield from metrics.counted(data / metrics.FOLDER)
        yield _gauge("info", "Which Pagemill this is", ["version"], {version("pagemill"): 1})
        yield _gauge("query_model_ready", "Whether queries are searched by meaning", [], {"": not self._model.problem})
        yield _gauge("disk_free_bytes", "Room on the disk of the data folder", [], {"": shutil.disk_usage(data).free})
        yield from self._programs()
        try:
            standing = overview.pipeline(self._storage)
            documents = overview.documents(self._storage)
            sweeping = workers.held(self._storage.catalog, "sweep")
        except ServiceUnavailable:
            yield _gauge("databases_readable", "Whether the databases could be read", [], {"": 0})
            return
        yield _gauge("databases_readable", "Whether the databases could be read", [], {"": 1})
        yield _gauge("sweep_alive", "Whether a sweep holds its lease", [], {"": sweeping})
        yield _gauge("documents", "Documents, by status", ["status"], documents)
        stages = standing["stages"]
        units = GaugeMetricFamily("pagemill_units", "Units in the ledger", labels=["stage", "state"])
        for stage, counted in stages.items():
            for state in ("ready", "claimed", "failed"):
                units.add_metric([stage, state], counted[state])
        yield units
        paused = {stage: counted["paused"] for stage, counted in stages.items()}
        yield _gauge("stage_paused", "Whether people have stopped it", ["stage"], paused)
        oldest = {stage: counted["oldest_age_seconds"] or 0.0 for stage, counted in stages.items()}
        yield _gauge("oldest_ready_seconds", "How long the oldest ready unit waits", ["stage"], oldest)
        alive = dict.fromkeys(stages, 0)
        for worker in standing["workers"]:
            alive[worker["stage"]] += 1
        yield _gauge("workers", "Worker processes that were heard of lately", ["stage"], alive)

    def _programs(self) -> Iterator[Metric]:
        """What supervisors on this data folder say of the programs that they keep running."""
        restarts = CounterMetricFamily("pagemill_restarts", "Starts of programs anew", labels=["program", "cause"])
        looping = GaugeMetricFamily("pagemill_crash_loop", "Whether it dies again and again", labels=["program"])
        data = self._storage.data
        for report in (data / "supervisor.json", *sorted(data.glob("groups/*/supervisor.json"))):
            try:
                programs = orjson.loads(report.read_bytes())
            except FileNotFoundError:  # it has not written yet, or has just stopped
                continue
            group = "" if report.parent == data else f"{report.parent.name}/"  # one of `pagemill worker` and the like
            for program, entry in programs.items():
                for cause in ("died", "replaced"):
                    restarts.add_metric([group + program, cause], entry[cause])
                looping.add_metric([group + program], entry["problem"] is not None)
        yield from (restarts, looping)


def _gauge(name: str, words: str, labels: list[str], figures: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(f"pagemill_{name}", words, labels=labels)
    for label, figure in figures.items():
        family.add_metric([label] if labels else [], figure)
    return family
