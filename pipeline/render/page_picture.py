"""A page of an image file as a page of a PDF: its picture stored as compactly and as truly as it was."""

from __future__ import annotations

import io
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import pymupdf
from PIL import Image, TiffImagePlugin

from pipeline.render.draw import RenderOptions
from pipeline.render.image_file import ORIENTATION, colour_page, damage_told, measure
from pipeline.render.source import Source

_QUALITY = 88
_GROWTH = 2.0  # a page that takes so many times its share of the file without loss is stored as JPEG
# Where the rows of a stored picture go, by its Exif orientation: the unit square of the picture to that of the page.
_PLACED: dict[int, tuple[int, ...]] = {
    1: (1, 0, 0, 1, 0, 0), 2: (-1, 0, 0, 1, 1, 0), 3: (-1, 0, 0, -1, 1, 1), 4: (1, 0, 0, -1, 0, 1),
    5: (0, -1, -1, 0, 1, 1), 6: (0, -1, 1, 0, 0, 1), 7: (0, 1, 1, 0, 0, 0), 8: (0, 1, -1, 0, 1, 0),
}  # fmt: skip


_SPACES = {"L": ("/DeviceGray", b"GRAY", 1), "RGB": ("/DeviceRGB", b"RGB ", 3)}


@dataclass(frozen=True, slots=True)
class _Stored:
    """A picture as a PDF holds it.

    Attributes:
        entries: of its dictionary, beside its size and kind.
        placed: matrix from its unit square to that of the page.
    """

    data: bytes
    width_px: int
    height_px: int
    entries: dict[str, str]
    placed: Sequence[int] = _PLACED[1]


def place_picture(
    document: pymupdf.Document, source: Source, page_number: int, share_bytes: float, options: RenderOptions
) -> tuple[pymupdf.Page, int]:
    """Adds a page of an image file to a PDF, upright and of the size that `render_page` reports.

    Args:
        share_bytes: how many bytes the page takes in the original, about.

    Returns:
        The page, and how many bytes it took.

    Raises:
        PermanentError: `page_damaged`, `page_too_large`; nothing was added.
    """
    image, frame = source.untouched(page_number)
    measured = measure(image, frame, options.max_pixels, options.scan_dpi[1])
    stored = _as_it_is(document, source, image)
    if stored is None:
        width, height = image.size
        if measured.turned and image.format != "TIFF":
            width, height = height, width
        shrink = min(1.0, (options.aim_pixels / (width * height)) ** 0.5)
        upright = colour_page(image, measured, (max(1, round(width * shrink)), max(1, round(height * shrink))))
        stored = _encoded(upright, image.mode == "1", share_bytes)
    width_pt, height_pt = measured.size_pt
    page = document.new_page(width=width_pt, height=height_pt)
    picture, drawn = document.get_new_xref(), document.get_new_xref()
    document.update_object(
        picture, f"<< /Type /XObject /Subtype /Image /Width {stored.width_px} /Height {stored.height_px} >>"
    )
    document.update_stream(picture, stored.data, new=True, compress=False)
    for key, value in stored.entries.items():
        document.xref_set_key(picture, key, value)
    document.update_object(drawn, "<< >>")
    a, b, c, d, e, f = stored.placed
    matrix = f"{a * width_pt:g} {b * height_pt:g} {c * width_pt:g} {d * height_pt:g} {e * width_pt:g} {f * height_pt:g}"
    document.update_stream(drawn, f"q {matrix} cm /Picture Do Q\n".encode("ascii"), new=True)
    document.xref_set_key(page.xref, "Resources", f"<< /XObject << /Picture {picture} 0 R >> >>")
    document.xref_set_key(page.xref, "Contents", f"{drawn} 0 R")
    return page, len(stored.data)


