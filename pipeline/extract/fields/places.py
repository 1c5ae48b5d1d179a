"""Names of places as resumes write them: "Trenton, NJ", "Istanbul, Türkiye", "Remote".

Countries and their states come from ISO 3166 (pycountry). Towns are told by the state or country after them, some large
ones by their names.
"""

from __future__ import annotations

import functools
import re
import unicodedata

import pycountry

from pipeline.extract.fields.towns import TOWNS

_ALIASES = {
    "uk": "GB", "u.k.": "GB", "england": "GB", "scotland": "GB", "wales": "GB", "northern ireland": "GB",
    "great britain": "GB", "usa": "US", "u.s.a.": "US", "u.s.": "US", "us": "US", "united states of america": "US",
    "uae": "AE", "turkey": "TR", "russia": "RU", "south korea": "KR", "korea": "KR", "czech republic": "CZ",
    "the netherlands": "NL", "holland": "NL", "prc": "CN", "p.r. china": "CN", "hong kong sar": "HK", "macau": "MO",
    "ivory coast": "CI", "swaziland": "SZ", "cape verde": "CV", "palestine": "PS", "burma": "MM", "brasil": "BR",
    "deutschland": "DE", "españa": "ES", "italia": "IT", "schweiz": "CH", "österreich": "AT",
}  # fmt: skip
# Where towns are written with a state: the names and, where in use, the letters of its states.
_LETTERED = ("US", "CA", "AU")
_NAMED = (
    *_LETTERED,
    "BR",
    "IN",
    "IT",
    "MX",
    "DE",
    "GB",
    "ES",
    "CN",
    "FR",
    "CH",
    "AT",
    "NL",
    "BE",
    "IE",
    "JP",
    "NZ",
    "ZA",
    "NG",
    "AR",
    "PL",
)
_AWAY = re.compile(
    r"(?:fully |100% |partly )?(?:remote(?:ly)?|hybrid|on[- ]?site|work from home|wfh)(?: work)?"
    r"(?:\s?[(/,–-]\s?[\w ,.]+\)?)?", re.I
)  # fmt: skip
_TOWN = r"(?:[A-ZÀ-ÖØ-ÞĀ-Ž][\w'’.-]*|of|de|da|do|del|la|le|les|los|las|el|am|an|der|den|the|upon|sur|on|in|und|and|und)"
_TOWNS = re.compile(rf"(?!(?:of|and|the|in|on|and)\b){_TOWN}(?:[ -]{_TOWN}){{0,4}}(?: \([A-Z]{{2,3}}\))?")
_AREA = re.compile(r"\b(?:area|metro(?:politan)?|bay area|region|district|county|province|greater)\b", re.I)
POSTCODE = re.compile(r"\s*\b(?:\d{4,6}(?:-\d{3,4})?|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|[A-Z]\d[A-Z] ?\d[A-Z]\d)\b")
_NO_TOWN = re.compile(
    r"^(?:Inc|Ltd|LLC|LLP|Co|Corp|GmbH|Pvt|PLC|plc|AG|AS|SA|BV|Limited|Incorporated|Company|Corporation)\.?$"
    r"|\b(?:University|College|Institute|School|Academy|Department|Faculty|Bank|Hospital)\b"
)
_MAX_PLACE = 60  # letters
_COMMA = re.compile(r"\s*,\s*")


@functools.cache
def _regions() -> tuple[dict[str, str], dict[str, str]]:
    """Countries and states by name in lower case, and states by their letters; the values are ISO country codes."""
    names = dict(_ALIASES)
    for country in pycountry.countries:
        for name in (country.name, getattr(country, "common_name", ""), getattr(country, "official_name", "")):
            if name:
                names.setdefault(name.casefold(), country.alpha_2)
                names.setdefault(name.partition(",")[0].casefold(), country.alpha_2)
    names |= {_bare(name): code for name, code in names.items()}
    letters: dict[str, str] = {}
    for state in pycountry.subdivisions:
        if state.country_code in _LETTERED:
            letters.setdefault(state.code.partition("-")[2], state.country_code)
        if state.country_code in _NAMED:
            names.setdefault(_bare(re.sub(r"\s*[(\[].*", "", state.name).casefold()), state.country_code)
    letters = {letter: country for letter, country in letters.items() if letter.isalpha()}
    return names, letters


