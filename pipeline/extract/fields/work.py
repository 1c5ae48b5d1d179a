"""Employers and titles of a work section's entries."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.extract.fields.dates import find_periods
from pipeline.extract.fields.entries import Entry, cells, cut_entries, edge_period, period_fields
from pipeline.extract.fields.labels import labelled
from pipeline.extract.fields.lexicon import EMPLOYER_ENGLISH, TITLE_ENGLISH
from pipeline.extract.fields.posts import is_title, last_employer_end, split_post
from pipeline.extract.fields.rows import Row
from pipeline.extract.fields.tables import read_table
from pipeline.extract.fields.text import Field, Span, Text, whole

Record = dict[str, Field]
_HAN_PARTS = re.compile(r"[\t ,;|/·]+|\s[-–—]\s|(?<=公司)[-–—](?=\w)")
_COMMA = re.compile(r",\s+")
_AT = re.compile(r"\s+(?:at|@|with)\s+")
_DURATION = re.compile(r"\(?\d+\s?(?:years?|yrs?|months?|mos?|年|个月)(?:[\s,]*\d+\s?(?:months?|mos?|个月))?\)?", re.I)
_LOCATION = re.compile(
    r"[A-ZÀ-Þ][\w.'’\- ]+,\s*(?:[A-Z]{2,3}|[A-ZÀ-Þ][\w.'’\- ]+)(?:,\s*[A-Z]{2,3})?|Remote|Hybrid|On-?site|[A-Z][a-z]+"
    r" \((?:remote|hybrid)\)",
)
_KIND = re.compile(
    r"(?:full|part)[- ]time|freelance|contract|permanent|temporary|internship|全职|兼职|实习|北京|上海|广州|深圳|杭州"
    r"|成都|南京|武汉|重庆|西安|天津|苏州",
    re.I,
)
_NO_HAN_VALUE = re.compile(
    r"负责|参与|完成|主持|工作内容|职责|业绩|描述|规模|人以上|性质|行业|汇报|下属|月薪|时间|单位|职务|职位|岗位|名称"
)
_DEPARTMENT = re.compile(r"[\u3400-\u9fff]{1,10}(?:部|事业部|处|科|中心|室|组|车间|科室)")


def read_work(rows: Sequence[Row]) -> list[Record]:
    """The records of a work section."""
    by_label = _tabled_records(rows) or _labelled_records(rows)
    if by_label:
        return by_label
    records = []
    for entry in cut_entries(list(rows)):
        for one in [entry] if entry.period else _undated(rows):
            record = _read_entry(one)
            if "employer" in record or "title" in record:
                records.append({**record, **period_fields(one, "start")})
    return _inherited(records)


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
                records[-1].setdefault(kind, value.field("label", 0.95))
                continue
            records[-1].update(_labelled_period(value))
        period = None if any(kind == "period" for kind, _ in pairs) else edge_period(row)
        if period is not None and period.last is not None and records:
            if "start" in records[-1]:
                records.append({})
            for name, field in period_fields(Entry([], period, row.text)).items():
                records[-1].setdefault(name, field)
    return [record for record in records if "employer" in record]


def _undated(rows: Sequence[Row]) -> list[Entry]:
    """Entries of a section without dates: rows that name an employer and a title."""
    return [
        Entry([row.text], None, None)
        for row in rows
        if row.head and {"employer", "title"} <= _read_entry(Entry([row.text], None, None)).keys()
    ]


def _read_entry(entry: Entry) -> Record:
    if any("\u3400" <= c <= "\u9fff" for text in entry.heads for c in text.text):
        return _read_han(entry.heads)
    return _read_english(entry.heads)


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
    end = len(reads.rstrip(":-–—"))
    if reads.endswith(")") and "(" not in reads:
        end -= 1
    return part.part(start, max(start, end))


def _read_english(heads: Sequence[Text]) -> Record:
    found = [cell for text in heads for cell in cells(text) if not _DURATION.fullmatch(cell.reads)]
    row_of = [n for n, text in enumerate(heads) for cell in cells(text) if not _DURATION.fullmatch(cell.reads)]
    found = [cell for cell, n in zip(found, row_of, strict=True) if n < 3 and len(cell.reads) <= 80]
    found = [cell for cell in found if not cell.reads.endswith(".") or EMPLOYER_ENGLISH.search(cell.reads[-12:])]
    places = [cell for cell in found if _is_place(cell)]
    named = [cell for cell in found if cell not in places and not _KIND.fullmatch(cell.reads)]
    title = next((cell for cell in named if TITLE_ENGLISH.search(cell.reads)), None)
    record: Record = {}
    if title is None:
        employer = next((cell for cell in named if EMPLOYER_ENGLISH.search(cell.reads)), None)
        return {"employer": _without_place(employer).field("dictionary", 0.75)} if employer else {}
    at = title.split(_AT)
    if len(at) == 2 and TITLE_ENGLISH.search(at[0].reads):
        return {"employer": _without_place(at[1]).field("pattern", 0.9), "title": at[0].field("dictionary", 0.9)}
    others = [cell for cell in named if cell is not title]
    suffixed = [cell for cell in others if EMPLOYER_ENGLISH.search(cell.reads)]
    near = [cell for cell in others if cell.reads[0].isupper() or cell.reads[0].isdigit() or cell in suffixed]
    parts = title.split(_COMMA)
    titled = [part for part in parts if TITLE_ENGLISH.search(part.reads)]
    if len(parts) > 1 and titled and (not near or not _beside(title, near[0], heads)):
        rest = [part for part in parts if part not in titled]
        if rest and rest[0].reads[0].isupper() and (rest[0].start < titled[0].start or not near):
            if rest[0].start < titled[0].start:
                employer = Span(
                    title.text, parts[0].start, rest[0].end if len(rest) == 1 else _last_before(rest, titled[0])
                )
            else:
                employer = _without_place(Span(title.text, rest[0].start, parts[-1].end))
            last = titled[-1] if titled[-1].start > titled[0].start and rest[0].start < titled[0].start else titled[0]
            post = Span(title.text, titled[0].start, last.end)
            return {"employer": employer.field("position", 0.85), "title": post.field("dictionary", 0.9)}
    if near:
        employer = suffixed[0] if suffixed and suffixed[0] in near else near[0]
        record["employer"] = _without_place(employer).field(
            "dictionary" if suffixed else "position", 0.88 if suffixed else 0.8
        )
    record["title"] = title.field("dictionary", 0.9)
    return record


def _beside(title: Span, other: Span, heads: Sequence[Text]) -> bool:
    return other.text in heads


def _last_before(rest: Sequence[Span], title: Span) -> int:
    return max(part.end for part in rest if part.start < title.start)


def _is_place(cell: Span) -> bool:
    return (
        bool(_LOCATION.fullmatch(cell.reads))
        and not EMPLOYER_ENGLISH.search(cell.reads)
        and not TITLE_ENGLISH.search(cell.reads)
    )


def _without_place(employer: Span) -> Span:
    """The name without the town: that of "Acme Ltd, Leeds"; "Acme, Inc." stays."""
    parts = employer.split(_COMMA)
    if len(parts) == 1:
        return employer
    ends = [part.end for part in parts if EMPLOYER_ENGLISH.search(part.reads)]
    return Span(employer.text, parts[0].start, ends[-1] if ends else parts[0].end)
