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
# Grey levels darker than the paper around it: 35 % of the darkest ink's, so that pale print counts on a pale page and
# what shines through from the back of the sheet does not on others. Scanner noise stays under the lower bound.
CONTRAST_SHARE, CONTRAST_MIN, CONTRAST_MAX = 0.35, 20.0, 40.0
MIN_GLYPH_PT = 2.5  # lower is dust, or a line of text nobody could read at that resolution
MAX_GLYPH_PT = 60.0  # higher is a picture, a frame or a rule, not text
RULE_PT, DASHES_PT = 2.0, 4.0  # lower and wide is a rule; lower and very wide as a row, a dashed line
SOLID_PT = 8.0  # strokes of print are thinner, up to headlines of 60 points
MARGIN_PT = 1.5  # words' boxes are tight, accents and blur are not

GUTTER_PT = 9.0
GUTTER_CROSSED = 0.1  # share of the rows that may cross a gutter: titles, rules
COLUMN_FILLED = 0.5  # share of the rows that must have text on either side of it


def load_grey(image: PageImage) -> Grey:
    """Decodes a page image.

    Raises:
        PermanentError: `page_damaged`, if the file is not a readable image.
    """
    return load_pixels(image.file)


def load_pixels(file: str) -> Grey:
    """Decodes an image file to greys.

    Raises:
        PermanentError: `page_damaged`, if the file is not a readable image.
    """
    grey = cv2.imread(file, cv2.IMREAD_GRAYSCALE)
    if grey is None:
        raise PermanentError("page_damaged", "The image of the page cannot be decoded. Upload the page again.")
    return np.asarray(grey, np.uint8)


@dataclass(frozen=True, slots=True)
class Ink:
    """Text-like ink of one page.

    Attributes:
        blank: not one mark of a glyph's size; a lone page number is one, though not a row of text.
        lines: n x 4 boxes x, y, width, height in pixels of the full image, where text seems to stand.
        mask: ink of those lines at the working resolution, 1 where ink.
        scale: working pixels a point.
        amount_pt2: area of the text-like ink in square points.
    """

    blank: bool
    lines: NDArray[np.int32]
    mask: NDArray[np.uint8]
    scale: float
    amount_pt2: float

    @property
    def in_columns(self) -> bool:
        """Whether a gutter runs down the page with text on both sides: some 9 points that hardly a row crosses."""
        rows: NDArray[np.bool_] = np.asarray(self.mask.any(axis=1))
        columns: NDArray[np.bool_] = np.asarray(self.mask.any(axis=0))
        if not rows.any():
            return False
        left, right = int(columns.argmax()), len(columns) - int(columns[::-1].argmax())
        text = self.mask[rows, left:right]
        width = max(1, round(GUTTER_PT * self.scale))
        if text.shape[1] < 8 * width:
            return False
        sums = np.cumsum(np.pad(text.astype(np.int32), ((0, 0), (1, 0))), axis=1)
        crossed = ((sums[:, width:] - sums[:, :-width]) > 0).mean(axis=0)  # by the left edge of a gutter
        edges = np.arange(len(crossed))
        middle = (edges > 0.2 * text.shape[1]) & (edges + width < 0.8 * text.shape[1])
        for edge in edges[middle & (crossed < GUTTER_CROSSED)]:
            if min(text[:, :edge].any(axis=1).mean(), text[:, edge + width :].any(axis=1).mean()) > COLUMN_FILLED:
                return True
        return False

    def uncovered(self, words: Sequence[Word]) -> float:
        """Share of the text-like ink, 0..1, that lies outside of all words' boxes; 0 on a page without ink."""
        total = int(self.mask.sum())
        return float(self.rest(words).sum()) / total if total else 0.0

    def rest(self, words: Sequence[Word]) -> NDArray[np.uint8]:
        """The ink outside of all words' boxes, as `mask`."""
        rest = self.mask.copy()
        for word in words:
            x0, y0 = (max(0, int((v - MARGIN_PT) * self.scale)) for v in word.box[:2])
            x1, y1 = (max(0, int((v + MARGIN_PT) * self.scale) + 1) for v in word.box[2:])
            rest[y0:y1, x0:x1] = 0
        return rest


def shrunk(grey: Grey, factor: float) -> Grey:
    """A page made smaller by a factor up to 1, by averaging; no side gets shorter than a pixel."""
    if factor >= 1:
        return grey
    size = max(1, round(grey.shape[1] * factor)), max(1, round(grey.shape[0] * factor))
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)


def at_most(most_dpi: float, grey: Grey, dpi: float) -> tuple[Grey, float]:
    """A page made smaller to `most_dpi` where it is finer, and by what factor, up to 1."""
    factor = min(1.0, most_dpi / dpi)
    return shrunk(grey, factor), factor


