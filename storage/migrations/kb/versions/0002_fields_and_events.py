"""Fields of documents, tombstones of deleted ones, and an index to measure the pace of a stage by."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("run", sa.Column("fields", sa.JSON(), nullable=True))
    op.create_table(
        "field",
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["document", "run"], ["run.document", "run.run"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("document", "run", "seq"),
    )
    op.create_table(
        "tombstone",
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("document"),
    )
    op.create_index("tombstone_version", "tombstone", ["version"], unique=False)
    op.drop_index("unit_recent", "unit")
    op.create_index(
        "unit_recent", "unit", ["stage", "finished_at"], unique=False, sqlite_where=sa.text("state = 'done'")
    )
