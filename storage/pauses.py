"""Stages that a person has stopped: nothing of them is sent or begun until they are resumed.

A pause stands in the catalogue, so that it holds over restarts and for every worker. Units in work when it begins are
finished; what is ready waits.
"""

from __future__ import annotations

from dataclasses import dataclass

from storage import clock
from storage.database import Database, text


@dataclass(frozen=True, slots=True)
class Pause:
    """The last time a stage stood still, in RFC 3339; `until` is None while it still does."""

    since: str
    until: str | None


def last_pauses(catalog: Database) -> dict[str, Pause]:
    """The last pause of every stage that ever had one."""
    with catalog.read() as connection:
        rows = connection.execute(text("SELECT stage, since, until FROM pause"))
        return {row.stage: Pause(row.since, row.until) for row in rows}


def paused(catalog: Database) -> dict[str, Pause]:
    """The stages that stand still now."""
    return {stage: pause for stage, pause in last_pauses(catalog).items() if pause.until is None}


def wanted(catalog: Database) -> tuple[list[str], set[str]]:
    """What dispatch must know of the catalogue, in one look: knowledge bases that may have work, stages that stand."""
    with catalog.read() as connection:
        rows = connection.execute(
            text(
                "SELECT 0 AS paused, id AS name FROM knowledge_base WHERE activity > 0 AND deleted_at IS NULL"
                " UNION ALL SELECT 1, stage FROM pause WHERE until IS NULL ORDER BY 2"
            )
        ).all()
    return [row.name for row in rows if not row.paused], {row.name for row in rows if row.paused}


def pause(catalog: Database, stage: str) -> Pause:
    """Stop a stage; durable when this returns. Doing it twice keeps the first time."""
    with catalog.write(durable=True) as connection:
        connection.execute(
            text(
                "INSERT INTO pause (stage, since) VALUES (:stage, :wall) ON CONFLICT (stage)"
                " DO UPDATE SET since = :wall, until = NULL WHERE pause.until IS NOT NULL"
            ),
            {"stage": stage, "wall": clock.wall()},
        )
    return last_pauses(catalog)[stage]


def resume(catalog: Database, stage: str) -> None:
    """Let a stage go on; durable when this returns. Of a stage that is not paused nothing changes."""
    with catalog.write(durable=True) as connection:
        connection.execute(
            text("UPDATE pause SET until = :wall WHERE stage = :stage AND until IS NULL"),
            {"stage": stage, "wall": clock.wall()},
        )


def carry(catalog: Database, other: Database) -> None:
    """Have stages that stand still here do so in another catalogue too, unless something is known of them there."""
    known = last_pauses(other)
    with other.write(durable=True) as connection:
        for stage, stands in paused(catalog).items():
            if stage not in known:
                row = text("INSERT INTO pause (stage, since) VALUES (:stage, :since)")
                connection.execute(row, {"stage": stage, "since": stands.since})
