"""Where the databases of a Pagemill are: the catalogue, and one a knowledge base.

storage.database_url empty   SQLite files in the data folder: catalog.sqlite3, kb/<id>/kb.sqlite3
postgresql://...             schemas of one database of a server: catalog, kb_<id> (`storage/postgresql.py`)
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

from sqlalchemy import Connection

from pipeline.errors import ServiceUnavailable
from pipeline.settings import Settings
from storage import clock, migrate
from storage.database import Database
from storage.files import sync_folder
from storage.sqlite import SQLite, copy

DATABASE_FILE = "kb.sqlite3"
"""What the file of a knowledge base's database is called, where it is one."""
_RETIRED = "moved-"
Told = Callable[[int, int], None]
"""Told of progress: what is left, and all that there is."""


def nobody(_: int, __: int) -> None:
    """Who is not interested."""


class Databases(ABC):
    """All databases of one Pagemill.

    Attributes:
        catalog: the catalogue.
        place: where they are, as people are told it; two with the same are the same.
    """

    catalog: Database
    place: str

    @abstractmethod
    def close(self) -> None:
        """Close connections that nobody uses, but for those of databases that were asked for by `of`."""

    @abstractmethod
    def of(self, kb_id: str) -> Database:
        """The database of a knowledge base, whether or not it is there."""

    @abstractmethod
    def make(self, kb_id: str) -> None:
        """Make the empty database of a new knowledge base; durable, and whole or not there, when this returns."""

    @abstractmethod
    def drop(self, kb_id: str) -> None:
        """Remove the database of a knowledge base with all that is in it; none there is no error."""

    @abstractmethod
    def copy_out(self, kb_id: str, target: Path, told: Told = nobody) -> None:
        """Copy a knowledge base as it stands at one moment into a SQLite file, while others write; none is there yet.

        Raises:
            Missing: there is no such knowledge base.
            ServiceUnavailable: the disk is full, or the database is out of reach; nothing is left of the copy.
        """

    @abstractmethod
    def copy_in(self, kb_id: str, source: Path, told: Told = nobody) -> None:
        """Make the database of a new knowledge base of a SQLite file of the newest schema; that may be moved."""

    @abstractmethod
    def held(self, kb_id: str) -> AbstractContextManager[Connection]:
        """A write transaction of a knowledge base that nobody else is at, for as long as it takes to copy all of it.

        Raises:
            Missing: there is no such knowledge base.
            ServiceUnavailable: another program is at it.
        """

    @abstractmethod
    def retire(self, kb_id: str, held: Connection) -> None:
        """Give the database of a knowledge base a name by which no program uses it any more; nothing in it changes.

        Args:
            held: as `held` gave it. Who waits for the lock finds the database gone once that is committed.
        """

    @abstractmethod
    def retired(self, kb_id: str) -> Sequence[str]:
        """The names that databases of a knowledge base were given so, oldest first, as people are told them."""

    @abstractmethod
    def remove_retired(self, kb_id: str) -> None:
        """Remove all of these."""

    @abstractmethod
    def refuse_newer(self) -> None:
        """Look at every database, change nothing.

        Raises:
            NewerData: one was written by a newer Pagemill.
        """

    @abstractmethod
    def outdated(self) -> bool:
        """Whether one was written by an older Pagemill."""

    @abstractmethod
    def prepare(self) -> Path | None:
        """Create or migrate every database. Doing it twice, or in two processes at once, is harmless.

        Returns:
            Where they were copied to before they were migrated, if they were.

        Raises:
            NewerData: a newer Pagemill wrote one of them; nothing was changed.
            ServiceUnavailable: there is no room to copy them, or a server is out of reach; nothing was changed.
        """


class SQLiteDatabases(Databases):
    """Files of a data folder.

    Args:
        data: that folder.
        keep: so many copies from before migrations are kept.
    """

    def __init__(self, data: Path, busy_timeout_s: float, keep: int) -> None:
        self._data, self._busy_s, self._keep = data, busy_timeout_s, keep
        self.catalog = SQLite(data / "catalog.sqlite3", busy_timeout_s)
        self.place = f"SQLite files in {data.resolve()}"

    def _path(self, kb_id: str) -> Path:
        return self._data / "kb" / kb_id / DATABASE_FILE

    def close(self) -> None:
        """Close the catalogue."""
        self.catalog.close()

    def of(self, kb_id: str) -> SQLite:
        """A file in the folder of the knowledge base."""
        return SQLite(self._path(kb_id), self._busy_s)

    def make(self, kb_id: str) -> None:
        """Make the file."""
        migrate.upgrade(self._path(kb_id), "kb", self._busy_s)

    def drop(self, kb_id: str) -> None:
        """Remove the file and what SQLite put beside it."""
        path = self._path(kb_id)
        for made in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
            made.unlink(missing_ok=True)

    def copy_out(self, kb_id: str, target: Path, told: Told = nobody) -> None:
        """Copy the file."""
        copy(self._path(kb_id), target, told)

    def copy_in(self, kb_id: str, source: Path, told: Told = nobody) -> None:
        """Move the file to its place; it may lie there already."""
        if source != self._path(kb_id):
            source.rename(self._path(kb_id))

    @contextmanager
    def held(self, kb_id: str) -> Iterator[Connection]:
        """Its write-ahead log is empty, so that the file alone is all of it."""
        log = self._path(kb_id).with_name(f"{DATABASE_FILE}-wal")
        with closing(self.of(kb_id)) as database:
            free = database.truncate_log()
            with database.write(durable=True) as connection:
                if not free or (log.exists() and log.stat().st_size):
                    raise ServiceUnavailable(f"{self._path(kb_id)} is in use by another program; end that first")
                yield connection

    def retire(self, kb_id: str, held: Connection) -> None:
        """Rename the file."""
        path = self._path(kb_id)
        path.rename(path.with_name(f"{_RETIRED}{clock.wall().replace(':', '')}.sqlite3"))
        sync_folder(path.parent)

    def retired(self, kb_id: str) -> Sequence[str]:
        """Paths."""
        return [str(path) for path in sorted(self._path(kb_id).parent.glob(f"{_RETIRED}*.sqlite3"))]

    def remove_retired(self, kb_id: str) -> None:
        """Remove the files."""
        for path in self.retired(kb_id):
            Path(path).unlink(missing_ok=True)

    def refuse_newer(self) -> None:
        """Look at every file."""
        migrate.refuse_newer(self._data)

    def outdated(self) -> bool:
        """Whether a file is behind."""
        return migrate.pending(self._data) != []

    def prepare(self) -> Path | None:
        """Create or migrate the files."""
        with migrate.alone(self._data):
            migrate.refuse_newer(self._data)
            kept = migrate.back_up(self._data, self._keep)
            migrate.upgrade_all(self._data, self._busy_s)
        return kept


def databases_of(settings: Settings, busy_timeout_s: float | None = None) -> Databases:
    """The databases that the settings name.

    Args:
        busy_timeout_s: how long to wait for others who write; read from the settings where not given.
    """
    section = settings.storage
    busy_s = busy_timeout_s or section.busy_timeout_s
    url = section.database_url.get_secret_value()
    if not url:
        return SQLiteDatabases(settings.data, busy_s, section.backups)
    from storage.schemas import Schemas  # its driver loads where the settings ask for it

    return Schemas(url, busy_s)


def refuse_newer(settings: Settings) -> None:
    """Look at every database, change nothing.

    Raises:
        NewerData: one was written by a newer Pagemill.
    """
    databases = databases_of(settings)
    try:
        databases.refuse_newer()
    finally:
        databases.close()
