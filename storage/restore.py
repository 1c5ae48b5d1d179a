"""Make a knowledge base of a backup file, while everything runs or while nothing does.

It becomes a new knowledge base, beside whatever is there. All lies in a folder of its own until it is whole and found
good; then a rename and a row in the catalogue make it one. The file may be anybody's: names, sizes and checksums are
looked at as it is read (`storage/archive.py`), its database before any of our code works on it (`storage/vetting.py`).

What was in work goes on from its last settled unit. Published documents are found by their words at once; their vectors
are taken from the database and written into the index by the store workers, as if the run had only now come so far.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, ValidationError
from sqlalchemy import Connection, text

from pipeline.errors import PermanentError, ServiceUnavailable
from pipeline.extract.fields import SCHEMAS, check_schema
from pipeline.settings import EngineName, Language
from storage import arrival, clock, migrate, vetting
from storage.archive import CHECKSUMS, DATABASE, HEADER, BackupError, Reader
from storage.backup import FORMAT, Told
from storage.catalog import Storage
from storage.files import sync_folder
from storage.names import check_name
from storage.sqlite import SQLite

_STAGING = "restore"


def _understood(schema: str | dict[str, Any]) -> str | dict[str, Any]:
    """A schema that a run can be done with."""
    if isinstance(schema, str):
        if schema not in SCHEMAS:
            raise ValueError("there is no such schema")
        return schema
    try:
        return check_schema(schema)
    except PermanentError as error:
        raise ValueError(error.message) from None


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    languages: list[Language]
    engine: EngineName
    schema_name: Annotated[str | dict[str, JsonValue], Field(alias="schema"), AfterValidator(_understood)]
    retention_days: int | None


class _Header(BaseModel):
    model_config = ConfigDict(extra="forbid")

    format: int
    pagemill: str
    revision: Annotated[str, Field(alias="schema")]
    made_at: str
    knowledge_base: _Record


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored.

    Attributes:
        in_work: documents whose work goes on.
        retention_days: what the knowledge base had; the restored one keeps its documents until it is set again.
    """

    id: str
    name: str
    documents: int
    in_work: int
    made_at: str
    retention_days: int | None


def restore(storage: Storage, file: Path, name: str | None, told: Told) -> Restored:
    """Make a new knowledge base of a backup; durable when this returns, and nothing is left where it raises.

    Args:
        name: its name, if not the one in the backup.

    Raises:
        BackupError: the file is no backup, damaged, or does not fit on the disk.
        NewerData: a newer Pagemill made it.
        PermanentError: `name_taken` or `bad_request`.
    """
    try:
        with file.open("rb") as stream, _staging(storage.data) as folder:
            size_bytes = os.fstat(stream.fileno()).st_size
            if size_bytes > shutil.disk_usage(folder).free:
                raise BackupError(
                    f"The disk of {storage.data} has no room for the {size_bytes / 1e6:,.0f} MB of {file}."
                )
            done = 0

            def count(read_bytes: int) -> None:
                nonlocal done
                done += read_bytes
                told("copying files", done, size_bytes)

            return _restore(storage, Reader(stream, count), folder, name, told)
    except OSError as error:
        raise BackupError(f"{file} could not be restored: {error.strerror}. Nothing was changed.") from error
    except ServiceUnavailable as error:
        raise BackupError(f"{file} could not be restored: {error}. Nothing was changed.") from error


@contextmanager
def _staging(data: Path) -> Iterator[Path]:
    """A folder to work in, on the disk of the data; what one before left when it was killed goes first."""
    above = data / _STAGING
    above.mkdir(exist_ok=True)
    with (above / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupError("Another restore is at work on this data folder; wait for it.") from None
        for left in above.iterdir():
            if left.is_dir():
                shutil.rmtree(left)
        folder = above / clock.new_id()
        (folder / "documents").mkdir(parents=True)
        (folder / "incoming").mkdir()
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _restore(storage: Storage, reader: Reader, folder: Path, name: str | None, told: Told) -> Restored:
    members = iter(reader)
    header = _header(reader, next(members, ""))
    record = header.knowledge_base
    name = check_name(name or record.name)
    _refuse_taken(storage, name)
    path = folder / "kb.sqlite3"
    checksums = None
    for member in members:
        if member == CHECKSUMS:
            checksums = reader.json()
        elif member == DATABASE:
            reader.save(path)
        else:
            (folder / member).parent.mkdir(parents=True, exist_ok=True)
            reader.save(folder / member)
    if checksums is None or not path.exists():
        raise BackupError("The backup is cut off; use another copy of it.")
    reader.check(checksums)
    told("checking the database", 0, 0)
    vetting.check_database(path, header.revision, folder / "compared.sqlite3")
    migrate.upgrade(path, "kb", storage.settings.storage.busy_timeout_s)
    database = SQLite(path, storage.settings.storage.busy_timeout_s)
    try:
        with database.write(durable=True) as connection:
            vetting.check_files(connection, folder, reader.checksums)
            _make_fit(connection)
            in_work = "SELECT count(*) FROM document AS d JOIN run AS r ON r.document = d.id AND r.run = d.run"
            documents: int = connection.execute(text("SELECT count(*) FROM document")).scalar_one()
            working: int = connection.execute(
                text(f"{in_work} WHERE r.status IN ('queued', 'running') AND coalesce(d.published_run, 0) != d.run")
            ).scalar_one()
    finally:
        database.close()
    _flush(folder)
    adopted = storage.adopt_knowledge_base(
        clock.new_id(), folder, name, list(record.languages), record.engine, record.schema_name
    )
    return Restored(adopted["id"], name, documents, working, header.made_at, record.retention_days)


def _header(reader: Reader, member: str) -> _Header:
    if member != HEADER:
        raise BackupError("This is no backup of Pagemill.")
    found = reader.json()
    if isinstance(found, dict) and isinstance(found.get("format"), int) and found["format"] > FORMAT:
        raise migrate.NewerData("The backup", str(found.get("schema")))
    try:
        header = _Header.model_validate(found)
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise BackupError(f"The backup is damaged: {HEADER}: {place}.") from None
    if not migrate.knows("kb", header.revision):
        raise migrate.NewerData("The backup", header.revision)
    return header


def _refuse_taken(storage: Storage, name: str) -> None:
    """Say at once what would else be said after gigabytes."""
    try:
        storage.knowledge_base(name)
    except PermanentError as error:
        if error.code == "not_found":
            return
        raise
    raise PermanentError("name_taken", f"A knowledge base named “{name}” exists; give another name with --name.")


def _make_fit(connection: Connection) -> None:
    """Let go of what belonged to the place of the backup, and have vectors written."""
    arrival.forget_images(connection)
    connection.execute(text("UPDATE run SET password = NULL WHERE password IS NOT NULL"))
    arrival.release_units(connection)
    arrival.index_again(connection)


def _flush(folder: Path) -> None:
    """Flush all files and folders to disk."""
    for path in (folder, *folder.rglob("*")):
        if path.is_dir():
            sync_folder(path)
        else:
            with path.open("rb") as stream:
                os.fsync(stream.fileno())
