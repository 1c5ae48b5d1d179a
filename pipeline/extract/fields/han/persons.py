"""Names of the person a profile is about: at the head of its sentences, before 先生 and 女士."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.extract.fields.han.segments import HAN
from pipeline.extract.fields.lexicon import HAN_NAME

_FOREIGN = rf"[{HAN}]{{1,8}}(?:[·.][{HAN}]{{1,8}}){{1,4}}"
_BULLET = r"(?:\d{1,2}[.、]\s?|[(]?[一二三四五六七八九十\d]{1,2}[)、.]\s?|[◆●■□*]\s?)?"
_NAMED = rf"(?P<name>{_FOREIGN}|[{HAN}]{{1,6}}?|[A-Z][A-Za-z.,'\- ]{{3,30}})"
# What may stand behind the name and a comma or colon.
_TOLD = (
    r"(?:\d|男|女|中国|汉|\w{1,4}族|本科|大专|硕士|博士|大学|研究生|高级|中共|出生|生于|历任|曾任|现任|先后|毕业|董事|监事"
    r"|总|副|独立|公司|本公司|教授|工程师|会计师|\w{2,20}(?:学历|专业|大学|籍|师|毕业|硕士|博士|学士|人[,。]|公司))"
)
_HEAD = re.compile(
    rf"\s*{_BULLET}(?:(?:独立)?[董监]事(?:长|会主席)?:)?{_NAMED}\s*(?:\([^()]{{1,40}}\)\s*)?"
    rf"(?P<mark>,$|[,:](?=\s*{_TOLD})|先生|女士|小姐|同志|博士(?=[,:于])|教授(?=[,:于])|男(?=[,、。;])|女(?=[,、。;]))"
)
_POLITE = re.compile(rf"(?P<name>[{HAN}]{{1,4}}?)(?:先生|女士|小姐)")
_NO_NAME = re.compile(
    r"年龄|性别|电话|邮箱|手机|地址|民族|籍贯|学历|简历|简介|信息|资料|经历|教育|工作|技能|大学|学院|公司|工程|经理|本科|硕士|博士|市$|省$|专业|时间|单位|职位|男|女|汉族|董事|监事|总裁|先后|曾任|现任|历任|其中|同时|目前|此外|之后|毕业"
)
_BEFORE = re.compile(r"(?:[,。;:、()\s\d]|起|前|现|[任为聘与和由及]|年来|代初|期间|后|监事|董事|行长)$")


def head_name(text: str) -> tuple[int, int] | None:
    """The name at the head of a paragraph: "王某某,男,...", "李某女士:...", "艾力·某某:男"."""
    found = _HEAD.match(text)
    if not found:
        return None
    name, mark = found["name"], found["mark"]
    if _NO_NAME.search(name):
        return None
    if len(name) > 4 and "·" not in name and not (mark in "男女" or text[found.end("mark") :][:1] in "男女"):
        return None
    polite = mark in ("先生", "女士", "小姐", "同志", "博士", "教授")
    if (len(name) == 1 or (mark == "," and found.end() == len(text) and not HAN_NAME.fullmatch(name))) and not polite:
        return None
    if (
        "·" in name
        or "." in name
        or HAN_NAME.fullmatch(name)
        or polite
        or mark in "男女"
        or len(name) <= 3
        or name.isascii()
    ):
        return found.span("name")
    return None


def later_names(text: str, name: str, start: int) -> Iterator[tuple[int, int]]:
    """Further mentions: the whole name, or a surname before a form of address."""
    taken = -1
    if len(name) > 1:
        at = text.find(name, start)
        while at >= 0:
            taken = at + len(name)
            yield at, taken
            at = text.find(name, taken)
    for found in _POLITE.finditer(text, start):
        begin, end = found.span("name")
        for at in range(end - 1, max(begin, end - 4) - 1, -1):
            part = text[at:end]
            if end <= taken:
                break
            if (part == name[:1] or HAN_NAME.fullmatch(part)) and _BEFORE.search(
                text[max(0, at - 4) : at] if at > 4 else "," + text[:at]
            ):
                yield at, end
                break
