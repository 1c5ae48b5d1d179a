"""What a narrow column broke over two lines: "August 2021 – September" above "2023", "Institute of" above "Arts"."""

from __future__ import annotations

import re

from pipeline.extract.fields.dates import find_periods
from pipeline.extract.fields.text import Span, Text, cut, joined, side_by_side, whole

_HOLE = re.compile(r"\t+")
_UNFINISHED = re.compile(r"(?:19|20)\d\d\)?\s*(?:[-–—]{1,2}|to|until)(?:\s*[A-Za-z]{3,9}\.?,?)?$", re.I)
_DANGLES = re.compile(r"(?:\s(?:of|and|for|the|in|de|del|di|du)|\s&)$")
_REST = re.compile(r"\s*(?:[-–—]\s*)?(?:[A-Za-z]{3,9}\.?,?\s*)?(?:\d{1,2}[./])?(?:(?:19|20)\d\d|[A-Za-z]{3,7})\)?")


def unbroken_name(above: Text, below: Text) -> Text | None:
    """The first row with a name whole that the second goes on with; None where it does not."""
    cell, rest = _edges(above)[0], _edges(below)[0]
    if (rest.start > 0 and rest.end < len(below.text.rstrip())) or not cell.reads or not rest.reads:
        return None
    if not _DANGLES.search(cell.reads) or not rest.reads[0].isalnum() or find_periods(rest.reads):
        return None
    if not _same_side(cell, rest) or len(_edges(below)) > 1 or len(cell.reads) + len(rest.reads) > 90:
        return None
    return _beside(above, cell, joined([cut(above, cell.start, cell.end), cut(below, rest.start, rest.end)]))


def unbroken(above: Text, below: Text) -> tuple[Text, Text | None] | None:
    """Both rows with the period whole in the first; of the second what is left, if anything.

    None where nothing is broken.
    """
    for cell in _edges(above):
        if not _UNFINISHED.search(cell.reads):
            continue
        for rest in _edges(below):
            if not _REST.fullmatch(rest.reads) or len(rest.reads) > 20 or not _same_side(cell, rest):
                continue
            closed = find_periods(cell.reads)
            if not closed or closed[-1].last is not None:
                continue
            date = joined([cut(above, cell.start, cell.end), cut(below, rest.start, rest.end)])
            periods = find_periods(date.text)
            if len(periods) == 1 and periods[0].last is not None and periods[0].end >= len(date.text) - 1:
                return _beside(above, cell, date), _without(below, rest)
    return None


def _edges(text: Text) -> list[Span]:
    """The first and the last cell of a row."""
    parts = whole(text).split(_HOLE)
    return [parts[0], parts[-1]] if len(parts) > 1 else parts


def _same_side(cell: Span, rest: Span) -> bool:
    """Whether both begin or end at about the same place."""
    one, other = cell.field("", 1.0)["box"], rest.field("", 1.0)["box"]
    return not one or not other or abs(one[0] - other[0]) < 12 or abs(one[2] - other[2]) < 12


def _beside(text: Text, cell: Span, date: Text) -> Text:
    """The row with another text in place of the cell."""
    before, after = cut(text, 0, cell.start), cut(text, cell.end, len(text.text))
    if before.text.strip():
        date = side_by_side(before, date)
    return side_by_side(date, after) if after.text.strip() else date


def _without(text: Text, cell: Span) -> Text | None:
    rest = [part for part in (cut(text, 0, cell.start), cut(text, cell.end, len(text.text))) if part.text.strip()]
    if not rest:
        return None
    return rest[0] if len(rest) == 1 else side_by_side(*rest)
