"""Who a resume is about, by labels and sentences: name, gender, date of birth."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pipeline.extract.fields.dates import find_dates, parse_date
from pipeline.extract.fields.lexicon import HAN_NAME, HAN_NAME_SPACED
from pipeline.extract.fields.names import NO_HAN_NAME, NO_NAME
from pipeline.extract.fields.text import Field, Span, Text

_GENDER = {"男": "male", "女": "female", "男性": "male", "女性": "female", "male": "male", "female": "female",
"m": "male",
           "f": "female", "man": "male", "woman": "female"}  # fmt: skip
_GENDER_ALONE = re.compile(r"(?:(?<=^)|(?<=[\s,|/·;、:()]))(男性?|女性?|[Mm]ale|[Ff]emale)(?=$|[\s,|/·;、)。])")
_HAN_SUBJECT = re.compile(
    r"^\s*(?:\d{1,2}[.、]\s?|[(（]?[一二三四五六七八九十\d]{1,2}[)）、.]\s?)?(?P<name>[\u3400-\u9fff]{2,4}?"
    r"|[\u3400-\u9fff]{1,8}(?:·[\u3400-\u9fff]{1,8}){1,3})"
    r"\s*(?:\([^)]{1,40}\))?\s*(?P<mark>先生|女士|小姐|同志|,\s*(?=[男女]\b|[男女][,。;、\s(])|[,:]\s*(?=(?:中国|女|男"
    r"|19\d\d|汉族|\w{1,3}族|本科|大专|硕士|博士|大学|研究生|高级|注册|教授|\w{2,10}专业|中共|出生|无境外)))"
)
_BORN = re.compile(
    r"(?:出生于|生于)\s*(?P<after>(?:19|20)\d\d\s?年(?:\s?\d{1,2}\s?月(?:\s?\d{1,2}\s?日)?)?|(?:19"
    r"|20)\d\d[-./]\d{1,2}(?:[-./]\d{1,2})?)"
    r"|(?P<before>(?:19|20)\d\d\s?年(?:\s?\d{1,2}\s?月(?:份)?(?:\s?\d{1,2}\s?日)?)?|(?:19"
    r"|20)\d\d[-./]\d{1,2}(?:[-./]\d{1,2})?)\s*(?:出生|生(?![产于活命物]))"
)
_BORN_ENGLISH = re.compile(r"\b[Bb]orn\s*:?\s(?:on\s|in\s)?")
_MIN_BIRTH, _MAX_BIRTH = "1900", "2015"


def labelled_person(labels: Sequence[tuple[str, Span]]) -> dict[str, Field]:
    """Name, gender and date of birth that stand beside their labels."""
    found: dict[str, Field] = {}
    for kind, value in labels:
        field = _LABELLED[kind](value) if kind in _LABELLED else None
        if field:
            found.setdefault(kind, field)
    return found


def _labelled_name(value: Span) -> Field | None:
    text = value.reads
    han = HAN_NAME_SPACED.match(text) or re.match(
        r"[\u3400-\u9fff]{2,4}(?![\u3400-\u9fff])|[\u3400-\u9fff]+(?:·[\u3400-\u9fff]+)+", text
    )
    if han:
        part = value.part(0, han.end())
        printed = "".join(part.text.printed[part.start : part.end].split())
        return None if NO_HAN_NAME.search(printed) else part.field("label", 0.97, printed)
    english = re.match(r"[^\W\d_][^\W\d_.'’-]*(?:[ .'’-]{1,2}[^\W\d_]+){0,4}\.?", text)
    if not english or len(english.group()) > 50 or NO_NAME.search(english.group()) or not english.group()[0].isupper():
        return None
    return value.part(0, english.end()).field("label", 0.97)


def _labelled_gender(value: Span) -> Field | None:
    word = re.match(r"[男女]性?|[A-Za-z]+", value.reads)
    code = _GENDER.get(word.group().lower()) if word else None
    return value.part(0, word.end()).field("label", 0.97, code) if word and code else None


def _labelled_birth(value: Span) -> Field | None:
    dates = list(find_dates(value.reads, None)) or [d for d in [parse_date(value.reads)] if d]
    if not dates or dates[0].start > 3 or not _MIN_BIRTH <= dates[0].value[:4] <= _MAX_BIRTH:
        return None
    return value.part(dates[0].start, dates[0].end).field("label", 0.95, dates[0].value)


_LABELLED = {"name": _labelled_name, "gender": _labelled_gender, "birth_date": _labelled_birth}


def find_gender(rows: Sequence[Text]) -> Field | None:
    """A gender that stands by itself in a line of short items."""
    for text in rows:
        found = _GENDER_ALONE.search(text.text)
        if found and len(text.text) < 120:
            return text.field(*found.span(1), "pattern", 0.85, _GENDER[found[1].lower()])
    return None


def find_birth(text: Text) -> Field | None:
    """A date of birth that says that it is one. An age is none."""
    for found in _BORN.finditer(text.text):
        span = found.span("after") if found["after"] else found.span("before")
        date = parse_date(text.text[span[0] : span[1]])
        if date and _MIN_BIRTH <= date.value[:4] <= _MAX_BIRTH:
            return text.field(*span, "pattern", 0.93, date.value)
    for found in _BORN_ENGLISH.finditer(text.text):
        date = parse_date(text.text[found.end() : found.end() + 30])
        if date and date.start < 3 and _MIN_BIRTH <= date.value[:4] <= _MAX_BIRTH:
            return text.field(found.end() + date.start, found.end() + date.end, "pattern", 0.9, date.value)
    return None


def prose_person(paragraphs: Sequence[Text]) -> Iterator[tuple[str, Field]]:
    """Name and gender of "常某，男，…" and "李某女士：…" at the beginning of a profile."""
    for text in paragraphs[:6]:
        found = _HAN_SUBJECT.match(text.text)
        if not found:
            continue
        name, mark = found["name"], found["mark"]
        if not (
            HAN_NAME.fullmatch(name) or "·" in name or (len(name) <= 3 and mark[0] in "先女小同,")
        ) or NO_HAN_NAME.search(name):
            continue
        yield "name", text.field(*found.span("name"), "prose", 0.92)
        start = found.start("mark")
        gender = re.match(r"先生|女士|小姐|[,:]?\s*[男女]", text.text[start:])
        if gender:
            code = "male" if gender.group()[-1] in "生男" else "female"
            yield "gender", text.field(start + len(gender.group()) - (1 if gender.group()[-1] in "男女" else 2),
                                       start + gender.end(), "prose", 0.92, code)  # fmt: skip
        return
