"""Knowledge bases that are another catalogue's, while their files, or what a move left, lie where this one looks.

A catalogue that knows of such removes nothing that it does not know: it shares the place with another. The rows:

    at the source of a move   from the commit on that takes a knowledge base out of service there; with its record
    at the target             from before the first row is copied to the commit that puts it into service there

So of a knowledge base under way one catalogue lists it, or none for a moment; never both.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from pipeline.errors import PermanentError
from storage import clock
from storage.database import Database, Missing
from storage.schema import elsewhere, knowledge_base


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """One of them; `record` is its row in the catalogue, if that was here."""

    id: str
    name: str
    place: str
    since: str
    record: dict[str, Any] | None


def listed(catalog: Database) -> dict[str, Elsewhere]:
    """All of them, by id."""
    with catalog.read() as connection:
        rows = connection.execute(select(elsewhere).order_by(elsewhere.c.id))
        return {row.id: Elsewhere(row.id, row.name, row.place, row.since, row.record) for row in rows}


def expect(catalog: Database, records: Iterable[dict[str, Any]], place: str) -> None:
    """Know of knowledge bases of another catalogue, at that place; those known already stay as they are."""
    with catalog.write(durable=True) as connection:
        known = set(connection.execute(select(elsewhere.c.id)).scalars())
        for record in records:
            if record["id"] not in known:
                row = {"id": record["id"], "name": record["name"], "place": place, "since": clock.wall()}
                connection.execute(insert(elsewhere).values(row))


def leave(catalog: Database, kb_id: str, place: str) -> dict[str, Any]:
    """Take a knowledge base out of service: from this commit on it is at that place; its record.

    Raises:
        Missing: it was deleted meanwhile.
    """
    with catalog.write(durable=True) as connection:
        here = knowledge_base.c.id == kb_id, knowledge_base.c.deleted_at.is_(None)
        found = connection.execute(select(knowledge_base).where(*here)).mappings().first()
        if found is None:
            raise Missing(kb_id)
        record = {f"{name}": value for name, value in found.items()}  # plain names, as JSON wants them
        connection.execute(delete(knowledge_base).where(knowledge_base.c.id == kb_id))
        connection.execute(delete(elsewhere).where(elsewhere.c.id == kb_id))
        row = {"id": kb_id, "name": record["name"], "place": place, "since": clock.wall(), "record": record}
        connection.execute(insert(elsewhere).values(row))
    return record


def arrive(catalog: Database, record: dict[str, Any]) -> None:
    """Put a knowledge base into service, and have the sweep look at it; again is harmless.

    Raises:
        PermanentError: `name_taken`.
    """
    try:
        with catalog.write(durable=True) as connection:
            connection.execute(delete(elsewhere).where(elsewhere.c.id == record["id"]))
            if connection.execute(select(knowledge_base.c.id).where(knowledge_base.c.id == record["id"])).first():
                return
            connection.execute(insert(knowledge_base).values({**record, "activity": 1}))
    except IntegrityError:
        raise PermanentError(
            "name_taken",
            f"Another knowledge base there is named “{record['name']}”. Rename that one, then start the move again.",
        ) from None
