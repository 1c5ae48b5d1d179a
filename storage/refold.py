"""Bringing what is searched to this Pagemill's folding: full text and the values of fields, written by an older one.

`knowledge.folding` remembers the folding (`pipeline.folding.FINGERPRINT`) and how far the rows were brought to it:

    FINGERPRINT fields DOCUMENT RUN -> FINGERPRINT chunks SEQ -> FINGERPRINT done
                                       FINGERPRINT rows DOCUMENT RUN -> FINGERPRINT done

The second line is of a migration that wants the rows of fields written anew, and those alone.

The sweep goes on from there, a fraction of a second each round, so that no start waits for it, a stop at any point
loses one batch, and people search meanwhile. Chunks are read and folded without a lock, and only those that come out
otherwise are written, in short transactions; fields, some rows a document, are written anew, 50 runs at once. Doing it
twice changes nothing.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.types import JSON

from pipeline.folding import FINGERPRINT
from storage import fields, fulltext, values

if TYPE_CHECKING:
    from storage.catalog import KnowledgeBase

_RUNS_AT_ONCE = 50
_CHUNKS_AT_ONCE = 20  # all of them changed hold the write lock for some 10 ms
_STATE = re.compile(FINGERPRINT + r" (?:(done)|(chunks) (\d{1,15})|(fields|rows) ([0-9a-f]+) (\d{1,15}))")


class _State(NamedTuple):
    """Stage, and the last document, run or chunk of it that was looked at."""

    stage: Literal["fields", "rows", "chunks", "done"] = "fields"
    document: str = ""
    last: int = 0


def mark_new(connection: Connection) -> None:
    """Say of a knowledge base without documents that all it holds is up to date."""
    _remember(connection, _State("done"))


def progress(connection: Connection) -> float | None:
    """Share of the passages that are up to date, 0..1; None once all are."""
    state = _state(connection)
    if state.stage in ("rows", "done"):
        return None
    last = connection.execute(text("SELECT max(seq) FROM chunk")).scalar()
    return min(state.last / last, 1.0) if last and state.stage == "chunks" else 0.0


def fields_are_old(connection: Connection) -> bool:
    """Whether some documents' fields are still to be written anew."""
    return _state(connection).stage in ("fields", "rows")


def bring_up_to_date(kb: KnowledgeBase, until: float) -> bool:
    """Go on until `time.monotonic()` says so. Safe to interrupt and to repeat at any point.

    Returns:
        Whether all is up to date.
    """
    with kb.db.read() as connection:
        state = _state(connection)
    while state.stage != "done":
        if time.monotonic() >= until:
            return False
        state = _chunks(kb, state) if state.stage == "chunks" else _fields(kb, state)
    return True


def _state(connection: Connection) -> _State:
    """Where the last one got to; the beginning where that is not known, was another folding's, or makes no sense."""
    found = _STATE.fullmatch(str(connection.execute(text("SELECT folding FROM knowledge")).scalar()))
    if found is None:
        return _State()
    if found[1]:
        return _State("done")
    if found[2]:
        return _State("chunks", "", int(found[3]))
    return _State("rows" if found[4] == "rows" else "fields", found[5], int(found[6]))


def _remember(connection: Connection, state: _State) -> None:
    of_run = f" {state.document} {state.last}"
    after = {"done": "", "chunks": f" {state.last}", "fields": of_run, "rows": of_run}[state.stage]
    connection.execute(text("UPDATE knowledge SET folding = :state"), {"state": f"{FINGERPRINT} {state.stage}{after}"})


def _fields(kb: KnowledgeBase, state: _State) -> _State:
    """The next runs' fields; where it got to."""
    with kb.db.write() as connection:
        rows = connection.execute(
            text(
                "SELECT document, run, fields FROM run WHERE (document, run) > (:document, :run)"
                " ORDER BY document, run LIMIT :limit"
            ).columns(fields=JSON),
            {"document": state.document, "run": state.last, "limit": _RUNS_AT_ONCE},
        ).all()
        for row in rows:
            fields.index(connection, row.document, row.run, row.fields or {})
        _names(connection, sorted({row.document for row in rows}))
        ended = _State("chunks") if state.stage == "fields" else _State("done")
        state = _State(state.stage, rows[-1].document, rows[-1].run) if rows else ended
        _remember(connection, state)
    return state


def _names(connection: Connection, documents: Sequence[str]) -> None:
    """Names of files, as they are compared."""
    rows = connection.execute(
        text("SELECT id, filename FROM document WHERE id IN :ids").bindparams(bindparam("ids", expanding=True)),
        {"ids": documents},
    ).all() if documents else []  # fmt: skip
    made = [{"id": row.id, "folded": values.folded(row.filename), "terms": values.terms(row.filename)} for row in rows]
    if made:
        connection.execute(
            text("UPDATE document SET filename_folded = :folded, filename_terms = :terms WHERE id = :id"), made
        )


def _chunks(kb: KnowledgeBase, state: _State) -> _State:
    """The next chunks' full text; where it got to."""
    with kb.db.read() as connection:
        rows = connection.execute(
            text(
                "SELECT chunk.seq, chunk.text, chunk.text_hash, chunk_fts.terms FROM chunk"
                " LEFT JOIN chunk_fts ON chunk_fts.rowid = chunk.seq"
                " WHERE chunk.seq > :after ORDER BY chunk.seq LIMIT :limit"
            ),
            {"after": state.last, "limit": _CHUNKS_AT_ONCE},
        ).all()
    # Those without full text are of a run that is not stored yet, or is being cleaned up.
    folded = [(row, fulltext.indexed(row.text)) for row in rows if row.terms is not None]
    stale = [(row, terms) for row, terms in folded if terms != row.terms]
    state = _State("chunks", "", rows[-1].seq) if rows else _State("done")
    with kb.db.write() as connection:
        # A row id may have gone to another chunk meanwhile.
        same = "SELECT 1 FROM chunk JOIN chunk_fts ON chunk_fts.rowid = seq WHERE seq = :seq AND text_hash = :hash"
        fulltext.put(
            connection,
            [
                (row.seq, terms)
                for row, terms in stale
                if connection.execute(text(same), {"seq": row.seq, "hash": row.text_hash}).first()
            ],
        )
        _remember(connection, state)
    return state
