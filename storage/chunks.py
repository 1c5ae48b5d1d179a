"""Chunks, their vectors and their full text: what extract, embed and store write.

Rows of an unpublished run are there but seen by nobody: searches join to the published run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
from sqlalchemy import Connection, bindparam
from sqlalchemy.types import JSON

from pipeline.errors import PermanentError, TransientError
from pipeline.folding import simplified
from pipeline.types import Chunk
from storage import fields, fulltext, runs
from storage.catalog import KnowledgeBase
from storage.database import ALL, text
from storage.ledger import Claim, fenced, settling
from storage.vectors import Vectors, vector_id

_RUN = "document = :document AND run = :run"
_DELETED_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class ModelIdentity:
    """The embedding model a knowledge base is built with."""

    name: str
    fingerprint: str
    dimension: int


def settle_extract(
    claim: Claim,
    chunks: Sequence[Chunk],
    language: str | None,
    found: dict[str, Any],
    rows_per_batch: int,
    *,
    warnings: Sequence[dict[str, Any]] = (),
    usage: dict[str, Any] | None = None,
    corrected: dict[str, Any] | None = None,
) -> None:
    """Write a run's chunks in fenced batches, then settle. Again is safe: positions are unique, rows replaced.

    Args:
        found: the document's fields, as `storage.fields` describes them.
        warnings: what went less well than it should, `{"page", "code", "message", "detail"}` each.
        usage: what a language model was asked and took, if one was.
        corrected: the same with what people corrected; None: nothing is.
    """
    key = {"document": claim.document, "run": claim.run}
    with fenced(claim) as connection:  # an attempt before this one may have left rows
        _clear_attempt(connection, claim.document, claim.run)
    for start in range(0, len(chunks), rows_per_batch):
        rows = [
            {
                **key, "position": chunk.position, "text": chunk.text, "heading": chunk.heading, "tokens": chunk.tokens,
                "spans": orjson.dumps([[s.start, s.end, s.page_number, *s.box.rounded()] for s in chunk.spans]),
                "text_hash": _hash(chunk.text),
            }
            for chunk in chunks[start : start + rows_per_batch]
        ]  # fmt: skip
        with fenced(claim) as connection:
            connection.execute(
                text(
                    "INSERT INTO chunk (document, run, position, text, heading, spans, tokens, text_hash)"
                    " VALUES (:document, :run, :position, :text, :heading, :spans, :tokens, :text_hash)"
                ),
                rows,
            )
    with settling(claim) as connection:  # it makes the embed units from the rows
        fields.put(connection, claim.document, claim.run, found, corrected)
        _tell(connection, key, language, list(warnings), usage)


def _tell(
    connection: Connection,
    key: dict[str, Any],
    language: str | None,
    warnings: list[dict[str, Any]] | None,
    usage: dict[str, Any] | None,
) -> None:
    kinds = {"warnings": JSON(none_as_null=True), "usage": JSON(none_as_null=True)}
    connection.execute(
        text(f"UPDATE run SET language = :language, warnings = :warnings, usage = :usage WHERE {_RUN}").bindparams(
            *(bindparam(name, type_=kind) for name, kind in kinds.items())
        ),
        {"document": key["document"], "run": key["run"], "language": language, "warnings": warnings, "usage": usage},
    )


def _hash(value: str) -> bytes:
    """What a vector is kept under: texts that are one to the embedder share it."""
    return hashlib.sha256(simplified(value).encode()).digest()


def found_fields(kb: KnowledgeBase, document: str, run: int) -> dict[str, Any]:
    """The fields of a run as they were found, before corrections."""
    with kb.db.read() as connection:
        row = connection.execute(
            text(f"SELECT fields, found FROM run WHERE {_RUN}").columns(fields=JSON, found=JSON),
            {"document": document, "run": run},
        ).one()
    found: dict[str, Any] = row.found if row.found is not None else row.fields or {}
    return found


def settle_adopted(claim: Claim, base: int, rows_per_batch: int, *, corrected: dict[str, Any] | None = None) -> None:
    """Give the run the chunks, fields and language of run `base`, as `settle_extract` writes them. Again is safe.

    What was less than good about its fields is so still; tokens are told by the run that took them.

    Args:
        corrected: its fields with what people corrected by now; None: nothing is.
    """
    found = found_fields(claim.kb, claim.document, base)
    key = {"document": claim.document, "run": claim.run, "base": base}
    with claim.kb.db.read() as connection:
        of_base = "WHERE document = :document AND run = :base"
        total = connection.execute(text(f"SELECT count(*) FROM chunk {of_base}"), key).scalar_one()
        row = connection.execute(
            text(f"SELECT language, warnings FROM run {of_base}").columns(warnings=JSON), key
        ).one()
    with fenced(claim) as connection:
        _clear_attempt(connection, claim.document, claim.run)
    columns = "position, text, heading, spans, tokens, text_hash"
    for first in range(0, total, rows_per_batch):
        with fenced(claim) as connection:
            connection.execute(
                text(
                    f"INSERT INTO chunk (document, run, {columns}) SELECT document, :run, {columns} FROM chunk"
                    f" {of_base} AND position BETWEEN :first AND :last"
                ),
                {**key, "first": first, "last": first + rows_per_batch - 1},
            )
    with settling(claim) as connection:
        fields.put(connection, claim.document, claim.run, found, corrected)
        _tell(connection, key, row.language, row.warnings, None)


def texts_to_embed(claim: Claim) -> list[tuple[bytes, str]]:
    """Hash and text of the unit's chunks that no vector is kept for yet, each text once."""
    with claim.kb.db.read() as connection:
        rows = connection.execute(
            text(
                f"SELECT DISTINCT text_hash, text FROM chunk WHERE {_RUN} AND position BETWEEN :first AND :last"
                " AND NOT EXISTS (SELECT 1 FROM embedding WHERE embedding.text_hash = chunk.text_hash)"
            ),
            {"document": claim.document, "run": claim.run, "first": claim.first, "last": claim.last},
        )
        return [(row.text_hash, row.text) for row in rows]


