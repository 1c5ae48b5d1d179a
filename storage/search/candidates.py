"""What one knowledge base has to offer for a query, before anything is ranked."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Literal

from sqlalchemy import Connection

from pipeline.errors import TransientError
from pipeline.settings import SearchSettings
from storage import refold
from storage.catalog import KnowledgeBase
from storage.filters import Filter
from storage.search.constraints import narrowed
from storage.search.matching import matching, newest
from storage.search.naming import named
from storage.search.nearest import cosines, nearest
from storage.search.query import Query
from storage.search.scope import Scope, scope_of
from storage.search.terms import choose_terms
from storage.vectors import Vectors

_NAMED = 2.0  # a file of that very name: as if a passage held all that was asked for, and twice
Mode = Literal["hybrid", "vector", "keyword"]
_THREADS = 40  # as many as there are searches at once in a web process; each waits for a model or for Chroma
_BESIDE = ThreadPoolExecutor(_THREADS, "search-vectors")


@dataclass(frozen=True, slots=True)
class Source:
    """A knowledge base to search.

    Attributes:
        vector: the query's embedding (dimension,), or in the making; None where there is none: then words alone decide.
        problem: why there is no vector.
        filters: only documents that meet all of them.
        name: what people call it; told with what goes wrong where several are searched.
    """

    kb: KnowledgeBase
    vector: Vectors | Future[Vectors] | None = None
    problem: str = ""
    filters: Sequence[Filter] = ()
    name: str = ""


@dataclass(frozen=True, slots=True)
class Candidates:
    """Chunks by their row ids.

    Attributes:
        connection: a transaction that still sees them, whoever writes meanwhile.
        similar: cosines.
        shares: BM25 by the sum of the inverse document frequencies of what was asked for in words, 0..about 1: so that
            those of several knowledge bases, each with frequencies of its own, can be compared.
        degraded: what could not be asked.
        idf: inverse document frequencies of the terms asked for.
    """

    connection: Connection
    similar: dict[int, float] = field(default_factory=dict)
    shares: dict[int, float] = field(default_factory=dict)
    degraded: list[str] = field(default_factory=list)
    idf: dict[str, float] = field(default_factory=dict)


def gather(
    stack: ExitStack, source: Source, query: Query, mode: Mode, wanted: int, rules: SearchSettings
) -> Candidates:
    """The chunks that may be worth showing, found by meaning and by words.

    Both at the same time: what is found by meaning is read in a transaction of its own, so it may know chunks that this
    one does not see, published or taken back meanwhile. Those are left out where hits are made, whichever came first.

    Args:
        stack: holds the transaction open.
        wanted: so many by either way.

    Raises:
        Missing, ServiceUnavailable: the knowledge base was deleted, or its database is out of reach.
    """
    kb = source.kb
    scope = narrowed(scope_of(source.filters, kb.db.dialect), query, kb.db.dialect)
    if query.is_empty:
        connection = stack.enter_context(kb.db.read())
        return Candidates(connection, shares=newest(connection, wanted, scope) if query.excluded else {})
    meant = None if mode == "keyword" else _BESIDE.submit(_by_meaning, source, wanted, scope)
    connection = stack.enter_context(kb.db.read())
    vector, similar, degraded = meant.result() if meant and mode == "vector" else (None, {}, [])
    if any(wanted.paths for wanted in source.filters) and refold.fields_are_old(connection):
        degraded.append("filters: fields of an older version are being brought up to date; some may not be found yet")
    shares: dict[int, float] = {}
    idf: dict[str, float] = {}
    if mode != "vector" or degraded:
        if (share := refold.progress(connection)) is not None:
            degraded.append(
                f"words: the index of an older version is being brought up to date, {share:.0%} are done; until"
                " then some passages may not be found by their words"
            )
        chosen = choose_terms(connection, query, rules.common_share)
        idf = chosen.idf
        matched = matching(connection, chosen.matches, wanted, scope)
        shares = {seq: score / chosen.weight for seq, score in matched.items()} if chosen.weight else {}
        for seq in named(connection, query.meaning, scope):
            shares[seq] = shares.get(seq, 0.0) + _NAMED
    if meant and mode == "hybrid":
        vector, similar, problems = meant.result()
        degraded = problems + degraded
    if similar and vector is not None:
        similar |= cosines(connection, vector, [seq for seq in shares if seq not in similar])
    return Candidates(connection, similar, shares, degraded, idf)


def _by_meaning(source: Source, wanted: int, scope: Scope) -> tuple[Vectors | None, dict[int, float], list[str]]:
    """The query's vector, row ids of the chunks nearest to it with their cosines, and what could not be asked."""
    if source.vector is None:
        return None, {}, [f"vectors: {source.problem}; words alone were searched"]
    vector = source.vector.result() if isinstance(source.vector, Future) else source.vector
    try:
        return vector, nearest(source.kb, vector, wanted, scope), []
    except TransientError as error:
        return vector, {}, [f"vectors: {error}; words alone were searched"]
