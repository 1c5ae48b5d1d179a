"""Opens an original, whatever its kind, as a thing with pages."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import pymupdf
from PIL import Image

from pipeline.errors import PermanentError
from pipeline.render.docx import open_docx
from pipeline.render.exhaustion import is_exhausted
from pipeline.render.image_file import open_image, page_frames
from pipeline.render.kinds import refuse, require_supported

pymupdf.TOOLS.mupdf_display_errors(False)  # hostile files would fill the logs with their own text
pymupdf.TOOLS.mupdf_display_warnings(False)
pymupdf.TOOLS.set_subset_fontnames(True)  # the judge tells subsets of one font from one another: one may be broken


class Source:
    """An open original; close it, or use it in a `with` statement.

    Attributes:
        kind: as `kinds.sniff` names it.
        pages: how many pages it has, at least 1.
        document: the PDF or the DOCX, laid out, or None.
        image: the image, or None.
        frames: of an image file, the frame of each page.
    """

    def __init__(
        self,
        kind: str,
        pages: int,
        document: pymupdf.Document | None = None,
        image: Image.Image | None = None,
        frames: list[int] | None = None,
        file: BinaryIO | None = None,
    ) -> None:
        self.kind = kind
        self.pages = pages
        self.document = document
        self.image = image
        self.frames = frames or []
        self._file = file

    def untouched(self, page_number: int) -> tuple[Image.Image, int]:
        """Of an image file: the image and the frame of a page, not decoded yet.

        Decoding changes what Pillow says of an image's size and orientation, so it is opened anew, but for a TIFF that
        goes on to another page: counting through its pages again would take long.
        """
        assert self.image is not None and self._file is not None
        frame = self.frames[page_number - 1]
        if self.kind != "tiff" or self.image.tell() == frame:
            self._file.seek(0)
            self.image = open_image(self._file, self.kind)
        return self.image, frame

    def content(self) -> bytes:
        """Of an image file: all its bytes."""
        assert self._file is not None
        self._file.seek(0)
        return self._file.read()

    def close(self) -> None:
        """Lets go of the file; doing it twice is harmless."""
        if self.document is not None and not self.document.is_closed:
            self.document.close()
        if self.image is not None:
            self.image.close()
        if self._file is not None:
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_source(path: Path, kind: str, *, max_pages: int = 5000, password: str | None = None) -> Source:
    """Opens an original.

    Args:
        path: the file.
        kind: as `kinds.sniff` names it.
        max_pages: longer documents are refused.
        password: opens an encrypted PDF.

    Raises:
        PermanentError: `empty_file`, `unsupported_kind`, `damaged`, `encrypted`, `no_pages` or `too_many_pages`;
            `too_large` for a DOCX that would unpack to an absurd size.
    """
    if path.stat().st_size == 0:
        raise refuse("empty")
    require_supported(kind)
    if kind == "pdf":
        document = _open_pdf(path, password)
        source = Source(kind, _page_count(document), document=document)
    elif kind == "docx":
        document = open_docx(path)
        source = Source(kind, _page_count(document), document=document)
    else:
        file = path.open("rb")
        try:
            image = open_image(file, kind)
            frames = page_frames(image, max_pages)
        except BaseException:
            file.close()
            raise
        source = Source(kind, len(frames), image=image, frames=frames, file=file)
    if 0 < source.pages <= max_pages:
        return source
    source.close()
    if source.pages == 0:
        raise PermanentError("no_pages", "The file holds no pages. Check the original and upload it again.")
    raise PermanentError(
        "too_many_pages",
        f"The document has more than {max_pages:,} pages, the most this server reads (setting render.max_pages). "
        "Split it and upload the parts.",
        {"max_pages": max_pages},
    )


def _open_pdf(path: Path, password: str | None) -> pymupdf.Document:
    try:
        document = pymupdf.open(str(path), filetype="pdf")
    except Exception as error:  # pymupdf's own errors and MuPDF's, of several unrelated classes
        if is_exhausted(error):
            raise MemoryError(str(error)) from error
        raise _damaged() from error
    if not document.is_pdf:  # MuPDF opens by content where the name does not convince it
        document.close()
        raise _damaged()
    if not document.needs_pass:
        return document
    if password and document.authenticate(password):
        return document
    document.close()
    what = "The password given does not open the file." if password else "The file is protected by a password."
    raise PermanentError("encrypted", f"{what} Retry with its password, or save a copy without one and upload that.")


def _page_count(document: pymupdf.Document) -> int:
    try:
        pages, repaired = int(document.page_count), bool(document.is_repaired)
    except Exception as error:
        document.close()
        if is_exhausted(error):
            raise MemoryError(str(error)) from error
        raise _damaged() from error
    if pages == 0 and repaired:  # what MuPDF could piece together holds no page: a torn file, not an empty one
        document.close()
        raise _damaged()
    return pages


def _damaged() -> PermanentError:
    return PermanentError(
        "damaged", "The PDF is damaged and cannot be opened. Export or download it again and upload that."
    )
