"""Particulars of a person in the head of a Chinese resume: people, country, home, where they live, day of birth."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from pipeline.extract.fields.dates import parse_date
from pipeline.extract.fields.han.lexicon import one_of
from pipeline.extract.fields.han.lexicon.peoples import CITIES, COUNTRIES, PEOPLES, PROVINCES
from pipeline.extract.fields.han.segments import HAN
from pipeline.extract.fields.text import Field, Span, Text, whole

_CELLS = re.compile(r"[\t|·,;/、]|\s{2,}|(?<=[\u3400-\u9fff])\s(?=[\u3400-\u9fff])")
_PEOPLE = re.compile(rf"(?P<people>{one_of(PEOPLES)})(?P<mark>族)?")
_COUNTRY = re.compile(rf"(?P<country>{one_of(COUNTRIES)})(?:国籍|籍|公民|人)?")
_PLACE = re.compile(rf"[{HAN}]{{2,24}}(?:[\s-]{{0,2}}[{HAN}0-9]{{1,20}}){{0,4}}")
_TOWN = re.compile(rf"(?:{one_of(PROVINCES)}[省市]?)?(?:{one_of(CITIES)}|[{HAN}]{{2,4}}市)市?(?:[{HAN}]{{1,4}}[区县])?")
_LIVES = re.compile(rf"(?:现居住?[于在]?|现住|居住于|居于|base(?:d in)?)\s?:?\s?(?P<town>[{HAN}]{{2,12}})", re.I)
_GENDER = re.compile(r"(?:^|[\s|·,/、])[男女]性?(?=$|[\s|·,/、])")
_NO_PLACE = re.compile(r"不限|面议|保密|汉族|[男女]$|年$|期望|求职")


def labelled_particulars(labels: Iterable[tuple[str, Span]]) -> dict[str, Field]:
    """What stands beside 民族, 国籍, 籍贯, 现居住地 and the like.

    Args:
        labels: kinds and values, as `labelled` gives them.
    """
    found: dict[str, Field] = {}
    for kind, value in labels:
        field = _LABELLED[kind](value) if kind in _LABELLED else None
        if field:
            found.setdefault(kind, field)
    return found


def _people(value: Span) -> Field | None:
    named = _PEOPLE.match(value.reads)
    if named is None or named.end() < len(value.reads.split()[0]):
        return None
    return value.part(0, named.end()).field("label", 0.97, named["people"] + "族")


def _country(value: Span) -> Field | None:
    named = _COUNTRY.match(value.reads)
    if named:
        return value.part(0, named.end()).field("label", 0.96, named["country"])
    english = re.match(r"[A-Z][A-Za-z]+(?: [A-Z][A-Za-z]+)?", value.reads)
    return value.part(0, english.end()).field("label", 0.93) if english else None


def _place(value: Span) -> Field | None:
    named = _PLACE.match(value.reads)
    if named is None or _NO_PLACE.search(named.group()):
        return None
    return value.part(0, named.end()).field("label", 0.95)


_LABELLED: dict[str, Callable[[Span], Field | None]] = {
    "ethnicity": _people, "nationality": _country, "native_place": _place, "location": _place,
}  # fmt: skip


def standing_particulars(rows: Sequence[Text]) -> dict[str, Field]:
    """What stands without a label among short items: "女 | 1992年3月 | 汉族 | 现居上海".

    Args:
        rows: of the head of the resume.
    """
    found: dict[str, Field] = {}
    for row in rows:
        if len(row.text) > 120:
            continue
        lives = _LIVES.search(row.text)
        if lives and not _NO_PLACE.search(lives["town"]):
            found.setdefault("location", row.field(*lives.span("town"), "pattern", 0.9))
        gendered = bool(_GENDER.search(row.text))
        for cell in whole(row).split(_CELLS):
            reads = cell.reads
            people = _PEOPLE.fullmatch(reads)
            if people and people["mark"]:
                found.setdefault("ethnicity", cell.field("pattern", 0.93))
            elif _TOWN.fullmatch(reads):
                found.setdefault("location", cell.field("pattern", 0.8))
            elif gendered and (born := _birth(reads)):
                found.setdefault("birth_date", cell.field("position", 0.85, born))
    return found


def _birth(reads: str) -> str | None:
    """The date that the text is, where somebody who works may have been born then."""
    date = parse_date(reads)
    whole_text = date is not None and date.start == 0 and date.end == len(reads)
    return date.value if date and whole_text and "1930" <= date.value[:4] <= "2012" else None
