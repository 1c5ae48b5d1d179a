"""How much an English phrase sounds like a title, or like the name of an employer.

Scores, not verdicts: about 2 where a word says it outright, 0 where nothing does, below 0 where something speaks
against it. What a phrase cannot tell, the other entries of its section can (`templates.py`).
"""

from __future__ import annotations

import functools
import re

from pipeline.extract.fields.lexicon import EMPLOYER_ENGLISH, ENGLISH_SCHOOL, TITLE_ENGLISH
from pipeline.extract.fields.places import place_score

_MORE_TITLES = re.compile(
    r"\b(?:Chief|Member|Master|Organi[sz]er|Paramedic|Generalist|Copywriter|Server|Bartender|Host(?:ess)?|Crew|Sergeant"
    r"|Corporal|Lieutenant|Major|Commander|Specialist|Superintendent|Apprentice|Laborer|Machinist|Welder|Plumber"
    r"|Custodian|Janitor|Guard|Dispatcher|Courier|Stylist|Trainer|Coach|Counsel(?:or|lor)|Psychologist|Dentist"
    r"|Veterinarian|Midwife|Caregiver|Carer|Nanny|Aide|Tutor|Mentor|Facilitator|Evangelist|Advocate|Liaison"
    r"|Internship|Fellowship|Residency|Traineeship|Apprenticeship|Externship|Consultancy|Practicum|Placement"
    r"|PhD Student|Doctoral Candidate|Student|Resident|Visitor|Adjunct|Emeritus|Generalist|Expert|Professional"
    r"|Staff|SDE|SWE|SRE|PM|QA|Dev|Admin|Ops|Sr\.?|Jr\.?|CISO|CPO|CHRO|CRO|MD|GM|AVP|Programme? Lead|Estimator"
    r"|Underwriter|Adjuster|Assessor|Examiner|Investigator|Detective|Firefighter|Policeman|Police Officer|Soldier"
    r"|Sailor|Model|Actor|Actress|Dancer|Musician|Composer|Conductor|Director|Editor|Publisher|Correspondent"
    r"|Anchor|Broadcaster|Storekeeper|Shopkeeper|Merchant|Stocker|Picker|Packer|Loader|Handler|Helper|Associate)\b"
)
_RANK = re.compile(
    r"^(?:Senior|Junior|Lead|Chief|Head|Vice|Assistant|Associate|Deputy|Principal|Staff|Graduate|Undergraduate"
    r"|Visiting|Interim|Acting|Executive|Managing|Sr\.?|Jr\.?|Trainee|Student|Doctoral|Postdoctoral|Summer|Regional"
    r"|Certified|Registered|Licensed|Co-|Founding|Freelance|Volunteer|Honorary|Research|Teaching|Full[- ]Stack"
    r"|Front[- ]?end|Back[- ]?end)\b", re.I
)  # fmt: skip
_GRADE = re.compile(r"\s(?:I{1,3}|IV|V|[1-5]|L[3-8])$")
_TRADE = re.compile(r"(?:[a-z]{3,}(?:er|or|ist|ian|eer|man|woman|person)s?)$")
_HEAD_END = re.compile(r",|\s(?:of|for|to|in|at|and|&|with|-|–)\s|\s?[/(:]")
_EMPLOYERS = re.compile(
    r"\b(?:University|College|City|Bank|Department|Ministry|School|State|County|Institute|Office|Board|House|Port"
    r"|Embassy|Museum|Church|Town|Government|Commission|Bureau) of\b|(?:&|and) (?:Sons?|Co\b|Company|Brothers|Bros"
    r"|Associates|Partners|Daughters)|\.(?:com|io|ai|org|net|co|app|dev)\b|\b(?:Corp|Inc|Ltd|Pvt|LLP|GmbH|A/S|Oy|AB|AS"
    r"|Capital|Ventures|Industries|Enterprises|International|Global|Energy|Pharma(?:ceuticals)?|Healthcare|Health"
    r"|Medical|Hospitals?|Motors|Airlines?|Airways|Insurance|Financial|Securities|Software|Networks?|Robotics"
    r"|Analytics|Logistics|Media|Entertainment|Interactive|Games|Airport|Authority|Army|Navy|Air Force|Marines"
    r"|Corps|Police|Government|Parliament|Senate|Coffee|Café|Cafe|Restaurants?|Bistro|Hotels?|Resorts?|Bakery|Pharmacy"
    r"|Motor|Steel|Foods?|Farms?|Builders|Construction|Electric|Films?|Pictures|Records|Publishing|News|Times|Post"
    r"|Society|Association|Federation|Union|Nations|Alliance|Network|Academy|Observatory|Centre|Center|Seminary"
    r"|Supermarkets?|Stores?|Outfitters|Works|Brewing|Dental|Living|Depot|Ventures?|Realty|Properties|Legal|Law"
    r"|Theat(?:re|er)|Orchestra|Council|Collective|Cooperative|Startup|Dynamics|Biotech|Therapeutics|Diagnostics"
    r"|Semiconductors?|Telecom|Wireless|Aerospace|Aviation|Railways?|Shipping|Express)\b"
)
# How companies of other countries end.
_FORMS = re.compile(
    r"(?:^|[\s,])(?:S\.?L\.?[A-Z.]{0,4}|S\.?A\.?[A-Z.]{0,6}|S\.?[aA]\.?r\.?[lL]\.?|s\.?r\.?l\.?"
    r"|S\.?[Rr]\.?[Ll]\.?|s\.?n\.?c\.?"
    r"|S\.?p\.?A\.?|s\.?p\.?a\.?|S\.?Com\.?|S\.?Coop\.?|Sp\. ?z ?o\. ?o\.|Sp\.? ?[jk]\.|s\.?c\.|d\.?o\.?o\.?"
    r"|s\.?r\.?o\.?|a\.?s\.?"
    r"|Kft\.?|Zrt\.?|Nyrt\.?|ApS|A/S|ASA?|AB|Oyj?|Lda\.?|Ltda\.?|EIRL|EURL|SASU?|SNC|SCOP|Pty|Pte|Sdn\.? Bhd\.?"
    r"|Bhd\.?|K\.?K\.?"
    r"|e\.? ?V\.?|e\.? ?G\.?|mbH|OHG|GbR|KGaA|KG|UG|B\.?V\.?|N\.?V\.?|V\.?O\.?F\.?|OÜ|UAB|SIA|OOO|AO|JSC|PJSC|PT"
    r"|Tbk|Pvt\.?)$"
    r"|(?: e| y| et| i| und| &) (?:figli|asociados|fils|syn|S[öo]hne|Associés?|Cie|Co)\b"
)
_ON_ONES_OWN = re.compile(
    r"(?:self[- ]?employed|freelanc(?:e|ing)|independent(?: \w+)?|various(?: \w+)?|stealth(?: \w+)*|confidential"
    r"(?: \w+)?)",
    re.I,
)
_TEAM = re.compile(r"\b(?:team|division|department|dept\.?|unit|platform|infrastructure|area)$", re.I)
_SMALL = frozenset(
    ["of", "and", "the", "for", "in", "at", "to", "de", "la", "du", "des", "von", "van", "y", "e", "für", "di", "da",
     "do", "on", "&", "a", "an"]
)  # fmt: skip
_DEED = re.compile(r"^[A-Z]?[a-z]+ed\b")
_SENTENCE = re.compile(
    r"[!;]$|(?<![A-Z])(?:\b[^\W\d_]{4,}|\d|[%)])\.$|\b(?:is|was|were|are|has|have|had|that|which|who|using"
    r"|including|through|resulting)\b"
)


