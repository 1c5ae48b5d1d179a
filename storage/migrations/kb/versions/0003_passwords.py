"""The password of an original, kept encrypted while its pages are rendered."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("run", sa.Column("password", sa.LargeBinary(), nullable=True))
