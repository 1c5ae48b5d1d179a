"""Amounts of money: a number with its currency, or the total of a paper that knows one currency."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from pipeline.extract.fields.text import Field, Text

_CODES = (
    "USD EUR GBP CNY RMB HKD TWD JPY KRW SGD MYR AUD CAD NZD CHF INR SEK NOK DKK THB IDR PHP VND PLN CZK BRL ZAR AED"
)
_NAMES = {
    "us$": "USD", "hk$": "HKD", "nt$": "TWD", "s$": "SGD", "a$": "AUD", "c$": "CAD", "nz$": "NZD", "r$": "BRL",
    "rmb": "CNY", "rm": "MYR", "rs": "INR", "rs.": "INR", "₹": "INR", "€": "EUR", "£": "GBP", "₩": "KRW",
    "人民币": "CNY", "人民幣": "CNY", "美元": "USD", "美金": "USD", "欧元": "EUR", "歐元": "EUR", "英镑": "GBP",
    "英鎊": "GBP",
    "港元": "HKD", "港币": "HKD", "港幣": "HKD", "日元": "JPY", "日圆": "JPY", "新台币": "TWD", "新台幣": "TWD",
    "新加坡元": "SGD", "澳元": "AUD", "加元": "CAD", "瑞士法郎": "CHF", "韩元": "KRW", "元": "CNY", "圆": "CNY",
    "dollar": "USD", "dollars": "USD", "euro": "EUR", "euros": "EUR", "pound": "GBP", "pounds": "GBP",
    "pounds sterling": "GBP", "yuan": "CNY", "renminbi": "CNY", "ringgit": "MYR", "yen": "JPY",
}  # fmt: skip
_NAMES |= {code.lower(): "CNY" if code == "RMB" else code for code in _CODES.split()}
_DOLLARS = ("AUD", "CAD", "HKD", "NZD", "SGD", "TWD")
_SCALES = {"万": 4, "萬": 4, "亿": 8, "億": 8, "百万": 6, "千万": 7, "百萬": 6, "千萬": 7, "千": 3, "k": 3, "m": 6,
"mn": 6, "million": 6, "bn": 9,
           "b": 9, "billion": 9, "thousand": 3, "trillion": 12}  # fmt: skip
_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,3}(?:\.\d{3})+,\d\d|\d+,\d\d(?!\d)|\d+(?:\.\d+)?"
_CODE = rf"(?:{'|'.join(_CODES.split())})(?![A-Za-z])"
_BEFORE = rf"(?:US\$|HK\$|NT\$|NZ\$|[SACR]\$|[$€£¥₹₩]|(?<![A-Za-z])(?:{_CODE}|(?:RM|Rs\.?)(?![A-Za-z]))" \
          r"|人民[币幣]|美元|港[币幣元]|新台[币幣])"  # fmt: skip
_AFTER = rf"(?:{_CODE}|[€£]|(?:[Dd]ollars?|[Ee]uros?|[Pp]ounds(?: sterling)?|[Yy]uan|[Rr]enminbi|[Rr]inggit|[Yy]en)\b" \
         r"|美元|美金|[欧歐]元|英[镑鎊]|港[元币幣]|日[元圆]|新台[币幣]|新加坡元|澳元|加元|瑞士法郎|韩元|人民[币幣]" \
         r"|[元圆](?![旦月素件数宵老始首帅器组]))"  # fmt: skip
_SCALE = (
    r"(?:(?P<{}>[百千]?[万萬]|[亿億]|千(?=元))|\s?(?P<{}>[mb]illion|thousand|trillion|bn|mn|[kKmMB])(?![A-Za-z\d]))?"
)
# What an alternative begins with stands in front of it, so that most places in a text are passed over at once.
_AMOUNT = re.compile(
    rf"(?=[-$€£¥₹₩A-Z人美港新])(?P<sign>(?<!\S)-)?(?P<before>{_BEFORE})\s?:?\s?(?P<minus>-)?(?P<n1>{_NUMBER})"
    rf"(?![\d%])(?![.,]\d){_SCALE.format('s1', 't1')}(?:\s?元)?"
    rf"|(?=\d)(?<![\w.,/-])(?P<n2>{_NUMBER})\s?[余多]?{_SCALE.format('s2', 't2')}\s?(?P<after>{_AFTER})"
)
_TOTAL = re.compile(
    r"(?=[A-Za-z合总小金])(?:\b(?:grand\s|sub\s?-?)?total\b(?:\s(?:amount|due|sales|payable))?"
    r"|\b(?:amount|balance)\s(?:due|payable)|合\s*计|总\s*[计额]|小\s*计|金\s*额)"
    r"[^\d\n%]{0,30}?(?<![\d.,])(?P<number>\d{1,3}(?:,\d{3})*\.\d\d|\d+\.\d\d)(?![\d%])",
    re.I,
)
_ANY_CURRENCY = re.compile(rf"(?=[$€£¥₹₩A-Z人美港新])(?P<before>{_BEFORE})|(?=\d)\d\s?(?P<after>{_AFTER})")
_HEADED = re.compile(
    rf"\(\s?(?P<bare>{_CODE}|RM|[$€£¥])\s?\)|(?<![A-Za-z])(?P<ringgit>RM)(?![A-Za-z])"
)  # "Total (EUR)"
_SAMPLE = 200_000  # characters looked at to tell a document's currencies


class Currencies:
    """What a document's other amounts say about its ambiguous signs."""

    def __init__(self, text: str, language: str | None) -> None:
        named = {code for code in _DOLLARS if re.search(rf"(?<![A-Z]){code}(?![A-Z])", text)}
        self._dollar = named.pop() if len(named) == 1 and "USD" not in text and "US$" not in text else "USD"
        self._yuan = bool(language and language.startswith("zh")) or bool(re.search(r"人民币|RMB|CNY", text))
        found = _ANY_CURRENCY.finditer(text, 0, _SAMPLE)
        seen = {self.code(sign["before"] or sign["after"]) for sign in found} - {None}
        seen |= {self.code(sign["bare"] or sign["ringgit"]) for sign in _HEADED.finditer(text, 0, _SAMPLE)} - {None}
        self.only = seen.pop() if len(seen) == 1 else None

    def code(self, sign: str) -> str | None:
        """ISO 4217 code of a sign or name, or None where it may be one of several."""
        if sign == "$":
            return self._dollar
        if sign == "¥":
            return "CNY" if self._yuan else None
        return _NAMES.get(" ".join(sign.lower().split()))


