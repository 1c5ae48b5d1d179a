"""A PostgreSQL server for tests: Debian's, on a folder and a socket of its own, gone with the tests."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.stack import until

# Of the newest version that Debian has here; `make postgresql` installs one.
_PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
_QUICK = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "autovacuum=off", "max_connections=200")
MISSING = "PostgreSQL is not installed; `apt-get install postgresql` enables its tests."


class PostgreSQL:
    """A server that runs.

    Args:
        options: `name=value` of its configuration.
        within: what starts a program where it is to run.

    Attributes:
        folder: where its data and its socket lie.
        user: who may do everything.
        url: of its database, as in the settings.
    """

    def __init__(self, folder: Path, user: str, options: Sequence[str] = _QUICK, within: Sequence[str] = ()) -> None:
        self.folder, self.user = folder, user
        self._options, self._within = options, within
        self.url = f"postgresql://{user}@/postgres?host={folder}"
        self._made = 0
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        options = [part for setting in ("listen_addresses=", f"unix_socket_directories={self.folder}", *self._options)
                   for part in ("-c", setting)]  # fmt: skip
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*self._within, *_as(self.user), _PROGRAMS[-1] / "postgres", "-D", self.folder / "data", *options],
                stdout=log,
                stderr=log,
            )
        until(self._answers, 30, "PostgreSQL to answer")

    @property
    def pid(self) -> int:
        """Of the process that starts all others of the server."""
        assert self._process is not None
        return self._process.pid

    def _answers(self) -> bool:
        try:
            self.run("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def stop(self) -> None:
        """End it at once, as a crash does."""
        if self._process is not None:
            self._process.send_signal(3)  # SIGQUIT: no waiting for clients, no checkpoint
            self._process.wait(30)
            self._process = None

    def run(self, *statements: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    def new_database(self, template: str = "template1") -> str:
        """A database of its own, a copy of another; its address."""
        self._made += 1
        name = f"made_{self._made}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url.replace("/postgres?", f"/{name}?")

    def clear(self) -> None:
        """Remove whatever a test before left."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            found = connection.execute("SELECT nspname FROM pg_namespace WHERE nspname ~ '^(catalog$|kb_)'").fetchall()
            for (name,) in found:
                connection.execute(f'DROP SCHEMA "{name}" CASCADE')


def _as(user: str) -> list[str]:
    """What starts a program as a user; PostgreSQL refuses to run as root."""
    if os.getuid() != 0:
        return []
    found = pwd.getpwnam(user)
    return ["setpriv", f"--reuid={found.pw_uid}", f"--regid={found.pw_gid}", "--clear-groups"]


@contextmanager
def started(
    options: Sequence[str] = _QUICK, make: Callable[[Path, str, Sequence[str]], PostgreSQL] = PostgreSQL
) -> Iterator[PostgreSQL]:
    """Make a server and end it afterwards; without PostgreSQL the test is skipped, and fails in CI.

    Args:
        options: `name=value` of its configuration; as given, it is quick and may lose what it holds.
        make: makes it of a folder with an empty database, of the user that both belong to, and of the options.
    """
    if not _PROGRAMS:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(MISSING)
    user = "postgres" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
    folder = Path(tempfile.mkdtemp(prefix="pagemill-pg-"))
    try:
        if os.getuid() == 0:
            os.chown(folder, pwd.getpwnam(user).pw_uid, pwd.getpwnam(user).pw_gid)
        subprocess.run(
            [*_as(user), _PROGRAMS[-1] / "initdb", "-D", folder / "data", "-U", user, "-A", "trust", "-N", "-E", "UTF8",
             "--locale=C.UTF-8"], check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        server = make(folder, user, options)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
