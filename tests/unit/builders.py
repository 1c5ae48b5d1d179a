"""Documents and claims made by hand, to drive the ledger without any stage."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline.settings import LedgerSettings
from pipeline.types import Box, Chunk, PageImage, PageReading, RenderedPage, Span, Word
from storage import clock, documents, ledger
from storage.catalog import KnowledgeBase
from storage.documents import Accepted, NewDocument
from storage.ledger import Claim

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


def claim(kb: KnowledgeBase, document: str, stage: str, unit: str | None = None, run: int = 1) -> Claim:
    name = unit or next(w.unit for w in ledger.waiting(kb, stage) if w.document == document)
    held = ledger.claim(kb, document, run, stage, name, "worker", RULES)
    assert held is not None, f"{stage} {name} is not to be had"
    return held


def read_page(number: int, text: str = "hello") -> RenderedPage:
    words = (Word(text, Box(10, 10, 50, 20)),)
    return RenderedPage(number, 100, 200, PageReading(number, 100, 200, words, "text_layer", "text_layer"), None)


def image_page(number: int) -> RenderedPage:
    return RenderedPage(number, 100, 200, None, PageImage(f"/nowhere/{number}.png", 10, 20, 72))


def chunks(*texts: str) -> list[Chunk]:
    return [Chunk(n, text, "", (Span(0, len(text), 1, Box(0, 0, 10, 10)),), 3) for n, text in enumerate(texts)]


def states(kb: KnowledgeBase, document: str) -> dict[str, str]:
    """`stage unit` -> state of the latest run's units."""
    from sqlalchemy import text

    with kb.db.read() as connection:
        rows = connection.execute(
            text(
                "SELECT stage, unit, unit.state FROM unit JOIN document ON document.id = unit.document"
                " AND document.run = unit.run WHERE document = :document ORDER BY stage, first"
            ),
            {"document": document},
        )
        return {f"{row.stage} {row.unit}": row.state for row in rows}
