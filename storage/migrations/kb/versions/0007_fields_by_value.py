"""Rows of fields lie by document and path, and those that people see are found by value.

They are only carried over here. Which folded value, number and record each has is written by the sweep, as after a
change of the folding (storage/refold.py): a start does not wait for it, and it is done with every column in place.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.rename_table("field", "field_before")
    op.create_table(
        "field",
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("record", sa.Integer(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.Column("number", sa.Float(), nullable=True),
        sa.Column("confidence", sa.Float(), nullable=True),
        sa.Column("page_number", sa.Integer(), nullable=True),
        sa.Column("live", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["document", "run"], ["run.document", "run.run"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("document", "run", "path", "seq"),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO field (document, run, path, seq, record, value, folded, terms, live)"
        " SELECT f.document, f.run, f.path, f.seq, 0, f.value, f.value, f.terms,"
        " coalesce(d.published_run = f.run AND d.deleted_at IS NULL, 0)"
        " FROM field_before AS f JOIN document AS d ON d.id = f.document"
    )
    op.drop_table("field_before")
    live = sa.text("live = 1")
    op.create_index("field_value", "field", ["path", "folded", "document"], unique=False, sqlite_where=live)
    live = sa.text("live = 1 AND number IS NOT NULL")
    op.create_index("field_number", "field", ["path", "number", "document"], unique=False, sqlite_where=live)
    op.execute(
        "UPDATE knowledge SET folding = CASE WHEN folding LIKE '% done' THEN replace(folding, 'done', 'rows 0 0') END"
    )
