"""How values of fields are compared: their words, numbers and dates.

Both sides are folded first (`pipeline.folding`). Dates are ISO and as exact as they are known, and are compared as far
as both are known: 2020 is neither before nor after 2020-05. As strings: `a < b` holds where `a + "~" < b` does, as "~"
comes after all that stands in a date. "present" comes after every digit, and so after every date.
"""

from __future__ import annotations

import math
import re

from pipeline.folding import CJK, fold

PRESENT = "present"
END = "~"
"""Appended to a date, it stands for the date's end."""

# A Chinese character is a word of its own; "C++" and "C#" are not "C".
_WORD = re.compile(rf"[{CJK}]|[^\W{CJK}_]+[+#]*")
# "USD 1,234.50", "-3", "12.5 %", "35000 元": one number, with a unit before or behind.
_NUMBER = re.compile(
    r"(?:[a-z]{3} ?|[$€£¥] ?)?([+-]?)(\d{1,15}|\d{1,3}(?:,\d{3}){1,4})(\.\d{1,15})? ?(?:%|[^\W\d_]{1,8})?"
)
_DATE = re.compile(r"(\d{4})(?:\s*[-/.年]\s*(\d{1,2})(?:\s*[-/.月]\s*(\d{1,2})\s*日?|\s*月?))?\s*年?")
_TIME = re.compile(r"(\d{4}-\d{2}-\d{2})[t ](\d{2}(?::\d{2}){1,2}(?:\.\d{1,6})?z?)")
_NOW = frozenset({PRESENT, "now", "today", "current", "至今", "现在", "今", "目前"})


def folded(value: str) -> str:
    """The value as it is compared whole: folded, white space made one blank."""
    return " ".join(fold(value).split())


def terms(*values: str) -> str:
    """Folded words with a space around each: a value meets a filter when it holds its words in a row."""
    found = (_WORD.findall(fold(value)) for value in values)
    return "|".join(f" {' '.join(words)} " for words in found)


def number_of(value: str) -> float | None:
    """The number that a value is, or that it is of a unit; None where it is none."""
    found = _NUMBER.fullmatch(folded(value)[:60])
    if found is None:
        return None
    sign, whole, fraction = found.groups()
    number = float(f"{sign}{whole.replace(',', '')}{fraction or ''}")
    return number if math.isfinite(number) else None


def date_of(value: str) -> str | None:
    """A date as people write it, in ISO form and as exact as it is given: "2019", "2019-06", "present".

    Returns:
        None where it is no date, or none of the calendar.
    """
    text = folded(value)[:40]
    if text in _NOW:
        return PRESENT
    if (with_time := _TIME.fullmatch(text)) is not None:
        day = date_of(with_time[1])
        return None if day is None else f"{day}t{with_time[2]}"
    found = _DATE.fullmatch(text)
    if found is None or found[1] == "0000":
        return None
    parts = [found[1], *(f"{int(part):02}" for part in found.groups()[1:] if part)]
    if len(parts) > 1 and not "01" <= parts[1] <= "12":
        return None
    if len(parts) > 2 and not 1 <= int(parts[2]) <= _days(int(parts[0]), int(parts[1])):
        return None
    return "-".join(parts)


def _days(year: int, month: int) -> int:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31
