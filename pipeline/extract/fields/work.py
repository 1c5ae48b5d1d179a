"""Employers and titles of a work section's entries."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.extract.fields.dates import find_periods
from pipeline.extract.fields.entries import Entry, cut_entries, edge_period, period_fields
from pipeline.extract.fields.heads import head_cells
from pipeline.extract.fields.labels import labelled
from pipeline.extract.fields.posts import is_title, last_employer_end, split_post
from pipeline.extract.fields.rows import Row
from pipeline.extract.fields.tables import read_table
from pipeline.extract.fields.templates import read_posts
from pipeline.extract.fields.text import Field, Span, Text, whole

Record = dict[str, Field]
_HAN_PARTS = re.compile(r"[\t ,;|/·]+|\s[-–—]\s|(?<=公司)[-–—](?=\w)|(?<=公司)一(?![分部厂车处科楼级线区])")
_DURATION = re.compile(r"\(?\d+\s?(?:years?|yrs?|months?|mos?|年|个月)(?:[\s,]*\d+\s?(?:months?|mos?|个月))?\)?", re.I)
_KIND = re.compile(
    r"(?:full|part)[- ]time|freelance|contract|permanent|temporary|internship|全职|兼职|实习|北京|上海|广州|深圳|杭州"
    r"|成都|南京|武汉|重庆|西安|天津|苏州",
    re.I,
)
_NO_HAN_VALUE = re.compile(
    r"负责|参与|完成|主持|工作内容|职责|业绩|描述|规模|人以上|性质|行业|汇报|下属|月薪|时间|单位|职务|职位|岗位|名称"
)
_INHERITED = 0.78  # confidence of an employer that only the entry before names
_DEPARTMENT = re.compile(r"[\u3400-\u9fff]{1,10}(?:部|事业部|处|科|中心|室|组|车间|科室)")


def read_work(rows: Sequence[Row]) -> list[Record]:
    """The records of a work section."""
    by_label = _tabled_records(rows) or _labelled_records(rows)
    if by_label:
        return by_label
    entries = cut_entries(list(rows))
    if any(entry.period is None for entry in entries):
        entries = _undated(rows)
    posts = iter(read_posts([entry.heads for entry in entries if not _is_han(entry)]))
    records = []
    for entry in entries:
        record = _read_han(entry.heads) if _is_han(entry) else next(posts)
        if "employer" in record or "title" in record:
            records.append({**record, **period_fields(entry, "start")})
    return _inherited(records)


def _is_han(entry: Entry) -> bool:
    return any("\u3400" <= c <= "\u9fff" for text in entry.heads for c in text.text)


def _inherited(records: list[Record]) -> list[Record]:
    """An employer with a span of its own stands above the titles held there."""
    kept: list[Record] = []
    above: Record | None = None
    for i, record in enumerate(records):
        after = records[i + 1] if i + 1 < len(records) else {}
        if "title" not in record and "title" in after and "employer" not in after:
            above = record
            continue
        if "employer" in record:
            above = None
        elif above is not None:
            record = {"employer": above["employer"], **record}
        elif kept and "employer" in kept[-1]:  # another post at the same employer
            field = kept[-1]["employer"]
            record = {"employer": {**field, "confidence": min(field["confidence"], _INHERITED)}, **record}
        kept.append(record)
    return kept


def _tabled_records(rows: Sequence[Row]) -> list[Record]:
    records: list[Record] = []
    for cells_by_kind in read_table(rows, frozenset({"employer", "title", "period"})):
        record = {
            kind: value.field("label", 0.93) for kind, value in cells_by_kind.items() if kind in ("employer", "title")
        }
        if "period" in cells_by_kind:
            record.update(_labelled_period(cells_by_kind["period"]))
        if "employer" in record and "start" in record:
            records.append(record)
    return records


def _labelled_period(value: Span) -> Record:
    text = value.text.within(value.start, value.end)
    periods = find_periods(text.text)
    return period_fields(Entry([], periods[0], text), "start") if periods else {}


def _labelled_records(rows: Sequence[Row]) -> list[Record]:
    records: list[Record] = []
    for row in rows:
        pairs = [(kind, value) for kind, value in labelled([row.text]) if kind in ("employer", "title", "period")]
        for kind, value in pairs:
            if (
                not records
                or (kind == "employer" and "employer" in records[-1])
                or (kind == "period" and "start" in records[-1])
            ):
                records.append({})
            if kind != "period":
                records[-1].setdefault(kind, _name_of(value).field("label", 0.95))
                continue
            records[-1].update(_labelled_period(value))
        period = None if any(kind == "period" for kind, _ in pairs) else edge_period(row)
        if period is not None and period.last is not None and records:
            if "start" in records[-1]:
                records.append({})
            for name, field in period_fields(Entry([], period, row.text)).items():
                records[-1].setdefault(name, field)
    return [record for record in records if "employer" in record]


def _name_of(value: Span) -> Span:
    """The value without the place behind it."""
    found = head_cells([value.text.within(value.start, value.end)]) if value.reads.isascii() else []
    return found[0].span if len(found) == 1 else value


def _undated(rows: Sequence[Row]) -> list[Entry]:
    """Entries of a section without dates: rows that name an employer and a title."""
    entries = [Entry([row.text], None, None) for row in rows if row.head]
    return [entry for entry in entries if {"employer", "title"} <= _read_alone(entry).keys()]


def _read_alone(entry: Entry) -> Record:
    """An entry by what it says outright."""
    record = _read_han(entry.heads) if _is_han(entry) else read_posts([entry.heads])[0]
    return {name: field for name, field in record.items() if _is_han(entry) or field["method"] == "dictionary"}


def _read_han(heads: Sequence[Text]) -> Record:
    record: Record = {}
    unknown: list[Span] = []
    for text in heads[:3]:
        if set(record) == {"employer", "title"} or (record and _NO_HAN_VALUE.search(text.text)):
            break
        for part in whole(text).split(_HAN_PARTS):
            part = _bared(part)
            reads = part.reads
            if not reads or _DURATION.fullmatch(reads) or _KIND.fullmatch(reads) or _NO_HAN_VALUE.search(reads):
                continue
            if is_title(reads) and len(reads) <= 16:
                record.setdefault("title", part.field("dictionary", 0.9))
                continue
            employer, title = split_post(part)
            if employer and len(employer.reads) > 2:
                record.setdefault(
                    "employer", employer.field("dictionary", 0.9 if last_employer_end(employer.reads) else 0.7)
                )
            if title and len(title.reads) <= 16:
                record.setdefault("title", title.field("dictionary", 0.88))
            if not employer and not title and 2 <= len(reads) <= 20 and not _DEPARTMENT.fullmatch(reads):
                unknown.append(part)
    for name in ("employer", "title"):
        other = "title" if name == "employer" else "employer"
        if name not in record and other in record and unknown:
            record[name] = unknown.pop(0).field("position", 0.6)
    return {name: record[name] for name in ("employer", "title") if name in record}


def _bared(part: Span) -> Span:
    """Without brackets at its ends and the small words that lead up to an employer."""
    reads = part.reads
    start = len(reads) - len(re.sub(r"^(?:[在于:\-–—~]|就职于|任职于|曾在|曾任)+", "", reads))
    end = len(reads.rstrip(":-–—( "))
    if reads.endswith(")") and "(" not in reads:
        end -= 1
    return part.part(start, max(start, end))
