"""Names of organisations: what their endings tell, and how much a stretch of text looks like a whole name."""

from __future__ import annotations

import re
from functools import lru_cache

from pipeline.extract.fields.han.known import abbreviates, brands
from pipeline.extract.fields.han.lexicon import one_of
from pipeline.extract.fields.han.lexicon.organisations import (
    ANAPHORA,
    FIRM_ENDS,
    OFFICE_ENDS,
    SCHOOL_ENDS,
    SCIENCE_ENDS,
    SOCIETY_ENDS,
    WEAK_FIRM_ENDS,
)
from pipeline.extract.fields.han.lexicon.peoples import PROVINCES
from pipeline.extract.fields.han.lexicon.titles import DEPARTMENT_ENDS, FUNCTIONS, SHOP_FUNCTIONS
from pipeline.extract.fields.han.segments import HAN
from pipeline.extract.fields.han.titles import RANK, is_title_end

_LATIN_END = r"(?:Inc|Ltd|Corp|Co|LLC|LLP|GmbH|Limited|Corporation|Group|Bank)"
_STRONG = " ".join(word for word in FIRM_ENDS.split() if word not in WEAK_FIRM_ENDS.split())
_KINDS = {
    "firm": rf"(?:{one_of(_STRONG)}|(?<![A-Za-z]){_LATIN_END}\.?)(?:\([{HAN}]{{1,8}}\))?",
    "society": one_of(SOCIETY_ENDS),
    "school": rf"{one_of(SCHOOL_ENDS)}(?:\([{HAN}]{{1,8}}\))?",
    "science": one_of(SCIENCE_ENDS),
    "office": rf"(?:{one_of(OFFICE_ENDS)}|[省市县州区国]{{1,2}}[{HAN}]{{1,6}}局|(?<=[{HAN}]{{3}})委员会)",
    "plain": rf"[{HAN}]{{3}}(?:厅|局|院|所|站|馆|园|矿|场|社|校|舰|库|研究会|中心)",
    "weak": one_of(WEAK_FIRM_ENDS),
}
_ENDING = {kind: re.compile(f"{end}$") for kind, end in _KINDS.items()}
ANY_END = re.compile(
    rf"{one_of(FIRM_ENDS, SOCIETY_ENDS, SCHOOL_ENDS, SCIENCE_ENDS, OFFICE_ENDS)}|[{HAN}]局|{_LATIN_END}\b\.?|\)"
)
# What is still of the name behind one: the faculty of a university, the bureau of a ministry, the branch of a firm.
_OF = {
    "school": r"{1,14}?(?:学院|系|研究所|研究院|研究中心|实验室|医院|所|学部|教研室|研究生院|分校|分部)",
    "science": r"{1,14}?(?:研究所|研究院|研究中心|实验室|所|分院|学院|系)",
    "office": r"{1,10}?(?:司|局|厅|院|所|中心|分局|检察院|法院|委员会|办公室)",
    "firm": r"{1,12}?(?:公司|集团|分行|支行|营业部|分厂|厂|电厂|煤矿|矿|分店|代表处|酒店|分部|分所)",
    "society": r"{1,16}?(?:专业委员会|委员会|分会|专委会)",
}
_WITHIN = {kind: re.compile(f"[{HAN}A-Za-z]{end}") for kind, end in _OF.items()}
_ANAPHORA = re.compile(rf"(?:{ANAPHORA})(?!法|章程|治理|股东|债券|上市)")
_LEGAL = re.compile(r"(?:公司|集团|Inc\.?|Ltd\.?|Corp\.?|LLC|GmbH|Limited|公司\([^()]+\))$")
_FUNCTIONAL = re.compile(
    rf"(?:{one_of(FUNCTIONS, SHOP_FUNCTIONS)}|{RANK}|{one_of(DEPARTMENT_ENDS)}|委员会|与|和|工程|研究|应用|专业)"
    r"{1,8}$"
)
# Boards and committees within a firm.
_INNER = re.compile(
    r"(?:董事会|监事会|董事局|股东会|理事会)$|(?:审计|审核|战略|提名|薪酬|考核|投资决策|战略发展|预算|风险管理|风险控制"
    r"|专家|技术|学术|编辑|执行|评审|顾问|学位|职称)委员会$"
)
_DEPARTMENT = re.compile(r"[部处科室系组队]$|车间$|中心$|分厂$|系系$|副系$")
_NO_NAME = re.compile(
    r"(?<![大中小科])学$|^(?:注册|高级|执业|资深|中级|首席|享受)|津贴|[省市县第届副总]$|[一二三四五六七八九十]$"
    rf"|[^{HAN}A-Za-z0-9·()&.\- ]"
)
_NO_PLAIN = re.compile(rf"(?:公司|集团|[总部处科室])[{HAN}]{{0,8}}$|市场$|现场$")
_AT_PLACE = re.compile(rf"{one_of(PROVINCES)}|[{HAN}]{{2}}市")
_SAID = re.compile(
    r"负责|主持|开展|提供|投资设立|具有|协助|完成|进行|完善|收购|担保|关联|不存在|持有|为止|规定|有限公司.{2,}关系"
)
_NEVER, _UNLIKELY = -6.0, -4.0
_MAX_UNKNOWN = 12


