"""Facets of a search: which values the documents have that it may find.

Counted are published documents that meet all filters and, where words are searched, hold a passage that the keyword
part of the query finds; where the query quotes or excludes, a passage that it allows. What is found by meaning alone is
not counted: every passage is near to a query, more or less.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from sqlalchemy import Connection, text

from pipeline.errors import ServiceUnavailable
from pipeline.settings import SearchSettings
from storage.columns import Wanted
from storage.database import Missing
from storage.facets import Facet, Part, facet, in_scope, parts_of
from storage.search.candidates import Mode, Source
from storage.search.constraints import narrowed
from storage.search.query import Query
from storage.search.scope import scope_of
from storage.search.terms import choose_terms


def count_facets(
    sources: Sequence[Source], wanted: Sequence[Sequence[Wanted]], query: Query, mode: Mode, rules: SearchSettings
) -> list[Facet]:
    """The facets of a search in one knowledge base or several, in the order asked for.

    Args:
        wanted: of each facet its column in each of the knowledge bases.
        query: as the search took it.
    """
    parts: list[list[Part]] = [[] for _ in wanted]
    for number, source in enumerate(sources):
        with suppress(Missing, ServiceUnavailable), source.kb.db.read() as connection:  # the search has said so
            documents = _documents(connection, source, query, mode, rules)
            own = parts_of(connection, source.kb.columns, [columns[number] for columns in wanted], documents)
            for held, one in zip(parts, own, strict=True):
                held.append(one)
    return [facet(columns[0].name, columns[0].kind, held) for columns, held in zip(wanted, parts, strict=True)]


def _documents(connection: Connection, source: Source, query: Query, mode: Mode, rules: SearchSettings) -> list[str]:
    """Ids of the documents that count."""
    engine = source.kb.db.dialect
    scope = narrowed(scope_of(source.filters, engine), query, engine)
    if mode == "vector" or (query.is_empty and query.excluded):
        if not query.required and not query.excluded:
            return in_scope(connection, source.filters)
        return list(
            connection.execute(
                text(f"SELECT DISTINCT chunk.document FROM document JOIN chunk ON {scope.sql}"), scope.values
            ).scalars()
        )
    chosen = choose_terms(connection, query, rules.common_share).matches
    if not chosen:
        return []
    found = connection.execute(
        text(
            "SELECT DISTINCT chunk.document FROM chunk_fts JOIN chunk ON chunk.seq = chunk_fts.rowid"
            f" JOIN document ON {scope.sql} WHERE {engine.matches(':match')}"
        ),
        {**scope.values, "match": engine.match(" OR ".join(chosen))},
    )
    return list(found.scalars())
