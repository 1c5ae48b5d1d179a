"""Light and shade: pages that are white on black, and paper that lies half in the shade."""

from __future__ import annotations

import cv2
import numpy as np

from pipeline.ocr.ink import Grey, Ink, find_ink

DARK = 110  # middle grey level up to which a page may be white on black
MORE_INK = 3.0  # so many times the ink, seen the other way round, makes it so: a photo's dark table holds none
FLAT = 0.85  # the darkest paper over the lightest, from which on the light is even enough
TILE_PT = 12.0  # paper shows through somewhere within so much: a line of type and the next gap
STEP = 40  # grey levels between the paper and its surroundings: more is a bar or a picture
DARKEST = 24  # paper darker than that is no paper, and would only turn into noise


def turned_light(grey: Grey, ink: Ink, dpi: float) -> Grey | None:
    """The negative of a page that is white on black, or None if it is not."""
    if float(np.median(grey[::8, ::8])) >= DARK:
        return None
    negative = np.subtract(255, grey, dtype=np.uint8)
    other = find_ink(negative, dpi)
    return None if other.blank or other.amount_pt2 < MORE_INK * ink.amount_pt2 else negative


def evened(grey: Grey, dpi: float) -> Grey | None:
    """The page with the same white everywhere, or None where the light is even.

    Each pixel is divided by the brightness of the paper around it.
    """
    height, width = grey.shape
    step = max(1, round(dpi / 36))
    small = cv2.resize(grey, (max(1, width // step), max(1, height // step)), interpolation=cv2.INTER_AREA)
    side = max(3, round(TILE_PT * dpi / 72 / step)) | 1
    paper = cv2.medianBlur(cv2.dilate(small, np.ones((side, side), np.uint8)), 2 * side + 1)
    dark, light = np.percentile(paper, [5, 95])
    if dark >= FLAT * light:
        return None
    # Light changes softly. What stands out from the paper around it is a coloured field, and stays one.
    around = cv2.blur(paper, (side * 6, side * 6), borderType=cv2.BORDER_REPLICATE)
    if float(np.percentile(cv2.absdiff(paper, around), 99)) > STEP:
        return None
    paper = cv2.resize(np.maximum(paper, DARKEST), (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.divide(grey, paper, scale=245), np.uint8)
