"""Texts set as born-digital pages, and pages as scans of themselves: the same bytes at every call."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence

import pymupdf
from PIL import Image

A4 = (595, 842)
_MARGIN_PT = 60
_SIZE_PT = 11
_LEADING = 1.4
_WORD = re.compile(r"[\u2e80-\uffef]|[^\s\u2e80-\uffef]+\s*|\s+")


def text_pdf(pages: Sequence[Sequence[str]], size: tuple[int, int] = A4) -> bytes:
    """A born-digital PDF: a list of paragraphs a page; what is too much for a page goes on on the next.

    Args:
        size: of a page, points.
    """
    with pymupdf.open() as document:
        for paragraphs in pages:
            _draw(document, paragraphs, size)
        document.subset_fonts()
        return bytes(document.tobytes(garbage=3, deflate=True, no_new_id=True))


def _draw(document: pymupdf.Document, paragraphs: Sequence[str], size: tuple[int, int]) -> None:
    page = document.new_page(width=size[0], height=size[1])
    y = float(_MARGIN_PT)
    for paragraph in paragraphs:
        font = pymupdf.Font("helv" if all(ord(c) < 256 for c in paragraph) else "china-s")
        writer = pymupdf.TextWriter(page.rect)
        for line in wrapped(paragraph, font, size[0] - 2 * _MARGIN_PT):
            if y > size[1] - _MARGIN_PT:
                writer.write_text(page)
                page, y = document.new_page(width=size[0], height=size[1]), float(_MARGIN_PT)
                writer = pymupdf.TextWriter(page.rect)
            writer.append((_MARGIN_PT, y), line, font=font, fontsize=_SIZE_PT)
            y += _LEADING * _SIZE_PT
        writer.write_text(page)
        y += _SIZE_PT


def wrapped(paragraph: str, font: pymupdf.Font, width: float) -> list[str]:
    """The lines of a paragraph, at most `width` points wide; Chinese breaks between any two characters."""
    lines, used = [""], 0.0
    for word in _WORD.findall(paragraph):
        if lines[-1] and used + font.text_length(word.rstrip(), _SIZE_PT) > width:
            lines.append("")
            used = 0.0
        lines[-1] += word
        used += font.text_length(word, _SIZE_PT)
    return [line.rstrip() for line in lines]


def rasterised(pdf: bytes, dpi: int, max_megapixels: int) -> bytes:
    """A PDF of the same pages with nothing but a grey image on each: clean, as a converter makes them.

    Args:
        dpi: resolution of the images.
        max_megapixels: of a page; the files are the user's own, but nobody wants to wait for a poster.

    Raises:
        ValueError: a page is too large, or the file cannot be opened.
    """
    try:
        with pymupdf.open(stream=pdf, filetype="pdf") as source, pymupdf.open() as out:
            for number, page in enumerate(source, 1):
                if page.rect.width * page.rect.height * (dpi / 72) ** 2 > max_megapixels * 1e6:
                    raise ValueError(f"page {number} is too large to be drawn at {dpi} dpi")
                pixels = page.get_pixmap(dpi=dpi, colorspace=pymupdf.csGRAY, alpha=False)
                image = io.BytesIO()
                grey = Image.frombytes("L", (pixels.width, pixels.height), pixels.samples)
                grey.save(image, "PNG", dpi=(dpi, dpi))
                out.new_page(width=page.rect.width, height=page.rect.height).insert_image(
                    page.rect, stream=image.getvalue(), keep_proportion=False
                )
            return bytes(out.tobytes(no_new_id=True))
    except (pymupdf.FileDataError, RuntimeError) as error:
        raise ValueError(f"cannot be drawn: {error}") from error
