"""Values that a person gives for a field, by the kind of its column."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal, InvalidOperation

from pipeline.corrections.text import field_value
from pipeline.errors import PermanentError
from pipeline.extract.fields.columns import Column
from pipeline.extract.fields.dates import parse_date

_ISO = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
_NUMBER = re.compile(r"[+-]?\d{1,30}(?:\.\d{1,15})?")
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:,\d{3}){1,9}(?:\.\d{1,15})?")
_TRUE, _FALSE = ("true", "yes", "1", "是", "对", "真"), ("false", "no", "0", "否", "不", "假")


def checked(value: str, column: Column) -> str:
    """The value as a table wants it.

    Raises:
        PermanentError: `bad_request`: it is not of the column's kind.
    """
    value = field_value(value)
    if column.kind == "date":
        return _date(value, column.path)
    if column.kind == "number":
        return _number(value, column.path)
    if column.kind == "boolean":
        return _boolean(value, column.path)
    return value


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
