"""Results: text, pages, files to keep. `NotReady` says that there is none yet."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from client.operations.core import Core
from client.requests import Request, document_path

if TYPE_CHECKING:
    from client.answers import DocumentJson, PageReading, PageRecord, Rotation


class Results(Core):
    """What saves a file leaves a whole one, or what was there before."""

    async def markdown(self, kb: str, document: str) -> str:
        """The text of a document."""
        return await self._text(Request("GET", f"{document_path(kb, document)}/markdown"))

    async def document_json(self, kb: str, document: str) -> DocumentJson:
        """The pages of a document with blocks, tables and boxes."""
        found: DocumentJson = await self._ask(Request("GET", f"{document_path(kb, document)}/json"))
        return found

    async def pages(self, kb: str, document: str) -> list[PageRecord]:
        """The pages of the latest run, as they are read."""
        found: list[PageRecord] = (await self._ask(Request("GET", f"{document_path(kb, document)}/pages")))["items"]
        return found

    async def page(self, kb: str, document: str, number: int) -> PageReading:
        """What was read on a page: words and blocks with their boxes."""
        found: PageReading = await self._ask(Request("GET", f"{document_path(kb, document)}/pages/{number}"))
        return found

    async def save_page_image(
        self,
        kb: str,
        document: str,
        number: int,
        to: str | PathLike[str],
        *,
        width: int | None = None,
        rotation: Rotation | None = None,
    ) -> Path:
        """Save the picture of a page, upright, as JPEG.

        Args:
            width: pixels, at least.
            rotation: degrees clockwise by which to turn it instead.
        """
        path = f"{document_path(kb, document)}/pages/{number}/image"
        return await self._save(Request("GET", path, {"width": width, "rotation": rotation}), to)

    async def save_original(self, kb: str, document: str, to: str | PathLike[str]) -> Path:
        """Save the file as it was uploaded."""
        return await self._save(Request("GET", f"{document_path(kb, document)}/original"), to)

    async def save_searchable_pdf(self, kb: str, document: str, to: str | PathLike[str]) -> Path:
        """Save the pages as a PDF whose text can be selected and found."""
        return await self._save(Request("GET", f"{document_path(kb, document)}/searchable.pdf"), to)
