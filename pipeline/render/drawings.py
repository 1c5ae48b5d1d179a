"""The lines and pictures that a PDF page draws: what tables are ruled with, and what is no text at all.

`read_drawings` interprets the page once more, without rendering. Whatever a page draws, the work is bounded: beyond
`_MOST_PATHS` paths nothing is looked at, beyond `_MOST_ITEMS` strokes and edges no more, and no more than
`_MOST_RULES` rules and `figures.MOST_FIGURES` figures come back.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pymupdf

from pipeline.render.contents import Contents
from pipeline.render.figures import find_bars, find_figures
from pipeline.render.upright import Upright
from pipeline.types import Box, Word

_MOST_PATHS = 20_000  # maps and plots have more; a ruled table has hundreds
_MOST_ITEMS = 50_000
_MOST_RULES = 1000

_LEVEL_PT = 0.5  # a line that climbs by less over its length is level
_THIN_PT = 3.0  # a filled rectangle as thin as this is a line
_SHORTEST_PT = 8.0  # shorter lines rule no cell
_SAME_PT = 1.5  # lines whose middles lie as near as this are one: the two edges of neighbouring cells
_GAP_PT = 2.0  # between pieces of one line; the underlines of neighbouring columns stand further apart
_WHITE = 0.97  # of every colour component: not seen on paper
_CLEAR = 0.05  # the opacity below which nothing is seen
_BACKGROUNDS = 50  # coloured areas that white lines are looked for on


@dataclass(frozen=True, slots=True)
class Drawings:
    """What is drawn on a page beside text, in points of the upright page.

    Attributes:
        rules: horizontal and vertical lines, thin filled rectangles and the edges of larger ones; thin boxes, pieces
            of one line joined. Those of charts are among them.
        figures: images, and drawings with curves and slanted lines.
    """

    rules: tuple[Box, ...] = ()
    figures: tuple[Box, ...] = ()


@dataclass(slots=True)
class _Strokes:
    """Paths taken apart, in points of the page before rotation."""

    level: list[Box] = field(default_factory=list)
    upright: list[Box] = field(default_factory=list)
    slanted: list[Box] = field(default_factory=list)
    filled: list[Box] = field(default_factory=list)
    backgrounds: list[Box] = field(default_factory=list)
    items: int = 0

    def take(self, path: dict[str, Any]) -> None:
        """One path of `Page.get_cdrawings`."""
        self.items += len(path["items"])
        if self.items > _MOST_ITEMS:
            return
        fill, stroke = path.get("fill"), path.get("color")
        stroked = "s" in path["type"] and self._is_seen(stroke, path.get("stroke_opacity"), path["rect"])
        filled = "f" in path["type"] and self._is_seen(fill, path.get("fill_opacity"), path["rect"])
        if filled and not _is_white(fill) and len(self.backgrounds) < _BACKGROUNDS:
            self.backgrounds.append(Box(*path["rect"]))
        if filled and len(self.filled) < _MOST_RULES and _is_rectangle(path["items"]):
            self.filled.append(Box(*path["rect"]))
        if filled or stroked:
            width = float(path.get("width") or 0.0) if stroked else 0.0
            for item in path["items"]:
                self._take_item(item, width, stroked)

    def _is_seen(self, colour: Sequence[float] | None, opacity: float | None, corners: Sequence[float]) -> bool:
        if colour is None or (opacity is not None and opacity < _CLEAR):
            return False
        if not _is_white(colour):
            return True
        x, y = (corners[0] + corners[2]) / 2, (corners[1] + corners[3]) / 2
        return any(b.x0 <= x <= b.x1 and b.y0 <= y <= b.y1 for b in self.backgrounds)

    def _take_item(self, item: tuple[Any, ...], width: float, stroked: bool) -> None:
        kind = item[0]
        if kind == "l":
            self._take_line(item[1], item[2], width, stroked)
        elif kind == "re":
            self._take_rectangle(Box(*item[1]), width)
        else:
            points = item[1] if kind == "qu" else item[1:]
            xs, ys = [point[0] for point in points], [point[1] for point in points]
            box = Box(min(xs), min(ys), max(xs), max(ys))
            if kind == "qu" and all(_is_corner(point, box) for point in points):
                self._take_rectangle(box, width)
            else:
                self.slanted.append(box)

    def _take_line(self, start: Sequence[float], end: Sequence[float], width: float, stroked: bool) -> None:
        box = Box(min(start[0], end[0]), min(start[1], end[1]), max(start[0], end[0]), max(start[1], end[1]))
        half = width / 2
        if box.height <= _LEVEL_PT and box.width > box.height:
            thick = Box(box.x0, box.y0 - half, box.x1, box.y1 + half)
            self._take_rectangle(thick, 0.0) if width > _THIN_PT else self.level.append(thick)
        elif box.width <= _LEVEL_PT and box.height > box.width:
            thick = Box(box.x0 - half, box.y0, box.x1 + half, box.y1)
            self._take_rectangle(thick, 0.0) if width > _THIN_PT else self.upright.append(thick)
        elif box.width or box.height:
            self.slanted.append(box)

    def _take_rectangle(self, box: Box, width: float) -> None:
        half = width / 2
        if min(box.width, box.height) <= _THIN_PT:
            if box.width >= box.height:
                self.level.append(Box(box.x0, box.y0 - half, box.x1, box.y1 + half))
            else:
                self.upright.append(Box(box.x0 - half, box.y0, box.x1 + half, box.y1))
            return
        for y in (box.y0, box.y1):
            self.level.append(Box(box.x0, y - half, box.x1, y + half))
        for x in (box.x0, box.x1):
            self.upright.append(Box(x - half, box.y0, x + half, box.y1))


def read_drawings(page: pymupdf.Page, contents: Contents, words: Sequence[Word], upright: Upright) -> Drawings:
    """Finds the rules and figures of a page.

    Args:
        page: the page.
        contents: what `examine` said of it.
        words: what was read on it, boxes in points of the upright page: what is mostly text is no figure.
        upright: the page to tell boxes on.
    """
    strokes = _Strokes()
    if 0 < len(contents.paths) <= _MOST_PATHS:
        page.get_cdrawings(callback=strokes.take)
    lines: tuple[list[Box], list[Box]] = ([], [])
    for box in _placed((*strokes.level, *strokes.upright), upright):
        lines[box.height > box.width].append(box)
    rules = [*_joined(lines[0]), *(_swapped(box) for box in _joined([_swapped(box) for box in lines[1]]))]
    rules = sorted(rules, key=lambda box: -max(box.width, box.height))[:_MOST_RULES]
    figures = find_figures(
        images=list(_placed((image.box for image in contents.images), upright)),
        slanted=[*_placed(strokes.slanted, upright), *find_bars(list(_placed(strokes.filled, upright)), words)],
        level=[*lines[0], *lines[1]],
        words=[word.box for word in words],
        size=(upright.width_pt, upright.height_pt),
    )
    return Drawings(tuple(sorted(rules, key=lambda box: (box.y0, box.x0))), figures)


def _placed(boxes: Iterable[Box], upright: Upright) -> Iterator[Box]:
    """Boxes on the upright page, cut off at its edges; what lies outside is gone."""
    width, height = upright.width_pt, upright.height_pt
    for box in map(upright.box, boxes):
        if not all(map(math.isfinite, box)) or box.x1 < 0 or box.y1 < 0 or box.x0 > width or box.y0 > height:
            continue
        yield Box(max(box.x0, 0.0), max(box.y0, 0.0), min(box.x1, width), min(box.y1, height))


def _joined(lines: list[Box]) -> list[Box]:
    """Level lines, pieces of one joined, each once, the short ones left out."""
    out: list[Box] = []
    lines.sort(key=lambda box: box.y0 + box.y1)
    start = 0
    for end in range(1, len(lines) + 1):
        if end < len(lines) and (lines[end].y0 + lines[end].y1) - (lines[start].y0 + lines[start].y1) <= 2 * _SAME_PT:
            continue
        row = sorted(lines[start:end], key=lambda box: box.x0)
        start = end
        rule = row[0]
        for box in row[1:]:
            if box.x0 <= rule.x1 + _GAP_PT:
                rule = rule.union(box)
            else:
                out.append(rule)
                rule = box
        out.append(rule)
    return [rule for rule in out if rule.width >= _SHORTEST_PT]


def _swapped(box: Box) -> Box:
    return Box(box.y0, box.x0, box.y1, box.x1)


def _is_rectangle(items: Sequence[tuple[Any, ...]]) -> bool:
    """Whether a path is one rectangle, drawn as such or by its four sides."""
    if len(items) == 1:
        return bool(items[0][0] == "re")
    return 4 <= len(items) <= 5 and all(
        item[0] == "l" and min(abs(item[1][0] - item[2][0]), abs(item[1][1] - item[2][1])) <= _LEVEL_PT
        for item in items
    )


def _is_corner(point: Sequence[float], box: Box) -> bool:
    x, y = point
    return min(abs(x - box.x0), abs(x - box.x1)) <= _LEVEL_PT and min(abs(y - box.y0), abs(y - box.y1)) <= _LEVEL_PT


def _is_white(colour: Sequence[float] | None) -> bool:
    return colour is not None and min(colour) >= _WHITE
