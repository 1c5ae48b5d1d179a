"""Which way up a PDF page stands: by its text, not by its /Rotate, which says how it is displayed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pymupdf

from pipeline.types import Box

Rotation = int
"""Degrees clockwise: 0, 90, 180 or 270."""

_MIN_SHARE = 2 / 3  # of the characters must run sideways; a chart's labels and a margin's stamp do not
_MIN_CHARACTERS = 20
_STRAIGHT = 0.35  # the sine of the largest slant, 20 degrees, at which text still counts as running along a side


@dataclass(frozen=True, slots=True)
class Upright:
    """The upright page.

    Attributes:
        rotation: degrees clockwise by which the page as displayed is turned.
        width_pt, height_pt: size after that.
        matrix: brings points of the page before any rotation to the upright page, as MuPDF orders the six numbers.
    """

    rotation: Rotation
    width_pt: float
    height_pt: float
    matrix: tuple[float, float, float, float, float, float]

    def box(self, box: Box) -> Box:
        """A box in points of the page before any rotation, on the upright page."""
        a, b, c, d, e, f = self.matrix
        x0, x1 = box.x0 * a + box.y0 * c + e, box.x1 * a + box.y1 * c + e
        y0, y1 = box.x0 * b + box.y0 * d + f, box.x1 * b + box.y1 * d + f
        return Box(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))

    def direction(self, x: float, y: float) -> tuple[float, float]:
        """A direction on the page before any rotation, on the upright page."""
        a, b, c, d, _, _ = self.matrix
        return x * a + y * c, x * b + y * d


def upright(page: pymupdf.Page, rotation: Rotation = 0) -> Upright:
    """The page as displayed, turned by `rotation` degrees clockwise."""
    width, height = float(page.rect.width), float(page.rect.height)
    turn = {
        0: pymupdf.Matrix(1, 0, 0, 1, 0, 0),
        90: pymupdf.Matrix(0, 1, -1, 0, height, 0),
        180: pymupdf.Matrix(-1, 0, 0, -1, width, height),
        270: pymupdf.Matrix(0, -1, 1, 0, 0, width),
    }[rotation]
    if rotation in (90, 270):
        width, height = height, width
    a, b, c, d, e, f = page.rotation_matrix * turn
    return Upright(rotation, width, height, (a, b, c, d, e, f))


def rotation_of(x: float, y: float) -> Rotation | None:
    """The turn that makes text which runs in this direction run to the right; None for slanting text."""
    if abs(y) <= _STRAIGHT:
        return 0 if x > 0 else 180
    if abs(x) <= _STRAIGHT:
        return 90 if y < 0 else 270
    return None


def needed_rotation(characters: Mapping[Rotation | None, int]) -> Rotation:
    """How to turn a page.

    Args:
        characters: how many there are that each turn would set upright.
    """
    total = sum(characters.values())
    best = max(characters, key=lambda rotation: characters[rotation], default=0)
    if best is None or total < _MIN_CHARACTERS or characters[best] < _MIN_SHARE * total:
        return 0
    return best
