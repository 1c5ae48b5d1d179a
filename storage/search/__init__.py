"""Search in one knowledge base or several: vectors and words, ranked together.

query -> scope -> nearest (vectors) and terms -> matching (words) -> candidates of each knowledge base -> fuse -> hits
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from pipeline.errors import ServiceUnavailable
from pipeline.settings import SearchSettings
from storage.catalog import KnowledgeBase
from storage.database import Missing
from storage.filters import Filter
from storage.search.candidates import Candidates, Mode, Source, gather
from storage.search.constraints import heeded
from storage.search.fuse import fuse
from storage.search.hits import Hit, highlights, hits
from storage.search.query import Query, parse
from storage.search.scope import scope_of
from storage.vectors import Vectors

__all__ = ["Hit", "Mode", "Query", "Results", "Source", "highlights", "parse", "search", "search_all"]


@dataclass(frozen=True, slots=True)
class Results:
    """Hits, best first.

    Attributes:
        degraded: what could not be asked.
        asked: the query as it was taken.
        notes: where that is not as it was written.
    """

    hits: list[Hit]
    degraded: list[str]
    asked: Query
    notes: list[str]


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
    """Find passages in one knowledge base.

    Args:
        vector: the query's embedding (dimension,); None where there is none: then words alone decide.
        limit: at most so many hits.
        problem: why there is no vector.
        filters: only documents that meet all of them.
    """
    return search_all([Source(kb, vector, problem, filters)], query, mode=mode, limit=limit, rules=rules)


def search_all(sources: Sequence[Source], query: str, *, mode: Mode, limit: int, rules: SearchSettings) -> Results:
    """Find passages in several knowledge bases.

    The candidates of all are ranked as one pool, so that none gets a place in the list for being the best of its own.
    One of several that cannot be searched is told in `degraded`.

    Args:
        limit: at most so many hits, of all together.

    Raises:
        Missing, ServiceUnavailable: none could be searched.
    """
    wanted = max(limit, rules.candidates)
    asked, notes = heeded([(source.kb, scope_of(source.filters)) for source in sources], parse(query))
    if asked.is_empty and not asked.excluded:
        notes.append("The query holds no word to look for.")
    degraded: list[str] = []
    pool: dict[int, Candidates] = {}
    with ExitStack() as stack:
        for number, source in enumerate(sources):
            label = f"“{source.name}”: " if len(sources) > 1 else ""
            try:
                pool[number] = gather(stack, source, asked, mode, wanted, rules)
            except (Missing, ServiceUnavailable) as error:
                if len(sources) == 1:
                    raise
                gone = "it was deleted meanwhile" if isinstance(error, Missing) else str(error)
                degraded.append(f"{label}not searched: {gone}")
            else:
                degraded += [f"{label}{problem}" for problem in pool[number].degraded]
        if not pool:
            raise ServiceUnavailable("; ".join(degraded))
        scores = fuse(
            {(number, seq): cosine for number, found in pool.items() for seq, cosine in found.similar.items()},
            {(number, seq): share for number, found in pool.items() for seq, share in found.shares.items()},
            rules.keyword_weight,
        )
        best = sorted(scores, key=lambda key: (-scores[key], key))[:limit]
        shown: dict[tuple[int, int], Hit] = {}
        for number, found in pool.items():
            chosen = {seq: scores[number, seq] for where, seq in best if where == number}
            made = hits(found.connection, sources[number].kb.id, chosen, asked)
            shown |= {(number, seq): hit for seq, hit in made.items()}
    return Results([shown[key] for key in best if key in shown], degraded, asked, notes)
