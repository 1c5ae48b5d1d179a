"""Names of files as they are compared: in columns, as not every database can call our functions."""

import sqlalchemy as sa
from alembic import op

from storage import values

revision = "0012"
down_revision = "0011"

_AT_ONCE = 1000


def upgrade() -> None:
    for name in ("filename_folded", "filename_terms"):
        op.add_column("document", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    connection = op.get_bind()
    rows = connection.execute(sa.text("SELECT id, filename FROM document")).all()
    made = [{"id": row.id, "folded": values.folded(row.filename), "terms": values.terms(row.filename)} for row in rows]
    change = sa.text("UPDATE document SET filename_folded = :folded, filename_terms = :terms WHERE id = :id")
    for start in range(0, len(made), _AT_ONCE):
        connection.execute(change, made[start : start + _AT_ONCE])
    op.execute("DROP INDEX document_filename")
    op.create_index("document_filename", "document", ["filename_folded"])
