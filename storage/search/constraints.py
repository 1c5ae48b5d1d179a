"""What a query requires and excludes, as SQL: it narrows what may be found, by words and by meaning alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace

from pipeline.errors import ServiceUnavailable
from storage import fulltext
from storage.catalog import KnowledgeBase
from storage.database import Missing
from storage.dialect import Dialect
from storage.search.query import Query
from storage.search.scope import Scope, first_in_scope


def narrowed(scope: Scope, query: Query, dialect: Dialect) -> Scope:
    """The chunks in scope that hold all that the query requires and nothing that it excludes."""
    for name, rows, within, joined in (
        ("required", query.required, "IN", " AND "),
        ("excluded", query.excluded, "NOT IN", " OR "),
    ):
        if whole := [row.match for row in rows if not row.begins]:
            scope = _with(scope, dialect, name, joined.join(whole), "", within)
        for number, row in enumerate(row for row in rows if row.begins):
            scope = _with(scope, dialect, f"{name}_{number}", row.match, row.beginning, within)
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
            if first_in_scope(connection, narrowed(scope, query, kb.db.dialect), 1):
                return True
    return False


def _with(scope: Scope, dialect: Dialect, name: str, match: str, beginning: str, within: str) -> Scope:
    """The chunks in scope that MATCH and hold a word with the beginning, or (`within` "NOT IN") those that do not."""
    condition = f"SELECT rowid FROM chunk_fts WHERE {dialect.matches(f':{name}')}"
    values = {name: dialect.match(match)}
    if beginning:  # stems alone cannot tell
        held = dialect.holds("' ' || chunk_fts.terms", f":{name}_begins")
        condition += f" AND {held}"
        values[f"{name}_begins"] = f" {beginning}"
    return Scope(f"{scope.sql} AND chunk.seq {within} ({condition})", {**scope.values, **values})
