"""What a cell holds, told from its text alone."""

from __future__ import annotations

import re

_NUMBER = re.compile(
    r"[(\-+−–<>≤≥±~≈*]*\s?(?:[A-Z]{2,3}\s?\$?|RM|Rs\.?|NT\$|US\$|HK\$|[$€£¥￥])?\s?[(\-+−–]?\s?"
    r"(?:\d{1,3}(?:[,，'\s]\d{3})+|\d+)(?:[.．:]\d+)*\s?"
    r"(?:%|％|‰|[A-Za-zμ°²³/]{1,4}|[元万亿个件人次年月日岁分秒米吨台套张本只支]{1,2})?[)\]*†‡]*(?:\s?[±(]\s?[\d.]+[)%]?)?"
)
_BLANK = re.compile(r"(?:[-–—―/.·*~]+|n/?a|nil|none|无|無)", re.I)
_DATE = re.compile(
    r"(?:(?:19|20)\d\d(?:\s?[-/.年–—~至]\s?(?:\d{1,2}|(?:19|20)\d\d|now|present|今|至今)\s?月?){0,3}\s?日?"
    r"|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}"
    r"|(?:\d{1,2}\s)?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?,?\s?(?:\d{1,2},?\s?)?(?:\d{2,4})?)"
    r"(?:\s?[-–—~至到]+\s?(?:.{0,14}))?",
    re.I,
)

_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")


def is_blank(text: str) -> bool:
    """Whether it says that there is nothing."""
    return not text or bool(_BLANK.fullmatch(text))


def is_number(text: str) -> bool:
    """Whether it is an amount, a count, a share or a measure."""
    return len(text) <= 32 and bool(_NUMBER.fullmatch(text))


def is_date(text: str) -> bool:
    """Whether it is a date or a period."""
    return len(text) <= 40 and any(map(str.isdigit, text)) and bool(_DATE.fullmatch(text))


def has_year(text: str) -> bool:
    """Whether a year of our time stands in it."""
    return bool(_YEAR.search(text))
