"""One page of an original: its words where it has a usable text layer, else a grey upright image for OCR."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pymupdf
from PIL import Image

from pipeline.errors import PermanentError
from pipeline.render.contents import Contents, PlacedImage
from pipeline.render.exhaustion import is_exhausted
from pipeline.render.image_file import grey_page, too_large
from pipeline.render.judge import judge
from pipeline.render.seals import MOST_PIXELS, greys
from pipeline.render.source import Source
from pipeline.render.text_layer import script_of
from pipeline.types import PageImage, PageReading, RenderedPage, Word
from pipeline.vertical import VERTICAL_REVIEW, is_vertical

_LOW_SIDE_PX = 2000  # enough for a page of coarse images
_MAX_SIDE_PX = 32_000  # Tesseract and OpenCV count sides in 16 bits
# Sizes and places in PDFs are inexact by some hundredths of a pixel, and MuPDF grows pages and images to whole pixels.
# This much room on each side keeps a scan of w x h pixels from becoming w + 1 x h + 1, which would resample it.
_SLACK_PX = 0.1


@dataclass(frozen=True, slots=True)
class RenderOptions:
    """How pages are drawn.

    Attributes:
        dpi: resolution of pages that have none of their own.
        scan_dpi: lowest and highest resolution of scans, which otherwise keep theirs.
        aim_pixels: larger drawings come out coarser, down to `min_dpi`.
        max_pixels: what is still larger then is refused; so are larger image files.
        max_side_pt: longer or wider pages of documents are refused unseen. Image files have no points of their own.
        min_dpi: coarser drawings cannot be read.
        text_layer: whether a usable text layer is taken; else every page is drawn.
    """

    dpi: int = 300
    scan_dpi: tuple[int, int] = (72, 400)
    aim_pixels: int = 40_000_000
    max_pixels: int = 100_000_000
    max_side_pt: float = 14_400.0
    min_dpi: int = 50
    text_layer: bool = True


def render_page(source: Source, page_number: int, image_path: Path, options: RenderOptions) -> RenderedPage:
    """Makes one page.

    Args:
        source: an open original.
        page_number: from 1.
        image_path: where its TIFF goes if the page needs OCR; replaced in one step, so doing it twice is safe.
        options: how to draw.

    Returns:
        The page with a reading (usable text layer, or blank: no words) or an image.

    Raises:
        PermanentError: `page_damaged` or `page_too_large`; other pages may still be good.
        MemoryError: MuPDF met the process's memory limit.
    """
    if not 1 <= page_number <= source.pages:
        raise ValueError(f"page {page_number} of {source.pages}")
    if source.image is not None:
        return _image_page(source, page_number, image_path, options)
    assert source.document is not None
    with damage_told(page_number):
        page = source.document[page_number - 1]
        require_size(page, options.max_side_pt)
        return _document_page(page, page_number, image_path, options)


def require_size(page: pymupdf.Page, max_side_pt: float) -> None:
    """Passes for pages of a size that is read, before anything on them is looked at.

    Raises:
        PermanentError: `page_too_large`.
    """
    width, height = page.rect.width, page.rect.height
    if max(width, height) > max_side_pt:
        raise PermanentError(
            "page_too_large",
            f"Page {page.number + 1} is {width:,.0f} x {height:,.0f} points; this server reads pages of up to "
            f"{max_side_pt:,.0f} points a side (setting render.max_side_pt). Scale it down or split it and upload "
            "that.",
            {"width_pt": round(width), "height_pt": round(height), "max_side_pt": max_side_pt},
        )


@contextmanager
def damage_told(number: int) -> Iterator[None]:
    """Turns what MuPDF raises on a page into `page_damaged` and MemoryError."""
    try:
        pymupdf.TOOLS.reset_mupdf_warnings()
        yield
    except (PermanentError, MemoryError, OSError):
        raise
    except Exception as error:  # MuPDF's errors come in a dozen unrelated classes
        if is_exhausted(error):
            raise MemoryError(str(error)) from error
        raise damaged(number) from error


def broken_off() -> bool:
    """MuPDF gave up in the middle of the page's instructions, and shows what came before."""
    complaints = pymupdf.TOOLS.mupdf_warnings()
    return "page may not be correct" in complaints or "treating as end of file" in complaints


