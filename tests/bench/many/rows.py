"""A knowledge base of any number of documents: two that the real settles made, multiplied in SQL.

So every row is shaped as the pipeline leaves it, on either engine. Passages, their vectors and their full text are left
out: what searches cost is the bench `search`'s to say.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from sqlalchemy import Connection, Table

from pipeline.types import Box, PageReading, Word
from storage import pages, schema
from storage.catalog import KnowledgeBase, Storage
from storage.database import text
from storage.databases import DATABASE_FILE
from tests.unit import builders

_TABLES = (schema.document, schema.run, schema.unit, schema.reading, schema.page, schema.field)
_AT_ONCE = 50_000
_PER_BATCH = 100
_WORDS = 10
_BEFORE = "2025-01-01T00:00:00.000Z"  # all were settled then: what was settled just now is counted by itself


def make(storage: Storage, name: str, done: int, waiting: int) -> KnowledgeBase:
    """A knowledge base of scans of one page: so many that can be searched, so many whose page waits for OCR."""
    kb = storage.open(storage.create_knowledge_base(name, ["en"], "auto")["id"])
    first = scan(kb, b"one")
    words = tuple(Word(f"word{n}", Box(10, n, 50, n + 9.5)) for n in range(_WORDS))
    reading = PageReading(1, 595, 842, words, "ocr", "rapidocr", "1", confidence=0.9)
    pages.settle_ocr(builders.claim(kb, first, "ocr"), [pages.Read.of(reading)])
    fields = {"name": builders.field("Somebody"), "skills": [builders.field("Python"), builders.field("Go")]}
    builders.through_embed(kb, first, fields=fields, texts=("a passage",))
    builders.publish(kb, first)
    multiply(kb, first, done - 1, 1)
    if waiting:
        multiply(kb, scan(kb, b"two"), waiting - 1, done)
    storage.wake(kb.id)
    return kb


def scan(kb: KnowledgeBase, content: bytes) -> str:
    """Add a scan of one page that waits for OCR; its id."""
    document = builders.upload(kb, content).id
    held = builders.claim(kb, document, "render")
    pages.page_count_known(held, 1)
    pages.settle_render(held, [builders.image_page(1)])
    return document


def multiply(kb: KnowledgeBase, document: str, times: int, start: int) -> None:
    """Add documents like one there is.

    Args:
        start: number of the first; no two documents have the same.
    """
    for at in range(start, start + times, _AT_ONCE):
        with kb.db.write() as connection:
            for table in _TABLES:
                _multiply(connection, kb, table, document, at, min(at + _AT_ONCE, start + times))
            connection.execute(text("UPDATE knowledge SET version = (SELECT max(version) FROM document)"))


def _multiply(connection: Connection, kb: KnowledgeBase, table: Table, document: str, start: int, end: int) -> None:
    hexadecimal = {"sqlite": "printf('%032x', i)", "postgresql": "lpad(to_hex(i), 32, '0')"}
    new = hexadecimal[connection.dialect.name]
    changed = {
        "document": new, "sha256": new, "reading": f"CASE WHEN reading IS NOT NULL THEN {new} || '-1-1' END",
        "finished_at": f"CASE WHEN finished_at IS NOT NULL THEN '{_BEFORE}' END",
        "filename": "CAST(i AS text) || '.pdf'", "batch": f"'batch ' || CAST(i / {_PER_BATCH} AS text)",
    }  # fmt: skip
    if table is schema.document:
        changed |= {"id": new, "version": "1000 + i"}
    elif table is schema.reading:
        changed |= {"id": f"{new} || '-1-1'"}
    names = [f'"{column.name}"' for column in table.c]
    values = [changed.get(column.name, f'"{column.name}"') for column in table.c]
    own = "id" if table is schema.document else "document"
    connection.execute(
        text(
            "WITH RECURSIVE numbers(i) AS (SELECT CAST(:start AS integer) UNION ALL SELECT i + 1 FROM numbers"
            f" WHERE i + 1 < :end) INSERT INTO {table.name} ({', '.join(names)}) SELECT {', '.join(values)}"
            f" FROM numbers CROSS JOIN (SELECT * FROM {table.name} WHERE {own} = :document) AS one"
        ),
        {"start": start, "end": end, "document": document},
    )


def copies(storage: Storage, kb: KnowledgeBase, count: int, folder: Path) -> None:
    """Take in so many copies of a knowledge base."""
    original = folder / DATABASE_FILE
    storage.databases.copy_out(kb.id, original)
    for number in range(count):
        copy = folder / f"{number:032x}"
        (copy / "documents").mkdir(parents=True)
        (copy / "incoming").mkdir()
        shutil.copy(original, copy / DATABASE_FILE)
        storage.adopt_knowledge_base(copy.name, copy, f"copy {number}", ["en"], "auto", "generic")
