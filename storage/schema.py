"""The tables, as SQLAlchemy sees them. Migrations make them; a test holds both together.

catalog           knowledge_base, elsewhere, worker, lease, pause, api_key -> session
knowledge base    knowledge (1 row), document -> run -> unit (the ledger), page -> reading, field, chunk -> embedding,
                  chunk_fts (full text), correction, cleanup, tombstone
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    text,
)
from sqlalchemy import Text as AnyText

catalog = MetaData()
kb = MetaData()

# Sorted by code points everywhere, as SQLite does; and numbers that may outgrow the integer of PostgreSQL.
Text = AnyText().with_variant(AnyText(collation="C"), "postgresql")
Long = Integer().with_variant(BigInteger(), "postgresql")


def _where(condition: str) -> dict[str, Any]:
    """An index of only the rows that meet it, in either engine."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


knowledge_base = Table(
    "knowledge_base",
    catalog,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False),  # folded: two names that look alike are one
    Column("languages", JSON, nullable=False),
    Column("engine", Text, nullable=False),
    Column("schema", JSON),  # the name of a schema of fields; None: the default
    Column("created_at", Text, nullable=False),
    Column("deleted_at", Text),
    Column("retention_days", Integer),  # documents older than this are deleted; None: kept
    # Raised by everything that makes work; the sweep sets it to 0 when none is left. 0: dispatch need not look.
    Column("activity", Long, nullable=False),
    Index("knowledge_base_name", "name_key", unique=True, **_where("deleted_at IS NULL")),
)

# Knowledge bases that are another catalogue's (storage/elsewhere.py).
elsewhere = Table(
    "elsewhere",
    catalog,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("place", Text, nullable=False),  # which, as people are told it
    Column("since", Text, nullable=False),
    Column("record", JSON),  # of one that was moved from here: its row of `knowledge_base`
)

