"""Dates and spans of time in both languages, as ISO as far as they are known."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

Order = Literal["dmy", "mdy"]

_MONTHS = {
    name: number
    for number, names in enumerate(
        ("jan january", "feb february", "mar march", "apr april", "may", "jun june", "jul july", "aug august",
         "sep sept september", "oct october", "nov november", "dec december"), 1)
    for name in names.split()
}  # fmt: skip
_MONTH = r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?" \
         r"|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\.?"  # fmt: skip
_HAN_DIGITS = {c: str(n) for n, c in enumerate("零一二三四五六七八九")} | {"〇": "0", "○": "0", "O": "0"}
_YEAR = r"(?:19|20)\d\d"
_M, _D = r"(?:1[0-2]|0?[1-9])", r"(?:3[01]|[12]\d|0?[1-9])"
# What an alternative begins with stands in front of it, so that most places in a text are passed over at once.
_DIGIT, _LETTER = r"(?=\d)", r"(?=[JFMASONDjfmasond])(?<![\w.])"
_NUMERIC = (
    rf"{_DIGIT}(?<![\w.,/$-])(?P<x1>\d{{1,2}})(?P<xs>[-./])(?P<x2>\d{{1,2}})(?P=xs)(?P<xy>{_YEAR}|\d\d)"
    r"(?![\d%])(?![.,/-]\d)"
)
DATE = re.compile(
    rf"{_DIGIT}(?<![\d.])(?P<hy>{_YEAR})\s?年(?:度)?(?:\s?(?P<hm>{_M})\s?月份?(?:\s?(?P<hd>{_D})\s?[日号])?)?"
    r"|(?P<cy>[一二][零〇○一二三四五六七八九]{3})年"
    r"(?:(?P<cm>[一二三四五六七八九十]{1,2})月(?:(?P<cd>[一二三四五六七八九十]{1,3})[日号])?)?"
    rf"|{_DIGIT}(?<![\d.,/$])(?<![A-Za-z]-)(?P<ny>{_YEAR})(?P<ns>[-./])(?P<nm>{_M})(?:(?P=ns)(?P<nd>{_D}))?"
    r"(?![\d%])(?![.,/]\d)(?!-\d(?!\d{3}(?:[-./年]|(?!\d))))"
    rf"|{_DIGIT}(?<![\w.])(?P<ed>{_D})(?:st|nd|rd|th)?(?:\s?[-./]"
    rf"|\s+of)?\s?(?P<em>{_MONTH})[\s,./-]*(?P<ey>{_YEAR})(?!\d)"
    rf"|{_LETTER}(?P<am>{_MONTH})\s?(?P<ad>{_D})(?:st|nd|rd|th)?\s?,?\s?(?P<ay>{_YEAR})(?!\d)"
    rf"|{_LETTER}(?P<bm>{_MONTH})[\s,/-]*(?P<by>{_YEAR})(?!\d)"
    rf"|{_NUMERIC}",
    re.I,
)
_ORDERED = re.compile(_NUMERIC)
_YEAR_ALONE = rf"(?<![\d.,/$])(?<![A-Za-z]-)(?P<yy>{_YEAR})(?![\d%])(?![.,]\d)"
_MONTH_YEAR = rf"(?<![\d.,/$])(?P<my_m>{_M})[/.-](?P<my_y>{_YEAR})(?!\d)"
_SEASON = rf"(?:Spring|Summer|Autumn|Fall|Winter)\s(?P<sy>{_YEAR})"
_SHORT_MONTH = rf"{_LETTER}(?P<qm>{_MONTH})\s?'(?P<qy>\d\d)(?!\d)"  # "Jul '24"
_TO = r"\s?(?:[-–—]{1,2}|to|until)\s?"
_END = rf"(?:{_MONTH}\s?[,.]?\s?{_YEAR}|{_M}/\d\d(?!\d)|present\b|current|now\b|today\b)"
# "May – Aug 2022" and "09/18 – 06/20": the first half is a date by the other.
_YEARLESS = rf"{_LETTER}(?P<lm>{_MONTH})(?={_TO}{_MONTH}\s?[,.]?\s?(?P<ly>{_YEAR}))"
_SHORT_NUMBERS = rf"{_DIGIT}(?<![\d.,/$-])(?P<um>{_M})/(?P<uy>\d\d)(?={_TO}{_END})"
_LOOSE = re.compile(
    f"(?P<full>{DATE.pattern})|{_MONTH_YEAR}|{_SEASON}|{_YEAR_ALONE}|{_SHORT_MONTH}|{_YEARLESS}|{_SHORT_NUMBERS}", re.I
)
_SHORT_NUMBERS_ALONE = re.compile(rf"(?P<um>{_M})/(?P<uy>\d\d)(?![\d/])")
_UNTIL = re.compile(
    r"\s{0,8}(?:(?:起|开始)\s{0,8})?(?:[-–—―~─一]{1,3}|至|到|\bto\b|\buntil\b|\btill\b|\bthrough\b)\s*", re.I
)
_NOW = re.compile(
    r"(?:至今|迄今|今(?![年天后日])|现在|目前|present\b|now\b|current(?:ly)?\b|today\b|ongoing\b|date\b)", re.I
)
_UP_TO_NOW = re.compile(r"\s{0,8}(?:(?:起|开始)\s{0,8})?(?:至今|迄今|以来)")
_SHORT_YEAR = re.compile(r"'?(\d\d)(?![\d年月.:/-])")
_SINCE = re.compile(r"(?:\bsince|\bfrom|自从?|从)\s*$", re.I)


@dataclass(frozen=True, slots=True)
class Found:
    """A date in a text.

    Attributes:
        value: "2019", "2019-06", "2019-06-30" or "present".
    """

    start: int
    end: int
    value: str


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of time in a text; `start` and `end` are where it is printed, words between included."""

    start: int
    end: int
    first: Found | None
    last: Found | None


