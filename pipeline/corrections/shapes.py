"""Which fields of a schema are lists."""

from __future__ import annotations

from typing import Any

_LISTS = {
    "generic": frozenset(("dates", "emails", "phones", "amounts")),
    "resume": frozenset(("education", "work", "skills", "languages")),
}


def is_list(schema: Any, name: str) -> bool:
    """Whether a field of this name, or a record, may come several times.

    Args:
        schema: the name of one that is built in, or a JSON Schema.
    """
    if isinstance(schema, str):
        return name in _LISTS[schema]
    shape = schema.get("properties", {}).get(name, {})
    return isinstance(shape, dict) and shape.get("type") in ("array", "object")
