"""How a searchable PDF is made when things go wrong: pages that kill the child, documents that go away, no end."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pipeline.errors import ChildFailed, PermanentError, ServiceUnavailable, TransientError
from pipeline.settings import Settings
from pipeline.types import Box, PageReading, Word
from storage import cleanup, documents, pages, reprocess
from storage.catalog import KnowledgeBase
from storage.files import preview_folder, searchable_file
from storage.vectors import VectorStore
from tests.unit.builders import RUN_SETTINGS, claim, image_page, on_disk, publish, read_page, through_embed, upload
from web import searchable
from web.cache import Cache, cut
from web.searchable import SearchablePdfs


class _Child:
    """A child that writes down what it is asked, and does what it is told."""

    calls: list[dict[str, Any]]
    deadly: set[int]

    def __init__(self, role: str, config: dict[str, Any]) -> None:
        self._target: Path | None = None

    def call(self, request: dict[str, Any], what: str, seconds: float, lost: Any) -> Any:
        type(self).calls.append(request)
        if request["call"] == "searchable_begin":
            self._target = Path(request["target"])
            self._target.write_bytes(b"begun")
            return 3
        if request["call"] == "searchable_page" and request["page_number"] in self.deadly and not request["skip"]:
            raise ChildFailed("page_timeout", f"{what} took longer than {seconds:g} s.")
        return None

    def kill(self) -> None:
        self._target = None


@pytest.fixture
def child(monkeypatch: pytest.MonkeyPatch) -> type[_Child]:
    made = type("Child", (_Child,), {"calls": [], "deadly": set()})
    monkeypatch.setattr(searchable, "Child", made)
    return made


@pytest.fixture
def document(kb: KnowledgeBase) -> str:
    """Three pages: text, a scan, a text that lay sideways."""
    document = upload(kb, b"three").id
    first = claim(kb, document, "render")
    pages.page_count_known(first, 3)
    pages.settle_render(first, [read_page(1, "text"), image_page(2)])
    pages.settle_render(claim(kb, document, "render"), [read_page(3, "text", rotation=90)])
    words = (Word("read", Box(1, 2, 3, 4)),)
    read = PageReading(2, 10, 20, words, "ocr", "tesseract", rotation=180)
    pages.settle_ocr(claim(kb, document, "ocr"), [pages.Read.of(read)])
    through_embed(kb, document)
    publish(kb, document)
    return document


def awaited(coroutine: Coroutine[Any, Any, Path]) -> Path:
    """In a thread of its own: a browser of other tests leaves this one with a running loop."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


def make(settings: Settings, kb: KnowledgeBase, document: str, run: int = 1) -> Path:
    pdfs = SearchablePdfs(settings, Cache(settings))
    try:
        return awaited(pdfs.file(kb, document, "pdf", run))
    finally:
        pdfs.close()


def left(kb: KnowledgeBase, document: str) -> list[str]:
    folder = preview_folder(kb.data, kb.id, document)
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_words_of_pages_read_by_ocr_are_handed_over(
    settings: Settings, kb: KnowledgeBase, document: str, child: type[_Child]
) -> None:
    assert make(settings, kb, document).read_bytes() == b"begun"
    begun, *handed, finished = child.calls
    files = kb.files(document)
    assert (begun["path"], begun["layout"]) == (str(on_disk(files.original)), str(on_disk(files.json(1))))
    assert [(page["page_number"], len(page["words"]), page["rotation"]) for page in handed] == [
        (1, 0, 0), (2, 1, 180), (3, 0, 90),
    ]  # fmt: skip
    assert handed[1]["words"][0][0] == "read" and handed[1]["size_pt"] == [10, 20]
    assert finished == {"call": "searchable_finish"}
    child.calls.clear()
    make(settings, kb, document)
    assert not child.calls, "it is kept"


def test_that_of_an_older_run_goes(settings: Settings, kb: KnowledgeBase, document: str, child: type[_Child]) -> None:
    make(settings, kb, document)
    make(settings, kb, document, run=2)
    assert left(kb, document) == ["2-searchable.pdf"]


def test_that_of_a_newer_run_stays_when_one_of_an_older_is_done_after_it(
    settings: Settings, kb: KnowledgeBase, document: str, child: type[_Child]
) -> None:
    make(settings, kb, document, run=10)
    make(settings, kb, document, run=9)
    assert left(kb, document) == ["10-searchable.pdf", "9-searchable.pdf"]
    make(settings, kb, document, run=11)
    assert left(kb, document) == ["11-searchable.pdf"]


def test_that_of_a_run_goes_with_the_run(
    settings: Settings, kb: KnowledgeBase, document: str, child: type[_Child], monkeypatch: pytest.MonkeyPatch
) -> None:
    make(settings, kb, document)
    reprocess.reprocess(kb, document, "extract", RUN_SETTINGS)
    through_embed(kb, document, run=2)
    publish(kb, document, run=2)
    monkeypatch.setattr(VectorStore, "delete", lambda *_: None)
    for row in cleanup.due(kb):
        cleanup.clean_run(kb, row, lease_s=0.0)
    assert left(kb, document) == []