def check_model(kb: KnowledgeBase, model: ModelIdentity) -> None:
    """Refuse a model other than the one the knowledge base was built with; the first one is remembered at settle.

    Raises:
        PermanentError: `model_mismatch`.
    """
    with kb.db.read() as connection:
        row = connection.execute(text("SELECT model, model_fingerprint FROM knowledge")).one()
    if row.model_fingerprint not in (None, model.fingerprint):
        raise PermanentError(
            "model_mismatch",
            f"The knowledge base was built with the embedding model {row.model}; the settings name {model.name}."
            " Set embed.model back, or upload its documents into a new knowledge base.",
            {"built_with": row.model, "configured": model.name},
        )


def settle_embed(claim: Claim, hashes: Sequence[bytes], vectors: Vectors, model: ModelIdentity) -> None:
    """Keep vectors (n, dimension), float32, under the hashes of their texts. Again is safe: same text, same vector."""
    with settling(claim) as connection:
        connection.execute(
            text(
                "UPDATE knowledge SET model = :name, model_fingerprint = :fingerprint, dimension = :dimension"
                " WHERE model_fingerprint IS NULL"
            ),
            {"name": model.name, "fingerprint": model.fingerprint, "dimension": model.dimension},
        )
        rows = [
            {"hash": hash_, "vector": np.ascontiguousarray(vector, dtype="<f4").tobytes()}
            for hash_, vector in zip(hashes, vectors, strict=True)
        ]
        if rows:
            connection.execute(
                text("INSERT INTO embedding (text_hash, vector) VALUES (:hash, :vector) ON CONFLICT DO NOTHING"), rows
            )


