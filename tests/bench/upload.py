"""The answer to an upload while all cores read, beside an idle machine, and beside a thread pool and Celery.

Uploads of a megabyte come at fixed times, whether or not those before were answered (an open loop), and each is timed
from when it was due: a server that keeps its clients waiting cannot hide it. First the readers stand still and what is
uploaded waits; then they are let go, have that to read, and as many come again. Every upload is another page.
"""

from __future__ import annotations

import asyncio
import os
import struct
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import psutil
import pymupdf
from PIL import Image

from tests.bench.eval_pages.pages import SCRIPTS
from tests.bench.measure import Bar, Report, percentile
from tests.bench.options import Asked
from tests.bench.peers import servers
from tests.bench.peers.home import Home, make, missing
from tests.stack import running, until

_RATE = 20  # a second
_SECONDS, _QUICK_SECONDS = 30, 10
_SIZE = (1192, 1684)  # pixels of half a byte each: a megabyte
_DPI = 144  # of an A4 page so large
_GRACE_S = 30.0  # answers that take longer than that after the last upload count as taking so long
_FULL = 0.95  # share of all cores from which on they count as filled
_BOUNDARY = "a4f1c7"
_P99 = Bar("at most", 50.0)
_MEDIAN = Bar("at most", 3.0, of="ratio")


@dataclass(frozen=True, slots=True)
class Answers:
    """What became of a series of uploads.

    Attributes:
        seconds: from when each was due to its answer.
        late: how many had none in time; they count as if it had come then.
        busy: share of all cores that were busy meanwhile, 0..1.
    """

    seconds: list[float]
    late: int
    busy: float

    def ms(self, share: float) -> float:
        """A percentile, milliseconds."""
        return 1000 * percentile(self.seconds, share)


@dataclass(frozen=True, slots=True)
class Target:
    """A server to upload to.

    Attributes:
        path: of its upload address.
        go: lets its readers go.
    """

    url: str
    path: str
    go: Callable[[], object]


def run(asked: Asked) -> list[Report]:
    """Milliseconds from when an upload was due to its answer."""
    home = make(asked.keep)
    problem = home.problem or missing()
    seconds = _QUICK_SECONDS if asked.quick else _SECONDS
    pages, seen = _Pages(), {}
    targets = {"Pagemill": _pagemill}
    if problem is None:
        targets |= {
            "Celery": lambda: _celery(home),
            "thread pool, answered before it reads": lambda: _pool(home, "?later"),
            "thread pool, answered when it has read": lambda: _pool(home, ""),
        }
    else:
        print(problem)
    for _ in range(asked.rounds):
        for name, start in targets.items():
            with start() as target:
                found = seen.setdefault(name, ([], []))
                waits = name != "thread pool, answered when it has read"  # that one has no answer while it stands still
                if waits:
                    found[0].append(_uploaded(target, pages, seconds))
                target.go()
                if waits:
                    until(_full, 60, "all cores to be busy")
                found[1].append(_uploaded(target, pages, seconds))
    return [_report(seen, seconds, problem)]


def _report(seen: dict[str, tuple[list[Answers], list[Answers]]], seconds: int, problem: str | None) -> Report:
    about = {"rate": _RATE, "seconds": seconds, "bytes": len(_Pages().next()), "left out": problem,
             "cores": os.cpu_count()}  # fmt: skip
    report = Report(
        f"Answer to an upload of 1 MB, {_RATE} a second for {seconds} s, from when each was due", about=about
    )
    for name, (idle, loaded) in seen.items():
        own = name == "Pagemill"
        if idle:
            report.add(f"{name}: idle, median", [one.ms(0.5) for one in idle], "ms")
            report.add(f"{name}: idle, p99", [one.ms(0.99) for one in idle], "ms")
        busy = ", ".join(f"{one.busy:.0%}" for one in loaded)
        late = sum(one.late for one in loaded)
        note = f"cores busy: {busy}" + (f"; {late} unanswered {_GRACE_S:.0f} s after the last upload" if late else "")
        against = f"{name}: idle, median" if idle else None
        report.add(f"{name}: all cores read, median", [one.ms(0.5) for one in loaded], "ms", _MEDIAN if own else None,
                   against, note)  # fmt: skip
        report.add(f"{name}: all cores read, p99", [one.ms(0.99) for one in loaded], "ms", _P99 if own else None)
        report.add(f"{name}: all cores read, worst", [one.ms(1.0) for one in loaded], "ms")
    report.add("least share of the cores that were busy", [100 * min(one.busy for one in loaded)
               for _, loaded in seen.values()], "%", Bar("at least", 100 * _FULL))  # fmt: skip
    return report


# What is uploaded.


