"""Files that belong to nothing: removed once they have lain still for long enough, by a clock that cannot jump."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from actors.sweep import Sweep
from pipeline.errors import ServiceUnavailable
from pipeline.settings import SweepSettings
from storage import backup, cleanup, clock, documents, migrate, restore
from storage.catalog import KnowledgeBase, Storage
from storage.cleanup import Sighting
from storage.file_store import IMAGES
from tests.unit.builders import on_disk, upload
from tests.unit.test_storage_control import _Messages


def _run_folder(data: Path, kb: str, document: str, run: int) -> Path:
    return data / IMAGES / f"{kb}-{document}" / str(run)


@pytest.fixture
def orphans(kb: KnowledgeBase) -> list[Path]:
    """One of each kind: a cut off upload, a document that was never committed, page images of it."""
    upload = kb.folder / "incoming" / "cut-off"
    upload.write_bytes(b"half")
    document = kb.folder / "documents" / "never-committed"
    previews = kb.data / "cache" / kb.id / "never-committed"
    for folder in (document, previews):
        folder.mkdir(parents=True)
        (folder / "file").write_bytes(b"left")
    return [upload, document, previews]


def test_what_has_lain_still_is_removed(kb: KnowledgeBase, orphans: list[Path]) -> None:
    seen: dict[Path, Sighting] = {}
    assert cleanup.remove_orphans(kb, 3600, seen) == 0
    assert cleanup.remove_orphans(kb, 3600, seen) == 0 and set(seen) == set(orphans)
    assert cleanup.remove_orphans(kb, 0, seen) == 3
    assert not any(path.exists() for path in orphans) and seen == {}


def test_a_step_of_the_wall_clock_removes_nothing(kb: KnowledgeBase, orphans: list[Path]) -> None:
    """To whoever asks the wall clock, a file written before a step of hours looks hours old."""
    for path in orphans:
        os.utime(path, (time.time() - 7200, time.time() - 7200))
    seen: dict[Path, Sighting] = {}
    assert [cleanup.remove_orphans(kb, 3600, seen) for _ in range(3)] == [0, 0, 0]
    assert all(path.exists() for path in orphans)


def test_an_upload_that_still_grows_is_left_alone(kb: KnowledgeBase, orphans: list[Path]) -> None:
    seen: dict[Path, Sighting] = {}
    cleanup.remove_orphans(kb, 0, seen)
    with orphans[0].open("ab") as stream:
        stream.write(b" more")
    assert cleanup.remove_orphans(kb, 0, seen) == 2
    assert orphans[0].exists() and set(seen) == {orphans[0]}


def test_documents_that_were_committed_are_no_orphans(kb: KnowledgeBase, orphans: list[Path]) -> None:
    with kb.db.write() as connection:
        connection.exec_driver_sql(
            "INSERT INTO document (id, sha256, filename, kind, size_bytes, metadata, tags, batch, created_at, run,"
            " version) VALUES ('never-committed', '', '', 'pdf', 0, '{}', '[]', '', '', 1, 1)"
        )
    seen: dict[Path, Sighting] = {}
    cleanup.remove_orphans(kb, 0, seen)
    assert cleanup.remove_orphans(kb, 0, seen) == 1
    assert [path.exists() for path in orphans] == [False, True, True]


@pytest.mark.parametrize("restored", [False, True])
def test_what_could_not_be_listed_leaves_no_folder(
    storage: Storage, monkeypatch: pytest.MonkeyPatch, restored: bool
) -> None:
    staged = storage.data / "staged"
    staged.mkdir()
    migrate.upgrade(staged / "kb.sqlite3", "kb", 5.0)

    def locked(*_: object, **__: object) -> None:
        raise ServiceUnavailable("database catalog.sqlite3: database is locked")

    monkeypatch.setattr(storage.catalog, "write", locked)
    with pytest.raises(ServiceUnavailable):
        if restored:
            storage.adopt_knowledge_base(clock.new_id(), staged, "a", ["en"], "auto", "generic")
        else:
            storage.create_knowledge_base("a", ["en"], "auto")
    assert list((storage.data / "kb").iterdir()) == [] and staged.exists() is not restored


def test_a_knowledge_base_whose_making_was_cut_off_is_removed(storage: Storage, kb: KnowledgeBase) -> None:
    deleted = storage.open(storage.create_knowledge_base("deleted", ["en"], "auto")["id"])
    storage.delete_knowledge_base(deleted.id)
    cut_off = storage.data / "kb" / clock.new_id()
    (cut_off / "documents").mkdir(parents=True)
    seen: dict[Path, Sighting] = {}
    assert cleanup.remove_unlisted(storage, 3600, seen) == [] and set(seen) == {cut_off}
    assert cleanup.remove_unlisted(storage, 3600, seen) == [], "it may be in the making"
    sweep = Sweep(storage.settings.model_copy(update={"sweep": SweepSettings(orphan_age_s=1e-6)}), storage, _Messages())
    sweep._remove_unlisted()
    sweep._remove_unlisted()
    assert not cut_off.exists() and kb.folder.exists() and deleted.folder.exists()


def test_a_folder_whose_last_run_was_removed_goes_too(storage: Storage, kb: KnowledgeBase) -> None:
    stopped, working = (_run_folder(kb.data, kb.id, name, 1).parent for name in ("stopped", upload(kb).id))
    for folder in (stopped, working):
        folder.mkdir(parents=True)
    cleanup.remove_stray_images(storage)
    assert not stopped.exists(), "whoever removed its last run died before it could remove the folder"
    assert working.exists(), "a worker may be about to put a run's images there"


def test_a_restored_document_and_its_twin_have_images_of_their_own(storage: Storage, kb: KnowledgeBase) -> None:
    document = upload(kb).id
    file = kb.data / "kb.tar"
    backup.back_up(storage, kb.id, file, lambda *_: None)
    again = storage.open(restore.restore(storage, file, "again", lambda *_: None).id)
    images = [_run_folder(one.data, one.id, document, 1) / "1-token.png" for one in (kb, again)]
    for image in images:
        image.parent.mkdir(parents=True)
        image.touch()
    assert cleanup.remove_stray_images(storage) == 0
    documents.delete(again, document)
    cleanup.clean_run(again, cleanup.due(again)[0], 0.0)
    assert [image.exists() for image in images] == [True, False]
    images[1].parent.mkdir(parents=True)
    assert cleanup.remove_stray_images(storage) == 1
    assert [image.parent.parent.exists() for image in images] == [True, False]


def test_images_of_a_knowledge_base_that_is_gone_go_too(storage: Storage, kb: KnowledgeBase) -> None:
    folders = [_run_folder(kb.data, kb_id, upload(kb).id, 1) for kb_id in (kb.id, clock.new_id())]
    for folder in folders:
        folder.mkdir(parents=True)
    assert cleanup.remove_stray_images(storage) == 1
    assert [folder.parent.exists() for folder in folders] == [True, False]
    storage.delete_knowledge_base(kb.id)
    assert cleanup.remove_stray_images(storage) == 1 and not folders[0].parent.exists()


def test_a_result_half_written_is_no_result(kb: KnowledgeBase) -> None:
    files = kb.files(upload(kb).id)
    files.markdown(1).put(b"text")
    whole = on_disk(files.markdown(1))
    whole.with_name("document.json.1234abcd.part").write_bytes(b"{")
    files.remove_drafts(1)
    assert list(whole.parent.iterdir()) == [whole]
