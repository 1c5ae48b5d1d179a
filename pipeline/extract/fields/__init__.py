"""Fields of a document by rules: what a person would put into a table, each with its place on the page.

    text -> dates, contacts, amounts -> generic
    text -> rows -> sections -> person, education, work, skills, prose -> resume

Pure functions on a `Document`; to add a schema, write its function and name it here.
"""

from __future__ import annotations

from typing import Any

from pipeline.extract.document import Document
from pipeline.extract.fields.columns import SCHEMAS, Column, columns_of
from pipeline.extract.fields.generic import generic_fields
from pipeline.extract.fields.resume import resume_fields

_RULES = {"generic": generic_fields, "resume": resume_fields}
__all__ = ["SCHEMAS", "Column", "columns_of", "extract_fields"]


def extract_fields(document: Document, schema: str) -> dict[str, Any]:
    """The fields of a document as plain JSON.

    Args:
        document: as built from its pages; no document makes this raise.
        schema: one of `SCHEMAS`.

    Returns:
        Names to a field, a list of fields, or a list of records of fields. A field is
        `{"value", "text", "page", "box", "confidence", "method"}`; single fields that are missing are left out.
    """
    return _RULES[schema](document)
