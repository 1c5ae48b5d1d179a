"""Backup files: what goes in, what stays out, and what comes back."""

from __future__ import annotations

import errno
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from pipeline.errors import PermanentError
from pipeline.settings import Settings, StorageSettings
from storage import (
    archive,
    arrival,
    backup,
    cleanup,
    documents,
    failures,
    ledger,
    overview,
    reprocess,
    runs,
    search,
    sqlite,
    status,
)
from storage.archive import BackupError
from storage.catalog import KnowledgeBase, Storage
from tests.stack import until
from tests.unit import builders
from tests.unit.backups import back_up, bring_back, files_of, names_in, nothing_came_of_it, published, with_results


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Storage]:
    """Another data folder, as on another machine."""
    storage = Storage(Settings(storage=StorageSettings(data=tmp_path / "elsewhere")))
    storage.prepare()
    yield storage
    for record in storage.knowledge_bases():
        storage.open(record["id"]).db.close()
    storage.catalog.close()


def test_what_was_backed_up_comes_back_in_a_new_knowledge_base(
    storage: Storage, kb: KnowledgeBase, elsewhere: Storage, tmp_path: Path
) -> None:
    done = published(kb, b"one", "报告.pdf")
    claimed = builders.upload(kb, b"two").id
    builders.claim(kb, claimed, "render")
    made = back_up(storage, kb, tmp_path / "kb.tar")
    assert (made.documents, made.left_out) == (2, []) and made.size_bytes == (tmp_path / "kb.tar").stat().st_size
    assert (tmp_path / "kb.tar").stat().st_mode & 0o077 == 0, "others may read it"
    back = bring_back(elsewhere, tmp_path / "kb.tar")
    assert back.id != kb.id and (back.name, back.documents, back.in_work) == ("测试", 2, 1)
    again = elsewhere.open(back.id)
    assert status.status(again, done)["filename"] == "报告.pdf"
    assert files_of(again, done) == files_of(kb, done) and files_of(again, claimed) == files_of(kb, claimed)
    found = search.search(again, "three", vector=None, mode="keyword", limit=5, rules=storage.settings.search)
    assert [hit.document for hit in found.hits] == [done], "not found by its words before its vectors are back"
    assert builders.states(again, done)["store 0-0"] == "ready" and builders.states(kb, done)["store 0-0"] == "done"
    assert builders.states(again, claimed) == {"render 1-2": "ready"}
    assert [unit.document for unit in ledger.waiting(again, "render")] == [claimed]
    assert elsewhere.active() == [(back.id, 1)], "neither dispatch nor sweep would look at it"
    builders.publish(again, done)
    assert status.status(again, done)["status"] == "done"
    before, after = (status.status(one, done) for one in (kb, again))
    for name in ("pages", "fields", "metadata", "tags", "language", "published_run", "created_at", "error"):
        assert before[name] == after[name], name


def test_units_of_another_machine_let_go_of_its_workers_and_clock(
    storage: Storage, kb: KnowledgeBase, tmp_path: Path
) -> None:
    document = builders.upload(kb, b"two").id
    claim = builders.claim(kb, document, "render")
    builders.pages.page_count_known(claim, 2)
    builders.pages.settle_render(claim, [builders.image_page(1), builders.image_page(2)])
    held = builders.claim(kb, document, "ocr", "1-1")
    ledger.attempt_failed(held, "crashes", {"code": "page_crashed", "message": "", "detail": None}, builders.RULES)
    builders.claim(kb, document, "ocr", "1-1")
    back_up(storage, kb, tmp_path / "kb.tar")
    again = storage.open(bring_back(storage, tmp_path / "kb.tar", "again").id)
    with again.db.read() as connection:
        units = connection.execute(text("SELECT * FROM unit WHERE stage = 'ocr' ORDER BY first")).mappings().all()
        images = connection.execute(text("SELECT count(*) FROM page WHERE image IS NOT NULL")).scalar_one()
    assert [(unit["state"], unit["crashes"], unit["losses"]) for unit in units] == [("ready", 1, 0), ("ready", 0, 0)]
    for unit in units:
        assert {unit[name] for name in ("token", "worker", "boot", "lease_until_s", "claimed_s", "not_before_s")} == {
            None
        }
    assert images == 0, "a path of another machine would be read, and then removed"


