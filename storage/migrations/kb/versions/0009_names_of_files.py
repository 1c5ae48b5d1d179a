"""Documents are found by the names of their files, large and small letters alike."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.execute("CREATE INDEX document_filename ON document (filename COLLATE NOCASE)")
