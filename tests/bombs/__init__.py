"""Bombs of our own making: small files that ask for years, terabytes or endless nesting; each is made within a second.

Each says how it must end: "ok" where it is harmless after all, or the codes that opening it or drawing its first page
comes to. Nothing here is random, and nothing is read from elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.bombs import images, pdf, word

ENDLESS = frozenset({"page_timeout", "page_memory"})
"""What ends a page that would go on and on: whichever limit it meets first."""


@dataclass(frozen=True, slots=True)
class Bomb:
    """A file, and how it may end.

    Attributes:
        outcomes: of opening it where it does not open, else of drawing its first page.
    """

    kind: str
    make: Callable[[], bytes]
    outcomes: frozenset[str]

    @property
    def name(self) -> str:
        """What it is, in a few words."""
        return self.make.__name__.replace("_", " ")


def _bombs(kind: str, outcomes: set[str] | frozenset[str], *makers: Callable[[], bytes]) -> list[Bomb]:
    return [Bomb(kind, make, frozenset(outcomes)) for make in makers]


BOMBS = [
    *_bombs("pdf", {"too_many_pages"}, pdf.real_pages),
    *_bombs("pdf", {"damaged"}, pdf.pages_that_are_one, pdf.page_count_that_lies, pdf.object_stream_in_itself),
    *_bombs("pdf", {"page_too_large"}, pdf.long_page),
    *_bombs("pdf", {"page_damaged"}, pdf.page_tree_in_a_circle, pdf.deep_arrays_in_contents, pdf.deep_saves,
            pdf.forms_in_forms),
    *_bombs("pdf", {"page_damaged", "page_memory"}, pdf.jpx_picture),
    *_bombs("pdf", {"ok"}, pdf.deep_page_tree, pdf.deep_arrays, pdf.form_in_itself, pdf.xref_loop, pdf.jbig2_picture),
    *_bombs("pdf", ENDLESS, pdf.billion_forms, pdf.expanding_contents, pdf.expanding_object_stream,
            pdf.picture_of_gigabytes, pdf.many_strokes,
            pdf.many_letters, pdf.small_tiles, pdf.endless_function),
    # Its decoder tells a lack of memory as it tells damage.
    *_bombs("pdf", {*ENDLESS, "page_damaged"}, pdf.jbig2_picture_of_gigabytes),
    *_bombs("png", {"page_too_large"}, images.png_of_two_gigapixels),
    *_bombs("png", {"ok", *ENDLESS}, images.png_just_within),
    *_bombs("png", {"damaged"}, images.png_profile, images.png_words),
    *_bombs("jpeg", {"page_too_large"}, images.jpeg_of_absurd_size),
    *_bombs("jpeg", ENDLESS, images.jpeg_of_many_scans),
    *_bombs("jpeg", {"ok"}, images.jpeg_metadata),
    *_bombs("tiff", {"too_many_pages"}, images.tiff_of_many_pages),
    *_bombs("tiff", {"ok"}, images.tiff_in_a_circle),
    *_bombs("tiff", {"page_damaged"}, images.tiff_strip_of_gigabytes),
    *_bombs("docx", {"too_large"}, word.docx_of_gigabytes),
    *_bombs("docx", {"damaged"}, word.docx_that_lies, word.docx_of_entities, word.docx_of_depth, word.docx_of_tables),
    *_bombs("docx", {"too_many_pages", *ENDLESS}, word.docx_of_words),
    *_bombs("docx", {"ok"}, word.docx_picture),
]  # fmt: skip
