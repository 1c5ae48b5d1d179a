"""Chinese phrases that name an employer, a title or both: "某某大学经济系讲师", "财务部经理"."""

from __future__ import annotations

import re

from pipeline.extract.fields.lexicon import HAN_EMPLOYER_END, HAN_TITLE_END, HAN_TITLE_STEM
from pipeline.extract.fields.text import Span

_TITLE_TAIL = re.compile(rf"{HAN_TITLE_END}(?:\((?:兼|代|主持工作|正|副|[\u3400-\u9fffA-Z]{{1,6}})[^)]{{0,8}}\))?$")
_TITLE_PURE = re.compile(rf"(?:{HAN_TITLE_STEM}|{HAN_TITLE_END}){{0,6}}{HAN_TITLE_END}")
_EMPLOYER = re.compile(HAN_EMPLOYER_END)
_WEAK = re.compile(
    r"^(?:[\u3400-\u9fff]{1,12}?(?:学院|研究院|研究所|系|所|司|院|分校|中心|局|厅|委员会|分公司|支行|分行|营业部))"
)
_SCHOLARLY = re.compile(
    r"(?:大学|学院|研究院|研究所|医院|科学院|政府|[省市县区]委|部|局|委员会|总局|银行|学校|学会|协会)$"
)
_DEPARTMENT_END = re.compile(
    r"(?:[部处科室组队场厂]|车间|分厂|中心|工会|[党纪团]委|党组|支部|董事会|监事会|董事局|事业部|班|所|系|工段|办)$"
)
_ANAPHORA = re.compile(r"(?:本|该|我|股份|原)?(?:公司|集团|集团公司|银行|本行|学院|大学|单位|企业)$")
_LINK = re.compile(r"^(?:的|之|任|担任|先后任|历任|从事|做|为|及其|下属)")
_MAX_TITLE = 20


def is_title(text: str) -> bool:
    """Whether all of the text is a title."""
    return bool(_TITLE_PURE.fullmatch(text)) or (
        len(text) <= _MAX_TITLE and bool(_TITLE_TAIL.search(text)) and not last_employer_end(text)
    )


def is_anaphora(text: str) -> bool:
    """Whether it only points at an employer named before: "公司", "本行"."""
    return bool(_ANAPHORA.fullmatch(text))


def last_employer_end(text: str) -> int:
    """Where the last name of an employer in the text ends, or 0."""
    end = 0
    for found in _EMPLOYER.finditer(text):
        if _is_end(text, found):
            end = found.end()
    return end


def _is_end(text: str, found: re.Match[str]) -> bool:
    rest = text[found.end() :]
    # "董事会…委员会主任" and "办公室主任" are of a title; a name of one or two characters is none.
    if found.end() < 3 and not is_anaphora(text[: found.end()]):
        return False
    if rest[:1] in ("长", "员") or (rest[:1] == "生" and text[: found.end()].endswith("学")):
        return False  # 院长, 学员, 大学生
    head = text[: found.end()]
    return not re.search(r"(?:董事会|监事会|审计|战略|提名|薪酬与?考核|投资决策)(?:与?\w{0,6})委员会$", head)


def split_post(span: Span) -> tuple[Span | None, Span | None]:
    """Employer and title of a phrase; what cannot be told apart is left out."""
    text = span.reads
    end = _employer_end(text)
    if end:
        rest = text[end:]
        link = _LINK.match(rest)
        title = span.part(end + (link.end() if link else 0))
        employer = span.part(0, end)
        if not title.reads:
            return employer, None
        if len(title.reads) <= _MAX_TITLE and _TITLE_TAIL.search(title.reads):
            return employer, title
        return (employer, None) if len(title.reads) <= 4 and not _TITLE_TAIL.search(text) else (None, None)
    if not _TITLE_TAIL.search(text):
        return None, None
    longest = next((m for m in (_TITLE_PURE.fullmatch(text, i) for i in range(len(text))) if m), None)
    if longest is None or longest.start() == 0:
        return None, span if len(text) <= _MAX_TITLE else None
    before = text[: longest.start()]
    if _DEPARTMENT_END.search(before) or len(before) < 3 or not re.fullmatch(r"[\w·()&.\- ]+", before):
        return None, span if len(text) <= _MAX_TITLE else None
    return span.part(0, longest.start()), span.part(longest.start())


def _employer_end(text: str) -> int:
    end = last_employer_end(text)
    if not end:
        return 0
    # A faculty or an office of a university, a hospital, a ministry is part of the employer's name.
    while _SCHOLARLY.search(text[:end]):
        more = _WEAK.match(text[end:])
        if not more or not _TITLE_TAIL.search(text[end + more.end() :]) or _TITLE_PURE.fullmatch(text[end:]):
            break
        end += more.end()
    return end
