"""What is counted and timed for `/metrics`, and how processes that come and go count together.

Every process writes into files of its own in one folder; whoever is asked adds them all up. A file belongs to a role
and a number ("ocr-0") and not to a process id: a process that takes the place of a dead one goes on counting in its
file, so that neither crashes nor recycling make files pile up. A lock that dies with its holder says which are free.

Stage modules know nothing of this: the shell and the settles count. A metric without labels would be bound to memory
when this module is imported, before `share` has said where to count, so each has one at least.
"""

from __future__ import annotations

import fcntl
import json
import os
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from prometheus_client import REGISTRY, Counter, Histogram, Metric, disable_created_metrics, values
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import MultiProcessCollector

from pipeline import log

_LOG = log.get("metrics")
FOLDER = "metrics"
_COUNTER_BYTES = 1 << 16
# Room for all label sets of a process: a histogram takes some 3 kB of it for each.
_HISTOGRAM_BYTES = {"web": 1 << 19}
_HISTOGRAM_BYTES_ELSE = 1 << 16
_WORK_S = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0)
_ANSWER_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

# Shared files have no such times, so what is not shared should have none either.
disable_created_metrics()  # type: ignore[no-untyped-call]
STAGE_SECONDS = Histogram(
    "pagemill_stage_seconds", "Time a worker spent on a unit, by how that ended", ["stage", "outcome"], buckets=_WORK_S
)
ATTEMPTS_FAILED = Counter(
    "pagemill_attempts_failed", "Attempts at a unit that were counted against it", ["stage", "kind"]
)
PAGES = Counter("pagemill_pages", "Pages settled", ["engine", "outcome"])
CORRECTIONS = Counter("pagemill_corrections", "Corrections that people made, and took back", ["kind"])
MESSAGES = Counter("pagemill_messages_sent", "Messages sent to workers", ["stage"])
UPLOAD_BYTES = Counter("pagemill_upload_bytes", "Bytes of files taken in, duplicates too", ["kind"])
SEARCH_SECONDS = Histogram("pagemill_search_seconds", "Time a search took", ["mode", "degraded"], buckets=_ANSWER_S)
HTTP_SECONDS = Histogram(
    "pagemill_http_seconds", "Time until an answer began", ["operation", "status"], buckets=_ANSWER_S
)
LLM_TOKENS = Counter("pagemill_llm_tokens", "Tokens that a language model took in and gave out", ["kind"])
LLM_CALLS = Counter("pagemill_llm_calls", "Requests for fields to a language model, by how they ended", ["outcome"])
WRITTEN = (
    STAGE_SECONDS, ATTEMPTS_FAILED, PAGES, CORRECTIONS, MESSAGES, UPLOAD_BYTES, SEARCH_SECONDS, HTTP_SECONDS,
    LLM_TOKENS, LLM_CALLS,
)  # fmt: skip

_ENGINES = ("none", "text_layer", "tesseract", "tesserocr", "rapidocr", "got")
_held: list[IO[str]] = []  # locks, until the process ends


def share(folder: Path, role: str) -> None:
    """Count in files of this folder from now on; called once, before anything is counted.

    Where they cannot be had (a full disk) the process counts for itself: its work matters more.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        name = _free_name(folder, role)
        _make_room(folder / f"counter_{name}.db", _COUNTER_BYTES)
        _make_room(folder / f"histogram_{name}.db", _HISTOGRAM_BYTES.get(role, _HISTOGRAM_BYTES_ELSE))
    except OSError as error:
        _LOG.warning("counts are not shared", why=error.strerror)
        return
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    values.ValueClass = values.MultiProcessValue(lambda: name)  # type: ignore[no-untyped-call]


def count_page(engine: str, outcome: str) -> None:
    """Count a page that was settled. What read it is a child's word, of which any number must not become labels."""
    PAGES.labels(engine if engine in _ENGINES else "other", outcome).inc()


def _free_name(folder: Path, role: str) -> str:
    number = 0
    while True:
        lock = (folder / f"{role}-{number}.lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            number += 1
        else:
            _held.append(lock)
            return f"{role}-{number}"


def _make_room(path: Path, size_bytes: int) -> None:
    """Have a file with blocks of its own: to write into a hole of it on a full disk would kill the process."""
    if _readable(path):
        return
    temporary = path.with_suffix(".part")
    try:
        temporary.write_bytes(bytes(size_bytes))
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def _readable(path: Path) -> bool:
    """Whether a file is there and whole: a machine that stopped dead may have left half of it."""
    try:
        for key, *_ in MmapedDict.read_all_values_from_file(str(path)):  # type: ignore[no-untyped-call]
            json.loads(key)
    except (OSError, RuntimeError, ValueError, struct.error):
        return False
    return True


def counted(folder: Path) -> Iterable[Metric]:
    """What all processes have counted, added up; this process's own where nothing is shared."""
    if values.ValueClass is values.MutexValue:
        names = {metric._name for metric in WRITTEN}
        return [metric for metric in REGISTRY.collect() if metric.name in names]
    return shared(folder)


def shared(folder: Path) -> Iterable[Metric]:
    """What the processes that share a folder have counted, added up, for one that counts nothing itself."""
    files = [str(path) for path in sorted(folder.glob("*.db")) if _readable(path)]
    found: Iterable[Metric] = MultiProcessCollector.merge(files)  # type: ignore[no-untyped-call]
    return found
