"""The catalogue: which knowledge bases there are.

`Storage` is the way in: it opens the catalogue and hands out knowledge bases.
"""

from __future__ import annotations

import shutil
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

from sqlalchemy import RowMapping, insert, select, update
from sqlalchemy.exc import IntegrityError

from pipeline import log
from pipeline.errors import PermanentError, ServiceUnavailable
from pipeline.settings import Settings
from storage import clock, pauses, refold, schema
from storage.columns import ColumnMemory
from storage.database import Database, scalar, text
from storage.databases import DATABASE_FILE, databases_of
from storage.file_store import DocumentFiles, FileStore, document_files, home, open_store
from storage.files import disk_errors, remove_previews, sync_folder
from storage.names import HEX_ID, check_name, name_key
from storage.pace import PaceMemory
from storage.tally import Tally
from storage.vectors import HANGS_NOTE, Access, VectorStore

DEFAULT_SCHEMA = "generic"
_OPEN_AT_MOST = 64
_LOG = log.get("storage")


@dataclass(frozen=True, slots=True)
class KnowledgeBase:
    """A handle on one knowledge base; cheap to pass around, safe to share between threads."""

    id: str
    folder: Path
    data: Path
    file_store: FileStore
    db: Database
    vectors: VectorStore
    pace: PaceMemory
    columns: ColumnMemory = field(default_factory=ColumnMemory)
    tally: Tally = field(default_factory=Tally)

    def files(self, document: str) -> DocumentFiles:
        """A document's files."""
        return document_files(self.file_store, self.id, document)


