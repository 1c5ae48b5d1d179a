"""Fields of a document as lines for a terminal."""

from __future__ import annotations

from typing import Any


def lines(fields: dict[str, Any]) -> list[str]:
    """A line a field, a list of fields, or a record: `skills: Redis, Go`, `education: 四川大学 · 硕士 · 2009-09`."""
    result = []
    for name, held in fields.items():
        items = held if isinstance(held, list) else [held]
        values = [item["value"] for item in items if "value" in item]
        if values:
            result.append(f"{name}: {', '.join(values)}")
        records = [item for item in items if "value" not in item]
        result += [f"{name}: {' · '.join(field['value'] for field in record.values())}" for record in records]
    return result
