"""Data that older versions wrote (`tests/old/`), opened by this one: nothing of it is lost."""

from __future__ import annotations

import lzma
import re
import tarfile
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr

from pipeline.settings import SearchSettings, Settings, StorageSettings
from storage import backup, ledger, refold, restore, search, status
from storage.catalog import KnowledgeBase, Storage
from storage.moving import Move
from tests.old.structure import structure
from tests.postgresql import PostgreSQL
from tests.unit import builders
from tests.unit.movables import storage_on

OLD = Path(__file__).parent.parent / "old"
FAR = float("inf")


@pytest.fixture
def old(tmp_path: Path) -> Storage:
    """The data folder, as it was found."""
    with tarfile.open(OLD / "data-0002.tar.xz") as tar:
        tar.extractall(tmp_path, filter="data")
    return storage_on(tmp_path / "data")


def found(kb: KnowledgeBase, query: str) -> list[str]:
    results = search.search(kb, query, vector=None, mode="keyword", limit=10, rules=SearchSettings())
    return [hit.filename for hit in results.hits]


def all_is_there(storage: Storage) -> None:
    """Documents, texts, fields, originals, what is found, and what is still to be done."""
    letters, people = (storage.open(storage.knowledge_base(name)["id"]) for name in ("Letters", "People"))
    for kb in (letters, people):
        assert refold.bring_up_to_date(kb, FAR)
    assert {one["filename"]: one["status"] for one in listed(letters)} == {
        "letter.pdf": "done", "scan.pdf": "done", "broken.pdf": "failed", "logbook.pdf": "running",
    }  # fmt: skip
    assert found(letters, "lighthouse oil") == ["letter.pdf"] == found(letters, "灯塔看守人")
    assert found(letters, "harbour master") == ["scan.pdf"] and found(people, "navigation") == ["resume.pdf"]
    by_name = {one["filename"]: one for one in [*listed(letters), *listed(people)]}
    assert by_name["broken.pdf"]["error"]["code"] == "damaged"
    assert by_name["resume.pdf"]["fields"]["name"]["value"] == "Mara Ellingsen"
    letter = letters.files(by_name["letter.pdf"]["id"])
    assert letter.original.get().startswith(b"%PDF") and "barrels of oil" in letter.markdown(1).get().decode()
    half = by_name["logbook.pdf"]
    assert (half["pages"]["total"], half["pages"]["done"]) == (9, 2)
    ledger.expire_leases(letters, storage.settings.ledger)
    assert {one.document for one in ledger.waiting(letters, "ocr")} == {half["id"]}, "nobody would read on"


def listed(kb: KnowledgeBase) -> list[dict[str, object]]:
    with kb.db.read() as connection:
        ids = [row.id for row in connection.execute(builders.text("SELECT id FROM document ORDER BY id"))]
    return [status.status(kb, document) for document in ids]


def test_an_old_data_folder_is_brought_up_to_date(old: Storage, tmp_path: Path) -> None:
    assert old.outdated()
    kept = old.prepare()
    assert kept is not None and len(list(kept.rglob("*.sqlite3"))) == 3
    all_is_there(old)
    fresh = old.open(old.create_knowledge_base("fresh", ["en"], "auto")["id"])
    for record in old.knowledge_bases():
        kb = old.open(record["id"])
        assert structure(kb.db) == structure(fresh.db)
        kb.db.close()
    old.close()


def test_an_old_data_folder_can_be_backed_up_and_moved(old: Storage, postgresql: PostgreSQL, tmp_path: Path) -> None:
    old.prepare()
    for name in ("Letters", "People"):
        backup.back_up(old, name, tmp_path / f"{name}.tar", lambda *_: None)
    target = storage_on(tmp_path / "data", postgresql.new_database())
    move = Move(old, target)
    move.prepare()
    move.announce(move.listed())
    for one in move.listed():
        move.one(one, lambda *_: None)
    all_is_there(target)
    target.close()
    again = storage_on(tmp_path / "again")
    again.prepare()
    for name in ("Letters", "People"):
        restore.restore(again, tmp_path / f"{name}.tar", None, lambda *_: None)
    letters = again.open(again.knowledge_base("Letters")["id"])
    assert found(letters, "灯塔看守人") == ["letter.pdf"]
    for record in again.knowledge_bases():
        again.open(record["id"]).db.close()
    again.close()
    old.close()


def test_the_first_schemas_of_postgresql_are_brought_to_what_is_made_today(
    postgresql: PostgreSQL, tmp_path: Path
) -> None:
    url = postgresql.new_database()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(lzma.decompress((OLD / "postgresql-0012.sql.xz").read_bytes()))
    storage = Storage(Settings(storage=StorageSettings(data=tmp_path / "data", database_url=SecretStr(url))))
    assert storage.outdated()
    storage.prepare()
    assert not storage.outdated()
    fresh = Storage(
        Settings(storage=StorageSettings(data=tmp_path / "fresh", database_url=SecretStr(postgresql.new_database())))
    )
    fresh.prepare()
    model = fresh.open(fresh.create_knowledge_base("fresh", ["en"], "auto")["id"])
    assert structure(storage.catalog) == structure(fresh.catalog)
    for name in ("Letters", "People"):
        kb = storage.open(storage.knowledge_base(name)["id"])
        assert structure(kb.db) == structure(model.db)
        assert refold.bring_up_to_date(kb, FAR)
    letters = storage.open(storage.knowledge_base("Letters")["id"])
    assert found(letters, "灯塔看守人") == ["letter.pdf"] and found(letters, "harbour master") == ["scan.pdf"]
    builders.done(model, b"still works")
    storage.close()
    fresh.close()


def test_what_was_frozen_names_no_machine() -> None:
    """Neither a home nor a server of whoever made it."""
    with tarfile.open(OLD / "data-0002.tar.xz") as tar:
        held = b"".join(tar.extractfile(member).read() for member in tar if member.isfile())  # type: ignore[union-attr]
    held += lzma.decompress((OLD / "postgresql-0012.sql.xz").read_bytes())
    assert re.findall(rb"/(?:home|root|work|tmp)/[a-z][^\0\"]*", held) == []
