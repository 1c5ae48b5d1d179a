"""Which script a page is written in: cheaply from its image before reading, exactly from its text after.

Tesseract must be told a language, and reads Han pages worse and slower when told two. Its own script detection
(`--psm 0`) called 2 of 5 Chinese pages Japanese, a dense one Latin and a receipt Cyrillic, for 0.4-1.9 s a page.
Reading three clippings of text with `chi_sim`, which knows Latin letters too, was right on all 17 pages tried
(receipts, profiles, dense pages of 6-10 pt, in both scripts) for some 0.2 s, most of it starting Tesseract. The
clippings are cut in `ink.py` and read in `tesseract.py`; here is what the characters say.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.ocr.base import SCRIPT_OF_LANGUAGE

# A Latin letter says less than a Han character: some three of them make as much of a page.
LETTERS_PER_HAN = 3.0
HAN_SHARE = 0.85  # from here a page is Han: Chinese pages name companies and units in Latin letters
LATIN_SHARE = 0.10  # up to here it is Latin: a letterhead or a misread logo does not make a page mixed


def is_cjk(char: str) -> bool:
    """Whether a character is set without spaces around it: Han, kana, CJK punctuation, full-width forms."""
    code = ord(char)
    return (
        0x3000 <= code <= 0x30FF
        or 0x3400 <= code <= 0x4DBF
        or 0x4E00 <= code <= 0x9FFF
        or 0xF900 <= code <= 0xFAFF
        or 0xFE30 <= code <= 0xFE4F
        or 0xFF00 <= code <= 0xFF60
        or 0x20000 <= code <= 0x323AF
    )


def is_han(char: str) -> bool:
    """Whether a character is a Han ideograph."""
    code = ord(char)
    return 0x3400 <= code <= 0x4DBF or 0x4E00 <= code <= 0x9FFF or 0xF900 <= code <= 0xFAFF or code >= 0x20000


def script_of(text: str) -> str:
    """The script of a text: "latin", "han", "mixed", or "none" without any visible character.

    Digits and signs alone count as Latin, the script of the digits.
    """
    han = sum(map(is_han, text))
    letters = sum(char.isalpha() for char in text) - han
    if not han:
        return "latin" if text.strip() else "none"
    share = han / (han + letters / LETTERS_PER_HAN)
    if share >= HAN_SHARE:
        return "han"
    return "latin" if share <= LATIN_SHARE else "mixed"


def languages_of_script(script: str, languages: Sequence[str]) -> tuple[str, ...]:
    """The configured languages that are written in the page's script; all where it is mixed or unknown."""
    fitting = tuple(code for code in languages if SCRIPT_OF_LANGUAGE.get(code) == script)
    return fitting or tuple(languages)


def needs_decision(languages: Sequence[str]) -> bool:
    """Whether the configured languages leave the script open."""
    return len({SCRIPT_OF_LANGUAGE.get(code) for code in languages}) > 1
