"""Deleted is deleted: nothing is found, nothing comes back, and no byte on disk tells a word of it."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from actors.sweep import Sweep
from pipeline.errors import LeaseLost, PermanentError, ServiceUnavailable
from pipeline.types import Chunk
from storage import (
    chunks,
    cleanup,
    clock,
    documents,
    erasure,
    fulltext,
    ledger,
    migrate,
    pages,
    retention,
    runs,
    status,
)
from storage.catalog import KnowledgeBase, Storage
from storage.database import Missing
from storage.files import preview_folder
from storage.vectors import VectorStore
from tests.unit.builders import claim, done, publish, read_page, render_all, through_embed, upload
from tests.unit.test_storage_control import _Messages
from web.cache import Cache
from web.previews import Previews

WORDS = ("quetzalcoatlus", "麒麟瑞兽")


@pytest.fixture(autouse=True)
def no_chroma(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(VectorStore, "delete", lambda *_: None)
    monkeypatch.setattr(VectorStore, "drop", lambda *_: None)


def _published(kb: KnowledgeBase, content: bytes, *texts: str) -> str:
    document = upload(kb, content, f"{texts[0]}.pdf").id
    render_all(kb, document, 1)
    through_embed(kb, document, texts=texts)
    publish(kb, document)
    return document


def _clean(kb: KnowledgeBase) -> None:
    while due := cleanup.due(kb):
        cleanup.clean_run(kb, due[0], lease_s=0.0)


def _holding(folder: Path, words: tuple[str, ...]) -> set[str]:
    """Names of the files that hold one of the words, or a pair of its characters that stand together."""
    wanted = [part.encode() for word in words for part in (word, *(fulltext.terms(word) if len(word) < 8 else ()))]
    wanted = [part for part in wanted if len(part) > 3]
    return {
        path.name for path in folder.rglob("*") if path.is_file() and any(w in path.read_bytes() for w in wanted)
    }  # fmt: skip


@pytest.mark.files
def test_no_byte_tells_a_word_of_a_deleted_document(kb: KnowledgeBase) -> None:
    kept = _published(kb, b"kept", "an albatross, 信天翁")
    document = _published(kb, b"gone", *(f"{WORDS[0]} and {WORDS[1]} number {n}" for n in range(40)))
    kb.files(document).markdown(1).put(" ".join(WORDS).encode())
    assert {"kb.sqlite3-wal", "document.md"} <= _holding(kb.folder, WORDS)
    documents.delete(kb, document)
    _clean(kb)
    assert _holding(kb.folder, WORDS), "rows are gone, but neither the index nor the log forgets by itself"
    assert cleanup.unfinished(kb), "the sweep must come round again"
    assert erasure.erase(kb, 60.0)
    assert _holding(kb.folder, WORDS) == set()
    assert not cleanup.unfinished(kb)
    assert _holding(kb.folder, ("albatross", "信天翁")), "what was kept is there"
    with kb.db.read() as connection:
        found = connection.execute(text("SELECT count(*) FROM chunk_fts WHERE chunk_fts MATCH '\"信天\"'")).scalar()
    assert found == 1 and status.status(kb, kept)["status"] == "done"


@pytest.mark.files
def test_erasing_goes_on_where_it_was_interrupted_and_lets_others_write(kb: KnowledgeBase) -> None:
    document = _published(kb, b"gone", *(f"{WORDS[0]} {n}" for n in range(40)))
    other = _published(kb, b"other", "an albatross")
    documents.delete(kb, document)
    _clean(kb)
    assert not erasure.erase(kb, -1.0), "no time, nothing is done"
    with kb.db.read() as connection:
        assert erasure._phase(kb) == erasure._ASKED
        connection.execute(text("SELECT count(*) FROM chunk")).scalar()
        assert not erasure.erase(kb, 60.0), "a reader still sees the log"
    assert cleanup.unfinished(kb)
    documents.delete(kb, other)
    assert not erasure.erase(kb, 60.0), "it waits for the other's clean-up, to do both at once, and says so"
    assert _holding(kb.folder, WORDS)
    _clean(kb)
    assert erasure.erase(kb, 60.0)
    assert _holding(kb.folder, (*WORDS, "albatross")) == set()


@pytest.mark.parametrize("state", ["queued", "rendering", "read", "extracted", "embedded", "published", "cancelled"])
def test_in_whatever_state_it_is_deleted(kb: KnowledgeBase, state: str) -> None:
    document = upload(kb).id
    held = None
    if state == "rendering":
        held = claim(kb, document, "render")
    if state in ("read", "extracted", "embedded", "published"):
        render_all(kb, document, 3)
        held = claim(kb, document, "extract") if state == "read" else None
    if state in ("embedded", "published"):
        through_embed(kb, document)
    if state == "extracted":
        cut = [Chunk(0, "one", "", (), 3)]
        chunks.settle_extract(claim(kb, document, "extract"), cut, "en", {}, 10)
        held = claim(kb, document, "embed")
    if state == "embedded":
        held = claim(kb, document, "store")
    if state == "published":
        publish(kb, document)
    if state == "cancelled":
        documents.cancel(kb, document)
    documents.delete(kb, document)
    with pytest.raises(PermanentError, match="no document"):
        status.status(kb, document)
    if held is not None:
        with pytest.raises(LeaseLost):
            ledger.require_held(held)
        with pytest.raises(LeaseLost), ledger.settling(held):
            pytest.fail("the fence let a deleted document's worker in")
    _clean(kb)
    assert erasure.erase(kb, 60.0)
    with kb.db.read() as connection:
        for table in ("document", "run", "unit", "page", "reading", "chunk", "chunk_fts", "embedding", "cleanup"):
            left = connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one()
            assert left == 0, f"{left} rows in {table}"
    assert list((kb.folder / "documents").iterdir()) == []


def test_a_run_of_many_chunks_is_removed_in_short_transactions(
    kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = done(kb, b"1")
    monkeypatch.setattr(chunks, "_DELETED_AT_ONCE", 1)
    begun: list[object] = []
    original = chunks.delete_chunks

    def delete_chunks(connection: Connection, *arguments: Any) -> int:
        begun.append(connection.get_transaction())
        return original(connection, *arguments)

    monkeypatch.setattr(chunks, "delete_chunks", delete_chunks)
    chunks.delete_run_chunks(kb, document, 1)
    assert len({id(transaction) for transaction in begun}) == 4, "three chunks, and none left"


def test_a_worker_cannot_go_on_in_the_file_of_a_deleted_knowledge_base(storage: Storage, kb: KnowledgeBase) -> None:
    """Even where whoever deleted it died before it could stop its runs."""
    document = upload(kb).id
    held = claim(kb, document, "render")
    worker = Storage(storage.settings)  # another process, with a connection that stays open
    ledger.require_held(ledger.Claim(**{**_fields(held), "kb": worker.open(kb.id)}))
    storage.delete_knowledge_base(kb.id)
    sweep = Sweep(storage.settings, storage, _Messages())
    sweep._remove(kb.id)
    assert not kb.folder.exists()
    for write in (
        lambda: ledger.require_held(held),
        lambda: ledger.renew(held, storage.settings.ledger),
        lambda: pages.settle_render(held, [read_page(1)]),
    ):
        with pytest.raises(LeaseLost):
            write()
    with pytest.raises(Missing), worker.open(kb.id).db.read():
        pytest.fail("a deleted file was read")
    assert not kb.folder.exists()
    worker.catalog.close()


def _fields(held: ledger.Claim) -> dict[str, object]:
    return {name: getattr(held, name) for name in held.__slots__}


def test_its_files_go_while_chroma_is_away(
    storage: Storage, kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_: VectorStore) -> None:
        raise ServiceUnavailable("Chroma: away")

    monkeypatch.setattr(VectorStore, "drop", away)
    upload(kb)
    storage.delete_knowledge_base(kb.id)
    with pytest.raises(ServiceUnavailable):
        storage.remove_remains(kb.id, last=True)
    assert not kb.folder.exists() and storage.deleted_knowledge_bases() == [kb.id], "it comes round again"
    monkeypatch.setattr(VectorStore, "drop", lambda _: None)
    storage.remove_remains(kb.id, last=True)
    assert storage.deleted_knowledge_bases() == []
    assert _holding(storage.data, ("测试",)) == set(), "its name is gone from the catalogue too"


def test_leases_expire_everywhere_before_chroma_is_waited_for(
    storage: Storage, kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents.delete(kb, done(kb, b"deleted"))
    other = storage.open(storage.create_knowledge_base("other", ["en"], "auto")["id"])
    lost = upload(other).id
    claim(other, lost, "render")
    with other.db.write() as connection:
        connection.execute(text("UPDATE unit SET lease_until_s = 0 WHERE state = 'claimed'"))
    seen: list[str | None] = []

    def wait(*_: object) -> None:
        seen.append(ledger.state_of(other, lost, 1, "render", "1-2"))

    monkeypatch.setattr(VectorStore, "delete", wait)
    Sweep(storage.settings, storage, _Messages()).round()
    assert seen == ["ready"]


def test_of_a_deleted_document_only_vectors_are_left_while_chroma_is_away(
    kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise ServiceUnavailable("Chroma: away")

    document = done(kb, b"1")
    preview = preview_folder(kb.data, kb.id, document)
    preview.mkdir(parents=True)
    documents.delete(kb, document)
    monkeypatch.setattr(VectorStore, "delete", away)
    with pytest.raises(ServiceUnavailable):
        _clean(kb)
    assert not (kb.folder / "documents" / document).exists() and not preview.exists()
    with kb.db.read() as connection:
        for table in ("chunk", "chunk_fts", "embedding", "page", "reading", "unit"):
            assert connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one() == 0, table
    deleted: list[object] = []
    monkeypatch.setattr(VectorStore, "delete", lambda _, *which: deleted.append(which))
    _clean(kb)
    assert deleted == [(document, 1, 3), (document, 1, 3)], "once it is back, the vectors go, and late ones too"
    assert erasure.erase(kb, 60.0) and not cleanup.unfinished(kb)


@pytest.mark.files
def test_preparing_brings_no_deleted_knowledge_base_back(
    storage: Storage, kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage.delete_knowledge_base(kb.id)
    storage.remove_remains(kb.id, last=True)
    listed: list[tuple[Path, migrate.Line]] = [(kb.db.path, "kb")]  # just before it was removed
    monkeypatch.setattr(migrate, "_databases", lambda _: listed)
    storage.prepare()
    assert not kb.folder.exists()


def test_documents_are_deleted_once_they_are_too_old(storage: Storage, kb: KnowledgeBase) -> None:
    old, in_work, young = done(kb, b"old"), upload(kb, b"in work").id, done(kb, b"young")
    days = {old: 31, in_work: 400, young: 29}
    with kb.db.write() as connection:
        for document, age in days.items():
            connection.execute(
                text("UPDATE document SET created_at = :then WHERE id = :id"),
                {"then": clock.wall(datetime.timedelta(days=age)), "id": document},
            )
    sweep = Sweep(storage.settings, storage, _Messages())
    sweep.round()
    assert status.status(kb, old)["status"] == "done", "without retention all is kept"
    storage.change_knowledge_base(kb.id, retention_days=30)
    sweep._full_scan_at = 0.0
    sweep.round()
    assert status.status(kb, young)["status"] == "done"
    for document in (old, in_work):
        with pytest.raises(PermanentError, match="no document"):
            status.status(kb, document)
    assert [id_ for id_, _ in storage.active()] == [kb.id], "their clean-up was announced"
    assert retention.delete_expired(kb, 30) == 0


@pytest.mark.parametrize("status_", ["done", "failed", "queued"])
def test_what_is_uploaded_again_is_kept_from_then_on(
    kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch, status_: str
) -> None:
    document, other = (done(kb, b"1") if status_ == "done" else upload(kb, b"1").id), upload(kb, b"2").id
    with kb.db.write() as connection:
        if status_ == "failed":
            runs.finish(connection, document, 1, "failed")
        long_ago = {"then": clock.wall(datetime.timedelta(days=31))}
        connection.execute(text("UPDATE document SET created_at = :then"), long_ago)
    again = upload(kb, b"1")
    assert again.id == document and again.duplicate == (status_ != "failed")
    in_short_transactions = retention.in_short_transactions

    def meanwhile(*args: Any) -> tuple[int, int]:
        upload(kb, b"2")
        return in_short_transactions(*args)

    monkeypatch.setattr(retention, "in_short_transactions", meanwhile)
    assert retention.delete_expired(kb, 30) == 0
    assert {status.status(kb, one)["id"] for one in (document, other)} == {document, other}
    assert retention.delete_expired(kb, -1) == 2


def test_what_is_drawn_of_a_deleted_document_does_not_stay(
    storage: Storage, kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A child may be drawing a page when its document, or all of its knowledge base, is deleted and cleaned up."""
    document, other = done(kb, b"1"), done(kb, b"2")
    previews = Previews(storage.settings, Cache(storage.settings))

    def draw(path: Path, *_: object) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"a page of it")

    monkeypatch.setattr(previews, "_draw_into", draw)
    path = preview_folder(kb.data, kb.id, document) / "1-960.jpg"
    previews._draw(kb, document, "pdf", 1, 0, 960, path)
    assert path.exists()
    path.unlink()
    documents.delete(kb, document)
    _clean(kb)
    with pytest.raises(PermanentError, match="no document"):
        previews._draw(kb, document, "pdf", 1, 0, 960, path)
    assert not path.parent.exists()
    storage.delete_knowledge_base(kb.id)
    storage.remove_remains(kb.id, last=True)
    with pytest.raises(Missing):
        previews._draw(kb, other, "pdf", 1, 0, 960, preview_folder(kb.data, kb.id, other) / "1-960.jpg")
    assert not (kb.data / "cache" / kb.id).exists()
    previews.close()
