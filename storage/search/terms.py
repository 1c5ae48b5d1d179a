"""What of a query is worth asking for in words."""

from __future__ import annotations

import math

from sqlalchemy import Connection, text

from storage import fulltext


def choose_terms(connection: Connection, query: str, common_share: float) -> tuple[list[str], float]:
    """The query's terms worth asking for, quoted, and the sum of their inverse document frequencies.

    Terms in more than `common_share` of the chunks are dropped while rarer ones remain: they cost most and tell least.
    """
    total = connection.execute(text("SELECT count(*) FROM chunk_fts")).scalar_one()
    cap = max(int(total * common_share), 50)
    frequency: dict[str, int] = {}
    for term in dict.fromkeys(fulltext.terms(query, query=True)):
        count = connection.execute(
            text("SELECT count(*) FROM (SELECT 1 FROM chunk_fts WHERE chunk_fts MATCH :term LIMIT :cap)"),
            {"term": fulltext.phrase(term), "cap": cap + 1},
        ).scalar_one()
        frequency[term] = count
    rare = {term: count for term, count in frequency.items() if count <= cap} or frequency
    # Terms that no chunk holds count too: of a question in another language nearly all do, and the odd pair of
    # characters that matches by chance must not pass for the whole question.
    weight = sum(max(math.log((total - count + 0.5) / (count + 0.5)), 1e-6) for count in rare.values())
    return [fulltext.phrase(term) for term, count in rare.items() if count], weight
