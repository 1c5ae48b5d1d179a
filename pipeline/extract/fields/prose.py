"""Careers told in Chinese sentences: "1985年毕业于某某大学某某专业", "2010年5月至今任某某公司董事、总经理"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pipeline.extract.fields.dates import Period, find_periods
from pipeline.extract.fields.lexicon import HAN, HAN_DEGREE, HAN_SCHOOL_END
from pipeline.extract.fields.posts import is_anaphora, is_title, last_employer_end, split_post
from pipeline.extract.fields.text import Field, Span, Text, whole

Record = dict[str, Field]
_SENTENCE = re.compile(r"[。;；\n]|(?<=[\u3400-\u9fff])\.(?!\d)")
_CLAUSE = re.compile(r",")
_LIST = re.compile(r"(?<!届)[、,/]|(?<=[\u3400-\u9fff])(?:兼任|兼|及|和|以及|并|暨)(?=[\u3400-\u9fffA-Z]{2})(?!任)")
_APPOINTED = re.compile(
    r"(?:先后|曾|历|现|兼|一直|并|均|同时|连续|一度|目前|现在|至今){0,3}(?:受聘担任|受聘任|受聘为|被聘为|聘任为|聘为"
    r"|当选为?|被选为|选举为|担任过?|出任|升任|升为|调任|转任|接任|继任|留任|任职为|就任|晋升为|提升为"
    r"|(?<![主责信首前离委上专在到时])任(?![务期何命职教意免用内用])(?:过|为)?|从事|(?<=曾)是|(?<=现)是|(?<=现)为"
    r"|(?<=曾)为|历任|现任|曾任|兼任)"
    r"(?:(?:过|了|:|为))?"
)
_PLACED = re.compile(
    r"(?:曾在|先后在|一直在|在|进入|加入|就职于|任职于|供职于|服务于|工作于|就读于|分配到|分配至|调入|调到|调至|到|赴"
    r"|至|创办|创立|创建)(?P<where>[^,、任]{3,40}?)"
    r"(?=工作|任职|任教|任|担任|从事|历任|先后|曾任|就职|供职|服务|,|$|并)"
)
_NOW = re.compile(r"现任|目前任|现在任|现为|现担任|现兼任|现就职|现是|目前担任")
_GRADUATED = re.compile(
    rf"(?:毕业于|就读于|考入|结业于|进修于|学习于|获得?|取得"
    rf"|(?<=在))\s*(?P<school>[{HAN}·()]{{1,24}}?{HAN_SCHOOL_END}(?:\([{HAN}]{{2,6}}\))?(?:研究生院"
    rf"|[^和与及、,。]{{0,10}}?学院)?)(?!习|生|术|历|位)"
    rf"(?P<rest>[{HAN}A-Za-z、与和()（）]{{0,24}})"
    rf"|(?P<school2>(?:[{HAN}·]{{2,22}}?){HAN_SCHOOL_END}(?:\([{HAN}]{{2,6}}\))?(?:研究生院"
    rf"|[^和与及、,。]{{0,10}}?学院)?)(?!习|生|术)(?P<rest2>[{HAN}A-Za-z、与和()]{{0,24}}?(?:毕业|(?:博士研究生"
    rf"|硕士研究生|研究生|博士|硕士|学士|本科|大专|专科|E?MBA|MPA)(?:学历|学位|毕业)?(?![生导])))"
)
_DEGREE = re.compile(
    rf"(?:(?P<major>[{HAN}A-Za-z与和及]{{2,14}}?)(?:专业|系)?)??(?P<degree>{HAN_DEGREE.pattern}"
    rf"|(?<![\u3400-\u9fff])大学(?=学历|文化|毕业|,|、|$))(?:文化程度|文化|学历|学位|毕业|肄业|结业|在读"
    rf"|(?=[,、。;及和)（(]|$))"
)
_SUBJECT = re.compile(
    r"学$|工程|管理|技术|经济|会计|金融|法律|机械|计算机|电子|电气|财务|化工|专业|工科|理科|文科|自动化|设计|贸易|营销"
    r"|政治|中文|英语|数学|物理|医|农|教育|统计|审计|税|财政|建筑|材料|冶金|采矿|地质|通信|信息|控制|系$|班$|哲学|制造"
    r"|工艺|制药|环境|保险|投资|档案|新闻|历史|园艺|土木|水利|动力|系统|测量|铸造|焊接|应用|国际|行政|党政|文秘|工商"
    r"|物流"
)
_NO_SUBJECT = re.compile(
    r"学历|学位|获得|取得|毕业|出生|国籍|男|女|汉族|年|月|拥有|具有|先后|在职|兼|为|导师|硕士生|博士生|是|的|了|永久"
    r"|居留|党员|人大|期间|^大学$|参加|公司|教授|讲师"
)
_NO_EMPLOYER = re.compile(
    r"^(?:期间|其间|其中|同时|以来|国家|任|曾|历|担|现|多家|多个|其他|下属|上述|以上|等|被|受|是|为|该|无|不|参加|获"
    r"|享受|拥有|具有|毕业|自|职务|第.{1,3}届)|先后|从事|毕业|获得|出生|学历|\d{4}年|负责"
)
_STRIP_LEAD = re.compile(
    r"^(?:起|开始|以来|至今|后|先后|曾经|曾|期间|由|受|一直|至|就职于|任职于|供职于|就职|服务于|工作于|加入|进入|在|于"
    r"|到|为|任|现|历任|并|其后|随后|后来|目前|兼|原|前|[:,\s~—–-])+"
)
_SELF = re.compile(r"(?:先生|女士|小姐)[:,]?")


def prose_work(paragraphs: Sequence[Text]) -> list[Record]:
    """A record for each employer and title that a sentence puts together."""
    records: list[Record] = []
    seen: set[tuple[str, ...]] = set()
    opening = True  # before the first appointment a profile names the ranks of its person
    for text in paragraphs:
        if _han_share(text) < 0.4:
            continue
        for sentence in whole(text).split(_SENTENCE):
            for record in _sentence_posts(sentence, opening or bool(_SELF.search(sentence.reads[:12]))):
                key = tuple(
                    record[name]["value"] if name in record else "" for name in ("employer", "title", "start", "end")
                )
                if key not in seen:
                    seen.add(key)
                    records.append(record)
            opening = opening and not _APPOINTED.search(sentence.reads)
    return records


def _han_share(text: Text) -> float:
    return sum("\u3400" <= c <= "\u9fff" for c in text.text) / max(1, len(text.text))


def _sentence_posts(sentence: Span, opening: bool) -> Iterator[Record]:
    """Walks the clauses of a sentence, remembering time and employer."""
    period: Period | None = None
    employer: Span | None = None
    listing = False  # the clause before listed posts, and this one may go on with them
    now: Span | None = None
    for clause in sentence.split(_CLAUSE):
        reads = clause.reads
        periods = find_periods(reads)
        if periods and not re.match(r"\s*(?:出生|生(?!产)|毕业)", reads[periods[0].end :]):
            period, employer = _shifted(periods[0], clause), employer if periods[0].start else None
            now = None
            listing = False
        elif periods:
            continue
        body = clause.part(periods[0].end) if periods and periods[0].start < 4 else clause
        if _NOW.search(body.reads):
            found = _NOW.search(body.reads)
            now = body.part(*found.span()) if found else None
            period = period if periods else None
        if re.search(r"毕业(?!后)|学习|就读|出生|学历|学位", body.reads) and not _APPOINTED.search(body.reads):
            listing = False
            continue
        time = _time(sentence, period, now)
        appointed = list(_APPOINTED.finditer(body.reads))
        placed = _PLACED.search(body.reads)
        if placed:
            where = body.part(*placed.span("where"))
            named = _named_employer(where)
            employer = named or employer
            if (
                named
                and not appointed
                and re.match(r"\s*(?:工作|任职|任教|就职|供职|服务|,|$)", body.reads[placed.end() :])
            ):
                following = sentence.text.text[clause.end : sentence.end]
                if not _APPOINTED.search(following[:16]) or find_periods(following[:12]):
                    yield {"employer": _employer_field(named), **time}
                listing = True
                continue
        if appointed:
            before = body.part(0, appointed[0].start())
            if not placed:
                employer = _named_employer(before) or employer
            for i, trigger in enumerate(appointed):
                stop = appointed[i + 1].start() if i + 1 < len(appointed) else len(body.reads)
                posts = body.part(trigger.end(), stop)
                for name, title in _posts(posts):
                    employer = name or employer
                    if title or name:
                        yield _record(name if name else employer, title, time)
            listing = True
        else:
            for name, title in _posts(body, strict=True):
                if not (listing or opening or name or employer):
                    continue
                employer = name or employer
                yield _record(employer if listing or not opening else name, title, time)


def _posts(span: Span, strict: bool = False) -> Iterator[tuple[Span | None, Span | None]]:
    """Employer and title of each item of a list. Strict: only where all of an item is understood."""
    employers: list[Span] = []
    for item in span.split(_LIST):
        item = item.part(_lead(item.reads))
        item = item.part(0, len(re.sub(r"(?:等(?:职务?|职位|工作)?|职务|一职|工作|至今)+$", "", item.reads)))
        reads = item.reads
        if len(reads) < 2 or len(reads) > 48:
            continue
        employer, title = split_post(item)
        if employer is not None and _bad_employer(employer.reads):
            employer = None
            if strict:
                continue
        if title is not None and re.search(r"[\d,;:]|等$", title.reads):
            title = None
        if employer is None and title is None:
            continue
        if title is None and strict:
            continue
        if title is None:
            employers.append(employer) if employer else None
            continue
        for other in employers:
            yield other, None
        employers = []
        yield employer, title
    for other in employers:
        yield other, None


def _lead(text: str) -> int:
    found = _STRIP_LEAD.match(text)
    return found.end() if found and found.end() < len(text) else 0


def _bad_employer(name: str) -> bool:
    return bool(_NO_EMPLOYER.search(name)) or not 2 <= len(name) <= 40


def _named_employer(span: Span) -> Span | None:
    """The employer at the end of a stretch, if it ends in one."""
    span = span.part(_lead(span.reads))
    reads = span.reads
    end = last_employer_end(reads)
    if end and end < len(reads) and len(reads) - end <= 8 and re.search(r"[部处科室系院所局]$", reads):
        end = len(reads) if re.search(r"(?:大学|学院|[部委局省市])$", reads[:end]) else end
    if not end or _bad_employer(reads[:end]) or is_title(reads[:end]):
        return None
    return span.part(0, end)


def _record(employer: Span | None, title: Span | None, time: Record) -> Record:
    record: Record = {}
    if employer is not None and not is_anaphora(employer.reads):
        record["employer"] = _employer_field(employer)
    if title is not None:
        record["title"] = title.field("prose", 0.8)
    return {**record, **time} if record else {}


def _employer_field(employer: Span) -> Field:
    return employer.field("prose", 0.8)


def _time(sentence: Span, period: Period | None, now: Span | None) -> Record:
    fields: Record = {}
    text = sentence.text
    if period and period.first:
        fields["start"] = text.field(period.first.start, period.first.end, "prose", 0.85, period.first.value)
    if period and period.last:
        fields["end"] = text.field(period.last.start, period.last.end, "prose", 0.85, period.last.value)
    if now and "end" not in fields:
        fields["end"] = now.field("prose", 0.8, "present")
    return fields


def _shifted(period: Period, clause: Span) -> Period:
    """The period with offsets into the clause's text."""
    by = clause.start
    ends = [
        type(found)(found.start + by, found.end + by, found.value) if found else None
        for found in (period.first, period.last)
    ]
    return Period(period.start + by, period.end + by, ends[0], ends[1])


