"""Fields of documents: kept with their run, and found by filters.

A field is `{"value": str, "page", "box", "confidence", "method", ...}`. A document's fields are a JSON object of
names: a field, a list of fields, or a list of records (objects of names and fields). `run.fields` keeps them as they
are shown, the table `field` has a row a value for filters; both are written in the settle of `extract`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.types import JSON

from pipeline.errors import PermanentError
from pipeline.folding import CJK, fold

_RUN = "document = :document AND run = :run"
# A Chinese character is a word of its own; "C++" and "C#" are not "C".
_WORD = re.compile(rf"[{CJK}]|[^\W{CJK}_]+[+#]*")
_METADATA = "metadata."


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition on documents: `tag:2026-spring`, `language:en`, `metadata.source:fair`, `education.degree:本科`."""

    name: str
    value: str


def parse_filter(given: str, known: Sequence[str]) -> Filter:
    """A filter as users write it, `NAME:VALUE`.

    Args:
        known: paths of fields there can be; a record's name ("education") stands for all of its fields.

    Raises:
        PermanentError: `bad_request`.
    """
    name, colon, value = given.partition(":")
    name, value = name.strip(), value.strip()
    if not (name and colon and value):
        raise PermanentError("bad_request", f"filter: “{given}” is not of the form NAME:VALUE.")
    if name in ("tag", "language") or (name.startswith(_METADATA) and name != _METADATA):
        return Filter(name, value)
    if not any(path == name or path.startswith(f"{name}.") for path in known):
        names = ", ".join(["tag", "language", "metadata.KEY", *known])
        raise PermanentError("bad_request", f"filter: there is no field “{name}”; there are {names}.")
    if not _terms(value).strip():
        raise PermanentError("bad_request", f"filter: “{value}” holds no word to look for.")
    return Filter(name, value)


def conditions(filters: Sequence[Filter], document: str) -> tuple[str, dict[str, Any]]:
    """SQL that holds for documents that meet all filters, and its values.

    Args:
        document: alias of the document table in the query.
    """
    sql: list[str] = []
    values: dict[str, Any] = {}
    for number, wanted in enumerate(filters):
        name, value = f"filter_name_{number}", f"filter_value_{number}"
        if wanted.name == "tag":
            sql.append(f" AND EXISTS (SELECT 1 FROM json_each({document}.tags) WHERE value = :{value})")
            values[value] = wanted.value
        elif wanted.name == "language":
            sql.append(f" AND {document}.language = :{value}")
            values[value] = wanted.value
        elif wanted.name.startswith(_METADATA):
            sql.append(
                f" AND EXISTS (SELECT 1 FROM json_each({document}.metadata)"
                f" WHERE key = :{name} AND CAST(value AS TEXT) = :{value})"
            )
            values |= {name: wanted.name.removeprefix(_METADATA), value: wanted.value}
        else:
            sql.append(
                f" AND EXISTS (SELECT 1 FROM field WHERE field.document = {document}.id"
                f" AND field.run = {document}.published_run AND instr(field.terms, :{value}) > 0"
                f" AND (field.path = :{name} OR substr(field.path, 1, length(:{name}) + 1) = :{name} || '.'))"
            )
            values |= {name: wanted.name, value: _terms(wanted.value)}
    return "".join(sql), values


def put(connection: Connection, document: str, run: int, found: dict[str, Any]) -> None:
    """Keep a run's fields. Again is safe: rows are replaced."""
    values = {"document": document, "run": run}
    connection.execute(
        text(f"UPDATE run SET fields = :fields WHERE {_RUN}").bindparams(bindparam("fields", type_=JSON)),
        {**values, "fields": found},
    )
    index(connection, document, run, found)


def index(connection: Connection, document: str, run: int, found: dict[str, Any]) -> None:
    """Write the rows that filters look at. Again is safe: rows are replaced."""
    values = {"document": document, "run": run}
    connection.execute(text(f"DELETE FROM field WHERE {_RUN}"), values)
    rows = [
        {**values, "seq": seq, "path": path, "value": field["value"], "terms": _terms(field["value"], field["text"])}
        for seq, (path, field) in enumerate(flat(found))
    ]
    if rows:
        connection.execute(
            text(
                "INSERT INTO field (document, run, seq, path, value, terms)"
                " VALUES (:document, :run, :seq, :path, :value, :terms)"
            ),
            rows,
        )


def remove(connection: Connection, document: str, run: int) -> None:
    """Forget a run's fields."""
    values = {"document": document, "run": run}
    connection.execute(text(f"DELETE FROM field WHERE {_RUN}"), values)
    connection.execute(text(f"UPDATE run SET fields = NULL WHERE {_RUN}"), values)


def flat(found: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every field with its path, in order."""
    for name, held in found.items():
        for item in held if isinstance(held, list) else [held]:
            if "value" in item:
                yield name, item
            else:
                for inner, field in item.items():
                    yield f"{name}.{inner}", field


def _terms(*values: str) -> str:
    """Folded words with a space around each: a value meets a filter when it holds its words in a row."""
    folded = (_WORD.findall(fold(value)) for value in values)
    return "|".join(f" {' '.join(words)} " for words in folded)
