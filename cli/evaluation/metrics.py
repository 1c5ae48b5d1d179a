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

from cli.evaluation.flexible import flexible_edits

NORMALISATION = (
    "characters: compatibility forms folded (NFKC: full width and half width, ligatures), runs of white space as one "
    "space, none at all where most letters are Han; a word broken by a hyphen at a line's end joined; case ignored "
    "where the truth has capitals only; strict: nothing folded but white space; in any order: Flexible Character "
    "Accuracy, each line of the truth against the stretch most like it",
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
        flexible_cer: the same with the truth's lines in whatever order: what was misread, lost or invented.
        strict_cer: the same with nothing folded but white space.
        words: of the words as their reader gave them.
        bare_words: of runs of letters and digits.
    """

    characters: int
    edits: int
    cer: float
    flexible_cer: float
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
        truth: what stands on it, lines parted by newlines.
        text: the text that users get, in reading order.
        words: as the reader saw them.
    """
    form, strict = Form.of(truth, text), Form.of(truth, text, strict=True)
    expected, found = form.text(truth), form.text(text)
    edits = Levenshtein.distance(expected, found)
    flexible = flexible_edits(form.lines(truth), found) if edits else 0
    strict_truth, strict_text = strict.text(truth), strict.text(text)
    joined = " ".join(words)
    return Accuracy(
        characters=len(expected),
        edits=edits,
        cer=_rate(edits, len(expected)),
        flexible_cer=_rate(edits if flexible is None else min(edits, flexible), len(expected)),
        strict_cer=_rate(Levenshtein.distance(strict_truth, strict_text), len(strict_truth)),
        words=overlap(_bag(_WORD, truth), _bag(_WORD, joined)),
        bare_words=overlap(_bag(_BARE_WORD, truth), _bag(_BARE_WORD, joined)),
    )


def _rate(edits: int, characters: int) -> float:
    return edits / characters if characters else float(edits > 0)


@dataclass(frozen=True, slots=True)
class Form:
    """The form in which the characters of a page are compared, see `NORMALISATION`.

    Attributes:
        blank: what white space becomes.
        capitals: case is ignored.
        strict: nothing else is folded.
    """

    blank: str
    capitals: bool
    strict: bool

    @classmethod
    def of(cls, truth: str, text: str, *, strict: bool = False) -> Form:
        """For a page with this truth, of which this text was read."""
        return cls("" if is_han(truth or text) else " ", bool(truth) and truth == truth.upper(), strict)

    def text(self, text: str) -> str:
        """A text in this form."""
        return self._folded(text if self.strict else _BROKEN.sub("", text))

    def lines(self, text: str) -> list[str]:
        """Its lines in this form; a broken word stays in two parts, without its hyphen."""
        return [line for raw in _BROKEN.sub("\n", text).splitlines() if (line := self._folded(raw))]

    def _folded(self, text: str) -> str:
        if not self.strict:
            text = unicodedata.normalize("NFKC", text)
            text = text.upper() if self.capitals else text
        return self.blank.join(text.split())


def lost(read: str, text: str) -> float:
    """Share of the letters and digits of one text that another has not, in whatever order, 0..1."""
    before, after = (Counter(filter(str.isalnum, unicodedata.normalize("NFKC", part))) for part in (read, text))
    return 1.0 - (before & after).total() / before.total() if before else 0.0


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
