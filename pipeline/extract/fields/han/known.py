"""Short names of organisations that were named in full before: "青石重工" of "青石重工股份有限公司"."""

from __future__ import annotations

import re
from functools import lru_cache

from pipeline.extract.fields.han.lexicon import one_of
from pipeline.extract.fields.han.lexicon.organisations import FIRM_ENDS, NO_BRANDS
from pipeline.extract.fields.han.lexicon.peoples import COUNTRIES, PROVINCES
from pipeline.extract.fields.han.segments import HAN

_UNPLACED = re.compile(rf"^(?:(?:{one_of(PROVINCES, COUNTRIES)})[省市]?|[{HAN}]{{2,3}}[省市县])*")
_NO_BRAND = frozenset(NO_BRANDS.split())
_COMMON = re.compile(
    rf"(?:.*[第届一二三四五六七八九十]|{one_of(PROVINCES, COUNTRIES)}[省市]?|{one_of(FIRM_ENDS)}"
    rf"|[{HAN}]{{1,3}}[省市县区])$"
)
_MAX_SHORT = 6


def abbreviates(name: str, full: str) -> bool:
    """Whether the name is a part of the full one that tells it from others."""
    return 2 <= len(name) <= _MAX_SHORT and len(name) < len(full) and name in full and not _COMMON.match(name)


@lru_cache(maxsize=64)
def brands(names: frozenset[str]) -> frozenset[str]:
    """What sets organisations apart: the two characters behind the place."""
    found = (_UNPLACED.sub("", name)[:2] for name in names)
    return frozenset(brand for brand in found if len(brand) == 2 and brand not in _NO_BRAND)
