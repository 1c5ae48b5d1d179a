"""Whole years of work: the union of all periods of work, or what the resume says of itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from pipeline.extract.fields.text import Field, Text

_NUMBERS = {word: n for n, word in enumerate(
    ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen",
     "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"), 2)}  # fmt: skip
_STATED = re.compile(
    rf"\b(?P<number>[1-9]\d?|{'|'.join(_NUMBERS)})\s?(?:\+|plus)?[\s-]?(?:years?|yrs?)['’]?\s(?:of\s)?"
    r"(?:(?:\w+|&)[\s-]){0,4}experience\b"
    r"|(?<!\d)(?P<han>[1-9]\d?)\s?年(?:以上|多)?(?:的)?[\u3400-\u9fff]{0,8}(?:经验|经历)"
    r"|(?:工作年限|工作经验|工龄)\s*:?\s*(?P<label>[1-9]\d?)\s?年",
    re.I,
)  # fmt: skip
_PARTIAL = re.compile(r"\s(?:in|with|using|as)\s", re.I)
_MOST_YEARS = 60
_FAR = 2100 * 12


def years_of_work(work: Sequence[Mapping[str, Field]], told: Iterable[Text], today: date | None) -> Field | None:
    """How many whole years the person has worked.

    Args:
        work: records with `start` and `end`, as in the field `work`.
        told: the text, for a sentence that says so; used where no period is known, and held against the sum.
        today: what "present" means; without it nothing is summed where somebody still works.

    Returns:
        A field whose value is digits. Its `method` is "periods" or "stated"; its box that of the earliest period, or
        of the sentence. None where neither is there.
    """
    stated = next((found for text in told if (found := _stated(text))), None)
    spans = [(span, record) for record in work if (span := _span(record, today))]
    still = any("end" in record and record["end"]["value"] == "present" for record in work)
    if not spans or (still and today is None):
        return stated
    years = _months_of_union([span for span, _ in spans]) // 12
    _, first = min(spans, key=lambda one: one[0])
    printed = [first["start"]["text"], max(spans, key=lambda one: one[0][1])[1]["end"]["text"]]
    sure = min(record[name]["confidence"] for _, record in spans for name in ("start", "end"))
    agreed = stated is None or abs(int(stated["value"]) - years) <= 1
    return {
        "value": str(years),
        "text": " – ".join(printed),
        "page": first["start"]["page"],
        "box": _around(first["start"], first["end"]),
        "confidence": round(sure * (0.97 if agreed else 0.75), 3),
        "method": "periods",
    }


def _stated(text: Text) -> Field | None:
    """What a sentence says, unless it speaks of one skill only."""
    found = _STATED.search(text.text)
    if found is None:
        return None
    number = found["number"] or found["han"] or found["label"]
    value = _NUMBERS.get(number.lower(), 0) or int(number)
    partial = found["number"] and _PARTIAL.match(text.text, found.end())
    return text.field(found.start(), found.end(), "stated", 0.7 if partial else 0.85, str(value))


def _span(record: Mapping[str, Field], today: date | None) -> tuple[int, int] | None:
    """Months since year 0, the second one exclusive; a year alone counts from its January to the next one's.

    "2018 – 2020" are two years, "March 2018 – March 2020" two years and a month, as both months were worked.
    """
    start, end = (record[name]["value"] if name in record else "" for name in ("start", "end"))
    now = today.year * 12 + today.month if today else _FAR
    first = _month(start)
    last = now if end == "present" else _month(end)
    if first is None or last is None or first > now:
        return None
    last += 1 if len(end) > 4 and end != "present" else 0
    if len(start) == 4 and start == end:
        last = first + 12
    last = min(last, now)
    return (first, last) if first < last <= first + _MOST_YEARS * 12 else None


def _month(value: str) -> int | None:
    found = re.match(r"(\d{4})(?:-(\d\d))?", value)
    return int(found[1]) * 12 + int(found[2] or 1) - 1 if found else None


def _months_of_union(spans: Sequence[tuple[int, int]]) -> int:
    months, reached = 0, 0
    for first, last in sorted(spans):
        months += max(0, last - max(first, reached))
        reached = max(reached, last)
    return months


def _around(start: Field, end: Field) -> list[float] | None:
    a, b = start["box"], end["box"]
    if not a or not b or start["page"] != end["page"]:
        return list(a) if a else None
    return [min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])]
