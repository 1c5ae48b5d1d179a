"""Backup files of anybody's making: what is none of ours is refused, and nothing comes of it."""

from __future__ import annotations

import hashlib
import io
import sqlite3
import tarfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import pytest

from storage import (
    archive,
    migrate,
    status,
)
from storage.archive import BackupError
from storage.catalog import KnowledgeBase, Storage
from tests.unit.backups import back_up, bring_back, nothing_came_of_it, published


def rebuilt(file: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """The backup with other members, and checksums that fit them."""
    with tarfile.open(file) as tar:
        held = {member.name: tar.extractfile(member).read() for member in tar}  # type: ignore[union-attr]
    del held["checksums.json"]
    change(held)
    result = file.with_name("hostile.tar")
    result.unlink(missing_ok=True)
    with result.open("wb") as stream:
        writer = archive.Writer(stream, lambda _: None)
        for name, body in held.items():
            writer.add(name, io.BytesIO(body), len(body))
        writer.finish()
    return result


def in_database(*statements: str) -> Callable[[dict[str, bytes]], None]:
    def change(held: dict[str, bytes]) -> None:
        with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
            connection.deserialize(held["database.sqlite3"])
            for statement in statements:
                connection.execute(statement)
            held["database.sqlite3"] = connection.serialize()

    return change


def in_header(**values: Any) -> Callable[[dict[str, bytes]], None]:
    def change(held: dict[str, bytes]) -> None:
        held["backup.json"] = orjson.dumps({**orjson.loads(held["backup.json"]), **values})

    return change


def without_originals(held: dict[str, bytes]) -> None:
    for name in [name for name in held if name.endswith("original")]:
        del held[name]


def other_originals(held: dict[str, bytes]) -> None:
    held.update({name: b"other" for name in held if name.endswith("original")})


_BOMB = "UPDATE reading SET body = x'{}'"


@pytest.fixture
def file(storage: Storage, kb: KnowledgeBase, tmp_path: Path) -> Path:
    published(kb, b"one", "a.pdf")
    back_up(storage, kb, tmp_path / "kb.tar")
    return tmp_path / "kb.tar"


def bomb() -> str:
    import zlib

    packer = zlib.compressobj(9)
    pieces = [packer.compress(bytes(1 << 20)) for _ in range(70)]
    return _BOMB.format(b"".join([*pieces, packer.flush()]).hex())


@pytest.mark.parametrize(
    "change",
    [
        lambda held: held.update({"documents/../../../catalog.sqlite3": b"x"}),
        lambda held: held.update({"/etc/cron.d/x": b"x"}),
        lambda held: held.update({"kb.sqlite3": b"x"}),
        lambda held: held.update({f"documents/{'a' * 32}/01/document.md": b"x"}),
        lambda held: held.pop("database.sqlite3"),
        lambda held: held.update({"database.sqlite3": b"no database"}),
        lambda held: held.update({"database.sqlite3": held["database.sqlite3"][:8192]}),
        without_originals,
        other_originals,
        in_header(knowledge_base={"name": "x"}),
        in_header(surprise=1),
        in_header(schema="0001"),
        in_database("CREATE TRIGGER t AFTER UPDATE ON unit BEGIN DELETE FROM page; END"),
        in_database("ALTER TABLE page ADD COLUMN extra TEXT"),
        in_database("UPDATE document SET id = '../../../../tmp/x'", "PRAGMA foreign_keys = OFF"),
        in_database("UPDATE run SET run = 'x'"),
        in_database("UPDATE run SET status = 'odd'"),
        in_database("""UPDATE run SET settings = '{"chunks_of": "../../x"}'"""),
        in_database("UPDATE run SET settings = 'no JSON'"),
        in_database("UPDATE unit SET stage = 'paint' WHERE stage = 'store'"),
        in_database("UPDATE unit SET last = 1000000000 WHERE stage = 'render'"),
        in_database("UPDATE page SET rotation = '../../x'"),
        in_database("UPDATE page SET rotation = 45"),
        in_database("INSERT INTO cleanup VALUES ('../..', 1, 1, 0, 'b', 0)"),
        in_database("UPDATE embedding SET vector = x'00'"),
        in_database("UPDATE embedding SET vector = 'text'"),
        in_database("UPDATE knowledge SET dimension = NULL"),
        in_database("DELETE FROM knowledge"),
        in_database("UPDATE reading SET body = 'text'"),
        in_database("UPDATE reading SET body = x'00'"),
        in_database(bomb()),
    ],
)  # fmt: skip
def test_a_backup_that_is_none_of_ours_is_refused(
    storage: Storage, file: Path, change: Callable[[dict[str, bytes]], None]
) -> None:
    with pytest.raises(BackupError):
        bring_back(storage, rebuilt(file, change), "again")
    nothing_came_of_it(storage)


def test_a_backup_of_a_newer_pagemill_is_refused(storage: Storage, file: Path) -> None:
    for change in (in_header(format=2, schema="9999"), in_header(schema="9999")):
        with pytest.raises(migrate.NewerData, match="newer Pagemill"):
            bring_back(storage, rebuilt(file, change), "again")
    nothing_came_of_it(storage)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_nothing_but_plain_files_is_taken(storage: Storage, file: Path, tmp_path: Path, kind: bytes) -> None:
    member = tarfile.TarInfo(f"documents/{'a' * 32}/original")
    member.type, member.linkname = kind, "/etc/passwd"
    (tmp_path / "links.tar").write_bytes(
        file.read_bytes()[:1024] + member.tobuf(tarfile.GNU_FORMAT) + file.read_bytes()[1024:]
    )
    with pytest.raises(BackupError, match="no backup of Pagemill"):
        bring_back(storage, tmp_path / "links.tar", "again")
    nothing_came_of_it(storage)


def test_a_name_given_twice_is_refused(storage: Storage, file: Path, tmp_path: Path) -> None:
    whole = file.read_bytes()
    (tmp_path / "twice.tar").write_bytes(whole[:1024] + whole)
    with pytest.raises(BackupError, match="twice"):
        bring_back(storage, tmp_path / "twice.tar", "again")


def test_a_backup_cut_off_or_changed_anywhere_is_refused(storage: Storage, file: Path, tmp_path: Path) -> None:
    whole = file.read_bytes()
    broken = tmp_path / "broken.tar"
    for part in range(1, 20):
        broken.write_bytes(whole[: len(whole) * part // 20])
        with pytest.raises(BackupError):
            bring_back(storage, broken, "again")
    with tarfile.open(file) as tar:
        members = list(tar)
    places = [place for one in members for place in (one.offset + 20, one.offset_data, one.offset_data + one.size // 2)]
    for at in places:
        broken.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises((BackupError, migrate.NewerData)):
            bring_back(storage, broken, "again")
    nothing_came_of_it(storage)


def test_a_backup_of_the_first_schema_is_brought_up_to_date(
    storage: Storage, kb: KnowledgeBase, file: Path, tmp_path: Path
) -> None:
    old = tmp_path / "old.sqlite3"
    migrate.upgrade(old, "kb", 5.0, to="0001")
    document, digest = "a" * 32, hashlib.sha256(b"old").hexdigest()
    with closing(sqlite3.connect(old)) as connection:
        connection.execute(
            "INSERT INTO document (id, sha256, filename, kind, size_bytes, metadata, tags, batch, created_at, run,"
            f" version) VALUES ('{document}', '{digest}', 'old.pdf', 'pdf', 3, '{{}}', '[]', 'b',"
            " '2026-11-01T00:00:00Z', 1, 0)"
        )
        connection.execute(
            "INSERT INTO run (document, run, status, cause, settings, created_at)"
            f" VALUES ('{document}', 1, 'cancelled', 'upload', '{{}}', '2026-11-01T00:00:00Z')"
        )
        connection.commit()
        connection.execute("PRAGMA journal_mode = DELETE")

    def change(held: dict[str, bytes]) -> None:
        in_header(schema="0001")(held)
        held["database.sqlite3"] = old.read_bytes()
        held[f"documents/{document}/original"] = b"old"

    again = storage.open(bring_back(storage, rebuilt(file, change), "again").id)
    assert migrate.revision_of(again.folder / "kb.sqlite3") == migrate.head("kb")
    assert status.status(again, document)["filename"] == "old.pdf"
    assert [path.name for path in (again.folder / "documents").iterdir()] == [document], "files that nobody knows"