def prose_education(paragraphs: Sequence[Text]) -> list[Record]:
    """Schools, degrees and majors that sentences name."""
    records: list[Record] = []
    for text in paragraphs:
        if _han_share(text) < 0.4:
            continue
        for clause in whole(text).split(re.compile(r"[,。;；\n]")):
            record = _schooling(clause) or _degree(clause)
            if record and not any(_same(record, other) for other in records):
                records.append(record)
    return records


def _same(record: Record, other: Record) -> bool:
    """Whether the record says nothing that the other does not say."""
    return all(name in other and other[name]["value"] == field["value"] for name, field in record.items())


def _schooling(clause: Span) -> Record | None:
    reads = clause.reads
    if not re.search(r"毕业|就读|博士|硕士|学士|本科|专科|大专|研究生|MBA|学位|学历|中专", reads):
        return None
    periods = find_periods(reads)
    blanked = reads
    for period in periods:
        blanked = blanked[: period.start] + "," * (period.end - period.start) + blanked[period.end :]
    for found in _GRADUATED.finditer(blanked):
        group, rest_group = ("school", "rest") if found["school"] else ("school2", "rest2")
        start, end = found.span(group)
        start += _lead(reads[start:end])
        lead = re.match(r"(?:年|月|日|毕业于?|从|在|于|获得?|取得|曾|先后|就读于?|考入)+", reads[start:end])
        start += lead.end() if lead else 0
        rest = clause.part(*found.span(rest_group))
        if rest_group == "rest" and not re.search(r"毕业|就读|学位|学历|博士|硕士|学士|本科|专|M[BP]A", reads):
            continue
        if (
            end - start < 3
            or re.fullmatch(HAN_SCHOOL_END, reads[start:end])
            or re.match(r"导师|教授|副教授|讲师|党委", rest.reads)
        ):
            continue
        record: Record = {"school": clause.part(start, end).field("prose", 0.85)}
        record.update(_studied(rest))
        if periods and periods[0].first:
            record.update(_school_years(clause, periods[0]))
        return record
    return None


