"""What a query requires and excludes, as SQL: it narrows what may be found, by words and by meaning alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace

from pipeline.errors import ServiceUnavailable
from storage import fulltext
from storage.catalog import KnowledgeBase
from storage.database import Missing
from storage.fulltext import Row
from storage.search.query import Query
from storage.search.scope import Scope, first_in_scope


def narrowed(scope: Scope, query: Query) -> Scope:
    """The chunks in scope that hold all that the query requires and nothing that it excludes."""
    for number, row in enumerate(query.required):
        scope = _with(scope, row, f"required_{number}", "IN")
    for number, row in enumerate(query.excluded):
        scope = _with(scope, row, f"excluded_{number}", "NOT IN")
    return scope


def heeded(places: Sequence[tuple[KnowledgeBase, Scope]], query: Query) -> tuple[Query, list[str]]:
    """The query without quotes and prefixes that no passage meets, and a sentence for people about each.

    A question may quote a title that stands otherwise in the passages, or in another language. Where it asks for
    anything else, what is nowhere is taken for plain words; a query of quotes alone finds nothing then.

    Args:
        places: knowledge bases and what may be found in them.
    """
    if not query.required or _is_somewhere(places, query):
        return query, []
    gone = [row for row in query.required if not _is_somewhere(places, replace(query, required=(row,)))]
    if not gone or not _is_somewhere(places, query.without(gone)):
        gone = list(query.required)  # each somewhere, but no passage holds them all
    told = " and ".join(f"“{row.text}{'*' if row.begins else ''}”" for row in gone)
    if not fulltext.terms(query.plain):
        return query, [f"No passage holds {told} as quoted."]
    return query.without(gone), [f"No passage holds {told} as quoted; it was taken for plain words."]


def _is_somewhere(places: Iterable[tuple[KnowledgeBase, Scope]], query: Query) -> bool:
    for kb, scope in places:
        with suppress(Missing, ServiceUnavailable), kb.db.read() as connection:  # the search itself will say so
            if first_in_scope(connection, narrowed(scope, query), 1):
                return True
    return False


def _with(scope: Scope, row: Row, name: str, within: str) -> Scope:
    """The chunks in scope that hold the row, or those that do not (`within` "NOT IN")."""
    condition = f"SELECT rowid FROM chunk_fts WHERE chunk_fts MATCH :{name}"
    values = {name: row.match}
    if row.beginning:  # stems alone cannot tell
        condition += f" AND instr(' ' || chunk_fts.terms, :{name}_begins) > 0"
        values[f"{name}_begins"] = f" {row.beginning}"
    return Scope(f"{scope.sql} AND chunk.seq {within} ({condition})", {**scope.values, **values})
