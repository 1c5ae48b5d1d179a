"""Page images as documents (PNG, JPEG, TIFF, WebP, BMP): upright grey pixels and a resolution, through Pillow."""

from __future__ import annotations

import math
import warnings
from typing import Any, BinaryIO

import numpy as np
from PIL import Image, ImageFile, ImageOps

from pipeline.errors import PermanentError

# Sizes are checked against our own limits before any pixel is decoded; Pillow's check would raise its own error.
Image.MAX_IMAGE_PIXELS = None
# A cut-off file must fail, not come out half grey.
ImageFile.LOAD_TRUNCATED_IMAGES = False

_FORMATS = {"png": "PNG", "jpeg": "JPEG", "tiff": "TIFF", "webp": "WEBP", "bmp": "BMP"}
_A4_WIDTH_IN = 8.27
_SANE_DPI = (100.0, 1200.0)
_GUESSED_DPI = (150.0, 600.0)
_SANE_SHORT_SIDE_IN = (1.5, 34.0)  # from a till receipt to A0
_ORIENTATION = 0x0112
_SUBFILE, _REDUCED = 254, 1  # TIFF tag NewSubfileType and its bit for thumbnails


def open_image(file: BinaryIO, kind: str) -> Image.Image:
    """Opens an image file of a known kind; decodes nothing yet.

    Args:
        file: open for reading, and to be kept open. Not a path: of those Pillow maps uncompressed pixels into memory,
            and takes width for height where a TIFF's orientation swaps them (Pillow 13.0).
        kind: as `kinds.sniff` names it.

    Raises:
        PermanentError: `damaged`.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns about odd metadata
            return Image.open(file, formats=["JPEG", "MPO"] if kind == "jpeg" else [_FORMATS[kind]])
    except MemoryError:
        raise
    except Exception as error:  # Pillow raises nearly anything on broken headers
        raise PermanentError(
            "damaged", "The image file is damaged and cannot be opened. Scan or export it again and upload that."
        ) from error


def page_frames(image: Image.Image, max_pages: int) -> list[int]:
    """The frames that are pages: all of a TIFF but its thumbnails, the first of anything else (animations, bursts).

    Counts no further than one beyond `max_pages`.
    """
    if image.format != "TIFF":
        return [0]
    frames: list[int] = []
    at = 0
    while len(frames) <= max_pages:
        try:
            image.seek(at)
        except MemoryError:
            raise
        except Exception:  # the end of the file, or a broken link to the next page: what came before is still good
            break
        if not int(image.tag_v2.get(_SUBFILE, 0)) & _REDUCED:  # type: ignore[attr-defined]
            frames.append(at)
        at += 1
    return frames


def grey_page(image: Image.Image, frame: int, max_pixels: int, max_dpi: float) -> tuple[Image.Image, float]:
    """Decodes a frame.

    Args:
        image: as from `open_image`.
        frame: from 0.
        max_pixels: larger frames are refused before decoding.
        max_dpi: finer ones are scaled down to this.

    Returns:
        The upright page in greys with square pixels, and its dpi: what the file says where that is plausible
        (100 to 1200 dpi, and a page between a receipt and A0), else as if its short side were that of A4, within 150 to
        600 dpi.

    Raises:
        PermanentError: `page_too_large`, `page_damaged`.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image.seek(frame)
            width, height = image.size
            if width * height > max_pixels:
                raise too_large(width, height, max_pixels)
            across, down = _resolution(image)
            turned = image.getexif().get(_ORIENTATION, 1) in {5, 6, 7, 8}
            if turned:
                across, down = down, across
                if image.format != "TIFF":  # of which Pillow gives the upright size
                    width, height = height, width
            scale = min(1.0, max_dpi / max(across, down))
            if image.format in {"JPEG", "MPO"}:
                # The decoder halves on the way, in greys: a photo of 100 megapixels never stands in memory in full.
                image.draft("L", (math.ceil(image.width * scale), math.ceil(image.height * scale)))
            image.load()
            grey = _grey(ImageOps.exif_transpose(image))
    except (PermanentError, MemoryError):
        raise
    except Exception as error:  # as above
        raise PermanentError(
            "page_damaged",
            "The image is damaged or cut off and cannot be read to its end. Scan or export it again and upload that.",
        ) from error
    dpi = min(max(across, down), max_dpi)
    size = (max(1, round(width * dpi / across)), max(1, round(height * dpi / down)))
    if size != grey.size:
        grey = grey.resize(size, Image.Resampling.BOX if size[0] * 2 <= grey.width else Image.Resampling.LANCZOS)
    return grey, dpi


def too_large(width: int, height: int, max_pixels: int) -> PermanentError:
    """The error about a page of too many pixels."""
    return PermanentError(
        "page_too_large",
        f"The page is {width:,} x {height:,} pixels; this server reads up to {max_pixels / 1e6:g} megapixels a page "
        "(setting render.max_megapixels). Scale it down or split it and upload that.",
        {"width_px": width, "height_px": height, "max_pixels": max_pixels},
    )


def _resolution(image: Image.Image) -> tuple[float, float]:
    """Dots an inch across and down, from the metadata or guessed."""
    try:
        across, down = (float(value) for value in image.info["dpi"])
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        across = down = 0.0
    low, high = _SANE_DPI
    # Fax pages are finer across than down (204 x 98): one sane side vouches for the other.
    if low <= max(across, down) <= high and min(across, down) >= max(across, down) / 2.5:
        short = min(image.width / across, image.height / down)
        if _SANE_SHORT_SIDE_IN[0] <= short <= _SANE_SHORT_SIDE_IN[1]:
            return (across, down) if abs(across - down) > 0.03 * across else (across, across)
    low, high = _GUESSED_DPI
    guess = min(max(min(image.size) / _A4_WIDTH_IN, low), high)
    return guess, guess


def _grey(image: Image.Image) -> Image.Image:
    """Any mode to 8-bit grey; transparency becomes white paper."""
    mode = image.mode
    if mode == "F" or mode.startswith("I"):
        return _grey_of_deep(image)
    if mode in {"LA", "PA", "RGBA", "RGBa", "La"} or "transparency" in image.info:
        layered = image if mode in {"LA", "RGBA"} else image.convert("RGBA")
        grey = layered.convert("L")
        return Image.composite(grey, Image.new("L", grey.size, 255), layered.getchannel("A"))
    if mode in {"CMYK", "LAB", "HSV"}:
        image = image.convert("RGB")
    return image if image.mode == "L" else image.convert("L")


def _grey_of_deep(image: Image.Image) -> Image.Image:
    """16 and 32 bits a pixel: the upper eight, whatever the range that is used (Pillow's own conversion clips)."""
    values: Any = np.asarray(image).astype(np.float32)
    top = float(np.nanmax(values)) if values.size else 0.0
    if image.mode == "F":
        bottom = float(np.nanmin(values))
        values = (values - bottom) * (255.0 / (top - bottom or 1.0))
    elif top > 0xFFFF:
        values *= 255.0 / top
    elif top > 0xFF or image.mode.startswith("I;16"):
        values /= 257.0
    return Image.fromarray(np.clip(np.nan_to_num(values), 0, 255).astype(np.uint8))
