"""The databases of a Pagemill as schemas of one PostgreSQL database; made and migrated there.

A schema is made in one message, of the tables in `storage/schema.py`; those there already are brought up to date by the
same migrations as SQLite's files, from the one that was the newest when PostgreSQL came to be spoken. Each schema is
migrated in one transaction of its own: where it fails, it is as it was. Nothing is copied before: a copy of a server's
database is its operator's to make (`pg_dump`), whose tools do it while all runs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from sqlalchemy import Connection, MetaData, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from pipeline import log
from pipeline.errors import Refused
from storage import clock, migrate, schema, transfer
from storage.databases import Databases, Told, nobody
from storage.migrate import Line, NewerData
from storage.postgresql import Schema, Server, lock_key

_CATALOG = "catalog"
_RETIRED = "moved_"  # not among ours: nothing reads or migrates it
_OURS = re.compile(rf"{_CATALOG}|kb_[0-9a-f]{{32}}")
_PREPARING = f"SELECT pg_advisory_xact_lock({lock_key('all schemas')})"
_AT_ONCE = 200
_LOG = log.get("storage")


class Schemas(Databases):
    """Schemas of a server.

    Args:
        url: of the database, as in the settings.
    """

    def __init__(self, url: str, busy_timeout_s: float) -> None:
        self.server = _server(url, busy_timeout_s)
        self.catalog = Schema(self.server, _CATALOG)
        self.place = str(self.server)

    def close(self) -> None:
        """Close the connections to the server."""
        self.server.close()

    def of(self, kb_id: str) -> Schema:
        """The schema of a knowledge base."""
        if not _OURS.fullmatch(f"kb_{kb_id}"):
            raise ValueError(f"no id of a knowledge base: {kb_id!r}")
        return Schema(self.server, f"kb_{kb_id}")

    def make(self, kb_id: str) -> None:
        """Make the schema; a kill leaves none, or a whole one."""
        self._create(self.of(kb_id).name, "kb")

    def _create(self, name: str, line: Line) -> None:
        with self.server.transaction(f'BEGIN; CREATE SCHEMA "{name}"; SET LOCAL search_path TO "{name}"; {_ddl(line)}'):
            pass

    def drop(self, kb_id: str) -> None:
        """Drop the schema; who reads it is waited for, who writes comes before or finds it gone."""
        name = self.of(kb_id).name
        opening = f"BEGIN; SET LOCAL lock_timeout = {self.server.busy_ms}; SELECT pg_advisory_xact_lock"
        with self.server.transaction(f'{opening}({lock_key(name)}); DROP SCHEMA IF EXISTS "{name}" CASCADE; SELECT 1'):
            pass

    def copy_out(self, kb_id: str, target: Path, told: Told = nobody) -> None:
        """Copy all rows into a SQLite file, as they stand at one moment."""
        with self.of(kb_id).read() as connection:
            transfer.into_file(connection, target, told)

    def copy_in(self, kb_id: str, source: Path, told: Told = nobody) -> None:
        """Copy all rows of a SQLite file into a new schema, and remove the file."""
        self.make(kb_id)
        with self.of(kb_id).write(durable=True) as connection:
            transfer.from_file(source, connection, told)
        for left in source.parent.glob(f"{source.name}*"):
            left.unlink()

    @contextmanager
    def held(self, kb_id: str) -> Iterator[Connection]:
        """It may be silent while files are copied, which else would end it."""
        with self.of(kb_id).write(durable=True) as connection:
            connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
            yield connection

    def retire(self, kb_id: str, held: Connection) -> None:
        """Rename the schema, in the transaction that holds it."""
        digits = re.sub("[^0-9]", "", clock.wall())
        held.execute(text(f'ALTER SCHEMA "{self.of(kb_id).name}" RENAME TO "{_RETIRED}{kb_id}_{digits}"'))

    def retired(self, kb_id: str) -> Sequence[str]:
        """Names of schemas."""
        with self.server.transaction("BEGIN READ ONLY; SELECT 1") as (connection, _):
            found = text("SELECT nspname FROM pg_namespace WHERE starts_with(nspname, :name) ORDER BY nspname")
            return list(connection.execute(found, {"name": f"{_RETIRED}{kb_id}_"}).scalars())

    def remove_retired(self, kb_id: str) -> None:
        """Drop the schemas."""
        for name in self.retired(kb_id):
            with self.server.transaction(f'BEGIN; DROP SCHEMA "{name}" CASCADE; SELECT 1'):
                pass

    def refuse_newer(self) -> None:
        """Look at every schema."""
        for name, revision in self._revisions().items():
            if not migrate.knows(_line(name), revision):
                raise NewerData(f"The schema {name} of {self.server}", revision)

    def outdated(self) -> bool:
        """Whether a schema is behind."""
        return self._pending() != []

    def _pending(self) -> list[str]:
        return [name for name, revision in self._revisions().items() if revision != migrate.head(_line(name))]

    def prepare(self) -> None:
        """Create the catalogue, or migrate what is behind; who comes at the same time waits, and finds it done."""
        with self.server.transaction(f"BEGIN; {_PREPARING}; SELECT getdatabaseencoding()") as (_, (encoding,)):
            if encoding != "UTF8":
                raise Refused(f"{self.server} is encoded in {encoding}. Make one with ENCODING 'UTF8'.")
            self.refuse_newer()
            if not self.catalog.exists():
                self._create(_CATALOG, "catalog")
            for name in self._pending():
                _LOG.info("bringing a schema up to date", schema=name)
                with Schema(self.server, name).write(durable=True) as connection:
                    migrate.run(connection, _line(name))

    def _revisions(self) -> dict[str, str]:
        """The revision of every schema of ours."""
        with self.server.transaction("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT 1") as (connection, _):
            tables = connection.execute(text("SELECT schemaname FROM pg_tables WHERE tablename = 'alembic_version'"))
            names = sorted(name for name in tables.scalars() if _OURS.fullmatch(name))
            found: dict[str, str] = {}
            for start in range(0, len(names), _AT_ONCE):
                found |= _versions(connection, names[start : start + _AT_ONCE])
        return found


@cache
def _server(url: str, busy_timeout_s: float) -> Server:
    """One a process, with its connections, whoever asks."""
    return Server(url, busy_timeout_s)


def _versions(connection: Connection, names: list[str]) -> dict[str, str]:
    each = [f"SELECT '{name}' AS name, version_num FROM \"{name}\".alembic_version" for name in names]
    return {row.name: row.version_num for row in connection.execute(text(" UNION ALL ".join(each)))}


def _line(name: str) -> Line:
    return "catalog" if name == _CATALOG else "kb"


@cache
def _ddl(line: Line) -> str:
    """What makes all tables of the newest schema, with what stands in them at first; ends with a query."""
    tables: MetaData = getattr(schema, line)
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    made = []
    for table in tables.sorted_tables:
        made.append(str(CreateTable(table).compile(dialect=dialect)))
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            create = CreateIndex(index)
            if index._ddl_if is None or index._ddl_if.dialect == dialect.name:
                made.append(str(create.compile(dialect=dialect)))
    made.append("CREATE TABLE alembic_version (version_num varchar(32) NOT NULL PRIMARY KEY)")
    made.append(f"INSERT INTO alembic_version VALUES ('{migrate.head(line)}')")
    if line == "kb":
        made.append(schema.POSTGRESQL.strip().rstrip(";"))
        made.append("INSERT INTO knowledge (id, version) VALUES (1, 0)")
    return ";\n".join([*made, "SELECT 1"])
