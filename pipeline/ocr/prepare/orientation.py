"""Which way up a scanned page stands: by 0, 90, 180 or 270 degrees turned.

Two questions. Do the lines run across the page or down it? Glyphs stand closest to their neighbours of the same line,
so the directions of the closest gaps tell (after O'Gorman's docstrum, 1993). Is the page on its head? A recogniser
reads upright lines with a confidence near 1 and others with one near 0.6; before that, PP-OCR's small classifier of
single lines votes, which costs a tenth. A page is turned only where clippings of it read clearly better that way.

Chinese set in vertical columns has lines down the page and is upright all the same; PP-OCR even reads such columns
lying on their left side. Its characters, one by one, are upright, and that is what is asked then.

Measured on 92 pages of scans, receipts and profiles: of the upright ones the least share of glyphs that have their
neighbour beside them was 0.74, of the same pages on their sides the most was 0.32.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import cv2
import numpy as np

from pipeline.ocr.base import LineReader, LineText
from pipeline.ocr.ink import Grey, Ink, find_ink, marks_of
from pipeline.ocr.prepare.sample import clippings
from pipeline.ocr.script import is_han

ACROSS = 0.55  # share of glyphs whose next neighbour is beside them: pages with lines across have more
GLYPHS = 400  # so many are looked at; their distances to all others are compared
FEW_GLYPHS = 8  # fewer have no neighbours to speak of
VOTES, VOTE_HEIGHTS = 8, 4.0  # lines the classifier sees, and how long: it squeezes longer ones to this
TRIALS, TRIAL_HEIGHTS = 6, 10.0  # lines read for a proof, and how long
PROOFS = 2  # so many of them must read better the other way, and three times as many as do not
DOUBT = 0.4  # mean vote for "on its head" from which lines are read; upright pages came to 0.33 at most
SAME_HAN = 0.3  # share of a column's characters that are read again, set side by side: lying ones come to 0.1
VERTICAL_HAN = 0.5  # of the characters read in a column: from here it may be vertical writing


@dataclass(frozen=True, slots=True)
class Stand:
    """How a page stands.

    Attributes:
        rotation: degrees clockwise to turn it by: 0, 90, 180, 270.
        vertical: its text was seen to run down the page in columns of upright characters.
        presumed: nobody asked whether it stands on its head; ask where it reads poorly.
    """

    rotation: int = 0
    vertical: bool = False
    presumed: bool = False


def turned(grey: Grey, rotation: int) -> Grey:
    """The page turned clockwise by 0, 90, 180 or 270 degrees."""
    return np.ascontiguousarray(np.rot90(grey, -rotation // 90))


def stand_of(grey: Grey, ink: Ink, dpi: float, reader: LineReader, *, poor: bool = False) -> Stand:
    """How a page stands; upright unless the proof is clear.

    Args:
        grey: the page.
        ink: its ink.
        dpi: its resolution.
        reader: tries single lines.
        poor: the page was read as it stands, and poorly: lines are read for a proof at once.
    """
    if ink.blank:
        return Stand()
    if across(ink) < ACROSS:
        return _sideways(grey, dpi, reader)
    lines = clippings(grey, ink, VOTES, VOTE_HEIGHTS)
    if not lines:
        return Stand()
    vote = reader.upside_down(lines)
    if not poor and (vote is None or vote < DOUBT):
        return Stand(presumed=vote is None)
    upright, on_head = _tried_both_ways(clippings(grey, ink, TRIALS, TRIAL_HEIGHTS), reader)
    return Stand(180) if _proven(on_head, upright, reader.sure) else Stand()


def across(ink: Ink) -> float:
    """Share of the glyphs whose closest neighbour stands beside them and not above or below, 0..1.

    Where there are too few glyphs to tell, 0.0 if together they stand far higher than wide, else 1.0.
    """
    _, stats = marks_of(ink.mask)
    marks: Any = stats[1:][stats[1:, cv2.CC_STAT_AREA] >= 3].astype(np.float32)
    if len(marks) < FEW_GLYPHS:
        return _wider_than_high(marks)
    some = marks[:: -(-len(marks) // GLYPHS)]
    left, top, width, height = (marks[:, i] for i in range(4))
    x, y, wide, high = (some[:, i, None] for i in range(4))
    beside = np.maximum(x - (left + width), left - (x + wide))  # gap sideways, negative where they overlap
    above = np.maximum(y - (top + height), top - (y + high))
    far = np.float32(1e9)
    same_row = (above < -0.3 * np.minimum(height, high)) & (beside >= 0)
    same_column = (beside < -0.3 * np.minimum(width, wide)) & (above >= 0)
    nearest_beside = np.where(same_row, beside, far).min(axis=1)
    nearest_above = np.where(same_column, above, far).min(axis=1)
    told = np.minimum(nearest_beside, nearest_above) < far
    if told.sum() < FEW_GLYPHS / 2:
        return _wider_than_high(marks)
    wins = (nearest_beside < nearest_above) + 0.5 * (nearest_beside == nearest_above)
    return float(wins[told].mean())


def _wider_than_high(marks: Any) -> float:
    if not len(marks):
        return 1.0
    wide = (marks[:, 0] + marks[:, 2]).max() - marks[:, 0].min()
    high = (marks[:, 1] + marks[:, 3]).max() - marks[:, 1].min()
    return 0.0 if high > 2.5 * wide else 1.0


def _sideways(grey: Grey, dpi: float, reader: LineReader) -> Stand:
    """Of a page whose lines run down it."""
    page = turned(grey, 270)
    strips = clippings(page, find_ink(page, dpi), TRIALS, TRIAL_HEIGHTS)
    if not strips:
        return Stand()
    left, right = _tried_both_ways(strips, reader)
    if _proven(right, left, reader.sure):
        upside_down = [turned(strip, 180) for strip in strips]
        return Stand(180, vertical=True) if _upright_characters(right, upside_down, reader) else Stand(90)
    if not _proven(left, right, reader.sure):
        return Stand()
    return Stand(vertical=True) if _upright_characters(left, strips, reader) else Stand(270)


def _tried_both_ways(lines: Sequence[Grey], reader: LineReader) -> tuple[list[LineText], list[LineText]]:
    """What is read of lines as they are, and on their heads."""
    return reader.read_lines(lines), reader.read_lines([turned(line, 180) for line in lines])


def _proven(one: Sequence[LineText], other: Sequence[LineText], sure: float) -> bool:
    """Whether lines are clearly read better one way than the other.

    Sure, and by a margin of what is missing to certainty: that is what it takes. Lines that read poorly both ways,
    pictures and worn print, prove nothing.
    """
    ways = [(a, b) for a, b in zip(one, other, strict=True) if abs(a.confidence - b.confidence) >= 1.0 - sure]
    won = sum(a.confidence >= sure and a.confidence > b.confidence and len(a.text) >= 2 for a, b in ways)
    lost = sum(b.confidence >= sure and b.confidence > a.confidence for a, b in ways)
    return won >= max(min(PROOFS, len(one)), 3 * lost)


def _upright_characters(read: Sequence[LineText], strips: Sequence[Grey], reader: LineReader) -> bool:
    """Whether columns, read lying on their left side, are made of characters that stand upright.

    Each strip is cut into as many equal cells as it has characters, and the cells are set side by side as they stand
    on the page: a line of ordinary writing, with the same characters, if they are upright.
    """
    text = "".join(line.text for line in read)
    if sum(map(is_han, text)) < VERTICAL_HAN * max(1, len(text)):
        return False
    rows = [_side_by_side(strip, len(line.text)) for line, strip in zip(read, strips, strict=True) if line.text]
    told = Counter(filter(is_han, text))
    again = Counter("".join(line.text for line in reader.read_lines(rows)))
    return (told & again).total() >= SAME_HAN * told.total()


def _side_by_side(strip: Grey, count: int) -> Grey:
    """A column, lying on its left side, as so many characters from left to right as they stand in the column."""
    column = turned(strip, 90)
    side = max(1, round(column.shape[0] / count))
    edges = np.linspace(0, column.shape[0], count + 1).round().astype(int)
    cells = [column[a:b] for a, b in pairwise(edges) if b > a]
    return np.hstack([cv2.resize(cell, (column.shape[1], side), interpolation=cv2.INTER_AREA) for cell in cells])
