"""A page made ready for reading, and the way back from its pixels to the page as it is shown."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.ocr.ink import Grey, Ink
from pipeline.types import Box, PageImage, Word


@dataclass(frozen=True, slots=True)
class Prepared:
    """What engines read instead of the page as it was drawn.

    Attributes:
        image: the prepared page as a file; the drawn page's own where nothing had to be done.
        grey: its pixels.
        ink: its ink.
        rotation: degrees clockwise by which the drawn page was turned to stand upright: 0, 90, 180 or 270.
        vertical: the text runs from top to bottom in columns of upright characters, as far as was looked.
        presumed: that it does not stand on its head was not asked; ask where it reads poorly.
        steps: what was done, for the record.
        to_page_pt: 3 x 3 projective matrix from points of the prepared page to points of the upright page; None where
            they are the same.
    """

    image: PageImage
    grey: Grey
    ink: Ink
    rotation: int = 0
    vertical: bool = False
    presumed: bool = False
    steps: tuple[str, ...] = ()
    to_page_pt: NDArray[np.float64] | None = None

    def size_pt(self, width_pt: float, height_pt: float) -> tuple[float, float]:
        """Width and height of the upright page, from those of the page as it was drawn."""
        return (height_pt, width_pt) if self.rotation in (90, 270) else (width_pt, height_pt)

    def to_page(self, words: Sequence[Word]) -> tuple[Word, ...]:
        """Words read on the prepared page, with boxes of the upright page."""
        if self.to_page_pt is None:
            return tuple(words)
        return tuple(replace(word, box=self.box_to_page(word.box)) for word in words)

    def box_to_page(self, box: Box) -> Box:
        """A box of the prepared page as a box of the upright page, about the same middle."""
        if self.to_page_pt is None:
            return box
        across, down = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
        ends = np.array([[box.x0, down, 1], [box.x1, down, 1], [across, box.y0, 1], [across, box.y1, 1]])
        mapped = ends @ self.to_page_pt.T
        points = mapped[:, :2] / mapped[:, 2:]
        # The middles of the sides, not the corners: the upright box around a slanted line is twice as high as the line.
        (x0, y0), (x1, y1) = points.min(axis=0), points.max(axis=0)
        return Box(max(0.0, float(x0)), max(0.0, float(y0)), max(0.0, float(x1)), max(0.0, float(y1)))


def written(grey: Grey) -> Path:
    """Grey pixels as a file every engine reads: no time lost on packing them.

    Raises:
        OSError: no room for it.
    """
    handle, name = tempfile.mkstemp(suffix=".pgm")
    os.close(handle)
    if not cv2.imwrite(name, grey):
        Path(name).unlink(missing_ok=True)
        raise OSError(f"the prepared page could not be written to {Path(name).parent}")
    return Path(name)


def turn_pt(rotation: int, image: PageImage) -> NDArray[np.float64]:
    """3 x 3 matrix from points of an image to points of the image turned clockwise by 90, 180 or 270 degrees."""
    width, height = image.width_px * 72 / image.dpi, image.height_px * 72 / image.dpi
    turns = {
        90: [[0, -1, height], [1, 0, 0], [0, 0, 1]],
        180: [[-1, 0, width], [0, -1, height], [0, 0, 1]],
        270: [[0, 1, 0], [-1, 0, width], [0, 0, 1]],
    }
    return np.array(turns[rotation], np.float64)