def _bare(text: str) -> str:
    """Without accents."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


@functools.lru_cache(maxsize=4096)
def region_of(text: str) -> str | None:
    """The country's code where the text is a country, a state or a state's letters: "NJ", "Türkiye"."""
    if len(text) > _MAX_PLACE:
        return None
    names, letters = _regions()
    text = POSTCODE.sub("", text).strip(" .")
    if text.isupper() and text in letters:
        return letters[text]
    folded = text.casefold()
    known = len(text) > 3 or text.isupper() or "." in text
    return names.get(folded) or names.get(_bare(folded)) if known else None


def is_away(text: str) -> bool:
    """Whether it says that work is done from anywhere: "Remote", "Hybrid"."""
    return bool(_AWAY.fullmatch(text.strip(" ()")))


def is_town(text: str) -> bool:
    """Whether it is one of the large towns."""
    return _bare(text.casefold()) in TOWNS


def place_score(text: str) -> float:
    """How surely the whole text names a place, 0..1.

    0.95 for a town with its state, 0.7 for a name with a country behind it that may as well be a firm's, 0.3 for a
    bare name.
    """
    text = text.strip(" ()")
    if not text or len(text) > _MAX_PLACE:
        return 0.0
    if is_away(text):
        return 0.95
    parts = [POSTCODE.sub("", part).strip() for part in _COMMA.split(text)]
    parts = [part for part in parts if part]
    if not parts or not all(_TOWNS.fullmatch(part) or region_of(part) for part in parts):
        return 0.0
    if len(parts) > 1:
        last, before = parts[-1], parts[-2]
        if not region_of(last) and not (is_town(parts[0]) and len(parts) == 2 and len(last.split()) <= 2):
            return 0.0
        if len(parts) == 2 or (len(parts) == 3 and region_of(before) and not is_town(before)):
            sure = is_town(parts[0]) or (last.isupper() and len(last) < 4 and last not in ("UK", "USA", "US", "UAE"))
            sure = sure or region_of(parts[0]) is not None or len(parts) == 3
            return 0.95 if sure else 0.7
        return 0.0
    if region_of(parts[0]) or is_town(parts[0]):
        return 0.85
    words = parts[0].split()
    last = words[-1]
    if len(words) > 1 and last.isupper() and region_of(last) and is_town(" ".join(words[:-1])):  # "Boston MA"
        return 0.8
    return 0.6 if _AREA.search(text) else 0.3 if len(words) <= 3 else 0.0


def place_tail(text: str) -> int:
    """Where a place begins that ends the text after a comma: 11 in "Acme, Inc., Leeds, UK"; len(text) if none."""
    commas = list(_COMMA.finditer(text))
    if not commas:
        return len(text)
    last = text[commas[-1].end() :]
    if is_away(last):
        return commas[-1].end()
    if region_of(last) is None and is_town(last):
        return commas[-1].end()
    if region_of(last) is None or not last[:1].isupper():
        return len(text)
    if len(commas) > 1:
        between = text[commas[-2].end() : commas[-1].start()]
        if _TOWNS.fullmatch(between) and not _NO_TOWN.search(between):
            further = commas[-3].end() if len(commas) > 2 else None
            town = text[further : commas[-2].start()]
            # "Stanford, CA, USA"
            by_state = region_of(between) and not is_town(between)
            if by_state and further and _TOWNS.fullmatch(town) and not _NO_TOWN.search(town):
                return further
            return commas[-2].end()
    return commas[-1].end()