class Storage:
    """Everything on disk, as one process sees it.

    Args:
        settings: the settings in force.
        chroma_url: the Chroma server's address; read from the settings where not given.
        busy_timeout_s: how long to wait for a locked database; read from the settings where not given.
    """

    def __init__(self, settings: Settings, chroma_url: str | None = None, busy_timeout_s: float | None = None) -> None:
        self.settings = settings
        self.data = settings.data
        self.file_store = open_store(settings)
        self._busy_s = busy_timeout_s or settings.storage.busy_timeout_s
        self._chroma_url = chroma_url or settings.storage.chroma_url
        self._chroma_access = Access.of(settings.storage)
        self.databases = databases_of(settings, busy_timeout_s)
        self.catalog = self.databases.catalog
        self._open: OrderedDict[str, KnowledgeBase] = OrderedDict()
        self._lock = Lock()

    def close(self) -> None:
        """Close what connections nobody uses, of all that was opened."""
        with self._lock:
            for known in self._open.values():
                known.db.close()
        self.databases.close()

    def prepare(self) -> Path | None:
        """Create or migrate every database. Doing it twice, or in two processes at once, is harmless.

        Returns:
            Where the databases were copied to before they were migrated, if they were.

        Raises:
            NewerData: a newer Pagemill wrote one of them; nothing was changed.
            ServiceUnavailable: there is no room to copy them, or they are out of reach; nothing was changed.
        """
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)  # whoever makes it: it is for nobody else
        (self.data / "tmp").mkdir(parents=True, exist_ok=True)
        return self.databases.prepare()

    def outdated(self) -> bool:
        """Whether an older Pagemill wrote the data, so that `prepare` must come first.

        Raises:
            NewerData: a newer Pagemill wrote it.
        """
        self.databases.refuse_newer()
        return self.databases.outdated()

    def _folder(self, kb_id: str) -> Path:
        return self.data / "kb" / kb_id

    def open(self, kb_id: str) -> KnowledgeBase:
        """A handle by id, whether or not it still exists: a deleted one raises `Missing` at its first use."""
        with self._lock:
            known = self._open.get(kb_id)
            if known is None:
                folder = self._folder(kb_id)
                database = self.databases.of(kb_id)
                breadth, lives = self.settings.search.ef_search, database.exists
                note = self.data / HANGS_NOTE
                vectors = VectorStore(self._chroma_url, kb_id, breadth, self._busy_s, lives, note, self._chroma_access)
                pace = PaceMemory(partial(pauses.last_pauses, self.catalog))
                known = KnowledgeBase(kb_id, folder, self.data, self.file_store, database, vectors, pace)
                self._open[kb_id] = known
            self._open.move_to_end(kb_id)
            while len(self._open) > _OPEN_AT_MOST:
                self._open.popitem(last=False)[1].db.close()
            return known

    def run_settings(self, record: dict[str, Any]) -> dict[str, Any]:
        """The snapshot of settings that a run opened now is done with.

        Args:
            record: the knowledge base's record in the catalogue.
        """
        config = self.settings
        return {
            "engine": record["engine"],
            "languages": record["languages"],
            "schema": record["schema"],
            "pages_per_unit": config.render.pages_per_unit,
            "ocr_pages_per_unit": config.ocr.pages_per_unit,
            "window": config.render.window,
            "chunk_tokens": config.extract.chunk_tokens,
            "chunks_per_unit": config.embed.chunks_per_unit,
            "model": config.embed.model,
            "llm": {"url": config.extract.llm_url, "model": config.extract.llm_model},
        }

    # Knowledge bases

    def create_knowledge_base(
        self,
        name: str,
        languages: list[str],
        engine: str,
        schema_: str | dict[str, Any] = DEFAULT_SCHEMA,
        retention_days: int | None = None,
    ) -> dict[str, Any]:
        """Make a knowledge base; durable when this returns.

        Args:
            schema_: the name of a schema of fields, or a JSON Schema that was checked.

        Raises:
            PermanentError: `name_taken` or `bad_request`.
        """
        name = check_name(name)
        kb_id = clock.new_id()
        folder = self._folder(kb_id)
        with self._gone_on_failure(kb_id), disk_errors():
            (folder / "incoming").mkdir(parents=True)
            (folder / "documents").mkdir()
            self.databases.make(kb_id)
            with closing(self.databases.of(kb_id)) as database, database.write() as connection:
                refold.mark_new(connection)  # lost with the power, it costs the sweep one look
            sync_folder(folder)
            sync_folder(folder.parent)
            self._register(kb_id, name, languages, engine, schema_, retention_days, activity=0)
        return self.knowledge_base(kb_id)

    def adopt_knowledge_base(
        self, kb_id: str, folder: Path, name: str, languages: list[str], engine: str, schema_: str | dict[str, Any]
    ) -> dict[str, Any]:
        """Take in a knowledge base that lies ready in a folder of the data folder; durable when this returns.

        Its database is a SQLite file there. Its work goes on from here: the sweep looks at it at once.

        Raises:
            PermanentError: `name_taken` or `bad_request`.
        """
        name, target = check_name(name), self._folder(kb_id)
        target.parent.mkdir(exist_ok=True)
        with self._gone_on_failure(kb_id):
            self.file_store.adopt(folder, home(kb_id))
            folder.rename(target)
            self.databases.copy_in(kb_id, target / DATABASE_FILE)
            sync_folder(target.parent)
            self._register(kb_id, name, languages, engine, schema_, None, activity=1)
        return self.knowledge_base(kb_id)

    @contextmanager
    def _gone_on_failure(self, kb_id: str) -> Iterator[None]:
        """Remove a knowledge base again where its making fails. What a kill leaves is for the sweep."""
        try:
            yield
        except Exception:
            self.remove_unlisted(kb_id)
            raise

    def remove_unlisted(self, kb_id: str) -> None:
        """Remove what there is of a knowledge base that was never listed; its folder last, by which it is found."""
        with suppress(ServiceUnavailable):  # then the folder alone stays, for the sweep
            # Documents without a database would be taken for those of a Pagemill with databases elsewhere.
            shutil.rmtree(self._folder(kb_id) / "documents", ignore_errors=True)
            self.databases.drop(kb_id)
            shutil.rmtree(self._folder(kb_id), ignore_errors=True)

    def _register(
        self,
        kb_id: str,
        name: str,
        languages: list[str],
        engine: str,
        schema_: str | dict[str, Any],
        retention_days: int | None,
        activity: int,
    ) -> None:
        """Write its row."""
        values = {
            "id": kb_id, "name": name, "name_key": name_key(name), "languages": languages, "engine": engine,
            "schema": schema_, "created_at": clock.wall(), "retention_days": retention_days, "activity": activity,
        }  # fmt: skip
        try:
            with self.catalog.write(durable=True) as connection:
                connection.execute(insert(schema.knowledge_base).values(values))
        except IntegrityError:
            raise PermanentError(
                "name_taken", f"A knowledge base named “{name}” exists; choose another name or use it."
            ) from None

    def knowledge_base(self, name_or_id: str) -> dict[str, Any]:
        """The catalogue's record of one knowledge base.

        Raises:
            PermanentError: `not_found`.
        """
        table = schema.knowledge_base
        column, value = (
            (table.c.id, name_or_id) if HEX_ID.fullmatch(name_or_id) else (table.c.name_key, name_key(name_or_id))
        )
        with self.catalog.read() as connection:
            row = (
                connection.execute(select(table).where(column == value, table.c.deleted_at.is_(None)))
                .mappings()
                .first()
            )
        if row is None:
            raise not_found(name_or_id)
        return _record(row)

    def knowledge_bases(self) -> list[dict[str, Any]]:
        """All that are not deleted, oldest first."""
        table = schema.knowledge_base
        with self.catalog.read() as connection:
            rows = connection.execute(select(table).where(table.c.deleted_at.is_(None)).order_by(table.c.id))
            return [_record(row) for row in rows.mappings()]

    def change_knowledge_base(self, kb_id: str, **values: Any) -> None:
        """Set name, languages, engine, schema (later runs use them) or retention.

        Raises:
            PermanentError: `name_taken` or `bad_request`.
        """
        if "name" in values:
            values["name"] = check_name(values["name"])
            values["name_key"] = name_key(values["name"])
        try:
            with self.catalog.write(durable=True) as connection:
                connection.execute(
                    update(schema.knowledge_base).where(schema.knowledge_base.c.id == kb_id).values(values)
                )
        except IntegrityError:
            raise PermanentError("name_taken", f"A knowledge base named “{values['name']}” exists.") from None

    def delete_knowledge_base(self, kb_id: str) -> None:
        """Forget it: from this commit on it is not found; the sweep removes what it held."""
        with self.catalog.write(durable=True) as connection:
            connection.execute(
                text("UPDATE knowledge_base SET deleted_at = :now, activity = 0 WHERE id = :id"),
                {"now": clock.wall(), "id": kb_id},
            )

    def deleted_knowledge_bases(self) -> Sequence[str]:
        """Ids of those that were deleted and whose remains are not yet known to be gone."""
        with self.catalog.read() as connection:
            return (
                connection.execute(text("SELECT id FROM knowledge_base WHERE deleted_at IS NOT NULL")).scalars().all()
            )

    def remove_remains(self, kb_id: str, *, last: bool) -> None:
        """Remove files and vectors of a deleted knowledge base. Safe to repeat at any point.

        Args:
            last: no worker can still hold a lease in it: forget it once nothing is left.

        Raises:
            ServiceUnavailable: Chroma or the files are out of reach; it stays listed as deleted.
        """
        handle = self.open(kb_id)
        handle.db.close()
        with self._lock:
            self._open.pop(kb_id, None)
        self.databases.drop(kb_id)
        shutil.rmtree(handle.folder, ignore_errors=True)
        remove_previews(self.data, kb_id)
        gone = self.file_store.delete_under(home(kb_id))
        handle.vectors.drop()
        if last and gone and not handle.folder.exists():
            with self.catalog.write() as connection:
                connection.execute(text("DELETE FROM knowledge_base WHERE id = :id"), {"id": kb_id})
            self.catalog.truncate_log()  # of its name; where others are at it, their next checkpoint does it

    def exists(self, kb_id: str) -> bool:
        """Whether it is there and not deleted."""
        with self.catalog.read() as connection:
            found = connection.execute(
                text("SELECT 1 FROM knowledge_base WHERE id = :id AND deleted_at IS NULL"), {"id": kb_id}
            )
            return found.first() is not None

    def knows(self, kb_id: str) -> bool:
        """Whether it is there, or was deleted and something of it may be left, or may be another catalogue's."""
        return self.known({kb_id}) != set()

    def known(self, kb_ids: set[str]) -> set[str]:
        """Those of these that are not to be taken for strays."""
        with self.catalog.read() as connection:
            if scalar(connection, "SELECT 1 FROM elsewhere LIMIT 1") is not None:
                return kb_ids  # all: what another catalogue lists may lie here (storage/elsewhere.py)
            return kb_ids & set(connection.execute(text("SELECT id FROM knowledge_base")).scalars())

    def predates_all(self, kb_id: str) -> bool:
        """Whether an id is older than all that this catalogue has: then it may never have been this one's to list."""
        with self.catalog.read() as connection:
            oldest: str | None = scalar(connection, "SELECT min(id) FROM knowledge_base")
        return oldest is None or kb_id < oldest

    # Activity: which knowledge bases dispatch and sweep must look at

    def wake(self, kb_id: str) -> None:
        """Say that there is work in it; `working` says it around what makes the work."""
        with self.catalog.write() as connection:
            connection.execute(text("UPDATE knowledge_base SET activity = activity + 1 WHERE id = :id"), {"id": kb_id})

    @contextmanager
    def working(self, kb_id: str) -> Iterator[None]:
        """Say before the body commits work in a knowledge base, and again after, that there is some.

        The sweep may have seen it idle between the first and the commit. The second may fail: the work is committed,
        nobody may be told otherwise, and a full scan of the sweep finds it.

        Raises:
            ServiceUnavailable: the catalogue is out of reach; the body was not begun.
        """
        self.wake(kb_id)
        try:
            yield
        finally:
            try:
                self.wake(kb_id)
            except ServiceUnavailable as error:
                _LOG.warning("work not announced again", kb=kb_id, why=str(error))

    def active(self) -> list[tuple[str, int]]:
        """Knowledge bases that may have work, each with its activity number."""
        with self.catalog.read() as connection:
            rows = connection.execute(
                text("SELECT id, activity FROM knowledge_base WHERE activity > 0 AND deleted_at IS NULL ORDER BY id")
            )
            return [(row.id, row.activity) for row in rows]

    def rest(self, kb_id: str, activity: int) -> None:
        """Say that no work was left when its activity number was read; void if work was announced since."""
        with self.catalog.write() as connection:
            connection.execute(
                text("UPDATE knowledge_base SET activity = 0 WHERE id = :id AND activity = :activity"),
                {"id": kb_id, "activity": activity},
            )


def not_found(name_or_id: str) -> PermanentError:
    """The error of whoever asks for a knowledge base that is not there, or not for them."""
    return PermanentError("not_found", f"There is no knowledge base “{name_or_id}”.")


def _record(row: RowMapping) -> dict[str, Any]:
    """A knowledge base's row; those made before there were schemas have the default one."""
    return {**row, "schema": row["schema"] or DEFAULT_SCHEMA}
