"""What the sweep removes: what ended runs and deleted documents left behind, and files that belong to nothing.

A run is cleaned twice, the second time one lease later: Chroma and files know no fence, so a worker that lost its
lease may still have written vectors or a result after the first time. After the last time of a deleted document its
words are erased from the database's bytes too (`storage/erasure.py`). Every step is safe to repeat.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row

from pipeline import log
from pipeline.errors import ServiceUnavailable
from storage import chunks, clock, erasure
from storage.catalog import KnowledgeBase, Storage
from storage.database import Missing, moment, scalar, text
from storage.databases import DATABASE_FILE, SQLiteDatabases
from storage.file_store import IMAGES
from storage.files import looks_of, remove_if_empty, remove_previews, searchable_file
from storage.names import HEX_ID

_PASSES = 2
_BUSY_S = 5.0
_LOG = log.get("cleanup")


def unfinished(kb: KnowledgeBase) -> bool:
    """Whether a run or a clean-up of the knowledge base is still to be done."""
    with kb.db.read() as connection:
        found = connection.execute(
            text("SELECT 1 WHERE EXISTS (SELECT 1 FROM run WHERE status IN ('queued', 'running'))"
                 " OR EXISTS (SELECT 1 FROM cleanup) OR EXISTS (SELECT 1 FROM knowledge WHERE erase > 0)")
        )  # fmt: skip
        return found.first() is not None


def due(kb: KnowledgeBase, limit: int = 20) -> Sequence[Row[Any]]:
    """What is to be cleaned now, longest due first."""
    with kb.db.read() as connection:
        now = moment(connection)
        return connection.execute(
            text(
                "SELECT c.document, c.run, c.chunks, c.passes, d.deleted_at, d.run AS latest, d.published_run"
                " FROM cleanup AS c JOIN document AS d ON d.id = c.document"
                " WHERE c.boot != :boot OR c.not_before_s <= :now ORDER BY c.not_before_s LIMIT :limit"
            ),
            {"boot": now.boot, "now": now.now_s, "limit": limit},
        ).all()


def clean_run(kb: KnowledgeBase, row: Row[Any], lease_s: float) -> None:
    """Clean one of the runs that are `due`.

    Raises:
        ServiceUnavailable: Chroma or the files are out of reach: of the run they alone are left, and it stays due.
    """
    values = {"document": row.document, "run": row.run}
    deleted = row.deleted_at is not None
    # A retry may have published this run's successor, or made it the published one, since the row was written.
    if row.run == row.published_run and not deleted:
        with kb.db.write() as connection:
            connection.execute(text("DELETE FROM cleanup WHERE document = :document AND run = :run"), values)
        return
    if deleted:
        remove_previews(kb.data, kb.id, row.document)
    else:
        searchable_file(kb.data, kb.id, row.document, row.run).unlink(missing_ok=True)
    chunks.delete_run_chunks(kb, row.document, row.run)
    with kb.db.write() as connection:
        if not _stands(connection, row):
            return
        if deleted:
            connection.execute(text("DELETE FROM correction WHERE document = :document"), values)
        if deleted or row.run < row.latest:  # the latest run's pages are what a retry starts from
            for table in ("page", "unit"):
                connection.execute(text(f"DELETE FROM {table} WHERE document = :document AND run = :run"), values)
            connection.execute(
                text(
                    "DELETE FROM reading WHERE document = :document"
                    " AND NOT EXISTS (SELECT 1 FROM page WHERE page.reading = reading.id)"
                ),
                values,
            )
    # Last, as files and Chroma may be out of reach for long: nothing else of what was deleted waits for them.
    if not _remove_files(kb, row, deleted):
        return
    # How many vectors there are, the clean-up's own row remembers.
    if row.chunks:
        kb.vectors.delete(row.document, row.run, row.chunks)
    with kb.db.write() as connection:
        if not _stands(connection, row):
            return
        if row.passes + 1 < _PASSES:
            now = moment(connection)
            connection.execute(
                text(
                    "UPDATE cleanup SET passes = passes + 1, boot = :boot, not_before_s = :then"
                    " WHERE document = :document AND run = :run"
                ),
                {**values, "boot": now.boot, "then": now.now_s + lease_s},
            )
            return
        connection.execute(text("DELETE FROM cleanup WHERE document = :document AND run = :run"), values)
        if deleted:
            gone = connection.execute(
                text(
                    "DELETE FROM document WHERE id = :document"
                    " AND NOT EXISTS (SELECT 1 FROM cleanup WHERE cleanup.document = :document)"
                ),
                values,
            )
            if gone.rowcount:
                erasure.ask(connection)


def _remove_files(kb: KnowledgeBase, row: Row[Any], deleted: bool) -> bool:
    """Remove a run's files, or all of a deleted document; False where some are left, and it stays due."""
    files = kb.files(row.document)
    drawn = files.remove_images(row.run)
    return (files.remove() if deleted else files.remove_run(row.run)) and drawn