def find_dates(text: str, order: Order | None = None) -> Iterator[Found]:
    """Dates that name a year and more than that by their form.

    Args:
        text: half-width.
        order: how 03/04/2020 is read; without it such a date is known by its year alone.
    """
    for found in DATE.finditer(text):
        value = _value(found, order)
        if value:
            yield Found(found.start(), found.end(), value)


def date_order(text: str) -> Order | None:
    """How the text orders day and month, told by dates that allow one reading only."""
    votes = {"dmy": 0, "mdy": 0}
    for found in _ORDERED.finditer(text):
        first, second = int(found["x1"]), int(found["x2"])
        votes["dmy"] += 12 < first <= 31 and 1 <= second <= 12
        votes["mdy"] += 12 < second <= 31 and 1 <= first <= 12
    if votes["dmy"] == votes["mdy"]:
        return None
    return "dmy" if votes["dmy"] > votes["mdy"] else "mdy"


def parse_date(text: str) -> Found | None:
    """The first date, a year alone included."""
    return next(_loose_dates(text), None)


def find_periods(text: str) -> list[Period]:
    """Stretches of time: "2018.09-2022.06", "March 2020 to present", "2010年5月至今", and dates that stand alone."""
    periods: list[Period] = []
    dates = list(_loose_dates(text))
    i = 0
    while i < len(dates):
        first = dates[i]
        i += 1
        since = _SINCE.search(text, max(0, first.start - 6), first.start)
        start = since.start() if since else first.start
        up_to_now = _UP_TO_NOW.match(text, first.end)
        if up_to_now:
            now = Found(up_to_now.end() - 2, up_to_now.end(), "present")
            periods.append(Period(start, up_to_now.end(), first, now))
            continue
        until = _UNTIL.match(text, first.end)
        if until:
            if i < len(dates) and dates[i].start == until.end():
                if first.value[:4] <= dates[i].value[:4]:
                    periods.append(Period(start, dates[i].end, first, dates[i]))
                i += 1
                continue
            now_found = _NOW.match(text, until.end())
            short = _SHORT_YEAR.match(text, until.end())
            numbers = _SHORT_NUMBERS_ALONE.match(text, until.end()) if "/" in text[first.start : first.end] else None
            if numbers and len(first.value) == 7:
                last = Found(numbers.start(), numbers.end(), _short(numbers["uy"], numbers["um"]))
                periods.append(Period(start, last.end, first, last))
                continue
            if now_found:
                last = Found(now_found.start(), now_found.end(), "present")
                periods.append(Period(start, last.end, first, last))
                continue
            if short and len(first.value) == 4 and int(short[1]) > int(first.value[2:]):
                last = Found(short.start(), short.end(), first.value[:2] + short[1])
                periods.append(Period(start, last.end, first, last))
                continue
        if (
            until
            and until.group().strip() in ("-", "–", "—")
            and (until.end() == len(text.rstrip()) or until.group().endswith("\t"))
        ):  # "2018 –" and nothing behind it in its cell
            periods.append(Period(start, until.end(), first, Found(first.end, until.end(), "present")))
            continue
        if since and text[since.start() : since.end()].strip().lower() == "since":
            periods.append(Period(start, first.end, first, Found(since.start(), first.start, "present")))
        else:
            periods.append(Period(start, first.end, first, None))
    return periods


