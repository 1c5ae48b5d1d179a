"""What people should look at, and what they correct."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import TYPE_CHECKING, Literal, NotRequired, TypedDict

from client.operations.core import Core
from client.requests import Request, document_path, kb_path

if TYPE_CHECKING:
    from client.answers import Correction, DocumentStatus, ReviewList


class PageText(TypedDict):
    """The text of a page as it should be, a line a line."""

    page: int
    text: str


class PageConfirmed(TypedDict):
    """A page whose text is right as it is."""

    page: int
    confirmed: Literal[True]


class FieldEntry(TypedDict):
    """The value of a field as it should be; None takes it away, the value that it has confirms it.

    Attributes:
        index: in a list of fields or records, its place as it is shown; one past the end adds to it.
        was: the value seen there: refused, or found elsewhere in the list, where another stands there by now.
        page, box: where it stands; without them the place of what it replaces, or where it is found on the pages.
    """

    path: str
    value: str | None
    index: NotRequired[int | None]
    was: NotRequired[str | None]
    page: NotRequired[int | None]
    box: NotRequired[list[float] | None]


class Review(Core):
    """A correction stays, however often the document is read again, until it is replaced or taken back."""

    async def review(
        self,
        kb: str,
        *,
        kind: Literal["page", "field"] | None = None,
        document: str | None = None,
        limit: int | None = None,
    ) -> ReviewList:
        """Pages and fields to look at, least sure first.

        Args:
            kind: only these.
            document: only of this document.
            limit: so many at most; None: all.
        """
        found: ReviewList = await self._whole(f"{kb_path(kb)}/review", limit, kind=kind, document=document)
        return found

    async def correct(
        self,
        kb: str,
        document: str,
        *,
        pages: Sequence[PageText | PageConfirmed] = (),
        fields: Sequence[FieldEntry] = (),
    ) -> DocumentStatus:
        """Correct pages and fields: all of it is kept, or nothing; a run then lays them over what was read."""
        body = {"pages": list(pages), "fields": list(fields)}
        request = Request("POST", f"{document_path(kb, document)}/corrections", json=body)
        found: DocumentStatus = await self._ask(request)
        return found

    def corrections(self, kb: str, document: str) -> AsyncGenerator[Correction]:
        """All there ever were, newest first; those that were replaced or taken back too."""
        return self._items(f"{document_path(kb, document)}/corrections")

    async def take_back(self, kb: str, document: str, correction: str) -> DocumentStatus:
        """Take a correction back: a run brings back what stood before it."""
        path = f"{document_path(kb, document)}/corrections/{correction}"
        found: DocumentStatus = await self._ask(Request("DELETE", path))
        return found