def test_a_full_cache_lets_go_of_the_longest_unused_and_of_no_draft_in_the_making(tmp_path: Path) -> None:
    folder = tmp_path / "kb" / "document"
    folder.mkdir(parents=True)
    now = time.time()
    ages = {"1-searchable.pdf": 900, "1-0-960.jpg": 300, "2-0-960.jpg": 100, ".2-x.partial": 950, ".1-x.partial": 9000}
    for name, age in ages.items():
        (folder / name).write_bytes(bytes(100))
        os.utime(folder / name, (now - age, now - age))
    assert cut(tmp_path, 250, folder / "2-0-960.jpg") == 2
    assert sorted(path.name for path in folder.iterdir()) == [".2-x.partial", "1-0-960.jpg", "2-0-960.jpg"]


def test_a_page_that_kills_the_child_is_left_as_it_is(
    settings: Settings, kb: KnowledgeBase, document: str, child: type[_Child]
) -> None:
    child.deadly = {2}
    make(settings, kb, document)
    begins = [n for n, call in enumerate(child.calls) if call["call"] == "searchable_begin"]
    assert len(begins) == 2
    again = child.calls[begins[1] + 1 :]
    assert [call.get("skip") for call in again] == [False, True, False, None]
    assert left(kb, document) == ["1-searchable.pdf"]


def test_too_many_such_pages_are_given_up_and_not_tried_again_at_once(
    settings: Settings, kb: KnowledgeBase, document: str, child: type[_Child]
) -> None:
    child.deadly = {1, 2, 3}
    pdfs = SearchablePdfs(settings, Cache(settings))
    for _ in range(2):
        with pytest.raises(
            PermanentError, match=r"Making page 3 searchable took longer .* Download the original"
        ) as told:
            awaited(pdfs.file(kb, document, "pdf", 1))
        assert told.value.code == "page_timeout"
    assert sum(call["call"] == "searchable_begin" for call in child.calls) == 3
    assert left(kb, document) == []
    pdfs.close()


def test_the_whole_has_its_time(
    settings: Settings, kb: KnowledgeBase, document: str, child: type[_Child], monkeypatch: pytest.MonkeyPatch
) -> None:
    child.deadly = {1}
    monkeypatch.setattr(searchable, "_LONGEST", 0)
    with pytest.raises(PermanentError) as told:
        make(settings, kb, document)
    assert told.value.code == "page_timeout"
    assert sum(call["call"] == "searchable_begin" for call in child.calls) == 1


@pytest.mark.parametrize(("longest", "a_page_s", "whole", "begins"), [(1.5, 5.0, 1.5, 2), (30, 0.0, 3.0, 3)])
def test_the_children_of_a_document_share_its_time(
    settings: Settings, kb: KnowledgeBase, document: str, child: type[_Child], monkeypatch: pytest.MonkeyPatch,
    longest: float, a_page_s: float, whole: float, begins: int,
) -> None:  # fmt: skip
    clock = SimpleNamespace(now=1000.0)
    call = child.call

    def lasting(self: _Child, request: dict[str, Any], what: str, seconds: float, lost: Any) -> Any:
        try:
            return call(self, request, what, seconds, lost)
        except ChildFailed:
            clock.now += seconds
            raise

    child.call = lasting  # type: ignore[method-assign]
    child.deadly = {1, 2, 3}
    monkeypatch.setattr(searchable, "time", SimpleNamespace(monotonic=lambda: clock.now))
    monkeypatch.setattr(searchable, "_LONGEST", longest)
    monkeypatch.setattr(searchable, "_SECONDS_A_PAGE", a_page_s)
    with pytest.raises(PermanentError) as told:
        make(settings, kb, document)
    assert told.value.code == "page_timeout"
    assert clock.now - 1000.0 == pytest.approx(whole * settings.web.preview_seconds)
    assert sum(call["call"] == "searchable_begin" for call in child.calls) == begins


def test_a_full_disk_is_not_told_as_damage(
    settings: Settings, kb: KnowledgeBase, document: str, child: type[_Child], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> Any:
        raise ServiceUnavailable("disk: No space left on device")

    monkeypatch.setattr(child, "call", full)
    with pytest.raises(ServiceUnavailable, match="No space left"):
        make(settings, kb, document)
    assert left(kb, document) == []


def test_of_a_document_that_is_deleted_meanwhile_nothing_is_left(
    settings: Settings, kb: KnowledgeBase, document: str, child: type[_Child]
) -> None:
    call = child.call

    def deleting(self: _Child, request: dict[str, Any], *args: Any) -> Any:
        if request["call"] == "searchable_finish":
            documents.delete(kb, document)
        return call(self, request, *args)

    child.call = deleting  # type: ignore[method-assign]
    with pytest.raises(PermanentError, match="no document") as told:
        make(settings, kb, document)
    assert told.value.code == "not_found"
    assert not searchable_file(kb.data, kb.id, document, 1).parent.exists()


def test_a_result_that_was_replaced_meanwhile_is_told(
    settings: Settings, kb: KnowledgeBase, document: str, child: type[_Child], monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: Any) -> Any:
        raise TransientError("FileNotFoundError: document.json")

    monkeypatch.setattr(child, "call", gone)
    with pytest.raises(PermanentError, match="look again"):
        make(settings, kb, document)
    assert left(kb, document) == []


def test_of_a_locked_original_there_is_none(
    settings: Settings, kb: KnowledgeBase, document: str, child: type[_Child], monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(*_: Any) -> Any:
        raise PermanentError("encrypted", "The file is protected by a password.")

    monkeypatch.setattr(child, "call", locked)
    with pytest.raises(PermanentError, match="its password is not kept") as told:
        make(settings, kb, document)
    assert told.value.code == "encrypted"
    assert left(kb, document) == []
