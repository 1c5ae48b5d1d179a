"""Coloured pages in greys: seals and stamps over print are lifted, so that what is below them can be read.

In plain greys a red seal is nearly as dark as the print it crosses. In the lightest of a pixel's three colours it is
nearly as light as paper, while print stays dark. That is used for marks that cross print; all other coloured text,
red headings and labels, keeps its usual grey, in which it reads well.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops

LOOK_DPI = 100.0  # resolution at which marks are looked for
CHROMA = 50  # lightest less darkest colour of a pixel, from which on it is coloured
RED = 40  # red less the lighter of the others: red ink
DARK = 100  # lightest colour of print; paler is ink or paper
LEAST_PT, MOST_PT = 8.0, 220.0  # sides of a mark; a seal has up to 165 points, a coloured field or form has more
STAMP_PT = 28.0  # least sides of marks that are not red: blue handwriting in a form is smaller
SEAL_PT = 50.0  # from here on a mark is a seal, and what stands inside it is its own
CROSSING = 0.01  # dark pixels that touch a mark, as a share of its own, and at least so many:
LEAST_CROSSING_PX = 6
FEW = 2e-4  # share of coloured pixels below which a page is grey
PAPER = 250.0
MOST_PIXELS = 40_000_000  # larger pages are not looked at


class Mark(NamedTuple):
    """A coloured mark over print, in pixels of the small picture.

    Attributes:
        box: left, top, right, bottom.
        mask: its pixels within the box.
    """

    box: tuple[int, int, int, int]
    mask: NDArray[np.bool_]


def greys(page: Image.Image, dpi: float) -> Image.Image:
    """An RGB page in greys, seals and stamps over print lifted.

    Args:
        page: mode RGB.
        dpi: its resolution.
    """
    grey = page.convert("L")
    if page.width * page.height > MOST_PIXELS:
        return grey
    step = max(1, round(dpi / LOOK_DPI))
    reds, green, blue = (np.asarray(band) for band in (page.reduce(step) if step > 1 else page).split())
    others = np.maximum(green, blue)
    lightest = np.maximum(reds, others)
    chroma = lightest - np.minimum(reds, np.minimum(green, blue))
    coloured = (chroma >= CHROMA) & (lightest >= DARK)
    if coloured.mean() < FEW:
        return grey  # as most are, also of those that were scanned in colour
    red = coloured & (lightest - others >= RED)
    print_ = (lightest < DARK) & (chroma < CHROMA + 20)
    scale = dpi / step / 72.0
    for mark in [*_marks(red, print_, scale, LEAST_PT), *_marks(coloured & ~red, print_, scale, STAMP_PT)]:
        _lift(page, grey, mark, step)
    return grey


def _marks(coloured: NDArray[np.bool_], print_: NDArray[np.bool_], scale: float, least_pt: float) -> list[Mark]:
    """Marks that cross print, and what stands inside of seals that do.

    Args:
        coloured: pixels of ink.
        print_: pixels of print.
        scale: pixels a point.
        least_pt: smaller marks are left alone.
    """
    import cv2  # only coloured pages need it

    # Print cuts a mark's strokes into pieces: they are mended across it.
    side = max(3, round(2.5 * scale)) | 1
    strokes = coloured | (print_ & (cv2.dilate(coloured.astype(np.uint8), np.ones((side, side), np.uint8)) > 0))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(strokes.astype(np.uint8), connectivity=8)
    own = np.bincount(labels[coloured], minlength=len(stats))
    crossed = np.bincount(labels[print_ & strokes], minlength=len(stats))
    wide, high = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]
    fits = (np.maximum(wide, high) >= least_pt * scale) & (np.maximum(wide, high) <= MOST_PT * scale)
    if least_pt == STAMP_PT:
        fits &= np.minimum(wide, high) >= STAMP_PT * scale
    crosses = fits & (own > 0) & (crossed >= np.maximum(LEAST_CROSSING_PX, CROSSING * own))
    crosses[0] = False
    marks = []
    for index in np.flatnonzero(crosses):
        x, y, width, height = (int(value) for value in stats[index, :4])
        inside: Any = labels[y : y + height, x : x + width]
        mask = inside == index
        if min(width, height) >= SEAL_PT * scale:
            mask |= coloured[y : y + height, x : x + width]
        marks.append(Mark((x, y, x + width, y + height), mask))
    return marks


def _lift(page: Image.Image, grey: Image.Image, mark: Mark, step: int) -> None:
    """Makes the mark's ink as light as paper in the grey page, and leaves print below it dark."""
    import cv2

    x0, y0, x1, y1 = mark.box
    left, top = max(0, x0 - 1), max(0, y0 - 1)  # a pixel more on each side: ink fades out
    near = np.zeros((y1 + 1 - top, x1 + 1 - left), np.uint8)
    near[y0 - top : y1 - top, x0 - left : x1 - left] = mark.mask
    near = np.asarray(cv2.dilate(near, np.ones((3, 3), np.uint8)), np.uint8)
    corner = (left * step, top * step)
    box = (*corner, min(page.width, (x1 + 1) * step), min(page.height, (y1 + 1) * step))
    part = np.asarray(functools.reduce(ImageChops.lighter, page.crop(box).split()))
    area = near.repeat(step, axis=0).repeat(step, axis=1)[: part.shape[0], : part.shape[1]].astype(bool)
    ink = part[area & (part >= DARK)]
    if not ink.size:
        return
    lifted = np.minimum(part * np.float32(PAPER / float(np.percentile(ink, 20))), 255).astype(np.uint8)
    old = np.asarray(grey.crop(box))
    grey.paste(Image.fromarray(np.where(area, np.maximum(lifted, old), old)), corner)
