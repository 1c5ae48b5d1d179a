"""A section's rows cut into entries, each about one school or one employer, by the dates that stand in them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipeline.extract.fields.dates import Period, find_periods
from pipeline.extract.fields.rows import Row
from pipeline.extract.fields.text import Field, Span, Text, whole

_MAX_HEAD_ROWS = 4
DURATION = re.compile(
    r"[(·]?\s*(?:(?:about|over|approx\.?|~)\s?)?\d+\+?\s?(?:years?|yrs?\.?|months?|mos?\.?|weeks?)"
    r"(?:[\s,]*(?:and\s)?\d+\s?(?:months?|mos?\.?|weeks?))?\s*\)?",
    re.I,
)
_EDGE = " \t,;|·()[]-–—:/.:"
CELLS = re.compile(r"\t+|\s[|·•–—-]\s|\||;|—")


@dataclass(slots=True)
class Entry:
    """Rows of one entry.

    Attributes:
        heads: its naming rows with the period blanked, the dated one first among equals.
        period: and the text that it stands in.
    """

    heads: list[Text]
    period: Period | None
    dated: Text | None


def edge_period(row: Row) -> Period | None:
    """A period at an end of the row or in a cell of its own, rather than in a sentence."""
    text = row.reads
    for period in find_periods(text):
        before, after = text[: period.start].rstrip(" ([,"), text[period.end :].lstrip(" )],.;:")
        at_edge = not before.strip(_EDGE) or not after.strip(_EDGE)
        if at_edge or (before.endswith(("\t", "|", "·")) and after.startswith(("\t", "|", "·", "("))):
            alone = text[: period.start].rstrip(" (").endswith(("\t", ","))
            if period.last is None and len(text) > 60 and before.strip(_EDGE) and not alone:
                continue  # a line that happens to end in a year
            return period
        if period.last is not None and (before.endswith("\t") or text[period.end : period.end + 1] in ("\t", "|")):
            return period
    return None


def cut_entries(rows: list[Row]) -> list[Entry]:
    """Entries in order; rows without any date make one entry with no period."""
    rows = [row for row in rows if row.item or not DURATION.fullmatch(row.reads.strip())]
    all_items = sum(row.item for row in rows) > 0.7 * len(rows)
    periods = {i: edge_period(row) for i, row in enumerate(rows) if row.head or (all_items and row.item)}
    anchors = [i for i, period in periods.items() if period is not None and (period.last or not rows[i].item)]
    ranged = [i for i in anchors if _ranged(periods[i])]
    if ranged and len(ranged) < len(anchors):  # lone years among ranges are details, unless they stand as the ranges do
        anchors = [i for i in anchors if i in ranged or _lone_entry(rows, i, periods)]
    if not anchors:
        return [Entry([row.text for row in rows if row.head][:_MAX_HEAD_ROWS], None, None)] if rows else []
    lead = 0
    while lead < min(2, anchors[0]) and rows[anchors[0] - 1 - lead].head:
        lead += 1
    starts = []
    for n, anchor in enumerate(anchors):
        floor = anchors[n - 1] + 1 if n else 0
        start = anchor
        while start > floor and anchor - start < lead and rows[start - 1].head:
            start -= 1
        if n and start > floor and rows[start - 1].head and _set_apart(rows, start - 1):
            start -= 1  # "Acorn / 4 years / Head Chef / 2019 – 2020" among entries without the employer
        starts.append(start)
    entries = []
    for n, anchor in enumerate(anchors):
        stop = starts[n + 1] if n + 1 < len(anchors) else len(rows)
        period = periods[anchor]
        heads = [row.text for row in rows[starts[n] : anchor]]
        if period is None:
            continue
        heads.append(rows[anchor].text.without(period.start, period.end))
        for row in rows[anchor + 1 : stop]:
            if not row.head or len(heads) >= _MAX_HEAD_ROWS:
                break
            heads.append(row.text)
        entries.append(Entry([head for head in heads if head.text.strip(_EDGE)], period, rows[anchor].text))
    return entries


def _set_apart(rows: list[Row], i: int) -> bool:
    """Whether more white stands above a row than below it."""
    above, row, below = rows[i - 1 : i + 2]
    if not above.page_number == row.page_number == below.page_number:
        return False
    return row.box.y0 - above.box.y1 > below.box.y0 - row.box.y1 + 0.25 * row.size_pt


def _ranged(period: Period | None) -> bool:
    return period is not None and period.last is not None


def _lone_entry(rows: list[Row], i: int, periods: dict[int, Period | None]) -> bool:
    """Whether a single date stands in its row at the side where the others stand."""
    period = periods[i]
    return period is not None and period.start > 3 and "\t" in rows[i].reads[: period.start] and rows[i].opens


def period_fields(entry: Entry, single: str = "end") -> dict[str, Field]:
    """`start` and `end` of an entry; a date that stands alone is its `single`."""
    if entry.period is None or entry.dated is None:
        return {}
    first, last, text = entry.period.first, entry.period.last, entry.dated
    fields = {}
    if first:
        name = "start" if last else single
        fields[name] = text.field(first.start, first.end, "pattern", 0.93 if last else 0.75, first.value)
    if last:
        fields["end"] = text.field(last.start, last.end, "pattern", 0.93, last.value)
    return fields


def cells(text: Text) -> list[Span]:
    """The stretches of a row between holes, bars and dashes with space around them."""
    found = []
    for cell in whole(text).split(CELLS):
        reads = cell.reads
        start = len(reads) - len(reads.lstrip("-–—,()|·:. "))
        end = len(reads.rstrip("-–—,(|·: "))
        if start < end:
            found.append(cell.part(start, end))
    return found
