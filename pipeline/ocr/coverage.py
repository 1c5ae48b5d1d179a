"""What a reading left out: where ink stands that no word covers, that part of the page alone, words joined to words.

A region that an engine dropped is read again without what was read already: its neighbours are painted over, so that
nothing comes twice, and a part of a page is looked at more closely than the whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import cv2
import numpy as np

from pipeline.ocr.ink import Ink, marks_of
from pipeline.ocr.prepare.page import Prepared, written
from pipeline.types import Box, PageImage, Word

JOIN_PT = 12.0  # marks closer than a line and its spacing are one region
REGION_INK_PT2 = 12.0  # a character of 10 points; less is a speck, a comma or the edge of a word
UNREAD = 0.5  # of the ink in and around a region; where more was read, it is the edges of words whose boxes are tight
AROUND_PT = 3.0
EDGE_PT = 1.5  # strokes thin out towards their edges; with more of it, the lines next to a region would show
MARGIN_PT = 8.0  # engines want some paper around what they read
DOUBLED = 0.3  # of a word's box; more covered by words that there are, and it is one of them again
SURE = 0.5  # a word read worse, where another reading saw none, is mostly a logo or a stamp


@dataclass(frozen=True, slots=True)
class Lost:
    """The regions of a page that were not read.

    Attributes:
        share: of the page's text-like ink, 0..1, in these regions.
        boxes: in points of the prepared page, the one with most ink first.
    """

    share: float
    boxes: tuple[Box, ...]

    @property
    def area(self) -> Box:
        """The box around all of them."""
        boxes = self.boxes
        return Box(
            min(b.x0 for b in boxes), min(b.y0 for b in boxes), max(b.x1 for b in boxes), max(b.y1 for b in boxes)
        )


def lost_regions(ink: Ink, words: Sequence[Word]) -> Lost:
    """Finds what of the page's text-like ink no word covers, by regions."""
    total = int(ink.mask.sum())
    rest = ink.rest(words)
    side = max(3, round(JOIN_PT * ink.scale))
    joined = cv2.morphologyEx(
        cv2.copyMakeBorder(rest, side, side, side, side, cv2.BORDER_CONSTANT, value=0),
        cv2.MORPH_CLOSE, np.ones((side, side), np.uint8),
    )[side:-side, side:-side]  # fmt: skip
    labels, stats = marks_of(joined)
    count = len(stats)
    amounts = np.bincount(labels.ravel(), weights=rest.ravel(), minlength=count)
    around = round(AROUND_PT * ink.scale)
    found: list[tuple[float, Box]] = []
    for index in range(1, count):
        x, y, width, height = (int(value) for value in stats[index, :4])
        if amounts[index] < REGION_INK_PT2 * ink.scale**2:
            continue
        window = np.s_[max(0, y - around) : y + height + around, max(0, x - around) : x + width + around]
        if rest[window].sum() >= UNREAD * ink.mask[window].sum():
            box = Box(*(value / ink.scale for value in (x, y, x + width, y + height)))
            found.append((float(amounts[index]), box))
    found.sort(key=lambda region: -region[0])
    share = sum(amount for amount, _ in found) / total if total else 0.0
    return Lost(share, tuple(box for _, box in found))


@contextmanager
def unread_part(page: Prepared, lost: Lost) -> Iterator[tuple[PageImage, float, float]]:
    """The part of a page around its lost regions as an image, all between them painted over with paper.

    Yields:
        The image, and where its top left corner is on the page, in points.

    Raises:
        OSError: no room for the image.
    """
    scale = page.image.dpi / 72.0
    x0, y0, x1, y1 = _in_pixels(lost.area, MARGIN_PT, scale)
    page_part = page.grey[y0:y1, x0:x1]
    part = np.full_like(page_part, int(np.median(page.grey[::16, ::16])))
    for box in lost.boxes:
        left, top, right, bottom = _in_pixels(box, EDGE_PT, scale)
        window = np.s_[max(0, top - y0) : bottom - y0, max(0, left - x0) : right - x0]
        part[window] = page_part[window]
    file = written(part)
    try:
        height, width = part.shape
        yield PageImage(str(file), width, height, page.image.dpi), x0 / scale, y0 / scale
    finally:
        file.unlink(missing_ok=True)


def _in_pixels(box: Box, margin_pt: float, scale: float) -> tuple[int, int, int, int]:
    x0, y0 = (max(0, int((value - margin_pt) * scale)) for value in box[:2])
    x1, y1 = (max(0, int((value + margin_pt) * scale) + 1) for value in box[2:])
    return x0, y0, x1, y1


def moved(words: Sequence[Word], x_pt: float, y_pt: float) -> list[Word]:
    """Words of a part of a page whose top left corner is there, with boxes of the page."""
    return [replace(word, box=Box(word.box.x0 + x_pt, word.box.y0 + y_pt, word.box.x1 + x_pt, word.box.y1 + y_pt))
            for word in words]  # fmt: skip


def joined(words: Sequence[Word], found: Sequence[Word], x_pt: float, y_pt: float) -> tuple[Word, ...]:
    """The words of a page and those found on a part of it that were not there yet.

    Args:
        words: of the page.
        found: of the part, with boxes of the part.
        x_pt, y_pt: where the part's top left corner is on the page.
    """
    lines = 1 + max((word.line for word in words), default=-1)
    blocks = 1 + max((word.block for word in words), default=-1)
    new = []
    for word in found:
        box = Box(word.box.x0 + x_pt, word.box.y0 + y_pt, word.box.x1 + x_pt, word.box.y1 + y_pt)
        if word.confidence >= SURE and _shared(box, words) <= DOUBLED:
            new.append(replace(word, box=box, line=word.line + lines, block=word.block + blocks))
    return (*words, *new)


def _shared(box: Box, words: Sequence[Word]) -> float:
    """The share of a box that some one word covers."""
    area = max(box.width * box.height, 1e-6)
    covered = 0.0
    for word in words:
        width = min(box.x1, word.box.x1) - max(box.x0, word.box.x0)
        height = min(box.y1, word.box.y1) - max(box.y0, word.box.y0)
        if width > 0 and height > 0:
            covered = max(covered, width * height / area)
    return covered


def whereabouts(box: Box, image: PageImage) -> str:
    """Where a box is on its page, in words: "near the top left"."""
    across = (box.x0 + box.x1) / 2 * image.dpi / 72 / max(1, image.width_px)
    down = (box.y0 + box.y1) / 2 * image.dpi / 72 / max(1, image.height_px)
    row = "top" if down < 1 / 3 else "bottom" if down > 2 / 3 else ""
    column = "left" if across < 1 / 3 else "right" if across > 2 / 3 else ""
    if not row and not column:
        return "in the middle"
    if not row:
        return f"on the {column}"
    return f"near the {row} {column}".rstrip()
