"""Finds the lines on a page with PP-OCR's detector, which sees the page shrunk to one size.

The library's own way in wants the page in three colours: on a large page that takes more memory than the model.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]

SIDE_PX = 960  # longest side the detector sees; memory and time grow with its square
CLOSER_PX = 1280  # the same for a page that read poorly: lines of 6 points on A4 run into one another at the other size
MULTIPLE_PX = 32  # of the sides, which the network asks for


class Detector:
    """Lines as quads.

    Args:
        detector: the library's, for its model and for what it makes of the model's answer.
    """

    def __init__(self, detector: Any) -> None:
        self._detector = detector

    def find(self, grey: Image, side_px: int = SIDE_PX) -> NDArray[np.float32]:
        """The quads of the lines, n x 4 corners clockwise from top left x 2, in pixels, from top to bottom."""
        height, width = grey.shape
        factor = min(1.0, side_px / max(height, width))
        size = [max(MULTIPLE_PX, round(side * factor / MULTIPLE_PX) * MULTIPLE_PX) for side in (width, height)]
        small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA if factor < 0.5 else cv2.INTER_LINEAR)
        batch = np.empty((1, 3, size[1], size[0]), np.float32)
        batch[:] = small / np.float32(127.5) - 1
        quads, _ = self._detector.postprocess_op(self._detector.session(batch), (height, width))
        if len(quads) == 0:
            return np.zeros((0, 4, 2), np.float32)
        return np.asarray(self._detector.sorted_boxes(quads), np.float32)