def damaged(number: int) -> PermanentError:
    """The error about a page that cannot be drawn."""
    return PermanentError(
        "page_damaged", f"Page {number} is damaged and cannot be drawn. Export the document again and upload that."
    )


def _document_page(page: pymupdf.Page, number: int, path: Path, options: RenderOptions) -> RenderedPage:
    judged = judge(page)
    width, height = judged.upright.width_pt, judged.upright.height_pt
    broken = broken_off()
    if judged.verdict == "blank" and broken:
        raise damaged(number)
    if judged.verdict == "blank" or (judged.verdict == "text" and options.text_layer):
        vertical = judged.vertical or is_vertical(judged.words)
        review = "the page is damaged; something may be missing" if broken else VERTICAL_REVIEW if vertical else None
        reading = replace(
            _reading(number, width, height, judged.words, judged.reason), review=review, vertical=vertical,
            rotation=judged.upright.rotation, rules=judged.drawings.rules, figures=judged.drawings.figures,
        )  # fmt: skip
        return RenderedPage(number, width, height, reading, None)
    width, height = page.rect.width, page.rect.height  # drawn as displayed; who reads it turns it
    across, down, shift = _zoom(page, judged.contents, options)
    matrix = pymupdf.Matrix(across, 0, 0, down, shift, shift)
    dpi = 36 * (across + down)
    coloured = judged.contents.coloured and width * across * height * down <= MOST_PIXELS
    space, mode = (pymupdf.csRGB, "RGB") if coloured else (pymupdf.csGRAY, "L")
    pixels = page.get_pixmap(matrix=matrix, colorspace=space, alpha=False)
    drawn = Image.frombuffer(mode, (pixels.width, pixels.height), pixels.samples, "raw", mode, pixels.stride, 1)
    grey = greys(drawn, dpi) if coloured else drawn
    low, high = grey.getextrema()
    if low == high:
        # One colour all over. Where MuPDF complained about an image, that is a broken page and not an empty one.
        if judged.contents.images and pymupdf.TOOLS.mupdf_warnings():
            raise damaged(number)
        return RenderedPage(number, width, height, _reading(number, width, height, (), "nothing can be seen"), None)
    _write_image(grey, path, dpi)
    return RenderedPage(number, width, height, None, PageImage(str(path), grey.width, grey.height, dpi))


def _zoom(page: pymupdf.Page, contents: Contents, options: RenderOptions) -> tuple[float, float, float]:
    """Pixels a point across and down the upright page (the same but for two pixels a page), and a shift in pixels."""
    width, height = page.rect.width, page.rect.height
    across = down = options.dpi / 72
    shift, floor = 0.0, float(options.min_dpi)
    drawn_over = contents.text_runs > contents.text_under or len(contents.paths) > 20
    scan = _scan_of(contents, width * height, drawn_over)
    if scan is not None:
        low, high = options.scan_dpi
        native = max(scan.dpi_x, scan.dpi_y)
        # A page of metres is not blown up: there, few dots an inch make large letters.
        low = min(low, 72 * _LOW_SIDE_PX / max(width, height))
        dpi = min(max(native, options.dpi if drawn_over else low), high)
        across = down = dpi / 72
        floor = min(floor, dpi)
        if dpi == native:
            turned = page.rotation in (90, 270)
            size = (height, width) if turned else (width, height)
            if exact := _exact_zoom(scan, size, turned):
                across, down = exact
                shift = _SLACK_PX
    pixels = width * across * height * down
    side = max(width * across, height * down)
    shrink = min(1.0, (options.aim_pixels / pixels) ** 0.5, _MAX_SIDE_PX / side)
    if shrink < 1.0:
        shrink = max(shrink, min(1.0, floor / 72 / across))
        across, down = across * shrink, down * shrink
        wide, tall = round(width * across), round(height * down)
        if wide * tall > options.max_pixels or max(wide, tall) > _MAX_SIDE_PX:
            raise too_large(wide, tall, options.max_pixels)
    return across, down, shift


