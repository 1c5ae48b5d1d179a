"""What of a query is worth asking for in words."""

from __future__ import annotations

import math
from dataclasses import dataclass

from sqlalchemy import Connection, text

from storage import dialect, fulltext
from storage.search.query import Query

_RANKED_AT_MOST = 5000  # chunks; ranking so many takes some 8 ms


@dataclass(frozen=True, slots=True)
class Chosen:
    """What to ask for.

    Attributes:
        matches: for MATCH, each quoted.
        weight: sum of the inverse document frequencies of all that was asked for, what no chunk holds among it.
        idf: of each term.
    """

    matches: list[str]
    weight: float
    idf: dict[str, float]


def choose_terms(connection: Connection, query: Query, common_share: float) -> Chosen:
    """The query's terms worth asking for.

    Terms in more than `common_share` of the chunks are dropped while rarer ones remain: they cost most and tell least.
    Of the rest the rarest are asked for, as long as they bring no more than some thousand chunks to rank. Where all are
    common, all are asked for: “project manager” among resumes.
    """
    total = connection.execute(text(dialect.of(connection).chunks_indexed())).scalar_one()
    cap = max(int(total * common_share), 50)
    asked = {term: fulltext.phrase(term) for term in query.terms}
    asked |= {row.text: row.match for row in query.required if row.begins}
    counts = dict(zip(asked, _chunks_with(connection, list(asked.values()), cap + 1), strict=True))
    rare = {term: count for term, count in counts.items() if count <= cap}
    wanted = _rarest(rare) if rare else list(counts)
    rare = rare or counts
    # Terms that no chunk holds count too: of a question in another language nearly all do, and the odd pair of
    # characters that matches by chance must not pass for the whole question.
    idf = {term: max(math.log((total - count + 0.5) / (count + 0.5)), 1e-6) for term, count in rare.items()}
    weight = sum(idf[term] for term in rare if term in wanted or not rare[term])
    return Chosen([asked[term] for term in wanted], weight, idf)


def _chunks_with(connection: Connection, matches: list[str], at_most: int) -> list[int]:
    """How many chunks hold each of these, counted up to `at_most`."""
    counted = dialect.of(connection).chunks_with(matches)
    rows = connection.execute(text(counted.sql), {**counted.values, "at_most": at_most})
    return list(rows.scalars())


def _rarest(counts: dict[str, int]) -> list[str]:
    """The rarest terms that some chunk holds: the first, and more while few chunks hold any of them."""
    chosen: list[str] = []
    chunks = 0
    for term, count in sorted(counts.items(), key=lambda item: item[1]):
        if count and chosen and chunks + count > _RANKED_AT_MOST:
            break
        if count:
            chosen.append(term)
            chunks += count
    return chosen
