"""What a host tells of itself: what its processes have counted, its programs, its disk.

A web server tells it with everything else (`web/figures.py`); on a host without one, whoever runs the programs does.
Where each runs in a container of its own, `python -m web.host_figures` tells it in one more.
"""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from wsgiref.simple_server import WSGIServer

import orjson
from prometheus_client import CollectorRegistry, Metric, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from pipeline import metrics, settings

_STOPS = {signal.SIGINT, signal.SIGTERM}


def of_host(data: Path) -> Iterator[Metric]:
    """How its programs and the disk of its data folder stand."""
    yield gauge("info", "Which Pagemill this is", ["version"], {version("pagemill"): 1})
    yield gauge("disk_free_bytes", "Room on the disk of the data folder", [], {"": shutil.disk_usage(data).free})
    yield from _programs(data)


def serve(data: Path, address: str, port: int) -> WSGIServer:
    """Tell all figures of a host to Prometheus from now on, in a thread that ends with the process, or with the server.

    Args:
        port: 0 takes any that is free.

    Raises:
        OSError: the port is taken, or the address is not this machine's.
    """
    registry = CollectorRegistry()
    registry.register(_Host(data))
    server, _ = start_http_server(port, address, registry)
    return server


def main() -> None:
    """Tell the figures of the settings' data folder until told to stop."""
    config = settings.load()
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)  # before there are threads: they are for this one
    serve(config.data, config.worker.metrics_host, config.worker.metrics_port)
    signal.sigwait(_STOPS)


class _Host(Collector):
    def __init__(self, data: Path) -> None:
        self._data = data

    def describe(self) -> Iterable[Metric]:
        """Nothing: what there is to tell shows when it is asked for, and nothing else registers here."""
        return []

    def collect(self) -> Iterator[Metric]:
        """That, and what the programs have counted."""
        yield from metrics.shared(self._data / metrics.FOLDER)
        yield from of_host(self._data)


def _programs(data: Path) -> Iterator[Metric]:
    """What supervisors on a data folder say of the programs that they keep running."""
    restarts = CounterMetricFamily("pagemill_restarts", "Starts of programs anew", labels=["program", "cause"])
    looping = GaugeMetricFamily("pagemill_crash_loop", "Whether it dies again and again", labels=["program"])
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


def gauge(name: str, words: str, labels: list[str], figures: Mapping[str, float]) -> Metric:
    """A family of figures of this moment, by the value of their label."""
    family = GaugeMetricFamily(f"pagemill_{name}", words, labels=labels)
    for label, figure in figures.items():
        family.add_metric([label] if labels else [], figure)
    return family


if __name__ == "__main__":
    main()
