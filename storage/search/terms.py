"""What of a query is worth asking for in words."""

from __future__ import annotations

import math
from dataclasses import dataclass

from sqlalchemy import Connection, text

from storage import fulltext
from storage.search.query import Query


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
    """
    # One row a chunk in either; that table of the index is counted 300 times as fast as the index itself.
    total = connection.execute(text("SELECT count(*) FROM chunk_fts_docsize")).scalar_one()
    cap = max(int(total * common_share), 50)
    asked = {term: fulltext.phrase(term) for term in query.terms}
    asked |= {row.text: row.match for row in query.required if row.begins}
    counts: dict[str, int] = {}
    for term, match in asked.items():
        counts[term] = connection.execute(
            text("SELECT count(*) FROM (SELECT 1 FROM chunk_fts WHERE chunk_fts MATCH :term LIMIT :cap)"),
            {"term": match, "cap": cap + 1},
        ).scalar_one()
    rare = {term: count for term, count in counts.items() if count <= cap} or counts
    # Terms that no chunk holds count too: of a question in another language nearly all do, and the odd pair of
    # characters that matches by chance must not pass for the whole question.
    idf = {term: max(math.log((total - count + 0.5) / (count + 0.5)), 1e-6) for term, count in rare.items()}
    return Chosen([asked[term] for term, count in rare.items() if count], sum(idf.values()), idf)