def _stands(connection: Connection, row: Row[Any]) -> bool:
    """Whether a clean-up is still what it was when it was due.

    Where its document was deleted or its run published anew while we clean, it asks for more, and comes round again.
    """
    now = connection.execute(
        text(
            "SELECT c.passes, d.deleted_at FROM cleanup AS c JOIN document AS d ON d.id = c.document"
            " WHERE c.document = :document AND c.run = :run"
        ),
        {"document": row.document, "run": row.run},
    ).first()
    return now is not None and (now.passes, now.deleted_at) == (row.passes, row.deleted_at)


@dataclass(frozen=True, slots=True)
class Sighting:
    """How an orphan looked, and since when (`clock.now_s`) it has looked so."""

    looks: tuple[int, int]
    since_s: float


def remove_orphans(kb: KnowledgeBase, age_s: float, seen: dict[Path, Sighting]) -> int:
    """Remove uploads that were cut off and folders of documents that were never committed, once old enough.

    Age is how long one has been watched here without a change: file times are of the wall clock, and a step of that
    by hours must not take an upload that is still arriving.

    Args:
        seen: what was found at earlier calls; it is brought up to date.
    """
    with kb.db.read() as connection:
        known = set(connection.execute(text("SELECT id FROM document")).scalars())
    documents, previews = kb.folder / "documents", kb.data / "cache" / kb.id
    orphans = _entries(kb.folder / "incoming")
    orphans += [path for folder in (documents, previews) for path in _entries(folder) if path.name not in known]
    old = _lain_still(orphans, age_s, seen)
    for path in old:
        if path.parent == documents:
            kb.files(path.name).remove()
        elif path.parent == previews:
            remove_previews(kb.data, kb.id, path.name)
        else:
            path.unlink(missing_ok=True)
    return len(old)


def remove_unlisted(storage: Storage, age_s: float, seen: dict[Path, Sighting]) -> list[str]:
    """Remove folders of knowledge bases whose making was cut off before they were listed; ids of those removed.

    Args:
        age_s, seen: as for `remove_orphans`.
    """
    old = _lain_still(_unlisted_folders(storage), age_s, seen)
    for folder in old:
        storage.remove_unlisted(folder.name)
    return [folder.name for folder in old]


def _unlisted_folders(storage: Storage) -> list[Path]:
    """Folders of knowledge bases that no catalogue knows, not even as deleted ones.

    One may be in the making: its folder comes before its row.
    """
    folders = [path for path in _entries(storage.data / "kb") if HEX_ID.fullmatch(path.name)]
    known = storage.known({path.name for path in folders})  # after them: of those that were there, none is new
    return [path for path in folders if path.name not in known and not _of_other_databases(storage, path)]


