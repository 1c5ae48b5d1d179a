"""White within a line of a PDF page: where it parts words though no space is printed, and where it only sets apart.

MuPDF guesses spaces from white alone, by a measure made for Latin letters. Characters set on squares may stand any even
distance apart (a line filled to its width, a heading set wide), and beside Latin letters they leave a quarter.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

from pipeline.wide import is_wide

# Widths of white in units of the type size.
_HOLE_EM = 0.45  # ends a word, though MuPDF saw no space; letter-spaced text has less
_SQUARES_EM = 0.6  # as wide as this it parts two squares, however they stand elsewhere in the line
_UNEVEN_EM = 0.3  # as much more as between their neighbours parts them too
_SCRIPTS_EM = 0.15  # parts a square and a letter or figure

Char = tuple[dict[str, Any], float]  # MuPDF's character, type size


def parting(line: dict[str, Any], upright: bool) -> set[int]:
    """Which characters of a line, counted from 0 over all its spans, white parts from the one before.

    Args:
        line: as MuPDF's "rawdict" has it; its printed spaces are left to the caller.
        upright: the line runs from left to right on the page as its boxes are.
    """
    seen: list[tuple[int, Char, bool]] = []  # place, character, whether MuPDF put a space before it
    spaced = False
    for place, (char, size) in enumerate(
        (char, max(span["size"], 0.1)) for span in line["spans"] for char in span["chars"]
    ):
        if not char["c"].strip():
            spaced = spaced or bool(char.get("synthetic"))  # a printed one parts anyhow
            continue
        seen.append((place, (char, size), spaced))
        spaced = False
    between = [_between_squares(one, other) for (_, one, _), (_, other, _) in itertools.pairwise(seen)]
    parted = set()
    for at, ((_, one, _), (place, other, spaced)) in enumerate(itertools.pairwise(seen)):
        white = between[at]
        gap_em = (other[0]["bbox"][0] - one[0]["bbox"][2]) / other[1] if upright else 0.0
        if white is not None:
            near = (*between[max(at - 1, 0) : at], *between[at + 1 : at + 2])
            least = min((max(held, 0.0) for held in near if held is not None), default=white)
            apart = white >= _SQUARES_EM or white > max(least + _UNEVEN_EM, _UNEVEN_EM)
        else:
            scripts = is_wide(one[0]["c"][0]) != is_wide(other[0]["c"][0])
            meet = scripts and one[0]["c"].isalnum() and other[0]["c"].isalnum()
            apart = spaced or gap_em > (_SCRIPTS_EM if meet else _HOLE_EM)
        if apart:
            parted.add(place)
    return parted


def _between_squares(one: Char, other: Char) -> float | None:
    """White between two characters of which each fills a square; None where one does not."""
    if not (is_wide(one[0]["c"][0]) and is_wide(other[0]["c"][0])):
        return None
    return (math.dist(one[0]["origin"], other[0]["origin"]) - one[1]) / max(one[1], other[1])
