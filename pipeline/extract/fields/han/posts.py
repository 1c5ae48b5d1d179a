"""Organisation and title of a segment: "某某集团有限公司财务部副部长", "总经理助理", "某某大学".

Every place where the title may begin is weighed by what would end before it and what would begin at it; the heaviest
wins. The weights are an order of trust, not counts: a legal form ends a name for certain, a line of business only
where a title follows, and a stretch that is nothing but functions and ranks is no name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from pipeline.extract.fields.han.lexicon import one_of
from pipeline.extract.fields.han.lexicon.organisations import (
    ANAPHORA,
    FIRM_ENDS,
    NO_BRANDS,
    OFFICE_ENDS,
    SCHOOL_ENDS,
    SCIENCE_ENDS,
    SOCIETY_ENDS,
    WEAK_FIRM_ENDS,
)
from pipeline.extract.fields.han.lexicon.peoples import COUNTRIES, PROVINCES
from pipeline.extract.fields.han.lexicon.titles import (
    CHIEF_OF,
    DEPARTMENT_ENDS,
    FUNCTIONS,
    RANKS,
    SHOP_FUNCTIONS,
    TITLE_HEADS,
)
from pipeline.extract.fields.han.segments import HAN

_HEAD = rf"(?:{one_of(TITLE_HEADS)}|[{CHIEF_OF}]长|首席[{HAN}]{{1,4}}官|(?<![{HAN}])[{HAN}]总)"
_NO_HEAD = re.compile(
    r"(?:人员|学员|雇员|动员|增长|成长|特长|延长|擅长|生长|[多很较]长|京师|出师|大师|全员|满员|裁员|官员|专长|所长之)$"
)
_TAIL = r"(?:\([^()]{1,14}\))?"
_TITLE_END = re.compile(rf"{_HEAD}{_TAIL}$")
_LIKE_TITLE = re.compile(rf"[{HAN}]{{2}}[员师长]{_TAIL}$")
_TERM = r"(?:第?[一二三四五六七八九十\d]{1,3}(?:届|期)[、至到及和与,]?)"
_PLACE = rf"(?:{one_of(PROVINCES)}省?|全国|我国|国家|{one_of(COUNTRIES)})"
_RANK = rf"(?:{_TERM}|{one_of(RANKS)}|[、兼])"
_UNIT = rf"(?:(?:{one_of(FUNCTIONS, SHOP_FUNCTIONS)}|第?[一二三四五六七八九十\d]+){{1,4}}{one_of(DEPARTMENT_ENDS)})"
_PURE = re.compile(rf"(?:{_RANK}|{_UNIT}){{0,6}}?(?:{one_of(FUNCTIONS)}|{_RANK}|{_HEAD}){{0,5}}?{_HEAD}{_TAIL}$")
_FUNCTIONAL = re.compile(
    rf"(?:{one_of(FUNCTIONS, SHOP_FUNCTIONS)}|{_RANK}|{one_of(DEPARTMENT_ENDS)}|委员会|与|和|工程|研究|应用"
    r"|专业){1,8}$"
)
_ANAPHORA = re.compile(rf"(?:{ANAPHORA})(?!法|章程|治理|股东|债券|上市)")
_STRONG = " ".join(word for word in FIRM_ENDS.split() if word not in WEAK_FIRM_ENDS.split())
_LEGAL = re.compile(r"(?:公司|集团|Inc\.?|Ltd\.?|Corp\.?|LLC|GmbH|Limited|公司\([^()]+\))$")
_KINDS = {
    "firm": re.compile(
        rf"(?:{one_of(_STRONG)}|(?<![A-Za-z])(?:Inc|Ltd|Corp|Co|LLC|LLP|GmbH|Limited|Corporation|Group|Bank)\.?)(?:\([{HAN}]{{1,8}}\))?$"
    ),
    "society": re.compile(rf"{one_of(SOCIETY_ENDS)}$"),
    "school": re.compile(rf"{one_of(SCHOOL_ENDS)}(?:\([{HAN}]{{1,8}}\))?$"),
    "science": re.compile(rf"{one_of(SCIENCE_ENDS)}$"),
    "office": re.compile(rf"(?:{one_of(OFFICE_ENDS)}|[省市县州区国]{{1,2}}[{HAN}]{{1,6}}局|(?<=[{HAN}]{{3}})委员会)$"),
    "weak": re.compile(rf"{one_of(WEAK_FIRM_ENDS)}$"),
}
_ANY_END = re.compile(
    rf"{one_of(FIRM_ENDS, SOCIETY_ENDS, SCHOOL_ENDS, SCIENCE_ENDS, OFFICE_ENDS)}|[{HAN}]局"
    r"|(?:Inc|Ltd|Corp|Co|LLC|LLP|GmbH|Limited|Corporation|Group|Bank)\b\.?|\)"
)
_INNER = re.compile(
    r"(?:董事会|监事会|董事局|股东会|理事会)$|(?:审计|审核|战略|提名|薪酬|考核|投资决策|战略发展|预算|风险管理|风险控制|专家|技术|学术|编辑|执行|评审|顾问|学位|职称)委员会$"
)
_OF = {
    "school": re.compile(
        rf"[{HAN}A-Za-z]{{1,14}}?(?:学院|系|研究所|研究院|研究中心|实验室|医院|所|学部|教研室|研究生院|分校|分部)$"
    ),
    "science": re.compile(rf"[{HAN}A-Za-z]{{1,14}}?(?:研究所|研究院|研究中心|实验室|所|分院|学院|系)$"),
    "office": re.compile(rf"[{HAN}]{{1,10}}?(?:司|局|厅|院|所|中心|分局|检察院|法院|委员会|办公室)$"),
    "firm": re.compile(
        rf"[{HAN}A-Za-z]{{1,12}}?(?:公司|集团|分行|支行|营业部|分厂|厂|电厂|煤矿|矿|分店|代表处|酒店|分部|分所)$"
    ),
    "society": re.compile(rf"[{HAN}A-Za-z]{{1,16}}?(?:专业委员会|委员会|分会|专委会)$"),
}
LEAD = re.compile(
    r"(?:下属|所属|其下|旗下|属下|原(?!子|料|油)|时任|当时|首任|受|位|名(?!誉)|现(?!代|货)|该|以|的|之|包括|其中|主要|及其|期间|近[五三\d一二]年|最近[五三\d]年|曾(?!宪)|一直|直接)+(?=[^\s])"
)
_VERB = re.compile(
    r"负责|主持|开展|提供|投资设立|具有|协助|完成|进行|完善|收购|担保|关联|不存在|持有|为止|规定|有限公司.{2,}关系"
)


@dataclass(frozen=True, slots=True)
class Post:
    """Offsets of an organisation and a title in a string; an empty stretch where there is none.

    Attributes:
        weight: of the cut that was taken; below 5 it is a guess.
    """

    organisation: tuple[int, int]
    title: tuple[int, int]
    weight: float


NONE = Post((0, 0), (0, 0), 0.0)
_MAX = 64


def read_post(text: str, listed: bool, placed: bool, known: frozenset[str] = frozenset()) -> Post:
    """Cuts a segment.

    Args:
        text: half-width.
        listed: it goes on with a list, so that what has no known ending is of a title rather than a name.
        placed: the words before it speak of a place of work.
        known: organisations named before, of which the text may hold an abbreviation.
    """
    if not 2 <= len(text) <= _MAX:
        return NONE
    head = _TITLE_END.search(text) or _LIKE_TITLE.search(text)
    if not head or _NO_HEAD.search(text):
        end = last_end(text, placed)
        return Post((0, end), (0, 0), name_weight(text[:end], listed, known)) if end else NONE
    best, at = (5.5 if pure_title(text) else 0.5), 0
    inside = {i for end in _ANY_END.finditer(text) for i in range(end.start() + 1, end.end())}
    for cut in range(2, head.start() + 1):
        if cut in inside:
            continue
        name = name_weight(text[:cut], listed, known)
        if name < -3:
            continue
        weight = name + title_weight(text[cut:], name)
        if weight > best:
            best, at = weight, cut
    return Post((0, at), (at, len(text)), best)


@lru_cache(maxsize=4096)
def pure_title(text: str) -> bool:
    """Whether nothing but ranks, departments and heads stands in it."""
    return bool(_PURE.match(text)) or bool(_PLACED.fullmatch(text))


_PLACED = re.compile(
    rf"(?:{_PLACE}|[{HAN}]{{2,3}}(?=[市县区]))[省市县区]?(?:[{HAN}]{{1,4}}[市县区])?{_TERM}*(?:(?:人大|政协|党代会|青联|党)(?:代表|委员)|(?:注册|有突出贡献|学术|技术|中青年|优秀|一级|二级|、|{one_of(FUNCTIONS)})*{_HEAD}|副?[省市县区]长)"
)


def title_weight(text: str, name: float) -> float:
    """How much a stretch that ends in a head looks like a whole title."""
    if re.match(rf"[长员师省市县区州]|{_BARE}", text) or _LEGAL_IN.search(text):
        return -3.0
    return 3.0 if pure_title(text) else 0.0 if name >= 5 else -1.0


_LEGAL_IN = re.compile(r"有限公司|公司|集团(?!队)|银行")
_BARE = r"(?:事业部|部|处|科|室|办|课|组|队|中心|车间|工段|办公室|管理部|分部|委员会)"


@lru_cache(maxsize=4096)
def kind_of(name: str) -> str:
    """What sort of organisation the ending tells, or ""."""
    return next((kind for kind, end in _KINDS.items() if end.search(name)), "")


def name_weight(name: str, listed: bool, known: frozenset[str]) -> float:
    """How much a stretch looks like a whole name of an organisation."""
    if _ANAPHORA.fullmatch(name):
        return 5.0
    if name in known:
        return 7.0
    if any(_abbreviates(name, other) for other in known):
        return 4.0 + 0.05 * len(name)
    kind = kind_of(name)
    if _INNER.search(name) and not re.search(r"[省市县区国部]", name[:-5]):
        return -6.0
    inner = _inner_kind(name)
    if (
        inner
        and inner[0] in _OF
        and _OF[inner[0]].fullmatch(inner[1])
        and not (inner[0] == "firm" and _FUNCTIONAL.match(inner[1]))
    ):
        return 6.5
    if not kind:
        if inner or re.search(r"[部处科室系组队]$|车间$|中心$|分厂$", name) or _FUNCTIONAL.match(name):
            return -6.0
        if re.search(
            r"(?<![大中小科])学$|^(?:注册|高级|执业|资深|中级|首席|享受)|津贴|[省市县第届副总]$|[一二三四五六七八九十]$",
            name,
        ) or not re.fullmatch(rf"[{HAN}A-Za-z0-9·()&.\- ]+", name):
            return -6.0
        if len(name) > 12 or _VERB.search(name):
            return -4.0
        branded = any(brand in name for brand in brands(known))
        return 1.0 if branded else -4.0 if listed and not (len(name) > 3 and _AT_PLACE.match(name)) else 0.0
    if _FUNCTIONAL.match(name) and kind != "weak":
        return -6.0
    if len(name) < 3:
        return 2.0 if kind == "weak" else -6.0
    if kind == "weak":
        return 3.0 if not listed else 2.0
    if inner is None:
        return 6.0 if _LEGAL.search(name) else 5.0
    if _LEGAL.search(name):
        return 6.5
    return 3.0


@lru_cache(maxsize=4096)
def _inner_kind(name: str) -> tuple[str, str] | None:
    """Kind of the last organisation that ends within the name, and what follows it."""
    found: tuple[str, str] | None = None
    for end in _ANY_END.finditer(name):
        if 3 <= end.end() < len(name):
            kind = kind_of(name[: end.end()])
            rest = name[end.end() :]
            if kind and kind != "weak" and len(rest) > 1 and rest[0] not in "(长员":
                found = kind, rest
    return found


def last_end(text: str, placed: bool) -> int:
    """Where the last organisation of a text without title ends; 0 if there is none."""
    best = 0
    for found in _ANY_END.finditer(text):
        end = found.end()
        rest = text[end:]
        if rest[:1] in ("长", "员", "家", "生", "法") and rest[:1]:
            continue
        if end < 3 and not _ANAPHORA.fullmatch(text[:end]):
            continue
        kind = kind_of(text[:end])
        if not kind or (kind == "weak" and (rest or not placed)) or _VERB.search(text[:end]):
            continue
        if name_weight(text[:end], False, frozenset()) < 3 and not (kind == "weak" and not rest):
            continue
        if best and kind_of(text[:best]) == "firm" and kind != "firm":
            continue
        best = end
    return best


@lru_cache(maxsize=64)
def brands(names: frozenset[str]) -> frozenset[str]:
    """What sets organisations apart: two characters after the place."""
    found = (_UNPLACED.sub("", name)[:2] for name in names)
    return frozenset(
        brand for brand in found if len(brand) == 2 and not _FUNCTIONAL.match(brand) and brand not in _NO_BRAND
    )


_AT_PLACE = re.compile(rf"{one_of(PROVINCES)}|[{HAN}]{{2}}市")
_UNPLACED = re.compile(rf"^(?:(?:{one_of(PROVINCES, COUNTRIES)})[省市]?|[{HAN}]{{2,3}}[省市县])*")
_NO_BRAND = frozenset(NO_BRANDS.split())


def _abbreviates(name: str, full: str) -> bool:
    """Whether the characters of a short name stand in the full one in order: "国航" of "中国国际航空公司"."""
    return (
        len(name) < len(full)
        and 2 <= len(name) <= 6
        and name in full
        and not _FUNCTIONAL.match(name)
        and not _COMMON.match(name)
    )


_COMMON = re.compile(
    rf"(?:.*[第届一二三四五六七八九十]|{one_of(PROVINCES, COUNTRIES)}[省市]?|{one_of(FIRM_ENDS)}"
    rf"|[{HAN}]{{1,3}}[省市县区])$"
)
