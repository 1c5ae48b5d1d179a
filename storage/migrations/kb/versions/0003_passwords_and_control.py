"""Passwords of originals, failures off their list, since when a document is kept, and whether to erase words."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("run", sa.Column("password", sa.LargeBinary(), nullable=True))
    op.add_column("unit", sa.Column("discarded_at", sa.Text(), nullable=True))
    op.add_column("document", sa.Column("kept_from", sa.Text(), nullable=True))
    op.add_column("knowledge", sa.Column("erase", sa.Integer(), nullable=False, server_default="0"))
