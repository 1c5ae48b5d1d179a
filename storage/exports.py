"""The fields of a knowledge base's documents as a table, a row a document, for spreadsheets."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import text

from storage import status
from storage.catalog import KnowledgeBase

Lines = Iterator[str]
_OF_DOCUMENT = ("document", "filename", "status", "language", "pages", "tags", "created_at")
_AT_ONCE = 200
_BYTE_ORDER_MARK = "\ufeff"  # spreadsheet programs take a file without one for another encoding than UTF-8
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[+-][\d .]+")  # a phone number does no harm


def csv_lines(kb: KnowledgeBase, columns: Sequence[str], **which: Any) -> Lines:
    """Lines of CSV, newest documents first; memory is bounded by some hundred documents.

    Several values of a field stand in one cell, joined by "; ". Of records (education, work) each column holds one
    place an entry, empty where the entry lacks it, so that the columns of one document stay in step.

    Args:
        columns: paths of fields that are shown in any case, in order; others that documents hold follow.
        which: as for `status.statuses`.
    """
    with kb.db.read() as connection:
        held = connection.execute(
            text(
                "SELECT DISTINCT path FROM field JOIN document ON document.id = field.document"
                " AND document.published_run = field.run AND document.deleted_at IS NULL ORDER BY path"
            )
        ).scalars()
        paths = list(dict.fromkeys([*columns, *held]))
    return _lines(kb, paths, which)


def _lines(kb: KnowledgeBase, paths: Sequence[str], which: dict[str, Any]) -> Lines:
    yield _BYTE_ORDER_MARK + _line([*_OF_DOCUMENT, *paths])
    after: str | None = None
    while True:
        found = status.statuses(kb, after=after, limit=_AT_ONCE, **which)
        for document in found:
            fixed = [
                document["id"], document["filename"], document["status"], document["language"] or "",
                str(document["pages"]["total"] or ""), "; ".join(document["tags"]), document["created_at"],
            ]  # fmt: skip
            yield _line([*fixed, *(cell(document["fields"], path) for path in paths)])
        if len(found) < _AT_ONCE:
            return
        after = found[-1]["id"]


def cell(fields: dict[str, Any], path: str) -> str:
    """The values at a path."""
    name, _, inner = path.partition(".")
    held = fields.get(name, [])
    items = held if isinstance(held, list) else [held]
    if inner:
        values = [item[inner]["value"] if inner in item else "" for item in items]
        return "; ".join(values) if any(values) else ""
    return "; ".join(item["value"] for item in items)


def _line(cells: Sequence[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow([_harmless(value) for value in cells])
    return buffer.getvalue()


def _harmless(value: str) -> str:
    """Text that a spreadsheet does not run: what stands in a document must not become a formula."""
    return f"'{value}" if value.startswith(_FORMULA) and not _NUMBER.fullmatch(value) else value
