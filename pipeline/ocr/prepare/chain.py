"""The steps of preparation in their order, and the file that engines read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pipeline.ocr.base import LineReader
from pipeline.ocr.ink import Grey, find_ink, load_grey
from pipeline.ocr.prepare.level import made_level
from pipeline.ocr.prepare.light import evened, turned_light
from pipeline.ocr.prepare.orientation import stand_of, turned
from pipeline.ocr.prepare.page import Prepared, turn_pt, written
from pipeline.ocr.prepare.scale import enlarged
from pipeline.ocr.prepare.sheet import seen_from_above
from pipeline.types import PageImage


@contextmanager
def prepared(image: PageImage, reader: LineReader, *, thorough: bool = False, poor: bool = False) -> Iterator[Prepared]:
    """Makes a page ready for reading, for as long as the context lasts.

    A page that needs nothing stays the file it is. Another is written uncompressed into the temporary folder, which
    in a child process goes with the child.

    Args:
        image: the page as it was drawn.
        reader: tries single lines of it, to tell which way up it stands.
        thorough: also what PP-OCR can do without and Tesseract cannot: a level page, even light, large print.
        poor: it was read as it stands, and poorly: ask again which way up it stands.

    Raises:
        PermanentError: `page_damaged`, if the image cannot be decoded.
        OSError: no room for the prepared page.
    """
    grey = load_grey(image)
    page = Prepared(image, grey, find_ink(grey, image.dpi))
    page = _positive(page)
    if thorough and not page.ink.blank:
        page = _evened(_cut_out(page))
    page = _stood_upright(page, image, reader, poor)
    if thorough and not page.ink.blank:
        page = _enlarged(_made_level(page))
    if page.grey is grey:
        yield page
        return
    file = written(page.grey)
    try:
        yield replace(page, image=replace(page.image, file=str(file)))
    finally:
        file.unlink(missing_ok=True)


def _positive(page: Prepared) -> Prepared:
    grey = turned_light(page.grey, page.ink, page.image.dpi)
    return page if grey is None else _redrawn(page, grey, "made black on white")


def _stood_upright(page: Prepared, drawn: PageImage, reader: LineReader, poor: bool) -> Prepared:
    stand = stand_of(page.grey, page.ink, page.image.dpi, reader, poor=poor)
    if not stand.rotation:
        return replace(page, vertical=stand.vertical, presumed=stand.presumed)
    to_page = page.to_page_pt
    if to_page is not None:
        # From the turned sheet to the sheet, from it to the page as it was drawn, and that one turned.
        to_page = turn_pt(stand.rotation, drawn) @ to_page @ np.linalg.inv(turn_pt(stand.rotation, page.image))
    page = replace(page, rotation=stand.rotation, vertical=stand.vertical, to_page_pt=to_page)
    return _redrawn(page, turned(page.grey, stand.rotation), f"turned {stand.rotation} degrees")


def _cut_out(page: Prepared) -> Prepared:
    sheet = seen_from_above(page.grey)
    return page if sheet is None else _redrawn(page, sheet.grey, "cut out of a photo", back=sheet.back)


def _evened(page: Prepared) -> Prepared:
    grey = evened(page.grey, page.image.dpi)
    return page if grey is None else _redrawn(page, grey, "light made even")


def _made_level(page: Prepared) -> Prepared:
    level = made_level(page.grey, page.ink)
    return (
        page if level is None else _redrawn(page, level.grey, f"levelled {level.degrees:.1f} degrees", back=level.back)
    )


def _enlarged(page: Prepared) -> Prepared:
    larger = enlarged(page.grey, page.ink)
    return page if larger is None else _redrawn(page, larger[0], f"enlarged {larger[1]:.1f} times", times=larger[1])


def _redrawn(
    page: Prepared, grey: Grey, step: str, *, back: NDArray[np.float64] | None = None, times: float = 1.0
) -> Prepared:
    """The page with other pixels.

    Args:
        page: as it was.
        grey: as it is now.
        step: what happened.
        back: from pixels as they are now to pixels as they were, where they moved.
        times: so many times as many pixels an inch.
    """
    height, width = grey.shape
    dpi = page.image.dpi * times
    to_page = page.to_page_pt
    if back is not None:
        to_pt, to_px = np.diag([72 / dpi, 72 / dpi, 1.0]), np.diag([dpi / 72, dpi / 72, 1.0])
        moved = to_pt @ back @ to_px
        to_page = moved if to_page is None else to_page @ moved
    image = PageImage("", width, height, dpi)
    steps = (*page.steps, step)
    return replace(page, image=image, grey=grey, ink=find_ink(grey, dpi), steps=steps, to_page_pt=to_page)
