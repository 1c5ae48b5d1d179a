from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import alembic.command
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, text

from actors.sweep import Sweep
from pipeline.errors import ServiceUnavailable
from pipeline.settings import Settings
from storage import clock, migrate, schema, search, status
from storage.catalog import KnowledgeBase, Storage
from storage.database import Database
from storage.sqlite import SQLite
from storage.vectors import VectorStore
from tests.unit.test_storage_control import _Messages


def _differences(database: Database, tables: MetaData) -> list[object]:
    with database.read() as connection:
        found = compare_metadata(MigrationContext.configure(connection), tables)
    return [change for change in found if not ("chunk_fts" in str(change) or "alembic_version" in str(change))]


def test_migrations_make_what_the_code_expects(storage: Storage, kb: KnowledgeBase) -> None:
    assert _differences(storage.catalog, schema.catalog) == []
    assert _differences(kb.db, schema.kb) == []


@pytest.mark.parametrize("line", ["catalog", "kb"])
def test_files_of_migrations_are_named_by_their_revisions(line: migrate.Line) -> None:
    """Every start asks for the newest by the names of the files, without Alembic."""
    scripts = ScriptDirectory.from_config(migrate._config(line))
    assert [script.revision for script in scripts.walk_revisions()] == list(reversed(migrate._revisions(line)))
    assert scripts.get_current_head() == migrate.head(line)


def test_a_new_database_takes_nothing_of_one_that_lay_there(tmp_path: Path) -> None:
    path = tmp_path / "kb.sqlite3"
    migrate.upgrade(path, "kb", 5.0)
    log = path.with_name("kb.sqlite3-wal")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE old (word)")
        connection.commit()
        kept = log.read_bytes()
    path.unlink()
    log.write_bytes(kept)
    migrate.upgrade(path, "kb", 5.0)
    with closing(sqlite3.connect(path)) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert "document" in tables and "old" not in tables
    assert migrate.revision_of(path) == migrate.head("kb")


def newer(database: Database) -> None:
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))


def test_newer_data_is_refused_before_anything_is_changed(storage: Storage, kb: KnowledgeBase) -> None:
    with storage.catalog.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))  # would be brought up to date
    newer(kb.db)
    with pytest.raises(migrate.NewerData, match="newer Pagemill"):
        storage.prepare()
    assert migrate.revision_of(storage.data / "catalog.sqlite3") == "0001"
    assert not (storage.data / "backups").exists()


@pytest.mark.parametrize(
    "command", [["cli.main", "up", "--port", "0"], ["cli.main", "worker", "store"], ["web.server"], ["actors.sweep"]]
)
def test_every_program_refuses_newer_data_in_a_sentence(
    storage: Storage, kb: KnowledgeBase, command: list[str]
) -> None:
    newer(kb.db)
    env = {"PAGEMILL_STORAGE__DATA": str(storage.data), "PAGEMILL_QUEUE__REDIS_URL": "redis://127.0.0.1:1/0"}
    done = subprocess.run(
        [sys.executable, "-m", *command], capture_output=True, text=True, timeout=60, env={**os.environ, **env}
    )
    assert done.returncode == 1, done.stderr
    assert "was written by a newer Pagemill (schema 9999)" in "".join(done.stderr.split("\n")), done.stderr
    assert "Traceback" not in done.stderr


