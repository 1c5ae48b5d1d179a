"""Numbers about a reading, from what stands on the page and what was read; pure functions on texts.

Terms: the character error rate is the least number of characters to insert, delete or replace that makes one text the
other (Levenshtein distance), over the number of characters that stand on the page. Character accuracy is one less that
rate, at least 0. Words are compared as a bag, without regard to order.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from rapidfuzz.distance import Levenshtein

NORMALISATION = (
    "characters: compatibility forms folded (NFKC: full width and half width, ligatures), runs of white space as one "
    "space, none at all where most letters are Han; a word broken by a hyphen at a line's end joined; case ignored "
    "where the truth has capitals only; the strict figure folds nothing but white space",
    "words: NFKC, case ignored, as a bag; a Han character is a word, else what stands between white space; "
    "the figure without punctuation takes runs of letters and digits",
)
_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_HAN_CHARACTER = re.compile(f"[{_HAN}]")
_WORD = re.compile(f"[{_HAN}]|[^\\s{_HAN}]+")
_BARE_WORD = re.compile(f"[{_HAN}]|[^\\W_{_HAN}]+")
_BROKEN = re.compile(r"(?<=[^\W\d_])[-\u2010\u00ad][^\S\n]*\n\s*(?=[^\W\d_])")


@dataclass(frozen=True, slots=True)
class Overlap:
    """How two bags of words share their members.

    Attributes:
        kept: share of the truth's words that was read, 0..1; 1 where there are none.
        invented: share of what was read that the truth has not, 0..1; 0 where nothing was read.
        f1: harmonic mean of `kept` and `1 - invented`, 0..1.
    """

    kept: float
    invented: float
    f1: float


@dataclass(frozen=True, slots=True)
class Accuracy:
    """One text measured against the truth.

    Attributes:
        characters: on the page, as they are counted.
        edits: least number of changes.
        cer: character error rate, 0 and up; 1 where text was read and the truth has none.
        strict_cer: the same with nothing folded but white space.
        words: of the words as their reader gave them.
        bare_words: of runs of letters and digits.
    """

    characters: int
    edits: int
    cer: float
    strict_cer: float
    words: Overlap
    bare_words: Overlap

    @property
    def character_accuracy(self) -> float:
        """0..1."""
        return max(0.0, 1.0 - self.cer)


@dataclass(frozen=True, slots=True)
class Spread:
    """A figure over the pages of a set."""

    mean: float
    median: float
    worst: float

    @classmethod
    def of(cls, values: Sequence[float], *, low_is_bad: bool) -> Spread | None:
        """None where there are no values."""
        if not values:
            return None
        return cls(fmean(values), median(values), min(values) if low_is_bad else max(values))


def measure(truth: str, text: str, words: Iterable[str]) -> Accuracy:
    """Measures a page.

    Args:
        truth: what stands on it.
        text: the text that users get, in reading order.
        words: as the reader saw them.
    """
    expected, found = comparable(truth, text)
    edits = Levenshtein.distance(expected, found)
    strict_truth, strict_text = comparable(truth, text, fold=False)
    joined = " ".join(words)
    return Accuracy(
        characters=len(expected),
        edits=edits,
        cer=_rate(edits, len(expected)),
        strict_cer=_rate(Levenshtein.distance(strict_truth, strict_text), len(strict_truth)),
        words=overlap(_bag(_WORD, truth), _bag(_WORD, joined)),
        bare_words=overlap(_bag(_BARE_WORD, truth), _bag(_BARE_WORD, joined)),
    )


def _rate(edits: int, characters: int) -> float:
    return edits / characters if characters else float(edits > 0)


def comparable(truth: str, text: str, *, fold: bool = True) -> tuple[str, str]:
    """Both texts as their characters are compared: see `NORMALISATION`."""
    han = is_han(truth or text)
    if not fold:
        return _spaced(truth, han), _spaced(text, han)
    truth, text = (unicodedata.normalize("NFKC", _BROKEN.sub("", part)) for part in (truth, text))
    if truth and truth == truth.upper():
        text = text.upper()
    return _spaced(truth, han), _spaced(text, han)


def _spaced(text: str, han: bool) -> str:
    return ("" if han else " ").join(text.split())


def is_han(text: str) -> bool:
    """Whether most of a text's letters are Chinese characters."""
    letters = sum(character.isalpha() for character in text)
    return 2 * len(_HAN_CHARACTER.findall(text)) > letters


def _bag(pattern: re.Pattern[str], text: str) -> Counter[str]:
    return Counter(pattern.findall(unicodedata.normalize("NFKC", text).casefold()))


def overlap(truth: Counter[str], read: Counter[str]) -> Overlap:
    """Of two bags of words."""
    shared = (truth & read).total()
    kept = shared / truth.total() if truth else 1.0
    right = shared / read.total() if read else 1.0
    return Overlap(kept, 1.0 - right, 2 * kept * right / (kept + right) if kept + right else 0.0)
