"""Search in one knowledge base: vectors and words, ranked together.

scope -> nearest (vectors) and terms -> matching (words) -> fuse -> hits
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pipeline.errors import TransientError
from pipeline.settings import SearchSettings
from storage import fulltext, refold
from storage.catalog import KnowledgeBase
from storage.fields import Filter
from storage.search.fuse import fuse
from storage.search.hits import Hit, highlights, hits
from storage.search.matching import matching
from storage.search.nearest import cosines, nearest
from storage.search.scope import narrowed, scope_of
from storage.search.terms import choose_terms
from storage.vectors import Vectors

Mode = Literal["hybrid", "vector", "keyword"]

__all__ = ["Hit", "Mode", "Results", "highlights", "search"]


@dataclass(frozen=True, slots=True)
class Results:
    """Hits, best first, and what could not be asked."""

    hits: list[Hit]
    degraded: list[str]


def search(
    kb: KnowledgeBase,
    query: str,
    *,
    vector: Vectors | None,
    mode: Mode,
    limit: int,
    rules: SearchSettings,
    problem: str = "",
    filters: Sequence[Filter] = (),
) -> Results:
    """Find passages.

    Args:
        vector: the query's embedding (dimension,); None where there is none: then words alone decide.
        limit: at most so many hits.
        problem: why there is no vector.
        filters: only documents that meet all of them.
    """
    scope = narrowed(kb, scope_of(filters), fulltext.quoted(query))
    degraded: list[str] = []
    wanted = max(limit, rules.candidates)
    similar: dict[int, float] = {}
    if mode != "keyword":
        if vector is None:
            degraded.append(f"vectors: {problem}; words alone were searched")
        else:
            try:
                similar = nearest(kb, vector, wanted, scope)
            except TransientError as error:
                degraded.append(f"vectors: {error}; words alone were searched")
    with kb.db.read() as connection:
        chosen: list[str] = []
        matched: dict[int, float] = {}
        weight = 0.0
        if mode != "vector" or degraded:
            if (share := refold.progress(connection)) is not None:
                degraded.append(
                    f"words: the index of an older version is being brought up to date, {share:.0%} are done; until"
                    " then some passages may not be found by their words"
                )
            chosen, weight = choose_terms(connection, query, rules.common_share)
            matched = matching(connection, chosen, wanted, scope)
        if similar and matched and vector is not None:
            similar |= cosines(connection, vector, [seq for seq in matched if seq not in similar])
        scores = fuse(similar, matched, weight, rules.keyword_weight)
        best = sorted(scores, key=lambda seq: (-scores[seq], seq))[:limit]
        return Results(hits(connection, best, scores, fulltext.telling(fulltext.terms(query, query=True))), degraded)
