"""Values that stand beside the labels of a property: behind a colon, to the right, below, or before a tick."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.extract.fields.fill.concepts import Concept
from pipeline.extract.fields.fill.phrases import Hit
from pipeline.extract.fields.fill.sheet import Cell, Sheet
from pipeline.extract.fields.fill.typed import Habits, Value, values_in
from pipeline.extract.fields.schema import Property
from pipeline.extract.fields.text import Span

_AFTER_LABEL = re.compile(
    r"\s{0,4}[.。]?\s{0,4}(?:[（(\[][^）)\]\n]{0,24}[）)\]])?\s{0,4}(?P<mark>[:：=]|[-–—]\s)?\s{0,4}"
)
_COLON_FOLLOWS = re.compile(r"\s{0,3}[.]?\s{0,2}[:：]")
_FILLER = 30  # characters between a label and its number: "Total incl. service charge  12.00"
_FAR_RIGHT = 3  # cells that a number may stand away from its label
_COLON, _RIGHT, _BELOW, _BEHIND, _BEFORE = 0.93, 0.9, 0.8, 0.78, 0.72
_INSIDE, _FURTHER = 0.85, 0.9  # of a label that other words stand before; of a cell that is not the next
_TYPED = frozenset({"total", "money", "date", "email", "phone", "uri", "code"})


@dataclass(frozen=True, slots=True)
class Labelled:
    """A label on the page.

    Attributes:
        others: labels behind it in its cell, of anything; its value ends there.
        first: no other words stand before it in its cell.
    """

    cell: Cell
    hit: Hit
    others: tuple[Hit, ...]
    first: bool


@dataclass(frozen=True, slots=True)
class Candidate:
    """A value that may be the property's.

    Attributes:
        confidence: of the label and of how the value stands to it, 0..1; that of the words is not in it yet.
        cell: where it stands.
        said: the label's cell: what stands around a label may turn its meaning ("Total excl. tax").
    """

    value: Value
    method: str
    confidence: float
    cell: Cell
    said: str = ""


@dataclass(frozen=True, slots=True)
class Around:
    """Where candidates are looked for.

    Attributes:
        labels_of: labels of every cell that holds some, by row and place: a cell that is a label is no value.
    """

    sheet: Sheet
    habits: Habits
    labels_of: Mapping[tuple[int, int], Sequence[Hit]]


def beside(
    wanted: Property, concept: Concept | None, weight: float, label: Labelled, around: Around
) -> Iterator[Candidate]:
    """Candidates for a property beside one of its labels, the nearest alone where it is sure.

    Args:
        weight: how much the label says that the property is meant, 0..1.
    """
    cell, hit = label.cell, label.hit
    reads = cell.reads
    weight *= 1.0 if label.first else _INSIDE
    after = _AFTER_LABEL.match(reads, hit.end)
    begins, mark = (after.end(), bool(after["mark"])) if after else (hit.end, False)
    if not mark and any(not reads[hit.end : other.start].strip(". ") for other in label.others[:1]):
        return  # "Company Reg. No." is no company
    ends = (other.start for other in label.others if other.start >= begins and _COLON_FOLLOWS.match(reads, other.end))
    rest = cell.span.part(begins, next(ends, len(reads)))
    # Numbers and dates are known by their form wherever they stand; any words could be a text.
    typed = wanted.kind != "text" or bool(wanted.enum) or (concept is not None and concept.shape in _TYPED)
    if rest.start < rest.end and (mark or typed or (weight > 0.9 and _stands_apart(reads, hit))):
        value = next(values_in(wanted, concept, rest, around.habits), None)
        if value is not None and (mark or value.span.start - rest.start <= _FILLER):
            yield Candidate(value, "label", (_COLON if mark else _BEHIND) * weight, cell, reads)
            return
    if rest.start < rest.end and not typed:
        return
    found = list(_right(wanted, concept, weight, cell, typed, around)) or list(
        _below(wanted, concept, weight, cell, around)
    )
    if not found and wanted.kind == "boolean" and cell.place:
        before = around.sheet.rows[cell.row].cells[cell.place - 1]
        value = next(values_in(wanted, concept, before.span, around.habits), None)
        if value is not None:
            yield Candidate(value, "label", _BEFORE * weight, before, reads)
    yield from found


def _right(
    wanted: Property, concept: Concept | None, weight: float, cell: Cell, typed: bool, around: Around
) -> Iterator[Candidate]:
    right = around.sheet.right_of(cell)
    while right is not None and right.place - cell.place <= (_FAR_RIGHT if typed else 1):
        if is_label(right, around.labels_of):
            return
        value = next(values_in(wanted, concept, _unmarked(right.span), around.habits), None)
        if value is not None:
            near = 1.0 if right.place == cell.place + 1 else _FURTHER
            yield Candidate(value, "label", _RIGHT * weight * near, right, cell.reads)
            return
        right = around.sheet.right_of(right)


def _below(wanted: Property, concept: Concept | None, weight: float, cell: Cell, around: Around) -> Iterator[Candidate]:
    for under in around.sheet.below(cell.box, cell.row):
        if is_label(under, around.labels_of):
            return
        value = next(values_in(wanted, concept, under.span, around.habits), None)
        if value is not None:
            yield Candidate(value, "label", _BELOW * weight, under, cell.reads)
            return


def _unmarked(span: Span) -> Span:
    """Without a colon that stands at its start, as the middle column of a form has."""
    reads = span.reads
    return span.part(len(reads) - len(reads.lstrip(":： ")))


def _stands_apart(reads: str, hit: Hit) -> bool:
    """Whether the label is a Chinese word, which values may stand behind with no more than a space."""
    return not reads[hit.start : hit.end].isascii() and reads[hit.end : hit.end + 1] in (" ", "\t")


def is_label(cell: Cell, labels_of: Mapping[tuple[int, int], Sequence[Hit]]) -> bool:
    """Whether a cell is nothing but a label, or begins with one that a colon follows."""
    for hit in labels_of.get((cell.row, cell.place), ()):
        rest = cell.reads[hit.end :].strip(" .:：*")
        if hit.start <= 2 and (not rest or _COLON_FOLLOWS.match(cell.reads, hit.end)):
            return True
    return False
