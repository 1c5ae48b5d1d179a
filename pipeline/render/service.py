"""The calls that the render child answers: plain JSON in, plain JSON out, the last original kept open for a while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pymupdf

from pipeline.render.draw import RenderOptions, render_page
from pipeline.render.preview import draw_preview
from pipeline.render.searchable_service import SearchableService
from pipeline.render.source import Source, open_source


class RenderService:
    """Opens originals and renders their pages. A request names the original in full: a fresh child knows nothing.

    Args:
        config: not used; every role gets one.

    Attributes:
        searchable: the calls that make a searchable PDF.
    """

    def __init__(self, config: dict[str, Any]) -> None:
        self.searchable = SearchableService()
        self._source: Source | None = None
        self._key: tuple[Any, ...] = ()

    def open(self, request: dict[str, Any]) -> int:
        """How many pages the original has.

        Args:
            request: `path`, `kind`, `max_pages`, optionally `password`.

        Raises:
            PermanentError: as `open_source`.
        """
        return self._open(request).pages

    def render(self, request: dict[str, Any]) -> dict[str, Any]:
        """Render a page; a `RenderedPage` as JSON.

        Args:
            request: as for `open`, and `page_number` from 1, `image` (path of the TIFF to write if the page needs OCR),
                `dpi`, `max_megapixels`, `max_side_pt`.

        Raises:
            PermanentError: as `open_source` and `render_page`.
        """
        with self._page(request) as (source, options):
            page = render_page(source, request["page_number"], Path(request["image"]), options)
        image = page.image
        return {
            "page_number": page.page_number, "width_pt": page.width_pt, "height_pt": page.height_pt,
            "reading": page.reading.as_dict() if page.reading else None,
            "image": {"file": image.file, "width_px": image.width_px, "height_px": image.height_px, "dpi": image.dpi}
            if image else None,
        }  # fmt: skip

    def preview(self, request: dict[str, Any]) -> dict[str, int]:
        """Draw a page for people; its `width_px` and `height_px`.

        Args:
            request: as for `open`, and `page_number` from 1, `image` (path of the JPEG to write), `width_px`,
                `max_megapixels`, `max_side_pt`, optionally `rotation`.

        Raises:
            PermanentError: as `open_source` and `draw_preview`.
        """
        with self._page(request) as (source, options):
            width, height = draw_preview(
                source, request["page_number"], request["width_px"], Path(request["image"]), options,
                rotation=request.get("rotation", 0),
            )  # fmt: skip
        return {"width_px": width, "height_px": height}

    def rest(self, request: dict[str, Any]) -> None:
        """Close the last original: on an idle server a deleted file must not live on, open.

        Args:
            request: not used; every call has one.
        """
        self._close()

    @contextmanager
    def _page(self, request: dict[str, Any]) -> Iterator[tuple[Source, RenderOptions]]:
        options = RenderOptions()
        if "dpi" in request:
            options = replace(options, dpi=request["dpi"])
        if "max_megapixels" in request:
            options = replace(options, max_pixels=round(1e6 * request["max_megapixels"]))
        if "max_side_pt" in request:
            options = replace(options, max_side_pt=request["max_side_pt"])
        try:
            yield self._open(request), options
        except BaseException:
            self._close()  # whatever state the libraries were left in
            raise
        finally:
            pymupdf.TOOLS.store_shrink(100)  # decoded images of this page are of no use for the next

    def _open(self, request: dict[str, Any]) -> Source:
        path = Path(request["path"])
        status = path.stat()
        password = request.get("password")
        key = (path, status.st_ino, status.st_mtime_ns, status.st_size, password, request["max_pages"])
        if self._source is None or key != self._key:
            self._close()
            self._source = open_source(path, request["kind"], max_pages=request["max_pages"], password=password)
            self._key = key
        return self._source

    def _close(self) -> None:
        if self._source is not None:
            self._source.close()
            self._source = None
