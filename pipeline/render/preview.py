"""One page as people see it: upright, in colour, a JPEG of the width asked for. The boxes of words fit it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pymupdf
from PIL import Image

from pipeline.render.draw import RenderOptions, broken_off, damage_told, damaged, require_size, written_whole
from pipeline.render.image_file import colour_page, measure
from pipeline.render.source import Source

_WIDTHS_PX = (100, 2400)
_MAX_PIXELS = 12_000_000
_MAX_SIDE_PX = 16_000  # browsers draw no more on a canvas; JPEG ends at 65,535
_QUALITY = 88
_TURNS = {90: Image.Transpose.ROTATE_270, 180: Image.Transpose.ROTATE_180, 270: Image.Transpose.ROTATE_90}
"""Pillow's turns are counter-clockwise."""


def draw_preview(
    source: Source, page_number: int, width_px: int, image_path: Path, options: RenderOptions, rotation: int = 0
) -> tuple[int, int]:
    """Draws a page.

    Args:
        source: an open original.
        page_number: from 1.
        width_px: of the turned page; taken within 100 to 2400. The height follows from the page that `render_page`
            reports; tall pages come out narrower than asked, so that none has more than 12 megapixels or a side of more
            than 16,000.
        image_path: where the JPEG goes; replaced in one step, so doing it twice is safe.
        options: of which the limits of image files and `max_side_pt` count, as for `render_page`.
        rotation: degrees clockwise by which the page was turned to stand upright when it was read: 0, 90, 180, 270.

    Returns:
        Width and height in pixels.

    Raises:
        PermanentError: `page_damaged`; `page_too_large` for image files of too many pixels and pages of too many
            points.
        MemoryError: MuPDF met the process's memory limit.
    """
    if not 1 <= page_number <= source.pages:
        raise ValueError(f"page {page_number} of {source.pages}")
    if source.image is not None:
        image, frame = source.untouched(page_number)
        measured = measure(image, frame, options.max_pixels, options.scan_dpi[1])
        drawn = colour_page(image, measured, _size_px(measured.size_pt, rotation, width_px))
    else:
        assert source.document is not None
        with damage_told(page_number):
            page = source.document[page_number - 1]
            require_size(page, options.max_side_pt)
            drawn = _document_page(page, page_number, rotation, width_px)
    if rotation:
        drawn = drawn.transpose(_TURNS[rotation])
    with written_whole(image_path) as draft:
        drawn.save(draft, "JPEG", quality=_QUALITY)
    return drawn.size


def _size_px(page: tuple[float, float], rotation: int, width_px: int) -> tuple[int, int]:
    """What a page is drawn at, before it is turned."""
    low, high = _WIDTHS_PX
    zoom = min(max(width_px, low), high) / (page[1] if rotation % 180 else page[0])
    zoom = min(zoom, (_MAX_PIXELS / (page[0] * page[1])) ** 0.5, _MAX_SIDE_PX / max(page))
    return max(1, round(page[0] * zoom)), max(1, round(page[1] * zoom))


def _document_page(page: pymupdf.Page, number: int, rotation: int, width_px: int) -> Image.Image:
    size = _size_px((page.rect.width, page.rect.height), rotation, width_px)
    matrix = pymupdf.Matrix(size[0] / page.rect.width, size[1] / page.rect.height)
    pixels = page.get_pixmap(matrix=matrix, colorspace=pymupdf.csRGB, alpha=False)
    drawn = Image.frombuffer("RGB", (pixels.width, pixels.height), pixels.samples, "raw", "RGB", pixels.stride, 1)
    extrema: Any = drawn.getextrema()
    empty = all(low == high for low, high in extrema)
    # Of one colour, and MuPDF complained: nothing came of a broken page or of its images.
    if empty and (broken_off() or (pymupdf.TOOLS.mupdf_warnings() and page.get_image_info())):
        raise damaged(number)
    if drawn.size != size:  # MuPDF grows by a pixel what does not end on a whole one
        whole = Image.new("RGB", size, "white")
        whole.paste(drawn)
        return whole
    return drawn
