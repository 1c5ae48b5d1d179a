"""Alembic's entry: see `storage.migrations.environment`."""

from storage.migrations.environment import run

run()
