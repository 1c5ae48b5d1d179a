"""Chunks that hold words of a query, with their BM25."""

from __future__ import annotations

from sqlalchemy import Connection, text

from storage import dialect
from storage.database import ALL
from storage.search.scope import Scope

# So many times as many as wanted are looked at: some are of unpublished runs, which are few, or do not meet filters.
_OVERFETCH = (1.25, 4, 16)
_OVERFETCH_FILTERED = (4, 16)
# Two engines differ in a score's last bits, by the order in which they add: rounded, ties are ties in both, and chunks
# that were indexed first come first.
_SCORE = "round(CAST(ranked.score AS numeric), 9)"


def matching(connection: Connection, phrases: list[str], wanted: int, scope: Scope) -> dict[int, float]:
    """Row ids of chunks in scope that hold any of the phrases, with BM25 (positive, higher is better).

    SQLite's index ranks by itself and gives its best: to look for each match whether it is in scope took longer than
    all else. Where too few of them are in scope, more are asked for, and at last all.
    """
    if not phrases:
        return {}
    engine = dialect.of(connection)
    ranked = engine.ranked(phrases)
    values = {**scope.values, **ranked.values, "wanted": wanted}
    factors = (_OVERFETCH_FILTERED if scope.values else _OVERFETCH) if engine.gives_best_first else ()
    for best in (*(int(wanted * factor) for factor in factors), ALL):
        rows = connection.execute(
            text(
                f"WITH ranked AS MATERIALIZED ({ranked.sql})"
                f" SELECT chunk.seq, {_SCORE} AS score, (SELECT count(*) FROM ranked) AS looked_at FROM ranked"
                f" JOIN chunk ON chunk.seq = ranked.seq JOIN document ON {scope.sql}"
                f" ORDER BY {_SCORE} DESC, chunk.seq LIMIT :wanted"
            ),
            {**values, "best": best},
        ).all()
        if len(rows) == wanted or (rows and rows[0].looked_at < best):
            break
    return {row.seq: float(row.score) for row in rows}


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
