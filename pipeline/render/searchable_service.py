"""The calls by which a render child makes a searchable PDF, one page a call: plain JSON in, plain JSON out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pymupdf

from pipeline.render.draw import RenderOptions
from pipeline.render.hidden_text import LaidOut
from pipeline.render.searchable import Searchable
from pipeline.types import Box, Word


class SearchableService:
    """Makes one searchable PDF at a time; what it makes lives from `begin` to `finish`."""

    def __init__(self) -> None:
        self._making: Searchable | None = None
        self._layout: dict[int, list[LaidOut]] = {}

    def begin(self, request: dict[str, Any]) -> int:
        """Open the original; how many pages it has.

        Args:
            request: `path`, `kind`, `max_pages`, `max_megapixels`, `max_side_pt`, `target` (where the PDF goes),
                `layout` (the document's JSON, whose lines say in which order words are read).

        Raises:
            PermanentError: as `open_source`.
        """
        options = replace(
            RenderOptions(),
            max_pixels=round(1e6 * request["max_megapixels"]),
            max_side_pt=request["max_side_pt"],
        )
        self._layout = _lines(Path(request["layout"]))
        self._making = Searchable(
            Path(request["path"]), request["kind"], Path(request["target"]), options, request["max_pages"]
        )
        return self._making.pages

    def page(self, request: dict[str, Any]) -> str | None:
        """Go on with a page; what is wrong with it, or None.

        Args:
            request: `page_number` from 1, each once and in order; optionally `words`, `rotation` and `size_pt` of its
                reading, and `skip`: leave it as it is.
        """
        assert self._making is not None, "begin comes first"
        number, size = request["page_number"], tuple(request.get("size_pt", (0.0, 0.0)))
        if request.get("skip"):
            self._making.leave(number, size)
            return None
        words = [Word.from_list(row) for row in request.get("words", ())]
        try:
            return self._making.add(number, words, self._layout.get(number, ()), request.get("rotation", 0), size)
        finally:
            pymupdf.TOOLS.store_shrink(100)

    def finish(self, request: dict[str, Any]) -> None:
        """Write it to its end.

        Args:
            request: not used; every call has one.
        """
        assert self._making is not None, "begin comes first"
        self._making.finish()
        self._making = None


def _lines(path: Path) -> dict[int, list[LaidOut]]:
    """Lines in reading order by page; a block without lines counts as one."""
    pages = orjson.loads(path.read_bytes())["pages"]
    return {
        page["page_number"]: [
            LaidOut(Box(*held["box"]), held["text"])
            for block in page["blocks"]
            for held in (block.get("lines") or [block])
        ]
        for page in pages
    }
