"""The invisible text of a page: words laid over what they were read from, as instructions of a PDF page.

    words -> lines in reading order -> where each word's cell lies -> a content stream

Pure functions on words; knows nothing of files. Boxes are in points of the upright page, y down.
"""

from __future__ import annotations

import itertools
import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from pipeline.render.glyphless import DESCENT, NAME, advance
from pipeline.types import Box, Word
from pipeline.wide import is_wide

_CLOSED_GAP = 0.3  # in type sizes: between Chinese words, up to here the first is stretched over it, else a space
_NARROWEST_SPACE = 0.05  # in type sizes
_OVERLAP_PT = 0.1  # PDFium ends a line between pieces of text that do not overlap, on pages that are turned
_PLUMB = 1.5  # so many times higher than wide is a word that does not run from left to right,
_CROWDED = 2.0  # if its letters would also need so many times its width
_STRAY = 0.6  # in type sizes: a word so far off the line that the others make stands by itself
_TELLING_LINES = 3  # of several words, to tell how far a page is askew
_STEEPEST = 0.2  # slope of a line that is askew; beyond, the words are no line


@dataclass(frozen=True, slots=True)
class Cell:
    """Where a word's text goes.

    Attributes:
        box: it fills this.
        quarter_turns: clockwise, 0 for text from left to right, 1 from top to bottom, 3 from bottom to top.
        space: width of the space after it, points; 0 for none.
        slope: how far the text goes down, a point to the right.
    """

    text: str
    box: Box
    quarter_turns: int = 0
    space: float = 0.0
    slope: float = 0.0


@dataclass(frozen=True, slots=True)
class LaidOut:
    """A line of the page as it was laid out."""

    box: Box
    text: str


def lines_in_order(words: Sequence[Word], layout: Sequence[LaidOut]) -> list[list[Word]]:
    """Words grouped into lines, in reading order.

    Boxes of lines that are askew overlap, so a word goes into the line that most words of its reader's line fit, by
    place and by text. Words that lie in none come last, by the reader's own lines.

    Args:
        words: in the reader's order.
        layout: the page's lines in reading order.
    """
    fits = [[at for at, line in enumerate(layout) if _holds(line.box, word)] for word in words]
    votes: Counter[tuple[int, int]] = Counter()
    for word, ats in zip(words, fits, strict=True):
        for at in ats:
            votes[word.line, at] += 3 if word.text in layout[at].text else 1
    held: list[list[Word]] = [[] for _ in layout]
    own: dict[int, list[Word]] = {}
    for word, ats in zip(words, fits, strict=True):
        if ats:
            held[max(ats, key=partial(_fit, votes, layout, word.line))].append(word)
        else:
            own.setdefault(word.line, []).append(word)
    return [_sorted(line) for line in (*held, *own.values()) if line]


def _fit(votes: Counter[tuple[int, int]], layout: Sequence[LaidOut], line: int, at: int) -> tuple[int, float]:
    return votes[line, at], -layout[at].box.height


def _holds(box: Box, word: Word) -> bool:
    x, y = (word.box.x0 + word.box.x1) / 2, (word.box.y0 + word.box.y1) / 2
    return box.x0 - 1 <= x <= box.x1 + 1 and box.y0 - 1 <= y <= box.y1 + 1


def _sorted(line: list[Word]) -> list[Word]:
    box = _around(line)
    if box.height > _PLUMB * box.width and all(turns_of(word) for word in line):
        return sorted(line, key=lambda word: word.box.y0, reverse=turns_of(line[0]) == 3)
    return sorted(line, key=lambda word: word.box.x0)


def turns_of(word: Word) -> int:
    """Quarter turns clockwise that its text makes: a word much higher than its letters allow is not level."""
    width, height = word.box.width, word.box.height
    if len(word.text) < 2 or height < _PLUMB * width or _ems(word.text) * height < _CROWDED * width:
        return 0
    return 1 if any(map(is_wide, word.text)) else 3  # Chinese runs down; Latin beside charts and tables runs up


def cells(line: Sequence[Word], of_page: float = 0.0) -> list[Cell]:
    """Where the words of a line go: on one baseline, where they have one, without gaps that would read as spaces.

    Args:
        of_page: slope of a line that does not tell its own.
    """
    if any(turns_of(word) for word in line):
        return [Cell(word.text, word.box, turns_of(word)) for word in line]
    boxes, slope = _on_one_line(line, of_page)
    placed = [Cell(word.text, box, slope=slope) for word, box in zip(line, boxes, strict=True)]
    for at, (cell, after) in enumerate(itertools.pairwise(placed)):
        size = cell.box.height
        gap = after.box.x0 - cell.box.x1
        if _apart(cell.text[-1], after.text[0]) or gap > _CLOSED_GAP * size:
            space = max(gap, _NARROWEST_SPACE * size)
            # Boxes of words may touch, and PDFium drops a space that the next word begins on.
            end = max(after.box.x0 - space, cell.box.x0 + cell.box.width / 2)
            placed[at] = replace(cell, box=cell.box._replace(x1=end), space=space)
        elif gap > 0:
            placed[at] = replace(cell, box=cell.box._replace(x1=after.box.x0 + _OVERLAP_PT))
    return placed


