"""Documents that tests draw themselves, in both scripts; the same bytes at every call."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence

import pymupdf
from PIL import Image

from cli.samples import scan

__all__ = ["damaged_pdf", "encrypted_pdf", "joined", "page_png", "pdf_with_a_huge_page", "scan", "text_pdf"]

A4 = (595, 842)
_MARGIN_PT = 60
_SIZE_PT = 11
_WORD = re.compile(r"[\u2e80-\uffef]|[^\s\u2e80-\uffef]+\s*|\s+")


def text_pdf(pages: Sequence[Sequence[str]], size: tuple[int, int] = A4) -> bytes:
    """A born-digital PDF: a list of paragraphs a page."""
    with pymupdf.open() as document:
        for paragraphs in pages:
            _draw(document.new_page(width=size[0], height=size[1]), paragraphs, size)
        document.subset_fonts()
        return _saved(document)


def _draw(page: pymupdf.Page, paragraphs: Sequence[str], size: tuple[int, int]) -> None:
    y = float(_MARGIN_PT)
    for paragraph in paragraphs:
        font = pymupdf.Font("helv" if all(ord(c) < 256 for c in paragraph) else "china-s")
        writer = pymupdf.TextWriter(page.rect)
        for line in _wrapped(paragraph, font, size[0] - 2 * _MARGIN_PT):
            writer.append((_MARGIN_PT, y), line, font=font, fontsize=_SIZE_PT)
            y += 1.4 * _SIZE_PT
        writer.write_text(page)
        y += _SIZE_PT


def _wrapped(paragraph: str, font: pymupdf.Font, width: float) -> list[str]:
    lines = [""]
    for word in _WORD.findall(paragraph):
        if font.text_length(lines[-1] + word.rstrip(), _SIZE_PT) > width and lines[-1]:
            lines.append("")
        lines[-1] += word
    return [line.rstrip() for line in lines]


def _saved(document: pymupdf.Document, **options: object) -> bytes:
    content: bytes = document.tobytes(garbage=3, deflate=True, no_new_id=True, **options)
    return content


def joined(*parts: bytes) -> bytes:
    """One PDF of the pages of several."""
    with pymupdf.open() as document:
        for part in parts:
            with pymupdf.open("pdf", part) as other:
                document.insert_pdf(other)
        return _saved(document)


def page_png(text: str, dpi: int = 150) -> bytes:
    """A page image with a paragraph at its top."""
    with pymupdf.open("pdf", text_pdf([[text]])) as document:
        pixels = document[0].get_pixmap(dpi=dpi, colorspace=pymupdf.csGRAY)
    buffer = io.BytesIO()
    Image.frombytes("L", (pixels.width, pixels.height), pixels.samples).save(buffer, "PNG", dpi=(dpi, dpi))
    return buffer.getvalue()


def pdf_with_a_huge_page(text: str) -> bytes:
    """Three pages; the second is too large to draw, and has no text."""
    with pymupdf.open("pdf", text_pdf([[text], [text]])) as document:
        page = document.new_page(1, width=400_000, height=400_000)
        page.draw_line((0, 0), (400_000, 400_000))
        return _saved(document)


def encrypted_pdf() -> bytes:
    """A PDF that needs a password to open."""
    with pymupdf.open("pdf", text_pdf([["secret"]])) as document:
        return _saved(document, encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw="open sesame", owner_pw="owner")


def damaged_pdf() -> bytes:
    """A PDF torn off in its first object."""
    return text_pdf([["torn"]])[:120]
