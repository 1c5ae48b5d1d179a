"""A paragraph cut into segments that hold at most an organisation and a title, with the words between them.

Chinese does not part its words, so the cut is made at marks, dates and function words; a function word that is part
of a longer word ("华为", "责任", "工程与技术") is passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.extract.fields.han.lexicon import one_of
from pipeline.extract.fields.han.lexicon.cues import CUES, JOINERS, KEEP
from pipeline.extract.fields.han.lexicon.peoples import COUNTRIES

HAN = r"\u3400-\u9fff"
DEGREE = re.compile(r"硕士|学士|博士|MBA|本科|大专|EMBA")

_KEEP = one_of(KEEP)
_CUES = one_of(CUES)
_DATE = (
    r"(?:(?:19|20)\d\d|[一二][九○〇零O0][一二三四五六七八九零○〇O]{2}|\d\d(?=年))(?:年(?:度|代|初|末|底|中)?)?"
    r"(?:[-./]?(?:1[0-2]|0?\d|[一二三四五六七八九十]{1,2})(?:月(?:份|初|末|底)?)?(?:[-./]?(?:[0-3]?\d|[一二三四五六七八九十]{1,3})[日号]?)?)?(?!\d)|\d{1,2}月(?:份|\d{1,2}日)?"
)
_MARK = r"[,。;:!?\"“”‘’'\[\]{}<>【】\s|*#◆●■□◇○★☆…~〜～_=+\\]|[-—–―─]+(?![A-Za-z0-9])|(?<![A-Za-z])[-—–―─]+"
_CLAUSE_END = re.compile(r"[,。;\n]|$")
_JOIN = r"[、/]"
# A mark or word that joins two of a kind cuts only where what stands before it can end one of them.
_LAST = (
    r"[长理事总裁任席监员师记授司行院会厂团所校问家代人表士等博编审工生办手官医警站社馆局处科系委)》]|[A-Za-z0-9.]|部|学历|学位|秘书|会计|翻译|领事|大学|中学|小学"
    r"|集团|参谋|督导|法人|硕导|博导|政协|人大|主管|主办|书记|股份|证券|银行|国际|控股|专业|中心"
)
_ENDS_ONE = re.compile(rf"(?:{_LAST})$")
# Before a mark a name may end in a line of business; before a word that would break "电子与通讯".
_ENDS_LISTED = re.compile(
    rf"(?:{_LAST}|[心室队级纳部区]|科技|实业|投资|基金|药业|电子|地产|学|法|律|管理|工程|设计|会计|[市县省])$"
)
_SCAN = re.compile(
    rf"(?P<date>{_DATE})|(?P<mark>{_MARK})|(?P<join>{_JOIN})|(?P<keep>{_KEEP})|(?P<cue>{_CUES})|(?P<open>\()|(?P<close>\))"
)
_JOINERS = frozenset(JOINERS.split())
_OF_TITLE = re.compile(r"[师长员授记任事理监裁席官人问家]$")  # what such brackets say of a title is no part of it
_OVER = re.compile(r"[,。;、:及和兼]|$")
_NO_PART = re.compile(
    r"\d|^(?:现|原|曾|后|已|前身|以下|简称|下称|兼|任|主持|至|含|包括|即|更名|中文|英文|其|截|自|从|在|为|今|享受|无)|上市|[监董理]事|代表|教授|[员师长任席]$|任|为|年|于|,"
)
_PART = re.compile(rf"[{HAN}A-Za-z·&.\- ]{{1,14}}")


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a paragraph.

    Attributes:
        cue: what stands before it: a function word, a mark, "date", or "".
        after: what stands behind it, or "".
        sentence: number of its sentence, from 0.
        clause_start, clause_end: of its clause; clauses end at commas and stops.
    """

    start: int
    end: int
    cue: str
    after: str
    sentence: int
    clause_start: int
    clause_end: int


def segments(text: str) -> Iterator[Segment]:
    """The segments of a half-width text in order; linear in its length."""
    sentence = 0
    parts = _parts(text)
    begin = 0
    for stop in _CLAUSE_END.finditer(text):
        end = stop.start()
        for start, until, cue, after in _cut(text, begin, end, parts):
            yield Segment(start, until, cue, after, sentence, begin, end)
        sentence += stop.group() in "。\n"
        begin = stop.end()


def _cut(text: str, begin: int, end: int, parts: set[int]) -> Iterator[tuple[int, int, str, str]]:
    at, cue, position = begin, "", begin
    while found := _SCAN.search(text, position, end):
        kind = found.lastgroup or ""
        start, position = found.span()
        word = found.group()
        if kind == "keep" or (kind in ("open", "close") and start in parts):
            continue
        ends_one = _ENDS_LISTED if kind == "join" else _ENDS_ONE
        if (kind == "join" or word in _JOINERS) and start > at and not ends_one.search(text, max(at, start - 6), start):
            continue
        if start > at:
            yield at, start, cue, word
        at, cue = position, "date" if kind == "date" else word
    if at < end:
        yield at, end, cue, ""


def _parts(text: str) -> set[int]:
    """Where brackets stand that are part of a name: "上海(集团)有限公司", "工程师(投资)"."""
    found: set[int] = set()
    opened = -1
    for at, c in enumerate(text):
        if c == "(":
            opened = at
        elif c == ")" and opened >= 0:
            inside = text[opened + 1 : at]
            if (
                len(inside) <= 14
                and not DEGREE.search(inside)
                and not (_OF_TITLE.match(text, max(0, opened - 1), opened) and _OVER.match(text, at + 1))
                and _PART.fullmatch(inside)
                and not _NO_PART.search(inside)
            ):
                found |= {opened, at}
            opened = -1
    return found


COUNTRY = one_of(COUNTRIES)
