"""What a schema says of a field that a person corrects: whether it is a list, and which values it may have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.extract.fields.schema import Property, read_schema

Schema = str | Mapping[str, Any]
"""The name of a schema that is built in, or a JSON Schema."""
_LISTS = {
    "generic": frozenset(("dates", "emails", "phones", "amounts")),
    "resume": frozenset(("education", "work", "skills", "languages")),
}


def is_list(schema: Schema, name: str) -> bool:
    """Whether a field of this name, or a record, is one of a list; the one record that a schema may name is too."""
    if isinstance(schema, str):
        return name in _LISTS[schema]
    wanted = _named(schema, name)
    return wanted is not None and (wanted.many or wanted.record)


def property_of(schema: Schema, path: str) -> Property | None:
    """The property at a path; None under a schema that is built in."""
    if isinstance(schema, str):
        return None
    name, _, inner = path.partition(".")
    wanted = _named(schema, name)
    if wanted is None or not inner:
        return wanted
    return next((one for one in wanted.properties if one.name == inner), None)


def _named(schema: Mapping[str, Any], name: str) -> Property | None:
    return next((one for one in read_schema(schema).properties if one.name == name), None)
