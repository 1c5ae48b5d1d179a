"""What every property looks at: the rows, the labels in them, the habits of the document."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

from pipeline.extract.document import Document
from pipeline.extract.fields.amounts import Currencies, find_amounts
from pipeline.extract.fields.dates import date_order
from pipeline.extract.fields.fill.candidates import Around, Labelled
from pipeline.extract.fields.fill.phrases import OTHER_LABELS, Hit, find_labels
from pipeline.extract.fields.fill.sheet import Row, Sheet
from pipeline.extract.fields.fill.typed import Habits
from pipeline.extract.fields.generic import usual_order
from pipeline.extract.fields.resume import resume_fields
from pipeline.extract.fields.text import Field

_CENTS = re.compile(r"(?<![\d.])\d[\d,]*\.\d\d(?![\d.])")
_FIRST_LABELS, _LAST_LABELS = 24, 8  # places of one label that are looked at
_FROM_START = 2  # characters that may stand before a label which begins its cell: a bullet, a star


class Page:
    """A document laid out for the filling of a schema.

    Args:
        phrases: labels of the schema's properties, folded; those of every known concept are looked for besides.
    """

    def __init__(self, document: Document, phrases: Iterable[str]) -> None:
        self.sheet = Sheet(document)
        self.labels: dict[str, list[Labelled]] = defaultdict(list)
        self.labels_of: dict[tuple[int, int], Sequence[Hit]] = {}
        vocabulary = OTHER_LABELS | frozenset(phrases)
        for cell in self.sheet.cells():
            hits = find_labels(cell.reads, vocabulary)
            if hits:
                self.labels_of[cell.row, cell.place] = hits
            for n, hit in enumerate(hits):
                first = hit.start <= _FROM_START
                self.labels[hit.run].append(Labelled(cell, hit, tuple(hits[n + 1 :]), first))

    def labelled(self, run: str) -> Sequence[Labelled]:
        """Where a label stands: of very many places the first and the last, as a total stands last."""
        found = self.labels.get(run, [])
        return found if len(found) <= _FIRST_LABELS + _LAST_LABELS else found[:_FIRST_LABELS] + found[-_LAST_LABELS:]

    @cached_property
    def _currencies(self) -> Currencies:
        text = "\n".join(row.reads for row in self.sheet.rows)
        return Currencies(text, self.sheet.document.language)

    @cached_property
    def habits(self) -> Habits:
        """How the document writes dates."""
        text = "\n".join(row.reads for row in self.sheet.rows)
        order = date_order(text) or usual_order(self._currencies)
        return Habits(order or "dmy", order is not None, len(_CENTS.findall(text, 0, 200_000)) >= 3)

    @cached_property
    def around(self) -> Around:
        """What candidates are looked for in."""
        return Around(self.sheet, self.habits, self.labels_of)

    @cached_property
    def resume(self) -> dict[str, Any]:
        """What the rules for resumes find; asked only where a property means such a thing."""
        return resume_fields(self.sheet.document)

    def currency(self) -> Field | None:
        """The currency of the first amount."""
        for row in self.sheet.rows:
            for amount in find_amounts(row.text, self._currencies):
                return {**amount, "value": amount["value"].partition(" ")[0]}
        return None

    def is_label_row(self, row: Row) -> bool:
        """Whether a row begins with a label that a colon or nothing follows."""
        for hit in self.labels_of.get((row.number, 0), ()):
            if hit.start <= _FROM_START and row.cells[0].reads[hit.end : hit.end + 2].strip(" ")[:1] in ("", ":"):
                return True
        return False
