"""Search in one knowledge base: vectors and words, ranked together.

The score of a hit is z(cosine) + w * BM25 / (sum of the query's inverse document frequencies): the first term tells
how far a passage stands out for meaning, the second what share of the query's weight its words carry. A weighted sum
keeps cross-language hits, where no word can match; reciprocal rank fusion loses them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import orjson
from sqlalchemy import Connection, bindparam, text
from sqlalchemy.types import JSON

from pipeline.errors import TransientError
from pipeline.settings import SearchSettings
from storage import fulltext, refold
from storage.catalog import KnowledgeBase
from storage.fields import Filter, conditions
from storage.vectors import Vectors

Mode = Literal["hybrid", "vector", "keyword"]
# Vectors of unpublished or deleted runs lie in the index until they are cleaned: ask for more, then for much more.
_OVERFETCH = (2, 8)
_OVERFETCH_FILTERED = (4, 16)
_COMPARED_AT_MOST = 5000
_VISIBLE = "document.id = chunk.document AND document.published_run = chunk.run AND document.deleted_at IS NULL"
# k1 and b of BM25 as SQLite's FTS5 has them; its bm25() is the negative of the usual score.


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found.

    Attributes:
        highlights: [start, end) offsets in `text` of words of the query.
        boxes: where the highlights stand, or the whole passage where there are none; points of the upright page.
        fields: of the document.
    """

    document: str
    filename: str
    pages: list[int]
    text: str
    highlights: list[tuple[int, int]]
    score: float
    boxes: list[dict[str, Any]]
    fields: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Scope:
    """A join condition between `chunk` and `document`, and its values (none: no filter)."""

    sql: str
    values: dict[str, Any]


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
    scope = _narrowed(kb, _scope(filters), fulltext.quoted(query))
    degraded: list[str] = []
    wanted = max(limit, rules.candidates)
    similar: dict[int, float] = {}
    if mode != "keyword":
        if vector is None:
            degraded.append(f"vectors: {problem}; words alone were searched")
        else:
            try:
                similar = _nearest(kb, vector, wanted, scope)
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
            chosen, weight = _choose_terms(connection, query, rules.common_share)
            matched = _matching(connection, chosen, wanted, scope)
        if similar and matched and vector is not None:
            similar |= _cosines(connection, vector, [seq for seq in matched if seq not in similar])
        scores = _fuse(similar, matched, weight, rules.keyword_weight)
        best = sorted(scores, key=lambda seq: (-scores[seq], seq))[:limit]
        return Results(_hits(connection, best, scores, fulltext.telling(fulltext.terms(query, query=True))), degraded)


def _scope(filters: Sequence[Filter]) -> Scope:
    """Which chunks may be found: of published runs of documents that are there and meet the filters."""
    condition, values = conditions(filters, "document")
    return Scope(_VISIBLE + condition, values)


def _narrowed(kb: KnowledgeBase, scope: Scope, quoted: Sequence[str]) -> Scope:
    """The chunks in scope that hold everything the query quotes; all of them where none does."""
    if not quoted:
        return scope
    condition = " AND chunk.seq IN (SELECT rowid FROM chunk_fts WHERE chunk_fts MATCH :quoted)"
    narrow = Scope(scope.sql + condition, {**scope.values, "quoted": " AND ".join(quoted)})
    with kb.db.read() as connection:
        return narrow if _first_in_scope(connection, narrow, 1) else scope


def _nearest(kb: KnowledgeBase, vector: Vectors, wanted: int, scope: Scope) -> dict[int, float]:
    """Row ids of chunks in scope nearest to the vector, with their cosines.

    Few chunks in a narrow scope are all compared: exact, and quicker than the index, whose filters are slow.
    """
    found: dict[int, float] = {}
    if scope.values:
        with kb.db.read() as connection:
            few = _first_in_scope(connection, scope, _COMPARED_AT_MOST + 1)
            if len(few) <= _COMPARED_AT_MOST:
                found = _cosines(connection, vector, few)
                return dict(sorted(found.items(), key=lambda item: -item[1])[:wanted])
    for factor in _OVERFETCH_FILTERED if scope.values else _OVERFETCH:
        nearest = kb.vectors.nearest(vector, wanted * factor)
        with kb.db.read() as connection:
            found = _visible(connection, nearest, scope)
        if len(found) >= wanted or len(nearest) < wanted * factor:
            break
    return dict(sorted(found.items(), key=lambda item: -item[1])[:wanted])