class _Pages:
    """Full pages as uncompressed bitmaps of 16 greys, each with other grain: no server knows one from before."""

    def __init__(self) -> None:
        with pymupdf.open("pdf", SCRIPTS[0].dense(0).pdf) as document:
            pixels = document[0].get_pixmap(dpi=_DPI, colorspace=pymupdf.csGRAY)
        page = Image.frombytes("L", (pixels.width, pixels.height), pixels.samples)
        self._page = np.asarray(page.resize(_SIZE), np.int16) // 17
        self._grain = np.random.default_rng(0).integers(-1, 2, self._page.size * 2, np.int16)
        self._count = 0

    def next(self) -> bytes:
        """One more page."""
        self._count += 1
        grain = self._grain[self._count * 37 % self._page.size :][: self._page.size].reshape(self._page.shape)
        greys = np.clip(self._page + grain, 0, 15).astype(np.uint8)[::-1]
        pixels = (greys[:, 0::2] << 4 | greys[:, 1::2]).tobytes()
        palette = b"".join(bytes((17 * grey, 17 * grey, 17 * grey, 0)) for grey in range(16))
        offset, per_m = 54 + len(palette), round(_DPI / 0.0254)
        head = struct.pack("<2sIHHI", b"BM", offset + len(pixels), 0, 0, offset)
        info = struct.pack("<IiiHHIIiiII", 40, *_SIZE, 1, 4, 0, len(pixels), per_m, per_m, 16, 0)
        return head + info + palette + pixels


# How it is uploaded: plain sockets, as the machine that is measured is the client's too.


def _uploaded(target: Target, pages: _Pages, seconds: int) -> Answers:
    """Upload pages at fixed times."""
    requests = [_request(target, number, pages.next()) for number in range(_RATE * seconds)]
    before = _idle_s()
    began = time.perf_counter()
    times = asyncio.run(_all_sent(target, requests))
    took = time.perf_counter() - began
    idle = _idle_s() - before
    late = sum(one is None for one in times)
    return Answers([took if one is None else one for one in times], late, 1 - idle / (took * (os.cpu_count() or 1)))


def _idle_s() -> float:
    """Seconds that the cores had nothing to do, waiting for disks among it."""
    times = psutil.cpu_times()
    return float(times.idle + getattr(times, "iowait", 0.0))


def _request(target: Target, number: int, page: bytes) -> bytes:
    begin = (f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="files"; filename="{number}.bmp"\r\n'
             "Content-Type: image/bmp\r\n\r\n").encode()  # fmt: skip
    end = f"\r\n--{_BOUNDARY}--\r\n".encode()
    head = (f"POST {target.path} HTTP/1.1\r\nHost: {urlsplit(target.url).netloc}\r\n"
            f"Content-Type: multipart/form-data; boundary={_BOUNDARY}\r\n"
            f"Content-Length: {len(begin) + len(page) + len(end)}\r\nConnection: close\r\n\r\n").encode()  # fmt: skip
    return head + begin + page + end


async def _all_sent(target: Target, requests: Sequence[bytes]) -> list[float | None]:
    """Seconds from when each was due; None where no answer came."""
    began = time.perf_counter() + 0.1
    times: list[float | None] = [None] * len(requests)

    async def send(number: int) -> None:
        due = began + number / _RATE
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        await _sent(target.url, requests[number])
        times[number] = time.perf_counter() - due

    sending = [asyncio.ensure_future(send(number)) for number in range(len(requests))]
    _, waiting = await asyncio.wait(sending, timeout=len(requests) / _RATE + _GRACE_S)
    for one in waiting:
        one.cancel()
    for outcome in await asyncio.gather(*sending, return_exceptions=True):
        if isinstance(outcome, Exception):
            raise outcome
    return times


async def _sent(url: str, request: bytes) -> None:
    """One upload, on a connection of its own."""
    place = urlsplit(url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    try:
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.partition("content-length:")[2].partition("\r\n")[0])
        body = await reader.readexactly(length)
        assert head.split(maxsplit=2)[1] in ("200", "202"), f"an upload was refused: {head} {body[:300]!r}"
    finally:
        writer.close()


def _full() -> bool:
    return psutil.cpu_percent(1.0) >= 100 * _FULL


# To whom.


@contextmanager
def _pagemill() -> Iterator[Target]:
    with tempfile.TemporaryDirectory() as folder, running(Path(folder) / "data", {"OMP_THREAD_LIMIT": "1"}) as stack:
        kb = stack.create("uploads")
        stack.wait_for_vectors(kb)
        stack.client.call("POST", "/pipeline/render/pause")
        path = f"/api/v1/knowledge-bases/{kb}/documents"
        yield Target(stack.url, path, lambda: stack.client.call("POST", "/pipeline/render/resume"))


@contextmanager
def _celery(home: Home) -> Iterator[Target]:
    with (
        tempfile.TemporaryDirectory() as folder,
        servers.celery(home, Path(folder) / "celery", workers=False) as server,
        ExitStack() as readers,
    ):
        workers = servers.celery_workers(home, Path(folder) / "celery")
        yield Target(server.url, "/documents", lambda: readers.enter_context(workers))


@contextmanager
def _pool(home: Home, query: str) -> Iterator[Target]:
    with tempfile.TemporaryDirectory() as folder, servers.pool(home, Path(folder) / "pool") as server:
        yield Target(server.url, f"/documents{query}", lambda: servers.begin(server))
