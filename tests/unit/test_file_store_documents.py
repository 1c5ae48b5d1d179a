"""Documents whose files lie in a bucket: taken in, read on several hosts, deleted; and what late writers leave."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from actors.sweep import Sweep
from pipeline.errors import PermanentError, ServiceUnavailable
from pipeline.settings import Settings, StorageSettings, SweepSettings
from storage import cleanup, clock, documents, pages, passwords, stray_objects
from storage.bucket import Bucket
from storage.catalog import KnowledgeBase, Storage
from storage.documents import Accepted, NewDocument
from storage.stray_objects import StrayObjects
from tests.object_server import ObjectServer
from tests.unit import backups
from tests.unit.builders import RUN_SETTINGS, claim, done, image_page
from tests.unit.test_storage_control import _Messages
from tests.wire import Wire


@pytest.fixture
def prefix() -> str:
    return clock.new_id()


@pytest.fixture
def settings(object_server: ObjectServer, tmp_path: Path, prefix: str) -> Settings:
    return Settings(
        storage=StorageSettings(data=tmp_path / "data", **object_server.settings(prefix)),
        sweep=SweepSettings(full_scan_s=0.001, orphan_age_s=0.001),
    )


@pytest.fixture
def other_host(settings: Settings, storage: Storage, kb: KnowledgeBase, tmp_path: Path) -> Iterator[KnowledgeBase]:
    """The same knowledge base on another host: databases are shared here, and no file of a document is."""
    data = tmp_path / "elsewhere"
    data.mkdir()
    for name in ("catalog.sqlite3", "kb"):
        (data / name).symlink_to(storage.data / name)
    place = settings.storage.model_copy(update={"data": data})
    other = Storage(settings.model_copy(update={"storage": place})).open(kb.id)
    with closing(other.db):
        yield other


def objects(kb: KnowledgeBase, key: str = "kb") -> list[str]:
    assert isinstance(kb.file_store, Bucket)
    return list(kb.file_store.keys(key, None, 1000))


def add(kb: KnowledgeBase, content: bytes, **more: Any) -> Accepted:
    """As a web process does it."""
    incoming = kb.file_store.incoming(kb.id) / clock.new_id()
    incoming.write_bytes(content)
    new = NewDocument("a.pdf", "pdf", hashlib.sha256(content).hexdigest(), len(content), incoming, {}, [], **more)
    return documents.add(kb, new, "batch", RUN_SETTINGS)


def test_an_original_is_there_before_its_document_is(kb: KnowledgeBase) -> None:
    first = add(kb, b"one")
    assert objects(kb) == [f"kb/{kb.id}/documents/{first.id}/original"]
    assert kb.files(first.id).original.get() == b"one"
    assert add(kb, b"one").duplicate and len(objects(kb)) == 1
    assert list((kb.folder / "documents").iterdir()) == [], "nothing lies in the data folder"


def test_an_original_whose_commit_fails_goes_again(kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise ServiceUnavailable("the database is locked")

    monkeypatch.setattr("storage.runs.open_run", fails)
    with pytest.raises(ServiceUnavailable):
        add(kb, b"one")
    assert objects(kb) == []


def test_what_one_host_drew_another_reads(kb: KnowledgeBase, other_host: KnowledgeBase) -> None:
    document = add(kb, b"one").id
    with other_host.files(document).original.local() as original:
        assert original.read_bytes() == b"one" and other_host.data in original.parents
    with other_host.files(document).image(1, "1-abcdef01.tif").made() as image:
        image.write_bytes(b"pixels")
    held = claim(other_host, document, "render")
    pages.settle_render(held, [image_page(1)])
    with kb.files(document).image(1, "1-abcdef01.tif").local(keep=False) as image:
        assert image.read_bytes() == b"pixels" and kb.data in image.parents
    assert not image.exists()


def test_a_password_that_one_host_sealed_another_opens(kb: KnowledgeBase, other_host: KnowledgeBase) -> None:
    document = add(kb, b"locked", password="sesame 芝麻").id
    sealed = claim(other_host, document, "render").password
    assert sealed is not None and passwords.unseal(other_host.file_store, document, 1, sealed) == "sesame 芝麻"
    assert not list(kb.data.glob("secret.key*"))


def with_files(kb: KnowledgeBase, content: bytes) -> str:
    document = done(kb, content)
    for name, file in (("md", kb.files(document).markdown(1)), ("json", kb.files(document).json(1))):
        file.put(f"{name} of {document}".encode())
    return document


def clean(kb: KnowledgeBase) -> None:
    for row in cleanup.due(kb):
        cleanup.clean_run(kb, row, 0.0)


def test_a_deleted_documents_objects_go_and_what_a_late_worker_wrote_goes_with_the_second_pass(
    kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.vectors.VectorStore.delete", lambda *_: None)
    gone, kept = with_files(kb, b"gone"), with_files(kb, b"kept")
    documents.delete(kb, gone)
    clean(kb)
    assert objects(kb) == objects(kb, kb.files(kept).key) and len(objects(kb)) == 3
    kb.files(gone).markdown(1).put(b"of a worker that had lost its lease")
    clean(kb)
    assert objects(kb, kb.files(gone).key) == [] and not cleanup.due(kb)
    assert len(objects(kb)) == 3


def test_rows_of_what_was_deleted_wait_for_no_object_store(
    kb: KnowledgeBase, object_server: ObjectServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.vectors.VectorStore.delete", lambda *_: None)
    document = with_files(kb, b"gone")
    documents.delete(kb, document)
    monkeypatch.setattr(kb.file_store, "_rest_until", float("inf"))
    monkeypatch.setattr(kb.file_store, "_why", "object store: out of reach")
    with pytest.raises(ServiceUnavailable):
        clean(kb)
    with kb.db.read() as connection:
        for table in ("reading", "page", "chunk"):
            assert connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one() == 0
    monkeypatch.setattr(kb.file_store, "_rest_until", 0.0)
    clean(kb)
    assert objects(kb) == []


def step(storage: Storage, strays: StrayObjects) -> int:
    assert storage.file_store.listing is not None
    strays._next_walk_s = 0.0
    return strays.step(storage, storage.file_store.listing)


def test_documents_that_no_database_knows_go_once_they_were_so_for_long(storage: Storage, kb: KnowledgeBase) -> None:
    known = add(kb, b"one").id
    kb.files("never-committed").original.put(b"an upload whose web server died")
    kb.files("never-committed").markdown(1).put(b"a worker's that slept for an hour")
    patient, strays = StrayObjects(3600.0), StrayObjects(0.0)
    assert [step(storage, patient) for _ in range(3)] == [0, 0, 0] and len(objects(kb)) == 3
    assert step(storage, strays) == 1
    assert objects(kb) == [kb.files(known).original.key]


def test_a_document_whose_row_comes_late_stays(
    storage: Storage, kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was unknown when its objects were listed, and is known when they would be removed."""
    document = add(kb, b"one").id
    first = iter([Counter({kb.files(document).key: 1})])
    orphans = stray_objects._orphans
    monkeypatch.setattr(stray_objects, "_orphans", lambda *asked: next(first, None) or orphans(*asked))
    assert step(storage, StrayObjects(0.0)) == 0
    assert objects(kb) == [kb.files(document).original.key]


