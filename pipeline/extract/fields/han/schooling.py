"""Schools, subjects and degrees of a segment: "某某大学会计专业本科学历", "工商管理硕士"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipeline.extract.fields.han.segments import HAN

_LEVEL = (
    r"(?:博士后|博士研究生|硕士研究生|研究生|双硕士|双学士|双学位|大学本科|大学专科|大学普通班|大学|大本|本科|大专|专科|专升本|高职|中专|中技|技校|职高|高中|初中"
    r"|博士|硕士|学士|副博士|E?MBA|MPA(?:cc|CC)?|DBA|MPM|LLM|JD|Ph\.?D\.?|大學|碩士|學士)"
)
DEGREE = re.compile(
    rf"(?:(?:在职|全日制|在读|统招|荣誉|名誉)?{_LEVEL}){{1,2}}(?:课程)?(?:班|进修班|同等)?(?:学历|学力|学位|文化程度|文化|毕业|在读|學歷|學位)?(?:学位)?"
)
_NO_DEGREE = re.compile(r"^(?:博士后)$")
_SUBJECT = re.compile(
    r"(?:学|工程|管理|技术|经济|会计|金融|法律|机械|计算机|电子|电气|财务|化工|工科|理科|文科|自动化|设计|贸易|营销|政治|中文|英语|数学|物理|医|农|教育|统计|审计|税务|财政|建筑|材料|冶金|采矿|地质|通信|信息|控制|制造|工艺|制药|环境|保险|投资|档案|新闻|历史|园艺|土木|水利|动力|系统|测量|铸造|焊接|应用|文秘|工商|物流|商业|商学|经管|财税|财会|哲学|数控|力学|化学|生物|科学|方向)$"
)
_SCHOOL = re.compile(
    rf"[{HAN}A-Za-z·()\- ]{{1,28}}?(?:大学|学院|研究生院|研究院|党校|干部学校|学校|中学|中专|技校|高中|科学院|研究生部"
    rf"|社科院|工学院|电大|職校|大學|學院|(?:理工|财大|师范|工大)(?!大学|学院))(?:\([{HAN}]{{2,8}}\))?"
    rf"(?:[{HAN}]{{0,12}}?(?:学院|研究生院|研究生部|研究所|系(?!统|列)|分校|研究院))?"
)


@dataclass(frozen=True, slots=True)
class Study:
    """Offsets in a string; empty where there is none."""

    school: tuple[int, int]
    major: tuple[int, int]
    degree: tuple[int, int]


def is_subject(text: str) -> bool:
    """Whether it names a subject of study."""
    return 2 <= len(text) <= 20 and bool(_SUBJECT.search(re.sub(r"(?:专业|\([^)]*\))$", "", text) or ""))


def read_study(text: str, schooled: bool) -> Study | None:
    """Cuts a segment that ends in a degree or a subject.

    Args:
        text: half-width.
        schooled: the words before it speak of study, so that a school may stand alone.
    """
    if len(text) > 60:
        return None
    whole = DEGREE.fullmatch(text)
    if whole and not _NO_DEGREE.search(text):
        return Study((0, 0), (0, 0), whole.span())
    named = _SCHOOL.match(text)
    at = named.end() if named and named.end() > 2 else 0
    school = (0, at)
    degree, rest = (0, 0), text
    for start in range(at, len(text)):
        found = DEGREE.fullmatch(text, start)
        if found and not _NO_DEGREE.search(found.group()) and (start in (0, at) or found.group() != "大学"):
            degree, rest = found.span(), text[:start]
            break
    major_text = rest[at:]
    major = (0, 0)
    if (major_text.endswith("专业") and 3 < len(major_text) <= 24) or (
        is_subject(major_text) and (degree[1] or school[1] or schooled)
    ):
        major = (at, len(rest))
    elif major_text:
        if not degree[1] or school[1]:
            return None
        if not re.fullmatch(r"(?:获|获得|取得|具有|是|为|有|拥有|一|男|女|名|国家|普通高校|在职|毕业)+", major_text):
            return None
    if not degree[1] and not major[1] and not (schooled and school[1]):
        return None
    return Study(school, major, degree)
