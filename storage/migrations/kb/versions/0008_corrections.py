"""What people corrected, and fields as they were found before."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "correction",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("page_number", sa.Integer(), nullable=True),
        sa.Column("path", sa.Text(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("slot", sa.Text(), nullable=True),
        sa.Column("anchor", sa.JSON(), nullable=True),
        sa.Column("was", sa.Text(), nullable=True),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("box", sa.JSON(), nullable=True),
        sa.Column("confirmed", sa.Integer(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("taken_back_at", sa.Text(), nullable=True),
        sa.Column("taken_back_run", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["document"], ["document.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("correction_document", "correction", ["document", "id"], unique=False)
    op.add_column("page", sa.Column("corrected", sa.Text(), nullable=True))
    op.create_index(
        "page_review", "page", ["document", "run"], unique=False,
        sqlite_where=sa.text("review IS NOT NULL OR state = 'failed'"),
    )  # fmt: skip
    live = sa.text("live = 1")
    op.create_index(
        "field_confidence", "field", ["confidence", "document", "seq", "live"], unique=False, sqlite_where=live
    )
    op.add_column("run", sa.Column("found", sa.JSON(), nullable=True))
