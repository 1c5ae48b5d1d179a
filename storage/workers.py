"""Which worker processes live, and who holds a lease such as the sweep's: both stand in the catalogue."""

from __future__ import annotations

import os
import platform
from typing import Any

from sqlalchemy import RowMapping, insert, select, update

from storage import schema
from storage.database import Database, moment, text

# A worker that has not been heard of for so long is not listed.
_SILENT_S = 15.0


def beat(
    catalog: Database, worker: str, stage: str, started_at: str, doing: list[dict[str, Any]], units_done: int
) -> None:
    """Record that a worker process lives and what it does."""
    with catalog.write() as connection:
        now = moment(connection)
        values = {
            "id": worker, "stage": stage, "host": platform.node(), "pid": os.getpid(), "started_at": started_at,
            "boot": now.boot, "beat_s": now.now_s, "doing": doing, "units_done": units_done,
        }  # fmt: skip
        row = update(schema.worker).where(schema.worker.c.id == worker).values(values)
        if connection.execute(row).rowcount == 0:
            connection.execute(insert(schema.worker).values(values))


def living(catalog: Database) -> list[RowMapping]:
    """Worker processes heard of lately."""
    table = schema.worker
    with catalog.read() as connection:
        now = moment(connection)
        rows = connection.execute(
            select(table)
            .where(table.c.boot == now.boot, table.c.beat_s > now.now_s - _SILENT_S)
            .order_by(table.c.stage, table.c.started_at)
        )
        return list(rows.mappings())


def forget(catalog: Database, worker: str) -> None:
    """A worker says goodbye."""
    with catalog.write() as connection:
        connection.execute(text("DELETE FROM worker WHERE id = :id"), {"id": worker})


def forget_silent(catalog: Database) -> None:
    """Drop records of workers that died without a word."""
    with catalog.write() as connection:
        now = moment(connection)
        connection.execute(
            text("DELETE FROM worker WHERE boot != :boot OR beat_s < :then"),
            {"boot": now.boot, "then": now.now_s - 4 * _SILENT_S},
        )


def held(catalog: Database, lease: str) -> bool:
    """Whether somebody holds a named lease."""
    with catalog.read() as connection:
        found = connection.execute(
            text("SELECT 1 FROM lease WHERE name = :name AND boot = :boot AND until_s > :now_s"),
            {"name": lease, **moment(connection)._asdict()},
        )
        return found.first() is not None


def hold(catalog: Database, lease: str, holder: str, seconds: float) -> bool:
    """Take or prolong a named lease; whether it is the holder's now."""
    with catalog.write() as connection:
        now = moment(connection)
        got = connection.execute(
            text(
                "INSERT INTO lease (name, holder, boot, until_s) VALUES (:name, :holder, :boot, :until)"
                " ON CONFLICT (name) DO UPDATE SET holder = :holder, boot = :boot, until_s = :until"
                " WHERE lease.holder = :holder OR lease.boot != :boot OR lease.until_s < :now"
            ),
            {"name": lease, "holder": holder, "boot": now.boot, "until": now.now_s + seconds, "now": now.now_s},
        )
        return got.rowcount == 1
