"""A small drawing of a page, to hold its text against: is there ink where words are, and none between them?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pymupdf
from numpy.typing import NDArray

from pipeline.render.contents import Contents
from pipeline.render.exhaustion import is_exhausted
from pipeline.render.upright import Upright
from pipeline.types import Box, Word
from pipeline.wide import is_wide

_ZOOM = 2.0  # 144 dpi: print of 6 points is 12 pixels high
_MOST_PIXELS = 6e6  # larger pages are drawn coarser
# What takes longer to draw than a look is worth. One path of 20,000 strokes may take 10 s, many short ones do not.
_MOST_IMAGE_PIXELS, _MOST_PATHS, _MOST_STROKES, _MOST_OF_ONE = 60e6, 20_000, 100_000, 4000

_UNSEEN = 8  # grey levels: a word whose place varies by less cannot be seen
_DARKER = 60  # grey levels below the paper from which on a pixel of a scan is ink
_RIM = 30  # the black rims of scans, a part of its sides as small as this, are no ink
_MIN_GAPS = 30


@dataclass(frozen=True, slots=True)
class Drawn:
    """The upright page in grey.

    Attributes:
        grey: height x width.
        zoom: pixels a point.
        ink: pixels darker than the paper.
    """

    grey: NDArray[np.uint8]
    zoom: float
    ink: NDArray[np.bool_]

    @property
    def paper(self) -> bool:
        """Most of it is light."""
        return bool(np.median(self.grey[::4, ::4]) > 190)

    def shows(self, word: Word) -> bool:
        """Anything at all can be seen where a word stands; always of lone marks, which may stand beside it."""
        if not any(map(str.isalnum, word.text)):
            return True
        part = self.grey[self._rows(word.box), self._columns(word.box)]
        return part.size == 0 or int(part.max()) - int(part.min()) >= _UNSEEN

    def share_under(self, words: Iterable[Word]) -> float:
        """Share of the ink that lies in words' boxes, but for that of a scan's rims; 1 where there is none."""
        height, width = self.ink.shape
        inner = np.zeros_like(self.ink)
        inner[height // _RIM : height - height // _RIM, width // _RIM : width - width // _RIM] = True
        inner &= self.ink
        total = int(inner.sum())
        under = np.zeros_like(self.ink)
        for word in words:
            under[self._rows(word.box, 1.5), self._columns(word.box, 1.5)] = True
        return float((inner & under).sum()) / total if total else 1.0

    def share_without_ink(self, words: Iterable[Word]) -> float:
        """Share of the characters whose words stand where there is no ink."""
        total = without = 0
        for word in words:
            total += len(word.text)
            if not self.ink[self._rows(word.box), self._columns(word.box)].any():
                without += len(word.text)
        return without / total if total else 0.0

    def gaps_crossed(self, words: Sequence[Word]) -> float | None:
        """Share of the spaces between words of a line that ink crosses; None where there are too few to tell.

        Where the words are those of the page, white stands between them. Only the middle half of each space is looked
        at, and of spaces up to the height of the line.
        """
        crossed = gaps = 0
        for left, right in pairwise(words):
            gap = right.box.x0 - left.box.x1
            if left.line != right.line or not 1.5 <= gap <= left.box.height:
                continue
            if is_wide(left.text[-1]) or is_wide(right.text[0]):  # OCR finds their edges about
                continue
            top, bottom = max(left.box.y0, right.box.y0), min(left.box.y1, right.box.y1)
            if bottom - top < 4:
                continue
            middle = Box(left.box.x1 + gap / 4, top + 1, right.box.x0 - gap / 4, bottom - 1)
            gaps += 1
            crossed += bool(self.ink[self._rows(middle), self._columns(middle)].any())
        return crossed / gaps if gaps >= _MIN_GAPS else None

    def _rows(self, box: Box, more_pt: float = 0.0) -> slice:
        return self._pixels(box.y0 - more_pt, box.y1 + more_pt, self.grey.shape[0])

    def _columns(self, box: Box, more_pt: float = 0.0) -> slice:
        return self._pixels(box.x0 - more_pt, box.x1 + more_pt, self.grey.shape[1])

    def _pixels(self, start: float, end: float, most: int) -> slice:
        first = min(max(round(start * self.zoom), 0), most)
        return slice(first, max(min(round(end * self.zoom), most), first + 1))


def _is_intricate(page: pymupdf.Page, contents: Contents) -> bool:
    """Whether its paths would take long to draw."""
    if not 0 < len(contents.paths) <= _MOST_PATHS:
        return len(contents.paths) > 0
    strokes: list[int] = []
    page.get_cdrawings(callback=lambda path: strokes.append(len(path["items"])))
    return sum(strokes) > _MOST_STROKES or max(strokes, default=0) > _MOST_OF_ONE


def draw_small(page: pymupdf.Page, contents: Contents, upright: Upright) -> Drawn | None:
    """Draws a page, upright; None where that would take too long or MuPDF cannot: what is read then goes unseen."""
    pixels = sum(image.width_px * image.height_px for image in contents.images)
    area = upright.width_pt * upright.height_pt
    if pixels > _MOST_IMAGE_PIXELS or area <= 0 or _is_intricate(page, contents):
        return None
    zoom = min(_ZOOM, (_MOST_PIXELS / area) ** 0.5)
    matrix = pymupdf.Matrix(zoom, zoom).prerotate(upright.rotation)
    try:
        drawn = page.get_pixmap(matrix=matrix, colorspace=pymupdf.csGRAY, alpha=False)
    except Exception as error:  # of several unrelated classes; a page that only its text can be had of is still read
        if is_exhausted(error):
            raise
        return None
    grey: NDArray[np.uint8] = np.frombuffer(drawn.samples, np.uint8).reshape(drawn.height, drawn.stride)
    grey = grey[:, : drawn.width]
    return Drawn(grey, zoom, grey < np.percentile(grey[::4, ::4], 90) - _DARKER)
