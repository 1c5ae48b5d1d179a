"""Photographed pages: the sheet found on a darker table, and drawn as if seen from straight above."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.ocr.ink import Grey, shrunk

LOOK_PX = 600  # longest side of the picture the sheet is looked for in
FLOOD = 5  # grey levels from one pixel of the table to the next
LEAST_AREA, MOST_AREA = 0.3, 0.97  # of the picture
FILLED = 0.94  # of its four corners' area that the sheet covers
STEP, STEPPED = 20, 0.85  # grey levels that the sheet is lighter than the table, along so much of its edge


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet seen from straight above.

    Attributes:
        grey: the sheet alone.
        back: 3 x 3 projective matrix from its pixels to those of the picture.
    """

    grey: Grey
    back: NDArray[np.float64]


def seen_from_above(grey: Grey) -> Sheet | None:
    """The sheet in a picture, or None unless there is surely one with a darker table all around it."""
    factor = LOOK_PX / max(grey.shape)
    if factor >= 1:
        return None
    small = cv2.medianBlur(shrunk(grey, factor), 5)
    edge = np.concatenate([small[0], small[-1], small[:, 0], small[:, -1]])
    if float(np.median(edge)) > float(np.percentile(small, 75)) - STEP:
        return None  # the picture's rim is as light as its middle: no table
    corners = _corners(small)
    if corners is None or not _stands_out(small, corners):
        return None
    quad = (corners + 0.5) / factor - 0.5
    top, right, bottom, left = (float(np.linalg.norm(quad[i] - quad[(i + 1) % 4])) for i in range(4))
    width, height = round(max(top, bottom)), round(max(left, right))
    flat = np.array([[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]], np.float32)
    warp = cv2.getPerspectiveTransform(quad.astype(np.float32), flat)
    sheet = cv2.warpPerspective(grey, warp, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return Sheet(np.asarray(sheet, np.uint8), np.linalg.inv(warp))


def _corners(small: Grey) -> NDArray[np.float64] | None:
    """The sheet's corners, clockwise from the upper left: what the table, flooded from the rim, leaves dry."""
    height, width = small.shape
    flooded = np.zeros((height + 2, width + 2), np.uint8)
    limit = float(np.percentile(small, 75)) - STEP
    rim = [(x, y) for x in range(0, width, 8) for y in (0, height - 1)]
    rim += [(x, y) for y in range(0, height, 8) for x in (0, width - 1)]
    for x, y in rim:
        if not flooded[y + 1, x + 1] and small[y, x] < limit:
            cv2.floodFill(small, flooded, (x, y), 0, FLOOD, FLOOD, cv2.FLOODFILL_MASK_ONLY | (1 << 8))
    dry = cv2.morphologyEx(1 - flooded[1:-1, 1:-1], cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    outlines, _ = cv2.findContours(dry, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    outline: Any = max(outlines, key=cv2.contourArea, default=None)
    if outline is None:
        return None
    hull = cv2.convexHull(outline)
    area = cv2.contourArea(hull)
    if not LEAST_AREA * small.size < area < MOST_AREA * small.size:
        return None
    quad = cv2.approxPolyDP(hull, 0.03 * cv2.arcLength(hull, True), True).reshape(-1, 2).astype(np.float64)
    if len(quad) != 4 or not FILLED < cv2.contourArea(quad.astype(np.float32)) / area < 2 - FILLED:
        return None
    middle = quad.mean(axis=0)
    around = np.argsort(np.arctan2(quad[:, 1] - middle[1], quad[:, 0] - middle[0]))
    quad = quad[around]
    return np.asarray(np.roll(quad, -int(np.argmin(quad.sum(axis=1))), axis=0))


def _stands_out(small: Grey, quad: NDArray[np.float64]) -> bool:
    """Whether the sheet is lighter than what lies just outside, nearly all along its edge."""
    height, width = small.shape
    middle = quad.mean(axis=0)
    told, lighter = 0, 0
    for a, b in zip(quad, np.roll(quad, -1, axis=0), strict=True):
        along = (b - a) / max(1.0, float(np.linalg.norm(b - a)))
        outward = np.array([along[1], -along[0]])
        if np.dot(outward, a - middle) < 0:
            outward = -outward
        for share in np.linspace(0.05, 0.95, 30):
            at = a + (b - a) * share
            outside, inside = (np.rint(at + outward * d).astype(int) for d in (6, -6))
            if not (0 <= outside[0] < width and 0 <= outside[1] < height):
                continue
            if not (0 <= inside[0] < width and 0 <= inside[1] < height):
                continue
            told += 1
            lighter += int(small[inside[1], inside[0]]) - int(small[outside[1], outside[0]]) >= STEP
    return told >= 40 and lighter >= STEPPED * told
