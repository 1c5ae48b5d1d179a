"""Back a knowledge base up into one file, while everything runs or while nothing does.

The database is copied as it stands at one moment; originals and results are copied after it and never change, but may
vanish meanwhile: a document was deleted, or a newer run took the place of the one in the copy. Then all is copied
anew, a few times at most, as files of what was deleted must not stay in the backup; what still is not there is left
out, and what of it was copied before it vanished stays out too.

What leaves in the file: the documents and all that is known of them. Not: passwords of originals, keys, and documents
that were deleted but not yet cleaned up.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Connection, text

from pipeline.errors import ServiceUnavailable
from storage import chunks, clock, migrate
from storage.archive import DATABASE, HEADER, BackupError, Writer
from storage.catalog import KnowledgeBase, Storage
from storage.database import Missing
from storage.file_store import StoredFile
from storage.files import sync_folder
from storage.references import Reference, references
from storage.sqlite import SQLite

FORMAT = 1
_SNAPSHOTS = 4
Told = Callable[[str, int, int], None]
"""Told of progress: what is being done, and bytes done and in all (0: not known)."""


@dataclass(frozen=True, slots=True)
class Backup:
    """What was backed up.

    Attributes:
        left_out: documents whose files vanished while they were copied.
    """

    file: Path
    knowledge_base: str
    documents: int
    left_out: list[str]
    size_bytes: int


def back_up(storage: Storage, name_or_id: str, output: Path, told: Told) -> Backup:
    """Write a knowledge base into a file, which is there whole or not at all.

    Raises:
        PermanentError: `not_found`.
        BackupError: the file is there already, or cannot be written.
    """
    record = storage.knowledge_base(name_or_id)
    if output.exists():
        raise BackupError(f"{output} is there already; give another name, or remove it.")
    try:
        storage.file_store.check()  # out of reach is not gone: nothing must be left out for that
        # Beside the file and not in the system's folder for such: there may be gigabytes, and a rename must do.
        with TemporaryDirectory(prefix=f".{output.name}-", dir=output.parent) as folder:
            part = Path(folder) / "backup.part"
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
                told("copying the database", 0, 0)
                documents, left_out = _write(storage, record, Path(folder) / DATABASE, stream, told)
                stream.flush()
                os.fsync(stream.fileno())
            size_bytes = part.stat().st_size
            part.rename(output)
        sync_folder(output.parent)
    except Missing:
        raise BackupError(f"The knowledge base “{record['name']}” was deleted meanwhile.") from None
    except (OSError, ServiceUnavailable) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise BackupError(f"{output} cannot be written: {why}. Nothing of it was left.") from error
    return Backup(output, record["name"], documents, left_out, size_bytes)


def _write(storage: Storage, record: dict[str, Any], snapshot: Path, stream: Any, told: Told) -> tuple[int, list[str]]:
    """Write all members; how many documents, and those left out."""
    kb = storage.open(record["id"])
    total = 0
    writer = Writer(stream, lambda _: told("copying files", min(stream.tell(), total), total))
    kept = ("name", "languages", "engine", "schema", "retention_days")
    writer.add_json(HEADER, {
        "format": FORMAT, "pagemill": version("pagemill"), "schema": migrate.head("kb"), "made_at": clock.wall(),
        "knowledge_base": {name: record[name] for name in kept},
    })  # fmt: skip
    vanished: set[str] = set()
    for _ in range(_SNAPSHOTS):
        snapshot.unlink(missing_ok=True)
        storage.databases.copy_out(
            record["id"], snapshot, lambda left, all_: told("copying the database", all_ - left, all_)
        )
        files = _files(snapshot, kb)
        total = snapshot.stat().st_size + sum(_size(file.stored) for file in files)
        vanished = _add(writer, files)
        if not vanished:
            break
    more = vanished
    while more:  # what was copied of these has to go again, and meanwhile others may vanish
        files = [file for file in files if file.document not in vanished]
        more = _add(writer, files)
        vanished |= more
    documents = _forget(snapshot, vanished)
    with snapshot.open("rb") as database_file:
        writer.add(DATABASE, database_file, snapshot.stat().st_size)
    writer.finish()
    return documents, sorted(vanished)


def _size(file: StoredFile) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0


def _files(snapshot: Path, kb: KnowledgeBase) -> list[Reference]:
    """The files of all documents of a snapshot."""
    opened = SQLite(snapshot, 5.0)
    try:
        with opened.read() as connection:
            return list(references(connection, kb))
    finally:
        opened.close()


def _name(file: Reference) -> str:
    """What a file is called in the backup."""
    _, _, name = file.stored.key.split("/", 2)  # kb/<id>/…
    return name


def _add(writer: Writer, files: Sequence[Reference]) -> set[str]:
    """Have just these files in the backup, as far as they are there; the documents of which one has vanished."""
    vanished = set()
    writer.keep({HEADER, *map(_name, files)})
    for file in files:
        if _name(file) in writer.checksums:
            continue
        try:
            with file.stored.open() as stream:
                writer.add(_name(file), stream, file.stored.stat().st_size)
        except FileNotFoundError:
            if file.required:
                vanished.add(file.document)
    return vanished


def _forget(snapshot: Path, vanished: set[str]) -> int:
    """Take out of the copy what must not leave, so that it cannot be read from the file either; documents left."""
    opened = SQLite(snapshot, 5.0)  # it overwrites what it deletes
    try:
        with opened.write(durable=True) as connection:
            deleted = connection.execute(text("SELECT id FROM document WHERE deleted_at IS NOT NULL")).scalars()
            for document in {*deleted, *vanished}:
                _forget_document(connection, document)
            # Else the full-text index still holds words of these, and of documents deleted a moment before.
            connection.execute(text("INSERT INTO chunk_fts (chunk_fts) VALUES ('optimize')"))
            connection.execute(text("UPDATE knowledge SET erase = 0"))
            connection.execute(text("UPDATE run SET password = NULL WHERE password IS NOT NULL"))
            count: int = connection.execute(text("SELECT count(*) FROM document")).scalar_one()
            return count
    finally:
        opened.close()


def _forget_document(connection: Connection, document: str) -> None:
    values = {"document": document}
    for run in connection.execute(text("SELECT run FROM run WHERE document = :document"), values).scalars().all():
        chunks.delete_chunks(connection, document, run)
    for statement in (
        "DELETE FROM page WHERE document = :document",
        "DELETE FROM reading WHERE document = :document",
        "DELETE FROM correction WHERE document = :document",
        "DELETE FROM cleanup WHERE document = :document",
        "DELETE FROM document WHERE id = :document",  # and its runs with their units
    ):
        connection.execute(text(statement), values)
