"""Sections of a resume by the text of their headings, whether or not layout recognised them as headings."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from pipeline.extract.fields.headings import Kind, heading_kind
from pipeline.extract.fields.rows import Row
from pipeline.extract.fields.text import Text


@dataclass(slots=True)
class Section:
    """A stretch of rows under one heading."""

    kind: Kind
    rows: list[Row] = field(default_factory=list)


_INLINE = re.compile(r"^\s*(?P<heading>[^:\t]{2,32}?)\s*(?P<mark>:|\t)\s*(?=\S)")


def cut_sections(rows: list[Row]) -> list[Section]:
    """The rows under their headings; what stands before the first is the head."""
    sections = [Section("head")]
    style: tuple[int, float] | None = None  # of section headings that layout knows
    for row in rows:
        kind = None if row.item and len(row.reads) > 16 else heading_kind(row.reads)
        if kind:
            if row.heading:
                style = (row.level, row.size_pt)
            sections.append(Section(kind))
            continue
        kind, rest = _inline_heading(row, sections[-1].kind)
        if kind and rest is not None:
            sections.append(Section(kind))
            row.text = rest
        elif row.heading and style and len(sections) > 1 and row.size_pt >= 0.97 * style[1] and row.level <= style[0]:
            sections.append(Section("other"))
            continue
        sections[-1].rows.append(row)
    return sections


def _inline_heading(row: Row, current: Kind) -> tuple[Kind | None, Text | None]:
    """A heading with its content on the same line: "Skills: Python, SQL", or in the left cell of a table."""
    found = _INLINE.match(row.reads)
    if not found:
        return None, None
    kind = heading_kind(found["heading"])
    if kind is None or kind == "person" or (kind == "other" and found["mark"] == ":"):
        return None, None
    label = re.sub(r"\s", "", found["heading"])
    if label in ("学历", "學歷", "教育程度") or (kind == "languages" and current == "skills"):
        return None, None  # a label of one value; "Languages: Python, Go" among the skills
    if kind in ("work", "education") and found["mark"] == ":" and not label.isascii() and len(label) < 4:
        return None, None
    return kind, row.text.within(found.end())
