"""Dates in every way that they may be read: both orders of day and month, years of the Republic of China, "to date"."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.extract.fields.dates import find_dates, find_periods
from pipeline.extract.fields.numbers import han_number

_REPUBLIC = re.compile(
    r"民[国國]\s?(?P<year>\d{1,3}|[一二三四五六七八九十百零〇]{1,5})\s?年"
    r"(?:\s?(?P<month>\d{1,2})\s?月(?:\s?(?P<day>\d{1,2})\s?[日号號])?)?"
)
_RUN_ON = re.compile(r"(?<!\d)(?P<year>(?:19|20)\d\d)(?P<month>0[1-9]|1[0-2])(?P<day>0[1-9]|[12]\d|3[01])(?!\d)")
_REPUBLIC_BEGAN = 1911


@dataclass(frozen=True, slots=True)
class AnyDate:
    """A date in a text, or one way to read it.

    Attributes:
        value: ISO, as exact as it is known, or "present".
        certain: there is no other way to read it.
    """

    start: int
    end: int
    value: str
    certain: bool


def find_any_dates(text: str) -> Iterator[AnyDate]:
    """Every date and every way to read it, certain ones first.

    Args:
        text: half-width.
    """
    seen: set[tuple[int, int, str]] = set()
    for certain, dates in (
        (True, ((d.start, d.end, d.value) for d in find_dates(text))),
        (True, _of_the_republic(text)),
        (True, _run_on(text)),
        (True, ((d.start, d.end, d.value) for p in find_periods(text) for d in (p.first, p.last) if d)),
        (False, ((d.start, d.end, d.value) for order in ("dmy", "mdy") for d in find_dates(text, order))),
    ):
        for found in dates:
            if found not in seen:
                seen.add(found)
                yield AnyDate(*found, certain)


def _of_the_republic(text: str) -> Iterator[tuple[int, int, str]]:
    for found in _REPUBLIC.finditer(text):
        year = int(found["year"]) if found["year"].isdigit() else han_number(found["year"])
        value = _iso(_REPUBLIC_BEGAN + (year or 0), int(found["month"] or 0), int(found["day"] or 0))
        if value:
            yield found.start(), found.end(), value


def _run_on(text: str) -> Iterator[tuple[int, int, str]]:
    for found in _RUN_ON.finditer(text):
        value = _iso(int(found["year"]), int(found["month"]), int(found["day"]))
        if value:
            yield found.start(), found.end(), value


def _iso(year: int, month: int, day: int) -> str | None:
    try:
        datetime.date(year, month or 1, day or 1)
    except ValueError:
        return None
    return f"{year}" + (f"-{month:02}" if month else "") + (f"-{day:02}" if month and day else "")
