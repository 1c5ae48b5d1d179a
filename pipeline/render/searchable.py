"""A searchable PDF: the pages of an original as they are, and over those that were read by OCR their words, invisible.

A PDF is taken over byte by byte, and what is new is appended to it (an incremental update): pictures, drawings, links,
outline and metadata stay what they were. Page images get a page each. A DOCX is laid out, with the text it has anyway.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pymupdf

from pipeline.errors import PermanentError
from pipeline.render.draw import RenderOptions, damage_told
from pipeline.render.exhaustion import disk_error, is_exhausted
from pipeline.render.glyphless import NAME, HiddenFont
from pipeline.render.hidden_text import LaidOut, cells, content, lines_in_order, slope_of
from pipeline.render.old_text import remove_hidden
from pipeline.render.page_picture import place_picture
from pipeline.render.source import open_source
from pipeline.render.words import PageText, read_words
from pipeline.types import Box, Word

_FLUSH_BYTES = 50_000_000
_A4 = (595.0, 842.0)
_SAID_PT = 11


class Searchable:
    """A searchable PDF in the making: `add` its pages one by one, then `finish` it.

    Args:
        path: the original.
        kind: as `kinds.sniff` names it.
        target: where it grows; whoever asks for it removes what is left of it if something fails.
        options: limits of pages, as for `render_page`.
        max_pages: longer documents are refused.

    Raises:
        PermanentError: as `open_source`.
    """

    def __init__(self, path: Path, kind: str, target: Path, options: RenderOptions, max_pages: int) -> None:
        self._target = target
        self._options = options
        self._source = open_source(path, kind, max_pages=max_pages)
        self.pages = self._source.pages
        self._seen: set[int] = set()
        self._unsaved_bytes = 0
        self._share_bytes = path.stat().st_size / self.pages
        if self._source.image is not None:
            self._document = pymupdf.open()
        elif kind == "pdf":
            self._source.close()
            shutil.copyfile(path, target)
            self._document = pymupdf.open(str(target), filetype="pdf")
        else:
            assert self._source.document is not None
            self._document = _laid_out(self._source.document)
        self._font: HiddenFont | None = None

    def add(
        self,
        page_number: int,
        words: Sequence[Word],
        layout: Sequence[LaidOut],
        rotation: int,
        size: tuple[float, float],
    ) -> str | None:
        """Go on with a page: pages are added in order, of image files every one.

        Args:
            words: what was read on it by OCR; empty where its own text was taken, or where it was not read.
            layout: its lines, in reading order.
            rotation: degrees clockwise by which it was turned to stand upright.
            size: of the upright page as it was read, points; 0 where that is not known.

        Returns:
            What is wrong with the page, or None. A page that is damaged stays as it is, and one that cannot be taken
            over at all has a sentence in its place.
        """
        if self._source.image is not None:
            return self._add_picture(page_number, words, layout, rotation, size)
        try:
            with damage_told(page_number):
                page = self._document[page_number - 1]
                # One that comes twice in the tree of pages is one object; one written into the tree itself is none.
                if page.xref in self._seen or not page.xref:
                    return None
                self._seen.add(page.xref)
                if rotation:
                    page.set_rotation((page.rotation + rotation) % 360)
                if words:
                    left = remove_hidden(page, read_words(page))
                    self._lay(page, _not_found_yet(words, left), layout)
        except PermanentError as error:
            return error.message
        return None

    def leave(self, page_number: int, size: tuple[float, float]) -> None:
        """Go on without a page: one of a PDF stays as it is, one of an image file has a sentence in its place."""
        if self._source.image is not None:
            self._say(page_number, size)

    def finish(self) -> None:
        """Write it to its end.

        Raises:
            OSError: the disk is full or fails; `add` of a page of an image file may say so too.
        """
        if self._font is not None:
            self._font.finish()
        self._save()
        self._source.close()

    def _add_picture(
        self, number: int, words: Sequence[Word], layout: Sequence[LaidOut], rotation: int, size: tuple[float, float]
    ) -> str | None:
        """A page of an image file, with its picture in the way it is stored there where that can be."""
        try:
            page, weight = place_picture(self._document, self._source, number, self._share_bytes, self._options)
        except PermanentError as error:
            self._say(number, size)
            return error.message
        if rotation:
            page.set_rotation(rotation)
        if words:
            self._lay(page, words, layout)
        self._unsaved_bytes += weight
        if self._unsaved_bytes > _FLUSH_BYTES:
            self._flush()
        return None

    def _say(self, number: int, size: tuple[float, float]) -> None:
        page = self._document.new_page(width=size[0] or _A4[0], height=size[1] or _A4[1])
        page.insert_text((36, 36 + _SAID_PT), f"Page {number} of the original cannot be shown.", fontsize=_SAID_PT)

    def _lay(self, page: pymupdf.Page, words: Sequence[Word], layout: Sequence[LaidOut]) -> None:
        """Put words before all else that the page draws: what state that ends in does not matter then."""
        lines = lines_in_order([word for word in words if word.text], layout)
        if not lines:
            return
        if self._font is None:
            self._font = HiddenFont(self._document)
        _give_font(self._document, page.xref, self._font.xref)
        upright = ~_displayed(page)
        stream = self._document.get_new_xref()
        self._document.update_object(stream, "<< >>")
        askew = slope_of(lines)
        laid = content([cells(line, askew) for line in lines], self._font.encode, tuple(upright))
        self._document.update_stream(stream, laid, new=True)
        streams = " ".join(f"{xref} 0 R" for xref in (stream, *page.get_contents()))
        self._document.xref_set_key(page.xref, "Contents", f"[{streams}]")
        self._unsaved_bytes += len(laid)

    def _flush(self) -> None:
        """Save what there is and let go of it: pages of a long TIFF do not pile up in memory."""
        self._save()
        self._document = pymupdf.open(str(self._target), filetype="pdf")
        self._unsaved_bytes = 0
        if self._font is not None:
            self._font.reopened(self._document)

    def _save(self) -> None:
        """Write it, and close it."""
        try:
            with _exhaustion_told():
                self._write()
        except Exception:  # nothing goes on from here
            self._source.close()
            raise
        finally:
            self._document.close()

    def _write(self) -> None:
        name = str(self._target)
        # Without an identity in the file its key hangs on there being none, and saving makes one.
        keyless = self._document.metadata["encryption"] and self._document.xref_get_key(-1, "ID")[0] == "null"
        encryption = pymupdf.PDF_ENCRYPT_NONE if keyless else pymupdf.PDF_ENCRYPT_KEEP
        if self._document.name != name:
            self._document.save(name, deflate=True)
        elif self._document.can_save_incrementally() and not keyless:
            self._document.save(name, incremental=True, encryption=encryption)
        else:  # repaired on opening: written anew
            whole = self._target.with_name(f"{self._target.name}.whole")
            try:
                self._document.save(str(whole), garbage=1, encryption=encryption)
                whole.replace(self._target)
            finally:
                whole.unlink(missing_ok=True)


def _laid_out(document: pymupdf.Document) -> pymupdf.Document:
    with _exhaustion_told():
        laid = pymupdf.open("pdf", document.convert_to_pdf())
        laid.subset_fonts()
        return laid


@contextmanager
def _exhaustion_told() -> Iterator[None]:
    """Turns what MuPDF says of memory into MemoryError, and what it says of the disk into OSError."""
    try:
        yield
    except Exception as error:
        if is_exhausted(error):
            raise MemoryError(str(error)) from error
        if disk := disk_error(error):  # no fault of the document's
            raise disk from error
        raise


def _not_found_yet(words: Sequence[Word], found: PageText) -> list[Word]:
    """Words but those that the page shows as text of its own, in the same place: a stamp, a header, a page number."""
    if found.upright.rotation:  # boxes of another page
        return list(words)
    shown: dict[str, list[Box]] = {}
    for word in found.visible:
        shown.setdefault(word.text.casefold(), []).append(word.box)
    return [word for word in words if not any(_in(word, box) for box in shown.get(word.text.casefold(), ()))]


def _in(word: Word, box: Box) -> bool:
    x, y = (word.box.x0 + word.box.x1) / 2, (word.box.y0 + word.box.y1) / 2
    return box.x0 <= x <= box.x1 and box.y0 <= y <= box.y1


def _displayed(page: pymupdf.Page) -> pymupdf.Matrix:
    """From points of the page as a PDF counts them to those of the page as displayed: crop box, turn, unit and all."""
    box, matrix = pymupdf.mupdf.FzRect(), pymupdf.mupdf.FzMatrix()
    pymupdf.mupdf.pdf_page_transform(pymupdf.mupdf.pdf_page_from_fz_page(page.this), box, matrix)
    return pymupdf.Matrix(matrix.a, matrix.b, matrix.c, matrix.d, matrix.e, matrix.f)


def _give_font(document: pymupdf.Document, page: int, font: int) -> None:
    """Enter the font among a page's resources, which may be its own, another object's, or those of all pages."""
    holder, key = page, "Resources"
    kind, value = document.xref_get_key(page, key)
    above = page
    while kind == "null":  # inherited: named on the page as well from now on
        parent, place = document.xref_get_key(above, "Parent")
        if parent != "xref":
            break
        above = int(place.split()[0])
        kind, value = document.xref_get_key(above, key)
        if kind != "null":
            document.xref_set_key(page, key, value)
    if kind == "xref":
        holder, key = int(value.split()[0]), ""
    fonts = f"{key}/Font".lstrip("/")
    kind, value = document.xref_get_key(holder, fonts)
    if kind == "xref":
        holder, fonts = int(value.split()[0]), ""
    document.xref_set_key(holder, f"{fonts}/{NAME}".lstrip("/"), f"{font} 0 R")
