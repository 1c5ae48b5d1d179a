"""The first schema of a knowledge base."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "cleanup",
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("chunks", sa.Integer(), nullable=False),
        sa.Column("passes", sa.Integer(), nullable=False),
        sa.Column("boot", sa.Text(), nullable=False),
        sa.Column("not_before_s", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("document", "run"),
    )
    op.create_table(
        "document",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("metadata", sa.JSON(), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("batch", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("deleted_at", sa.Text(), nullable=True),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("published_run", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("document_batch", "document", ["batch"], unique=False)
    op.create_index("document_language", "document", ["language"], unique=False)
    op.create_index("document_sha256", "document", ["sha256"], unique=True, sqlite_where=sa.text("deleted_at IS NULL"))
    op.create_index("document_version", "document", ["version"], unique=False)
    op.create_table(
        "embedding",
        sa.Column("text_hash", sa.LargeBinary(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("text_hash"),
    )
    op.create_table(
        "knowledge",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("model", sa.Text(), nullable=True),
        sa.Column("model_fingerprint", sa.Text(), nullable=True),
        sa.Column("dimension", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "reading",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["document"], ["document.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_reading_document"), "reading", ["document"], unique=False)
    op.create_table(
        "run",
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("pages_total", sa.Integer(), nullable=True),
        sa.Column("error", sa.JSON(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("started_at", sa.Text(), nullable=True),
        sa.Column("finished_at", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["document"], ["document.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("document", "run"),
    )
    op.create_index(
        "run_unfinished", "run", ["status"], unique=False, sqlite_where=sa.text("status IN ('queued', 'running')")
    )
    op.create_table(
        "chunk",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("heading", sa.Text(), nullable=False),
        sa.Column("spans", sa.LargeBinary(), nullable=False),
        sa.Column("tokens", sa.Integer(), nullable=False),
        sa.Column("text_hash", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["document", "run"], ["run.document", "run.run"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("chunk_position", "chunk", ["document", "run", "position"], unique=True)
    op.create_index("chunk_text_hash", "chunk", ["text_hash"], unique=False)
    op.create_table(
        "page",
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("page_number", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("width_pt", sa.Float(), nullable=True),
        sa.Column("height_pt", sa.Float(), nullable=True),
        sa.Column("image", sa.JSON(), nullable=True),
        sa.Column("reading", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("engine", sa.Text(), nullable=True),
        sa.Column("confidence", sa.Float(), nullable=True),
        sa.Column("review", sa.Text(), nullable=True),
        sa.Column("error", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["document", "run"], ["run.document", "run.run"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["reading"],
            ["reading.id"],
        ),
        sa.PrimaryKeyConstraint("document", "run", "page_number"),
    )
    op.create_index("page_reading", "page", ["reading"], unique=False)
    op.create_table(
        "unit",
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("first", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=True),
        sa.Column("worker", sa.Text(), nullable=True),
        sa.Column("boot", sa.Text(), nullable=True),
        sa.Column("lease_until_s", sa.Float(), nullable=True),
        sa.Column("not_before_s", sa.Float(), nullable=True),
        sa.Column("claimed_s", sa.Float(), nullable=True),
        sa.Column("crashes", sa.Integer(), nullable=False),
        sa.Column("losses", sa.Integer(), nullable=False),
        sa.Column("errors", sa.Integer(), nullable=False),
        sa.Column("error", sa.JSON(), nullable=True),
        sa.Column("started_at", sa.Text(), nullable=True),
        sa.Column("finished_at", sa.Text(), nullable=True),
        sa.Column("ready_at", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["document", "run"], ["run.document", "run.run"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("document", "run", "stage", "unit"),
    )
    op.create_index("unit_claimed", "unit", ["lease_until_s"], unique=False, sqlite_where=sa.text("state = 'claimed'"))
    op.create_index("unit_failed", "unit", ["stage"], unique=False, sqlite_where=sa.text("state = 'failed'"))
    op.create_index(
        "unit_ready", "unit", ["stage", "document", "first"], unique=False, sqlite_where=sa.text("state = 'ready'")
    )
    op.create_index("unit_recent", "unit", ["stage", "claimed_s"], unique=False)
    op.create_index("unit_served", "unit", ["document", "stage", "claimed_s"], unique=False)
    op.execute("CREATE VIRTUAL TABLE chunk_fts USING fts5(terms, tokenize='porter unicode61')")
    op.execute("INSERT INTO knowledge (id, version) VALUES (1, 0)")
