"""E-mail addresses and telephone numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import phonenumbers

from pipeline.extract.fields.dates import find_periods
from pipeline.extract.fields.text import Field, Text

_EMAIL = re.compile(
    r"(?<![A-Za-z0-9_.+%@-])(?P<user>[a-z0-9][a-z0-9._%+-]{0,63})\s?@\s?(?P<host>(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24})"
    r"(?![a-z0-9@])",
    re.I,
)
_BEFORE, _AFTER = r"(?<![\w./+#-])(?<!\d[ )])", r"(?!\d|[-./]\d|\s\d{3})"
_PHONE = re.compile(
    _BEFORE + r"(?:"
    r"(?:(?:\(?\+\s?86\)?|0086|86)[-\s]?)?1[3-9]\d[-\s]?\d{4}[-\s]?\d{4}"  # Chinese mobile
    r"|(?:(?:\(?\+\s?86\)?|0086|86)[-\s]?)?\(?0(?:10|2\d|[3-9]\d{2})\)?\s?[-\s]\s?[2-9]\d{3}[-\s]?\d{3,4}"  # and fixed
    r"|\(0(?:10|2\d|[3-9]\d{2})\)[2-9]\d{6,7}"
    r"|\+\s?[1-9]\d{0,2}[-.\s]?(?:\(\d{1,4}\)[-.\s]?)?\d(?:[-.\s]{0,2}\d){5,11}"  # international
    r"|(?:1[-.\s])?(?:\(\d{3}\)\s?|\d{3}[-.])\d{3}[-.\s]\d{4}"  # North American, Chinese 400-
    r")" + _AFTER
)
_LABELLED = re.compile(
    r"(?:\b(?:tel(?:ephone)?|phone|mobile|cell(?:phone)?|call)\b(?:\s?(?:no|number))?|电\s*话|手\s*机(?:号码?)?"
    r"|联系方式|座机|热线)"
    r"[\s.]*[:#]?\s*(?P<number>\(?\+?\d(?:[-./()\s]{0,2}\d){6,14})(?![\d-])",
    re.I,
)
_FAX = re.compile(r"(?:\bfax\b|传\s*真)[^\d\n]{0,12}$", re.I)
_MAX_ROW = 400  # letters of a row of contacts
_OTHER_NUMBER = re.compile(
    r"(?:身份证|证号|编号|账号|帐号|卡号|订单|税号|QQ|\bID|\bno|\border|\binvoice|\baccount)[^\d\n]{0,8}$", re.I
)


def find_emails(text: Text) -> Iterator[Field]:
    """Addresses in lower case."""
    for found in _EMAIL.finditer(text.text):
        value = f"{found['user']}@{found['host']}".lower()
        if ".." not in value and not found["user"].endswith("."):
            yield text.field(found.start(), found.end(), "pattern", 0.98, value)


def find_phones(text: Text) -> Iterator[Field]:
    """Numbers without their separators; a number of unusual form only beside a label. No fax numbers."""
    taken: list[tuple[int, int]] = []
    for found in _PHONE.finditer(text.text):
        before = text.text[max(0, found.start() - 24) : found.start()]
        if _FAX.search(before) or _OTHER_NUMBER.search(before) or "\t" in found.group():
            continue
        taken.append(found.span())
        yield text.field(found.start(), found.end(), "pattern", 0.9, _plain(found.group()))
    for found in _LABELLED.finditer(text.text):
        start, end = found.span("number")
        cell = text.text.find("\t", start, end)
        end = cell if cell > 0 else end
        value = _plain(text.text[start:end])
        if 7 <= len(value.lstrip("+")) <= 15 and not any(a < end and start < b for a, b in taken):
            yield text.field(start, end, "label", 0.85, value)


def find_own_phone(texts: Sequence[Text], country: str | None) -> Field | None:
    """The telephone number among a person's contacts, however it is written.

    Args:
        texts: rows of the head of a resume.
        country: ISO code of where the person lives; without it numbers are read as American, then as British.
    """
    best: tuple[float, Field] | None = None
    for text in texts:
        if len(text.text) > _MAX_ROW or not re.search(r"\d\D{0,3}\d", text.text):
            continue
        for region in dict.fromkeys((country or "US", "US", "GB")):
            for found in phonenumbers.PhoneNumberMatcher(text.text, region, phonenumbers.Leniency.POSSIBLE, 20):
                before = text.text[max(0, found.start - 24) : found.start]
                if "\t" in found.raw_string or not _may_be_phone(text.text, found) or _FAX.search(before):
                    continue
                valid = phonenumbers.is_valid_number(found.number)
                sure = 0.95 if valid and (region == country or "+" in found.raw_string) else 0.9 if valid else 0.72
                if best is None or sure > best[0]:
                    best = sure, text.field(found.start, found.end, "pattern", sure, _plain(found.raw_string))
    return best[1] if best else None


def _may_be_phone(text: str, found: phonenumbers.PhoneNumberMatch) -> bool:
    """No date, no number of another kind, no part of an address on the web."""
    raw = found.raw_string
    before = text[max(0, found.start - 24) : found.start]
    if _OTHER_NUMBER.search(before) or re.search(r"[\w/@.-]$", before) or re.match(r"[\w@/]", text[found.end :]):
        return False
    digits = re.sub(r"\D", "", raw)
    return 7 <= len(digits) <= 15 and not any(period.start < len(raw) for period in find_periods(raw))


def _plain(number: str) -> str:
    number = re.sub(r"\(0\)", "", number)  # "+44 (0)20": the nought is dialled at home only
    return ("+" if "+" in number else "") + re.sub(r"\D", "", number)