def anaphora(text: str) -> int:
    """Where a word at the front ends that only points at an organisation ("本公司"), or 0."""
    found = _ANAPHORA.match(text)
    return found.end() if found else 0


def is_functional(text: str) -> bool:
    """Whether the text is of functions, ranks and departments alone."""
    return bool(_FUNCTIONAL.match(text))


def is_legal(name: str) -> bool:
    """Whether it ends in a legal form."""
    return bool(_LEGAL.search(name))


@lru_cache(maxsize=4096)
def kind_of(name: str) -> str:
    """What sort of organisation the ending tells, or ""."""
    return next((kind for kind, end in _ENDING.items() if end.search(name)), "")


def name_weight(name: str, listed: bool, known: frozenset[str]) -> float:
    """How much a stretch looks like a whole name; from -6 (never) to 7 (named before)."""
    if _ANAPHORA.fullmatch(name):
        return 5.0
    if name in known:
        return 7.0
    if not is_functional(name) and any(abbreviates(name, other) for other in known):
        return 4.0 + 0.05 * len(name)
    if _INNER.search(name) and not re.search(r"[省市县区国部]", name[:-5]):
        return _NEVER
    kind, inner = kind_of(name), _inner(name)
    if inner and _WITHIN[inner[0]].fullmatch(inner[1]) and not (inner[0] == "firm" and is_functional(inner[1])):
        return 6.5
    if not kind:
        return _NEVER if inner else _unknown_weight(name, listed, known)
    if len(name) < 3 or (kind != "weak" and is_functional(name)):
        return 2.0 if kind == "weak" else _NEVER
    if kind == "plain":
        sure = inner is None and not (listed and not _AT_PLACE.match(name)) and not _NO_PLAIN.search(name)
        return 3.0 if sure else _UNLIKELY
    if kind == "weak":
        named = any(name.startswith(brand) for brand in brands(known))
        return _NEVER if inner else 4.6 if named else 2.0 if listed else 3.0
    legal = is_legal(name)
    return (6.5 if legal else 3.0) if inner else 6.0 if legal else 5.0


def _unknown_weight(name: str, listed: bool, known: frozenset[str]) -> float:
    """Of a stretch without any ending that is known."""
    if _DEPARTMENT.search(name) or _NO_NAME.search(name) or is_functional(name) or is_title_end(name):
        return _NEVER
    if len(name) > _MAX_UNKNOWN or _SAID.search(name):
        return _UNLIKELY
    if any(brand in name for brand in brands(known)):
        return 1.0
    return _UNLIKELY if listed and not (len(name) > 3 and _AT_PLACE.match(name)) else 0.0


@lru_cache(maxsize=4096)
def _inner(name: str) -> tuple[str, str] | None:
    """Kind of the last organisation that ends within the name, and what follows it."""
    found: tuple[str, str] | None = None
    for end in ANY_END.finditer(name):
        rest = name[end.end() :]
        if end.end() >= 3 and len(rest) > 1 and rest[0] not in "(长员":
            kind = kind_of(name[: end.end()])
            found = (kind, rest) if kind in _WITHIN else found
    return found


def last_end(text: str, placed: bool) -> int:
    """Where the last organisation of a text without title ends; 0 if there is none.

    Args:
        text: a segment.
        placed: the words before it speak of a place of work.
    """
    best = 0
    for found in ANY_END.finditer(text):
        end = found.end()
        name, rest = text[:end], text[end:]
        kind = kind_of(name)
        if not kind or rest[:1] in ("长", "员", "家", "生", "法") or _SAID.search(name):
            continue
        if end < 3 and not _ANAPHORA.fullmatch(name):
            continue
        lone = kind == "weak" and not rest
        if (kind == "weak" and not (lone and placed)) or (not lone and name_weight(name, False, frozenset()) < 3):
            continue
        if not (best and kind != "firm" and kind_of(text[:best]) == "firm"):
            best = end
    return best
