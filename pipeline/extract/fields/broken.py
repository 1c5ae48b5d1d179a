"""What a narrow column broke over two lines: "August 2021 – September" above "2023", "Institute of" above "Arts"."""

from __future__ import annotations

import re

from pipeline.extract.fields.dates import find_periods
from pipeline.extract.fields.text import Span, Text, cut, joined, side_by_side, whole

_HOLE = re.compile(r"\t+")
_UNFINISHED = re.compile(r"(?:19|20)\d\d\)?\s*(?:[-–—]{1,2}|to|until)(?:\s*[A-Za-z]{3,9}\.?,?)?$", re.I)
_DANGLES = re.compile(r"(?:\s(?:of|and|for|the|in|de|del|di|du)|\s&)$")
_BROKEN_FIRST = re.compile(
    r"\s*(?:Bache?|Bachelo?r?|Mas|Master|Doc|Doctor?|Asso|Associ|Associate|Diplo|Certifi|Cer)-(?=\s[A-Z])"
)
_LABEL_BREAKS = re.compile(r"[a-z][-\u00ad]$|\s(?:of|and|in|for)$|^(?:Master|Bachelor|Associate|Doctor)$")
_GOES_ON = re.compile(r"(?:of|and|for|in|e|y|und|et) (?=[A-Z])")
# Alone such a word names nothing.
_GENERIC = re.compile(
    r"(?:University|College|School|Institute|Academy|Technology|Engineering|Sciences?|Arts|Design|Management|Studies"
    r"|Administration|Literature|Economics|Interaction|Engineer|Manager|Analyst|Developer|Assistant|Associate|Director"
    r"|Officer|Consultant|Coordinator|Specialist|Scientist|Researcher|Intern|Lead|Representative|Inc\.?|Ltd\.?|LLC"
    r"|GmbH|Group|Company|Corporation|Services|Solutions|Systems|Laborator(?:y|ies)|Hospital|Foundation)"
)
_REST = re.compile(r"\s*(?:[-–—]\s*)?(?:[A-Za-z]{3,9}\.?,?\s*)?(?:\d{1,2}[./])?(?:(?:19|20)\d\d|[A-Za-z]{3,7})\)?")


def unbroken_name(above: Text, below: Text, right: float) -> Text | None:
    """The first row with a name whole that the second goes on with; None where it does not.

    Args:
        above, below: rows of one type, the second right under the first.
        right: how far rows of the column reach, in points.
    """
    cells, rest = _edges(above), whole(below)
    cell = cells[0]
    if not cell.reads or not rest.reads or len(cell.reads) + len(rest.reads) > 90 or _HOLE.search(rest.reads):
        return None
    if not rest.reads[0].isalnum() or _is_date(rest.reads) or not _same_side(cell, rest):
        return None
    bold = _is_bold(cell)
    # Two names under one another are hardly both bold.
    likely = (bold or _GENERIC.fullmatch(rest.reads)) and bold == _is_bold(rest)
    likely = likely or cell.reads.endswith(",")
    dangles = _DANGLES.search(cell.reads) or _GOES_ON.match(rest.reads)
    if not dangles and (not likely or _has_room(cell, cells[1:], rest, right)):
        return None
    return _beside(above, cell, joined([cut(above, cell.start, cell.end), cut(below, rest.start, rest.end)]))


def label_parted(text: Text) -> Text:
    """The row with a hole behind a label that was broken at its first hyphen: "Mas-   ETH Zürich"."""
    found = _BROKEN_FIRST.match(text.text)
    return side_by_side(cut(text, 0, found.end()), cut(text, found.end(), len(text.text))) if found else text


def is_broken_label(text: Text) -> bool:
    """Whether the row begins with a narrow cell that ends in the middle of a word or phrase: "Mas-" beside a school."""
    cells = whole(text).split(_HOLE)
    return len(cells) > 1 and len(cells[0].reads) <= 16 and bool(_LABEL_BREAKS.search(cells[0].reads))


def unbroken_label(above: Text, below: Text) -> tuple[Text, Text | None] | None:
    """Both rows with the label whole in the first; of the second what is left. None where it does not go on."""
    cells, below_cells = whole(above).split(_HOLE), whole(below).split(_HOLE)
    if not below_cells or not _LABEL_BREAKS.search(cells[0].reads):
        return None
    cell, rest = cells[0], below_cells[0]
    beside, box = cells[1].field("", 1.0)["box"], rest.field("", 1.0)["box"]
    if not beside or not box or box[2] > beside[0] or not _same_side(cell, rest) or len(rest.reads) > 16:
        return None
    return _beside(above, cell, joined([cut(above, cell.start, cell.end), cut(below, rest.start, rest.end)])), _without(
        below, rest
    )


def _is_bold(span: Span) -> bool:
    styles = [bold for _, bold in span.text.styles(span.start, span.end)]
    return 2 * sum(styles) > len(styles)


def _is_date(text: str) -> bool:
    periods = find_periods(text)
    return bool(periods) and periods[-1].end - periods[0].start >= len(text) - 2


def _has_room(cell: Span, others: list[Span], rest: Span, right: float) -> bool:
    """Whether the first word of the second line would have stood behind the first line."""
    box, below = cell.field("", 1.0)["box"], rest.field("", 1.0)["box"]
    beside = others[0].field("", 1.0)["box"] if others else None
    if not box or not below:
        return True
    size = cell.text.size_pt(cell.start, cell.end) or 10.0
    word = (below[2] - below[0]) * len(rest.reads.split()[0]) / len(rest.reads)
    limit = beside[0] if beside else right
    return bool(box[2] + word + 0.9 * size < limit)


def unbroken(above: Text, below: Text) -> tuple[Text, Text | None] | None:
    """Both rows with the period whole in the first; of the second what is left, if anything.

    None where nothing is broken.
    """
    for cell in _edges(above):
        if not _UNFINISHED.search(cell.reads):
            continue
        for rest in _edges(below):
            if len(rest.reads) > 20 or not _REST.fullmatch(rest.reads) or not _same_side(cell, rest):
                continue
            closed = find_periods(cell.reads)
            if not closed or (closed[-1].last is not None and not cell.reads.endswith(("-", "–", "—"))):
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
