"""Units of OCR that stand for several pages: each page is still settled, failed or rendered again by itself."""

from __future__ import annotations

import pytest

from pipeline.errors import PermanentError
from pipeline.types import Box, PageReading, Word
from storage import documents, ledger, pages, status
from storage.catalog import KnowledgeBase
from tests.unit import builders
from tests.unit.builders import RULES, claim, image_page, read_page, states


@pytest.fixture
def document(kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch) -> str:
    """Five pages, rendered at once: the third has a text layer."""
    monkeypatch.setitem(builders.RUN_SETTINGS, "pages_per_unit", 5)
    monkeypatch.setitem(builders.RUN_SETTINGS, "ocr_pages_per_unit", 2)
    id_ = builders.upload(kb).id
    held = claim(kb, id_, "render")
    pages.page_count_known(held, 5)
    pages.settle_render(held, [read_page(n) if n == 3 else image_page(n) for n in range(1, 6)])
    assert held.opened == {"ocr"}
    return id_


def _read(number: int) -> pages.Read:
    return pages.Read.of(PageReading(number, 1, 1, (Word("a", Box(0, 0, 1, 1)),), "ocr", "tesseract"))


def test_neighbouring_images_are_one_unit(kb: KnowledgeBase, document: str) -> None:
    assert states(kb, document) == {"render 1-5": "done", "ocr 1-2": "ready", "ocr 4-5": "ready"}
    first, second = claim(kb, document, "ocr", "1-2"), claim(kb, document, "ocr", "4-5")
    assert sorted(pages.images_of(second)) == [4, 5]
    pages.settle_ocr(first, [_read(1), _read(2)])
    assert first.opened == set()
    pages.settle_ocr(second, [_read(4), _read(5)])
    assert second.opened == {"extract"}, "the last page opens what comes next"
    assert [page.page_number for page in pages.readings(kb, document, 1)] == [1, 2, 3, 4, 5]


def test_a_page_that_cannot_be_read_fails_alone(kb: KnowledgeBase, document: str) -> None:
    pages.settle_ocr(claim(kb, document, "ocr", "1-2"), [_read(1), (2, PermanentError("page_damaged", "torn"))])
    assert states(kb, document)["ocr 2-2"] == "failed"
    shown = status.status(kb, document)
    assert (shown["pages"]["done"], shown["pages"]["failed"]) == (2, 1)
    assert shown["stages"]["ocr"]["total"] == 4
    assert [warning["page"] for warning in shown["warnings"]] == [2]


def test_a_page_whose_image_is_gone_is_rendered_again(kb: KnowledgeBase, document: str) -> None:
    held = claim(kb, document, "ocr", "1-2")
    pages.settle_ocr(held, [pages.Lost(1), _read(2)])
    assert held.opened == {"render"}
    pages.settle_ocr(claim(kb, document, "ocr", "4-5"), [_read(4), _read(5)])
    assert "extract 0-0" not in states(kb, document)
    pages.settle_render(claim(kb, document, "render", "1-1"), [image_page(1)])
    pages.settle_ocr(claim(kb, document, "ocr", "1-1"), [_read(1)])
    assert states(kb, document)["extract 0-0"] == "ready"
    assert status.status(kb, document)["pages"]["done"] == 5


@pytest.mark.parametrize(("kind", "times"), [("crashes", 1), ("errors", 2), ("losses", 2)])
def test_of_a_range_that_fails_again_each_page_answers_for_itself(
    kb: KnowledgeBase, document: str, kind: str, times: int
) -> None:
    for _ in range(times):
        assert states(kb, document)["ocr 1-2"] == "ready"
        held = claim(kb, document, "ocr", "1-2")
        rules = RULES.model_copy(update={"retry_delay_s": 0.0})
        assert not ledger.attempt_failed(held, kind, {"code": "x", "message": "y", "detail": None}, rules)  # type: ignore[arg-type]
    found = states(kb, document)
    assert (found["ocr 1-2"], found["ocr 1-1"], found["ocr 2-2"]) == ("cancelled", "ready", "ready")
    assert status.status(kb, document)["stages"]["ocr"]["total"] == 4


def test_nothing_of_a_cancelled_range_lands(kb: KnowledgeBase, document: str) -> None:
    held = claim(kb, document, "ocr", "1-2")
    documents.cancel(kb, document)
    with pytest.raises(ledger.LeaseLost):
        pages.settle_ocr(held, [_read(1), _read(2)])
    assert [page.page_number for page in pages.readings(kb, document, 1)] == [3]
