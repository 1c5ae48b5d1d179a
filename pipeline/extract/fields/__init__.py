"""Fields of a document by rules: what a person would put into a table, each with its place on the page.

    text -> dates, contacts, amounts -> generic
    text -> rows -> sections -> person, education, work, skills, prose -> resume
    text -> cells, labels, what properties mean -> any JSON Schema (fill/)

Pure functions on a `Document`; to add a built-in schema, write its function and call it here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from pipeline.extract.document import Document
from pipeline.extract.fields.columns import SCHEMAS, Column, columns_of
from pipeline.extract.fields.schema import check_schema, read_schema

__all__ = ["SCHEMAS", "Column", "check_schema", "columns_of", "extract_fields", "missing_fields"]


def extract_fields(document: Document, schema: str | Mapping[str, Any], today: date | None = None) -> dict[str, Any]:
    """The fields of a document as plain JSON.

    Args:
        document: as built from its pages; no document makes this raise.
        schema: one of `SCHEMAS`, or a JSON Schema that `check_schema` took.
        today: until when what "is at present" is counted; without it nothing that goes on is counted.

    Returns:
        Names to a field, a list of fields, a record of fields, or a list of records. A field is
        `{"value", "text", "page", "box", "confidence", "method"}`; single fields that are missing are left out. Under a
        JSON Schema `value` is a plain decimal, an ISO date, "true" or "false", or text, as the property's type says.
    """
    # What knows the rules takes half a second to load; all who only ask for the names of fields come by here too.
    if not isinstance(schema, str):
        from pipeline.extract.fields.fill import fill

        return fill(document, read_schema(schema))
    if schema == "resume":
        from pipeline.extract.fields.resume import resume_fields

        return resume_fields(document, today)
    from pipeline.extract.fields.generic import generic_fields

    return generic_fields(document)


def missing_fields(schema: str | Mapping[str, Any], found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A warning that names what the schema requires and the document has not; none where it has all.

    Args:
        found: fields as `extract_fields` gives them.
    """
    if isinstance(schema, str):
        return []
    names = []
    for wanted in read_schema(schema).properties:
        held = found.get(wanted.name)
        if wanted.required and not held:
            names.append(wanted.name)
        records = held if isinstance(held, list) else [held] if held else []
        inner = (one.name for one in wanted.properties if one.required and not all(one.name in row for row in records))
        names += [f"{wanted.name}.{name}" for name in inner]
    if not names:
        return []
    message = f"The schema requires what stands on no page, or was not found: {', '.join(names)}."
    return [{"page": None, "code": "field_missing", "message": message, "detail": {"fields": names}}]
