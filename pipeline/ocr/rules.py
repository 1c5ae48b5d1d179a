"""Rules on a page image: the level and upright lines that tables and forms are drawn with.

Long runs of ink that are thin and have white on both sides, whole, broken or dashed, on pages that lie askew by up to
three degrees. A slanted rule is told in short pieces, each a thin box, so that what reads them can follow it.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.ocr.ink import at_most, marks_of
from pipeline.types import Box

Grey = NDArray[np.uint8]
Mask = NDArray[np.uint8]

WORK_DPI = 150.0
CONTRAST_SHARE, CONTRAST_MIN, CONTRAST_MAX = 0.2, 14.0, 40.0  # of the darkest ink; hairlines are pale
LEVEL_PT, UPRIGHT_PT = 24.0, 16.0  # shortest run; letters are narrower and lower, headlines aside
THICK_PT = 3.6  # thicker is no line
PIECE_PT = 48.0  # a piece of a rule three degrees askew is 2.5 points thick
DASH_PT, DASH_GAP_PT, DASHED_PT = 1.8, 6.5, 18.0  # thickness of dashes, white between them, shortest dashed line
BESIDE_PT = 2.0
BESIDE_INK = 0.45  # share of a run that may have ink close above or below: the feet of a line of type have more
DASHES_BESIDE = 0.12  # the strokes of Chinese characters lie in rows too, but with others above and below them
SURE = 3.0  # runs so many times longer than the shortest are no part of letters
MAX_RULES = 4000


def find_rules(grey: Grey, dpi: float) -> tuple[Box, ...]:
    """The rules of an upright page in points, top to bottom; at most `MAX_RULES`, the longest.

    Args:
        grey: the page, height x width.
        dpi: its resolution.
    """
    small, factor = at_most(WORK_DPI, grey, dpi)
    scale = dpi * factor / 72.0  # working pixels a point
    ink = _ink(small, scale)
    dashed = _dashed(ink, scale)
    level = _drawn(_runs(ink, scale, LEVEL_PT), ink, scale, SURE * LEVEL_PT)
    found = _pieces(level | dashed, scale)
    if len(found) < 2:
        return tuple(found)  # nothing is made of upright rules alone
    # Where lines cross, neither is darker than what is beside it: what is found of one bridges the other.
    turned = _ink(np.ascontiguousarray(small.T, np.uint8), scale)
    upright = _drawn(_runs(turned | _transposed(level), scale, UPRIGHT_PT), turned, scale, SURE * UPRIGHT_PT)
    level = _drawn(_runs(ink | _transposed(upright), scale, LEVEL_PT), ink, scale, SURE * LEVEL_PT)
    found = _pieces(level | dashed, scale)
    found += [Box(y0, x0, y1, x1) for x0, y0, x1, y1 in _pieces(upright | _dashed(turned, scale), scale)]
    rules = sorted(found, key=lambda box: -max(box.width, box.height))[:MAX_RULES]
    return tuple(sorted(rules, key=lambda box: (box.y0, box.x0)))


def _ink(grey: Grey, scale: float) -> Mask:
    """What is darker than what lies close above and below it, whatever the shade of either."""
    side = round(THICK_PT * scale) + 2
    darker = cv2.morphologyEx(grey, cv2.MORPH_BLACKHAT, np.ones((side, 1), np.uint8))
    contrast = min(max(CONTRAST_SHARE * float(np.percentile(darker[::2, ::2], 99.5)), CONTRAST_MIN), CONTRAST_MAX)
    return np.asarray(darker > contrast, np.uint8)


def _runs(ink: Mask, scale: float, shortest_pt: float) -> Mask:
    """Level runs of ink, two pixels higher than they are: so a line three degrees askew holds one of that length."""
    high = cv2.dilate(ink, np.ones((3, 1), np.uint8))
    return _opened(np.asarray(high, np.uint8), round(shortest_pt * scale))


def _drawn(runs: Mask, ink: Mask, scale: float, sure_pt: float, most_beside: float = BESIDE_INK) -> Mask:
    """The runs that are thin and have white beside them, or are thin and long: rules and no parts of letters."""
    if not runs.any():
        return runs
    labels, stats = marks_of(runs)
    width, area = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_AREA]
    far = max(4, round(BESIDE_PT * scale))
    good = area <= (THICK_PT * scale + 2) * width
    rows, columns = np.nonzero(runs)
    places = labels[rows, columns]
    for step in (-far, far):
        beside = ink[np.clip(rows + step, 0, len(ink) - 1), columns]
        inked = np.bincount(places, weights=beside, minlength=len(stats))
        good &= (inked <= most_beside * area) | (width >= sure_pt * scale)
    good[0] = False
    out = np.zeros_like(runs)
    out[rows, columns] = good[places]
    return out


def _transposed(mask: Mask) -> Mask:
    return np.ascontiguousarray(mask.T)


def _pieces(drawn: Mask, scale: float) -> list[Box]:
    """Level rules, in pieces."""
    if not drawn.any():
        return []
    labels, stats = marks_of(drawn)
    order = np.argsort(-stats[1:, cv2.CC_STAT_WIDTH])[:MAX_RULES] + 1
    found: list[Box] = []
    step = max(1, round(PIECE_PT * scale))
    for index in order:
        x, y, width, height = (int(v) for v in stats[index, :4])
        part = labels[y : y + height, x : x + width] == index
        for left in range(0, width, step):
            rows = np.flatnonzero(part[:, left : left + step].any(axis=1))
            if not len(rows):
                continue
            columns = np.flatnonzero(part[:, left : left + step].any(axis=0))
            x0, x1 = x + left + int(columns[0]), x + left + int(columns[-1]) + 1
            y0, y1 = y + int(rows[0]) + 1, y + int(rows[-1])  # without what the mask was made higher by
            middle = (y0 + y1) / 2
            half = min(max((y1 - y0) / 2, 0.5), THICK_PT * scale / 2)
            found.append(Box(x0 / scale, (middle - half) / scale, x1 / scale, (middle + half) / scale))
    return found


def _opened(mask: Mask, length: int) -> Mask:
    """Level runs of at least `length` pixels."""
    return np.asarray(cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((1, max(3, length)), np.uint8)), np.uint8)


def _dashed(ink: Mask, scale: float) -> Mask:
    """Level lines made of marks that are low and short, with little white between them."""
    labels, stats = marks_of(ink)
    width, height = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]
    dash = (height <= DASH_PT * scale) & (width >= 1.5 * height) & (width >= 1.2 * scale)
    dash[0] = False
    if dash.sum() < 3:
        return np.zeros_like(ink)
    marks = cv2.dilate(dash.astype(np.uint8)[labels], np.ones((3, 1), np.uint8))
    joined = cv2.morphologyEx(marks, cv2.MORPH_CLOSE, np.ones((1, max(3, round(DASH_GAP_PT * scale))), np.uint8))
    runs = _opened(np.asarray(joined, np.uint8), round(DASHED_PT * scale))
    return _drawn(runs, ink, scale, np.inf, DASHES_BESIDE)
