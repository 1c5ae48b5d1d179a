"""Whether a page is set vertically: columns of characters from top to bottom, read from right to left.

Told from the places of its words alone, so that render, ocr and extract judge alike.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from statistics import median

from pipeline.types import Word

VERTICAL_REVIEW = "This page is set vertically; the order of its text may be wrong."

_LEAST = 12  # Han characters; a label or two in a table's head make no vertical page
_SHARE = 0.6  # of the page's characters, from which on it is vertical
_TALL = 1.6  # height of a box over its width: a word of two level characters never is so tall
_SAMPLE = 4000  # words looked at


def is_vertical(words: Sequence[Word]) -> bool:
    """Whether most of the words are Chinese or Japanese and run from top to bottom.

    Words of several characters tell it by their shape. Single characters are compared with their neighbours: those of
    a vertical page stand closer to the next one below than to the next one beside them.
    """
    sample = [word for word in words[:_SAMPLE] if all(map(math.isfinite, word.box))]  # neighbours stay neighbours
    total = sum(len(word.text) for word in sample)
    single = [word for word in sample if _han(word.text) == len(word.text) == 1]
    tall = sum(
        len(word.text)
        for word in sample
        if len(word.text) > 1 and 2 * _han(word.text) > len(word.text) and word.box.height > _TALL * word.box.width
    )
    upright = tall + (len(single) if len(single) >= _LEAST and _runs_down(single) else 0)
    return upright >= _LEAST and upright > _SHARE * total


def _runs_down(single: Sequence[Word]) -> bool:
    """Whether single characters stand closer to the next below than to the next beside them."""
    size = median(max(word.box.width, word.box.height) for word in single)
    if size <= 0:
        return False
    down = _gaps(((word.box.x0 + word.box.x1) / 2 / size, word.box.y0 / size, word.box.y1 / size) for word in single)
    across = _gaps(((word.box.y0 + word.box.y1) / 2 / size, word.box.x0 / size, word.box.x1 / size) for word in single)
    if len(down) < _LEAST // 2:
        return False
    return not across or median(down) < 0.7 * median(across)


def _gaps(places: Iterable[tuple[float, float, float]]) -> list[float]:
    """White to the next on the same line, in type sizes: `places` are the line's height, beginning and end."""
    ordered = sorted((round(2 * line), start, end) for line, start, end in places)
    gaps = [b[1] - a[2] for a, b in pairwise(ordered) if a[0] == b[0]]
    return [max(gap, 0.0) for gap in gaps if gap < 3.0]


def _han(text: str) -> int:
    """How many of the characters are written upright in vertical text: Han, kana and their punctuation."""
    return sum(1 for c in text if "\u2e80" <= c <= "\u9fff" or "\uf900" <= c <= "\ufaff" or "\uff00" <= c <= "\uff60"
               or c >= "\U00020000")  # fmt: skip
