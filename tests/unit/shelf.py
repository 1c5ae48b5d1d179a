"""Published documents written straight into their tables: for tests of what is done with their fields."""

from __future__ import annotations

from typing import Any

import orjson
from sqlalchemy import text

from storage import clock, fields, fulltext, runs
from storage import values as compared
from storage.catalog import KnowledgeBase
from tests.unit.builders import field


def put(
    kb: KnowledgeBase,
    filename: str,
    found: dict[str, Any] | None = None,
    *,
    passages: tuple[str, ...] = (),
    tags: tuple[str, ...] = (),
    language: str | None = "en",
    metadata: dict[str, Any] | None = None,
    pages: int = 1,
    created_at: str | None = None,
) -> str:
    """A document as its last commit leaves it; without fields (None) one that is still in work.

    Args:
        found: names to a value, a list of values or a list of records of values.
    """
    id_, wall = _later()
    values = {
        "id": id_, "name": filename, "tags": orjson.dumps(tags).decode(), "language": language, "pages": pages,
        "metadata": orjson.dumps(metadata or {}).decode(), "wall": created_at or wall,
        "status": "running" if found is None else "done", "folded": compared.folded(filename),
        "terms": compared.terms(filename), "hash": b"0",
    }  # fmt: skip
    with kb.db.write() as connection:
        for sql in (
            "INSERT INTO document (id, sha256, filename, kind, size_bytes, metadata, tags, batch, created_at, run,"
            " version, language, filename_folded, filename_terms) VALUES (:id, :id, :name, 'pdf', 1, :metadata, :tags,"
            " 'b', :wall, 1, 0, :language, :folded, :terms)",
            "INSERT INTO run (document, run, status, cause, settings, pages_total, created_at)"
            " VALUES (:id, 1, :status, 'upload', '{}', :pages, :wall)",
        ):
            connection.execute(text(sql), values)
        for position, passage in enumerate(passages):
            seq = connection.execute(
                text(
                    "INSERT INTO chunk (document, run, position, text, heading, spans, tokens, text_hash)"
                    " VALUES (:id, 1, :position, :passage, '', :spans, 3, :hash) RETURNING seq"
                ),
                {**values, "position": position, "passage": passage, "spans": b"[]"},
            ).scalar_one()
            fulltext.index(connection, [(seq, passage)])
        runs.touch(connection, id_)
    if found is not None:
        publish(kb, id_, found)
    return id_


def _later() -> tuple[str, str]:
    """An id and a time that no later one shares: those of one millisecond have no order in a list."""
    id_, wall = clock.new_id(), clock.wall()
    while clock.wall() == wall:
        pass
    return id_, wall


def publish(kb: KnowledgeBase, document: str, found: dict[str, Any]) -> None:
    """Give a document's run these fields and publish it, as extract and store do."""
    with kb.db.write() as connection:
        fields.put(connection, document, 1, {name: _made(held) for name, held in found.items()})
        connection.execute(text("UPDATE document SET published_run = 1 WHERE id = :id"), {"id": document})
        fields.mark_live(connection, document)
        runs.touch(connection, document)


def _made(held: Any) -> Any:
    if isinstance(held, list):
        return [_made(item) for item in held]
    if isinstance(held, dict):
        return {name: field(value) for name, value in held.items()}
    return field(held)
