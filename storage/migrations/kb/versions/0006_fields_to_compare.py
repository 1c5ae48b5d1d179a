"""Values of fields that can be compared, and what a run has to say beside its result."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("field", sa.Column("number", sa.Float(), nullable=True))
    op.add_column("field", sa.Column("confidence", sa.Float(), nullable=True))
    op.add_column("field", sa.Column("page_number", sa.Integer(), nullable=True))
    op.add_column("run", sa.Column("warnings", sa.JSON(), nullable=True))
    op.add_column("run", sa.Column("usage", sa.JSON(), nullable=True))
