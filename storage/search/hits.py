"""What people see of the chunks that were found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, bindparam, text
from sqlalchemy.types import JSON

from storage import fulltext
from storage.fulltext import Row
from storage.search.query import Query
from storage.search.scope import VISIBLE


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found.

    Attributes:
        knowledge_base: id.
        highlights: [start, end) offsets in `text` of words of the query.
        boxes: where the highlights stand, or the whole passage where there are none; points of the upright page.
        fields: of the document.
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


def hits(connection: Connection, kb_id: str, scores: dict[int, float], query: Query) -> dict[int, Hit]:
    """The chunks as people see them, by their row ids; those that were unpublished meanwhile are left out.

    Args:
        scores: row ids of the chunks, with their scores.
        query: what to mark.
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
    found = {}
    for row in rows:
        spans = orjson.loads(row.spans)
        marks = highlights(row.text, query.marked, query.required)
        marked = [span for span in spans if any(start < span[1] and end > span[0] for start, end in marks)]
        found[row.seq] = Hit(
            kb_id, row.document, row.filename, sorted({span[2] for span in spans}), row.text, marks,
            round(scores[row.seq], 4), [{"page": span[2], "box": span[3:]} for span in marked or spans],
            row.fields or {},
        )  # fmt: skip
    return found


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
