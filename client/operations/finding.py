"""Searches, and the table of fields."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from client.operations.core import Core
from client.requests import Request, kb_path

if TYPE_CHECKING:
    from client.answers import FieldTable, SearchAnswer


class Table(TypedDict, total=False):
    """Which documents stand in the table of fields, and how.

    Attributes:
        sort: a column; `-NAME` descends. Without it the newest come first.
        columns: to show, in order; without them those of the schema and what was found.
        query: only documents with all of these words.
        status, batch, tag: only documents of these.
        filters: `NAME:VALUE`, `NAME>=VALUE` and so on; all must hold.
    """

    sort: str | None
    columns: Sequence[str]
    query: str | None
    status: str | None
    batch: str | None
    tag: str | None
    filters: Sequence[str]


class Finding(Core):
    """The README tells what queries, filters and columns may be."""

    async def search(
        self,
        kb: str | Sequence[str],
        query: str,
        *,
        limit: int | None = None,
        mode: str | None = None,
        filters: Sequence[str] = (),
        facets: Sequence[str] = (),
        rerank: bool | None = None,
    ) -> SearchAnswer:
        """Passages, best first.

        Args:
            kb: a knowledge base, or several, whose passages are ranked together.
            limit: hits at most, 1 to 100; the server's own choice is 10.
            mode: "hybrid" (the server's own choice), "vector" or "keyword".
            filters: `NAME:VALUE`, `NAME>=VALUE` and so on; all must hold.
            facets: names whose values to count.
            rerank: whether a cross-encoder orders the best anew; None: where the server has one.
        """
        params: dict[str, Any] = {
            "q": query, "limit": limit, "mode": mode, "filter": list(filters), "facet": list(facets),
            "rerank": None if rerank is None else str(rerank).lower(),
        }  # fmt: skip
        if isinstance(kb, str):
            request = Request("GET", f"{kb_path(kb)}/search", params)
        else:
            request = Request("GET", "/search", {**params, "kb": list(kb)})
        found: SearchAnswer = await self._ask(request)
        return found

    async def fields(self, kb: str, *, limit: int | None = None, **table: Unpack[Table]) -> FieldTable:
        """The table of fields, a row a document.

        Args:
            limit: rows at most; None: all.
        """
        found: FieldTable = await self._whole(f"{kb_path(kb)}/fields", limit, **_params(table))
        return found

    def fields_csv(self, kb: str, **table: Unpack[Table]) -> AsyncGenerator[bytes]:
        """The table as CSV for spreadsheets, piece by piece."""
        return self._transport.stream(_csv(kb, table))

    async def save_fields_csv(self, kb: str, to: str | PathLike[str], **table: Unpack[Table]) -> Path:
        """Save the table as CSV for spreadsheets."""
        return await self._save(_csv(kb, table), to)


def _csv(kb: str, table: Table) -> Request:
    return Request("GET", f"{kb_path(kb)}/fields.csv", _params(table))


def _params(table: Table) -> dict[str, Any]:
    names = {"columns": "column", "query": "q", "filters": "filter"}
    held: dict[str, Any] = {names.get(name, name): value for name, value in table.items()}
    return {name: list(value) if name in ("column", "filter") else value for name, value in held.items()}