def _of_other_databases(storage: Storage, folder: Path) -> bool:
    """Whether a folder belongs to a Pagemill of the same data folder that has its databases elsewhere.

    So it is where storage.database_url was set, or unset, and nothing was moved: its files are all that there is.
    """
    if not storage.settings.storage.database_url.get_secret_value():
        return not (folder / DATABASE_FILE).exists() and _entries(folder / "documents") != []
    files = SQLiteDatabases(storage.data, _BUSY_S, 0).catalog
    if not files.exists():
        return False
    try:
        with files.read() as connection:
            return scalar(connection, "SELECT 1 FROM knowledge_base WHERE id = :id", id=folder.name) is not None
    finally:
        files.close()


def _lain_still(paths: list[Path], age_s: float, seen: dict[Path, Sighting]) -> list[Path]:
    """Those that have been watched for so long without a change; `seen` is brought up to date."""
    before, now = dict(seen), clock.now_s()
    seen.clear()
    old = []
    for path in paths:
        looks = looks_of(path)
        if looks is None:  # gone since it was listed
            continue
        sighting = before.get(path)
        if sighting is None or sighting.looks != looks:
            sighting = Sighting(looks, now)
        if now - sighting.since_s <= age_s:
            seen[path] = sighting
        else:
            old.append(path)
    return old


def remove_stray_images(storage: Storage) -> int:
    """Remove page images of runs that are not in work any more (their worker died before it could)."""
    removed = 0
    there: dict[str, list[tuple[Path, list[Path]]]] = {}
    # All of them before asking which are in work: of those that are there, none is new.
    for folder in _entries(storage.data / IMAGES):
        there.setdefault(folder.name.partition("-")[0], []).append((folder, _entries(folder)))
    for kb_id, folders in there.items():
        in_work = _in_work(storage, kb_id)
        for folder, runs in folders:
            own = in_work.get(folder.name.partition("-")[2], set())
            for run in runs:
                if run.name not in own:
                    shutil.rmtree(run, ignore_errors=True)
                    removed += 1
            if not own:  # else a worker may be about to put a run's images there
                remove_if_empty(folder)
    return removed


def _in_work(storage: Storage, kb_id: str) -> dict[str, set[str]]:
    """By document the names of the folders of its runs that are in work; none where the knowledge base is gone."""
    found: dict[str, set[str]] = {}
    if not storage.exists(kb_id):
        return found
    try:
        with storage.open(kb_id).db.read() as connection:
            for row in connection.execute(text("SELECT document, run FROM run WHERE status IN ('queued', 'running')")):
                found.setdefault(row.document, set()).add(str(row.run))
    except Missing:
        return {}
    return found


def working(storage: Storage, kb_id: str, document: str) -> set[str]:
    """Names of the folders of a document's runs that are in work; none where the knowledge base is gone."""
    if not storage.exists(kb_id):
        return set()
    try:
        with storage.open(kb_id).db.read() as connection:
            rows = connection.execute(
                text("SELECT run FROM run WHERE document = :document AND status IN ('queued', 'running')"),
                {"document": document},
            )
            return {str(row.run) for row in rows}
    except Missing:
        return set()


def _entries(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []


def tidy_host(storage: Storage) -> None:
    """Remove what a host without a sweep of its own keeps of documents that are gone: page images for people, files.

    What is out of reach now is looked at the next time.
    """
    try:
        storage.file_store.tidy()
    except OSError as error:
        _LOG.warning("host not tidied", why=str(error))
    for folder in _entries(storage.data / "cache"):
        try:
            if not storage.knows(folder.name):
                remove_previews(storage.data, folder.name)
                continue
            with storage.open(folder.name).db.read() as connection:
                known = set(connection.execute(text("SELECT id FROM document WHERE deleted_at IS NULL")).scalars())
            for document in _entries(folder):
                if document.name not in known:
                    remove_previews(storage.data, folder.name, document.name)
        except Missing:
            remove_previews(storage.data, folder.name)
        except ServiceUnavailable as error:
            _LOG.info("previews not looked at", kb=folder.name, why=str(error))
