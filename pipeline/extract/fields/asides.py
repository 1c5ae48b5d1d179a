"""Notes at the side of an entry (place, period, how long) that came to stand in the rows of its list.

A narrow column at the right holds "Leeds, UK / May 2019 – Aug 2020 / 1 year 4 months", a line each; where list items
begin right below the entry's name, the later lines stand beside them and belong to the name.
"""

from __future__ import annotations

import re

from pipeline.extract.fields.dates import find_periods
from pipeline.extract.fields.places import place_score
from pipeline.extract.fields.rows import Row
from pipeline.extract.fields.text import Span, cut, side_by_side, whole
from pipeline.extract.markers import list_marker

_HOLE = re.compile(r"\t+")
_LONG = re.compile(r"\(?(?:\d+\s?(?:years?|yrs?|months?|mos?)[\s,]*){1,2}\)?", re.I)
_SURE_PLACE = 0.8
_MAX_ROW = 400  # letters; a longer row names nothing


def lift_asides(rows: list[Row]) -> list[Row]:
    """The rows, notes at the side of list items moved up to the row that the list stands under."""
    head: Row | None = None
    kept: list[Row] = []
    for row in rows:
        if head is not None and kept[-1] is head and _is_note_under(head, row):
            head.text = side_by_side(head.text, row.text)
            continue
        kept.append(row)
        marked = bool(list_marker(row.reads.strip()))
        if not marked and not row.item:
            head = row
            continue
        cells = (
            whole(row.text).split(_HOLE) if head is not None and len(head.reads) + len(row.reads) <= _MAX_ROW else []
        )
        while head is not None and len(cells) > 1 and _is_note(cells[-1]) and not _has(head, cells[-1]):
            note = cells.pop()
            head.text = side_by_side(head.text, cut(row.text, note.start, note.end))
            row.text = cut(row.text, 0, note.start)
            row.item = row.item or marked
    return kept


def _is_note_under(head: Row, row: Row) -> bool:
    """Whether the row is nothing but notes, set under a cell at the right of the row above."""
    if len(head.reads) + len(row.reads) > _MAX_ROW:
        return False
    cells, notes = whole(head.text).split(_HOLE), whole(row.text).split(_HOLE)
    if len(cells) < 2 or not notes or not all(_is_note(note) and not _has(head, note) for note in notes):
        return False
    left, side, box = (cell.field("", 1.0)["box"] for cell in (cells[0], cells[-1], notes[0]))
    if not left or not side or not box or box[0] < left[2]:
        return False
    return row.page_number == head.page_number and (abs(box[2] - side[2]) < 6 or abs(box[0] - side[0]) < 6)


def _is_note(cell: Span) -> bool:
    return _is_period(cell.reads) or bool(_LONG.fullmatch(cell.reads)) or place_score(cell.reads) >= _SURE_PLACE


def _is_period(text: str) -> bool:
    periods = find_periods(text) if len(text) <= 40 else []
    return bool(periods) and periods[-1].end - periods[0].start >= len(text) - 2


def _has(head: Row, note: Span) -> bool:
    """Whether the row has a period already; a second one is of something else."""
    return _is_period(note.reads) and bool(find_periods(head.reads))
