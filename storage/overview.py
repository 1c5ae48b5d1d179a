"""How the pipeline stands over all knowledge bases: what waits, runs and failed in each stage."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from sqlalchemy import Connection

from pipeline import stages
from storage import failures, pauses, workers
from storage.catalog import Storage
from storage.database import Missing, scalar, text
from storage.status import STATUSES

_RATE_OVER_S = 60.0

# Named, so that each is a range of the index by stage and time.
_STAGES = ", ".join(f"'{name}'" for name in stages.NAMES)


def pipeline(storage: Storage, seen: Callable[[str], bool] = lambda _: True) -> dict[str, Any]:
    """A stage: ready, claimed, failed units, units a minute, seconds the oldest ready one waits; and the workers.

    What failed is what `storage/failures.py` lists.

    Args:
        seen: whether a knowledge base, by its id, is for the eyes of who asks; others count for nothing.
    """
    paused = pauses.paused(storage.catalog)
    result: dict[str, dict[str, Any]] = {
        name: {
            "ready": 0, "claimed": 0, "failed": 0, "rate_per_minute": 0.0, "oldest_age_seconds": None,
            "paused": name in paused,
        }
        for name in stages.NAMES
    }  # fmt: skip
    names: dict[str, str] = {}
    for record in storage.knowledge_bases():
        if not seen(record["id"]):
            continue
        names[record["id"]] = record["name"]
        try:
            _add(storage, record["id"], result)
        except Missing:  # deleted since it was listed
            continue
    living = [
        {
            "id": worker["id"], "stage": worker["stage"], "host": worker["host"], "pid": worker["pid"],
            "started_at": worker["started_at"], "units_done": worker["units_done"],
            "doing": [_named(storage, unit, names) for unit in worker["doing"] if seen(unit["kb"])],
        }
        for worker in workers.living(storage.catalog)
    ]  # fmt: skip
    return {"stages": result, "workers": living}


def documents(storage: Storage) -> dict[str, int]:
    """How many documents have each status; of large knowledge bases a while ago (`storage/tally.py`)."""
    result = dict.fromkeys(STATUSES, 0)
    for record in storage.knowledge_bases():
        try:
            kb = storage.open(record["id"])
            with kb.db.read() as connection:
                version = scalar(connection, "SELECT version FROM knowledge")
                _, found = kb.tally.of("documents", version, partial(_by_status, connection))
        except Missing:  # deleted since it was listed
            continue
        for name, count in found.items():
            result[name] += count
    return result


def _by_status(connection: Connection) -> tuple[int, dict[str, int]]:
    rows = connection.execute(
        text(
            "SELECT r.status, count(*) AS n FROM document AS d JOIN run AS r ON r.document = d.id"
            " AND r.run = d.run WHERE d.deleted_at IS NULL GROUP BY r.status"
        )
    )
    found = {row.status: row.n for row in rows}
    return sum(found.values()), found


def _named(storage: Storage, unit: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """A unit in work with the names that people know its document by; none where it was deleted meanwhile."""
    name, filename = names.get(unit["kb"]), None
    if name is not None:
        with suppress(Missing), storage.open(unit["kb"]).db.read() as connection:
            filename = scalar(connection, "SELECT filename FROM document WHERE id = :id", id=unit["document"])
    return {**unit, "knowledge_base": name, "filename": filename}


def _add(storage: Storage, kb_id: str, result: dict[str, dict[str, Any]]) -> None:
    since = datetime.datetime.now(datetime.UTC) - datetime.timedelta(seconds=_RATE_OVER_S)
    with storage.open(kb_id).db.read() as connection:
        waiting = connection.execute(
            text(
                # Each state has an index of its own, which holds nothing else: the units that are done are many.
                "SELECT stage, state, count(*) AS n, min(ready_at) AS oldest FROM unit"
                " WHERE state = 'ready' GROUP BY stage, state UNION ALL"
                " SELECT stage, state, count(*), NULL FROM unit WHERE state = 'claimed' GROUP BY stage, state UNION ALL"
                f" SELECT stage, 'failed', count(*), NULL FROM {failures.LISTED} GROUP BY stage"
            )
        ).all()
        recent = connection.execute(
            text(
                "SELECT stage, count(*) AS n FROM unit WHERE state = 'done' AND finished_at > :since"
                f" AND stage IN ({_STAGES}) GROUP BY stage"
            ),
            {"since": since.isoformat(timespec="milliseconds").replace("+00:00", "Z")},
        ).all()
    for row in waiting:
        counted = result[row.stage]
        counted[row.state] += row.n
        if row.state == "ready" and row.oldest:
            began = datetime.datetime.fromisoformat(row.oldest)
            age = (datetime.datetime.now(datetime.UTC) - began).total_seconds()
            counted["oldest_age_seconds"] = round(max(age, counted["oldest_age_seconds"] or 0.0), 1)
    for row in recent:
        result[row.stage]["rate_per_minute"] += row.n * 60.0 / _RATE_OVER_S
