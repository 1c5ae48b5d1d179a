"""Fields of documents: kept with their run, a row a value for filters, facets and sorting.

A field is `{"value": str, "page", "box", "confidence", "method", ...}`. A document's fields are a JSON object of
names: a field, a list of fields, or a list of records (objects of names and fields). `run.fields` keeps them as they
are shown, the table `field` has a row a value; both are written in the settle of `extract`. Rows of the published run
are live: those alone are found.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam
from sqlalchemy.types import JSON

from storage import values
from storage.database import text

_RUN = "document = :document AND run = :run"
_INSERT = text(
    "INSERT INTO field (document, run, path, seq, record, value, folded, terms, number, confidence, page_number, live)"
    " VALUES (:document, :run, :path, :seq, :record, :value, :folded, :terms, :number, :confidence, :page_number,"
    " :live)"
)


class Found(NamedTuple):
    """A field and where it stands among the others.

    Attributes:
        path: "skills", "education.degree".
        record: its position in the list of that name; fields of a record share it. 0 where there is no list.
    """

    path: str
    record: int
    field: dict[str, Any]


def put(
    connection: Connection, document: str, run: int, found: dict[str, Any], corrected: dict[str, Any] | None = None
) -> None:
    """Keep a run's fields. Again is safe: rows are replaced.

    Args:
        found: as rules or a model found them.
        corrected: with what people corrected, which is what is shown; None: nothing is.
    """
    shown = found if corrected is None else corrected
    connection.execute(
        text(f"UPDATE run SET fields = :fields, found = :found WHERE {_RUN}").bindparams(
            bindparam("fields", type_=JSON), bindparam("found", type_=JSON(none_as_null=True))
        ),
        {"document": document, "run": run, "fields": shown, "found": None if found == shown else found},
    )
    index(connection, document, run, shown)


def index(connection: Connection, document: str, run: int, found: dict[str, Any]) -> None:
    """Write the rows that filters look at. Again is safe: rows are replaced."""
    key = {"document": document, "run": run}
    connection.execute(text(f"DELETE FROM field WHERE {_RUN}"), key)
    live = connection.execute(
        text("SELECT 1 FROM document WHERE id = :document AND published_run = :run AND deleted_at IS NULL"), key
    ).first()
    rows = [
        {
            **key, "seq": seq, "path": path, "record": record, "value": field["value"],
            "folded": values.folded(field["value"]), "terms": values.terms(field["value"], field.get("text") or ""),
            "number": values.number_of(field["value"]), "confidence": field.get("confidence"),
            "page_number": field.get("page"), "live": int(live is not None),
        }
        for seq, (path, record, field) in enumerate(flat(found))
    ]  # fmt: skip
    if rows:
        connection.execute(_INSERT, rows)


def mark_live(connection: Connection, document: str) -> None:
    """Say which rows are found now, after a run was published or the document deleted. Again is safe."""
    published = "(SELECT published_run FROM document WHERE id = :document AND deleted_at IS NULL)"
    shown = f"(CASE WHEN run = {published} THEN 1 ELSE 0 END)"
    connection.execute(
        text(f"UPDATE field SET live = {shown} WHERE document = :document AND live != {shown}"), {"document": document}
    )


def remove(connection: Connection, document: str, run: int) -> None:
    """Forget a run's fields."""
    key = {"document": document, "run": run}
    connection.execute(text(f"DELETE FROM field WHERE {_RUN}"), key)
    connection.execute(text(f"UPDATE run SET fields = NULL, found = NULL WHERE {_RUN}"), key)


def paths(connection: Connection) -> list[str]:
    """The paths that fields of published runs have, in alphabetical order.

    Step by step through the index, one look a path: there may be millions of rows and some forty paths.
    """
    found = connection.execute(
        text(
            "WITH RECURSIVE held(path) AS (SELECT min(path) FROM field WHERE live = 1"
            " UNION ALL SELECT (SELECT min(path) FROM field WHERE live = 1 AND path > held.path) FROM held"
            " WHERE held.path IS NOT NULL) SELECT path FROM held WHERE path IS NOT NULL"
        )
    )
    return list(found.scalars())


def flat(found: dict[str, Any]) -> Iterator[Found]:
    """Every field with its path and the position of its record, in order."""
    for name, held in found.items():
        for record, item in enumerate(held if isinstance(held, list) else [held]):
            if "value" in item:
                yield Found(name, record, item)
            else:
                for inner, field in item.items():
                    yield Found(f"{name}.{inner}", record, field)
