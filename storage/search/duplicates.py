"""Passages that say the same as a better hit: copies of a file, other versions of it, print on every page.

Two passages are one where they differ by slips alone: by letters that a reader or a typist got wrong, or by words that
one has more, a few in the hundred, none of them a number or a negation. Two invoices of other amounts, letters to other
people and clauses with "must" for "may" are not the same, however near their vectors.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from rapidfuzz.distance import Levenshtein

from pipeline.folding import CJK, fold

_WORD = re.compile(rf"[{CJK}]|[^\W_{CJK}]+")
_DIGITS = re.compile(r"\d+")
_MOST_DIGITS = 100  # of a number, so that none takes long to read
# Of all words: more that one has and the other has not, and it is another text.
_MORE = 0.1
_SLIP = 0.25  # of a word's letters that a slip may change; of words under four letters none
_NEGATIONS = frozenset(["not", "no", "never", "none", "without", "nor", "cannot", "t", *"不未无没非否勿别莫"])


@dataclass(frozen=True)
class Passage:
    """A text to compare."""

    text: str

    @cached_property
    def words(self) -> list[str]:
        """Its words and CJK characters, folded."""
        return _WORD.findall(fold(self.text))

    @cached_property
    def numbers(self) -> list[int]:
        """The runs of digits in it, whatever their width or script, in order; found without folding all of it."""
        return [int(run[:_MOST_DIGITS]) for run in _DIGITS.findall(self.text)]

    def repeats(self, other: Passage) -> bool:
        """Whether it says the same as the other."""
        if self.text == other.text:
            return True
        longer = max(len(self.text), len(other.text))
        if abs(len(self.text) - len(other.text)) > 2 * _MORE * longer or self.numbers != other.numbers:
            return False
        length = max(len(self.words), len(other.words))
        most = int(2 * _MORE * length)  # as many slips as words more
        if Levenshtein.distance(self.words, other.words, score_cutoff=most) > most:
            return False
        return _differ_by_slips(self.words, other.words, _MORE * length)


def _differ_by_slips(one: list[str], other: list[str], most: float) -> bool:
    more = 0
    for left, right in _changes(one, other):
        if not _NEGATIONS.isdisjoint(left + right) or any(map(_DIGITS.search, left + right)):
            return False
        if not left or not right:
            more += len(left + right)
        elif not _is_slip("".join(left), "".join(right)):
            return False
    return more <= most


def _changes(one: list[str], other: list[str]) -> Iterator[tuple[list[str], list[str]]]:
    """What stands in one between words that both have, and what in the other."""
    left: list[str] = []
    right: list[str] = []
    for change in Levenshtein.opcodes(one, other):
        if change.tag == "equal":
            if left or right:
                yield left, right
            left, right = [], []
        else:
            left += one[change.src_start : change.src_end]
            right += other[change.dest_start : change.dest_end]
    if left or right:
        yield left, right


def _is_slip(one: str, other: str) -> bool:
    """Whether two readings may be of the same word; "under stand" and "understand" are. Of CJK characters none is."""
    if one == other:
        return True
    most = int(_SLIP * min(len(one), len(other)))
    return one.isascii() and other.isascii() and Levenshtein.distance(one, other, score_cutoff=most) <= most


def folded(texts: Iterable[str], limit: int) -> list[list[int]]:
    """Groups of passages that say the same, at most `limit`, in the order of their first.

    It stops behind the last group at the first passage that is in none: copies have much the same score as what they
    copy, so they stand right behind it.

    Args:
        texts: best first; taken one by one, and no more than needed.

    Returns:
        Numbers of texts, from 0, the best of each group first.
    """
    if limit < 1:
        return []
    groups: list[list[int]] = []
    heads: list[Passage] = []
    for index, text in enumerate(texts):
        passage = Passage(text)
        group = next((group for group, head in zip(groups, heads, strict=True) if passage.repeats(head)), None)
        if group is not None:
            group.append(index)
        elif len(groups) < limit:
            groups.append([index])
            heads.append(passage)
        else:
            break
    return groups
