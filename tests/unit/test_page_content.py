"""A page image that was read before is not read again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from actors.ocr import Actor
from actors.shell import Hands
from pipeline import requests
from pipeline.errors import PermanentError
from pipeline.ocr import identity
from pipeline.ocr.policy import Choice
from pipeline.ocr.service import OcrService
from pipeline.page_content import content_of
from pipeline.settings import Settings
from pipeline.types import Box, PageImage, PageReading, RenderedPage, Word
from storage import documents, pages, reprocess
from storage.catalog import KnowledgeBase
from tests.unit.builders import RUN_SETTINGS, claim, image_page, publish, through_embed, upload

CONTENT = bytes(range(32))
READ = PageReading(
    3, 100, 200, (Word("crane", Box(1, 2, 30, 9), 0.97),), "ocr", "rapidocr", "3.10", {"dpi": 300}, confidence=0.9,
    review="look", seconds=1.5, rotation=90, rules=(Box(0, 5, 90, 6),),
)  # fmt: skip


def _waiting(kb: KnowledgeBase, content: bytes, drawn: RenderedPage | None = None) -> str:
    """A document whose only page waits for OCR."""
    document = upload(kb, content).id
    held = claim(kb, document, "render")
    pages.page_count_known(held, 1)
    pages.settle_render(held, [drawn or image_page(1)])
    return document


def _read(kb: KnowledgeBase, content: bytes = b"first") -> str:
    document = _waiting(kb, content)
    pages.settle_ocr(claim(kb, document, "ocr"), [pages.Read.of(READ, CONTENT)])
    return document


def test_the_reading_of_the_same_image_is_taken_over(kb: KnowledgeBase) -> None:
    _read(kb)
    held = claim(kb, _waiting(kb, b"second"), "ocr")
    assert pages.read_before(held, {1: bytes(32)}) == {}
    again = pages.read_before(held, {1: CONTENT})[1]
    taken = PageReading.from_dict(again.form)
    assert taken == replace(READ, page_number=1, seconds=0.0, engine_settings={"dpi": 300, "reused": True})
    pages.settle_ocr(held, [again])
    assert list(pages.readings(kb, held.document, 1)) == [taken]


@pytest.mark.parametrize(("share", "reused"), [(0.4, True), (0.6, False)])
def test_what_was_read_when_time_was_short_is_read_again(
    kb: KnowledgeBase, settings: Settings, monkeypatch: pytest.MonkeyPatch, share: float, reused: bool
) -> None:
    asked: list[str] = []

    def answer(request: dict[str, Any], *_: object) -> Any:
        asked.append(request["call"])
        read = replace(READ, page_number=1, seconds=share * settings.ocr.page_seconds)
        return "reader" if request["call"] == "reader" else read.as_dict()

    monkeypatch.setattr("actors.ocr.ChildPool", lambda *_: SimpleNamespace(call=answer))
    actor = Actor(settings)
    for content in (b"first", b"second"):
        document = _waiting(kb, content, replace(image_page(1), image=PageImage("1.tif", 10, 20, 72)))
        with kb.files(document).image(1, "1.tif").made() as file:
            file.write_bytes(b"pixels")
        actor.work(Hands(claim(kb, document, "ocr")))
        assert not file.exists()
    assert asked.count("read") == (1 if reused else 2)


def test_a_deleted_document_takes_its_readings_along(kb: KnowledgeBase) -> None:
    first = _read(kb)
    held = claim(kb, _waiting(kb, b"second"), "ocr")
    documents.delete(kb, first)
    assert pages.read_before(held, {1: CONTENT}) == {}


def test_who_asks_for_a_document_to_be_read_again_gets_it_read(kb: KnowledgeBase) -> None:
    document = _read(kb)
    through_embed(kb, document)
    publish(kb, document)
    run = reprocess.reprocess(kb, document, "ocr", RUN_SETTINGS)
    pages.settle_render(claim(kb, document, "render", run=run), [image_page(1)])
    held = claim(kb, document, "ocr", run=run)
    assert pages.read_before(held, {1: CONTENT}) == {}
    pages.settle_ocr(held, [pages.Read.of(replace(READ, engine="tesseract"), CONTENT)])
    other = claim(kb, _waiting(kb, b"second"), "ocr")
    assert 1 in pages.read_before(other, {1: CONTENT}), "what was read then serves later pages"


def test_what_decides_on_a_reading_tells_pages_apart(tmp_path: Path) -> None:
    def image(name: str, pixels: bytes) -> PageImage:
        file = tmp_path / name
        file.write_bytes(pixels)
        return PageImage(str(file), 10, 20, 72)

    def asked(number: int = 1, picture: PageImage | None = None, **changed: Any) -> dict[str, Any]:
        told = {"engine": "auto", "languages": ["en"], "width_pt": 100.0, "height_pt": 200.0, **changed}
        return requests.read_page(number=number, image=picture or image("a", b"pixels"), **told)

    usual = content_of(asked(), "reader")
    assert len(usual) == 32
    assert usual == content_of(asked(number=7, picture=image("b", b"pixels")), "reader"), "place and file are none"
    others = [
        content_of(asked(picture=image("c", b"others")), "reader"),
        content_of(asked(picture=replace(image("a", b"pixels"), dpi=300)), "reader"),
        content_of(asked(engine="tesseract"), "reader"),
        content_of(asked(languages=["en", "zh-Hans"]), "reader"),
        content_of(asked(width_pt=101.0), "reader"),
        content_of(asked(), "another"),
    ]
    assert len({usual, *others}) == 7
    with pytest.raises(FileNotFoundError):
        content_of(asked(picture=PageImage(str(tmp_path / "gone"), 10, 20, 72)), "reader")


def test_a_reader_is_known_by_its_engines_its_numbers_and_our_code(monkeypatch: pytest.MonkeyPatch) -> None:
    choice = Choice(("rapidocr", "tesseract"), "because", "openvino")
    usual = identity.digest_of(choice, (0.8, 120.0))
    assert usual == identity.digest_of(choice, (0.8, 120.0))
    others = [
        identity.digest_of(replace(choice, engines=("tesseract",)), (0.8, 120.0)),
        identity.digest_of(replace(choice, backend="onnxruntime"), (0.8, 120.0)),
        identity.digest_of(choice, (0.7, 120.0)),
    ]
    for part in ("_tesseract", "_code", "_models", "_version"):
        monkeypatch.setattr(identity, part, lambda *_: "another")
        identity._parts.cache_clear()
        others.append(identity.digest_of(choice, (0.8, 120.0)))
        monkeypatch.undo()
    identity._parts.cache_clear()
    assert len({usual, *others}) == 8


def test_a_child_says_who_reads_or_what_is_missing() -> None:
    service = OcrService({"engine": "no such", "languages": ["en"], "timeout_s": 9.0, "review_confidence": 0.8})
    with pytest.raises(PermanentError, match="no reading engine"):
        service.reader({"engine": "no such", "languages": ["en"]})
