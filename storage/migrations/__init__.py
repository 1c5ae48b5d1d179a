"""Alembic migrations: a line for the catalogue, a line for knowledge bases."""