def test_a_long_bucket_is_walked_through_bit_by_bit(
    storage: Storage, kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.stray_objects._PIECE", 2)
    known = [add(kb, bytes([number])).id for number in range(3)]
    for number in range(3):
        kb.files(f"stray-{number}").original.put(b"1")
    strays = StrayObjects(0.0)
    assert sum(step(storage, strays) for _ in range(3)) == 0, "nothing goes before all was seen"
    assert step(storage, strays) == 3
    assert objects(kb) == sorted(kb.files(document).original.key for document in known)


def test_objects_of_a_knowledge_base_that_was_never_listed_go_unless_more_come(
    storage: Storage, kb: KnowledgeBase
) -> None:
    """A restore that takes hours must not be taken for one that was cut off."""
    add(kb, b"one")
    restored = storage.open(clock.new_id())
    strays = StrayObjects(3600.0)
    for number in range(2):
        restored.files(f"{number}").original.put(b"1")
        step(storage, strays)
        seen = strays._seen[f"kb/{restored.id}"]
        assert seen.count == number + 1
    step(storage, strays)
    assert strays._seen[f"kb/{restored.id}"] == seen, "nothing came: it grows old"
    strays._age_s = 0.0
    assert step(storage, strays) == 1
    assert objects(kb, f"kb/{restored.id}") == [] and len(objects(kb)) == 1


def test_a_catalogue_that_came_later_leaves_a_bucket_as_it_is(
    storage: Storage, kb: KnowledgeBase, settings: Settings, tmp_path: Path
) -> None:
    """An address of databases that is a slip makes a catalogue with nothing in it."""
    add(kb, b"one")
    place = settings.storage.model_copy(update={"data": tmp_path / "slip"})
    slip = Storage(settings.model_copy(update={"storage": place}))
    slip.prepare()
    strays = StrayObjects(0.0)
    assert [step(slip, strays) for _ in range(3)] == [0, 0, 0]
    slip.create_knowledge_base("new there", ["en"], "auto")
    assert [step(slip, strays) for _ in range(3)] == [0, 0, 0]
    slip.close()
    assert len(objects(kb)) == 1


def test_page_images_of_runs_that_ended_go_and_those_in_work_stay(storage: Storage, kb: KnowledgeBase) -> None:
    document = add(kb, b"one").id
    images = [kb.files(document).image(run, "1-abcdef01.tif") for run in (1, 2)]
    other = storage.open(clock.new_id()).files(document).image(1, "1-abcdef01.tif")
    for image in (*images, other):
        image.put(b"pixels")
    assert step(storage, StrayObjects(3600.0)) == 2
    assert objects(kb, "tmp") == [images[0].key]


def test_the_sweep_removes_a_deleted_knowledge_base_and_all_strays(
    settings: Settings, storage: Storage, kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.vectors.VectorStore.drop", lambda _: None)
    monkeypatch.setattr("actors.sweep.dispatch.top_up", lambda *_: None)
    document = add(kb, b"one").id
    kb.files(document).image(1, "1-abcdef01.tif").put(b"pixels")
    sweep = Sweep(settings.model_copy(update={"ledger": settings.ledger.model_copy(update={"lease_s": 0.0})}), storage,
                  _Messages())  # type: ignore[arg-type]  # fmt: skip
    storage.delete_knowledge_base(kb.id)
    sweep.round()
    assert objects(kb) == [] and storage.deleted_knowledge_bases() == [kb.id]
    kb.files(document).markdown(1).put(b"of a worker that had lost its lease")
    for _ in range(2):
        sweep.round()
    assert objects(kb) == objects(kb, "tmp") == [] and storage.deleted_knowledge_bases() == []


def test_what_a_host_without_a_sweep_keeps_of_deleted_documents_goes(storage: Storage, kb: KnowledgeBase) -> None:
    kept, gone = add(kb, b"kept").id, add(kb, b"gone").id
    cache = storage.data / "cache"
    for folder in (cache / kb.id / kept, cache / kb.id / gone, cache / clock.new_id() / gone):
        folder.mkdir(parents=True)
        (folder / "1-0-960.jpg").write_bytes(b"a page")
    documents.delete(kb, gone)
    cleanup.tidy_host(storage)
    assert [path.parent.name for path in cache.glob("*/*/*")] == [kept]


def test_a_backup_of_files_in_a_bucket_and_back_into_it(storage: Storage, kb: KnowledgeBase, tmp_path: Path) -> None:
    document, gone = with_files(kb, b"original " * 100_000), with_files(kb, b"gone")
    kb.files(gone).original.drop()
    made = backups.back_up(storage, kb, tmp_path / "kb.tar")
    assert (made.documents, made.left_out) == (1, [gone])
    again = storage.open(backups.bring_back(storage, tmp_path / "kb.tar", "again").id)
    assert again.files(document).original.get() == b"original " * 100_000
    assert again.files(document).markdown(1).get() == f"md of {document}".encode()
    assert len(objects(again, f"kb/{again.id}")) == 3
    assert not [path for path in (again.folder / "documents").rglob("*") if path.is_file()], "they lie there alone"


def test_a_backup_out_of_reach_leaves_nothing_out(
    storage: Storage, kb: KnowledgeBase, object_server: ObjectServer, tmp_path: Path, settings: Settings
) -> None:
    with_files(kb, b"one")
    with Wire(object_server.url) as wire:
        place = settings.storage.model_copy(update={"files_endpoint": wire.url})
        away = Storage(settings.model_copy(update={"storage": place}))
        wire.cut()
        with pytest.raises(backups.backup.BackupError, match="object store"):
            backups.back_up(away, kb, tmp_path / "kb.tar")
        backups.back_up(storage, kb, tmp_path / "good.tar")
        with pytest.raises(backups.backup.BackupError, match="object store"):
            backups.bring_back(away, tmp_path / "good.tar", "again")
        away.catalog.close()
    assert not (tmp_path / "kb.tar").exists()
    with pytest.raises(PermanentError, match="There is no knowledge base"):
        storage.knowledge_base("again")
    assert len(objects(kb)) == 3


def test_an_upload_while_the_object_store_is_gone_is_refused_and_leaves_nothing(
    kb: KnowledgeBase, storage: Storage, settings: Settings, object_server: ObjectServer
) -> None:
    with Wire(object_server.url) as wire:
        place = settings.storage.model_copy(update={"files_endpoint": wire.url})
        away = Storage(settings.model_copy(update={"storage": place})).open(kb.id)
        wire.cut()
        with pytest.raises(ServiceUnavailable):
            upload_into(away)
        away.db.close()
    with kb.db.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM document").scalar_one() == 0
    assert objects(kb) == []


def upload_into(kb: KnowledgeBase) -> None:
    folder = kb.file_store.incoming(kb.id)
    (folder / "file").write_bytes(b"one")
    documents.add(kb, NewDocument("a.pdf", "pdf", "0" * 64, 3, folder / "file", {}, []), "batch", RUN_SETTINGS)
