"""Columns of text that no rule parts: white that runs down through line after line."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from pipeline.extract.tables.tokens import Token

HOLE_EM = 1.0  # white that cuts a line into segments; spaces of justified type are narrower
GUTTER_EM = 0.6  # white that must be free through all lines
_TOUCH_EM = 0.3  # a segment that reaches less far into a column does not stand in it
_SPLIT_EM = 0.3  # white between two words that may be the border of two cells where a gutter runs through it


@dataclass(slots=True)
class Segment:
    """Words of one line without a hole between them."""

    tokens: list[Token]
    x0: float
    x1: float


@dataclass(slots=True)
class TextLine:
    """One line of type across the page or column."""

    tokens: list[Token]
    y0: float
    y1: float
    size: float
    segments: list[Segment] = field(default_factory=list)

    @property
    def yc(self) -> float:
        """Its middle."""
        return (self.y0 + self.y1) / 2


def text_line(tokens: Sequence[Token], hole_em: float = HOLE_EM) -> TextLine:
    """The line with its segments, from its words left to right."""
    size = median(token.size for token in tokens)
    middle = median(token.yc for token in tokens)
    line = TextLine(list(tokens), middle - 0.55 * size, middle + 0.55 * size, size)
    for token in tokens:
        last = line.segments[-1] if line.segments else None
        if last is not None and token.x0 - last.x1 <= hole_em * size:
            last.tokens.append(token)
            last.x1 = max(last.x1, token.x1)
        else:
            line.segments.append(Segment([token], token.x0, token.x1))
    return line


def gutters(lines: Sequence[TextLine], size: float, widest: float = GUTTER_EM) -> list[tuple[float, float]]:
    """White between columns of the lines that have most cells, left to right, as (from, to) in points."""
    several = [line for line in lines if len(line.segments) > 1]
    if not several:
        return []
    usual = median(len(line.segments) for line in several)
    full = [line for line in several if len(line.segments) >= usual]
    found = _free(full, size, widest)
    if len(full) >= 4:
        # A head is often wider than the column below it.
        body = _free(full[1:], size, widest)
        if len(body) > len(found):
            return body
    return found


def _free(lines: Sequence[TextLine], size: float, widest: float) -> list[tuple[float, float]]:
    pieces = sorted((s.x0, s.x1) for line in lines for s in line.segments)
    found = []
    end = pieces[0][1]
    for x0, x1 in pieces[1:]:
        if x0 - end >= widest * size:
            found.append((end, x0))
        end = max(end, x1)
    return found


def beside_one_another(lines: Sequence[TextLine]) -> list[Segment]:
    """What the lines of one row of cells cover, as the segments of one line."""
    size = median(line.size for line in lines)
    covered: list[Segment] = []
    for segment in sorted((s for line in lines for s in line.segments), key=lambda s: s.x0):
        if covered and segment.x0 - covered[-1].x1 <= GUTTER_EM * size:
            covered[-1].x1 = max(covered[-1].x1, segment.x1)
        else:
            covered.append(Segment(segment.tokens, segment.x0, segment.x1))
    return covered


def edges(white: Sequence[tuple[float, float]], lines: Sequence[TextLine]) -> list[float]:
    """Borders of the columns: the middles of the gutters and the outermost words."""
    x0 = min(line.segments[0].x0 for line in lines)
    x1 = max(segment.x1 for line in lines for segment in line.segments)
    return [x0, *((a + b) / 2 for a, b in white), x1]


def placed(
    line: TextLine, white: Sequence[tuple[float, float]], xs: Sequence[float]
) -> list[tuple[int, int, list[Token]]]:
    """The line's words by column: first column, last column, words. Words over a gutter are cut where they can be."""
    columns = len(xs) - 1
    found: list[tuple[int, int, list[Token]]] = []
    for segment in line.segments:
        touch = _TOUCH_EM * line.size
        over = [
            i for i, (a, b) in enumerate(white)
            if segment.x0 < (a + b) / 2 and segment.x1 > b + touch and segment.x0 < a - touch
        ]  # fmt: skip
        parts = _parted(segment.tokens, over, xs, line.size)
        for tokens in parts:
            x0, x1 = tokens[0].x0, max(t.x1 for t in tokens)
            inside = [
                c for c in range(columns)
                if min(x1, xs[c + 1]) - max(x0, xs[c]) > (touch if len(parts) == 1 and over else 0.5 * (x1 - x0))
            ]  # fmt: skip
            if not inside:
                middle = (x0 + x1) / 2
                inside = [max((c for c in range(columns) if xs[c] <= middle), default=0)]
            if found and found[-1][1] >= inside[0]:
                first, last, before = found[-1]
                found[-1] = (min(first, inside[0]), max(last, inside[-1]), before + tokens)
            else:
                found.append((inside[0], inside[-1], tokens))
    return found


def _parted(tokens: list[Token], over: Sequence[int], xs: Sequence[float], size: float) -> list[list[Token]]:
    """A segment cut at each gutter it lies over, or whole where a word lies on one of them."""
    if not over:
        return [tokens]
    parts: list[list[Token]] = [[tokens[0]]]
    cuts = [xs[i + 1] for i in over]
    done = 0
    for before, after in itertools.pairwise(tokens):
        wanted = [x for x in cuts if before.xc < x <= after.xc]
        if wanted and after.x0 - before.x1 >= _SPLIT_EM * size:
            parts.append([])
            done += len(wanted)
        parts[-1].append(after)
    return parts if done == len(cuts) else [tokens]
