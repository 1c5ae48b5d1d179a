"""Pages that wait for OCR, as render leaves them: by its own settle, past the drawing."""

from __future__ import annotations

import hashlib
from pathlib import Path

from pipeline.settings import LedgerSettings
from pipeline.types import PageImage, RenderedPage
from storage import documents, ledger, pages
from storage.catalog import KnowledgeBase, Storage
from storage.documents import NewDocument

_IMAGE_BYTES = 100_000  # about what a clean page takes


def put_document(storage: Storage, kb: KnowledgeBase, number: int, page_count: int) -> str:
    """Take a document in and settle the rendering of all its pages; its id.

    Args:
        number: no two documents have the same.
    """
    incoming = kb.file_store.incoming(kb.id) / f"{number}.pdf"
    incoming.write_bytes(b"%PDF nothing of it is read")
    name = f"{number}.pdf"
    new = NewDocument(name, "pdf", hashlib.sha256(f"{kb.id} {number}".encode()).hexdigest(), 26, incoming, {}, [])
    settings = {**storage.run_settings(storage.knowledge_base(kb.id)), "window": page_count}
    document = documents.add(kb, new, "bench", settings).id
    step: int = settings["pages_per_unit"]
    for first in range(1, page_count + 1, step):
        _settle(kb, document, first, min(first + step - 1, page_count), page_count)
    return document


def _settle(kb: KnowledgeBase, document: str, first: int, last: int, page_count: int) -> None:
    unit = f"{first}-{last}"
    claim = ledger.claim(kb, document, 1, "render", unit, "bench", LedgerSettings())
    assert claim is not None, unit
    if claim.pages_total is None:
        pages.page_count_known(claim, page_count)
    rendered = []
    for page_number in range(first, last + 1):
        name = f"{page_number}-{claim.token[:8]}.tif"
        seed = hashlib.shake_128(f"{document} {page_number}".encode()).digest(64)  # no two pages look the same
        with kb.files(document).image(1, name).made() as path:
            path.write_bytes(seed + bytes(_IMAGE_BYTES - len(seed)))
        image = PageImage(str(Path(name)), 1654, 2339, 200.0)
        rendered.append(RenderedPage(page_number, 595.0, 842.0, None, image))
    pages.settle_render(claim, rendered)
