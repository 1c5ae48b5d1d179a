"""The lines of a resume from top to bottom, those that stand at one height as one row."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.extract.document import Block, Document, Line
from pipeline.extract.fields.broken import is_broken_label, label_parted, unbroken, unbroken_label, unbroken_name
from pipeline.extract.fields.dates import find_periods
from pipeline.extract.fields.sides import Strip, find_strip, part_line
from pipeline.extract.fields.text import Text, joined, row_text, side_by_side
from pipeline.extract.markers import list_marker
from pipeline.types import Box

# After a Latin full stop the last word tells: "releases." ends a sentence, "Ltd.", "s.r.l." and "z o.o." end a name.
_ENDS_SENTENCE = re.compile(r"[。;；!！]$|(?:[\u3400-\u9fff]|(?<![^\W\d_])[a-zß-ÿ]{4,}|\d|[%)\"'])\.$")
_ENDS_NAME = re.compile(r"\b(?:Corp|Bros|Assoc|Intl|Univ|Dept)\.$")
_MAX_ROW = 400  # letters; what is longer is not put together
_ENDS_DATED = re.compile(r"[-–—(\s](?:(?:19|20)\d\d|present|current)\)?$", re.I)
_MAX_DATED_LETTERS = 150
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
        beside: it stands in the narrower of two columns.
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
    beside: bool = False

    @property
    def reads(self) -> str:
        """Its half-width text."""
        return self.text.text

    @property
    def head(self) -> bool:
        """Whether it may name an entry: no list item, no sentence, not long."""
        text = self.reads.strip()
        longest = max(text.split("\t"), key=len)
        weight = len(longest) + sum(1 for c in longest if c >= "\u2e80")
        most = _MAX_DATED_LETTERS if _ENDS_DATED.search(text) else _MAX_HEAD_LETTERS
        return not self.item and 0 < weight <= most and not (
            _ENDS_SENTENCE.search(text) and weight > 30 and not _ENDS_NAME.search(text)
        )  # fmt: skip


def resume_rows(document: Document) -> list[Row]:
    """All lines of the text itself from top to bottom, those of sidebars last.

    Layout is made for prose: it takes a column of dates, or the cells of a form, for columns of text. A resume has
    columns of text only where headings of sections stand beside one another; else all on one line of type is one row.
    """
    rows: list[Row] = []
    aside: list[Row] = []
    strip: Strip | None = None
    for page in document.pages:
        text_layer = page.source == "text_layer"
        placed = [
            (block, line, number)
            for number, block in enumerate(page.blocks)
            if not block.running
            for line in block.lines
        ]
        strip = find_strip([line for _, line, _ in placed], strip)
        if strip is None:
            right = max((line.box.x1 for _, line, _ in placed), default=0.0)
            rows += _levelled([_row(block, line, number, text_layer, right) for block, line, number in placed])
            continue
        above, main, side, below = _parted(placed, strip, text_layer)
        rows += _levelled(above) + _levelled(main) + _levelled(below)
        aside += _levelled(side)
    return _mended(rows) + _mended(aside)


def _mended(rows: list[Row]) -> list[Row]:
    """Rows with what a narrow column broke over two of them put together in the first."""
    right = max((row.box.x1 for row in rows), default=0.0)
    kept: list[Row] = []
    labelled: Row | None = None  # a row whose first cell, narrow as a label, goes on below
    for row in rows:
        row.text = label_parted(row.text)
        near = labelled is not None and len(labelled.reads) + len(row.reads) <= _MAX_ROW
        label = unbroken_label(labelled.text, row.text) if near and labelled is not None else None
        if label is not None and labelled is not None:
            labelled.text, rest = label
            if rest is None:
                continue
            row.text = rest
        elif is_broken_label(row.text):
            labelled = row
        above = kept[-1] if kept else None
        if above is None or above.page_number != row.page_number or len(above.reads) + len(row.reads) > _MAX_ROW:
            kept.append(row)
            continue
        period = unbroken(above.text, row.text)
        if period is not None:
            above.text, rest = period
            if rest is None:
                continue
            row.text = rest
        elif above.head and _ends_open(above.reads) and _is_period(row):
            above.text = joined([above.text, row.text])
            continue
        elif above.head and row.head and abs(above.size_pt - row.size_pt) < 0.6:
            near = row.box.y0 - above.box.y1 < 0.7 * row.size_pt
            name = unbroken_name(above.text, row.text, right) if near else None
            if name is not None:
                above.text = name
                continue
        kept.append(row)
    return kept


def _ends_open(text: str) -> bool:
    return text.rstrip().endswith(("·", "|", ",", "–", "—", " -"))


def _parted(
    placed: Sequence[tuple[Block, Line, int]], strip: Strip, text_layer: bool
) -> tuple[list[Row], list[Row], list[Row], list[Row]]:
    """Rows above the columns, in the wider, in the narrower, and below them."""
    above: list[Row] = []
    main: list[Row] = []
    side: list[Row] = []
    below: list[Row] = []
    widest = max((line.box.x1 for _, line, _ in placed), default=0.0)
    for block, line, number in placed:
        if not strip.holds(line):
            (above if line.box.y0 < strip.y0 else below).append(_row(block, line, number, text_layer, widest))
            continue
        for part, is_left in zip(part_line(line, strip.x, text_layer), (True, False), strict=True):
            if part is None:
                continue
            row = _row(block, part, number, text_layer, strip.x if is_left else widest)
            row.beside = is_left != strip.main_left
            (side if row.beside else main).append(row)
    return above, main, side, below


def _row(block: Block, line: Line, number: int, text_layer: bool, right: float) -> Row:
    """A line as a row; `right` is how far lines of its column reach."""
    first = block.lines[0]
    opens = line is first or (block.kind == "list_item" and _is_past_item(block, line, right))
    item = bool(list_marker(line.text)) or (block.kind == "list_item" and (line is first or not opens))
    if item and line is first and not _bullet(line.text) and find_periods(line.text):
        item = False  # "2012. ..." and numbered entries
    return Row(
        row_text(line, block.page_number, text_layer), line.box, block.page_number, line.size_pt, line.bold,
        item, block.kind == "heading", block.level, number, opens,
    )  # fmt: skip


def _is_past_item(block: Block, line: Line, right: float) -> bool:
    """Whether a line that layout put to a list item is of what comes after the item."""
    first = block.lines[0]
    em = line.size_pt or 10.0
    if line.box.x0 < first.box.x0 - 0.3 * em:
        return True  # left of the item's own mark
    if line.box.x0 > first.box.x0 + 0.3 * em or not list_marker(first.text) or line.text[:1].islower():
        return False
    # Right below the mark: it goes on with the item only if its first word had no room behind the line above.
    above = max((other for other in block.lines if other.box.y1 <= line.box.y1 and other is not line),
                key=lambda other: other.box.y1, default=first)  # fmt: skip
    word = line.words[0].box.width if line.words else 0.5 * em * len(line.text.split()[0])
    return above.box.x1 + word + 1.2 * em < right


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


def _is_period(row: Row) -> bool:
    text = row.reads.strip()
    if len(text) > 40 or not any(map(str.isdigit, text)):
        return False
    periods = find_periods(text)
    return bool(periods) and periods[-1].end - periods[0].start >= len(text) - 2
