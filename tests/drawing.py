"""Documents that tests draw themselves, in both scripts; the same bytes at every call."""

from __future__ import annotations

import io

import pymupdf
from PIL import Image

from cli.evaluation.typeset import A4, text_pdf
from cli.samples import scan

__all__ = ["A4", "damaged_pdf", "encrypted_pdf", "joined", "page_png", "pdf_with_a_huge_page", "scan", "text_pdf"]


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
