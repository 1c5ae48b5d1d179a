"""In which order people look for text: numbers by size, Chinese by its sound (pinyin), behind other scripts.

A character by character key, so that names with one family name stand together, and those with another of the same
sound behind them. Of a character that is read in several ways the most usual counts: 曾 stands at ceng.
"""

from __future__ import annotations

import os
import re
import unicodedata
from functools import cache, lru_cache

from storage import values

_HAN = re.compile("[\u3007\u3400-\u9fff\U00020000-\U0003ffff]")
_DIGITS = re.compile(r"\d{1,18}")
_BEHIND = "\u3400"  # where Chinese begins: behind Latin, Greek, Cyrillic and kana
_TONES = {"\u0304": "1", "\u0301": "2", "\u030c": "3", "\u0300": "4"}  # marks over vowels
_KEPT = 50_000  # keys, some 200 bytes each: a table is turned over page by page
_LETTERS = 60  # of a value decide


@lru_cache(maxsize=_KEPT)
def sort_key(value: str) -> str:
    """A string that sorts by code points as its value should sort."""
    text = values.folded(value[:_LETTERS])
    text = _DIGITS.sub(lambda found: found[0].lstrip("0").rjust(18, "0"), text)
    return _HAN.sub(lambda found: f"{_BEHIND}{_sound(found[0])}{found[0]}", text)


@cache
def _sound(character: str) -> str:
    """The syllable, then its tone, 5 for none: "li3". Characters without one come last."""
    marked = unicodedata.normalize("NFD", _readings().get(ord(character), "").partition(",")[0])
    tone = next((_TONES[mark] for mark in marked if mark in _TONES), "5")
    syllable = "".join(mark for mark in marked if mark not in _TONES)
    return f"{syllable}{tone}" if syllable else "~"


@cache
def _readings() -> dict[int, str]:
    """Characters to their readings, the most usual first."""
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")  # its words are some 45 MB, and are not asked for
    from pypinyin.pinyin_dict import pinyin_dict

    readings: dict[int, str] = pinyin_dict
    return readings