def find_amounts(text: Text, currencies: Currencies) -> Iterator[Field]:
    """Amounts as "USD 1200" or "CNY 12345.60"."""
    taken: list[tuple[int, int]] = []
    for found in _AMOUNT.finditer(text.text):
        code = currencies.code(found["before"] or found["after"])
        if code is None:
            continue
        scale = found["s1"] or found["t1"] or found["s2"] or found["t2"]
        sign = "-" if found["sign"] or found["minus"] else ""
        value = f"{code} {sign}{_number(found['n1'] or found['n2'], scale)}"
        taken.append(found.span())
        yield text.field(found.start(), found.end(), "pattern", 0.9, value)
    if currencies.only is None:
        return
    for found in _TOTAL.finditer(text.text):
        start, end = found.span("number")
        if not any(a < end and start < b for a, b in taken):
            yield text.field(start, end, "label", 0.7, f"{currencies.only} {_number(found['number'], None)}")


def _number(text: str, scale: str | None) -> str:
    if re.search(r",\d\d$", text):
        text = text.replace(".", "").replace(",", ".")  # 1.234,56 as written on the Continent
    number = Decimal(text.replace(",", ""))
    if scale:
        number = (number * Decimal(10) ** _SCALES[scale.lower()]).normalize()
    return f"{number:f}"
