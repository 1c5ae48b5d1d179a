"""Documents and claims made by hand, to drive the ledger without any stage."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import text

from pipeline.settings import LedgerSettings
from pipeline.types import Box, Chunk, PageImage, PageReading, RenderedPage, Span, Word
from storage import chunks as chunk_rows
from storage import clock, documents, fulltext, ledger, pages, runs
from storage.catalog import KnowledgeBase
from storage.chunks import ModelIdentity
from storage.documents import Accepted, NewDocument
from storage.file_store import StoredFile
from storage.ledger import Claim

MODEL = ModelIdentity("m", "f", 4)
RULES = LedgerSettings()
RUN_SETTINGS: dict[str, Any] = {
    "engine": "auto", "languages": ["en"], "pages_per_unit": 2, "window": 4, "chunk_tokens": 300,
    "chunks_per_unit": 2, "model": "none",
}  # fmt: skip


def upload(kb: KnowledgeBase, content: bytes = b"x", name: str = "a.pdf") -> Accepted:
    incoming = kb.folder / "incoming" / clock.new_id()
    incoming.write_bytes(content)
    import hashlib

    digest = hashlib.sha256(content).hexdigest()
    new = NewDocument(name, "pdf", digest, len(content), Path(incoming), {}, ["t"])
    return documents.add(kb, new, "batch", RUN_SETTINGS)


def on_disk(stored: StoredFile) -> Path:
    """Where a file lies in the data folder."""
    path = stored.store.path(stored.key)
    assert path is not None
    return path


def claim(kb: KnowledgeBase, document: str, stage: str, unit: str | None = None, run: int = 1) -> Claim:
    name = unit or next(w.unit for w in ledger.waiting(kb, stage) if w.document == document)
    held = ledger.claim(kb, document, run, stage, name, "worker", RULES)
    assert held is not None, f"{stage} {name} is not to be had"
    return held


def read_page(number: int, text: str = "hello", **values: Any) -> RenderedPage:
    words = (Word(text, Box(10, 10, 50, 20)),)
    reading = PageReading(number, 100, 200, words, "text_layer", "text_layer", **values)
    return RenderedPage(number, 100, 200, reading, None)


def image_page(number: int) -> RenderedPage:
    return RenderedPage(number, 100, 200, None, PageImage(f"/nowhere/{number}.png", 10, 20, 72))


def chunks(*texts: str) -> list[Chunk]:
    return [Chunk(n, text, "", (Span(0, len(text), 1, Box(0, 0, 10, 10)),), 3) for n, text in enumerate(texts)]


def render_all(kb: KnowledgeBase, document: str, total: int, run: int = 1) -> None:
    """Render and read `total` pages, all of them text."""
    first = claim(kb, document, "render", run=run)
    pages.page_count_known(first, total)
    pages.settle_render(first, [read_page(n) for n in range(1, min(total, 2) + 1)])
    while any(waiting.document == document for waiting in ledger.waiting(kb, "render")):
        unit = claim(kb, document, "render", run=run)
        pages.settle_render(unit, [read_page(n) for n in range(unit.first, unit.last + 1)])


def through_embed(
    kb: KnowledgeBase,
    document: str,
    run: int = 1,
    fields: dict[str, Any] | None = None,
    texts: Sequence[str] = ("one", "two", "three"),
) -> None:
    """Extract chunks of some texts, and embed them."""
    extract = claim(kb, document, "extract", run=run)
    chunk_rows.settle_extract(extract, chunks(*texts), "en", fields or {}, 10)
    while any(waiting.document == document for waiting in ledger.waiting(kb, "embed")):
        unit = claim(kb, document, "embed", run=run)
        todo = chunk_rows.texts_to_embed(unit)
        vectors = np.ones((len(todo), 4), dtype=np.float32)
        chunk_rows.settle_embed(unit, [hash_ for hash_, _ in todo], vectors, MODEL)


def publish(kb: KnowledgeBase, document: str, run: int = 1) -> None:
    """What store does, without a vector server."""
    held = claim(kb, document, "store", run=run)
    with ledger.settling(held) as connection:
        rows = connection.execute(
            text("SELECT seq, text FROM chunk WHERE document = :document AND run = :run"),
            {"document": document, "run": run},
        ).all()
        fulltext.index(connection, [(row.seq, row.text) for row in rows])
        runs.publish(connection, document, run)


def done(kb: KnowledgeBase, content: bytes, name: str = "a.pdf", fields: dict[str, Any] | None = None) -> str:
    """A one-page document that went through the whole chain."""
    document = upload(kb, content, name).id
    render_all(kb, document, 1)
    through_embed(kb, document, fields=fields)
    publish(kb, document)
    return document


def field(value: str, page: int | None = 1) -> dict[str, Any]:
    """A field as extract finds them."""
    box = [1.0, 2.0, 3.0, 4.0]
    return {"value": value, "text": value, "page": page, "box": box, "confidence": 0.9, "method": "label"}


def states(kb: KnowledgeBase, document: str) -> dict[str, str]:
    """`stage unit` -> state of the latest run's units."""
    with kb.db.read() as connection:
        rows = connection.execute(
            text(
                "SELECT stage, unit, unit.state FROM unit JOIN document ON document.id = unit.document"
                " AND document.run = unit.run WHERE document = :document ORDER BY stage, first"
            ),
            {"document": document},
        )
        return {f"{row.stage} {row.unit}": row.state for row in rows}
