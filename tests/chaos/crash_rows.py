"""Every row of a knowledge base, told so that an interrupted run compares with an undisturbed one to the last version.

Left out is what no two runs share: ids, times, tokens, file names of page images, and the counters of attempts.
"""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from typing import Any

import orjson

from storage.catalog import KnowledgeBase

_TABLES = {
    "knowledge": "SELECT version, model, model_fingerprint, dimension FROM knowledge",
    "document": "SELECT filename, kind, size_bytes, run, published_run, version, language, deleted_at IS NOT NULL"
    " FROM document ORDER BY filename",
    "run": "SELECT document, run, status, cause, settings, pages_total, error, language, fields, found FROM run"
    " ORDER BY document, run",
    "unit": "SELECT document, run, stage, unit, first, last, size, state, error FROM unit"
    " ORDER BY document, run, stage, first, last",
    "page": "SELECT document, run, page_number, state, width_pt, height_pt, image IS NOT NULL, reading, source, engine,"
    " confidence, review, error, corrected FROM page ORDER BY document, run, page_number",
    "reading": "SELECT id, body FROM reading ORDER BY id",
    "field": "SELECT document, run, path, value, terms FROM field ORDER BY document, run, seq",
    "chunk": "SELECT document, run, position, text, heading, spans, tokens, text_hash FROM chunk"
    " ORDER BY document, run, position",
    "embedding": "SELECT text_hash, vector FROM embedding ORDER BY text_hash",
    "chunk_fts": "SELECT terms FROM chunk_fts ORDER BY terms",
    "correction": "SELECT document, run, kind, page_number, path, position, slot, anchor, was, value, box, confirmed,"
    " author, taken_back_run FROM correction ORDER BY document, run, id",
    "cleanup": "SELECT run, chunks, passes FROM cleanup",
    "tombstone": "SELECT version FROM tombstone ORDER BY version",
}


def rows_of(kb: KnowledgeBase) -> dict[str, list[list[Any]]]:
    """The rows of every table, as JSON holds them."""
    with kb.db.read() as connection:
        ids = connection.exec_driver_sql("SELECT id, filename FROM document").all()
        names = {row.id: row.filename for row in ids}
        made = connection.exec_driver_sql("SELECT id FROM correction ORDER BY document, run, id").scalars()
        names |= {id_: f"correction {number}" for number, id_ in enumerate(made)}
        slots = connection.exec_driver_sql("SELECT slot FROM correction WHERE slot IS NOT NULL ORDER BY id").scalars()
        names |= {slot: f"slot {number}" for number, slot in enumerate(dict.fromkeys(slots))}
        rows = {table: connection.exec_driver_sql(query).all() for table, query in _TABLES.items()}
    return {
        **{table: [[_told(value, names) for value in row] for row in found] for table, found in rows.items()},
        "reading": [[_told(id_, names), _told(_without_times(body), names)] for id_, body in rows["reading"]],
    }


def _without_times(body: bytes) -> bytes:
    """A reading without how long it took."""
    return re.sub(rb'"seconds":[0-9.]+', b"", zlib.decompress(body))


def _told(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, bytes):
        return hashlib.sha256(value).hexdigest()
    if isinstance(value, dict | list):
        value = orjson.dumps(value).decode()
    if isinstance(value, str):
        value = re.sub(r'"corrected_at":"[^"]*"', '"corrected_at":""', value)
        for id_, name in names.items():
            value = value.replace(id_, name)
    return value


def differences(found: Any, expected: Any, path: str = "") -> list[str]:
    """Where two values of lists and dictionaries differ, a line each."""
    if isinstance(found, dict) and isinstance(expected, dict):
        keys = dict.fromkeys([*expected, *found])
        return [
            line
            for key in keys
            for line in differences(found.get(key, "missing"), expected.get(key, "missing"), f"{path}/{key}")
        ]
    if isinstance(found, list) and isinstance(expected, list) and len(found) == len(expected):
        pairs = enumerate(zip(found, expected, strict=True))
        return [line for number, (one, two) in pairs for line in differences(one, two, f"{path}/{number}")]
    if found == expected:
        return []
    return [f"{path}: {json.dumps(found)[:300]} instead of {json.dumps(expected)[:300]}"]
