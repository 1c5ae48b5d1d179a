"""Any schema filled by rules: by what a property means, and by the labels it may have on the page.

    document -> sheet (rows of cells) -> page (labels in them)
    property -> phrases (what it may be called), concepts (what it means)
    both -> candidates (beside labels), shapes (without) -> typed values -> fields

What the rules for any document and for resumes know serves here too. A value is always printed somewhere on a page.
"""

from __future__ import annotations

from typing import Any

from pipeline.extract.document import Document
from pipeline.extract.fields.fill.page import Page
from pipeline.extract.fields.fill.phrases import Called, called
from pipeline.extract.fields.fill.records import records
from pipeline.extract.fields.fill.scalars import many, one
from pipeline.extract.fields.schema import Property, UserSchema

__all__ = ["fill"]

_OBJECT_ROWS = 14  # under the heading of a group of labels, such as “Seller”


def fill(document: Document, schema: UserSchema) -> dict[str, Any]:
    """The fields of a document under a schema, in the schema's order; what is not found is left out.

    Lists are there in any case, as with the built-in schemas, if only empty.
    """
    names = {wanted.name: called(wanted) for wanted in schema.properties}
    inner = {wanted.name: {one.name: called(one, wanted) for one in wanted.properties} for wanted in schema.properties}
    every = [*names.values(), *(name for held in inner.values() for name in held.values())]
    page = Page(document, (run for name in every for run in name.weights))
    found: dict[str, Any] = {}
    for wanted in schema.properties:
        value = _filled(wanted, names[wanted.name], inner[wanted.name], page)
        if value or wanted.many:
            found[wanted.name] = value
    return found


def _filled(wanted: Property, names: Called, inner: dict[str, Called], page: Page) -> Any:
    if wanted.record and wanted.many:
        return records(wanted, names, inner, page)
    if wanted.record:
        return _group(wanted, names, inner, page)
    return many(wanted, names, page) if wanted.many else one(wanted, names, page)


def _group(wanted: Property, names: Called, inner: dict[str, Called], page: Page) -> dict[str, Any]:
    """A record that there is one of: where a heading names it, what stands under it."""
    rows = None
    for run in names.weights:
        for label in page.labelled(run):
            if label.first and rows is None and not label.cell.reads[label.hit.end :].strip(" :"):
                rows = range(label.cell.row, label.cell.row + _OBJECT_ROWS)
    found: dict[str, Any] = {}
    for part in wanted.properties:
        field = one(part, inner[part.name], page, rows) or one(part, inner[part.name], page)
        if field:
            found[part.name] = field
    return found
