"""Ready units in the order of their turns: whoever chooses the next ones need not look at all that wait."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.execute("CREATE INDEX unit_turn ON unit (stage, not_before_s, document) WHERE state = 'ready'")
