"""Page images as documents (PNG, JPEG, TIFF, WebP, BMP): upright pixels and a resolution, through Pillow."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from PIL import Image, ImageCms, ImageFile, ImageOps

from pipeline.errors import PermanentError
from pipeline.render.seals import MOST_PIXELS, greys

# Sizes are checked against our own limits before any pixel is decoded; Pillow's check would raise its own error.
Image.MAX_IMAGE_PIXELS = None
# A cut-off file must fail, not come out half grey.
ImageFile.LOAD_TRUNCATED_IMAGES = False

_FORMATS = {"png": "PNG", "jpeg": "JPEG", "tiff": "TIFF", "webp": "WEBP", "bmp": "BMP"}
_A4_WIDTH_IN = 8.27
_SANE_DPI = (100.0, 1200.0)
_GUESSED_DPI = (150.0, 600.0)
_SANE_SHORT_SIDE_IN = (1.5, 34.0)  # from a till receipt to A0
ORIENTATION = 0x0112
_CLEAR = {"LA", "PA", "RGBA", "RGBa", "La"}  # modes that can be seen through
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


@dataclass(frozen=True, slots=True)
class Frame:
    """The measures of an upright frame, known without decoding it.

    Attributes:
        width_px, height_px: as it will come out at `dpi`, with square pixels.
        dpi: what the file says where that is plausible (100 to 1200 dpi, and a page between a receipt and A0), else as
            if its short side were that of A4, within 150 to 600 dpi; no finer than was asked.
        turned: whether its stored rows are the columns of the upright page.
    """

    width_px: int
    height_px: int
    dpi: float
    turned: bool

    @property
    def size_pt(self) -> tuple[float, float]:
        """Width and height of the page in points."""
        return self.width_px * 72 / self.dpi, self.height_px * 72 / self.dpi


def measure(image: Image.Image, frame: int, max_pixels: int, max_dpi: float) -> Frame:
    """Goes to a frame (from 0) and measures it.

    Raises:
        PermanentError: `page_too_large`, `page_damaged`.
    """
    with damage_told():
        image.seek(frame)
        width, height = image.size
        if width * height > max_pixels:
            raise too_large(width, height, max_pixels)
        across, down = _resolution(image)
        turned = image.getexif().get(ORIENTATION, 1) in {5, 6, 7, 8}
        if turned:
            across, down = down, across
            if image.format != "TIFF":  # of which Pillow gives the upright size
                width, height = height, width
    dpi = min(max(across, down), max_dpi)
    return Frame(max(1, round(width * dpi / across)), max(1, round(height * dpi / down)), dpi, turned)


def grey_page(image: Image.Image, frame: int, max_pixels: int, max_dpi: float) -> tuple[Image.Image, float]:
    """Decodes a frame for OCR.

    Args:
        image: as from `open_image`.
        frame: from 0.
        max_pixels: larger frames are refused before decoding.
        max_dpi: finer ones are scaled down to this.

    Returns:
        The upright page in greys with square pixels, and its dpi.

    Raises:
        PermanentError: `page_too_large`, `page_damaged`.
    """
    measured = measure(image, frame, max_pixels, max_dpi)
    size = measured.width_px, measured.height_px
    with damage_told():
        coloured = image.mode in {"RGB", "P"} and size[0] * size[1] <= MOST_PIXELS
        _draft(image, "RGB" if coloured else "L", size, measured.turned)
        image.load()
        upright = ImageOps.exif_transpose(image)
        grey = _grey(upright, measured.dpi * upright.width / size[0])
    if size != grey.size:
        grey = grey.resize(size, Image.Resampling.BOX if size[0] * 2 <= grey.width else Image.Resampling.LANCZOS)
    return grey, measured.dpi


def colour_page(image: Image.Image, measured: Frame, size: tuple[int, int]) -> Image.Image:
    """Decodes the frame that was just measured, for people: upright, RGB or grey in sRGB, on white.

    Raises:
        PermanentError: `page_damaged`.
    """
    with damage_told():
        _draft(image, "RGB", size, measured.turned)
        image.load()
        profile = image.info.get("icc_profile")
        clear = image.mode in _CLEAR or "transparency" in image.info
        upright = ImageOps.exif_transpose(image)
        if upright.mode == "F" or upright.mode.startswith("I"):
            upright = _grey_of_deep(upright)
        elif clear:
            upright = upright.convert("RGBA")
        elif upright.mode in {"1", "P", "LAB", "HSV", "YCbCr"}:
            upright = upright.convert("L" if upright.mode == "1" else "RGB")
        # Pillow halves by whole numbers first, which is fast, and leaves the rest to a good filter.
        small = upright.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
        if clear:
            white = Image.new("RGB", size, "white")
            white.paste(small, mask=small.getchannel("A"))
            small = white
        return _srgb(small, profile)


@contextmanager
def damage_told() -> Iterator[None]:
    """Turns what Pillow raises on a frame into `page_damaged`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (PermanentError, MemoryError):
        raise
    except Exception as error:  # Pillow raises nearly anything on broken files
        raise PermanentError(
            "page_damaged",
            "The image is damaged or cut off and cannot be read to its end. Scan or export it again and upload that.",
        ) from error


def _draft(image: Image.Image, mode: str, size: tuple[int, int], turned: bool) -> None:
    """Has a JPEG's decoder halve on the way: a photo of 100 megapixels never stands in memory in full."""
    if image.format in {"JPEG", "MPO"}:
        image.draft(mode, (size[1], size[0]) if turned else size)


def _srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Colours as screens show them: telephones write wider spaces, print shops CMYK."""
    if profile and image.mode in {"RGB", "CMYK"}:
        try:
            converted = ImageCms.profileToProfile(
                image, ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB"), outputMode="RGB"
            )
        except (ImageCms.PyCMSError, OSError, ValueError):  # a broken profile, or one for another mode: shown as it is
            converted = None
        if converted is not None:
            return converted
    return image if image.mode in {"L", "RGB"} else image.convert("RGB")


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


def _grey(image: Image.Image, dpi: float) -> Image.Image:
    """Any mode to 8-bit grey; transparency becomes white paper, seals over print are lifted."""
    mode = image.mode
    if mode == "F" or mode.startswith("I"):
        return _grey_of_deep(image)
    if mode in _CLEAR or "transparency" in image.info:
        layered = image if mode in {"LA", "RGBA"} else image.convert("RGBA")
        grey = layered.convert("L")
        return Image.composite(grey, Image.new("L", grey.size, 255), layered.getchannel("A"))
    if mode in {"CMYK", "LAB", "HSV", "P"}:
        image = image.convert("RGB")
    if image.mode == "RGB":
        return greys(image, dpi)
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
