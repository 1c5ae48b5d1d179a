"""Pages that lie askew: how far, and the page made level."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.ocr.ink import Grey, Ink

MOST_DEG = 15.0
LEAST_DEG = 1.5  # Tesseract follows lower slopes itself, and on receipts levelling them cost 2 of 100 characters
COARSE_DEG, FINE_DEG = 0.5, 0.1
BETTER = 1.1  # so much sharper must the rows be when level
POINTS = 20_000  # of ink, enough for a dense page


@dataclass(frozen=True, slots=True)
class Level:
    """A page made level.

    Attributes:
        grey: the page; larger than before, so that no corner is lost.
        degrees: by which it was turned, positive counter-clockwise.
        back: 3 x 3 matrix from its pixels to those of the page as it was.
    """

    grey: Grey
    degrees: float
    back: NDArray[np.float64]


def made_level(grey: Grey, ink: Ink) -> Level | None:
    """The page turned until its lines are level, or None where they are."""
    degrees = askew_deg(ink)
    if abs(degrees) < LEAST_DEG:
        return None
    height, width = grey.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    cos, sin = abs(turn[0, 0]), abs(turn[0, 1])
    wide, high = round(width * cos + height * sin), round(height * cos + width * sin)
    turn[:, 2] += (wide - width) / 2, (high - height) / 2
    paper = float(np.median(grey[::16, ::16]))
    level = cv2.warpAffine(grey, turn, (wide, high), flags=cv2.INTER_LINEAR, borderValue=paper)
    back = np.vstack([cv2.invertAffineTransform(turn), [0.0, 0.0, 1.0]])
    return Level(np.asarray(level, np.uint8), degrees, back)


def askew_deg(ink: Ink) -> float:
    """How far the lines of ink have to be turned counter-clockwise to be level, -15..15; 0.0 where it cannot be told.

    Ink is projected sideways at one angle after the other; where lines are level, full rows and empty ones lie side by
    side, and the sum of their squared differences is the largest (Postl 1986).
    """
    down, across = np.nonzero(ink.mask)
    if len(down) < 200:
        return 0.0
    some = slice(None, None, -(-len(down) // POINTS))
    x, y = across[some].astype(np.float32), down[some].astype(np.float32)

    def sharpness(degrees: float) -> float:
        rows = y - x * np.float32(np.tan(np.radians(degrees)))
        counts = np.bincount((rows - rows.min()).astype(np.intp))
        return float(np.square(np.diff(counts), dtype=np.float64).sum())

    coarse = max(np.arange(-MOST_DEG, MOST_DEG + 0.01, COARSE_DEG), key=sharpness)
    fine = max(np.arange(coarse - COARSE_DEG, coarse + COARSE_DEG + 0.01, FINE_DEG), key=sharpness)
    return float(fine) if sharpness(fine) >= BETTER * sharpness(0.0) and abs(fine) < MOST_DEG else 0.0
