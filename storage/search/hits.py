"""What people see of the chunks that were found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import orjson
from sqlalchemy import Connection, bindparam, text
from sqlalchemy.types import JSON

from storage import fulltext
from storage.fulltext import Row
from storage.search.query import Query
from storage.search.scope import VISIBLE
from storage.search.snippets import snippet
from storage.stemming import stem

_COMMON = 0.1  # beside inverse document frequencies of some 3 to 10


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found.

    Attributes:
        knowledge_base: id.
        highlights: [start, end) offsets in `text` of words of the query.
        boxes: where the highlights stand, or the whole passage where there are none; points of the upright page.
        fields: of the document.
        snippet: the sentences of the text that people read first.
        snippet_highlights: [start, end) offsets in it.
        duplicates: passages elsewhere that say the same.
    """

    knowledge_base: str
    document: str
    filename: str
    pages: list[int]
    text: str
    highlights: list[tuple[int, int]]
    score: float
    boxes: list[dict[str, Any]]
    fields: dict[str, Any]
    snippet: str
    snippet_highlights: list[tuple[int, int]]
    duplicates: list[Copy] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Copy:
    """Where a passage stands that says the same as a hit."""

    knowledge_base: str
    document: str
    filename: str
    pages: list[int]


def texts(connection: Connection, seqs: Sequence[int]) -> dict[int, str]:
    """The text of chunks, by their row ids."""
    rows = connection.execute(
        text("SELECT seq, text FROM chunk WHERE seq IN :seqs").bindparams(bindparam("seqs", expanding=True)),
        {"seqs": list(seqs)},
    )
    return {row.seq: row.text for row in rows}


def copies(connection: Connection, kb_id: str, seqs: Sequence[int]) -> dict[int, Copy]:
    """Where chunks stand, by their row ids; those that were unpublished meanwhile are left out."""
    if not seqs:
        return {}
    rows = connection.execute(
        text(
            "SELECT chunk.seq, chunk.document, chunk.spans, document.filename FROM chunk"
            f" JOIN document ON {VISIBLE} WHERE chunk.seq IN :seqs"
        ).bindparams(bindparam("seqs", expanding=True)),
        {"seqs": list(seqs)},
    )
    return {row.seq: Copy(kb_id, row.document, row.filename, _pages(orjson.loads(row.spans))) for row in rows}


def _pages(spans: Sequence[Sequence[Any]]) -> list[int]:
    return sorted({span[2] for span in spans})


def hits(
    connection: Connection, kb_id: str, scores: dict[int, float], query: Query, idf: dict[str, float]
) -> dict[int, Hit]:
    """The chunks as people see them, by their row ids; those that were unpublished meanwhile are left out.

    Args:
        scores: row ids of the chunks, with their scores.
        query: what to mark.
        idf: of the query's terms, as far as known: what a snippet should hold.
    """
    if not scores:
        return {}
    rows = connection.execute(
        text(
            "SELECT chunk.seq, chunk.document, chunk.text, chunk.spans, document.filename, run.fields FROM chunk"
            f" JOIN document ON {VISIBLE} JOIN run ON run.document = chunk.document AND run.run = chunk.run"
            " WHERE chunk.seq IN :seqs"
        )
        .bindparams(bindparam("seqs", expanding=True))
        .columns(fields=JSON),
        {"seqs": list(scores)},
    ).all()
    worth = _worth(idf)
    found = {}
    for row in rows:
        spans = orjson.loads(row.spans)
        marks = highlights(row.text, query.marked, query.required)
        marked = [span for span in spans if any(start < span[1] and end > span[0] for start, end in marks)]
        found[row.seq] = Hit(
            kb_id, row.document, row.filename, _pages(spans), row.text, marks,
            round(scores[row.seq], 4), [{"page": span[2], "box": span[3:]} for span in marked or spans],
            row.fields or {}, *snippet(row.text, marks, worth),
        )  # fmt: skip
    return found


def _worth(idf: dict[str, float]) -> Callable[[str], float]:
    """What a marked piece of text is worth in a snippet: what its terms weigh, little where they are common."""
    by_stem = {stem(term): weight for term, weight in idf.items()}

    @cache
    def worth(piece: str) -> float:
        return sum(max(by_stem.get(stem(term), 0.0), _COMMON) for term in fulltext.terms(piece, query=True))

    return worth


def highlights(value: str, terms: Sequence[str], rows: Sequence[Row] = ()) -> list[tuple[int, int]]:
    """Where the query's terms stand in a text: [start, end) offsets, touching ones joined.

    Args:
        rows: words that are marked only where they stand in a row.
    """
    joined: list[tuple[int, int]] = []
    for start, end in sorted(fulltext.occurrences(value, terms, rows)):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined
