"""A page image that was read before is not read again: readings are found by what was read, and by whom."""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.execute("ALTER TABLE reading ADD COLUMN content BLOB")
    op.execute("CREATE INDEX reading_content ON reading (content) WHERE content IS NOT NULL")
