"""Lists of records: rows of a table whose heads name the properties, and what the rules for resumes know."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.extract.document import Block, Table
from pipeline.extract.fields.fill.candidates import is_label
from pipeline.extract.fields.fill.page import Page
from pipeline.extract.fields.fill.phrases import Called, words_of
from pipeline.extract.fields.fill.sheet import Cell, Row
from pipeline.extract.fields.fill.typed import values_in
from pipeline.extract.fields.schema import Property
from pipeline.extract.fields.schema_values import canonical
from pipeline.extract.fields.text import Field, Span, joined, line_text, whole
from pipeline.types import Box

_MAX_RECORDS = 500
_FROM_TABLE, _FROM_ROWS, _FROM_RESUME = 0.88, 0.75, 0.8
_SUMS = re.compile(
    r"^\W*(?:sub\s?-?total|grand total|total|tax|vat|gst|balance|amount due"
    r"|合\s*计|税\s*额|小\s*计|总\s*计|价税合计|共\s*计)",
    re.I,
)
# What resumes call such things -> the names that the rules for resumes have for them.
_RESUME_WORDS = {
    "school": "school university college institution 院校 学校 毕业院校", "degree": "degree qualification 学历 学位",
    "major": "major field fieldstudy area subject 专业", "employer": "employer company organization 公司 单位 雇主",
    "title": "title position role jobtitle 职位 职务", "start": "start startdate from 开始时间 开始日期",
    "end": "end enddate to 结束时间 结束日期",
}  # fmt: skip
_RESUME_NAMES = {word: name for name, words in _RESUME_WORDS.items() for word in words.split()}
_EDUCATION_WORDS = "education educations schooling academic studies degrees 教育 教育经历 教育背景 学历"
_WORK_WORDS = (
    "work experience workexperience employment jobs positions career workhistory 工作 工作经历 工作经验 履历 任职"
)
_RESUME_LISTS = {word: "education" for word in _EDUCATION_WORDS.split()}
_RESUME_LISTS |= {word: "work" for word in _WORK_WORDS.split()}

Record = dict[str, Field]


def records(wanted: Property, names: Called, inner: Mapping[str, Called], page: Page) -> list[Record]:
    """Records of a list, in the order of the document.

    Args:
        inner: what the properties of a record may be called.
    """
    limit = min(wanted.max_items or _MAX_RECORDS, _MAX_RECORDS)
    found = _from_resume(wanted, names, page)
    if not found:
        choices = _from_tables(wanted, inner, page), _from_rows(wanted, inner, page)
        found = max(choices, key=lambda records: sum(map(len, records)))  # of two as full the table of the layout
    return found[:limit]


def _from_resume(wanted: Property, names: Called, page: Page) -> list[Record]:
    runs = {words_of(wanted.name.replace("_", " ")).run, words_of(wanted.title).run}
    kind = next((_RESUME_LISTS[run] for run in sorted(runs) if run in _RESUME_LISTS), None)
    mapped = {}
    for one in wanted.properties:
        told = (words_of(phrase.replace("_", " ")).run for phrase in (one.name, one.title))
        mapped[one.name] = next((_RESUME_NAMES[run] for run in told if run in _RESUME_NAMES), None)
    if kind is None or not any(mapped.values()):
        return []
    found = []
    for record in page.resume.get(kind, []):
        filled: Record = {}
        for one in wanted.properties:
            field = record.get(mapped[one.name] or "")
            held = canonical(one, field["value"]) if field else None
            if field and held:
                filled[one.name] = {**field, "value": held}
        if filled:
            found.append(filled)
    return found


@dataclass(frozen=True, slots=True)
class _Head:
    """A column that a property was recognised for."""

    wanted: Property
    names: Called
    column: int
    weight: float


def _heads(reads: Sequence[str], wanted: Property, inner: Mapping[str, Called]) -> list[_Head]:
    """Properties by the heads of columns; each has one, and the surest takes it."""
    choices = []
    for column, text in enumerate(reads):
        words = words_of(text, 16)
        for one in wanted.properties:
            weight = max((inner[one.name].weights.get(run, 0.0) * (1.0 if run == words.run else 0.8)
                          for run, _, _ in words.runs()), default=0.0)  # fmt: skip
            if weight:
                choices.append(_Head(one, inner[one.name], column, weight))
    found: list[_Head] = []
    for head in sorted(choices, key=lambda head: -head.weight):
        if all(head.column != other.column and head.wanted.name != other.wanted.name for other in found):
            found.append(head)
    return found


def _enough(heads: Sequence[_Head], wanted: Property) -> bool:
    return len(heads) >= min(2, len(wanted.properties))


def _from_tables(wanted: Property, inner: Mapping[str, Called], page: Page) -> list[Record]:
    best: list[Record] = []
    heads: list[_Head] = []
    found: list[Record] = []
    blocks = [block for one in page.sheet.document.pages for block in one.blocks if block.table is not None]
    for block in blocks:
        table = block.table
        if table is None:
            continue
        top = 0
        if not (block.continues and heads):
            heads, found = [], []
            for row in range(min(4, table.rows)):
                here = _heads(_row_texts(table, row), wanted, inner)
                if _enough(here, wanted) and len(here) > len(heads):
                    heads, top = here, row + 1
        if not heads:
            continue
        elif block.continues and _enough(_heads(_row_texts(table, 0), wanted, inner), wanted):
            top = 1
        for row in range(top, table.rows):
            record = _record(block, table, row, heads, page)
            if record:
                found.append(record)
        if len(found) > len(best):
            best = found
    return best


def _row_texts(table: Table, row: int) -> list[str]:
    texts = [""] * table.columns
    for cell in table.cells:
        if cell.row <= row < cell.row + cell.row_span:
            texts[cell.column] = cell.text
    return texts


def _record(block: Block, table: Table, row: int, heads: Sequence[_Head], page: Page) -> Record:
    texts = _row_texts(table, row)
    first = next((text for text in texts if text.strip()), "")
    if _SUMS.match(first):
        return {}
    boxes = {cell.column: cell.box for cell in table.cells if cell.row <= row < cell.row + cell.row_span}
    found: Record = {}
    for head in heads:
        if texts[head.column].strip() and head.column in boxes:
            span = _cell_span(block, boxes[head.column])
            value = next(values_in(head.wanted, head.names.concept, span, page.habits), None) if span else None
            if value is not None:
                found[head.wanted.name] = value.field("table", _FROM_TABLE * (0.5 + 0.5 * head.weight))
    return found if len(found) >= min(2, len(heads)) else {}


def _cell_span(block: Block, box: Box) -> Span | None:
    """The words of a cell, line by line."""
    texts = []
    for line in block.lines:
        middle = (line.box.x0 + line.box.x1) / 2, (line.box.y0 + line.box.y1) / 2
        if box.x0 - 1 <= middle[0] <= box.x1 + 1 and box.y0 - 1 <= middle[1] <= box.y1 + 1:
            texts.append(line_text(line, block.page_number))
    return whole(joined(texts)) if texts else None


def _from_rows(wanted: Property, inner: Mapping[str, Called], page: Page) -> list[Record]:
    """Rows under a row of heads, where layout saw no table."""
    best: list[Record] = []
    for row in page.sheet.rows:
        if not 2 <= len(row.cells) <= 12:
            continue
        heads = _heads([cell.reads for cell in row.cells], wanted, inner)
        if _enough(heads, wanted) and sum(len(cell.reads) for cell in row.cells) < 160:
            found = _under(row, heads, page)
            if len(found) > len(best):
                best = found
    return best


def _under(top: Row, heads: Sequence[_Head], page: Page) -> list[Record]:
    rows = page.sheet.rows
    columns = [cell.box for cell in top.cells]
    found: list[Record] = []
    misses = 0
    for row in rows[top.number + 1 :]:
        labelled = any(is_label(cell, page.labels_of) for cell in row.cells)
        if row.page_number != top.page_number or misses > 1 or labelled or _SUMS.match(row.reads):
            break
        placed = _placed(row.cells, columns)
        record: Record = {}
        for head in heads:
            cell = placed.get(head.column)
            value = next(values_in(head.wanted, head.names.concept, cell.span, page.habits), None) if cell else None
            if value is not None:
                record[head.wanted.name] = value.field("table", _FROM_ROWS * (0.5 + 0.5 * head.weight))
        if len(record) >= min(2, len(heads)):
            found.append(record)
            misses = 0
        else:
            misses += 1
    return found


def _placed(cells: Sequence[Cell], columns: Sequence[Box]) -> dict[int, Cell]:
    """Cells by the column whose head is nearest: by an edge or the middle."""
    placed: dict[int, Cell] = {}
    for cell in cells:
        box = cell.box

        def apart(column: int, box: Box = box) -> float:
            head = columns[column]
            return min(abs(head.x0 - box.x0), abs(head.x1 - box.x1), abs((head.x0 + head.x1) - (box.x0 + box.x1)) / 2)

        placed.setdefault(min(range(len(columns)), key=apart), cell)
    return placed
