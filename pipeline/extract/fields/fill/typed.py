"""A value of a property's type in a stretch of text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.extract.fields.calendar import find_any_dates
from pipeline.extract.fields.contacts import find_emails, find_phones
from pipeline.extract.fields.dates import Order, find_dates
from pipeline.extract.fields.fill.concepts import Concept
from pipeline.extract.fields.numbers import find_han_numbers, find_numbers, plain_number
from pipeline.extract.fields.schema import Property, compile_pattern
from pipeline.extract.fields.schema_values import canonical
from pipeline.extract.fields.text import Field, Span

_URI = re.compile(r"(?:https?://|www\.)[^\s,;，；（）()<>]+|(?<![@\w.])[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|org|net|edu|gov|cn|io)"
                  r"(?:\.[a-z]{2})?(?:/[^\s,;]*)?(?![\w@])", re.I)  # fmt: skip
_CODE = re.compile(
    r"[A-Za-z0-9#][A-Za-z0-9\-/.#*]{2,39}(?:\s[A-Za-z0-9\-/]{1,20}){0,2}|[\u4e00-\u9fff〔〕\[\]()（）\d\w-]{4,40}号"
)
_EDGE = " \t,;，；:：|·、。"
_TICKED, _UNTICKED = re.compile(r"[☑☒✓✔√■]|\[\s?[xX✓√]\s?\]"), re.compile(r"[☐□]|\[\s?\]")
_MAX_TEXT = 200
_GUESSED_ORDER, _YEAR_ALONE, _WHOLE_AMOUNT = 0.75, 0.6, 0.6  # what such a reading keeps of a confidence
_CURRENCY_SIGNS = re.compile(r"(?:RM|USD|EUR|GBP|CNY|RMB|MYR|SGD|HKD|[$€£¥￥])", re.I)


@dataclass(frozen=True, slots=True)
class Habits:
    """What the whole document says about how its values are written.

    Attributes:
        order: of day and month; what most of the world does where nothing tells.
        told: something does tell.
        cents: amounts have decimals, so that a whole number is hardly one.
    """

    order: Order
    told: bool
    cents: bool


@dataclass(frozen=True, slots=True)
class Value:
    """A value found in a stretch.

    Attributes:
        told: as fields hold it.
        share: of a rule's confidence; less where it was not the whole of the stretch, or could be read otherwise.
    """

    span: Span
    told: str
    share: float = 1.0

    def field(self, method: str, confidence: float) -> Field:
        """The field, its confidence that of the rule times that of the words."""
        return self.span.field(method, confidence * self.share, self.told)


def values_in(wanted: Property, concept: Concept | None, span: Span, habits: Habits) -> Iterator[Value]:
    """Values that the stretch holds, in order; those that break the property's rules are left out."""
    shape = concept.shape if concept else None
    if wanted.enum:
        yield from _listed(wanted, span)
    elif wanted.kind == "number":
        yield from _numbers(wanted, span, shape in ("total", "money"), habits)
    elif wanted.kind == "date" or (shape == "date" and not wanted.rules.get("pattern")):
        yield from _dates(wanted, span, habits)
    elif wanted.kind == "boolean":
        yield from _booleans(wanted, span)
    elif wanted.format == "email" or shape == "email":
        yield from _of_finder(wanted, span, find_emails)
    elif wanted.format == "phone" or shape == "phone":
        yield from _of_finder(wanted, span, find_phones, fallback=True)
    elif wanted.format == "uri" or shape == "uri":
        yield from _matching(wanted, span, _URI)
    elif wanted.rules.get("pattern"):
        yield from _patterned(wanted, span)
    elif shape in ("total", "money"):
        yield from _amounts(wanted, span)
    elif shape == "code":
        yield from _matching(wanted, span, _CODE)
    else:
        yield from _text(wanted, span)


def _value(wanted: Property, span: Span, told: object, share: float = 1.0) -> Iterator[Value]:
    held = canonical(wanted, told)
    if held:
        yield Value(span, held, share)


def _numbers(wanted: Property, span: Span, money: bool, habits: Habits) -> Iterator[Value]:
    found = False
    for number in find_numbers(span.reads):
        if money and number.percent:
            continue
        found = True
        share = 1.0 if len(number.readings) == 1 or number.percent else 0.9
        if money and habits.cents and "." not in plain_number(number.readings[0]):
            share *= _WHOLE_AMOUNT
        yield from _value(wanted, span.part(number.start, number.end), plain_number(number.readings[0]), share)
    if not found:
        for number in find_han_numbers(span.reads):
            yield from _value(wanted, span.part(number.start, number.end), plain_number(number.readings[0]), 0.8)


def _amounts(wanted: Property, span: Span) -> Iterator[Value]:
    """Of money that is wanted as text: the digits as they are printed, without the sign of the currency."""
    for number in find_numbers(span.reads):
        if not number.percent:
            part = span.part(number.start, number.end)
            yield from _value(wanted, part, part.reads.strip("() "))


