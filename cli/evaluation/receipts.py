"""Receipts with four fields each: `img/x.jpg` and `key/x.json`, as in ICDAR 2019 SROIE (task 3).

The schema is one that a user would write for them; the truth's dates (day first, as in Malaysia) and totals are put in
the form in which fields of that schema are given.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import orjson

from cli.evaluation.sets import TruthError

KEYS = "key"
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "company": {"type": "string", "description": "Name of the shop or company that issued the receipt"},
        "date": {"type": "string", "format": "date", "description": "Date of the purchase"},
        "address": {"type": "string", "description": "Address of the shop or company"},
        "total": {"type": "number", "description": "Total amount to be paid, taxes included"},
    },
}
_DATES = ("%d/%m/%Y", "%d/%m/%y", "%d-%m-%Y", "%d-%m-%y", "%d.%m.%Y", "%d.%m.%y", "%Y-%m-%d", "%Y/%m/%d", "%d %b %Y",
          "%d %B %Y", "%d-%b-%Y", "%d-%b-%y", "%b %d, %Y", "%d %b %y", "%d%m%Y", "%d/%b/%Y")  # fmt: skip


def holds(directory: Path) -> bool:
    """Whether a folder holds receipts with their keys in a folder beside it."""
    return directory.name == "img" and (directory.parent / KEYS).is_dir()


def read_key(path: Path) -> dict[str, str | None]:
    """The fields of a receipt.

    Raises:
        TruthError: the file is not of the form.
    """
    try:
        value = orjson.loads(path.read_bytes())
        told = {name: str(value[name]).strip() or None for name in SCHEMA["properties"] if value.get(name) is not None}
    except (orjson.JSONDecodeError, AttributeError, TypeError) as error:
        raise TruthError(f"{path.name} is not JSON with {', '.join(SCHEMA['properties'])}.") from error
    made = {"date": _iso, "total": _decimal}
    return {name: made[name](text) if text and name in made else text for name, text in told.items()}


def _iso(text: str) -> str:
    """A date as YYYY-MM-DD; as it is where it is of no form that is known."""
    for form in _DATES:
        with suppress(ValueError):
            return datetime.strptime(text.title(), form).date().isoformat()
    return text


def _decimal(text: str) -> str:
    """An amount without currency and thousands separators; as it is where it is none."""
    try:
        return str(Decimal("".join(c for c in text if c.isdigit() or c in ".-")))
    except InvalidOperation:
        return text
