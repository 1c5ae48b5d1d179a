"""Finding running headers and footers: the same text at the same place on several pages, and page numbers.

On three pages or more saying or counting the same is enough. On fewer it must also stand alone at the edge of the
text, as a letter may well begin like the last one.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence

from pipeline.extract.lines import Row

_ZONE = 0.12  # share of the page's height, at top and bottom, in which they stand
_PLACE = 0.012  # how far, as a share of the page's height, the same line may wander
_MIN_PAGES = 3
_PAGE_OF_ITS_OWN = 40  # characters beside numbers: more than a running title and a page number
_NUMBER = re.compile(r"\d+|\b[ivxlc]+\b")
_HAN_PAGE = re.compile(r"第\s*([一二三四五六七八九十]+)\s*页")
_SAYS_PAGE = re.compile(
    r"(?:page\s*\d+(?:\s*(?:of|/)\s*\d+)?|第\s*\d+\s*页(?:[\s,，/]*共\s*\d+\s*页)?|[-–—]\s*\d+\s*[-–—])", re.I
)
_BARE = re.compile(r"\d{1,4}")
_APART_EM = 2.2  # from line to line, where the page before or after says nothing about it
_OF = re.compile(r"(?<![\d/])(\d{1,5})\s*(?:/|of)\s*(\d{1,5})(?![\d/])")
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}
_HAN = {c: i for i, c in enumerate("〇一二三四五六七八九")}

Page = tuple[int, float, Sequence[Row]]  # page number, height in points, rows in any order


def mark_running(pages: Sequence[Page], body_size: float, filled: Collection[int] = ()) -> None:
    """Sets `kind` of running rows to "header" or "footer".

    Args:
        pages: of the whole document.
        body_size: type size of the text in points; much larger lines are titles, however often they come.
        filled: numbers of pages on which there is more than these rows (tables).
    """
    groups: dict[tuple[str, str], list[tuple[float, int, Row]]] = defaultdict(list)
    for number, height, rows in pages:
        if height <= 0:
            continue
        for row in rows:
            place = row.yc / height
            zone = "header" if place < _ZONE else "footer" if place > 1 - _ZONE else ""
            if not zone or row.size > 1.45 * body_size or len(row.text) > 200:
                continue
            if len(pages) > 1 and (_counts(row.text, number, len(pages)) or _SAYS_PAGE.fullmatch(row.text)):
                row.kind = zone
            key = _NUMBER.sub("#", _plain(row.text))
            if key:
                groups[zone, key].append((place, number, row))
    for (zone, key), members in groups.items():
        if len(members) < _MIN_PAGES:
            continue
        members.sort(key=lambda m: (m[0], m[1]))
        cluster: list[tuple[float, int, Row]] = []
        for member in [*members, None]:
            if member is not None and (not cluster or member[0] - cluster[-1][0] < _PLACE):
                cluster.append(member)
                continue
            if len({number for _, number, _ in cluster}) >= _MIN_PAGES:
                _mark(zone, key, cluster)
            if member is not None:
                cluster = [member]
    if len(pages) < _MIN_PAGES:
        _mark_few(pages, body_size)
    nothing_else = not filled and all(row.kind for _, _, rows in pages for row in rows)
    for number, _, rows in pages:
        if number in filled:
            continue
        alone = sum(len(_NUMBER.sub("", row.text)) for row in rows) > _PAGE_OF_ITS_OWN
        if nothing_else or (alone and all(row.kind for row in rows)):
            for row in rows:  # forms, cards, slides: what stands alone on its page is the page's text
                row.kind = ""


def _mark_few(pages: Sequence[Page], body_size: float) -> None:
    """Marks the outermost lines of one or two pages where they count the pages or say the same."""
    edges: list[dict[str, Row | None]] = []
    for _, height, rows in pages:
        ordered = sorted(rows, key=lambda row: row.line.box.y0)
        edges.append({
            "header": _lone(ordered[:3], height, body_size), "footer": _lone(ordered[::-1][:3], height, body_size),
        })  # fmt: skip
        for zone, row in edges[-1].items():
            if row is None or row.kind:
                continue
            if _SAYS_PAGE.fullmatch(row.text) or (zone == "footer" and _BARE.fullmatch(row.text)):
                row.kind = zone
    if len(pages) != 2:
        return
    for zone in ("header", "footer"):
        one, two = (edge[zone] for edge in edges)
        if one is None or two is None or abs(one.yc / pages[0][1] - two.yc / pages[1][1]) > _PLACE:
            continue
        counting = {_value(n) for n in _NUMBER.findall(_plain(two.text))} & {
            1 + _value(n) for n in _NUMBER.findall(_plain(one.text))
        }
        same = _plain(one.text) == _plain(two.text)
        if same or (counting and _NUMBER.sub("#", _plain(one.text)) == _NUMBER.sub("#", _plain(two.text))):
            one.kind = two.kind = zone


def _lone(ordered: Sequence[Row], height: float, body_size: float) -> Row | None:
    """The outermost of a page's lines, if it stands apart from the next and near the edge of the paper."""
    if len(ordered) < 2 or height <= 0:
        return None
    row, inner = ordered[0], ordered[1]
    place = row.yc / height
    apart = abs(inner.yc - row.yc) > _APART_EM * max(row.size, inner.size)
    near = min(place, 1 - place) < _ZONE
    return row if near and apart and row.size < 1.1 * body_size and len(row.text) <= 100 else None


def _counts(text: str, page_number: int, page_count: int) -> bool:
    """Whether the text holds "2/7" or "2 of 7" on page 2 of 7."""
    found = _OF.search(text)
    return bool(found and len(text) < 80 and [int(n) for n in found.groups()] == [page_number, page_count])


def _plain(text: str) -> str:
    """Folded and without white space inside runs, Chinese page numbers as figures."""
    text = _HAN_PAGE.sub(lambda found: f"第{_han_value(found.group(1))}页", text)
    return " ".join(text.casefold().split())


def _han_value(text: str) -> int:
    """Value of a Chinese number up to 99."""
    tens, ten, ones = text.rpartition("十")
    return (_HAN.get(tens[-1:], 1) * 10 if ten else 0) + _HAN.get(ones[-1:], 0)


def _value(number: str) -> int:
    if number[0].isdigit():
        return int(number[:9])
    values = [_ROMAN[c] for c in number] + [0]
    return sum(-a if a < b else a for a, b in itertools.pairwise(values))


def _mark(zone: str, key: str, cluster: Sequence[tuple[float, int, Row]]) -> None:
    """Marks those of the cluster that say the same, or that count the pages; mere tables of figures do neither."""
    texts = Counter(_plain(row.text) for _, _, row in cluster)
    offsets: Counter[int] = Counter()
    values = []
    for _, number, row in cluster:
        found = {_value(n) - number for n in _NUMBER.findall(_plain(row.text))} if "#" in key else set()
        values.append(found)
        offsets.update(found)
    counting = {offset for offset, count in offsets.items() if count >= _MIN_PAGES}
    for (_, _, row), found in zip(cluster, values, strict=True):
        if texts[_plain(row.text)] >= _MIN_PAGES or found & counting:
            row.kind = zone
