"""Who a resume is about: name, gender, date of birth."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pipeline.extract.fields.dates import find_dates, parse_date
from pipeline.extract.fields.headings import heading_kind
from pipeline.extract.fields.lexicon import HAN_NAME, HAN_NAME_SPACED, TITLE_ENGLISH
from pipeline.extract.fields.rows import Row
from pipeline.extract.fields.text import Field, Span, Text, whole

_NAME_WORD = r"(?:[A-ZÀ-ÖØ-ÞŁŚŻČŠŽİĞŞ][\w'’.-]*|de|da|del|der|den|di|du|la|le|van|von|bin|binti|al|el|y|dos|ten|ter)"
_ENGLISH_NAME = re.compile(rf"(?:(?:Dr|Prof|Mr|Mrs|Ms"
                           rf"|Miss)\.?\s)?(?P<name>[A-ZÀ-ÞŁŚŻČŠŽİ][\w'’.-]*(?:\s{_NAME_WORD}){{1,4}})"
                           r"(?:,?\s(?:Ph\.?D|MBA|M\.?D|MSc|BSc|CPA|PMP|PE|RN|Jr|Sr|II|III|Esq)\.?)*")  # fmt: skip
_NO_NAME = re.compile(
    r"\b(?:resum[eé]|résumé|curriculum|vitae|cv|profile|summary|page|updated|street|road|avenue|lane|university"
    r"|college|school|institute"
    r"|company|inc|ltd|group|street|engineering|science|sciences|skills?|new york|united|san|los|portfolio"
    r"|confidential|personal|contact"
    r"|january|february|march|april|june|july|august|september|october|november|december|objective|development"
    r"|marketing|management"
    r"|sales|software|senior|junior|data|design|product|project|business|research|of|and|for|the|at|in)\b",
    re.I,
)
_AROUND_HAN = re.compile(
    r"(?:的?\s*个\s*人\s*简\s*[历介]|的?\s*求?\s*职?\s*简\s*历|先生|女士|小姐|\s*resume|\s*cv)", re.I
)
_NO_HAN_NAME = re.compile(
    r"简历|简介|信息|资料|经历|求职|应聘|教育|工作|技能|大学|学院|公司|工程|经理|本科|硕士|博士|市$|省$|区$|专业|时间"
    r"|单位|职位|男|女|汉族"
)
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
        return None if _NO_HAN_NAME.search(printed) else part.field("label", 0.97, printed)
    english = re.match(r"[^\W\d_][^\W\d_.'’-]*(?:[ .'’-]{1,2}[^\W\d_]+){0,4}\.?", text)
    if not english or len(english.group()) > 50 or _NO_NAME.search(english.group()) or not english.group()[0].isupper():
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


def find_name(rows: Sequence[Row], email: str) -> Field | None:
    """A name without a label: the largest type at the top of the first page, else the first line of all."""
    top = [row for row in rows if row.page_number == rows[0].page_number][:12]
    if not top:
        return None
    largest = max(row.size_pt for row in top)
    ranked = sorted(range(len(top)), key=lambda i: (-round(top[i].size_pt / largest, 1), i))
    for rank, i in enumerate(ranked[:5]):
        row = top[i]
        distinct = row.size_pt > 0.93 * largest and largest > 1.15 * min(r.size_pt for r in top)
        for cell in whole(row.text).split(re.compile(r"\t|\s[|·]\s|[|/,](?=\s?[\u3400-\u9fff])"))[:2]:
            name = _name_in(cell)
            if name is None:
                continue
            known = any(
                len(part) > 2 and part in email.partition("@")[0] for part in re.findall(r"\w+", name.reads.lower())
            )
            if not (distinct or i == 0 or known or (rank == 0 and i < 2)):
                continue
            printed = name.text.printed[name.start : name.end]
            value = (
                "".join(printed.split()) if not printed.isascii() and HAN_NAME_SPACED.fullmatch(name.reads) else None
            )
            confidence = 0.9 if distinct or known else 0.7
            return name.field("largest_type" if distinct else "position", confidence, value)
    whole_first = whole(top[0].text)
    spaced = HAN_NAME_SPACED.match(whole_first.reads)
    if spaced and spaced.end() == len(whole_first.reads):
        return whole_first.field("position", 0.7, "".join(whole_first.reads.split()))
    return None


def _name_in(cell: Span) -> Span | None:
    text = cell.reads
    if heading_kind(text) or any(map(str.isdigit, text)) or "@" in text:
        return None
    around = _AROUND_HAN.search(text)
    if around and around.start() >= 2:
        cell = cell.part(0, around.start())
        text = cell.reads
    beside = re.match(r"([\u3400-\u9fff\s]{2,7})\s*\(?[A-Za-z][A-Za-z .'-]+\)?$", text)
    han = text if not beside else beside[1].strip()
    if HAN_NAME_SPACED.fullmatch(han) and not _NO_HAN_NAME.search("".join(han.split())):
        return cell.part(0, len(han))
    english = _ENGLISH_NAME.fullmatch(text.strip(" |·,"))
    if english and 5 <= len(text) <= 45 and not _NO_NAME.search(english["name"]) and not TITLE_ENGLISH.search(text):
        start, end = english.span("name")
        return cell.part(start, end)
    return None


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
        ) or _NO_HAN_NAME.search(name):
            continue
        yield "name", text.field(*found.span("name"), "prose", 0.92)
        start = found.start("mark")
        gender = re.match(r"先生|女士|小姐|[,:]?\s*[男女]", text.text[start:])
        if gender:
            code = "male" if gender.group()[-1] in "生男" else "female"
            yield "gender", text.field(start + len(gender.group()) - (1 if gender.group()[-1] in "男女" else 2),
                                       start + gender.end(), "prose", 0.92, code)  # fmt: skip
        return
