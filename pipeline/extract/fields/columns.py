"""The columns that a schema of fields makes: what filters, facets and the table of fields may name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson

from pipeline.extract.fields.kinds import Kind
from pipeline.extract.fields.schema import Property, read_schema

__all__ = ["SCHEMAS", "Column", "Kind", "columns_of"]


@dataclass(frozen=True, slots=True)
class Column:
    """A place for values.

    Attributes:
        path: "skills", or "education.degree" for a field of a list of records.
        kind: how values sort and compare. Dates are ISO, as exact as they are known ("2019", "2019-06"), or "present".
        many: there is a list of them, of values or of records that hold it; else one at most.
    """

    path: str
    kind: Kind = "text"
    many: bool = False


def _columns(text: str) -> tuple[Column, ...]:
    """Columns written as `skills[]` or `work[].start:date`: [] behind what there is a list of, the kind if not text."""
    kinds: dict[str, Kind] = {"number": "number", "date": "date", "boolean": "boolean"}
    parts = (word.partition(":") for word in text.split())
    return tuple(Column(path.replace("[]", ""), kinds.get(kind, "text"), "[]" in path) for path, _, kind in parts)


_BUILT_IN = {
    "generic": _columns("title language dates[]:date emails[] phones[] amounts[]:number"),
    "resume": _columns(
        "name phone email gender birth_date:date ethnicity nationality native_place location years:number"
        " education[].school education[].degree education[].major education[].start:date education[].end:date"
        " work[].employer work[].title work[].start:date work[].end:date"
        " titles[] organizations[] skills[] languages[]"
    ),
}
SCHEMAS: tuple[str, ...] = tuple(_BUILT_IN)
"""Names of the schemas that are built in."""


def columns_of(schema: str | Mapping[str, Any]) -> tuple[Column, ...]:
    """The columns of a schema, in the order people see them.

    Args:
        schema: one of `SCHEMAS`, or a JSON Schema.

    Raises:
        PermanentError: `schema_invalid`.
    """
    return _BUILT_IN[schema] if isinstance(schema, str) else _columns_of_json(orjson.dumps(schema))


@lru_cache(maxsize=64)
def _columns_of_json(schema: bytes) -> tuple[Column, ...]:
    """Every search asks, and the answer is always the same."""
    return tuple(column for wanted in read_schema(orjson.loads(schema)).properties for column in _of_property(wanted))


def _of_property(wanted: Property) -> tuple[Column, ...]:
    if wanted.record:
        return tuple(Column(f"{wanted.name}.{inner.name}", inner.kind, wanted.many) for inner in wanted.properties)
    return (Column(wanted.name, wanted.kind, wanted.many),)
