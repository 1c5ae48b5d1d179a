"""Rows under a row of column heads: "起止时间 | 毕业院校 | 专业 | 学历"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.extract.fields.labels import label_kind
from pipeline.extract.fields.rows import Row
from pipeline.extract.fields.text import Span, Text, whole

_CELLS = re.compile(r"\t+|\s*\|\s*")


def read_table(rows: Sequence[Row], kinds: frozenset[str]) -> list[dict[str, Span]]:
    """The cells of each row by the kind of their column; nothing where no row of heads stands on top.

    Args:
        rows: of a section.
        kinds: labels that may head a column.
    """
    for n, row in enumerate(rows[:3]):
        heads = whole(row.text).split(_CELLS)
        named = [label_kind(head.reads) for head in heads]
        if len(heads) < 2 or not all(named) or len(set(named) & kinds) < 2:
            continue
        columns = [(kind, _edges(head)) for kind, head in zip(named, heads, strict=True) if kind]
        return [record for below in rows[n + 1 :] if (record := _cells(below.text, columns))]
    return []


def _cells(text: Text, columns: Sequence[tuple[str, tuple[float, float]]]) -> dict[str, Span]:
    cells = whole(text).split(_CELLS)
    record: dict[str, Span] = {}
    if len(cells) < 2:
        return record
    for cell in cells:
        left, middle = _edges(cell)
        kind, _ = min(columns, key=lambda column: min(abs(column[1][0] - left), abs(column[1][1] - middle)))
        record.setdefault(kind, cell)
    return record


def _edges(cell: Span) -> tuple[float, float]:
    """Left edge and middle of a cell's words, in points."""
    box = cell.field("", 1.0)["box"] or [0.0, 0.0, 0.0, 0.0]
    return box[0], (box[0] + box[2]) / 2
