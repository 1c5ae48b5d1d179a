"""Search in one knowledge base or several: vectors and words, ranked together.

query -> constraints, scope -> nearest (vectors) and terms -> matching (words) -> candidates of each knowledge base
      -> fuse (-> reranking) -> duplicates -> hits
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import islice

from pipeline.errors import ServiceUnavailable, TransientError
from pipeline.settings import SearchSettings
from storage.catalog import KnowledgeBase
from storage.database import Missing
from storage.filters import Filter
from storage.search.candidates import Candidates, Mode, Source, gather
from storage.search.constraints import heeded
from storage.search.duplicates import folded
from storage.search.fuse import fuse
from storage.search.hits import Copy, Hit, copies, highlights, hits, texts
from storage.search.query import Query, parse
from storage.search.reranking import Rerank, reranked
from storage.search.scope import scope_of
from storage.vectors import Vectors

__all__ = ["Copy", "Hit", "Mode", "Query", "Rerank", "Results", "Source", "highlights", "parse", "search", "search_all"]


Key = tuple[int, int]  # number of the knowledge base, row id of the chunk


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


def search_all(
    sources: Sequence[Source],
    query: str,
    *,
    mode: Mode,
    limit: int,
    rules: SearchSettings,
    rerank: Rerank | None = None,
) -> Results:
    """Find passages in several knowledge bases.

    The candidates of all are ranked as one pool, so that none gets a place in the list for being the best of its own.
    One of several that cannot be searched is told in `degraded`.

    Args:
        limit: at most so many hits, of all together; passages that say the same are one.
        rerank: orders the best anew; where it cannot, `degraded` says so.

    Raises:
        Missing, ServiceUnavailable: none could be searched.
    """
    wanted = max(limit, rules.candidates)
    places = [(source.kb, scope_of(source.filters, source.kb.db.dialect)) for source in sources]
    asked, notes = heeded(places, parse(query))
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
        ranked = sorted(scores, key=lambda key: (-scores[key], key))
        if rerank and not asked.is_empty:
            few = list(islice(_texts(pool, ranked, rules.rerank_candidates), max(limit, rules.rerank_candidates)))
            try:
                ranked, scores = reranked(rerank, asked.meaning, ranked, scores, few)
            except TransientError as error:
                degraded.append(f"rerank: {error}; the order is that without it")
        groups = [[ranked[place] for place in group] for group in folded(_texts(pool, ranked, limit), limit)]
        return Results(_shown(sources, pool, groups, scores, asked), degraded, asked, notes)


def _texts(pool: dict[int, Candidates], ranked: Sequence[Key], limit: int) -> Iterator[str]:
    """The texts of the chunks in their order, read as they are needed."""
    for start in range(0, len(ranked), 2 * limit):
        keys = ranked[start : start + 2 * limit]
        found = {
            (number, seq): value
            for number, one in pool.items()
            for seq, value in texts(one.connection, [seq for where, seq in keys if where == number]).items()
        }
        yield from (found.get(key, "") for key in keys)  # one that is gone meanwhile is no hit anyway


def _shown(
    sources: Sequence[Source],
    pool: dict[int, Candidates],
    groups: Sequence[Sequence[Key]],
    scores: dict[Key, float],
    asked: Query,
) -> list[Hit]:
    """The best of each group as a hit, with the others of the group as its duplicates."""
    shown: dict[Key, Hit] = {}
    others: dict[Key, Copy] = {}
    for number, found in pool.items():
        kb_id = sources[number].kb.id
        chosen = {seq: scores[number, seq] for (where, seq), *_ in groups if where == number}
        rest = [seq for _, *keys in groups for where, seq in keys if where == number]
        made = hits(found.connection, kb_id, chosen, asked, found.idf)
        shown |= {(number, seq): hit for seq, hit in made.items()}
        others |= {(number, seq): copy for seq, copy in copies(found.connection, kb_id, rest).items()}
    return [
        replace(shown[best], duplicates=[others[key] for key in rest if key in others])
        for best, *rest in groups
        if best in shown
    ]
