"""Sections of a resume by the text of their headings, whether or not layout recognised them as headings."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field

from pipeline.extract.fields.dates import find_periods
from pipeline.extract.fields.headings import Kind, heading_kind
from pipeline.extract.fields.lexicon import LANGUAGES
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
    beside = False
    swallowed = False
    for row, below in itertools.zip_longest(rows, rows[1:]):
        if swallowed:  # the second line of a heading
            swallowed = False
            continue
        if row.beside and not beside:  # a sidebar has a head of its own
            beside, style = True, None
            sections.append(Section("head"))
        kind = None if row.item and len(row.reads) > 16 else heading_kind(row.reads)
        longer = _over_two_rows(row, below, kind)
        if longer:
            kind, swallowed = longer, True
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


def _over_two_rows(row: Row, below: Row | None, kind: Kind | None) -> Kind | None:
    """What a heading announces that a narrow column broke: "TECHNICAL" above "SKILLS", "Honours &" above "Awards"."""
    if below is None or row.item or below.item or len(row.reads) > 30 or len(below.reads) > 30:
        return None
    alike = abs(row.size_pt - below.size_pt) < 0.5 and row.bold == below.bold and row.beside == below.beside
    close = row.page_number == below.page_number and 0 < below.box.y0 - row.box.y0 < 2 * row.size_pt
    if not alike or not close or find_periods(row.reads) or row.reads[:1].islower():
        return None
    if kind is None or row.reads.rstrip().endswith(("&", "/", ",", "and", "AND")):
        return heading_kind(f"{row.reads.strip()} {below.reads.strip()}")
    return None


def _inline_heading(row: Row, current: Kind) -> tuple[Kind | None, Text | None]:
    """A heading with its content on the same line: "Skills: Python, SQL", or in the left cell of a table."""
    found = _INLINE.match(row.reads)
    if not found:
        return None, None
    kind = heading_kind(found["heading"])
    if kind is None or kind == "person" or (kind == "other" and found["mark"] == ":"):
        return None, None
    label = re.sub(r"\s", "", found["heading"])
    spoken = found["mark"] == "\t" and LANGUAGES.search(row.reads, found.end())
    if label in ("学历", "學歷", "教育程度") or (kind == "languages" and current == "skills" and not spoken):
        return None, None  # a label of one value; "Languages: Python, Go" among the skills
    if kind in ("work", "education") and found["mark"] == ":" and not label.isascii() and len(label) < 4:
        return None, None
    return kind, row.text.within(found.end())
