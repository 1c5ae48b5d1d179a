"""Titles: heads that end them, ranks and departments that stand before the head."""

from __future__ import annotations

import re
from functools import lru_cache

from pipeline.extract.fields.han.lexicon import one_of
from pipeline.extract.fields.han.lexicon.organisations import SCHOOL_ENDS, SOCIETY_ENDS
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
    r"(?:人员|学员|雇员|动员|增长|成长|特长|延长|擅长|生长|[多很较]长|京师|出师|大师|全员|满员|(?<!仲)裁员|官员|专长)$"
)
_TAIL = r"(?:\([^()]{1,14}\))?"
_END = re.compile(rf"{_HEAD}{_TAIL}$")
_LIKE_END = re.compile(rf"[{HAN}]{{2}}[员师长]{_TAIL}$")
_TERM = r"(?:第?[一二三四五六七八九十\d]{1,3}(?:届|期)[、至到及和与,]?)"
RANK = rf"(?:{_TERM}|{one_of(RANKS)}|[、兼])"
_UNIT = rf"(?:(?:{one_of(FUNCTIONS, SHOP_FUNCTIONS)}|第?[一二三四五六七八九十\d]+){{1,4}}{one_of(DEPARTMENT_ENDS)})"
# Heads that no line of work stands before: a name ends there.
_BOARD = r"(?:[副总]?(?:董事|监事|主席|书记|委员|理事|行长|院长|校长|所长|会长|教授|律师))"
_PURE = re.compile(
    rf"(?:{RANK}|{_UNIT}){{0,6}}?(?:{one_of(FUNCTIONS)}(?!{_BOARD})|{RANK}|{_HEAD}){{0,5}}?{_HEAD}{_TAIL}$"
)
_PLACE = rf"(?:{one_of(PROVINCES)}省?|全国|我国|国家|{one_of(COUNTRIES)}|[{HAN}]{{2,3}}(?=[市县区]))"
_HONOURS = rf"(?:注册|有突出贡献|学术|技术|中青年|优秀|一级|二级|、|{one_of(FUNCTIONS)})"
# Titles that a place is part of: deputies of a province, chartered accountants of a country, mayors.
_OF_PLACE = re.compile(
    rf"{_PLACE}[省市县区]?(?:[{HAN}]{{1,4}}[市县区])?{_TERM}*"
    rf"(?:(?:人大|政协|党代会|青联|党)(?:代表|委员)|{_HONOURS}*{_HEAD}|副?[省市县区]长)"
)
_PROFESSION = re.compile(rf"(?:[工会经审评估税商政统造建规律医药技农教][{HAN}]{{0,2}}师|教授|研究员|律师|译审|翻译)$")
_NO_START = re.compile(
    rf"[长员师级省市县区州、)]"
    rf"|{one_of(SOCIETY_ENDS, SCHOOL_ENDS, '研究院 研究所 科学院 设计院 事务所 实验室')}(?![长员])"
)
_EMPLOYER_IN = re.compile(r"公司|集团(?!队)|银行")
# A department without what it is about belongs to the words before, unless a whole name ends there.
_BARE = re.compile(
    r"(?:事业部|部|处|科|室|办|课|组|队|中心|车间|工段|办公室|管理部|分部|委员会|厂|局|院|所|站|厅|园|化)(?![长员级])"
)


def head_start(text: str) -> int | None:
    """Where the head of the title begins that the text ends in, or None."""
    head = _END.search(text) or _LIKE_END.search(text)
    return None if head is None or _NO_HEAD.search(text) else head.start()


@lru_cache(maxsize=4096)
def is_title_end(text: str) -> bool:
    """Whether the text ends in a head that is known."""
    return bool(_END.search(text))


def is_profession(text: str) -> bool:
    """Whether it ends in a rank of a profession, which is named by itself: "园林工程师"."""
    return bool(_PROFESSION.search(text))


@lru_cache(maxsize=4096)
def is_pure(text: str) -> bool:
    """Whether nothing but ranks, departments and heads stands in it."""
    return bool(_PURE.match(text) or _OF_PLACE.fullmatch(text))


def title_weight(text: str, name: float) -> float:
    """How much a stretch that ends in a head looks like a whole title, behind a name of some weight."""
    if _NO_START.match(text) or _EMPLOYER_IN.search(text) or (name < 4.5 and _BARE.match(text)):
        return -3.0
    return 3.0 if is_pure(text) else 0.0 if name >= 5 else -1.0
