"""Bring databases to the newest schema with Alembic; run at start, by one process at a time.

The catalogue and the knowledge bases have a line of migrations each: `migrations/catalog`, `migrations/kb`.
"""

from __future__ import annotations

import fcntl
import logging
from functools import cache
from pathlib import Path
from typing import Literal

import alembic.command
import alembic.config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from storage.database import Database

Line = Literal["catalog", "kb"]


class NewerData(Exception):
    """The data was written by a newer Pagemill."""


@cache
def _config(line: Line) -> alembic.config.Config:
    logging.getLogger("alembic").setLevel(logging.WARNING)
    config = alembic.config.Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations" / line))
    return config


@cache
def _scripts(line: Line) -> ScriptDirectory:
    return ScriptDirectory.from_config(_config(line))


def upgrade(path: Path, line: Line, busy_timeout_s: float) -> None:
    """Create the database if it is not there and bring it to the newest schema.

    Raises:
        NewerData: when its schema is not known here.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with (path.parent / ".migrate.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        Database.create(path)
        database = Database(path, busy_timeout_s)
        try:
            with database.write(durable=True) as connection:
                current = MigrationContext.configure(connection).get_current_revision()
                if current == _scripts(line).get_current_head():
                    return
                if current is not None and current not in {s.revision for s in _scripts(line).walk_revisions()}:
                    raise NewerData(f"{path}: written by a newer Pagemill (schema {current}); update Pagemill")
                config = _config(line)
                config.attributes["connection"] = connection
                alembic.command.upgrade(config, "head")
        finally:
            database.close()