def store_run(claim: Claim, *, vectors_per_batch: int, rows_per_batch: int, still_held: Callable[[], None]) -> int:
    """Put a run where search finds it and publish it; how many chunks.

    Vectors go first, then full text in fenced batches, then the commit that publishes. Again is safe: ids depend on
    document, run and position only.

    Args:
        still_held: raises `LeaseLost` when the unit was taken away; asked before every write to Chroma, which
            knows no fence.
    """
    kb, key = claim.kb, {"document": claim.document, "run": claim.run}
    stored = 0
    while rows := _rows(kb, key, "chunk.position >= :from", {"from": stored}, vectors_per_batch):
        vectors = np.stack([np.frombuffer(row.vector, dtype="<f4") for row in rows])
        still_held()
        kb.vectors.put([vector_id(claim.document, claim.run, row.position) for row in rows], vectors)
        stored = rows[-1].position + 1
    indexed = 0
    while rows := _rows(kb, key, "chunk.position >= :from", {"from": indexed}, rows_per_batch):
        with fenced(claim) as connection:
            fulltext.index(connection, [(row.seq, row.text) for row in rows])
        indexed = rows[-1].position + 1
    _check_complete(kb, key, indexed)
    with settling(claim) as connection:
        runs.publish(connection, claim.document, claim.run)
    return stored


def _check_complete(kb: KnowledgeBase, key: dict[str, Any], indexed: int) -> None:
    """Refuse to publish a run of which a chunk has no vector: a hole in search is worse than a late document."""
    with kb.db.read() as connection:
        chunks = connection.execute(text(f"SELECT count(*) FROM chunk WHERE {_RUN}"), key).scalar_one()
        ready = connection.execute(
            text(f"SELECT count(*) FROM chunk JOIN embedding USING (text_hash) WHERE {_RUN}"), key
        ).scalar_one()
    if not chunks == ready == indexed:
        raise TransientError(f"{chunks} chunks, {ready} with a vector, {indexed} indexed")


def _rows(kb: KnowledgeBase, key: dict[str, Any], where: str, values: dict[str, Any], limit: int) -> Sequence[Any]:
    with kb.db.read() as connection:
        return connection.execute(
            text(
                "SELECT chunk.seq, chunk.position, chunk.text, embedding.vector FROM chunk"
                f" JOIN embedding ON embedding.text_hash = chunk.text_hash WHERE {_RUN} AND {where}"
                " ORDER BY chunk.position LIMIT :limit"
            ),
            {**key, **values, "limit": limit},
        ).all()


def delete_run_chunks(kb: KnowledgeBase, document: str, run: int) -> None:
    """Remove what a run that has ended left in chunks and fields, in short transactions; again is safe."""
    deleted = _DELETED_AT_ONCE
    while deleted == _DELETED_AT_ONCE:
        with kb.db.write() as connection:
            deleted = delete_chunks(connection, document, run, _DELETED_AT_ONCE)


def delete_chunks(connection: Connection, document: str, run: int, limit: int = ALL) -> int:
    """Remove chunks of a run, their full text, vectors that no other chunk's text needs, and the run's fields.

    Args:
        limit: at most so many chunks.
    """
    fields.remove(connection, document, run)
    rows = connection.execute(
        text(f"SELECT seq, text_hash FROM chunk WHERE {_RUN} LIMIT :limit"),
        {"document": document, "run": run, "limit": limit},
    ).all()
    if rows:
        fulltext.remove(connection, [row.seq for row in rows])
        connection.execute(text("DELETE FROM chunk WHERE seq = :seq"), [{"seq": row.seq} for row in rows])
        connection.execute(
            text(
                "DELETE FROM embedding WHERE text_hash = :hash"
                " AND NOT EXISTS (SELECT 1 FROM chunk WHERE chunk.text_hash = :hash)"
            ),
            [{"hash": row.text_hash} for row in rows],
        )
    return len(rows)


def _clear_attempt(connection: Connection, document: str, run: int) -> None:
    """Remove the rows of an attempt that was cut off; vectors stay, they are kept by text for the attempt to come."""
    values = {"document": document, "run": run}
    held = connection.execute(text(f"SELECT seq FROM chunk WHERE {_RUN}"), values).scalars().all()
    fulltext.remove(connection, held)
    connection.execute(text(f"DELETE FROM chunk WHERE {_RUN}"), values)
