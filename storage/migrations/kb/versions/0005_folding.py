"""Which folding the full text and the values of fields were written with (storage/refold.py)."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("knowledge", sa.Column("folding", sa.Text(), nullable=True))
