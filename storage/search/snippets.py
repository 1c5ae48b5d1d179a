"""The part of a passage that people read first: whole sentences around the words of the query.

Knows texts and marks only; where the marks come from is for `hits`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence

from pipeline.extract.sentences import sentences
from pipeline.folding import CJK

Mark = tuple[int, int]
# In columns: a CJK character is as wide as two letters, and says as much.
_WIDTH = 300
_FULL = 180
_WIDE = re.compile(rf"[{CJK}\u3000-\u303f\uff01-\uff60]")
_SPACE = re.compile(r"\s")
_CUT = "…"
_LOOK_BACK = 40  # characters within which a long sentence is cut between words


def snippet(text: str, marks: Sequence[Mark], worth: Callable[[str], float]) -> tuple[str, list[Mark]]:
    """The best stretch of whole sentences: the one whose marks are worth most, else the first.

    A sentence that is too long alone is cut between words around its marks, and an ellipsis says so.

    Args:
        text: the passage.
        marks: [start, end) offsets in it, sorted, disjoint.
        worth: of a marked piece of text; the same piece counts once.

    Returns:
        The snippet, white space in it as single blanks or left as many, and the offsets of its marks in it.
    """
    parts = [part for part in _sentences(text) if text[slice(*part)].strip()]
    if not parts:
        return "", []
    widths = [_width(text[start:end]) for start, end in parts]
    pieces = _pieces(text, parts, marks)
    best, most, shown = (0, 1), -1.0, set[str]()
    for first in range(len(parts)):
        last, total, held = first, 0, set[str]()
        while last < len(parts) and (last == first or total + widths[last] <= _WIDTH):
            total += widths[last]
            held |= pieces[last]
            last += 1
        value = round(sum(map(worth, held)), 6)
        # Of stretches with the same marks the last that has a sentence before them: so one sees where one is.
        if value > most or (value == most and held and held == shown and not pieces[first] and total >= _FULL):
            best, most, shown = (first, last), value, held
    start, end = _trimmed(text, parts[best[0]][0], parts[best[1] - 1][1])
    if widths[best[0]] <= _WIDTH:
        return _shown(text, start, end, marks)
    begin, to = _cut(text, start, end, [mark for mark in marks if start <= mark[0] < end], worth)
    return _shown(text, *_trimmed(text, begin, to), marks, _CUT if begin > start else "", _CUT if to < end else "")


def _pieces(text: str, parts: Sequence[Mark], marks: Sequence[Mark]) -> list[set[str]]:
    """The marked pieces that begin in each of the parts; both are sorted and disjoint."""
    found: list[set[str]] = [set() for _ in parts]
    place = 0
    for start, end in marks:
        while place < len(parts) and parts[place][1] <= start:
            place += 1
        if place < len(parts) and parts[place][0] <= start:
            found[place].add(text[start:end].casefold())
    return found


def _width(text: str) -> int:
    return len(text) if text.isascii() else len(text) + len(_WIDE.findall(text))


def _sentences(text: str) -> Iterator[Mark]:
    """Offsets of sentences; a line ends one, as lists, headings and rows of tables have no other end."""
    at = 0
    for line in text.splitlines(keepends=True):
        yield from ((at + start, at + end) for start, end in sentences(line))
        at += len(line)


def _cut(text: str, start: int, end: int, marks: Sequence[Mark], worth: Callable[[str], float]) -> Mark:
    """The stretch of a long sentence with the most marks, cut between words where there are such."""
    begin = start
    best = -1.0
    for mark in marks or [(start, start)]:
        from_ = _between_words(text, start, max(start, mark[0] - _ahead(text, mark[0])))
        to = _reach(text, from_, end)
        value = sum(map(worth, {text[a:b].casefold() for a, b in marks if from_ <= a and b <= to}))
        if value > best + 1e-9:
            begin, best = from_, value
    to = _reach(text, begin, end)
    if to < end:
        to = _between_words(text, begin + 1, to)
    return begin, to


def _ahead(text: str, at: int) -> int:
    """How many characters to show before a mark."""
    return 20 if _WIDE.match(text, at) else 60


def _reach(text: str, start: int, end: int) -> int:
    """How far a snippet may go from an offset on."""
    width = 0
    for at in range(start, end):
        width += 2 if _WIDE.match(text, at) else 1
        if width > _WIDTH:
            return at
    return end


def _between_words(text: str, floor: int, at: int) -> int:
    """The nearest place at or before an offset where no word and no composed character is parted; within some 40."""
    for place in range(at, max(floor, at - _LOOK_BACK), -1):
        if not _parted(text, place):
            return place
    while at > floor and _melts(text[at : at + 1]):
        at -= 1
    return at


def _parted(text: str, at: int) -> bool:
    """Whether a cut before offset `at` parts a word or a composed character."""
    before, after = text[at - 1 : at], text[at : at + 1]
    if not before or not after:
        return False
    if _melts(after) or before in "\u200d\u2060":
        return True
    return before.isalnum() and after.isalnum() and not (_WIDE.match(before) or _WIDE.match(after))


def _melts(character: str) -> bool:
    """Marks that combine with what stands before them, joiners, selectors of variants and of skin."""
    return bool(character) and (
        unicodedata.category(character)[0] == "M"
        or character in "\u200c\u200d"
        or "\U0001f3fb" <= character <= "\U0001f3ff"
    )


def _trimmed(text: str, start: int, end: int) -> Mark:
    """A stretch without white space around it."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _shown(
    text: str, start: int, end: int, marks: Sequence[Mark], head: str = "", tail: str = ""
) -> tuple[str, list[Mark]]:
    """A stretch as it is shown, on one line, and its marks."""
    shift = len(head) - start
    inside = [(max(a, start) + shift, min(b, end) + shift) for a, b in marks if a < end and b > start]
    return head + _SPACE.sub(" ", text[start:end]) + tail, inside
