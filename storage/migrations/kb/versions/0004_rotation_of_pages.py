"""By how much a page was turned to stand upright."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("page", sa.Column("rotation", sa.Integer(), nullable=False, server_default="0"))
