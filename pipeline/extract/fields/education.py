"""Schools, degrees and majors of an education section's entries, and of labels outside one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.extract.fields.dates import find_periods
from pipeline.extract.fields.entries import Entry, cut_entries, period_fields
from pipeline.extract.fields.labels import labelled
from pipeline.extract.fields.lexicon import (
    DEGREE,
    ENGLISH_SCHOOL,
    HAN,
    HAN_DEGREE,
    HAN_SCHOOL_END,
)
from pipeline.extract.fields.rows import Row
from pipeline.extract.fields.studies import read_studies
from pipeline.extract.fields.tables import read_table
from pipeline.extract.fields.text import Field, Span, Text, whole

Record = dict[str, Field]
_KINDS = frozenset({"school", "degree", "major", "graduation", "period"})
_HAN_SCHOOL = re.compile(rf"(?P<school>[{HAN}A-Za-z·()]*{HAN_SCHOOL_END}(?:\([{HAN}]{{2,8}}\))?)(?!生)")
_HAN_PARTS = re.compile(r"[\t ,;|/·、()\[\]:]+")
_DEGREE_ONLY = re.compile(
    rf"{HAN_DEGREE.pattern}(?:学历|学位|毕业|在读|阶段|文凭)?(?:[,/、(]*{HAN_DEGREE.pattern}(?:学历|学位)?\)?)?"
)
_NO_MAJOR = re.compile(
    r"\d|GPA|绩点|成绩|排名|奖|课程|论文|时间|全日制|统招|学历|学位|毕业|省|城市|在读|导师|校区|北京|上海|北京市"
)
_NAMED = re.compile(
    r"\b(?:Major(?:ed in|ing in)?|Field of study|Speciali[sz]ation)\s*:?\s+(?P<major>[A-Z][\w &-]{2,50})", re.I
)


def read_education(rows: Sequence[Row]) -> list[Record]:
    """The records of an education section."""
    by_label = _tabled_records(rows) or _labelled_records(rows)
    if by_label:
        return by_label
    entries = cut_entries(list(rows))
    if any(entry.period is None for entry in entries):
        entries = _by_school(rows)
    studies = iter(read_studies([[text for text in entry.heads if not _is_han(text)] for entry in entries]))
    records = []
    for entry in entries:
        record = _read_entry(entry, next(studies))
        if "school" in record or ("degree" in record and "major" in record):
            records.append(record)
    return records


def labelled_education(labels: Sequence[tuple[str, Span]]) -> Record:
    """One record from labels in the head of a resume: school, degree, major, day of graduation."""
    record: Record = {}
    for kind, value in labels:
        if kind in _KINDS:
            _take_label(record, kind, value)
    return record if "school" in record or "degree" in record else {}


def _labelled_records(rows: Sequence[Row]) -> list[Record]:
    """Records of a section that labels everything; a label that comes again begins the next."""
    records: list[Record] = []
    for kind, value in labelled(row.text for row in rows):
        kind = "school" if kind == "employer" else kind  # "Organisation: University of ..."
        if kind not in _KINDS:
            continue
        if not records or {"school": "school", "period": "start"}.get(kind) in records[-1]:
            records.append({})
        _take_label(records[-1], kind, value)
    return [record for record in records if "school" in record]


def _tabled_records(rows: Sequence[Row]) -> list[Record]:
    records: list[Record] = []
    for cells_by_kind in read_table(rows, _KINDS):
        record: Record = {}
        for kind, value in cells_by_kind.items():
            if kind in _KINDS:
                _take_label(record, kind, value)
        if "school" in record:
            records.append(record)
    return records


def _take_label(record: Record, kind: str, value: Span) -> None:
    reads = value.reads
    if kind in ("period", "graduation"):
        text = value.text.within(value.start, value.end)
        periods = find_periods(text.text)
        if periods:
            for name, field in period_fields(Entry([], periods[0], text)).items():
                record.setdefault(name, field)
        return
    if kind == "degree":
        found = HAN_DEGREE.search(reads) or DEGREE.search(reads)
        if found and found.start() < 12:
            record.setdefault("degree", value.part(*found.span()).field("label", 0.95))
            subject = re.match(r"\s+in\s+(?=[A-Z])", reads[found.end() :])
            if subject:
                record.setdefault("major", value.part(found.end() + subject.end()).field("label", 0.9))
    elif kind == "school":
        han = _HAN_SCHOOL.match(reads)
        if han or ENGLISH_SCHOOL.search(reads):
            record.setdefault("school", (value.part(*han.span("school")) if han else value).field("label", 0.95))
    elif len(reads) <= 40:
        end = re.search(r"(?<=.)专业$|[,;(]", reads)
        record.setdefault("major", value.part(0, end.start() if end else None).field("label", 0.93))


def _by_school(rows: Sequence[Row]) -> list[Entry]:
    """Entries of a section without dates: a row that names a school begins one."""
    entries: list[Entry] = []
    for row in rows:
        if row.head and (ENGLISH_SCHOOL.search(row.reads) or _HAN_SCHOOL.search(row.reads)):
            entries.append(Entry([], None, None))
        if entries and len(entries[-1].heads) < 3:
            entries[-1].heads.append(row.text)
    return entries


def _is_han(text: Text) -> bool:
    return any("\u3400" <= c <= "\u9fff" for c in text.text)


def _read_entry(entry: Entry, english: Record) -> Record:
    """What the Chinese rows of an entry say, then what the English ones do."""
    record: Record = {}
    for text in entry.heads:
        if _is_han(text):
            _read_han(text, record)
    for name, field in english.items():
        if not record or field["method"] != "position":
            record.setdefault(name, field)
    for text in entry.heads:
        named = _NAMED.search(text.text)
        if named and "major" not in record:
            record["major"] = text.field(*named.span("major"), "label", 0.85)
    return {**record, **period_fields(entry)}


def _read_han(text: Text, record: Record) -> None:
    had_school = "school" in record
    for part in whole(text).split(_HAN_PARTS):
        rest = part
        school = _HAN_SCHOOL.match(part.reads)
        if (
            school
            and "school" not in record
            and len(school["school"]) > 2
            and not re.fullmatch(HAN_SCHOOL_END, school["school"])
        ):
            end = school.end("school")
            if text.text[part.end : part.end + 1] == "(" and end == len(part.reads):
                inside = re.match(rf"\([{HAN}]{{2,8}}\)", text.text[part.end :])
                if inside and not HAN_DEGREE.fullmatch(inside.group()[1:-1]):
                    record["school"] = Span(text, part.start, part.end + inside.end()).field("dictionary", 0.9)
            record.setdefault("school", part.part(0, end).field("dictionary", 0.9))
            rest = part.part(end)
        elif school and school.end() == len(part.reads):
            continue  # a second school's name: a faculty
        if not rest.reads:
            continue
        degree = _DEGREE_ONLY.search(rest.reads)
        if degree and degree.end() == len(rest.reads):
            found = HAN_DEGREE.search(rest.reads, degree.start())
            if found and "degree" not in record:
                record["degree"] = rest.part(*found.span()).field("dictionary", 0.93)
            rest = rest.part(0, degree.start())
        elif DEGREE.fullmatch(rest.reads):
            record.setdefault("degree", rest.field("dictionary", 0.85))
            continue
        _take_han_major(rest, record, had_school)


def _take_han_major(rest: Span, record: Record, late: bool) -> None:
    reads = re.sub(r"^(?:主修|专业)\s*", "", rest.reads)
    rest = rest.part(len(rest.reads) - len(reads))
    reads = rest.reads
    explicit = reads.endswith("专业") or len(reads) < len(rest.reads)
    end = len(reads) - 2 if reads.endswith("专业") and len(reads) > 3 else len(reads)
    reads = reads[:end]
    if (
        "major" in record
        or not 2 <= len(reads) <= 18
        or _NO_MAJOR.search(reads)
        or (late and not explicit and "degree" in record)
    ):
        return
    if re.fullmatch(rf"[{HAN}A-Za-z与和及&]+", reads):
        record["major"] = rest.part(0, end).field("position", 0.85 if explicit else 0.75)