worker = Table(
    "worker",
    catalog,
    Column("id", Text, primary_key=True),
    Column("stage", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("started_at", Text, nullable=False),
    Column("boot", Text, nullable=False),
    Column("beat_s", Float, nullable=False),
    Column("doing", JSON, nullable=False),  # list of units in work
    Column("units_done", Integer, nullable=False),
)

lease = Table(
    "lease",
    catalog,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("boot", Text, nullable=False),
    Column("until_s", Float, nullable=False),
)

# When a person last stopped a stage.
pause = Table(
    "pause",
    catalog,
    Column("stage", Text, primary_key=True),
    Column("since", Text, nullable=False),
    Column("until", Text),  # None: it still stands
)

api_key = Table(
    "api_key",
    catalog,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("hash", LargeBinary, nullable=False),  # SHA-256 of the key; the key itself is kept nowhere
    Column("scope", Text, nullable=False),  # read write admin: each holds those before it
    Column("knowledge_bases", JSON),  # ids it is for; None: all
    Column("created_at", Text, nullable=False),
    Column("used_at", Text),
    Column("revoked_at", Text),
)

# A browser that has shown a key.
session = Table(
    "session",
    catalog,
    Column("hash", LargeBinary, primary_key=True),  # SHA-256 of the cookie
    Column("api_key", Text, ForeignKey("api_key.id", ondelete="CASCADE"), nullable=False),
    Column("created_at", Text, nullable=False),
    Column("boot", Text, nullable=False),  # whose clock the next time is of
    Column("until_s", Float, nullable=False),
)

knowledge = Table(
    "knowledge",
    kb,
    Column("id", Integer, primary_key=True),
    Column("version", Long, nullable=False),  # raised by every settle; stamps documents
    Column("model", Text),
    Column("model_fingerprint", Text),
    Column("dimension", Integer),
    # How far the words of deleted documents are erased from the bytes on disk (storage/erasure.py); 0: all are.
    Column("erase", Integer, nullable=False, server_default="0"),
    Column("folding", Text),  # which one full text and fields are of, and how far (storage/refold.py); None: an older
)

document = Table(
    "document",
    kb,
    Column("id", Text, primary_key=True),
    Column("sha256", Text, nullable=False),
    Column("filename", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("size_bytes", Long, nullable=False),
    Column("metadata", JSON, nullable=False),
    Column("tags", JSON, nullable=False),
    Column("batch", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("deleted_at", Text),
    Column("run", Integer, nullable=False),  # the latest
    Column("published_run", Integer),
    Column("version", Long, nullable=False),
    Column("language", Text),
    Column("filename_folded", Text, nullable=False, server_default=""),  # as it is compared whole (storage/values.py)
    Column("filename_terms", Text, nullable=False, server_default=""),  # its words
    Column("kept_from", Text),  # when the same bytes came again, from which on retention counts; None: never
    Index("document_sha256", "sha256", unique=True, **_where("deleted_at IS NULL")),
    Index("document_batch", "batch"),
    Index("document_version", "version"),
    Index("document_language", "language"),
    Index("document_filename", "filename_folded"),
)

run = Table(
    "run",
    kb,
    Column("document", Text, ForeignKey("document.id", ondelete="CASCADE"), primary_key=True),
    Column("run", Integer, primary_key=True),
    Column("status", Text, nullable=False),  # queued running done failed cancelled
    Column("cause", Text, nullable=False),  # upload retry reprocess ...
    Column("settings", JSON, nullable=False),  # snapshot: engine, languages, ...
    Column("pages_total", Integer),  # None until the original was opened
    Column("password", LargeBinary),  # of the original, sealed; erased once no page needs it (storage/passwords.py)
    Column("error", JSON),  # {"code", "message", "detail"}
    Column("language", Text),
    Column("fields", JSON),  # as the API shows them
    Column("found", JSON),  # what they were before corrections; None: the same
    Column("warnings", JSON),  # [{"page": null, "code", "message", "detail"}]: what went less well than it should
    Column("usage", JSON),  # tokens that a language model took; None: none was asked
    Column("created_at", Text, nullable=False),
    Column("started_at", Text),
    Column("finished_at", Text),
    Index("run_unfinished", "status", **_where("status IN ('queued', 'running')")),
)

unit = Table(
    "unit",
    kb,
    Column("document", Text, primary_key=True),
    Column("run", Integer, primary_key=True),
    Column("stage", Text, primary_key=True),
    Column("unit", Text, primary_key=True),  # "first-last": pages, or chunk positions
    Column("first", Integer, nullable=False),
    Column("last", Integer, nullable=False),
    Column("size", Integer, nullable=False),  # pages or chunks, for progress
    Column("state", Text, nullable=False),  # blocked ready claimed done failed cancelled
    Column("token", Text),
    Column("worker", Text),
    Column("boot", Text),  # whose clock the next three times are of
    Column("lease_until_s", Float),
    Column("not_before_s", Float),  # of a ready unit: its turn, in the order of these times and never before
    Column("claimed_s", Float),
    Column("crashes", Integer, nullable=False),
    Column("losses", Integer, nullable=False),
    Column("errors", Integer, nullable=False),
    Column("error", JSON),
    Column("started_at", Text),
    Column("finished_at", Text),
    Column("ready_at", Text),
    Column("discarded_at", Text),  # a person took it off the list of failures
    ForeignKeyConstraint(["document", "run"], ["run.document", "run.run"], ondelete="CASCADE"),
    Index("unit_ready", "stage", "document", "first", **_where("state = 'ready'")),
    Index("unit_turn", "stage", "not_before_s", "document", **_where("state = 'ready'")).ddl_if("sqlite"),
    Index("unit_claimed", "lease_until_s", **_where("state = 'claimed'")),
    Index("unit_served", "document", "stage", "claimed_s"),
    Index("unit_recent", "stage", "finished_at", **_where("state = 'done'")),
    Index("unit_failed", "stage", **_where("state = 'failed'")),
)

reading = Table(
    "reading",
    kb,
    Column("id", Text, primary_key=True),  # document-run-page of the run that read it
    Column("document", Text, ForeignKey("document.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("body", LargeBinary, nullable=False),  # zlib of the PageReading's JSON
    Column("content", LargeBinary),  # what was read by OCR, and how (pipeline/page_content.py); None: a text layer
    Index("reading_content", "content", **_where("content IS NOT NULL")),
)

page = Table(
    "page",
    kb,
    Column("document", Text, primary_key=True),
    Column("run", Integer, primary_key=True),
    Column("page_number", Integer, primary_key=True),
    Column("state", Text, nullable=False),  # rendered read failed
    Column("width_pt", Float),
    Column("height_pt", Float),
    # Degrees clockwise by which its reader turned it upright (PageReading.rotation); width and height are after that.
    Column("rotation", Integer, nullable=False, server_default="0"),
    Column("image", JSON),  # PageImage while it waits for OCR
    Column("reading", Text, ForeignKey("reading.id")),  # shared by runs that adopted it
    Column("source", Text),
    Column("engine", Text),
    Column("confidence", Float),
    Column("review", Text),
    Column("error", JSON),  # stays where a person has typed the page, which then counts as read
    Column("corrected", Text),  # id of the correction that stands for it in this run
    ForeignKeyConstraint(["document", "run"], ["run.document", "run.run"], ondelete="CASCADE"),
    Index("page_reading", "reading"),
    Index("page_review", "document", "run", **_where("review IS NOT NULL OR state = 'failed'")),
)

# The values of `run.fields`, a row each, for filters, facets and sorting; they lie by document and path.
field = Table(
    "field",
    kb,
    Column("document", Text, primary_key=True),
    Column("run", Integer, primary_key=True),
    Column("path", Text, primary_key=True),  # "skills", "education.degree"
    Column("seq", Integer, primary_key=True),  # order in the document
    Column("record", Integer, nullable=False),  # position in the list that it stands in: fields of a record share it
    Column("value", Text, nullable=False),
    Column("folded", Text, nullable=False),  # the value as it is compared
    Column("terms", Text, nullable=False),  # folded words, a space before and after each
    Column("number", Float),  # the value where it is a number
    Column("confidence", Float),
    Column("page_number", Integer),
    Column("live", Integer, nullable=False),  # 1: of the published run of a document that is there
    ForeignKeyConstraint(["document", "run"], ["run.document", "run.run"], ondelete="CASCADE"),
    Index("field_confidence", "confidence", "document", "seq", "live", **_where("live = 1")),
    Index("field_value", "path", "folded", "document", **_where("live = 1")).ddl_if("sqlite"),
    Index("field_number", "path", "number", "document", **_where("live = 1 AND number IS NOT NULL")),
    sqlite_with_rowid=False,
)

# What people corrected: rows are added, and marked when they are taken back; nothing else changes them.
correction = Table(
    "correction",
    kb,
    Column("id", Text, primary_key=True),
    Column("document", Text, ForeignKey("document.id", ondelete="CASCADE"), nullable=False),
    Column("run", Integer, nullable=False),  # that it opened: it stands in this run and all after it
    Column("kind", Text, nullable=False),  # page field
    Column("page_number", Integer),  # of a page; of a field where a person said on which it stands
    Column("path", Text),
    Column("position", Integer),  # the index as it was given
    Column("slot", Text),  # the item or record it is about, one for all corrections of it; None: the only one there is
    Column("anchor", JSON),  # how that was when it was corrected, to find it again (pipeline/corrections/anchors.py)
    Column("was", Text),
    Column("value", Text),  # of a page its text; of a field None takes it away
    Column("box", JSON),  # where a person said that the field stands
    Column("confirmed", Integer, nullable=False),  # 1: it was right as it was
    Column("author", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("taken_back_at", Text),
    Column("taken_back_run", Integer),  # from which on it stands no more
    Index("correction_document", "document", "id"),
)

embedding = Table(
    "embedding",
    kb,
    Column("text_hash", LargeBinary, primary_key=True),
    Column("vector", LargeBinary, nullable=False),  # float32, little-endian
)

chunk = Table(
    "chunk",
    kb,
    Column("seq", Long, primary_key=True),  # row id of its full text
    Column("document", Text, nullable=False),
    Column("run", Integer, nullable=False),
    Column("position", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("heading", Text, nullable=False),
    Column("spans", LargeBinary, nullable=False),  # JSON [[start, end, page, x0, y0, x1, y1], ...]
    Column("tokens", Integer, nullable=False),
    Column("text_hash", LargeBinary, nullable=False),
    ForeignKeyConstraint(["document", "run"], ["run.document", "run.run"], ondelete="CASCADE"),
    Index("chunk_position", "document", "run", "position", unique=True),
    Index("chunk_text_hash", "text_hash"),
)

cleanup = Table(
    "cleanup",
    kb,
    Column("document", Text, primary_key=True),
    Column("run", Integer, primary_key=True),
    Column("chunks", Integer, nullable=False),  # vectors to delete: positions 0 .. chunks-1
    Column("passes", Integer, nullable=False),  # how often it was cleaned; the second pass is one lease later
    Column("boot", Text, nullable=False),
    Column("not_before_s", Float, nullable=False),
)

# What is left of a deleted document: enough to tell those who were away that it is gone.
tombstone = Table(
    "tombstone",
    kb,
    Column("document", Text, primary_key=True),
    Column("version", Long, nullable=False),
    Index("tombstone_version", "version"),
)

# The full text is beyond SQLAlchemy's table model: in SQLite made by the migration.
CHUNK_FTS = "CREATE VIRTUAL TABLE chunk_fts USING fts5(terms, tokenize='porter unicode61')"

POSTGRESQL = """
CREATE TABLE chunk_fts (
    rowid bigint PRIMARY KEY, terms text COLLATE "C" NOT NULL, stems text COLLATE "C" NOT NULL,
    lexemes tsvector NOT NULL, length integer NOT NULL
);
ALTER TABLE chunk_fts ALTER stems SET STORAGE MAIN, ALTER lexemes SET STORAGE EXTERNAL;
CREATE INDEX chunk_fts_lexemes ON chunk_fts USING gin (lexemes);
CREATE TABLE chunk_fts_total (chunks bigint NOT NULL, terms bigint NOT NULL);
INSERT INTO chunk_fts_total VALUES (0, 0);
CREATE INDEX unit_turn ON unit (stage, not_before_s NULLS FIRST, document) WHERE state = 'ready';
CREATE INDEX field_value ON field (path, left(folded, 300), document) WHERE live = 1;
"""
"""What a knowledge base has in PostgreSQL alone: full text (`storage/tsearch.py`), of which ranking reads the stems of
each match, so that they stand in the row itself; and two indexes that SQLite has otherwise, as here what has no time
comes last by itself, and an index cannot hold a long text (`Dialect.indexed`)."""