def test_a_result_behind_a_failed_run_stays_published_and_gets_its_vectors(
    storage: Storage, kb: KnowledgeBase, tmp_path: Path
) -> None:
    document = published(kb, b"one", "a.pdf")
    with kb.db.write() as connection:
        runs.open_run(connection, document, 2, "reprocess", builders.RUN_SETTINGS)
        runs.finish(connection, document, 2, "failed", {"code": "damaged", "message": "x", "detail": None})
    back_up(storage, kb, tmp_path / "kb.tar")
    again = storage.open(bring_back(storage, tmp_path / "kb.tar", "again").id)
    [waiting] = ledger.waiting(again, "store")
    assert (waiting.document, waiting.run) == (document, 1)
    builders.publish(again, document, run=1)
    told = status.status(again, document)
    assert (told["status"], told["published_run"]) == ("failed", 1)


def test_a_published_run_that_cannot_be_stored_once_more_is_listed(
    storage: Storage, kb: KnowledgeBase, tmp_path: Path
) -> None:
    document = published(kb, b"one", "a.pdf")
    with kb.db.write() as connection:
        runs.open_run(connection, document, 2, "reprocess", builders.RUN_SETTINGS)
    back_up(storage, kb, tmp_path / "kb.tar")
    again = storage.open(bring_back(storage, tmp_path / "kb.tar", "again").id)
    ledger.give_up(builders.claim(again, document, "store", run=1), PermanentError("internal", "no room"))
    told = failures.listed(again, "store", limit=9)
    assert [(one["document"], one["run"]) for one in told] == [(document, 1)]
    assert failures.documents(again, "store", None) == [document]
    assert overview.pipeline(storage)["stages"]["store"]["failed"] == 1
    assert failures.discard(again, "store", None) == 1 and failures.listed(again, "store", limit=9) == []


def test_pages_that_failed_in_the_published_run_are_not_told_beside_a_retry(kb: KnowledgeBase) -> None:
    document = builders.upload(kb, b"one").id
    first = builders.claim(kb, document, "render")
    builders.pages.page_count_known(first, 2)
    builders.pages.settle_render(first, [builders.read_page(1), (2, PermanentError("page_damaged", "torn"))])
    builders.through_embed(kb, document)
    builders.publish(kb, document)
    assert len(failures.listed(kb, "render", limit=9)) == 1
    reprocess.retry(kb, document, builders.RUN_SETTINGS)
    assert failures.listed(kb, "render", limit=9) == []


def test_a_restored_document_is_no_waiting_upload_and_stays_done_when_it_is_cancelled(
    storage: Storage, kb: KnowledgeBase, tmp_path: Path
) -> None:
    document = published(kb, b"one", "a.pdf")
    back_up(storage, kb, tmp_path / "kb.tar")
    again = storage.open(bring_back(storage, tmp_path / "kb.tar", "again").id)
    assert status.status(again, document)["status"] == "running"
    documents.require_room(again, 1)
    documents.cancel(again, document)
    told = status.status(again, document)
    assert (told["status"], told["published_run"]) == ("done", 1)
    assert cleanup.due(again) == [] and ledger.waiting(again, "store") == []
    builders.upload(again, b"two")
    with pytest.raises(PermanentError, match="no more than 1"):
        documents.require_room(again, 1)


def test_a_run_stored_once_more_never_takes_the_place_of_a_newer_one(kb: KnowledgeBase) -> None:
    document = published(kb, b"one", "a.pdf")
    with kb.db.write() as connection:
        arrival.store_again(connection, document, 1)
        runs.open_run(connection, document, 2, "reprocess", builders.RUN_SETTINGS)
    builders.render_all(kb, document, 1, run=2)
    builders.through_embed(kb, document, run=2)
    late = builders.claim(kb, document, "store", run=1)
    builders.publish(kb, document, run=2)
    with pytest.raises(ledger.LeaseLost), ledger.settling(late) as connection:
        runs.publish(connection, document, 1)
    assert status.status(kb, document)["published_run"] == 2
    assert not ledger.waiting(kb, "store"), "the older run would go on behind the newer one"


