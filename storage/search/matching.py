"""Chunks that hold words of a query, with the BM25 of SQLite's FTS5 (its bm25() is the negative of the usual score)."""

from __future__ import annotations

from sqlalchemy import Connection, text

from storage.search.scope import Scope


def matching(connection: Connection, phrases: list[str], wanted: int, scope: Scope) -> dict[int, float]:
    """Row ids of chunks in scope that hold any of the phrases, with BM25 (positive, higher is better)."""
    if not phrases:
        return {}
    rows = connection.execute(
        text(
            "SELECT chunk.seq, -bm25(chunk_fts) AS score FROM chunk_fts JOIN chunk ON chunk.seq = chunk_fts.rowid"
            f" JOIN document ON {scope.sql} WHERE chunk_fts MATCH :match ORDER BY bm25(chunk_fts) LIMIT :wanted"
        ),
        {**scope.values, "match": " OR ".join(phrases), "wanted": wanted},
    )
    return {row.seq: row.score for row in rows}


def newest(connection: Connection, wanted: int, scope: Scope) -> dict[int, float]:
    """Row ids of chunks in scope, newest documents first, with numbers that fall: for a query that only excludes."""
    rows = connection.execute(
        text(
            f"SELECT chunk.seq FROM document JOIN chunk ON {scope.sql}"
            " ORDER BY document.created_at DESC, document.id DESC, chunk.position LIMIT :wanted"
        ),
        {**scope.values, "wanted": wanted},
    )
    return {seq: 1 / (1 + place) for place, seq in enumerate(rows.scalars())}
