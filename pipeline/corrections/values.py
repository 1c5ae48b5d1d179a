"""Values that a person gives for a field, by the kind of its column."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from pipeline.corrections.text import field_value
from pipeline.errors import PermanentError
from pipeline.extract.fields.columns import Column
from pipeline.extract.fields.dates import parse_date
from pipeline.extract.fields.schema import Property, read_schema

_ISO = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
_NUMBER = re.compile(r"[+-]?\d{1,30}(?:\.\d{1,15})?")
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:,\d{3}){1,9}(?:\.\d{1,15})?")
_TRUE, _FALSE = ("true", "yes", "1", "是", "对", "真"), ("false", "no", "0", "否", "不", "假")


def checked(value: str, column: Column, wanted: Property | None = None) -> str:
    """The value as a table wants it.

    Args:
        wanted: what a user's schema says of it.

    Raises:
        PermanentError: `bad_request`: it is not of the column's kind, or the schema does not allow it.
    """
    value = field_value(value)
    if column.kind == "date" and (wanted is None or wanted.format != "date-time"):
        value = _date(value, column.path)
    elif column.kind == "number":
        value = _number(value, column.path)
    elif column.kind == "boolean":
        value = _boolean(value, column.path)
    if wanted is None:
        return value
    from pipeline.extract.fields.schema_values import canonical  # its validators are for those who type values

    told = canonical(wanted, value)
    if told is None:
        of = f"one of {', '.join(wanted.enum)[:200]}" if wanted.enum else "what the knowledge base's schema allows"
        raise PermanentError("bad_request", f"{column.path}: “{value[:60]}” is not {of}.")
    return told


def property_of(schema: str | Mapping[str, Any], path: str) -> Property | None:
    """The property at a path of a JSON Schema; None under a schema that is built in."""
    if isinstance(schema, str):
        return None
    name, _, inner = path.partition(".")
    wanted = next((one for one in read_schema(schema).properties if one.name == name), None)
    if wanted is None or not inner:
        return wanted
    return next((one for one in wanted.properties if one.name == inner), None)


def _date(value: str, path: str) -> str:
    if value == "present":
        return value
    iso = _ISO.fullmatch(value)
    if iso is not None:
        try:
            date(int(iso[1]), int(iso[2] or 1), int(iso[3] or 1))
        except ValueError:
            raise PermanentError("bad_request", f"{path}: there is no such day as {value}.") from None
        return value
    found = parse_date(value)
    if found is None or found.start != 0 or found.end != len(value):
        raise PermanentError(
            "bad_request", f"{path} is a date: write 2024, 2024-03, 2024-03-15 or present, not “{value[:60]}”."
        )
    return found.value


def _number(value: str, path: str) -> str:
    plain = value.replace(",", "") if _GROUPED.fullmatch(value) else value
    try:
        if not _NUMBER.fullmatch(plain):
            raise InvalidOperation
        return f"{Decimal(plain):f}"
    except InvalidOperation:
        raise PermanentError("bad_request", f"{path} is a number: write 12 or 12.5, not “{value[:60]}”.") from None


def _boolean(value: str, path: str) -> str:
    folded = value.casefold()
    if folded in _TRUE or folded in _FALSE:
        return "true" if folded in _TRUE else "false"
    raise PermanentError("bad_request", f"{path} is true or false, not “{value[:60]}”.")
