"""Where what a model told stands: what is not on a page that it was shown is not a field."""

from __future__ import annotations

from typing import Any

from pipeline.extract.document import Document
from pipeline.extract.fields.locate import DocumentText, Near, locate
from pipeline.extract.fields.schema_values import canonical
from pipeline.extract.fields.text import Field
from pipeline.extract.llm.answer import Record, Told, Values
from pipeline.types import Box

METHOD = "llm"
_CONFIDENCE = 0.9  # of a value that is printed as it was told; how it was found takes from it
_ON_ITS_WORD = 0.75  # what is left of it where the words quoted say the value only by the model's word: a person looks


class Placed:
    """The fields of one answer.

    Attributes:
        fields: by name, in the form of `extract_fields`.
        found, dropped: how many values stand on the pages, and how many do not.
    """

    def __init__(self, document: Document, values: Values) -> None:
        self.found = self.dropped = 0
        self._pages = {page.page_number: page for page in document.pages}
        self._text = DocumentText(document)
        self.fields: dict[str, Any] = {}
        for name, told in values.items():
            held: Any
            if isinstance(told, Told):
                held = self._one(told, None)
            elif isinstance(told, dict):
                held = self._record(told)
            else:
                placed = (self._one(one, None) if isinstance(one, Told) else self._record(one) for one in told)
                held = [one for one in placed if one]
            if held:
                self.fields[name] = held

    def _one(self, told: Told, beside: Field | None) -> Field | None:
        """The field of a value, near to its quote, or to another value of its record."""
        near = Near(quote=told.quote, closed=told.closed)
        if told.quote is None and beside is not None:
            near = Near(beside["page"], self._row_of(beside) or beside["text"])
        field = locate(self._text, told.value, told.kind, near, method=METHOD, confidence=_CONFIDENCE)
        if field is None:
            self.dropped += 1
            return None
        self.found += 1
        if told.closed and canonical(told.prop, field["text"]) != told.value:
            field["confidence"] = round(field["confidence"] * _ON_ITS_WORD, 3)
        if told.kind == "text" and not told.closed:  # found in other capitals, with other marks: as it is printed
            field["value"] = canonical(told.prop, field["text"]) or field["value"]
        return field

    def _record(self, told: Record) -> dict[str, Field]:
        """The fields of a record; the longest text is looked up first, as it is the surest to stand in one place."""
        longest = max(told, key=lambda name: (told[name].kind == "text", not told[name].closed, len(told[name].value)))
        anchor = self._one(told[longest], None)
        placed = {name: anchor if name == longest else self._one(one, anchor) for name, one in told.items()}
        return {name: field for name, field in placed.items() if field is not None}

    def _row_of(self, field: Field) -> str | None:
        """The line that a field stands on, or the row of a table: what belongs to it stands there or next to it."""
        page, box = self._pages.get(field["page"]), field["box"]
        if page is None or box is None:
            return None
        x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        for block in page.blocks:
            if not _holds(block.box, x, y):
                continue
            cells = block.table.cells if block.table else ()
            row = next((cell.row for cell in cells if _holds(cell.box, x, y)), None)
            if row is not None:
                return " ".join(cell.text for cell in cells if cell.row == row)
            for line in block.lines:
                if _holds(line.box, x, y):
                    return line.text
        return None


def _holds(box: Box, x: float, y: float) -> bool:
    return box.x0 <= x <= box.x1 and box.y0 <= y <= box.y1
