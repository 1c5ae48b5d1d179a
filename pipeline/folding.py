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
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

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
# Each of these is folded to one character, whatever stands beside it.
_PLAIN = re.compile(r"[\x00-\x7f\u3001-\u3003\u3400-\u4dbf\u4e00-\u9fff]")
_RUN = re.compile(f"{_PLAIN.pattern}+|.", re.DOTALL)
_ALL_PLAIN = re.compile(f"{_PLAIN.pattern}*")


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
    starts: Sequence[int]
    origins: Sequence[int]

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """The part [start, end) of the original that became the part [start, end), not empty, of `text`."""
        first, last = (bisect.bisect_right(self.starts, at) - 1 for at in (start, end - 1))
        return self.origins[first], self.origins[last + 1]


def fold_with_origins(text: str) -> Folded:
    """Fold a text piece by piece: a character with the marks that combine with it."""
    if _ALL_PLAIN.fullmatch(text):
        return Folded(text.lower().translate(_ONE_WAY), range(len(text)), range(len(text) + 1))
    parts: list[str] = []
    starts: list[int] = []
    origins: list[int] = []
    length = 0
    for begin, end, alike in _pieces(text):
        part = text[begin:end].lower().translate(_ONE_WAY) if alike else _fold_piece(text[begin:end])
        if not part:
            continue
        parts.append(part)
        if alike:  # character by character, as many as there were
            starts.extend(range(length, length + len(part)))
            origins.extend(range(begin, end))
        else:
            starts.append(length)
            origins.append(begin)
        length += len(part)
    return Folded("".join(parts), tuple(starts), (*origins, len(text)))


def _pieces(text: str) -> Iterator[tuple[int, int, bool]]:
    """What is folded by itself: [begin, end), and whether those are plain characters, each folded to one.

    Plain ones are taken many at once; the last of them alone, as marks behind it may melt into it.
    """
    held: int | None = None  # where a piece began that what follows may go on with
    for found in _RUN.finditer(text):
        begin, end = found.span()
        plain = _PLAIN.match(found[0]) is not None
        if held is not None and (plain or not _goes_on(found[0])):
            yield held, begin, False
            held = None
        if plain and end - begin > 1:
            yield begin, end - 1, True
        if held is None:
            held = end - 1
    if held is not None:
        yield held, len(text), False


@lru_cache(4096)
def _fold_piece(piece: str) -> str:
    """`fold`, remembered: a text has few different characters."""
    return fold(piece)


@lru_cache(4096)
def _goes_on(character: str) -> bool:
    """Whether it may melt into what stands before it: marks that combine, vowels and finals of hangul, nothing seen."""
    if _PLAIN.match(character):
        return False
    first = fold(character)[:1]
    return not first or unicodedata.category(first)[0] == "M" or "\u1160" <= first <= "\u11ff"