def _as_it_is(document: pymupdf.Document, source: Source, image: Image.Image) -> _Stored | None:
    """The bytes of a JPEG in grey or in the usual colours, with its profile; None for what must be decoded."""
    if image.format not in {"JPEG", "MPO"} or image.mode not in _SPACES:
        return None
    space, kind, components = _SPACES[image.mode]
    profile = image.info.get("icc_profile")
    if profile and profile[16:20] == kind:
        held = document.get_new_xref()
        document.update_object(held, f"<< /N {components} /Alternate {space} >>")
        document.update_stream(held, profile, new=True)
        space = f"[/ICCBased {held} 0 R]"
    entries = {"ColorSpace": space, "BitsPerComponent": "8", "Filter": "/DCTDecode"}
    width, height = image.size
    placed = _PLACED.get(image.getexif().get(ORIENTATION, 1), _PLACED[1])
    with damage_told():
        image.load()  # a torn one is no picture: readers of the PDF would show half of it, or nothing
    return _Stored(source.content(), width, height, entries, placed)


def _encoded(image: Image.Image, bilevel: bool, share_bytes: float) -> _Stored:
    if bilevel:
        return _fax(image)
    space = "/DeviceGray" if image.mode == "L" else "/DeviceRGB"
    entries = {"ColorSpace": space, "BitsPerComponent": "8"}
    # A band out of the middle tells what the whole would take: packing a photo in vain takes a second.
    top = image.height * 7 // 16
    band = image.crop((0, top, image.width, max(image.height * 9 // 16, top + 1)))
    lossless_bytes = len(_png_data(band)) * image.height / band.height
    if lossless_bytes > _GROWTH * share_bytes:
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=_QUALITY)
        if buffer.tell() < lossless_bytes:
            return _Stored(buffer.getvalue(), image.width, image.height, {**entries, "Filter": "/DCTDecode"})
    predictor = f"<< /Predictor 15 /Colors {len(image.getbands())} /Columns {image.width} >>"
    lossless = {**entries, "Filter": "/FlateDecode", "DecodeParms": predictor}
    return _Stored(_png_data(image), image.width, image.height, lossless)


def _png_data(image: Image.Image) -> bytes:
    """The compressed rows of a PNG: a PDF takes them as they are (PDF 32000-1, 7.4.4.4)."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    file, at, rows = buffer.getvalue(), 8, bytearray()
    while at < len(file):
        length = int.from_bytes(file[at : at + 4], "big")
        if file[at + 4 : at + 8] == b"IDAT":
            rows += file[at + 8 : at + 8 + length]
        at += length + 12
    return bytes(rows)


def _fax(image: Image.Image) -> _Stored:
    """Black and white as faxes are packed (CCITT group 4), the smallest that PDF has for scans."""
    buffer = io.BytesIO()
    black = image.point(lambda value: 255 if value >= 128 else 0).convert("1")
    strips = TiffImagePlugin.ImageFileDirectory_v2()
    strips[278] = image.height  # all rows in one strip
    black.save(buffer, "TIFF", compression="group4", tiffinfo=strips)
    with Image.open(buffer) as packed:
        offsets, lengths = packed.tag_v2[273], packed.tag_v2[279]  # type: ignore[attr-defined]
        white_is_zero = packed.tag_v2[262] == 0  # type: ignore[attr-defined]
    data = b"".join(buffer.getvalue()[at : at + length] for at, length in zip(offsets, lengths, strict=True))
    if len(offsets) != 1:
        packed_rows = zlib.compress(black.tobytes())
        entries = {"ColorSpace": "/DeviceGray", "BitsPerComponent": "1", "Filter": "/FlateDecode"}
        return _Stored(packed_rows, image.width, image.height, entries)
    parameters = f"<< /K -1 /Columns {image.width} /Rows {image.height} /BlackIs1 {str(not white_is_zero).lower()} >>"
    entries = {
        "ColorSpace": "/DeviceGray", "BitsPerComponent": "1", "Filter": "/CCITTFaxDecode", "DecodeParms": parameters,
    }  # fmt: skip
    return _Stored(data, image.width, image.height, entries)
