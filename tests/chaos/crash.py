"""The warmed process of the crash contract: `python -m tests.chaos.crash FOLDER REDIS_URL CHROMA_URL BUCKET DATABASE`.

BUCKET is "{}", or what `StorageSettings` says of an object store, as JSON. DATABASE is the address of a PostgreSQL
database, beside which one is made for each case.

It loads the engines once. Then it reads cases from standard input and answers on standard output, JSON a line each.
For a case it forks a process that plays the scenario on a new data folder and is killed after an effect, and another
that recovers:

    {"scenario": "publish", "stop_after": 17, "recovery": "sweep"}  ->  {"stopped": NAME, "effects": [], "found": ...}

`stop_after` null: nobody is killed. `recovery`: "sweep", the queue server lost all messages; "messages", it kept them.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import ssl
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import chromadb.api.fastapi  # noqa: F401  # else forked processes would import it again and again
import httpx
import psycopg
import redis

from pipeline import log
from pipeline.child import ROLES
from pipeline.embed.embedder import Embedder
from pipeline.errors import ServiceUnavailable
from pipeline.process import die_with_parent
from pipeline.settings import (
    ExtractSettings,
    LedgerSettings,
    OcrSettings,
    QueueSettings,
    Settings,
    StorageSettings,
    StoreSettings,
)
from tests.chaos.crash_effects import Effects
from tests.chaos.crash_mill import Engines, Journal, Mill
from tests.chaos.crash_scenarios import Scenario, letter_pdf, outcome, play, scenarios

_AT_ONCE = 2
_NEVER_S = 86_400.0
_AT_ONCE_S = 0.001


def settings(data: Path, redis_url: str, chroma_url: str, bucket: dict[str, Any]) -> Settings:
    """Small batches, so that there is something between them; times that only this test waits for."""
    return Settings(
        storage=StorageSettings(data=data, chroma_url=chroma_url, **bucket),
        # Messages of the dead come back at the next fetch.
        queue=QueueSettings.model_construct(redis_url=redis_url, heartbeat_timeout_s=_AT_ONCE_S),
        ledger=LedgerSettings(renew_s=_NEVER_S),
        ocr=OcrSettings(engine="tesseract", languages=["en"], processes=1),
        extract=ExtractSettings(chunk_tokens=50),
        store=StoreSettings(vectors_per_batch=1, rows_per_batch=1),
    )


class Cases:
    """Runs cases in forked processes, each in a folder and on a queue database of its own."""

    def __init__(self, folder: Path, redis_url: str, chroma_url: str, bucket: str, database_url: str) -> None:
        self._folder = folder
        self._redis_url = redis_url.rpartition("/")[0]
        self._chroma_url = chroma_url
        self._database_url = database_url
        self._bucket: dict[str, Any] = json.loads(bucket)
        config = settings(folder, redis_url, chroma_url, self._bucket)
        ocr = {
            "engine": config.ocr.engine, "languages": list(config.ocr.languages), "timeout_s": config.ocr.page_seconds,
            "review_confidence": config.ocr.review_confidence,
        }  # fmt: skip
        # Every HTTP client reads all authorities of the web for TLS, 25 ms; none here talks TLS.
        ssl.create_default_context = cache(ssl.create_default_context)  # type: ignore[assignment]
        httpx.Client().close()
        embedder = Embedder(config.embed_model, threads=1)
        self._engines = Engines({"render": ROLES["render"]({}), "ocr": ROLES["ocr"](ocr)}, embedder)
        embedder.passages([letter_pdf().hex()[:50]])
        self._scenarios = scenarios()
        self._number = 0

    def run(self, cases: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Run cases, a few at once; their outcomes in the same order."""
        folders: list[Path] = []
        running: dict[int, int] = {}  # queue database by process
        free = list(range(_AT_ONCE))
        for case in cases:
            if not free:
                free.append(running.pop(os.wait()[0]))
            self._number += 1
            folders.append(self._folder / str(self._number))
            folders[-1].mkdir()
            slot = free.pop()
            running[_forked(lambda case=case, slot=slot: self._run(case, folders[-1], slot))] = slot  # type: ignore[misc]
        while running:
            running.pop(os.wait()[0])
        outcomes = [json.loads((folder / "outcome.json").read_text()) for folder in folders]
        for folder, found in zip(folders, outcomes, strict=True):
            if "problem" not in found:
                shutil.rmtree(folder)
        return outcomes

    def _run(self, case: dict[str, Any], folder: Path, slot: int) -> None:
        """Play, be killed, recover."""
        url = f"{self._redis_url}/{slot}"
        database_url = self._new_database(slot) if self._database_url else ""
        found: dict[str, Any] = {}
        scenario = self._scenarios[case["scenario"]]
        try:
            with redis.Redis.from_url(url) as server:
                server.flushdb()
                if case["stop_after"] is not None:
                    _, status = os.waitpid(
                        _forked(lambda: self._play(scenario, folder, url, database_url, case["stop_after"])), 0
                    )
                    if not (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL):
                        raise AssertionError(f"was not killed: {status}")
                    found["stopped"] = (folder / "stopped").read_text()
                    if case["recovery"] == "sweep":
                        server.flushdb()
            _, status = os.waitpid(_forked(lambda: self._play(scenario, folder, url, database_url, None)), 0)
            if status:
                raise AssertionError(f"the recovery failed: {(folder / 'problem').read_text()}")
            found |= json.loads((folder / "found.json").read_text())
        except Exception:
            found["problem"] = traceback.format_exc() + (folder / "log").read_text()[-5000:]
        (folder / "outcome.json").write_text(json.dumps(found))

    def _new_database(self, slot: int) -> str:
        """An empty database for a case; its address."""
        name = f"case_{slot}"
        with psycopg.connect(self._database_url, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            connection.execute(f"CREATE DATABASE {name}")
        return self._database_url.replace("/postgres?", f"/{name}?")

    def _play(
        self, scenario: Scenario, folder: Path, redis_url: str, database_url: str, stop_after: int | None
    ) -> None:
        with (folder / "log").open("a") as stream:
            os.dup2(stream.fileno(), 2)
        try:
            data = folder / "data"
            place, watched = dict(self._bucket), None
            if place:
                from storage.bucket import Bucket as watched  # its library starts threads: not before the fork

                place["files_url"] += f"/{folder.name}"
            effects = Effects(data, stop_after, folder / "stopped", watched)
            self._engines.put_in_place(effects)
            journal = Journal(folder / "journal.json")
            config = settings(data, redis_url, self._chroma_url, {**place, "database_url": database_url})
            effects.watch()
            mill = Mill(config, journal, effects)
            if not journal.kb:
                journal.kb = mill.storage.create_knowledge_base("board", ["en"], "tesseract")["id"]
                journal.save()
            play(scenario, mill, journal)
            found = outcome(mill, journal, self._chroma_url)
            (folder / "found.json").write_text(json.dumps({"effects": effects.names, "found": found}))
            with suppress(ServiceUnavailable):  # only so that the server need not hold hundreds of databases
                mill.storage.open(journal.kb).vectors.drop()
        except BaseException:
            (folder / "problem").write_text(traceback.format_exc())
            raise


def _forked(body: Callable[[], None]) -> int:
    """Run a function in a new process, which dies with this one; its id."""
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        die_with_parent()
        body()
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def main(folder: Path, redis_url: str, chroma_url: str, bucket: str, database_url: str = "") -> None:
    """Answer until standard input ends."""
    die_with_parent()
    os.environ.pop("PAGEMILL_PARENT", None)  # that is this process's; those it forks have another
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    log.configure("warning")
    cases = Cases(folder, redis_url, chroma_url, bucket, database_url)
    for line in sys.stdin:
        answers.write(json.dumps(cases.run(json.loads(line))) + "\n")
        answers.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:6])
