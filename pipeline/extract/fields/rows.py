"""The lines of a resume from top to bottom, those that stand at one height as one row."""

from __future__ import annotations

import re
from dataclasses import dataclass
from statistics import median

from pipeline.extract.document import Block, Document, Line
from pipeline.extract.fields.dates import find_periods
from pipeline.extract.fields.headings import heading_kind
from pipeline.extract.fields.text import Text, row_text, side_by_side
from pipeline.extract.markers import list_marker
from pipeline.types import Box

_ENDS_SENTENCE = re.compile(r"[。;；.!！]$")
_FORM_LABEL = re.compile(r"学历|學歷|教育程度|特长|语言|外语|英语水平|details")
_MAX_HEAD_LETTERS = 110  # of a line that names something; a Han character counts as two


@dataclass(slots=True)
class Row:
    """One line with its cells.

    Attributes:
        item: it is a list item or goes on with one.
        heading: layout took it for a heading.
        level: of the heading, else 0.
        paragraph: number of the block it is of.
        opens: it is the first line of its block.
    """

    text: Text
    box: Box
    page_number: int
    size_pt: float
    bold: bool
    item: bool
    heading: bool
    level: int
    paragraph: int
    opens: bool

    @property
    def reads(self) -> str:
        """Its half-width text."""
        return self.text.text

    @property
    def head(self) -> bool:
        """Whether it may name an entry: no list item, no sentence, not long."""
        text = self.reads.strip()
        weight = len(text) + sum(1 for c in text if c >= "\u2e80")
        return not self.item and 0 < weight <= _MAX_HEAD_LETTERS and not (
            _ENDS_SENTENCE.search(text) and weight > 30
        )  # fmt: skip


def resume_rows(document: Document) -> list[Row]:
    """All lines of the text itself from top to bottom.

    Layout is made for prose: it takes a column of dates, or the cells of a form, for columns of text. A resume has
    columns of text only where headings of sections stand beside one another; else all on one line of type is one row.
    """
    rows: list[Row] = []
    for page in document.pages:
        text_layer = page.source == "text_layer"
        on_page = [
            _row(block, line, number, text_layer)
            for number, block in enumerate(page.blocks)
            if not block.running
            for line in block.lines
        ]
        rows += _beside(on_page) if _has_columns(on_page) else _levelled(on_page)
    return rows


def _row(block: Block, line: Line, number: int, text_layer: bool) -> Row:
    first = block.lines[0]
    # A line that starts left of the item's own mark no longer belongs to the item.
    opens = line is first or (block.kind == "list_item" and line.box.x0 < first.box.x0 - 0.3 * line.size_pt)
    item = bool(list_marker(line.text)) or (block.kind == "list_item" and (line is first or not opens))
    if item and line is first and not _bullet(line.text) and find_periods(line.text):
        item = False  # "2012. ..." and numbered entries
    return Row(
        row_text(line, block.page_number, text_layer), line.box, block.page_number, line.size_pt, line.bold,
        item, block.kind == "heading", block.level, number, opens,
    )  # fmt: skip


def _has_columns(rows: list[Row]) -> bool:
    """Whether headings of sections stand in two columns."""
    headings = [row.box for row in rows if heading_kind(row.reads) and not _FORM_LABEL.fullmatch(row.reads.strip())]
    left = [box for box in headings if any(box.x1 < other.x0 for other in headings)]
    right = [box for box in headings if any(other.x1 < box.x0 for other in headings)]
    return bool(left and right) and len(headings) > 2 and not any(box in right for box in left)


def _levelled(rows: list[Row]) -> list[Row]:
    """Lines that stand at one height as one row, rows by height."""
    groups: list[list[Row]] = []
    for row in sorted(rows, key=lambda row: row.box.y0 + row.box.y1):
        last = groups[-1][0] if groups else None
        if last is not None:
            overlap = min(row.box.y1, last.box.y1) - max(row.box.y0, last.box.y0)
            beside = all(row.box.x0 >= r.box.x1 - 1 or row.box.x1 <= r.box.x0 + 1 for r in groups[-1])
            if beside and overlap > 0.55 * min(row.box.height, last.box.height):
                groups[-1].append(row)
                continue
        groups.append([row])
    levelled = []
    for group in groups:
        group.sort(key=lambda row: row.box.x0)
        main = next((row for row in group if not _is_period(row)), group[0])
        if len(group) > 1:
            text, box = group[0].text, group[0].box
            for row in group[1:]:
                text, box = side_by_side(text, row.text), box.union(row.box)
            main.text, main.box, main.heading, main.opens = text, box, False, True
            main.item = main.item and not any(map(_is_period, group))
        levelled.append(main)
    return levelled


def _bullet(text: str) -> bool:
    return bool(list_marker(text)) and not list_marker(text)[0].isalnum()


def _beside(rows: list[Row]) -> list[Row]:
    """Rows of nothing but a period put before the row they stand beside, if layout took them for a column."""
    lone = [row for row in rows if _is_period(row)]
    if not lone or len(rows) > 400:
        return rows
    width = median(row.box.height for row in rows)
    taken: set[int] = set()
    partner: dict[int, Row] = {}
    for row in lone:
        best: Row | None = None
        for other in rows:
            if other is row or _is_period(other) or id(other) in partner:
                continue
            overlap = min(row.box.y1, other.box.y1) - max(row.box.y0, other.box.y0)
            if overlap > 0.5 * min(row.box.height, other.box.height, width) and (
                best is None or abs(other.box.x0 - row.box.x1) < abs(best.box.x0 - row.box.x1)
            ):
                best = other
        if best is not None and abs(rows.index(best) - rows.index(row)) > 0:
            taken.add(id(row))
            partner[id(best)] = row
    kept: list[Row] = []
    for row in rows:
        if id(row) in taken:
            continue
        if id(row) in partner:
            date = partner[id(row)]
            left, right = (date, row) if date.box.x0 < row.box.x0 else (row, date)
            row.text = side_by_side(left.text, right.text)
            row.box = row.box.union(date.box)
        kept.append(row)
    return kept


def _is_period(row: Row) -> bool:
    text = row.reads.strip()
    if len(text) > 40 or not any(map(str.isdigit, text)):
        return False
    periods = find_periods(text)
    return bool(periods) and periods[-1].end - periods[0].start >= len(text) - 2
