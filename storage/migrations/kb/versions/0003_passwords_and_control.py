"""Passwords of originals, failures that were taken off their list, and whether deleted words are still to be erased."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("run", sa.Column("password", sa.LargeBinary(), nullable=True))
    op.add_column("unit", sa.Column("discarded_at", sa.Text(), nullable=True))
    op.add_column("knowledge", sa.Column("erase", sa.Integer(), nullable=False, server_default="0"))
