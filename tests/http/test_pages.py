"""Pages as people and programs get them: words, turns and images, of readings made by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from pipeline.settings import Settings
from storage import pages
from storage.catalog import KnowledgeBase, Storage
from tests import drawing
from tests.unit.builders import claim, publish, read_page, through_embed
from web.previews import Previews


@pytest.fixture
def kb(client: TestClient, settings: Settings) -> Iterator[KnowledgeBase]:
    kb = Storage(settings).open(client.post("/knowledge-bases", json={"name": "kb"}).json()["id"])
    yield kb
    kb.db.close()


def test_a_page_that_lay_sideways_is_shown_upright(
    client: TestClient, kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [("files", ("a.pdf", drawing.text_pdf([["sideways"]], (400, 300))))]
    document = client.post("/knowledge-bases/kb/documents", files=files).json()["documents"][0]["id"]
    address = f"/knowledge-bases/kb/documents/{document}/pages"
    first = claim(kb, document, "render")
    pages.page_count_known(first, 1)
    pages.settle_render(first, [read_page(1, rotation=90)])
    through_embed(kb, document)
    publish(kb, document)
    kb.files(document).json(1).put(b'{"language": "en", "pages": []}')
    [listed] = client.get(address).json()["items"]
    page = client.get(f"{address}/1").json()
    assert listed["rotation"] == page["rotation"] == 90 and page["blocks"] == [] and not page["vertical"]
    drawn = []

    def draw(_: Previews, path: Path, kb: KnowledgeBase, document: str, kind: str, *how: int) -> None:
        drawn.append((path.name, *how))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"drawn")

    monkeypatch.setattr(Previews, "_draw_into", draw)
    for query in ("", "&rotation=0", "&rotation=90"):
        assert client.get(f"{address}/1/image?width=240{query}").content == b"drawn"
    assert drawn == [("1-90-240.jpg", 1, 90, 240), ("1-0-240.jpg", 1, 0, 240)], "and the third is the first"
    assert client.get(f"{address}/1/image?rotation=45").json()["error"]["code"] == "bad_request"
