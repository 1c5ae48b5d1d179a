"""Moving knowledge bases between engines, and files between places: all of it, verified, never in service twice."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from actors.sweep import Sweep
from cli.main import app
from pipeline import settings
from pipeline.errors import PermanentError, ServiceUnavailable
from pipeline.settings import SweepSettings
from storage import documents, elsewhere, keys, ledger, passwords, pauses, transfer
from storage.catalog import KnowledgeBase, Storage
from storage.database import Missing
from storage.moving import Damaged, Move, MoveError
from tests.object_server import ObjectServer
from tests.postgresql import PostgreSQL
from tests.unit import builders
from tests.unit.movables import SECRET, fill, holdings, storage_on
from tests.unit.test_storage_control import _Messages


@pytest.fixture
def own_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What a command in this process must be given; what it sets for itself is undone."""
    monkeypatch.setenv("PAGEMILL_STORAGE__DATA", str(tmp_path / "data"))
    settings.load.cache_clear()
    yield ["--data", str(tmp_path / "data")]
    settings.load.cache_clear()


@pytest.fixture
def opened() -> Iterator[Callable[..., Storage]]:
    """Pagemills that are closed at the end."""
    made: list[Storage] = []

    def opened(*args: object, **kwargs: object) -> Storage:
        made.append(storage_on(*args, **kwargs))  # type: ignore[arg-type]
        return made[-1]

    yield opened
    for one in made:
        one.close()


Opened = Callable[..., Storage]


@pytest.fixture
def letters(opened: Opened, tmp_path: Path) -> Storage:
    """On SQLite, full of documents."""
    storage = opened(tmp_path / "data")
    storage.prepare()
    fill(storage)
    return storage


def quiet(*_: object) -> None:
    """Progress that nobody looks at."""


def move_all(source: Storage, target: Storage) -> list[str]:
    move = Move(source, target)
    move.prepare()
    wanted = move.listed()
    assert move.problems(wanted) == []
    move.announce(wanted)
    return [move.one(one, quiet).name for one in wanted]


def test_all_goes_to_postgresql_and_to_another_and_back(
    letters: Storage, opened: Opened, postgresql: PostgreSQL, tmp_path: Path
) -> None:
    before = holdings(letters)
    key, shown = keys.make(letters.catalog, "reader", "read", list(before))
    keys.revoke(letters.catalog, keys.make(letters.catalog, "old", "admin")[0].id)
    pauses.pause(letters.catalog, "ocr")
    one, two = (opened(tmp_path / "data", postgresql.new_database()) for _ in range(2))
    assert move_all(letters, one) == ["信件 Letters", "People"]
    assert holdings(one) == before and len(before) == 2
    assert letters.knowledge_bases() == [] and elsewhere.listed(one.catalog) == {}
    assert keys.find(one.catalog, shown) == key
    assert [found.revoked_at is None for found in keys.listing(one.catalog)] == [True, False]
    assert pauses.paused(one.catalog).keys() == {"ocr"}
    [first, _] = one.knowledge_bases()
    kb = one.open(first["id"])
    builders.done(kb, b"new", "new.pdf")  # numbers go on behind those that came along
    documents.delete(kb, next(document for document in _ids(kb, "new.pdf")))
    assert [ready.document for ready in ledger.waiting(kb, "ocr")] == _ids(kb, "three.pdf"), "given back, uncounted"
    before = holdings(one)
    assert len(move_all(one, two)) == 2 and holdings(two) == before
    assert len(move_all(two, letters)) == 2 and holdings(letters) == before
    assert holdings(two) == {} and elsewhere.listed(letters.catalog) == {}
    assert len(list((tmp_path / "data").glob("kb/*/moved-*.sqlite3"))) == 2, "what it was before is kept"


def _ids(kb: KnowledgeBase, name: str) -> list[str]:
    with kb.db.read() as connection:
        return list(connection.execute(text("SELECT id FROM document WHERE filename = :n"), {"n": name}).scalars())


