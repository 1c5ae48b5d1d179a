"""Characters that were only set apart: 个 人 简 历 over a page, 姓　名 as wide as 出生年月 below it, S K I L L S.

Each stands as a word of its own, by the space or the white after it. They are one word where the white is about the
same between all of them and narrower than what parts columns.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from pipeline.extract.join import needs_space

# Widths of white, in units of the type size.
_WIDEST = 2.4  # two full-width spaces, and a little: OCR takes the type for smaller than it is
_WIDEST_OF_TWO = 1.6  # of two characters one cannot tell whether the white is even: 男 汉 are two cells of a form
_WIDEST_OF_LABEL = _WIDEST  # but with a colon after them they are a label: 姓　　名：
_WIDEST_LATIN = 1.2
_FEWEST_LATIN = 5  # "A B C D" are choices, a grade, seats
_UNEVEN, _SLACK = 1.35, 0.2  # white of one run, times its narrowest and more: justified lines and boxes of OCR
_AROUND = "【〔（(《「『—-·•・*"
_AFTER = "】〕）)》」』—-·•・*：:；;，,。"


def set_apart(texts: Sequence[str], gaps_em: Sequence[float]) -> list[bool]:
    """For each gap between two neighbouring words of a line, whether it only sets characters of one word apart.

    Args:
        texts: the words, n.
        gaps_em: white between them in units of the type size, n - 1.
    """
    tight = [False] * len(gaps_em)
    for start, end in _runs(texts):
        for first, last in _even(gaps_em, start, end):
            if _is_one_word(texts[first : last + 1], gaps_em[first:last]):
                tight[first:last] = [True] * (last - first)
    return tight


def line_text(texts: Sequence[str], gaps_em: Sequence[float], text_layer: bool) -> str:
    """The words of a line, one at least, as they read; see `set_apart` and `join.needs_space`."""
    tight = set_apart(texts, gaps_em)
    parts = [texts[0]]
    for at, (before, after) in enumerate(itertools.pairwise(texts)):
        if not tight[at] and needs_space(before, after, gaps_em[at], text_layer):
            parts.append(" ")
        parts.append(after)
    return "".join(parts)


def _runs(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """[start, end] of lone characters of one script that stand side by side."""
    start = 0
    for at in range(1, len(texts) + 1):
        goes_on = at < len(texts) and _may_join(texts[at - 1], texts[at])
        if not goes_on:
            if at - start > 1:
                yield start, at - 1
            start = at


def _may_join(left: str, right: str) -> bool:
    before, after = left.lstrip(_AROUND), right
    if len(before) != 1 or not after:
        return False
    rest = after[1:]
    if rest and rest[0] not in _AFTER:
        return False
    return (_is_han(before) and _is_han(after[0])) or (_is_capital(before) and _is_capital(after[0]))


def _even(gaps_em: Sequence[float], start: int, end: int) -> Iterator[tuple[int, int]]:
    """A run cut at the gaps that are wider than its others: 王 伟  李 明."""
    widest = min(gaps_em[start:end]) * _UNEVEN + _SLACK
    first = start
    for at in range(start, end):
        if gaps_em[at] > widest:
            yield first, at
            first = at + 1
    yield first, end


def _is_one_word(texts: Sequence[str], gaps_em: Sequence[float]) -> bool:
    if not gaps_em or min(gaps_em) < 0:
        return False
    characters = "".join(text.lstrip(_AROUND)[0] for text in texts)
    if not _is_han(characters[0]):
        in_order = all(ord(b) - ord(a) == 1 for a, b in itertools.pairwise(characters))
        return len(texts) >= _FEWEST_LATIN and max(gaps_em) <= _WIDEST_LATIN and not in_order
    if len(texts) > 2:
        return max(gaps_em) <= _WIDEST
    return gaps_em[0] <= (_WIDEST_OF_LABEL if texts[1][1:2] in ("：", ":") else _WIDEST_OF_TWO)


def _is_han(character: str) -> bool:
    return "\u3400" <= character <= "\u9fff" or character >= "\U00020000"


def _is_capital(character: str) -> bool:
    return character.isascii() and character.isupper()