def _exact_zoom(scan: PlacedImage, page: tuple[float, float], page_turned: bool) -> tuple[float, float] | None:
    """The zoom that draws an image in exactly its own pixels, so that MuPDF copies where it else would resample.

    None where its pixels are not square: that would distort the page. Two pixels a page are no distortion.
    """
    wide, tall = scan.box.width, scan.box.height
    if abs(wide - page[0]) < 0.2 and abs(tall - page[1]) < 0.2:
        wide, tall = page  # writers round the image's size, and then a page has a pixel more than its image
    columns, rows = (scan.height_px, scan.width_px) if scan.quarter_turns else (scan.width_px, scan.height_px)
    across, down = (columns - 2 * _SLACK_PX) / wide, (rows - 2 * _SLACK_PX) / tall
    if abs(across / down - 1) * max(columns, rows) > 2:
        return None
    return (down, across) if page_turned else (across, down)


def _scan_of(contents: Contents, page_area: float, drawn_over: bool) -> PlacedImage | None:
    """The finest of the big images where images make the page, else None: scans may come in strips or in layers."""
    if contents.coverage < 0.85 and drawn_over:
        return None
    tenth = [i for i in contents.images if i.quarter_turns is not None and i.box.width * i.box.height > 0.1 * page_area]
    return max(tenth, key=lambda image: image.dpi_x, default=None)


def _image_page(source: Source, number: int, path: Path, options: RenderOptions) -> RenderedPage:
    grey, dpi = grey_page(*source.untouched(number), options.max_pixels, options.scan_dpi[1])
    shrink = min(1.0, (options.aim_pixels / (grey.width * grey.height)) ** 0.5, _MAX_SIDE_PX / max(grey.size))
    width, height = grey.width * 72 / dpi, grey.height * 72 / dpi
    if shrink < 1.0:
        size = max(1, round(grey.width * shrink)), max(1, round(grey.height * shrink))
        dpi *= size[0] / grey.width
        grey = grey.resize(size, Image.Resampling.LANCZOS)
    low, high = grey.getextrema()
    if low == high:
        return RenderedPage(number, width, height, _reading(number, width, height, (), "nothing can be seen"), None)
    _write_image(grey, path, dpi)
    return RenderedPage(number, width, height, None, PageImage(str(path), grey.width, grey.height, dpi))


def _reading(number: int, width: float, height: float, words: tuple[Word, ...], reason: str) -> PageReading:
    return PageReading(
        page_number=number, width_pt=width, height_pt=height, words=words, source="text_layer", engine="text_layer",
        engine_version=str(pymupdf.mupdf_version), engine_settings={"judged": reason},
        script=script_of(word.text for word in words),
    )  # fmt: skip


def _write_image(grey: Image.Image, path: Path, dpi: float) -> None:
    """Keeps a page for OCR: a TIFF with its runs of white packed (PackBits).

    Packed and unpacked in 17 ms a page of 3.9 megapixels, where a PNG of the lowest level took 55. A clean scan comes
    to a fifth of its pixels, a fourth more than a PNG; one that is all noise, to its pixels. Bare pixels would take 6
    ms, but many documents of one page wait drawn at once, and bare they would fill the disk.

    Raises:
        OSError: with its number: a full disk is no page's fault. The library that packs would write files itself, and
            says of a disk no more than "encoder error": it packs into memory.
    """
    packed = io.BytesIO()
    grey.save(packed, "TIFF", compression="packbits", dpi=(dpi, dpi))
    with written_whole(path) as draft:
        draft.write_bytes(packed.getbuffer())


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A name beside the target, renamed to it at the end: a killed child leaves no torn image under the target's."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        yield draft
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
