"""Numbers as people print them, read as decimals: "1,234.50", "1.234,50", "RM 12", "(5.00)", "3.5万", "壹万贰仟元"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

# Groups of three with either mark, groups of two as in India, spaces only before a comma with two digits.
_BODY = (
    r"\d{1,3}(?:[,'’]\d{3}){1,8}(?:\.\d{1,9})?|\d{1,2}(?:,\d\d){1,5},\d{3}(?:\.\d{1,9})?"
    r"|\d{1,3}(?:\.\d{3}){1,8}(?:,\d{1,9})?|\d{1,3}(?: \d{3}){1,4},\d\d|\d{1,30}(?:[.,]\d{1,9})?"
)
_SCALES = {
    "百万": 6, "千万": 7, "百萬": 6, "千萬": 7, "万": 4, "萬": 4, "亿": 8, "億": 8, "thousand": 3, "million": 6,
    "billion": 9, "trillion": 12, "k": 3, "mn": 6, "m": 6, "bn": 9, "b": 9,
}  # fmt: skip
_SCALE = rf"\s?(?P<scale>{'|'.join(_SCALES)})(?![A-Za-z0-9])"
_NUMBER = re.compile(
    rf"(?=[\d(+-])(?<![\d.,])(?P<open>\()?(?P<sign>[-+])?(?P<body>{_BODY})(?![\d])(?![.,]\d)"
    rf"(?:{_SCALE})?(?:\s?(?P<percent>%))?(?P<close>\))?",
    re.I,
)
# Letters may stand before a number where they are a currency; otherwise the digits are part of a code ("A4").
_CURRENCY_BEFORE = re.compile(
    r"(?:(?<![A-Za-z])(?:USD|EUR|GBP|CNY|RMB|HKD|TWD|JPY|KRW|SGD|MYR|AUD|CAD|NZD|CHF|INR|THB|IDR|PHP|VND|RM|Rs|S|A|C|NT"
    r"|HK|US)\.?)$",
    re.I,
)
_HAN_DIGITS = dict(zip("零〇一二三四五六七八九两", (0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 2), strict=True))
_HAN_DIGITS |= dict(zip("壹贰叁肆伍陆柒捌玖", range(1, 10), strict=True))
_HAN_DIGITS |= {"貳": 2, "參": 3, "叄": 3, "陸": 6, "兩": 2}
_HAN_TENS = {"十": 10, "百": 100, "千": 1000, "拾": 10, "佰": 100, "仟": 1000}
_HAN_MYRIADS = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}
_HAN_NUMBER = re.compile(f"[{''.join((*_HAN_DIGITS, *_HAN_TENS, *_HAN_MYRIADS))}]{{1,24}}")
_HAN_MONEY = re.compile(rf"(?P<whole>{_HAN_NUMBER.pattern})[元圆圓](?:(?P<jiao>.)角)?零?(?:(?P<fen>.)分)?")


@dataclass(frozen=True, slots=True)
class FoundNumber:
    """A number in a text.

    Attributes:
        readings: what it may mean, the likeliest first: "1.234" is 1.234, or 1234 on the Continent.
        percent: a per cent sign follows.
    """

    start: int
    end: int
    readings: tuple[Decimal, ...]
    percent: bool = False


def find_numbers(text: str) -> Iterator[FoundNumber]:
    """Numbers in digits; digits within codes and words are none.

    Args:
        text: half-width.
    """
    for found in _NUMBER.finditer(text):
        start = found.start("sign") if found["sign"] else found.start("body")
        if found["sign"] and start and text[start - 1].isalnum():
            start = found.start("body")  # "2019-2022", "A-12"
        before = text[max(0, start - 5) : start]
        if before and (before[-1].isascii() and before[-1].isalpha()) and not _CURRENCY_BEFORE.search(before):
            continue
        readings = _readings(found["body"])
        negative = found["sign"] == "-" and start == found.start("sign")
        if found["open"] and found["close"]:
            start = found.start()
            readings = (*readings, *(-value for value in readings))
        elif negative:
            readings = tuple(-value for value in readings)
        if found["scale"]:
            power = Decimal(10) ** _SCALES[found["scale"].lower()]
            readings = (*(value * power for value in readings), *readings)
        if found["percent"]:
            readings = (*readings, *(value / 100 for value in readings))
        end = found.end()
        if found["close"] and not found["open"]:
            end -= 1
        yield FoundNumber(start, end, readings, bool(found["percent"]))


def find_han_numbers(text: str) -> Iterator[FoundNumber]:
    """Numbers in Chinese characters: "三十五", "壹万贰仟叁佰元伍角"."""
    taken = -1
    for found in _HAN_MONEY.finditer(text):
        parts = (
            han_number(found["whole"]),
            _HAN_DIGITS.get(found["jiao"] or "零"),
            _HAN_DIGITS.get(found["fen"] or "零"),
        )
        if None not in parts:
            whole, jiao, fen = (Decimal(part or 0) for part in parts)
            yield FoundNumber(found.start(), found.end(), (whole + jiao / 10 + fen / 100,))
            taken = found.end()
    for found in _HAN_NUMBER.finditer(text):
        value = han_number(found.group())
        if value is not None and found.start() >= taken:
            yield FoundNumber(found.start(), found.end(), (Decimal(value),))


def parse_number(text: str) -> Decimal | None:
    """The number that a text is: currency signs, units and white space around it are passed over."""
    found = next(find_numbers(text), None) or next(find_han_numbers(text), None)
    return found.readings[0] if found else None


def plain_number(value: Decimal) -> str:
    """A decimal without exponent: "1234.5"; noughts behind the point stay as they were printed."""
    return f"{value:f}"


def han_number(text: str) -> int | None:
    """The whole number in Chinese characters, digit by digit ("二〇一九") or with their weights ("两千零五")."""
    if all(character in _HAN_DIGITS for character in text):
        return int("".join(str(_HAN_DIGITS[character]) for character in text))
    total = section = digit = 0
    for character in text:
        if character in _HAN_DIGITS:
            digit = _HAN_DIGITS[character]
        elif character in _HAN_TENS:
            section += (digit or 1) * _HAN_TENS[character]
            digit = 0
        elif character in _HAN_MYRIADS:
            if not total and not section and not digit:
                return None  # "万" alone
            total = (total + section + digit) * _HAN_MYRIADS[character]
            section = digit = 0
        else:
            return None
    return total + section + digit


def _readings(body: str) -> tuple[Decimal, ...]:
    marks = [mark for mark in body if not mark.isdigit()]
    if not marks:
        return (Decimal(body),)
    last = marks[-1]
    decimals = len(body) - body.rfind(last) - 1
    bare = "".join(mark for mark in body if mark.isdigit())
    if last in ",.' ’" and len(marks) > 1 and marks.count(last) == len(marks):
        return (Decimal(bare),)  # 1,234,567
    as_decimal = Decimal(bare).scaleb(-decimals)
    if len(marks) > 1:
        return (as_decimal,)
    if last in "'’" or (last == "," and decimals == 3 and len(body) <= 7):
        return (Decimal(bare),)
    return (as_decimal, Decimal(bare)) if last == "." and decimals == 3 and len(body) <= 7 else (as_decimal,)
