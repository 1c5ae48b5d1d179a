"""The ink on a page: where text seems to stand, and how much of it no word covers.

A page's ink that no word covers is a region the engine dropped without a sound (Tesseract's default segmentation
lost 58 of 63 characters of a clean page). All work is done at about 100 dpi: 10-40 ms a page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.errors import PermanentError
from pipeline.types import PageImage, Word

Grey = NDArray[np.uint8]

WORK_DPI = 100.0
CONTRAST = 40  # grey levels darker than the paper around it; scanner noise stays under it, pale print does not
MIN_GLYPH_PT = 2.5  # lower is dust, or a line of text nobody could read at that resolution
MAX_GLYPH_PT = 60.0  # higher is a picture, a frame or a rule, not text
MARGIN_PT = 1.5  # words' boxes are tight, accents and blur are not


def load_grey(image: PageImage) -> Grey:
    """Decodes a page image.

    Raises:
        PermanentError: `page_damaged`, if the file is not a readable image.
    """
    grey = cv2.imread(image.file, cv2.IMREAD_GRAYSCALE)
    if grey is None:
        raise PermanentError("page_damaged", "The image of the page cannot be decoded. Upload the page again.")
    return grey.astype(np.uint8, copy=False)


@dataclass(frozen=True, slots=True)
class Ink:
    """Text-like ink of one page.

    Attributes:
        lines: n x 4 boxes x, y, width, height in pixels of the full image, where text seems to stand.
        mask: ink of those lines at the working resolution, 1 where ink.
        scale: working pixels a point.
        amount_pt2: area of the text-like ink in square points.
    """

    lines: NDArray[np.int32]
    mask: NDArray[np.uint8]
    scale: float
    amount_pt2: float

    def uncovered(self, words: Sequence[Word]) -> float:
        """Share of the text-like ink, 0..1, that lies outside of all words' boxes; 0 on a page without ink."""
        total = int(self.mask.sum())
        if not total:
            return 0.0
        rest = self.mask.copy()
        for word in words:
            x0, y0 = (max(0, int((v - MARGIN_PT) * self.scale)) for v in word.box[:2])
            x1, y1 = (max(0, int((v + MARGIN_PT) * self.scale) + 1) for v in word.box[2:])
            rest[y0:y1, x0:x1] = 0
        return float(rest.sum()) / total


def find_ink(grey: Grey, dpi: float) -> Ink:
    """Finds text-like ink: marks of a glyph's size that stand in rows.

    Photographs, frames, rules, punch holes and dust are left out as far as size and company tell: nobody can be
    asked to review a page because its logo was not read.

    Args:
        grey: the page, height x width.
        dpi: its resolution.
    """
    factor = min(1.0, WORK_DPI / dpi)
    small = cv2.resize(grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA) if factor < 1 else grey
    scale = dpi * factor / 72.0  # working pixels a point
    side = max(3, round(12 * scale)) | 1
    paper = cv2.dilate(cv2.medianBlur(small, 3), np.ones((side, side), np.uint8))
    ink = (cv2.subtract(paper, small) > CONTRAST).astype(np.uint8)

    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    width, height = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]
    glyph = (height <= MAX_GLYPH_PT * scale) & (width <= 2 * MAX_GLYPH_PT * scale) & (stats[:, cv2.CC_STAT_AREA] >= 3)
    glyph &= ~((height <= 1.2 * scale) & (width >= 10 * scale))  # rules and leaders
    glyph[0] = False
    ink = glyph[labels].astype(np.uint8)

    # Glyphs of a row grow together sideways, so that a row stands for itself and single specks stay single.
    rows = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones((1, max(3, round(9 * scale))), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(rows, connectivity=8)
    keep = np.zeros(count, bool)
    boxes: list[Any] = []
    for index in range(1, count):
        x, y, wide, high, _area = stats[index]
        if MIN_GLYPH_PT * scale <= high <= MAX_GLYPH_PT * scale and wide >= 0.8 * high:
            keep[index] = True
            boxes.append((x / factor, y / factor, wide / factor, high / factor))
    mask = ink * keep[labels].astype(np.uint8)
    lines = np.array(boxes, dtype=np.int32).reshape(-1, 4)
    return Ink(lines, mask, scale, float(mask.sum()) / (scale * scale))


def clipping_sheet(grey: Grey, ink: Ink, clippings: int = 3, height_px: int = 44) -> Grey | None:
    """The starts of a few long lines from all over the page, scaled to one height and set one below the other.

    Returns:
        A small image to read the page's script from, or None where nothing looks like a line.
    """
    lines = sorted((box for box in ink.lines.tolist() if box[2] >= 2 * box[3]), key=lambda box: -box[2] / box[3])
    if not lines:
        return None
    # The longest lines are the surest to be text; picked from top to bottom they show both halves of a mixed page.
    lines = sorted(lines[: 8 * clippings], key=lambda box: (box[1], box[0]))
    step = max(1, len(lines) // clippings)
    tiles = []
    for x, y, width, height in lines[(step - 1) // 2 :: step][:clippings]:
        margin = max(2, height // 5)
        right = x + min(width + margin, 14 * height)
        tile = grey[max(0, y - margin) : y + height + margin, max(0, x - margin) : right]
        ratio = height_px / tile.shape[0]
        how = cv2.INTER_AREA if ratio < 1 else cv2.INTER_CUBIC
        tiles.append(cv2.resize(tile, (max(1, round(tile.shape[1] * ratio)), height_px), interpolation=how))
    gap = height_px // 3
    shape = (gap + len(tiles) * (height_px + gap), max(tile.shape[1] for tile in tiles) + 2 * gap)
    sheet = np.full(shape, np.median(grey[::16, ::16]), np.uint8)
    for index, tile in enumerate(tiles):
        top = gap + index * (height_px + gap)
        sheet[top : top + height_px, gap : gap + tile.shape[1]] = tile
    return sheet