def test_to_another_data_folder_files_go_too_and_vectors_are_written_there(
    letters: Storage, opened: Opened, tmp_path: Path
) -> None:
    before = holdings(letters)
    target = opened(tmp_path / "other")
    target.prepare()
    passwords.seal(target.file_store, "x", 1, "has a key of its own by now")
    move_all(letters, target)
    after = holdings(target)
    for kb_id, held in before.items():
        assert after[kb_id]["files"] == held["files"] and any(held["files"].values())
        assert after[kb_id]["hits"] == held["hits"] and after[kb_id]["chunk"] == held["chunk"]
        kb = target.open(kb_id)
        with kb.db.read() as connection:
            rows = "SELECT id FROM document WHERE published_run IS NOT NULL AND deleted_at IS NULL"
            published = connection.execute(text(rows)).scalars().all()
            sealed = connection.execute(text("SELECT document, run, password FROM run WHERE password NOT NULL")).all()
        assert published and {one.document for one in ledger.waiting(kb, "store")} == set(published)
        assert [passwords.unseal(target.file_store, *row) for row in sealed] == [SECRET] * len(sealed)
    assert holdings(letters) == {} and (letters.data / "kb").is_dir()


def test_a_difference_is_named_and_leaves_all_as_it_was(
    letters: Storage, opened: Opened, postgresql: PostgreSQL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = holdings(letters)
    target = opened(tmp_path / "data", postgresql.new_database())
    copy = transfer.copy_rows
    damages = {
        "UPDATE page SET width_pt = width_pt + 1e-9 WHERE page_number = 2": r"page_number 2\) differs in width_pt",
        "DELETE FROM embedding": "embedding .* is in one of them only",
        "UPDATE chunk_fts SET terms = 'x' || terms": "chunk_fts .* differs in terms",
        "UPDATE correction SET box = '{}'": "correction .* differs in box",
    }
    move = Move(letters, target)
    move.prepare()
    [wanted, _] = move.listed()
    for damage, words in damages.items():

        def damaged(source: object, connection: object, told: object, damage: str = damage) -> None:
            copy(source, connection)  # type: ignore[arg-type]
            connection.execute(text(damage))  # type: ignore[attr-defined]

        monkeypatch.setattr(transfer, "copy_rows", damaged)
        with pytest.raises(MoveError, match=f"(?s){words}"):
            move.one(wanted, quiet)
        assert not target.databases.of(wanted["id"]).exists() and target.knowledge_bases() == []
        assert holdings(letters) == before
    monkeypatch.undo()
    move_all(letters, target)
    assert holdings(target) == before


def test_files_that_are_missing_already_stop_it_unless_that_is_accepted(
    letters: Storage, opened: Opened, tmp_path: Path
) -> None:
    target = opened(tmp_path / "other")
    move = Move(letters, target)
    move.prepare()
    [wanted, _] = move.listed()
    kb = letters.open(wanted["id"])
    [missing], [torn] = _ids(kb, "报告.pdf"), _ids(kb, "two.pdf")
    kb.files(missing).json(1).drop()
    builders.on_disk(kb.files(torn).original).write_bytes(b"TWO")
    assert move.look(wanted).damaged == [missing]
    with pytest.raises(Damaged, match=f"of 1 documents .*{missing}"):
        move.one(wanted, quiet)
    assert len(letters.knowledge_bases()) == 2 and not target.databases.of(kb.id).exists()
    moved = move.one(wanted, quiet, accept_damage=True)
    assert moved.damaged == sorted([missing, torn])
    assert target.open(kb.id).files(torn).original.get() == b"TWO"


def test_who_comes_to_write_meanwhile_waits_and_finds_it_gone(
    letters: Storage, opened: Opened, postgresql: PostgreSQL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A web server that nobody stopped."""
    one, two = opened(tmp_path / "data", postgresql.new_database()), opened(tmp_path / "data")
    for source, target in ((letters, one), (one, two)):
        move = Move(source, target)
        move.prepare()
        move.announce(move.listed())
        [wanted, *_] = move.listed()
        kb = source.open(wanted["id"])
        came, said = threading.Event(), list[object]()

        def write(kb: KnowledgeBase = kb, came: threading.Event = came, said: list[object] = said) -> None:
            try:
                came.set()
                with kb.db.write() as connection:
                    connection.execute(text("UPDATE knowledge SET version = version + 1"))
                said.append("written")
            except (Missing, ServiceUnavailable) as error:
                said.append(error)

        writer = threading.Thread(target=write)

        def leaving(
            *args: object, writer: threading.Thread = writer, came: threading.Event = came, leave: Any = elsewhere.leave
        ) -> object:
            writer.start()
            came.wait(10)
            return leave(*args)

        monkeypatch.setattr(elsewhere, "leave", leaving)
        move.one(wanted, quiet)
        writer.join()
        monkeypatch.undo()
        assert isinstance(said[0], Missing), said
        kb.db.close()
        with pytest.raises(PermanentError, match="no knowledge base"):
            source.knowledge_base(wanted["id"])


def test_a_database_that_is_written_to_is_not_moved(letters: Storage, opened: Opened, tmp_path: Path) -> None:
    target = opened(tmp_path / "other")
    move = Move(letters, target)
    move.prepare()
    [wanted, _] = move.listed()
    with closing(sqlite3.connect(tmp_path / "data" / "kb" / wanted["id"] / "kb.sqlite3")) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM document")
        with closing(sqlite3.connect(tmp_path / "data" / "kb" / wanted["id"] / "kb.sqlite3")) as writer:
            writer.execute("UPDATE knowledge SET version = version + 1")
            writer.commit()
            with pytest.raises(ServiceUnavailable, match="in use by another program"):
                move.one(wanted, quiet)
    assert move.one(wanted, quiet).name == wanted["name"]


def test_names_that_are_taken_and_what_is_there_already_are_told_before(
    letters: Storage, opened: Opened, tmp_path: Path
) -> None:
    with pytest.raises(MoveError, match="All is there already"):
        Move(letters, opened(tmp_path / "data"))
    target = opened(tmp_path / "other")
    target.prepare()
    target.create_knowledge_base("PEOPLE", ["en"], "auto")
    keys.make(target.catalog, "of its own", "admin")
    keys.make(letters.catalog, "mine", "admin")
    move = Move(letters, target)
    move.prepare()
    assert [words for words in move.problems(move.listed())] == [
        "Another knowledge base there is named “People” too; rename one of them."
    ]
    assert move.problems(move.listed("信件 Letters")) == []
    assert move.announce(move.listed("信件 Letters")) is False, "keys would be mixed"
    letters.delete_knowledge_base(letters.knowledge_base("People")["id"])
    assert "1 deleted knowledge bases are not removed from disk" in move.problems(move.listed())[0]


def test_one_that_was_moved_is_told_and_can_be_removed_where_it_was(
    letters: Storage, opened: Opened, postgresql: PostgreSQL, tmp_path: Path
) -> None:
    target, third = opened(tmp_path / "data", postgresql.new_database()), opened(tmp_path / "third")
    move = Move(letters, target)
    move.prepare()
    move.announce(move.listed())
    [wanted, _] = move.listed()
    with pytest.raises(MoveError, match="not at its target"):
        move.remove_source(wanted["id"])
    moved = move.one(wanted, quiet)
    [kept] = moved.kept
    with closing(sqlite3.connect(kept)) as copy:
        assert copy.execute("SELECT count(*) FROM document").fetchone() == (moved.rows["document"],)
    assert [again.finished for again in map(lambda one: move.one(one, quiet), move.listed("信件 Letters"))] == [True]
    assert [one["name"] for one in move.listed() if isinstance(one, dict)] == ["People"] and len(move.listed()) == 1
    with pytest.raises(MoveError, match=r"“信件 Letters” was moved on \d{4}-\d\d-\d\d: PostgreSQL at "):
        Move(letters, third).listed("信件 Letters")
    move.remove_source(wanted["id"])
    assert not Path(kept).exists() and len(holdings(target)) == 1
    assert (tmp_path / "data" / "kb" / wanted["id"] / "documents").is_dir(), "its originals lie there"


def test_the_sweep_of_neither_removes_what_the_other_serves(
    letters: Storage, opened: Opened, postgresql: PostgreSQL, tmp_path: Path
) -> None:
    """On one data folder; with one of two moved, and before anything was."""
    target = opened(tmp_path / "data", postgresql.new_database())

    def sweep_both() -> None:
        for storage in (letters, target):
            rules = storage.settings.model_copy(update={"sweep": SweepSettings(orphan_age_s=1e-6)})
            sweep = Sweep(rules, storage, _Messages())
            for _ in range(3):
                sweep._remove_unlisted()

    before = holdings(letters)
    target.prepare()
    own = target.create_knowledge_base("its own", ["en"], "auto")["id"]
    original = builders.upload(target.open(own), b"own").id
    sweep_both()
    assert holdings(letters) == before and target.open(own).files(original).original.exists()
    move = Move(letters, target)
    move.prepare()
    move.announce(move.listed())
    move.one(move.listed()[0], quiet)
    sweep_both()
    held = holdings(letters) | holdings(target)
    assert all(held[kb_id] == before[kb_id] for kb_id in before)


def test_files_go_into_a_bucket_and_back_with_their_databases_or_alone(
    letters: Storage,
    opened: Opened,
    object_server: ObjectServer,
    postgresql: PostgreSQL,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = holdings(letters)
    bucket = object_server.settings("moved")
    url = postgresql.new_database()
    target = opened(tmp_path / "data", url, **bucket)
    move_all(letters, target)
    assert holdings(target) == before
    folder = opened(tmp_path / "third", url)
    alone = Move(target, folder)
    assert (alone.of_databases, alone.of_files) == (False, True)
    alone.prepare()
    wanted = alone.listed()
    assert alone.problems(wanted) == []
    for one in wanted:
        assert alone.one(one, quiet).files > 0
        alone.remove_source(one["id"])  # type: ignore[index]
    assert holdings(folder) == before
    (tmp_path / "another name").symlink_to(tmp_path / "third")
    monkeypatch.setattr(Path, "resolve", lambda path: path)  # as where one folder is mounted twice
    twice = Move(folder, opened(tmp_path / "another name", url))
    with pytest.raises(MoveError, match="one place, which has two names"):
        twice.remove_source(wanted[0]["id"])  # type: ignore[index]
    assert holdings(folder) == before
    assert target.file_store.listing is not None and not target.file_store.listing.keys("kb", None, 10)


def test_the_command_says_what_it_did_and_refuses_what_it_should(
    letters: Storage, postgresql: PostgreSQL, tmp_path: Path, own_command: list[str]
) -> None:
    run = CliRunner()
    url = postgresql.new_database().replace("@", ":hush@")
    for arguments, words in (
        ([], "name knowledge bases, or give --all"),
        (["--all"], "--to, or --files-to"),
        (["x", "--files-to", "s3://some-bucket"], "give --all"),
        (["--all", "--to", "sqlite://host/x"], "path of a data folder"),
        (["--all", "--files-to", "ftp://x"], "s3://BUCKET"),
    ):
        told = run.invoke(app, ["move", *arguments, *own_command])
        assert told.exit_code == 2 and words in "".join(told.output.replace("│", "").split("\n")), told.output
    told = run.invoke(app, ["move", "--all", "--to", url, "--dry-run", *own_command])
    assert told.exit_code == 0 and "“People”: 1 documents" in told.output and "Nothing was changed" in told.output
    assert len(letters.knowledge_bases()) == 2
    told = run.invoke(app, ["move", "People", "--to", url, *own_command])
    assert (
        told.exit_code == 0 and "set storage.database_url to the address" in told.output and "hush" not in told.output
    )
    assert [one["name"] for one in letters.knowledge_bases()] == ["信件 Letters"]
    told = run.invoke(app, ["move", "--all", "--to", url, "--remove-source", *own_command])
    assert told.exit_code == 0 and "信件 Letters" in told.output
    assert not list((tmp_path / "data").glob("kb/*/*.sqlite3"))


def test_a_pagemill_that_runs_is_not_moved(
    letters: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_command: list[str]
) -> None:
    from cli import move
    from cli.up import UpError, locked
    from storage import workers

    monkeypatch.setattr(move, "_QUIET_S", 0.0)
    arguments = ["move", "--all", "--to", f"sqlite:{tmp_path / 'other'}", *own_command]
    with locked(tmp_path / "data"):
        assert isinstance(CliRunner().invoke(app, arguments).exception, UpError)
    workers.beat(letters.catalog, "w", "ocr", "now", [], 0)
    told = CliRunner().invoke(app, arguments)
    assert isinstance(told.exception, MoveError) and "ocr on" in str(told.exception)
    assert len(letters.knowledge_bases()) == 2
