"""The steps of preparation in their order, and the file that engines read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from pipeline.ocr.base import LineReader
from pipeline.ocr.ink import Grey, find_ink, load_grey
from pipeline.ocr.prepare.orientation import stand_of, turned
from pipeline.ocr.prepare.page import Prepared, written
from pipeline.types import PageImage


@contextmanager
def prepared(image: PageImage, reader: LineReader, *, poor: bool = False) -> Iterator[Prepared]:
    """Makes a page ready for reading, for as long as the context lasts.

    A page that needs nothing stays the file it is. Another is written uncompressed into the temporary folder, which
    in a child process goes with the child.

    Args:
        image: the page as it was drawn.
        reader: tries single lines of it, to tell which way up it stands.
        poor: it was read as it stands, and poorly: ask again which way up it stands.

    Raises:
        PermanentError: `page_damaged`, if the image cannot be decoded.
        OSError: no room for the prepared page.
    """
    grey = load_grey(image)
    page = Prepared(image, grey, find_ink(grey, image.dpi))
    page = _stood_upright(page, reader, poor)
    if page.grey is grey:
        yield page
        return
    file = written(page.grey)
    try:
        yield replace(page, image=replace(page.image, file=str(file)))
    finally:
        file.unlink(missing_ok=True)


def _stood_upright(page: Prepared, reader: LineReader, poor: bool) -> Prepared:
    dpi = page.image.dpi
    stand = stand_of(page.grey, page.ink, dpi, reader, poor=poor)
    if not stand.rotation:
        return replace(page, vertical=stand.vertical, presumed=stand.presumed)
    grey = turned(page.grey, stand.rotation)
    steps = (*page.steps, f"turned {stand.rotation}")
    return replace(_redrawn(page, grey, dpi), rotation=stand.rotation, steps=steps)


def _redrawn(page: Prepared, grey: Grey, dpi: float) -> Prepared:
    height, width = grey.shape
    return replace(page, image=PageImage("", width, height, dpi), grey=grey, ink=find_ink(grey, dpi))
