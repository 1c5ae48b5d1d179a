"""The fields of a knowledge base's documents as a table, a row a document, for spreadsheets."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from typing import Any

from storage import field_table, fields
from storage.catalog import KnowledgeBase
from storage.field_table import Choice, Order, Row

Lines = Iterator[str]
_OF_DOCUMENT = ("document", "filename", "status", "language", "pages", "tags", "created_at")
_BYTE_ORDER_MARK = "\ufeff"  # spreadsheet programs take a file without one for another encoding than UTF-8
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_NUMBER = re.compile(r"[+-][\d .]+")  # a phone number does no harm


def csv_lines(
    kb: KnowledgeBase, columns: Sequence[str], choice: Choice | None = None, order: Order | None = None
) -> Lines:
    """Lines of CSV, newest documents first where no other order is given; memory is bounded by some hundred documents.

    Several values of a field stand in one cell, joined by "; ". Of records (education, work) each column holds one
    place an entry, empty where the entry lacks it, so that the columns of one document stay in step.

    Args:
        columns: paths of the fields to show, in order.
    """
    return _lines(field_table.rows(kb, choice or Choice(), order or Order()), columns)


def held_paths(kb: KnowledgeBase) -> list[str]:
    """Paths of the fields that published documents hold."""
    with kb.db.read() as connection:
        return fields.paths(connection)


def _lines(rows: Iterator[Row], paths: Sequence[str]) -> Lines:
    yield _BYTE_ORDER_MARK + _line([*_OF_DOCUMENT, *paths])
    for row in rows:
        fixed = [
            row.document, row.filename, row.status, row.language or "", str(row.pages or ""), "; ".join(row.tags),
            row.created_at,
        ]  # fmt: skip
        yield _line([*fixed, *(cell(row.fields, path) for path in paths)])


def cell(fields: dict[str, Any], path: str) -> str:
    """The values at a path."""
    name, _, inner = path.partition(".")
    held = fields.get(name, [])
    items = held if isinstance(held, list) else [held]
    if inner:
        values = [item[inner]["value"] if inner in item else "" for item in items]
        return _in_one(values) if any(values) else ""
    return _in_one([item["value"] for item in items if "value" in item])


def _in_one(values: Sequence[str]) -> str:
    """Several values in one cell, each harmless: where a semicolon parts cells, some programs part them there."""
    return "; ".join(map(_harmless, values)) if len(values) > 1 else "".join(values)


def _line(cells: Sequence[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow([_harmless(value) for value in cells])
    return buffer.getvalue()


def _harmless(value: str) -> str:
    """Text that a spreadsheet does not run: what stands in a document must not become a formula."""
    return f"'{value}" if value.startswith(_FORMULA) and not _NUMBER.fullmatch(value) else value
