"""Chunks that hold words of a query, with the BM25 of SQLite's FTS5 (its bm25() is the negative of the usual score)."""

from __future__ import annotations

from sqlalchemy import Connection, text

from storage.search.scope import Scope

# So many times as many as wanted are looked at: some are of unpublished runs, which are few, or do not meet filters.
_OVERFETCH = (1.25, 4, 16)
_OVERFETCH_FILTERED = (4, 16)


def matching(connection: Connection, phrases: list[str], wanted: int, scope: Scope) -> dict[int, float]:
    """Row ids of chunks in scope that hold any of the phrases, with BM25 (positive, higher is better).

    The index ranks by itself and gives its best: to look for each match whether it is in scope took longer than all
    else. Where too few of them are in scope, more are asked for, and at last all.
    """
    if not phrases:
        return {}
    values = {**scope.values, "match": " OR ".join(phrases), "wanted": wanted}
    factors = _OVERFETCH_FILTERED if scope.values else _OVERFETCH
    for best in (*(int(wanted * factor) for factor in factors), -1):
        rows = connection.execute(
            text(
                "WITH ranked AS MATERIALIZED (SELECT rowid AS seq, -rank AS score FROM chunk_fts"
                " WHERE chunk_fts MATCH :match ORDER BY rank LIMIT :best)"
                " SELECT chunk.seq, ranked.score, (SELECT count(*) FROM ranked) AS looked_at FROM ranked"
                f" JOIN chunk ON chunk.seq = ranked.seq JOIN document ON {scope.sql}"
                " ORDER BY ranked.score DESC LIMIT :wanted"
            ),
            {**values, "best": best},
        ).all()
        if len(rows) == wanted or (rows and rows[0].looked_at < best):
            break
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
