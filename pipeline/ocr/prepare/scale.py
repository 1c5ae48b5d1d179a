"""Print that is too small for Tesseract, drawn larger."""

from __future__ import annotations

import cv2
import numpy as np

from pipeline.ocr.ink import Grey, Ink

LEAST_PX = 18  # height of a line's ink, from tops to tails, below which it is drawn larger
AIM_PX = 26
MOST_TIMES = 3.0
MOST_PIXELS = 40_000_000  # a page is not drawn larger than this
LEAST_LINES = 3


def enlarged(grey: Grey, ink: Ink) -> tuple[Grey, float] | None:
    """The page drawn larger and by how much, or None where its print is large enough."""
    heights = ink.lines[ink.lines[:, 2] >= 3 * ink.lines[:, 3], 3]
    if len(heights) < LEAST_LINES:
        return None
    typical = float(np.median(heights))
    times = min(AIM_PX / typical, MOST_TIMES, (MOST_PIXELS / grey.size) ** 0.5)
    if typical >= LEAST_PX or times < 1.2:
        return None
    return np.asarray(cv2.resize(grey, None, fx=times, fy=times, interpolation=cv2.INTER_CUBIC), np.uint8), times