def _first_in_scope(connection: Connection, scope: Scope, limit: int) -> list[int]:
    found = connection.execute(
        text(f"SELECT chunk.seq FROM document JOIN chunk ON {scope.sql} LIMIT :limit"), {**scope.values, "limit": limit}
    )
    return list(found.scalars())


def _visible(connection: Connection, nearest: Sequence[tuple[str, float]], scope: Scope) -> dict[int, float]:
    rows = []
    for id_, cosine in nearest:
        document, run, position = id_.split(":")
        rows.append([document, int(run), int(position), cosine])
    values = orjson.dumps(rows)
    found = connection.execute(
        text(
            "SELECT chunk.seq, json_extract(hit.value, '$[3]') AS cosine FROM json_each(:rows) AS hit JOIN chunk"
            " ON chunk.document = json_extract(hit.value, '$[0]') AND chunk.run = json_extract(hit.value, '$[1]')"
            f" AND chunk.position = json_extract(hit.value, '$[2]') JOIN document ON {scope.sql}"
        ),
        {**scope.values, "rows": values.decode()},
    )
    return {row.seq: row.cosine for row in found}


def _choose_terms(connection: Connection, query: str, common_share: float) -> tuple[list[str], float]:
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


def _matching(connection: Connection, phrases: list[str], wanted: int, scope: Scope) -> dict[int, float]:
    """Row ids of chunks in scope that hold any of the phrases, with BM25 (positive, higher is better)."""
    if not phrases:
        return {}
    rows = connection.execute(
        text(
            "SELECT chunk.seq, -bm25(chunk_fts) AS score FROM chunk_fts JOIN chunk ON chunk.seq = chunk_fts.rowid"
            f" JOIN document ON {scope.sql} WHERE chunk_fts MATCH :match ORDER BY bm25(chunk_fts) LIMIT :wanted"
        ),
        {**scope.values, "match": " OR ".join(phrases), "wanted": wanted},
    )
    return {row.seq: row.score for row in rows}


def _cosines(connection: Connection, vector: Vectors, seqs: list[int]) -> dict[int, float]:
    """Exact cosines of chunks that the vector search did not bring, from the vectors in the database."""
    if not seqs:
        return {}
    rows = connection.execute(
        text(
            "SELECT chunk.seq, embedding.vector FROM chunk JOIN embedding USING (text_hash) WHERE chunk.seq IN :seqs"
        ).bindparams(bindparam("seqs", expanding=True)),
        {"seqs": seqs},
    ).all()
    stored = np.frombuffer(b"".join(row.vector for row in rows), dtype="<f4").reshape(len(rows), -1)
    return dict(zip([row.seq for row in rows], (stored @ vector).tolist(), strict=True))


def _fuse(
    similar: dict[int, float], matched: dict[int, float], weight: float, keyword_weight: float
) -> dict[int, float]:
    if not similar:
        return {seq: score / weight for seq, score in matched.items()} if weight else {}
    values = np.array(list(similar.values()))
    mean, deviation = float(values.mean()), float(values.std()) or 1.0
    scores = {seq: (cosine - mean) / deviation for seq, cosine in similar.items()}
    if weight:
        for seq, score in matched.items():
            scores[seq] = scores.get(seq, 0.0) + keyword_weight * score / weight
    return scores


def _hits(connection: Connection, seqs: list[int], scores: dict[int, float], terms: list[str]) -> list[Hit]:
    if not seqs:
        return []
    rows = connection.execute(
        text(
            "SELECT chunk.seq, chunk.document, chunk.text, chunk.spans, document.filename, run.fields FROM chunk"
            f" JOIN document ON {_VISIBLE} JOIN run ON run.document = chunk.document AND run.run = chunk.run"
            " WHERE chunk.seq IN :seqs"
        )
        .bindparams(bindparam("seqs", expanding=True))
        .columns(fields=JSON),
        {"seqs": seqs},
    ).all()
    hits = []
    for row in sorted(rows, key=lambda row: seqs.index(row.seq)):
        spans = orjson.loads(row.spans)
        marks = highlights(row.text, terms)
        marked = [span for span in spans if any(start < span[1] and end > span[0] for start, end in marks)]
        hits.append(
            Hit(
                row.document, row.filename, sorted({span[2] for span in spans}), row.text, marks,
                round(scores[row.seq], 4), [{"page": span[2], "box": span[3:]} for span in marked or spans],
                row.fields or {},
            )
        )  # fmt: skip
    return hits


def highlights(value: str, terms: list[str]) -> list[tuple[int, int]]:
    """Where the query's terms stand in a text: [start, end) offsets, touching ones joined."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(fulltext.occurrences(value, terms)):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined
