"""What is sent: a request as data, whatever sends it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Request:
    """One request.

    Attributes:
        path: below `/api/v1`, or a whole address.
        params: of the query; None and what is empty are left out, a list is sent as several of one name.
        json: the body; None for none.
        form, files: of an upload; a file is its field, and its name and content.
        also: a status that is an answer, though it tells of an error.
    """

    method: str
    path: str
    params: Mapping[str, Any] | None = None
    json: Any = None
    form: Mapping[str, Any] | None = None
    files: Sequence[tuple[str, Any]] | None = None
    also: int | None = None

    @property
    def query(self) -> dict[str, Any]:
        """The query as it is sent."""
        return {name: value for name, value in (self.params or {}).items() if value is not None and value != []}


def kb_path(kb: str) -> str:
    """The path of a knowledge base, by name or id."""
    return f"/knowledge-bases/{quote(kb, safe='')}"


def document_path(kb: str, document: str) -> str:
    """The path of a document, by its id."""
    return f"{kb_path(kb)}/documents/{quote(document, safe='')}"
