"""Move a knowledge base from one Pagemill to another: other databases, another place for its files, or both.

It keeps its id, so that files, vectors and keys that go by that fit. Nothing may be at work on the source; what all the
same comes to write there waits for the lock that is held from the first row to the last step, and then finds it gone.

    1  the target's catalogue learns that there is such a one, elsewhere (storage/elsewhere.py)
    2  all rows are copied, and committed; then read back by another transaction and held against the source's
    3  files are copied where they lie elsewhere, and read back; else it is seen to that they are there
    4  units in work become ready at the target, passwords are sealed anew where another key is used
    5  the source's catalogue gives it up
    6  the source's database gets another name
    7  the target's catalogue takes it into service

Until 5 the source is as it was, whatever happens: a stop leaves a copy that nobody uses, and the next start removes it
and begins anew; files that are there already stay. An error removes what was copied. A stop between 5 and 7 leaves it
in service nowhere, and the next start does what is missing (`_finish`).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from pipeline.errors import PermanentError, Refused, ServiceUnavailable
from pipeline.settings import Settings
from storage import arrival, clock, elsewhere, keys, moved_files, passwords, pauses, transfer
from storage.backup import Told
from storage.catalog import Storage
from storage.database import Missing
from storage.elsewhere import Elsewhere
from storage.file_store import home
from storage.files import sync_folder
from storage.references import Reference, references
from storage.transfer import Different


class MoveError(Refused):
    """A knowledge base cannot be moved; the message says why and what to do."""


class Damaged(MoveError):
    """Files are missing, or are not what was uploaded, where it comes from already."""


@dataclass(slots=True)
class Moved:
    """What was moved.

    Attributes:
        rows: how many, of each table; none where the databases stay.
        finished: an earlier move was only brought to its end.
        kept: where the source still has it.
        damaged: documents of which files are missing, or changed since they were uploaded.
    """

    id: str
    name: str
    finished: bool = False
    rows: dict[str, int] = field(default_factory=dict)
    files: int = 0
    size_bytes: int = 0
    kept: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)


class Move:
    """From one Pagemill to another.

    Attributes:
        of_databases, of_files: what the two do not share.
        index_again: the vectors have to be written into another index.

    Raises:
        MoveError: they share both.
    """

    def __init__(self, source: Storage, target: Storage) -> None:
        self._source, self._target = source, target
        here, there = source.settings, target.settings
        self.of_databases = source.databases.place != target.databases.place
        self.of_files = _files_place(here) != _files_place(there)
        self._one_folder = here.data.resolve() == there.data.resolve()
        self.index_again = self.of_databases and not here.storage.chroma_url and not self._one_folder
        if not (self.of_databases or self.of_files):
            raise MoveError(f"All is there already: {target.databases.place}.")

    @property
    def place(self) -> str:
        """Where it goes, in words."""
        parts = [self._target.databases.place] if self.of_databases else []
        return ", ".join([*parts, _files_place(self._target.settings)] if self.of_files else parts)

    def listed(self, name_or_id: str | None = None, *, arrived: bool = False) -> list[dict[str, Any] | Elsewhere]:
        """What is to be moved, all or one by name or id: records; and what has left for the target before.

        Args:
            arrived: of all, also those that have come there. By name one is always told.

        Raises:
            PermanentError: `not_found`.
            MoveError: it was moved to another place.
        """
        gone = elsewhere.listed(self._source.catalog).values() if self.of_databases else ()
        left = [one for one in gone if one.record is not None and one.place == self._target.databases.place]
        if name_or_id is None:
            expected = elsewhere.listed(self._target.catalog) if self.of_databases and left else {}
            return [*(one for one in left if arrived or one.id in expected), *self._source.knowledge_bases()]
        try:
            return [self._source.knowledge_base(name_or_id)]
        except PermanentError:
            for one in gone:
                if one.record is not None and name_or_id in (one.id, one.name):
                    if one in left:
                        return [one]
                    raise MoveError(f"“{one.name}” was moved on {one.since[:10]}: {one.place}.") from None
            raise

    def problems(self, wanted: list[dict[str, Any] | Elsewhere]) -> list[str]:
        """Why they cannot be moved; asked before anything is changed."""
        self._source.file_store.check()
        self._target.file_store.check()
        found = []
        left = self._source.deleted_knowledge_bases()
        if left and self.of_databases:
            found.append(
                f"{len(left)} deleted knowledge bases are not removed from disk yet. Let Pagemill run for a minute,"
                " stop it, and start the move again."
            )
        if self.of_files and not self.of_databases and self._key_differs():
            found.append(f"{_files_place(self._target.settings)}: another Pagemill's secret.key lies there.")
        if not self.of_databases or not self._target.catalog.exists():
            return found
        taken = {record["name_key"]: record for record in self._target.knowledge_bases()}
        ids = {record["id"] for record in taken.values()}
        marked = elsewhere.listed(self._target.catalog)
        for one in wanted:
            record = one if isinstance(one, dict) else one.record
            assert record is not None
            name = record["name"]
            if record["id"] in ids and isinstance(one, Elsewhere):
                continue
            if record["id"] in ids:
                found.append(f"“{name}” is there already, in {self._target.databases.place}.")
            elif record["name_key"] in taken:
                found.append(f"Another knowledge base there is named “{name}” too; rename one of them.")
            elif record["id"] not in marked and self._target.databases.of(record["id"]).exists():
                found.append(
                    f"There is a database of “{name}” that the catalogue there does not know; see to that first."
                )
        return found

    def outdated(self) -> bool:
        """Whether `prepare` would bring databases to this Pagemill's schema."""
        there = self._target.catalog.exists()
        return self._source.outdated() or (self.of_databases and there and self._target.outdated())

    def prepare(self) -> None:
        """Bring both to this Pagemill's schema; comes before all the others. Again is harmless."""
        self._source.prepare()
        self._target.prepare()

    def announce(self, wanted: list[dict[str, Any] | Elsewhere]) -> bool:
        """Step 1; whether the source's keys count at the target too. Again is harmless.

        Where the two look into one place, the target learns of all that the source has.
        """
        if not self.of_databases:
            return True
        records = [one for one in wanted if isinstance(one, dict)]
        if self._one_folder or not self.of_files:
            records = self._source.knowledge_bases()
        elsewhere.expect(self._target.catalog, records, self._source.databases.place)
        pauses.carry(self._source.catalog, self._target.catalog)
        return keys.carry(self._source.catalog, self._target.catalog)

    def look(self, wanted: dict[str, Any] | Elsewhere) -> Moved:
        """What there is to move of one; changes nothing."""
        if isinstance(wanted, Elsewhere):
            return Moved(wanted.id, wanted.name, finished=True)
        kb = self._source.open(wanted["id"])
        with kb.db.read() as connection:
            rows = transfer.counts(connection) if self.of_databases else {}
            found = moved_files.look(references(connection, kb))
        return Moved(kb.id, wanted["name"], False, rows, found.files, found.size_bytes, [], found.damaged)

    def one(self, wanted: dict[str, Any] | Elsewhere, told: Told, *, accept_damage: bool = False) -> Moved:
        """Move one; at its place, whole and flushed to disk, when this returns.

        Args:
            wanted: as `listed` gave it.
            accept_damage: move it although files are missing where it comes from.

        Raises:
            MoveError: it stays where it is, and as it was.
            ServiceUnavailable: something is out of reach; so too.
        """
        if isinstance(wanted, Elsewhere):
            return self._finish(wanted)
        moved = Moved(wanted["id"], wanted["name"])
        try:
            if not self.of_databases:
                with self._source.databases.held(moved.id) as held:
                    self._files(self._references(held, moved.id), moved, told, accept_damage)
                return moved
            with self._source.databases.held(moved.id) as held:
                with self._undone_on_error(moved):
                    self._rows(held, moved, told)
                    self._files(self._references(held, moved.id), moved, told, accept_damage)
                    self._settle_in(moved.id)
                record = elsewhere.leave(self._source.catalog, moved.id, self._target.databases.place)
                self._source.databases.retire(moved.id, held)
        except Missing:
            raise MoveError(f"“{moved.name}” was deleted meanwhile; nothing was moved.") from None
        except Different as error:
            raise MoveError(
                f"“{moved.name}” stays where it is: {error}. What was copied was removed again; try once more, and"
                " should it happen again, it is a fault of Pagemill."
            ) from error
        elsewhere.arrive(self._target.catalog, record)
        moved.kept = list(self._source.databases.retired(moved.id))
        return moved

    def _references(self, held: Connection, kb_id: str) -> list[Reference]:
        return list(references(held, self._source.open(kb_id)))

    def _finish(self, left: Elsewhere) -> Moved:
        """Steps 6 and 7 of a move that was stopped after 5: the copy is whole, verified, and nobody's yet."""
        assert left.record is not None
        if not self._target.databases.of(left.id).exists():
            raise MoveError(
                f"The copy of “{left.name}” is gone from {left.place}; the source has it: restore a backup."
            )
        with suppress(Missing), self._source.databases.held(left.id) as held:
            self._source.databases.retire(left.id, held)
        elsewhere.arrive(self._target.catalog, left.record)
        return Moved(left.id, left.name, finished=True, kept=list(self._source.databases.retired(left.id)))

    @contextmanager
    def _undone_on_error(self, moved: Moved) -> Iterator[None]:
        try:
            yield
        except BaseException:
            with suppress(ServiceUnavailable):  # the next start does it
                self._target.databases.drop(moved.id)
            raise

    def _rows(self, held: Connection, moved: Moved, told: Told) -> None:
        """Step 2. What a stopped move left goes first: nobody uses it, as the catalogue does not list it."""
        databases = self._target.databases
        databases.drop(moved.id)
        self._make_folder(moved.id)
        databases.make(moved.id)
        there = databases.of(moved.id)
        try:
            with there.write(durable=True) as connection:
                transfer.copy_rows(held, connection, _counted("copying rows", told))
            there.truncate_log()
            with there.read() as connection:
                moved.rows = transfer.compare_rows(held, connection, _counted("comparing rows", told))
        finally:
            there.close()

    def _make_folder(self, kb_id: str) -> None:
        folder = self._target.open(kb_id).folder
        for part in ("incoming", "documents"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        sync_folder(folder)
        sync_folder(folder.parent)

    def _files(self, files: list[Reference], moved: Moved, told: Told, accept_damage: bool) -> None:
        """Step 3."""
        told("looking at files", 0, 0)
        found = moved_files.look(files)
        moved.files, moved.size_bytes, moved.damaged = found.files, found.size_bytes, found.damaged
        _refuse_damaged(moved, accept_damage)
        if self.of_files:
            changed = self._copy_files(files, moved, told)
            moved.damaged = sorted({*moved.damaged, *changed})
            _refuse_damaged(moved, accept_damage)

    def _copy_files(self, files: list[Reference], moved: Moved, told: Told) -> list[str]:
        store, written, done = self._target.file_store, set[str](), 0

        def count(size: int) -> None:
            nonlocal done
            done += size
            told("copying files", done, moved.size_bytes)

        if (key := self._key_of(self._source)) is not None:
            store.once(passwords.KEY_FILE, key)
        try:
            changed = moved_files.copy(files, store, written, count)
        except Exception:  # a person who stops it wants it to go on where it was
            for name in written:
                store.delete(name)
            raise
        os.sync()
        return changed

    @staticmethod
    def _key_of(storage: Storage) -> bytes | None:
        try:
            return storage.file_store.get(passwords.KEY_FILE)
        except FileNotFoundError:
            return None

    def _key_differs(self) -> bool:
        here, there = self._key_of(self._source), self._key_of(self._target)
        return None not in (here, there) and here != there

    def _settle_in(self, kb_id: str) -> None:
        """Step 4."""
        database = self._target.databases.of(kb_id)
        try:
            with database.write(durable=True) as connection:
                arrival.release_units(connection)
                if self.of_files:
                    arrival.forget_images(connection)
                    if self._key_differs():
                        passwords.seal_anew(connection, self._source.file_store, self._target.file_store)
                if self.index_again:
                    arrival.index_again(connection)
            database.truncate_log()
        finally:
            database.close()

    def remove_source(self, kb_id: str) -> None:
        """Remove what the source still has of a knowledge base that is at the target. Again is harmless.

        Raises:
            MoveError: it is not there, or not all of its files are.
        """
        if self.of_databases and not self._target.exists(kb_id):
            raise MoveError("It is not at its target; nothing was removed.")
        if self.of_files:
            kb = self._target.open(kb_id)
            with kb.db.read() as connection:
                found = moved_files.look(references(connection, kb))
            if found.damaged:
                raise MoveError(f"Not all files are at the target ({_some(found.damaged)}); nothing was removed.")
            self._refuse_one_place()
            while not self._source.file_store.delete_under(f"{home(kb_id)}/documents"):
                pass
        if self.of_databases:
            self._source.databases.remove_retired(kb_id)

    def _refuse_one_place(self) -> None:
        """Two names may lead to one folder or bucket; then what would be removed is all that there is."""
        probe = f"check/{clock.new_id()}"
        self._target.file_store.put(probe, b"1")
        try:
            self._source.file_store.stat(probe)
        except FileNotFoundError:
            return
        finally:
            self._target.file_store.delete(probe)
        raise MoveError("Files lie in one place, which has two names; nothing was removed.")


def _refuse_damaged(moved: Moved, accept: bool) -> None:
    if moved.damaged and not accept:
        raise Damaged(
            f"“{moved.name}”: files of {len(moved.damaged)} documents are missing, or are not what was uploaded, where"
            f" they lie now ({_some(moved.damaged)}). Put them back or delete these documents; or give --accept-damage,"
            " and they come along as they are."
        )


def _some(documents: list[str]) -> str:
    return ", ".join(documents[:5]) + (", …" if len(documents) > 5 else "")


def _files_place(settings: Settings) -> str:
    """Where files lie, in words; two with the same are the same."""
    section = settings.storage
    return section.files_url or f"files in {settings.data.resolve()}"


def _counted(what: str, told: Told) -> Any:
    return lambda left, total: told(what, total - left, total)