def marks_of(mask: NDArray[Any]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The marks of a mask: what hangs together, corners included.

    By block-based labelling (Grana 2010): OpenCV's default, of the same result, took 14 ms of one thread for a page of
    text at 150 dpi where this takes 6, and a page is looked at ten times.

    Args:
        mask: height x width, 0 or not.

    Returns:
        The number of each pixel's mark, 0 for none, and a row a mark, the first for none: left, top, width, height and
        area in pixels.
    """
    _, labels, stats, _ = cv2.connectedComponentsWithStatsWithAlgorithm(mask, 8, cv2.CV_32S, cv2.CCL_BBDT)
    return np.asarray(labels, np.int32), np.asarray(stats, np.int32)


def find_ink(grey: Grey, dpi: float) -> Ink:
    """Finds text-like ink: marks of a glyph's size that stand in rows.

    Photographs, frames, rules, punch holes and dust are left out as far as size and company tell: nobody can be
    asked to review a page because its logo was not read.

    Args:
        grey: the page, height x width.
        dpi: its resolution.
    """
    small, factor = at_most(WORK_DPI, grey, dpi)
    scale = dpi * factor / 72.0  # working pixels a point
    side = max(3, round(12 * scale)) | 1
    paper = cv2.dilate(cv2.medianBlur(small, 3), np.ones((side, side), np.uint8))
    darker = cv2.subtract(paper, small)
    contrast = min(max(CONTRAST_SHARE * float(np.percentile(darker, 99.9)), CONTRAST_MIN), CONTRAST_MAX)
    ink = (darker > contrast).astype(np.uint8)

    labels, stats = marks_of(ink)
    width, height = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]
    # No limit on width: at this resolution a line of small print is one mark.
    glyph = (height <= MAX_GLYPH_PT * scale) & (stats[:, cv2.CC_STAT_AREA] >= 3)
    glyph &= ~((height <= RULE_PT * scale) & (width >= 10 * scale))
    # Punch holes, the scanner's dark edges: thick, where even heavy print is thin strokes.
    thick = cv2.distanceTransform(ink, cv2.DIST_L2, 3) > SOLID_PT / 2 * scale
    glyph[labels[thick]] = False
    glyph[0] = False
    blank = not bool((glyph & (height >= MIN_GLYPH_PT * scale)).any())
    ink = glyph[labels].astype(np.uint8)

    # Glyphs of a row grow together sideways, so that a row stands for itself and single specks stay single.
    rows = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones((1, max(3, round(9 * scale))), np.uint8))
    labels, stats = marks_of(rows)
    keep = np.zeros(len(stats), bool)
    boxes: list[Any] = []
    for index in range(1, len(stats)):
        x, y, wide, high, _area = stats[index]
        if high <= DASHES_PT * scale and wide > 25 * high:
            continue
        part = ink[y : y + high, x : x + wide]
        if MIN_GLYPH_PT * scale <= high <= MAX_GLYPH_PT * scale and wide >= 0.8 * high and not _is_barcode(part):
            keep[index] = True
            boxes.append((x / factor, y / factor, wide / factor, high / factor))
    mask = ink * keep[labels].astype(np.uint8)
    lines = np.array(boxes, dtype=np.int32).reshape(-1, 4)
    return Ink(blank, lines, mask, scale, float(mask.sum()) / (scale * scale))


def _is_barcode(row: NDArray[np.uint8]) -> bool:
    """Whether a row is bars and gaps of its full height: few of its columns are partly ink, as most are in text."""
    fill = row.mean(axis=0)
    partly = ((fill > 0.15) & (fill < 0.85)).mean()
    return bool(partly < 0.2 and 0.15 < (fill <= 0.15).mean() < 0.85) and row.shape[1] > 2 * row.shape[0]


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
        tiles.append(grey[max(0, y - margin) : y + height + margin, max(0, x - margin) : right])
    return stacked(tiles, height_px)[0]


def stacked(lines: Sequence[Grey], height_px: int) -> tuple[Grey, list[int]]:
    """Lines scaled to one height and set one below the other on paper of their own shade.

    Returns:
        The sheet, and where on it each line begins, in pixels from its top.
    """
    tiles = []
    for line in lines:
        ratio = height_px / line.shape[0]
        how = cv2.INTER_AREA if ratio < 1 else cv2.INTER_CUBIC
        tiles.append(cv2.resize(line, (max(1, round(line.shape[1] * ratio)), height_px), interpolation=how))
    gap = height_px // 3
    tops = [gap + index * (height_px + gap) for index in range(len(tiles))]
    paper = np.median(np.concatenate([tile[::4, ::4].ravel() for tile in tiles]))
    sheet = np.full((tops[-1] + height_px + gap, max(tile.shape[1] for tile in tiles) + 2 * gap), paper, np.uint8)
    for top, tile in zip(tops, tiles, strict=True):
        sheet[top : top + height_px, gap : gap + tile.shape[1]] = tile
    return sheet, tops
