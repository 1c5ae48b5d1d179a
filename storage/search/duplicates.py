"""Passages that say the same as a better hit: copies of a file, other versions of it, print on every page.

Two passages are one where their folded words are the same in the same order. Signs that carry meaning are words too:
"-500" is not "500", nor "$" "€", "☑" "☐" or "C++" "C#". What may differ is white space between words, punctuation,
whole lines at the very beginning or end (a running head, "Page 3"), and letters that OCR takes for one another. What
says the opposite differs in one letter as often as what says the same, so nothing is guessed: a copy too many among
the hits is better than a passage that nobody sees.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from pipeline.folding import CJK, fold

_DASHES = re.compile("[\u2010-\u2015\u2212]")
_RAISED = re.compile("(?=[\u00b2\u00b3\u00b9\u2070-\u209c])")  # folding makes 102 of 10²
# A word; a Chinese character; a number with what parts its digits; a dash or bracket by a number; any sign but
# punctuation. A dash or bracket elsewhere is punctuation.
_WORD = re.compile(
    rf"[^\W\d_{CJK}][^\W_{CJK}]*(?:(?<=\d)[.,:'’]\d+)*|[{CJK}]|(?:(?<![\w.,])[.,])?\d+(?:[.,:'’]\d+)*"
    r"|[-(](?=\s{0,2}[$€£¥]?[.,]?\d)|(?<=\d)-"
    r"|[^\w\s.,;:!'\"`´‘’‚‛“”„‟«»‹›()\[\]{}·•‧・‣、。「」『』《》〈〉【】〔〕-]"
)
_PAGE = re.compile(r"\s*(?:(?:page|seite|p\.) ?\d{1,4}(?: ?(?:of|von|/) ?\d{1,4})?|第 ?\d{1,4} ?页)\s*", re.IGNORECASE)
_SENTENCE_END = tuple(".,;:!?。，；：！？、")
_MORE = 0.1  # of a passage's words: so many more may stand above and below it
_MORE_AT_MOST = 12
_CONDITIONS = frozenset(
    ["not", "no", "never", "none", "without", "nor", "cannot", "t", "unless", "except", "only", "if", "but"]
).union("不未无没非否勿别莫除只仅若")
_MISREAD = 0.1  # of a passage's words; more, and it is another text
_SHORT = 4  # letters, under which no letter is taken for another: "AI" and "Al"
_LONG = 8  # letters, from which "rn" may be "m": "modern" and "modem" are two words, "intemal" is none
_DIGIT_AMONG_LETTERS = re.compile("(?<=[a-z])[01](?=[a-z])")


@dataclass(frozen=True)
class Passage:
    """A text to compare."""

    text: str

    @cached_property
    def lines(self) -> list[str]:
        """Its lines, without page numbers above and below."""
        lines = self.text.strip().split("\n")
        first = next((place for place, line in enumerate(lines) if not _PAGE.fullmatch(line)), 0)
        last = next((place for place in range(len(lines), first, -1) if not _PAGE.fullmatch(lines[place - 1])), None)
        return lines[first:last]

    @cached_property
    def _by_line(self) -> list[list[str]]:
        return [_words(fold(_marked(line))) for line in self.lines]

    @cached_property
    def words(self) -> list[str]:
        """Its words, signs and Chinese characters, folded."""
        return [word for line in self._by_line for word in line]

    @cached_property
    def as_printed(self) -> list[str]:
        """The same, not folded."""
        return [word for line in self.lines for word in _words(_marked(line))]

    @cached_property
    def begins(self) -> dict[int, int]:
        """The lines by where they begin among the words; of empty ones and the one behind them the last."""
        begins, place = {}, 0
        for number, line in enumerate(self._by_line):
            begins[place] = number
            place += len(line)
        return {**begins, place: len(self._by_line)}

    def repeats(self, other: Passage) -> bool:
        """Whether it says the same as the other."""
        if self.text == other.text:
            return True
        shorter, longer = sorted((self, other), key=lambda one: len(one.words))
        length = len(shorter.words)
        more = len(longer.words) - length
        if not length or more > min(_MORE * length, _MORE_AT_MOST):
            return False
        return any(_same(shorter, longer, start) and longer.only_adds_heads(start, length)
                   for start in longer.begins if start <= more)  # fmt: skip

    def only_adds_heads(self, start: int, length: int) -> bool:
        """Whether what stands around `length` words from `start` on is whole lines that make no difference."""
        if start + length not in self.begins:
            return False
        lines = [*range(self.begins[start]), *range(self.begins[start + length], len(self.lines))]
        return all(
            word.isalpha() and word not in _CONDITIONS for line in lines for word in self._by_line[line]
        ) and not any(self.lines[line].rstrip().endswith(_SENTENCE_END) for line in lines)


def _marked(text: str) -> str:
    return _RAISED.sub(" ^", _DASHES.sub("-", text))


def _words(text: str) -> list[str]:
    return _WORD.findall(text)


def _same(shorter: Passage, longer: Passage, start: int) -> bool:
    """Whether the words of one are those of the other from `start` on, but for look-alikes."""
    most = int(_MISREAD * len(shorter.words)) + 1
    differing = (place for place, word in enumerate(shorter.words) if word != longer.words[start + place])
    apart = list(islice(differing, most + 1))
    if not apart or len(apart) > most:
        return not apart
    one, other = shorter.as_printed, longer.as_printed
    if len(one) != len(shorter.words) or len(other) != len(longer.words):
        return False
    return all(_look_alike(one[place], other[start + place]) for place in apart)


def _look_alike(one: str, other: str) -> bool:
    """Whether two words that are not the same may be one that OCR read in two ways."""
    if min(len(one), len(other)) < _SHORT or not one.isascii() or not other.isascii():
        return False
    one, other = one.replace("I", "l"), other.replace("I", "l")
    if one == other:
        return True
    return max(len(one), len(other)) >= _LONG and _skeleton(one) == _skeleton(other)


def _skeleton(word: str) -> str:
    letters = _DIGIT_AMONG_LETTERS.sub(lambda digit: "ol"[int(digit[0])], word)
    return letters.replace("rn", "m")


def folded(texts: Iterable[str], limit: int) -> list[list[int]]:
    """Groups of passages that say the same, at most `limit`, in the order of their first.

    A passage is in a group where it says the same as all in it: without its head it may be the same as two of other
    heads, which are not the same.

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
    held: list[list[Passage]] = []
    for index, text in enumerate(texts):
        passage = Passage(text)
        place = next((place for place, group in enumerate(held) if all(map(passage.repeats, group))), None)
        if place is not None:
            groups[place].append(index)
            held[place].append(passage)
        elif len(groups) < limit:
            groups.append([index])
            held.append([passage])
        else:
            break
    return groups