def at_first_schema(path: Path, line: migrate.Line, *rows: str) -> None:
    """A database as the first Pagemill made it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    SQLite.create(path)
    database = SQLite(path, 5.0)
    with database.write() as connection:
        config = migrate._config(line)
        config.attributes["connection"] = connection
        alembic.command.upgrade(config, "0001")
        for row in rows:
            connection.exec_driver_sql(row)
    database.close()


@pytest.fixture
def old_data(settings: Settings) -> Storage:
    """A data folder of the first Pagemill, with a document in it."""
    kb_id = clock.new_id()
    at_first_schema(
        settings.data / "catalog.sqlite3", "catalog",
        "INSERT INTO knowledge_base (id, name, name_key, languages, engine, created_at, activity)"
        f" VALUES ('{kb_id}', 'Letters', 'letters', '[\"en\"]', 'auto', '2026-11-01T00:00:00Z', 0)",
    )  # fmt: skip
    at_first_schema(
        settings.data / "kb" / kb_id / "kb.sqlite3", "kb",
        "INSERT INTO document (id, sha256, filename, kind, size_bytes, metadata, tags, batch, created_at, run, version,"
        " published_run) VALUES ('d', 's', 'old.pdf', 'pdf', 1, '{}', '[]', 'b', '2026-11-01T00:00:00Z', 1, 0, 1)",
        "INSERT INTO run (document, run, status, cause, settings, created_at)"
        " VALUES ('d', 1, 'done', 'upload', '{}', '2026-11-01T00:00:00Z')",
        "INSERT INTO chunk (seq, document, run, position, text, heading, spans, tokens, text_hash)"
        " VALUES (1, 'd', 1, 0, 'an old letter', '', '[]', 3, x'00')",
        "INSERT INTO chunk_fts (rowid, terms) VALUES (1, 'an old letter')",
    )  # fmt: skip
    return Storage(settings)


def test_old_data_is_backed_up_brought_up_to_date_and_found(old_data: Storage) -> None:
    kept = old_data.prepare()
    assert kept is not None and kept.parent == old_data.data / "backups" and kept.name.endswith("-0001")
    [record] = old_data.knowledge_bases()
    kb = old_data.open(record["id"])
    assert _differences(old_data.catalog, schema.catalog) == _differences(kb.db, schema.kb) == []
    assert record["name"] == "Letters" and record["schema"] == "generic"
    assert status.status(kb, "d")["filename"] == "old.pdf"
    [hit] = search.search(kb, "letter", vector=None, mode="keyword", limit=5, rules=old_data.settings.search).hits
    assert hit.text == "an old letter"
    copies = [kept / "catalog.sqlite3", kept / "kb" / record["id"] / "kb.sqlite3"]
    assert sorted(path for path in kept.rglob("*") if path.is_file()) == copies
    assert [migrate.revision_of(copy) for copy in copies] == ["0001", "0001"]
    with closing(sqlite3.connect(copies[1])) as copy:
        assert copy.execute("SELECT filename FROM document").fetchall() == [("old.pdf",)]
    assert old_data.prepare() is None, "nothing is pending any more"
    kb.db.close()
    old_data.catalog.close()


def test_a_knowledge_base_deleted_just_before_an_update_is_removed(
    old_data: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(sqlite3.connect(old_data.data / "catalog.sqlite3")) as catalog:
        catalog.execute("UPDATE knowledge_base SET deleted_at = '2026-11-02T00:00:00Z'")
        catalog.commit()
    assert old_data.prepare() is not None
    assert old_data.prepare() is None, "it is not copied again at each start"
    [kb_id] = old_data.deleted_knowledge_bases()
    with old_data.open(kb_id).db.write() as connection:  # stopping its work fails, in whatever way
        connection.execute(text("ALTER TABLE run RENAME TO damaged"))
    monkeypatch.setattr(VectorStore, "drop", lambda _: None)
    Sweep(old_data.settings, old_data, _Messages())._remove(kb_id)
    assert not (old_data.data / "kb" / kb_id).exists()
    old_data.catalog.close()


def test_as_many_backups_are_kept_as_the_settings_say(old_data: Storage) -> None:
    folder = old_data.data / "backups"
    for year in range(2020, 2026):
        (folder / f"{year}0101T000000Z-0001").mkdir(parents=True)
    (folder / "20990101T000000Z-0001.part" / "kb").mkdir(parents=True)  # of a start that was killed
    kept = old_data.prepare()
    assert kept is not None
    left = sorted(path.name for path in folder.iterdir())
    assert len(left) == old_data.settings.storage.backups and left[-1] == kept.name
    old_data.catalog.close()


def test_without_room_for_the_backup_nothing_is_migrated(old_data: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(source: Path, target: Path) -> None:
        target.write_bytes(b"half")
        raise ServiceUnavailable("copying kb.sqlite3: database or disk is full")

    monkeypatch.setattr(migrate, "copy", full)
    with pytest.raises(ServiceUnavailable, match="disk is full"):
        old_data.prepare()
    assert migrate.revision_of(old_data.data / "catalog.sqlite3") == "0001"
    assert list((old_data.data / "backups").iterdir()) == []
