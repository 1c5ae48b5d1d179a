"""The searchable PDF as it is asked for: made once by a child, of readings made by hand, and gone with its document."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pymupdf
import pytest
from starlette.testclient import TestClient

from pipeline.settings import Settings
from pipeline.types import Box, PageReading, Word
from storage import cleanup, pages
from storage.catalog import KnowledgeBase, Storage
from storage.files import preview_folder
from storage.vectors import VectorStore
from tests import drawing
from tests.unit.builders import claim, image_page, publish, through_embed
from web import searchable


@pytest.fixture
def kb(client: TestClient, settings: Settings) -> Iterator[KnowledgeBase]:
    kb = Storage(settings).open(client.post("/knowledge-bases", json={"name": "kb"}).json()["id"])
    yield kb
    kb.db.close()


def _scan(client: TestClient, kb: KnowledgeBase, name: str, content: bytes, words: list[Word]) -> str:
    """A published document of one page, read by OCR."""
    files = [("files", (name, content))]
    document: str = client.post("/knowledge-bases/kb/documents", files=files).json()["documents"][0]["id"]
    first = claim(kb, document, "render")
    pages.page_count_known(first, 1)
    pages.settle_render(first, [image_page(1)])
    read = PageReading(1, 400, 300, tuple(words), "ocr", "tesseract")
    pages.settle_ocr(claim(kb, document, "ocr"), [pages.Read.of(read)])
    through_embed(kb, document)
    publish(kb, document)
    kb.files(document).json(1).put(b'{"language": "zh-Hans", "pages": []}')
    return document


def test_it_is_made_once_and_gone_with_its_document(
    client: TestClient, kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    png = drawing.page_png("scanned")
    files = [("files", ("a.pdf", drawing.text_pdf([["text"]])))]
    unread = client.post("/knowledge-bases/kb/documents", files=files).json()["documents"][0]["id"]
    for id_, status, code in ((unread, 409, "not_ready"), ("0" * 32, 404, "not_found")):
        answer = client.get(f"/knowledge-bases/kb/documents/{id_}/searchable.pdf")
        assert answer.status_code == status and answer.json()["error"]["code"] == code
    document = _scan(client, kb, "周报 7.png", png, [Word("冰川融水", Box(60, 60, 110, 74))])
    address = f"/knowledge-bases/kb/documents/{document}/searchable.pdf"
    made: list[Path] = []
    make_draft = searchable.SearchablePdfs._make_draft

    def counted(self: searchable.SearchablePdfs, *args: Any) -> None:
        made.append(args[-1])
        make_draft(self, *args)

    monkeypatch.setattr(searchable.SearchablePdfs, "_make_draft", counted)
    with ThreadPoolExecutor(2) as two:
        first, second = two.map(client.get, [address, address])
    assert first.status_code == 200, first.text
    assert first.content == second.content and len(made) == 1
    assert first.headers["content-type"] == "application/pdf" and first.headers["x-content-type-options"] == "nosniff"
    assert "attachment" in first.headers["content-disposition"]
    assert "%E5%91%A8%E6%8A%A5%207-searchable.pdf" in first.headers["content-disposition"]
    with pymupdf.open("pdf", first.content) as pdf:
        assert pdf[0].get_text() == "冰川融水\n"
    folder = preview_folder(kb.data, kb.id, document)
    assert [path.name for path in folder.iterdir()] == ["1-searchable.pdf"]
    client.delete(f"/knowledge-bases/kb/documents/{document}")
    monkeypatch.setattr(VectorStore, "delete", lambda *_: None)
    while due := cleanup.due(kb):
        cleanup.clean_run(kb, due[0], lease_s=0.0)
    assert client.get(address).json()["error"]["code"] == "not_found"
    assert not folder.exists()