def _head_noun(text: str) -> str:
    """The words up to where a title names its field: "Lecturer" of "Lecturer in Economics"."""
    found = _HEAD_END.search(text)
    return text[: found.start()] if found and found.start() else text


def _says_sentence(text: str) -> float:
    """A penalty for what reads as a sentence rather than a name."""
    words = text.split()
    lower = sum(word[0].islower() and word not in _SMALL for word in words)
    penalty = 0.0
    if _SENTENCE.search(text) and not re.search(r"\b(?:Corp|Bros|Assoc|Intl)\.$", text):
        penalty += 1.5
    if len(words) > 2 and _DEED.match(text) and lower:
        penalty += 1.5
    if lower > 1 and 3 * lower > len(words):
        penalty += 1.0
    return penalty + 0.25 * max(0, len(words) - 9)


@functools.lru_cache(maxsize=4096)
def title_score(text: str) -> float:
    """How much it sounds like what somebody is at work."""
    text = text.strip()
    if not text:
        return -2.0
    shown = text.title() if text.isupper() and len(text) > 4 else text
    head = _head_noun(shown)
    last = head.split()[-1] if head.split() else ""
    score = 0.0
    if _is_noun(last) or _is_noun(head):
        score += 2.0
    elif TITLE_ENGLISH.search(shown) or _MORE_TITLES.search(shown):
        score += 1.2
    elif _TRADE.search(last) and not EMPLOYER_ENGLISH.search(shown):
        score += 0.7
    if _RANK.match(shown):
        score += 0.5
    if _GRADE.search(text):
        score += 0.8
    if score < 2 and (_names_employer(shown) or ENGLISH_SCHOOL.search(shown)):
        score -= 1.2
    if shown[:1].islower():
        score -= 0.8
    if re.search(r"\d{2}|@|https?:|www\.", text):
        score -= 1.0
    return score - _says_sentence(text) - (1.0 if place_score(text) >= 0.8 else 0.0)


@functools.lru_cache(maxsize=4096)
def employer_score(text: str) -> float:
    """How much it sounds like whom somebody works for."""
    text = text.strip()
    if not text:
        return -2.0
    shown = text.title() if text.isupper() and len(text.split()) > 1 else text
    last = shown.split()[-1]
    score = 0.0
    if _names_employer(shown) or ENGLISH_SCHOOL.search(shown):
        score += 2.0
    elif _ON_ONES_OWN.fullmatch(text):
        score += 1.2
    elif re.fullmatch(r"[A-Z][A-Z&.]{1,6}", text) and not _is_noun(text):
        score += 0.5
    elif shown.startswith("The "):
        score += 0.7
    if (_is_noun(_head_noun(shown).split()[-1]) if _head_noun(shown).split() else False) or _is_noun(last):
        score -= 1.5
    if _RANK.match(shown):
        score -= 0.4
    if _TEAM.search(shown):
        score -= 0.6
    if shown[:1].islower() and "." not in shown:
        score -= 0.8
    if re.search(r"@|https?:|www\.|\d{4}", text):
        score -= 1.0
    return score - _says_sentence(text) - (1.0 if place_score(text) >= 0.8 else 0.0)


def _is_noun(word: str) -> bool:
    return bool(TITLE_ENGLISH.fullmatch(word) or _MORE_TITLES.fullmatch(word))


def _names_employer(text: str) -> bool:
    return bool(EMPLOYER_ENGLISH.search(text) or _EMPLOYERS.search(text) or _FORMS.search(text))
