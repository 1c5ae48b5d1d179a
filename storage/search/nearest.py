"""Chunks that mean much the same as a query: those whose vectors lie nearest to its own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import orjson
from sqlalchemy import Connection, bindparam, text

from storage import dialect
from storage.catalog import KnowledgeBase
from storage.dialect import Type
from storage.search.scope import Scope, first_in_scope
from storage.vectors import Vectors

# Vectors of unpublished or deleted runs lie in the index until they are cleaned: ask for more, then for much more.
_OVERFETCH = (1.25, 2, 8)
_OVERFETCH_FILTERED = (4, 16)
_COMPARED_AT_MOST = 5000
_HIT: dict[str, Type] = {"document": "text", "run": "integer", "position": "integer", "cosine": "double precision"}


def nearest(kb: KnowledgeBase, vector: Vectors, wanted: int, scope: Scope) -> dict[int, float]:
    """Row ids of chunks in scope nearest to the vector, with their cosines.

    Few chunks in a narrow scope are all compared: exact, and quicker than the index, whose filters are slow.
    """
    found: dict[int, float] = {}
    if scope.values:
        with kb.db.read() as connection:
            few = first_in_scope(connection, scope, _COMPARED_AT_MOST + 1)
            if len(few) <= _COMPARED_AT_MOST:
                found = cosines(connection, vector, few)
                return dict(sorted(found.items(), key=lambda item: -item[1])[:wanted])
    for factor in _OVERFETCH_FILTERED if scope.values else _OVERFETCH:
        most = int(wanted * factor)
        around = kb.vectors.nearest(vector, most)
        with kb.db.read() as connection:
            found = _visible(connection, around, scope)
        if len(found) >= wanted or len(around) < most:
            break
    return dict(sorted(found.items(), key=lambda item: -item[1])[:wanted])


def _visible(connection: Connection, nearest: Sequence[tuple[str, float]], scope: Scope) -> dict[int, float]:
    rows = []
    for id_, cosine in nearest:
        document, run, position = id_.split(":")
        rows.append({"document": document, "run": int(run), "position": int(position), "cosine": cosine})
    values = orjson.dumps(rows)
    hit = dialect.of(connection).records(":rows", "hit", _HIT)
    found = connection.execute(
        text(
            f"SELECT chunk.seq, hit.cosine FROM {hit} JOIN chunk ON chunk.document = hit.document"
            f" AND chunk.run = hit.run AND chunk.position = hit.position JOIN document ON {scope.sql}"
        ),
        {**scope.values, "rows": values.decode()},
    )
    return {row.seq: row.cosine for row in found}


def cosines(connection: Connection, vector: Vectors, seqs: list[int]) -> dict[int, float]:
    """Exact cosines of chunks that the vector search did not bring, from the vectors in the database."""
    if not seqs:
        return {}
    rows = connection.execute(
        text(
            "SELECT chunk.seq, embedding.vector FROM chunk JOIN embedding USING (text_hash) WHERE chunk.seq IN :seqs"
        ).bindparams(bindparam("seqs", expanding=True)),
        {"seqs": seqs},
    ).all()
    stored = np.frombuffer(b"".join(row.vector for row in rows), dtype="<f4").reshape(len(rows), -1)
    return dict(zip([row.seq for row in rows], (stored @ vector).tolist(), strict=True))
