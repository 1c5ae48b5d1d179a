"""What a data folder holds, told so that two runs of the same documents compare: by content, without ids and times.

Times, tokens, counters, run numbers and versions are left out; everything a reader or a search can see is in.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Collection
from pathlib import Path
from typing import Any

from pipeline.settings import Settings, StorageSettings
from storage import pages
from storage.catalog import Storage


def snapshot(
    data: Path, chroma_url: str, only: Collection[str] | None = None, place: StorageSettings | None = None
) -> dict[str, Any]:
    """Documents by file name, and what lies about that belongs to none.

    Args:
        only: names of knowledge bases, where others' tests have some too.
        place: where files lie; the data folder where not given.

    Raises:
        AssertionError: a row without its vector, or a vector without its row.
    """
    storage = Storage(Settings(storage=place or StorageSettings(data=data)), chroma_url)
    listing = storage.file_store.listing
    result: dict[str, Any] = {"tmp": sorted(str(p) for p in (data / "tmp").rglob("*"))}
    if listing is not None:
        result["tmp"] += listing.keys("tmp", None, 1000)
        result["objects"] = Counter(key.rpartition("/")[2] for key in listing.keys("kb", None, 1000))
    try:
        for record in storage.knowledge_bases():
            if only is not None and record["name"] not in only:
                continue
            kb = storage.open(record["id"])
            documents: dict[str, Any] = {}
            expected_vectors = set()
            with kb.db.read() as connection:
                rows = connection.exec_driver_sql(
                    "SELECT d.id, d.filename, d.published_run, d.run, r.status, r.error FROM document AS d"
                    " JOIN run AS r ON r.document = d.id AND r.run = d.run WHERE d.deleted_at IS NULL"
                ).all()
                chunks = connection.exec_driver_sql(
                    "SELECT c.document, c.run, c.position, c.text, c.spans, e.vector, f.terms FROM chunk AS c"
                    " LEFT JOIN embedding AS e USING (text_hash) LEFT JOIN chunk_fts AS f ON f.rowid = c.seq"
                    " ORDER BY c.document, c.run, c.position"
                ).all()
                counts = connection.exec_driver_sql(
                    "SELECT (SELECT count(*) FROM chunk_fts), (SELECT count(*) FROM embedding),"
                    " (SELECT count(DISTINCT text_hash) FROM chunk), (SELECT count(*) FROM cleanup)"
                ).one()
            assert counts[1] == counts[2], f"{counts[1]} vectors are kept for {counts[2]} texts"
            assert counts[0] == len(chunks), f"{counts[0]} full texts for {len(chunks)} chunks"
            for row in rows:
                own = [chunk for chunk in chunks if (chunk.document, chunk.run) == (row.id, row.published_run)]
                expected_vectors |= {f"{row.id}:{chunk.run}:{chunk.position}" for chunk in own}
                documents[row.filename] = {
                    "status": row.status,
                    "error": _parsed(row.error)["code"] if row.error else None,
                    "pages": [
                        (page["page_number"], page["state"], page["source"], (page["error"] or {}).get("code"))
                        for page in pages.page_list(kb, row.id, row.run)
                    ],
                    "words": [
                        [word.as_list() for word in reading.words] for reading in pages.readings(kb, row.id, row.run)
                    ],
                    "chunks": [(chunk.position, chunk.text, _digest(chunk.spans), chunk.terms) for chunk in own],
                    "vectors": [_digest(chunk.vector) for chunk in own],
                    "files": _files(kb.folder / "documents" / row.id)
                    if listing is None
                    else [
                        (key.rpartition("/")[2], _digest(storage.file_store.get(key)))
                        for key in listing.keys(kb.files(row.id).key, None, 1000)
                    ],
                }
            visible = {(row.id, row.published_run) for row in rows}
            assert {(chunk.document, chunk.run) for chunk in chunks} <= visible, "chunks that nobody can see are left"
            assert kb.vectors.ids() == expected_vectors
            result[record["name"]] = {"documents": documents, "incoming": _files(kb.folder / "incoming")}
            kb.db.close()
    finally:
        storage.close()
    return result


def differences(found: dict[str, Any], expected: dict[str, Any]) -> list[str]:
    """What differs between the documents of two knowledge bases, by file name."""
    names = [f"{name} is in one alone" for name in sorted(found.keys() ^ expected.keys())]
    return names + [
        f"{name}: {field}" for name in sorted(found.keys() & expected.keys())
        for field in found[name] if found[name][field] != expected[name][field]
    ]  # fmt: skip


def _parsed(value: Any) -> Any:
    """JSON of a database, as whose driver it may be parsed already."""
    return json.loads(value) if isinstance(value, str) else value


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _files(folder: Path) -> list[tuple[str, str]]:
    """Name without run number, and content, of every file."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return [(path.name, _digest(path.read_bytes())) for path in found]
