"""A person corrects a page and a field: what is found afterwards, and after the document was read again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pymupdf

from client.requests import kb_path
from tests import drawing
from tests.stack import Stack

_LINES = ["Harbour report", "The crane was repaired in March.", "Write to ann@example.org for more."]


def test_corrected_found_and_still_there_when_read_again(stack: Stack, kb: str, tmp_path: Path) -> None:
    document = stack.upload(kb, "report.pdf", drawing.scan(drawing.text_pdf([_LINES])))
    (status,) = stack.wait(kb, document)
    assert status["status"] == "done", status
    path = f"{kb_path(kb)}/documents/{document}"
    shown = stack.client.call("GET", f"{path}/pages/1")
    text = shown["text"].replace("repaired", "scrapped")
    assert text != shown["text"], "the scan was not read"
    email = {"path": "emails", "index": 0, "value": "eva@example.org"}
    stack.client.call("POST", f"{path}/corrections", json={"pages": [{"page": 1, "text": text}], "fields": [email]})
    (status,) = stack.wait(kb, document)
    _require(stack, kb, document, status)
    body = {"fields": [{"path": "title", "value": "Harbour Report 1987"}]}
    stack.client.call("POST", f"{path}/corrections", json=body)
    (status,) = stack.wait(kb, document)
    assert status["fields"]["title"]["value"] == "Harbour Report 1987"
    before = stack.client.call("GET", f"{path}/pages/1")["words"]
    stack.client.call("POST", f"{path}/reprocess?from=ocr")
    (status,) = stack.wait(kb, document)
    assert status["status"] == "done" and status["stages"]["ocr"]["done"] == 1
    _require(stack, kb, document, status)
    assert status["fields"]["title"]["value"] == "Harbour Report 1987"
    assert stack.client.call("GET", f"{path}/pages/1")["words"] == before
    with pymupdf.open(stack.client.save_searchable_pdf(kb, document, tmp_path / "searchable.pdf")) as opened:
        assert "scrapped" in opened[0].get_text() and "repaired" not in opened[0].get_text()


def _require(stack: Stack, kb: str, document: str, status: dict[str, Any]) -> None:
    """The new words are found and the old ones are not, in whatever is made of the page."""
    assert status["status"] == "done" and [one["value"] for one in status["fields"]["emails"]] == ["eva@example.org"]
    [hit] = stack.search(kb, "scrapped", mode="keyword")["hits"]
    assert hit["document"] == document and "repaired" not in hit["text"]
    assert stack.search(kb, "repaired", mode="keyword")["hits"] == []
    assert stack.search(kb, "scrapped", mode="keyword", filter="emails:eva@example.org")["hits"]
    page = stack.client.call("GET", f"{kb_path(kb)}/documents/{document}/pages/1")
    assert page["corrected"] and "scrapped" in page["text"] and "repaired" not in page["text"]
    [word] = [word for word in page["words"] if "scrapped" in word["text"]]
    [box] = [box for box in hit["boxes"] if box["box"][1] <= word["box"][1] and box["box"][3] >= word["box"][3]]
    assert word["confidence"] == 1 and box["page"] == 1
    markdown = stack.client.markdown(kb, document)
    assert "scrapped" in markdown and "repaired" not in markdown