def test_a_document_deleted_while_it_is_stored_once_more_has_nothing_left_to_do(kb: KnowledgeBase) -> None:
    document = published(kb, b"one", "a.pdf")
    with kb.db.write() as connection:
        arrival.store_again(connection, document, 1)
        runs.open_run(connection, document, 2, "reprocess", builders.RUN_SETTINGS)
    documents.delete(kb, document)
    assert ledger.waiting(kb, "store") == [] == ledger.waiting(kb, "render")


def test_passwords_and_deleted_documents_do_not_leave(storage: Storage, kb: KnowledgeBase, tmp_path: Path) -> None:
    kept = published(kb, b"kept bytes", "kept.pdf")
    gone = published(kb, b"gone bytes", "vertraulich.pdf")
    with kb.db.write() as connection:
        connection.execute(text("UPDATE run SET password = :secret"), {"secret": b"sealed-password"})
        connection.execute(
            text("UPDATE chunk SET text = 'Quokka' || text WHERE document = :document"), {"document": gone}
        )
    documents.delete(kb, gone)
    assert back_up(storage, kb, tmp_path / "kb.tar").documents == 1
    content = (tmp_path / "kb.tar").read_bytes()
    for secret in (b"sealed-password", b"gone bytes", b"vertraulich", b"Quokka"):
        assert secret not in content
    again = storage.open(bring_back(storage, tmp_path / "kb.tar", "again").id)
    assert list(files_of(again, kept)) and cleanup.due(again) == []