def _dates(wanted: Property, span: Span, habits: Habits) -> Iterator[Value]:
    reads, seen = span.reads, set()
    certain = {date.start for date in find_dates(reads) if len(date.value) > 4}
    for date in find_dates(reads, habits.order):
        if len(date.value) > 4:
            seen.add(date.start)
            share = 1.0 if habits.told or date.start in certain else _GUESSED_ORDER
            yield from _dated(wanted, span, date.start, date.end, date.value, share)
    for other in find_any_dates(reads):
        if other.start not in seen and other.value != "present" and other.certain:
            share = _YEAR_ALONE if len(other.value) == 4 else 0.95
            yield from _dated(wanted, span, other.start, other.end, other.value, share)


def _dated(wanted: Property, span: Span, start: int, end: int, value: str, share: float) -> Iterator[Value]:
    if wanted.format == "date-time":
        rest = span.reads[end : end + 20]
        value = canonical(wanted, f"{value} {rest}") or value
    if wanted.kind != "date":
        value = span.reads[start:end]  # a date that is wanted as text stays as it is printed
    yield from _value(wanted, span.part(start, end), value, share)


def _booleans(wanted: Property, span: Span) -> Iterator[Value]:
    reads = span.reads
    for pattern, told in ((_TICKED, True), (_UNTICKED, False)):
        found = pattern.search(reads)
        if found:
            yield from _value(wanted, span.part(*found.span()), told, 0.9)
            return
    for found in re.finditer(r"[A-Za-z]+|[^\W\dA-Za-z]+", reads[:40]):
        yield from _value(wanted, span.part(*found.span()), found.group())


def _listed(wanted: Property, span: Span) -> Iterator[Value]:
    """A value of a closed list: the whole stretch, else a word or run of words in it."""
    whole_value = canonical(wanted, span.reads.strip(_EDGE))
    if whole_value:
        yield Value(span, whole_value)
        return
    tokens = [found.span() for found in re.finditer(r"[^\W_]+|[^\w\s]", span.reads[:_MAX_TEXT])]
    for length in (4, 3, 2, 1):
        for i in range(len(tokens) - length + 1):
            part = span.part(tokens[i][0], tokens[i + length - 1][1])
            held = canonical(wanted, part.reads)
            if held:
                yield Value(part, held, 0.9)
                return


def _of_finder(wanted: Property, span: Span, finder: object, fallback: bool = False) -> Iterator[Value]:
    text = span.text.within(span.start, span.end)
    found = False
    for field in finder(text):  # type: ignore[operator]
        at = text.text.find(field["text"], span.start) if field["text"] else -1
        part = Span(span.text, at, at + len(field["text"])) if at >= 0 else span
        if wanted.rules.get("pattern") and canonical(wanted, part.reads):
            yield from _value(wanted, part, part.reads)
        else:
            yield from _value(wanted, part, field["value"])
        found = True
    if fallback and not found:  # beside a label any number of so many digits is one
        number = re.search(r"\+?\d[\d\s()./-]{4,22}\d", span.reads)
        if number:
            yield from _value(wanted, span.part(*number.span()), re.sub(r"[^\d+]", "", number.group()), 0.85)


def _matching(wanted: Property, span: Span, pattern: re.Pattern[str]) -> Iterator[Value]:
    for found in pattern.finditer(span.reads[:_MAX_TEXT]):
        part = span.part(*found.span())
        reads = part.reads.rstrip(".,;:-/")
        part = part.part(0, len(reads))
        if pattern is not _CODE or any(map(str.isdigit, reads)):
            yield from _value(wanted, part, _printed(part), 1.0 if found.start() < 3 else 0.9)


def _patterned(wanted: Property, span: Span) -> Iterator[Value]:
    """What keeps to the property's pattern: the whole stretch, a token of it, or what the pattern matches in it."""
    trimmed = _trimmed(span)
    if canonical(wanted, _printed(trimmed)):
        yield Value(trimmed, canonical(wanted, _printed(trimmed)) or "")
        return
    tokens = [found.span() for found in re.finditer(r"[^\s,;，；、:：()（）]+", span.reads[:_MAX_TEXT])]
    for start, end in tokens[:40]:
        part = span.part(start, end)
        held = canonical(wanted, _printed(part)) or canonical(wanted, part.reads.strip("."))
        if held:
            yield Value(part, held, 0.95)
            return
    found = compile_pattern(wanted.rules["pattern"]).search(span.reads[:_MAX_TEXT])
    if found and found.end() > found.start():
        part = span.part(found.start(), found.end())
        yield from _value(wanted, part, part.reads, 0.85)


def _text(wanted: Property, span: Span) -> Iterator[Value]:
    span = _trimmed(span)
    reads = span.reads
    if not any(c.isalnum() for c in reads) or len(reads) > int(wanted.rules.get("maxLength", _MAX_TEXT * 2)):
        return
    yield from _value(wanted, span, _printed(span), 1.0 if len(reads) <= _MAX_TEXT else 0.6)


def _trimmed(span: Span) -> Span:
    reads = span.reads
    start = len(reads) - len(reads.lstrip(_EDGE + "-_–—"))
    return span.part(start, max(start, len(reads.rstrip(_EDGE + "-_–—"))))


def _printed(span: Span) -> str:
    return " ".join(span.text.printed[span.start : span.end].split())