def _studied(rest: Span) -> Record:
    """Major and degree of what follows a school's name."""
    record: Record = {}
    reads = rest.reads
    degree = HAN_DEGREE.search(reads)
    if degree:
        record["degree"] = rest.part(*degree.span()).field("prose", 0.85)
    head = reads[: degree.start()] if degree else re.sub(r"(?:毕业|学习|就读).*$", "", reads)
    named = re.match(r"([\u3400-\u9fffA-Za-z、与和()]{2,20}?)(?:专业|系(?!统))", head)
    major = named[1] if named else head
    if (
        re.match(r"学院|系|院", major)
        or not 2 <= len(major) <= 18
        or _NO_SUBJECT.search(major)
        or not (named or _SUBJECT.search(major))
    ):
        return record
    if named and reads[named.end() - 1] == "系" and not reads[named.end() :].startswith("专业"):
        follow = re.match(r"([\u3400-\u9fff]{2,14}?)专业", reads[named.end() :])
        if follow:
            record["major"] = rest.part(named.end(), named.end() + follow.end(1)).field("prose", 0.8)
        return record
    record["major"] = rest.part(0, len(major)).field("prose", 0.8)
    return record


def _school_years(clause: Span, period: Period) -> Record:
    """Years of study; a lone year before 毕业 is the last one, before 考入 the first."""
    first, last = period.first, period.last
    if first and last:
        return {
            "start": clause.part(first.start, first.end).field("prose", 0.85, first.value),
            "end": clause.part(last.start, last.end).field("prose", 0.85, last.value),
        }
    if first and re.search(r"毕业|获|取得", clause.reads):
        return {"end": clause.part(first.start, first.end).field("prose", 0.85, first.value)}
    return {}


def _degree(clause: Span) -> Record | None:
    """A degree without its school: "工科学士", "本科学历", "大学本科"."""
    reads = clause.reads
    if len(reads) > 40 or re.search(r"导师|博士后(?:流动|科研|工作)站|大学生", reads):
        return None
    for item in clause.split(re.compile(r"[、()]")):
        found = _DEGREE.fullmatch(item.reads) or _DEGREE.match(item.reads)
        if found is None:
            continue
        degree = item.part(*found.span("degree"))
        record: Record = {"degree": degree.field("prose", 0.8)}
        major = found["major"]
        if major and not _NO_SUBJECT.search(major) and _SUBJECT.search(major) and not re.search(HAN_SCHOOL_END, major):
            record["major"] = item.part(*found.span("major")).field("prose", 0.75)
        elif major and not re.fullmatch(r"(?:具有|拥有|获得?|取得|为|是|先生|女士|男|女)+", major):
            continue
        return record
    return None