def test_a_document_deleted_while_files_are_copied(
    storage: Storage, kb: KnowledgeBase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, gone = published(kb, b"1", "a.pdf"), published(kb, b"2", "b.pdf")
    after_copying(storage, monkeypatch, lambda: (documents.delete(kb, gone), kb.files(gone).remove()))
    made = back_up(storage, kb, tmp_path / "kb.tar")
    assert (made.documents, made.left_out) == (1, [])
    again = storage.open(bring_back(storage, tmp_path / "kb.tar", "again").id)
    assert files_of(again, kept) and not (again.folder / "documents" / gone).exists()


def test_what_was_copied_of_a_document_before_it_was_deleted_does_not_leave(
    storage: Storage, kb: KnowledgeBase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, gone, last = (published(kb, content, "a.pdf") for content in (b"first bytes", b"gone bytes", b"last bytes"))
    add = archive.Writer.add

    def adding(writer: archive.Writer, name: str, source: Any, size_bytes: int) -> None:
        add(writer, name, source, size_bytes)
        if name == f"documents/{gone}/original":
            documents.delete(kb, gone)
            kb.files(gone).remove()

    monkeypatch.setattr(archive.Writer, "add", adding)
    made = back_up(storage, kb, tmp_path / "kb.tar")
    assert (made.documents, made.left_out) == (2, [])
    assert b"gone bytes" not in (tmp_path / "kb.tar").read_bytes()
    assert not [name for name in names_in(tmp_path / "kb.tar") if gone in name]
    again = storage.open(bring_back(storage, tmp_path / "kb.tar", "again").id)
    assert all(files_of(again, kept) == files_of(kb, kept) for kept in (first, last))


def test_a_document_published_anew_while_files_are_copied(
    storage: Storage, kb: KnowledgeBase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = published(kb, b"1", "a.pdf")

    def publish_anew() -> None:
        with kb.db.write() as connection:
            runs.open_run(connection, document, 2, "reprocess", builders.RUN_SETTINGS)
        builders.render_all(kb, document, 1, run=2)
        builders.through_embed(kb, document, run=2)
        with_results(kb, document, 2)
        builders.publish(kb, document, run=2)
        kb.files(document).remove_run(1)

    after_copying(storage, monkeypatch, publish_anew)
    made = back_up(storage, kb, tmp_path / "kb.tar")
    assert (made.documents, made.left_out) == (1, [])
    again = storage.open(bring_back(storage, tmp_path / "kb.tar", "again").id)
    assert status.status(again, document)["published_run"] == 2
    assert again.files(document).markdown(2).get().decode() == f"# {document} 2"


def test_a_document_whose_files_are_gone_for_good_is_left_out_and_named(
    storage: Storage, kb: KnowledgeBase, tmp_path: Path
) -> None:
    broken, kept = published(kb, b"1", "a.pdf"), published(kb, b"2", "b.pdf")
    kb.files(broken).json(1).drop()
    made = back_up(storage, kb, tmp_path / "kb.tar")
    assert (made.documents, made.left_out) == (1, [broken])
    assert not [name for name in names_in(tmp_path / "kb.tar") if broken in name], "its original stayed"
    again = storage.open(bring_back(storage, tmp_path / "kb.tar", "again").id)
    assert files_of(again, kept)
    with again.db.read() as connection:
        assert connection.execute(text("SELECT id FROM document")).scalars().all() == [kept]


def after_copying(storage: Storage, monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Have something happen once, between the copy of the database and that of the files."""
    kind = type(storage.databases)
    copy = kind.copy_out
    acts = [act]

    def copying(*args: Any) -> None:
        copy(*args)
        if acts:
            acts.pop()()

    monkeypatch.setattr(kind, "copy_out", copying)


def test_a_copy_is_of_one_moment_and_ends_although_others_write_all_the_time(tmp_path: Path) -> None:
    source = sqlite.SQLite(tmp_path / "source.sqlite3", 5.0)
    sqlite.SQLite.create(source.path)
    with source.write() as connection:
        connection.exec_driver_sql("CREATE TABLE account (id INTEGER PRIMARY KEY, amount INTEGER, filler BLOB)")
        connection.exec_driver_sql(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)"
            " INSERT INTO account SELECT i, 100, zeroblob(3900) FROM n"
        )
    enough = threading.Event()
    moved = 0

    def write() -> None:
        nonlocal moved
        while not enough.is_set():
            with source.write() as connection:  # from the first page to the last, so that a copy in parts would show it
                connection.exec_driver_sql("UPDATE account SET amount = amount - 1 WHERE id = 1")
                connection.exec_driver_sql("UPDATE account SET amount = amount + 1 WHERE id = 10000")
            moved += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        seen: list[int] = []
        until(lambda: moved > 10, 30, "the writer to be at it")
        sqlite.copy(source.path, tmp_path / "copy.sqlite3", lambda left, _: seen.append(moved))
    finally:
        enough.set()
        writer.join()
        source.close()
    assert len(seen) > 3 and seen[-1] > seen[0], "nobody wrote between the parts of the copy"
    with closing(sqlite3.connect(tmp_path / "copy.sqlite3")) as copy:
        first, last, total = copy.execute(
            "SELECT max(iif(id = 1, amount, -9e9)), max(iif(id = 10000, amount, 0)), sum(amount) FROM account"
        ).fetchone()
        assert first + last == 200 and total == 100 * 10_000 and last > 100
        assert copy.execute("PRAGMA quick_check").fetchone() == ("ok",)
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith("copy")) == ["copy.sqlite3"]


def test_a_full_disk_leaves_no_torn_file(
    storage: Storage, kb: KnowledgeBase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    published(kb, b"1", "a.pdf")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    (tmp_path / "out").mkdir()
    with monkeypatch.context() as patch:
        patch.setattr(archive.Writer, "finish", full)
        with pytest.raises(BackupError, match="No space left"):
            back_up(storage, kb, tmp_path / "out" / "kb.tar")
    assert list((tmp_path / "out").iterdir()) == []
    back_up(storage, kb, tmp_path / "kb.tar")
    with monkeypatch.context() as patch:
        patch.setattr(archive.Reader, "save", full)
        with pytest.raises(BackupError, match="No space left"):
            bring_back(storage, tmp_path / "kb.tar", "again")
    nothing_came_of_it(storage)


def test_what_is_there_is_neither_overwritten_nor_doubled(storage: Storage, kb: KnowledgeBase, tmp_path: Path) -> None:
    back_up(storage, kb, tmp_path / "kb.tar")
    with pytest.raises(BackupError, match="is there already"):
        back_up(storage, kb, tmp_path / "kb.tar")
    with pytest.raises(PermanentError, match="--name"):
        bring_back(storage, tmp_path / "kb.tar")
    with pytest.raises(PermanentError, match="no knowledge base"):
        backup.back_up(storage, "none such", tmp_path / "other.tar", lambda *_: None)
    nothing_came_of_it(storage)