def _apart(before: str, after: str) -> bool:
    """Whether a space belongs between words that end and begin so: Latin ones, and a Latin one beside a Chinese one."""
    wide = is_wide(before), is_wide(after)
    return not any(wide) or (not all(wide) and before.isalpha() and after.isalpha())


def slope_of(lines: Sequence[Sequence[Word]]) -> float:
    """How far the lines of a page go down, a point to the right, as those of several words tell; 0 where too few do."""
    slopes = [slope for line in lines if (slope := _slope(line)) is not None]
    return statistics.median(slopes) if len(slopes) >= _TELLING_LINES else 0.0


def _slope(line: Sequence[Word]) -> float | None:
    boxes = [word.box for word in line]
    middles = [((box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2) for box in boxes]
    reach = 2 * max(box.height for box in boxes)
    slopes = [
        (b[1] - a[1]) / (b[0] - a[0]) for a in middles for b in (middles[0], middles[-1]) if abs(b[0] - a[0]) > reach
    ]
    return statistics.median(slopes) if slopes else None


def _on_one_line(line: Sequence[Word], of_page: float) -> tuple[list[Box], float]:
    """The words' boxes with the lower and upper sides of their line at their left, and the line's slope.

    Readers give some words the box of their ink: "no" is lower than "page", and they are on one baseline. The boxes of
    a line that is askew go down in steps, and one of a long word is as much higher than its letters as it goes down.
    """
    slope = _slope(line)
    if slope is None:
        slope = of_page
    if abs(slope) > _STEEPEST:
        return [word.box for word in line], 0.0
    boxes = [_of_letters(word.box, slope) for word in line]
    middles = [((box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2) for box in boxes]
    foot = statistics.median(box.y1 - slope * x for box, (x, _) in zip(boxes, middles, strict=True))
    top = statistics.median(box.y0 - slope * x for box, (x, _) in zip(boxes, middles, strict=True))
    size = foot - top
    placed = [
        Box(box.x0, top + slope * box.x0, box.x1, foot + slope * box.x0)
        if abs(y - slope * x - (foot + top) / 2) <= _STRAY * size and box.height <= 2 * size
        else box
        for box, (x, y) in zip(boxes, middles, strict=True)
    ]
    return placed, slope


def _of_letters(box: Box, slope: float) -> Box:
    """The box at its middle without what it is higher for going down or up from its left to its right."""
    less = abs(slope) * box.width / 2
    return box if 2 * less > box.height / 2 else box._replace(y0=box.y0 + less, y1=box.y1 - less)


def content(lines: Iterable[Sequence[Cell]], encode: Callable[[str], str], upright: Sequence[float]) -> bytes:
    """The instructions that lay cells over a page, drawing nothing.

    Args:
        encode: codes of a text in the hidden font.
        upright: matrix from points of the upright page, y down, to those of the page.
    """
    out = [f"q {_numbers(upright, 6)} cm BT 3 Tr"]
    size = 0.0
    for line in lines:
        for cell in line:
            size = _put(cell, encode, size, out)
    return "\n".join([*out, "ET Q", ""]).encode("ascii")


def _put(cell: Cell, encode: Callable[[str], str], size_before: float, out: list[str]) -> float:
    x0, y0, x1, y1 = cell.box
    along, size = (y1 - y0, x1 - x0) if cell.quarter_turns else (x1 - x0, y1 - y0)
    size = max(round(size, 1), 0.1)
    if size != size_before:
        out.append(f"/{NAME} {size:g} Tf")
    below = DESCENT * size
    turn, begin = {
        0: (f"1 {_numbers([cell.slope] * 2, 4)} -1", (x0, y1 - below)),
        1: ("0 1 1 0", (x0 + below, y0)),
        3: ("0 -1 -1 0", (x1 - below, y1)),
    }[cell.quarter_turns]
    stretch = max(along, 0.1) / (_ems(cell.text) * size)
    out.append(f"{turn} {_numbers(begin, 2)} Tm {100 * stretch:.4g} Tz <{encode(cell.text)}> Tj")
    if cell.space:
        stretch = (cell.space + 2 * _OVERLAP_PT) / (advance(" ") * size)
        back = 1000 * _OVERLAP_PT / (size * stretch)
        out.append(f"{100 * stretch:.4g} Tz [{back:.3g} <{encode(' ')}>] TJ")
    return size


def _ems(text: str) -> float:
    return sum(map(advance, text))


def _numbers(values: Iterable[float], places: int) -> str:
    return " ".join(f"{value:.{places}f}".rstrip("0").rstrip(".") for value in values)


def _around(line: Sequence[Word]) -> Box:
    box = line[0].box
    for word in line[1:]:
        box = box.union(word.box)
    return box