def _loose_dates(text: str) -> Iterator[Found]:
    for found in _LOOSE.finditer(text):
        if found["full"]:
            value = _value(found, None)
        elif found["my_y"]:
            value = f"{found['my_y']}-{int(found['my_m']):02}"
        elif found["qy"]:
            value = _short(found["qy"], _MONTHS[found["qm"].rstrip(".").lower()])
        elif found["ly"]:
            value = _iso(found["ly"], str(_MONTHS[found["lm"].rstrip(".").lower()]), None)
        elif found["uy"]:
            value = _short(found["uy"], found["um"])
        else:
            value = found["sy"] or found["yy"]
        if value:
            yield Found(found.start(), found.end(), value)


def _value(found: re.Match[str], order: Order | None) -> str | None:
    part = found.groupdict()
    if part["hy"]:
        return _iso(part["hy"], part["hm"], part["hd"])
    if part["cy"]:
        year = "".join(_HAN_DIGITS[c] for c in part["cy"])
        return _iso(year, _han_number(part["cm"]), _han_number(part["cd"])) if year[:2] in ("19", "20") else None
    if part["ny"]:
        return _iso(part["ny"], part["nm"], part["nd"])
    for year, month, day in (("ey", "em", "ed"), ("ay", "am", "ad"), ("by", "bm", None)):
        if part[year]:
            number = str(_MONTHS[part[month].rstrip(".").lower()])
            return _iso(part[year], number, part[day] if day else None)
    return _numeric(part["x1"], part["x2"], part["xy"], part["xs"], order)


def _numeric(first: str, second: str, year: str, mark: str, order: Order | None) -> str | None:
    a, b = int(first), int(second)
    dmy, mdy = a <= 31 and b <= 12, a <= 12 and b <= 31
    if len(year) == 2:
        if order is None and not (a > 12 and dmy):
            return None  # "12.10.18" may be a version or a section
        year = ("20" if int(year) < 50 else "19") + year
    if dmy and mdy and a != b:
        order = "dmy" if mark == "." else order
        if order is None:
            return year
        dmy = order == "dmy"
    if dmy:
        return _iso(year, second, first)
    return _iso(year, first, second) if mdy else None


def _short(year: str, month: str | int) -> str:
    """A date of a year of two digits, which is of this century unless it is far ahead."""
    return f"{'20' if int(year) < 50 else '19'}{year}-{int(month):02}"


def _han_number(text: str | None) -> str | None:
    if not text:
        return None
    tens, ten, ones = text.rpartition("十")
    value = (int(_HAN_DIGITS.get(tens, "1")) * 10 if ten else 0) + int(_HAN_DIGITS.get(ones, "0"))
    return str(value)


def _iso(year: str, month: str | None, day: str | None) -> str | None:
    if not month:
        return year
    try:
        date(int(year), int(month), int(day or 1))
    except ValueError:
        return None
    return f"{year}-{int(month):02}" + (f"-{int(day):02}" if day else "")
