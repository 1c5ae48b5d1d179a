"""Where words go that a person added: between their neighbours on the line, lines between the lines around them.

All is reckoned as if lines ran level; a page set vertically is turned for it and turned back. What is placed may be
narrow or flat where there is no room: its order counts, and that it covers nothing else.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pipeline.types import Box, PageReading, Word
from pipeline.vertical import is_vertical
from pipeline.wide import is_wide

_GAP_EM = 0.25  # a space of most fonts
_LEAST_GAP_EM = 0.1  # less white is none to those who join words again (extract.join.needs_space)
_WIDE_GAP_EM = 0.3  # and between characters of scripts without spaces
_LEAST_PT = 0.2
_LEAST_LINE_PT = 2.0  # lines flatter than that go to the end of the line before them
_NARROW_EM, _WIDE_EM = 0.5, 1.0
_SIZE_PT = 10.0  # where there is no neighbour
_MARGIN = 0.06  # of the page's width, around a page that is typed from nothing
_PITCH_PT = 18.0
_SIZE_OF_PITCH = 0.7


@dataclass(slots=True)
class Placed:
    """A piece of a typed line.

    Attributes:
        word: where it stands; None as long as that is not known.
        opens: there is a blank before it.
        changed: its box was made and may be made smaller.
    """

    text: str
    word: Word | None
    opens: bool = True
    changed: bool = False


@dataclass(frozen=True, slots=True)
class _Level:
    """Between points of the page and points of one whose lines run level."""

    width_pt: float
    height_pt: float
    turned: bool

    def to(self, box: Box) -> Box:
        """The box as lines run level."""
        x0, y0, x1, y1 = box
        return Box(y0, self.width_pt - x1, y1, self.width_pt - x0) if self.turned else box

    def back(self, box: Box) -> Box:
        """The box on the page."""
        x0, y0, x1, y1 = box
        return Box(self.width_pt - y1, x0, self.width_pt - y0, x1) if self.turned else box

    @property
    def sides(self) -> tuple[float, float]:
        """Width and height as lines run level."""
        return (self.height_pt, self.width_pt) if self.turned else (self.width_pt, self.height_pt)


def fill_lines(lines: list[list[Placed]], reading: PageReading) -> list[Word]:
    """All words of the lines in order; those without a place are given one."""
    level = _Level(reading.width_pt, reading.height_pt, reading.vertical or is_vertical(reading.words))
    width, height = level.sides
    for piece in itertools.chain.from_iterable(lines):
        if piece.word is not None:
            piece.word = replace(piece.word, box=level.to(piece.word.box))
    for line in lines:
        if any(piece.word is not None for piece in line):
            _fill_line(line, width)
    free = max((word.line for word in reading.words), default=0) + 1
    taken = [piece.word.box for line in lines for piece in line if piece.word is not None]
    for first, last in list(_unplaced(lines)):
        before = lines[first - 1] if first else None
        after = lines[last] if last < len(lines) else None
        _fill_between(lines[first:last], before, after, taken, width, height, free)
        free += last - first
    for line in lines:
        _part(line)
    return [replace(piece.word, box=level.back(piece.word.box)) for line in lines for piece in line if piece.word]


def _unplaced(lines: Sequence[Sequence[Placed]]) -> Iterator[tuple[int, int]]:
    """Stretches of lines of which no word has a place."""
    at = 0
    for known, group in itertools.groupby(lines, lambda line: any(piece.word is not None for piece in line)):
        count = len(list(group))
        if not known:
            yield at, at + count
        at += count


def _ems(text: str) -> float:
    return sum(_WIDE_EM if is_wide(c) else _NARROW_EM for c in text)


def _fill_line(line: list[Placed], width: float) -> None:
    """Give places to the pieces of a line that has some already."""
    at = 0
    for known, group in itertools.groupby(line, lambda piece: piece.word is not None):
        pieces = list(group)
        if not known:
            before = line[at - 1].word if at else None
            after = line[at + len(pieces)].word if at + len(pieces) < len(line) else None
            _fill_gap(pieces, before, after, width)
        at += len(pieces)


def _fill_gap(pieces: Sequence[Placed], before: Word | None, after: Word | None, width: float) -> None:
    model = before or after
    assert model is not None, "some piece of the line has a place"
    size = model.size_pt or model.box.height or _SIZE_PT
    natural = sum(_ems(piece.text) + _GAP_EM for piece in pieces) * size
    if before is not None:
        start = before.box.x1
        end = after.box.x0 if after is not None else max(width, start)
        if after is None:
            end = min(end, start + natural)
        # Kept in order where the neighbours touch or overlap: lines are read by where their words begin.
        least = _LEAST_PT * len(pieces)
        if end - start < least:
            start = max(min(start, end - least), min(before.box.x0 + _LEAST_PT, end))
            end = max(end, start + least) if after is None else max(end, start)
    else:
        assert after is not None
        end = after.box.x0
        start = max(end - natural, min(0.0, end))
        if end - start < _LEAST_PT * len(pieces):
            start = end - _LEAST_PT * len(pieces)
    _spread(pieces, model, start, min(end, start + natural), model.box.y0, model.box.y1, size)


def _spread(pieces: Sequence[Placed], model: Word, start: float, end: float, y0: float, y1: float, size: float) -> None:
    """Place pieces from start to end, each as wide as its text asks for; all narrower where there is no room."""
    wanted = [_ems(piece.text) for piece in pieces]
    gaps = [_GAP_EM if piece.opens else 0.0 for piece in pieces]
    unit = min(size, (end - start) / max(sum(wanted) + sum(gaps), 1e-6))
    at = start
    for piece, ems, gap in zip(pieces, wanted, gaps, strict=True):
        at += gap * unit
        box = Box(at, y0, at + ems * unit, y1)
        piece.word = Word(piece.text, box, 1.0, model.line, model.block, model.size_pt, model.bold)
        piece.changed = True
        at += ems * unit


def _around(line: Sequence[Placed]) -> Box:
    boxes = [piece.word.box for piece in line if piece.word is not None]
    box = boxes[0]
    for other in boxes[1:]:
        box = box.union(other)
    return box


def _fill_between(
    lines: Sequence[list[Placed]],
    before: list[Placed] | None,
    after: list[Placed] | None,
    taken: list[Box],
    width: float,
    height: float,
    free: int,
) -> None:
    """Give places to lines in a row, between the line before them and the one after."""
    neighbour = before or after
    if not neighbour:  # the page keeps nothing that was read on it
        for line, word in zip(lines, _stacked([line for line in lines], width, height), strict=True):
            for piece, placed in zip(line, word, strict=True):
                piece.word = placed
        return
    model = next(piece.word for piece in neighbour if piece.word is not None)
    around = _around(neighbour)
    size = model.size_pt or around.height or _SIZE_PT
    tall = max(min(around.height, 2 * size), _LEAST_LINE_PT)
    if before:
        top, bottom = around.y1, min(around.y1 + 1.3 * tall * len(lines), height)
        if after and _around(after).y0 >= around.y1 and _overlap_x(around, _around(after)):
            bottom = min(bottom, _around(after).y0)
    else:
        top, bottom = max(around.y0 - 1.3 * tall * len(lines), 0.0), around.y0
    natural = max(sum(_ems(piece.text) + _GAP_EM for piece in line) * size for line in lines)
    right = min(around.x0 + natural, max(width, around.x0 + _LEAST_PT))
    pitch = (bottom - top) / len(lines)
    if pitch < _LEAST_LINE_PT or _covers(Box(around.x0, top, right, bottom), taken):
        _join(lines, before, after, width)
        return
    white = 0.15 * pitch
    for number, line in enumerate(lines):
        y0 = top + number * pitch + white
        own = replace(model, line=free + number)
        _spread(line, own, around.x0, right, y0, y0 + pitch - 2 * white, size)
        taken += [piece.word.box for piece in line if piece.word is not None]


def _join(lines: Sequence[list[Placed]], before: list[Placed] | None, after: list[Placed] | None, width: float) -> None:
    """Where lines stand too close for others between them: to the end of the one before, or the start of the next."""
    pieces = [piece for line in lines for piece in line]
    if before:
        _fill_gap(pieces, max((p.word for p in before if p.word is not None), key=lambda w: w.box.x1), None, width)
    elif after:
        _fill_gap(pieces, None, min((p.word for p in after if p.word is not None), key=lambda w: w.box.x0), width)


def _overlap_x(one: Box, other: Box) -> bool:
    return one.x0 < other.x1 and other.x0 < one.x1


def _covers(box: Box, taken: Sequence[Box]) -> bool:
    return any(box.x0 < o.x1 and o.x0 < box.x1 and box.y0 < o.y1 - 0.1 and o.y0 < box.y1 - 0.1 for o in taken)


def _part(line: list[Placed]) -> None:
    """Have white where a person put a blank, as far as boxes that were made can give way."""
    for before, after in itertools.pairwise(line):
        one, other = before.word, after.word
        if not after.opens or one is None or other is None or not (before.changed or after.changed):
            continue
        wide = is_wide(before.text[-1]) and is_wide(after.text[0])
        size = min(one.size_pt or one.box.height, 2 * max(one.box.height, 1.0))
        lacks = (_WIDE_GAP_EM if wide else _LEAST_GAP_EM) * size - (other.box.x0 - one.box.x1)
        # Beyond that they are in no order, or on two lines.
        if not 0 < lacks < 2 * size:
            continue
        shares = before.changed + after.changed
        if before.changed:
            give = min(lacks / shares, 0.5 * one.box.width)
            before.word = replace(one, box=one.box._replace(x1=one.box.x1 - give))
        if after.changed:
            give = min(lacks / shares, 0.5 * other.box.width)
            after.word = replace(other, box=other.box._replace(x0=other.box.x0 + give))


def page_of_lines(lines: Sequence[str], width: float, height: float) -> list[Word]:
    """Words of lines set one under the other from the top of a page; an empty line leaves white."""
    rows = [[Placed(token, None) for token in line.split()] for line in lines]
    return [word for row in _stacked(rows, width, height) for word in row]


def _stacked(rows: Sequence[Sequence[Placed]], width: float, height: float) -> list[list[Word]]:
    margin = _MARGIN * min(width, height)
    pitch = min(_PITCH_PT, (height - 2 * margin) / max(len(rows), 1))
    longest = max((sum(_ems(piece.text) + _GAP_EM for piece in row) for row in rows), default=1.0) or 1.0
    size = min(_SIZE_OF_PITCH * pitch, (width - 2 * margin) / longest)
    found = []
    for number, row in enumerate(rows):
        at, y0 = margin, margin + number * pitch
        words = []
        for piece in row:
            wide = _ems(piece.text) * size
            box = Box(at, y0, at + wide, y0 + _SIZE_OF_PITCH * pitch)
            words.append(Word(piece.text, box, 1.0, number, 0, size))
            at += wide + _GAP_EM * size
        found.append(words)
    return found
