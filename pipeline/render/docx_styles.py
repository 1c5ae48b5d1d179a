"""How the paragraphs and runs of a DOCX look, after all that they inherit, and the numbers of its lists."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from xml.etree.ElementTree import Element

_SIZE_PT = 11.0
_SIZES_PT = (6.0, 40.0)  # kept within; pages are A4, whatever the original's
_HEADINGS_PT = (20.0, 16.0, 14.0, 12.5, 12.0, 11.5)
_MAX_BASES = 20  # styles that a style stands on; broken files go in circles
_ROMAN = {1000: "m", 900: "cm", 500: "d", 400: "cd", 100: "c", 90: "xc", 50: "l", 40: "xl", 10: "x", 9: "ix", 5: "v",
          4: "iv", 1: "i"}  # fmt: skip
_CHINESE = "〇一二三四五六七八九"


@dataclass(frozen=True, slots=True)
class Look:
    """What a run looks like.

    Attributes:
        hidden: not shown, in Word neither.
    """

    size_pt: float = _SIZE_PT
    bold: bool = False
    hidden: bool = False


class Styles:
    """The styles of a document."""

    def __init__(self, root: Element | None) -> None:
        self._styles = {node.get("styleId", ""): node for node in root.iter("style")} if root is not None else {}
        defaults = root.find("docDefaults/rPrDefault/rPr") if root is not None else None
        self._defaults = _changed(Look(), defaults)
        normal = (name for name, node in self._styles.items()
                  if node.get("type") == "paragraph" and node.get("default") in {"1", "true"})  # fmt: skip
        self._normal = next(normal, "")
        self._looks: dict[str, Look] = {}

    def paragraph(self, properties: Element | None) -> Look:
        """The look that a paragraph gives its runs."""
        name = value_of(properties, "pStyle") or self._normal
        if name not in self._looks:
            look = self._defaults
            for style in reversed(list(self._chain(name))):
                level = _heading_level(style.get("styleId", ""), style)
                if level is not None:
                    look = replace(look, size_pt=_HEADINGS_PT[level], bold=True)
                look = _changed(look, style.find("rPr"))
            if name not in self._styles and (level := _heading_level(name, None)) is not None:
                look = replace(look, size_pt=_HEADINGS_PT[level], bold=True)
            self._looks[name] = look
        return self._looks[name]

    def run(self, look: Look, properties: Element | None) -> Look:
        """The look of a run in a paragraph of a look."""
        if properties is None:
            return look
        for style in reversed(list(self._chain(value_of(properties, "rStyle") or ""))):
            look = _changed(look, style.find("rPr"))
        return _changed(look, properties)

    def list_of(self, properties: Element | None) -> tuple[str, int] | None:
        """The list that a paragraph belongs to, of itself or by its style, and its level."""
        own = properties.find("numPr") if properties is not None else None
        found = [own] if own is not None else []
        chain = self._chain(value_of(properties, "pStyle") or "")
        found += [node for style in chain if (node := style.find("pPr/numPr")) is not None]
        number = next((value for node in found if (value := value_of(node, "numId"))), None)
        level = next((value for node in found if (value := value_of(node, "ilvl"))), "0")
        return None if number in {None, "0"} else (str(number), int(level) if level.isdecimal() else 0)

    def _chain(self, name: str) -> Iterator[Element]:
        for _ in range(_MAX_BASES):
            style = self._styles.get(name)
            if style is None:
                return
            yield style
            name = value_of(style, "basedOn") or ""


class Numbering:
    """Counts the lists of a document: ask once for each paragraph, in their order."""

    def __init__(self, root: Element | None) -> None:
        self._levels: dict[str, dict[int, Element]] = {}
        self._lists: dict[str, str] = {}
        self._counts: defaultdict[str, dict[int, int]] = defaultdict(dict)
        if root is None:
            return
        for node in root.iter("abstractNum"):
            levels = {int(at): level for level in node.iter("lvl") if (at := level.get("ilvl", "")).isdecimal()}
            self._levels[node.get("abstractNumId", "")] = levels
        self._lists = {node.get("numId", ""): value_of(node, "abstractNumId") or "" for node in root.iter("num")}

    def next(self, number: str, level: int) -> str:
        """What stands before the next paragraph of a list: "3.", "第二章", a bullet, or nothing."""
        which = self._lists.get(number, "")
        levels = self._levels.get(which, {})
        if level not in levels:
            return ""
        counts = self._counts[which]
        counts[level] = counts.get(level, _start(levels[level]) - 1) + 1
        for deeper in [other for other in counts if other > level]:
            del counts[deeper]
        if value_of(levels[level], "numFmt") == "bullet":
            return "•"  # the true one is a character of a symbol font
        return re.sub(
            r"%([1-9])", lambda m: _shown(levels, counts, int(m[1]) - 1), value_of(levels[level], "lvlText") or ""
        )


def value_of(node: Element | None, child: str) -> str | None:
    """The value of a property, or None where it is not given."""
    found = node.find(child) if node is not None else None
    return None if found is None else found.get("val")


def is_on(node: Element | None, child: str) -> bool | None:
    """Whether a property is switched on, or None where nothing is said."""
    found = node.find(child) if node is not None else None
    return None if found is None else found.get("val", "1") not in {"0", "false", "off", "none"}


def _changed(look: Look, properties: Element | None) -> Look:
    if properties is None:
        return look
    bold, hidden, half_points = is_on(properties, "b"), is_on(properties, "vanish"), value_of(properties, "sz")
    size = look.size_pt
    if half_points and half_points.isdecimal():
        size = min(max(int(half_points) / 2, _SIZES_PT[0]), _SIZES_PT[1])
    return Look(size, look.bold if bold is None else bold, look.hidden if hidden is None else hidden)


def _heading_level(style_id: str, style: Element | None) -> int | None:
    """Word names its headings in English in every language; only the ids are translated."""
    name = value_of(style, "name") or style_id
    if name.lower() == "title":
        return 0
    found = re.fullmatch(r"heading\s*([1-6])", name, re.IGNORECASE)
    return int(found[1]) - 1 if found else None


def _start(level: Element) -> int:
    start = value_of(level, "start") or "1"
    return int(start) if start.isdecimal() else 1


def _shown(levels: dict[int, Element], counts: dict[int, int], level: int) -> str:
    if level not in levels:
        return ""
    count = counts.get(level, _start(levels[level]))
    form = value_of(levels[level], "numFmt") or "decimal"
    if form in {"lowerLetter", "upperLetter"} and count > 0:
        letters = chr(97 + (count - 1) % 26) * min((count - 1) // 26 + 1, 9)
        return letters.upper() if form == "upperLetter" else letters
    if form in {"lowerRoman", "upperRoman"} and 0 < count < 4000:
        return _roman(count).upper() if form == "upperRoman" else _roman(count)
    if form.startswith(("chineseCounting", "japaneseCounting", "taiwaneseCounting")) and 0 < count < 100:
        tens, ones = divmod(count, 10)
        return (_CHINESE[tens] if tens > 1 else "") + ("十" if tens else "") + (_CHINESE[ones] if ones else "")
    return "" if form == "none" else str(count)


def _roman(count: int) -> str:
    out = ""
    for value, letters in _ROMAN.items():
        out += letters * (count // value)
        count %= value
    return out
