"""One folding for what is searched and what is searched for; the text itself stays as it was printed.

Folded away are case, full and half width (ＡＢＣ１２３, ｶﾀｶﾅ), ligatures and other compatibility forms (ﬁ, ㈱, ㎡),
radicals, invisible characters, and whether Chinese is written in Traditional or Simplified characters or in variants of
them: 臺, 台 and 檯 are one. That goes character by character, so that no choice of words can part the two sides; where
it makes one of two words (乾 and 幹 are both 干), a search finds a little too much and never too little.

The table of characters is kept here rather than asked of the `opencc` package: it says less than its own dictionaries
do (鎗, 牠, 彷 and some thirty others in daily use would stay apart from 枪, 它, 仿), and an index written with one
table must not be asked with another.
"""

from __future__ import annotations

import bisect
import hashlib
import itertools
import re
import unicodedata
from dataclasses import dataclass

from pipeline.han_variants import GROUPS
from pipeline.look_alikes import RADICALS

# Han with extensions and compatibility forms, kana, bopomofo, hangul.
CJK = (
    "\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3100-\u312f\u3400-\u4dbf"
    "\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
_RULES = 1  # raise it with any change below that folds a text otherwise
_ONE_WAY = {ord(other): group[0] for group in GROUPS.split() for other in group[1:]}
_KANA = re.compile("[\u3041-\u30ff]")
# Soft hyphens, joiners, marks of direction, variation selectors: nothing that is seen.
_UNSEEN = "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
_UNSEEN += "\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff"
_INVISIBLE = re.compile(f"[{_UNSEEN}]")
_PLAIN = re.compile(r"[\x00-\x7f\u3001-\u3003\u3400-\u4dbf\u4e00-\u9fff]")


def _begins_apart(code: int) -> bool:
    """Signs that are no part of the word before them: in “Pagemill™” one looks for Pagemill, and 1½ is not 11/2."""
    return unicodedata.decomposition(chr(code)).startswith(("<circle>", "<fraction>")) or code in (0x2120, 0x2122)


_FIRST = {ord(radical): character for radical, character in RADICALS.items()}
_APART = (*range(0xBC, 0xBF), *range(0x2120, 0x2190), *range(0x2460, 0x2500), *range(0x3244, 0x3300))
_FIRST |= {code: f" {chr(code)}" for code in _APART if _begins_apart(code)}


def _is_common(character: str) -> bool:
    """One of the 3,755 characters most used in Simplified Chinese (level 1 of GB 2312)."""
    try:
        return "\xb0" <= chr(character.encode("gb2312")[0]) <= "\xd7" and character > "\xff"
    except UnicodeEncodeError:
        return False


_SIMPLIFIED = {code: other for code, other in _ONE_WAY.items() if not _is_common(chr(code))}

FINGERPRINT = hashlib.sha256(f"{_RULES} {unicodedata.unidata_version} {_FIRST} {GROUPS}".encode()).hexdigest()[:16]
"""Changes with the folding, that of this Python's Unicode included: an index remembers the one it was written with."""


def fold(text: str) -> str:
    """The text as it is compared."""
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text).translate(_FIRST)).casefold()
    return _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).translate(_ONE_WAY)


def simplified(text: str) -> str:
    """Traditional Chinese in Simplified characters, anything else as it is; for what reads better in one script.

    It goes character by character: of 乾 and 幹 both become 干. Text with kana is Japanese and stays.
    """
    return text if text.isascii() or _KANA.search(text) else text.translate(_SIMPLIFIED)


@dataclass(frozen=True, slots=True)
class Folded:
    """A folded text that knows where each of its characters comes from.

    Attributes:
        text: as `fold` gives it.
        starts: offsets in `text` at which the pieces of the original begin that were folded by themselves.
        origins: where each of them begins in the original; one more than `starts`, the last is its length.
    """

    text: str
    starts: tuple[int, ...]
    origins: tuple[int, ...]

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """The part [start, end) of the original that became the part [start, end), not empty, of `text`."""
        first, last = (bisect.bisect_right(self.starts, at) - 1 for at in (start, end - 1))
        return self.origins[first], self.origins[last + 1]


def fold_with_origins(text: str) -> Folded:
    """Fold a text piece by piece: a character with the marks that combine with it."""
    cuts = [at for at, character in enumerate(text) if not (at and _goes_on(character))]
    cuts.append(len(text))
    parts: list[str] = []
    starts: list[int] = []
    origins: list[int] = []
    length = 0
    for begin, end in itertools.pairwise(cuts):
        part = fold(text[begin:end])
        if part:
            starts.append(length)
            origins.append(begin)
            parts.append(part)
            length += len(part)
    return Folded("".join(parts), tuple(starts), (*origins, len(text)))


def _goes_on(character: str) -> bool:
    """Whether it may melt into what stands before it: marks that combine, vowels and finals of hangul, nothing seen."""
    if _PLAIN.match(character):
        return False
    first = fold(character)[:1]
    return not first or unicodedata.category(first)[0] == "M" or "\u1160" <= first <= "\u11ff"
