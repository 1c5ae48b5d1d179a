"""Passwords of originals: sealed while a page may need them, erased in the commit after which none does."""

from __future__ import annotations

import hashlib
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipeline.errors import PermanentError
from pipeline.types import PageReading
from storage import clock, documents, ledger, pages, passwords, reprocess
from storage.catalog import KnowledgeBase
from storage.database import scalar
from storage.documents import NewDocument
from storage.folder import Folder
from tests.unit.builders import RUN_SETTINGS, claim, done, image_page, read_page

SECRET = "open 芝麻 sesame"


def _upload(kb: KnowledgeBase, content: bytes = b"x", password: str | None = SECRET, **limits: int) -> str:
    incoming = kb.folder / "incoming" / clock.new_id()
    incoming.write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    new = NewDocument("a.pdf", "pdf", digest, len(content), incoming, {}, [], password)
    assert SECRET not in repr(new)
    return documents.add(kb, new, "batch", RUN_SETTINGS, **limits).id


def _sealed(kb: KnowledgeBase, document: str) -> bytes | None:
    with kb.db.read() as connection:
        found: bytes | None = scalar(
            connection, "SELECT password FROM run WHERE document = :document ORDER BY run DESC", document=document
        )
        return found


def _read(number: int) -> PageReading:
    reading = read_page(number).reading
    assert reading is not None
    return reading


def test_what_was_sealed_comes_back_in_its_own_place_alone(tmp_path: Path) -> None:
    sealed = passwords.seal(Folder(tmp_path), "doc", 1, SECRET)
    assert passwords.unseal(Folder(tmp_path), "doc", 1, sealed) == SECRET
    assert passwords.seal(Folder(tmp_path), "doc", 1, SECRET) != sealed
    for document, run in (("doc", 2), ("other", 1)):
        with pytest.raises(PermanentError) as refused:
            passwords.unseal(Folder(tmp_path), document, run, sealed)
        assert refused.value.code == "encrypted" and "Retry" in refused.value.message
    (tmp_path / passwords.KEY_FILE).unlink()  # a backup restored without it
    with pytest.raises(PermanentError):
        passwords.unseal(Folder(tmp_path), "doc", 1, sealed)


def test_the_key_is_made_once_and_is_the_owners_alone(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        sealed = list(pool.map(lambda run: passwords.seal(Folder(tmp_path), "doc", run, SECRET), range(50)))
    assert {passwords.unseal(Folder(tmp_path), "doc", run, one) for run, one in enumerate(sealed)} == {SECRET}
    key = tmp_path / passwords.KEY_FILE
    assert len(key.read_bytes()) == 32 and stat.S_IMODE(key.stat().st_mode) == 0o600
    assert {path.name for path in tmp_path.iterdir()} == {passwords.KEY_FILE, f".{passwords.KEY_FILE}.lock"}


def test_a_claim_carries_it_sealed_and_the_last_page_read_erases_it(kb: KnowledgeBase) -> None:
    document = _upload(kb)
    first = claim(kb, document, "render")
    assert first.password is not None and str(first.password) not in repr(first)
    assert passwords.unseal(kb.file_store, document, 1, first.password) == SECRET
    pages.page_count_known(first, 3)
    pages.settle_render(first, [read_page(1), image_page(2)])
    assert _sealed(kb, document) == first.password
    pages.settle_render(claim(kb, document, "render"), [read_page(3)])
    assert _sealed(kb, document) == first.password  # page 2 may lose its image and be drawn again
    pages.settle_ocr(claim(kb, document, "ocr"), [pages.Lost(2)])
    again = claim(kb, document, "render", "2-2")
    assert again.password == first.password
    pages.settle_render(again, [image_page(2)])
    pages.settle_ocr(claim(kb, document, "ocr"), [pages.Read.of(_read(2))])
    assert _sealed(kb, document) is None


def test_text_alone_needs_it_no_longer_once_it_is_rendered(kb: KnowledgeBase) -> None:
    document = _upload(kb)
    held = claim(kb, document, "render")
    pages.page_count_known(held, 1)
    assert _sealed(kb, document) is not None
    pages.settle_render(held, [read_page(1)])
    assert _sealed(kb, document) is None


@pytest.mark.parametrize("ending", ["failed", "cancelled", "deleted", "all cancelled"])
def test_however_a_run_ends_it_is_erased(kb: KnowledgeBase, ending: str) -> None:
    document = _upload(kb)
    held = claim(kb, document, "render")
    if ending == "failed":
        ledger.give_up(held, PermanentError("encrypted", "wrong"))
    elif ending == "cancelled":
        documents.cancel(kb, document)
    elif ending == "deleted":
        documents.delete(kb, document)
    else:
        documents.cancel_all(kb)
    assert _sealed(kb, document) is None


def test_the_same_bytes_with_another_password_and_a_retry_with_one(kb: KnowledgeBase) -> None:
    document = _upload(kb, password="wrong")
    ledger.give_up(claim(kb, document, "render"), PermanentError("encrypted", "wrong"))
    assert _upload(kb) == document
    second = claim(kb, document, "render", run=2)
    assert second.password is not None and passwords.unseal(kb.file_store, document, 2, second.password) == SECRET
    ledger.give_up(second, PermanentError("encrypted", "wrong"))
    assert reprocess.retry(kb, document, RUN_SETTINGS, SECRET) == 3
    third = claim(kb, document, "render", run=3)
    assert third.password is not None and passwords.unseal(kb.file_store, document, 3, third.password) == SECRET
    documents.cancel(kb, document)
    assert reprocess.retry(kb, document, RUN_SETTINGS) == 4
    assert _sealed(kb, document) is None


def test_it_is_kept_only_where_pages_are_rendered_again(kb: KnowledgeBase) -> None:
    document = done(kb, b"read")
    assert reprocess.reprocess(kb, document, "extract", RUN_SETTINGS, SECRET) == 2
    assert _sealed(kb, document) is None
    documents.cancel(kb, document)
    assert reprocess.reprocess(kb, document, "render", RUN_SETTINGS, SECRET) == 3
    assert _sealed(kb, document) is not None


@pytest.mark.files
def test_nothing_on_disk_holds_it_in_clear(kb: KnowledgeBase) -> None:
    document = _upload(kb)
    claim(kb, document, "render")
    files = [path for path in kb.data.rglob("*") if path.is_file()]
    assert any(path.name == "kb.sqlite3-wal" for path in files)
    for path in files:
        content = path.read_bytes()
        assert SECRET.encode() not in content and SECRET.encode("utf-16-le") not in content, path


def test_only_so_many_documents_may_wait(kb: KnowledgeBase) -> None:
    first, second = (_upload(kb, bytes([number]), max_waiting=2) for number in range(2))
    for number in (2, 0):  # a new one, and one whose row is known and failed
        if number == 0:
            documents.cancel(kb, first)
            _upload(kb, b"third", max_waiting=2)
        with pytest.raises(PermanentError) as refused:
            _upload(kb, bytes([number]), max_waiting=2)
        assert refused.value.code == "too_many_waiting"
    assert _upload(kb, bytes([1]), max_waiting=2) == second  # a duplicate adds nothing
    assert {path.name for path in (kb.folder / "documents").iterdir()} >= {first, second}
    assert len(list((kb.folder / "documents").iterdir())) == 3
    with pytest.raises(PermanentError):
        documents.require_room(kb, 2)
    documents.delete(kb, second)
    documents.require_room(kb, 2)
