"""Words to rows: which words stand on one line of type, and where a line is broken by a hole.

The reader's line numbers are a start, not the truth: a line that runs across two columns is cut at the hole
(`Segment`), and only `layout` decides which segments belong side by side. Coordinates in here are turned upright
(`skew`) so that a scan laid askew by a degree or two has level lines; boxes handed on are the original ones.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median

from pipeline.extract.document import Line
from pipeline.extract.join import clean_text, han_count, needs_space
from pipeline.extract.letterspacing import set_apart
from pipeline.extract.sizes import typeset_size
from pipeline.extract.skew import skew
from pipeline.types import Box, PageReading, Word

_HOLE_EM = 1.0  # white that cuts a line into segments; segments of one column are put together again later
TABULAR_EM = 2.0  # white within a finished line that makes it a row of cells rather than running text
_NEIGHBOURS = 6  # rows looked at when a word is placed: bounds the work on garbage, real pages need two


@dataclass(slots=True)
class Segment:
    """A run of words on one line without a hole. Coordinates are points of the deskewed page."""

    words: list[Word]
    x0: float
    y0: float
    x1: float
    y1: float
    size: float
    order: int = 0
    vertical: bool = False

    @property
    def yc(self) -> float:
        """Height of its middle."""
        return (self.y0 + self.y1) / 2

    @property
    def weight(self) -> int:
        """Letters, a Han character counting as two."""
        return sum(len(word.text) + han_count(word.text) for word in self.words)


@dataclass(slots=True)
class Row:
    """A finished line with what block building wants to know of it.

    Attributes:
        hole_em: widest white between two of its words, in type sizes.
        text_layer: sizes and boxes are exact.
    """

    line: Line
    x0: float
    x1: float
    yc: float
    size: float
    hole_em: float
    text_layer: bool
    weight: int = 0
    region: int = 0
    band: int = 0
    kind: str = field(default="")

    @property
    def text(self) -> str:
        """The line's text."""
        return self.line.text


def page_segments(reading: PageReading) -> list[Segment]:
    """All words of the page as segments of level lines, in no particular order."""
    words = [word for word in map(_cleaned, reading.words) if word is not None]
    groups: dict[int, list[Word]] = defaultdict(list)
    for word in words:
        groups[word.line].append(word)
    text_layer = reading.source == "text_layer"
    slope = skew(list(groups.values()), text_layer)
    segments: list[Segment] = []
    for group in groups.values():
        if _is_vertical(group):
            segments.append(_vertical_segment(group))
            continue
        # OCR tells a line's size by the height of its box, which a skewed line fills from corner to corner.
        lean = 0.0
        if slope and not text_layer:
            height = max(w.box.y1 for w in group) - min(w.box.y0 for w in group)
            if group[0].size_pt > 0.9 * height:
                lean = abs(slope) * (max(w.box.x1 for w in group) - min(w.box.x0 for w in group))
        pieces = [_piece(word, slope, lean) for word in group]
        for row in rows_of(pieces, overlap=0.4):
            segments.extend(_cut_at_holes(row))
    for order, segment in enumerate(segments):
        segment.order = order
    return segments


def rows_of(segments: Iterable[Segment], overlap: float = 0.5) -> list[list[Segment]]:
    """Segments grouped by the line they stand on, top to bottom, each group left to right.

    Args:
        segments: of one region.
        overlap: share of the lower one's height that two must have in common.
    """
    rows: list[list[Segment]] = []
    bands: list[tuple[float, float]] = []  # of the tallest member of each row
    for segment in sorted(segments, key=lambda s: (s.y0 + s.y1, s.x0)):
        height = segment.y1 - segment.y0
        best, best_share = -1, overlap
        for i in range(len(rows) - 1, max(-1, len(rows) - 1 - _NEIGHBOURS), -1):
            y0, y1 = bands[i]
            share = (min(y1, segment.y1) - max(y0, segment.y0)) / min(height, y1 - y0)
            if share > best_share:
                best, best_share = i, share
        if best < 0:
            rows.append([segment])
            bands.append((segment.y0, segment.y1))
        else:
            rows[best].append(segment)
            if height > bands[best][1] - bands[best][0]:
                bands[best] = (segment.y0, segment.y1)
    for row in rows:
        row.sort(key=lambda s: (s.x0, s.order))
    return rows


def finish_row(segments: Sequence[Segment], text_layer: bool) -> Row:
    """The row of segments as a line of text."""
    words = [word for segment in segments for word in segment.words]
    widest = max(segments, key=lambda s: s.x1 - s.x0)
    size = _main_size(words) if text_layer else widest.size
    parts = [words[0].text]
    hole = 0.0
    vertical = segments[0].vertical
    last = len(words) - 2
    gaps_em = [(after.box.x0 - before.box.x1) / size for before, after in itertools.pairwise(words)]
    tight = [False] * len(gaps_em) if vertical else set_apart([word.text for word in words], gaps_em)
    for i, (before, after) in enumerate(itertools.pairwise(words)):
        gap_em = 0.3 if vertical else gaps_em[i]
        if gap_em < -1.0:
            gap_em = TABULAR_EM  # a cell put here from the row below
        if tight[i]:
            parts.append(after.text)
            continue
        speck = (i == 0 and _is_speck(before, opens=True)) or (i == last and _is_speck(after))
        if text_layer or not speck:
            hole = max(hole, gap_em)
        if needs_space(before.text, after.text, gap_em, text_layer):
            parts.append(" ")
        parts.append(after.text)
    boxes = [word.box for word in words]
    box = Box(min(b.x0 for b in boxes), min(b.y0 for b in boxes), max(b.x1 for b in boxes), max(b.y1 for b in boxes))
    bold = sum(len(word.text) for word in words if word.bold)
    total = sum(len(word.text) for word in words)
    if not text_layer:
        size = _size_read(widest)
    line = Line("".join(parts), box, size, bold > 0.85 * total, tuple(words))
    weight = len(line.text) + han_count(line.text)
    yc = sum(s.yc for s in segments) / len(segments)
    x0, x1 = segments[0].x0, max(s.x1 for s in segments)
    if not text_layer and len(words) > 1:
        # A speck beside the line must not move the edges of its column.
        x0 += words[1].box.x0 - words[0].box.x0 if _is_speck(words[0], opens=True) else 0.0
        x1 -= words[-1].box.x1 - words[-2].box.x1 if _is_speck(words[-1]) else 0.0
    return Row(line, x0, x1, yc, size, hole, text_layer, weight)


def _size_read(segment: Segment) -> float:
    """Type size of a segment that OCR read; wide white between its words is not counted."""
    text, width = segment.words[0].text, segment.words[0].box.width
    for before, after in itertools.pairwise(segment.words):
        white = min(max(after.box.x0 - before.box.x1, 0.0), 0.35 * segment.size)
        text += (" " if white > 0.15 * segment.size else "") + after.text
        width += white + after.box.width
    return typeset_size(text, width, segment.size)


def _is_speck(word: Word, opens: bool = False) -> bool:
    """What an OCR engine makes of dirt and rules: it must not pass for a cell. At a line's start it may be a bullet."""
    return len(word.text) == 1 and word.text in ("|!,'`_~\":;" if opens else "|!.,'`-_~\"·:;")


def _main_size(words: Sequence[Word]) -> float:
    """Type size that most of the letters have; small capitals or a raised number do not count."""
    sizes: dict[float, int] = {}
    for word in words:
        sizes[word.size_pt] = sizes.get(word.size_pt, 0) + len(word.text)
    return max(sizes, key=lambda size: (sizes[size], size))


def _cleaned(word: Word) -> Word | None:
    """The word with plain text and an orderly box, or None where nothing is left of it."""
    text = clean_text(word.text)
    if not text:
        return None
    x0, y0, x1, y1 = word.box
    if text == word.text and x0 < x1 and y0 < y1 and word.size_pt > 0:
        return word
    x0, x1, y0, y1 = min(x0, x1), max(x0, x1), min(y0, y1), max(y0, y1)
    size = word.size_pt if word.size_pt > 0 else (y1 - y0) or 10.0
    return Word(text, Box(x0, y0, x1, y1), word.confidence, word.line, word.block, size, word.bold)


def _piece(word: Word, slope: float, lean: float) -> Segment:
    """The word alone as a segment, its box turned upright; `lean` is what the skew adds to its line's height."""
    x0, y0, x1, y1 = word.box
    size = max(word.size_pt - lean, 0.5 * word.size_pt)
    middle = (y0 + y1) / 2
    shift = slope * middle
    middle -= slope * (x0 + x1) / 2
    # Fonts claim boxes of up to twice their size, and a box around a skewed line is higher than the line.
    height = y1 - y0
    half = (height if 0 < height < 1.25 * size else 1.25 * size) / 2
    return Segment([word], x0 + shift, middle - half, max(x1, x0 + 0.1) + shift, middle + max(half, 0.05), size)


def _vertical_segment(words: list[Word]) -> Segment:
    box = words[0].box
    for word in words[1:]:
        box = box.union(word.box)
    return Segment(words, *box, size=max(0.1, median(word.size_pt for word in words)), vertical=True)


def _is_vertical(group: Sequence[Word]) -> bool:
    """Rotated text and vertical Chinese: words of several characters, taller than wide."""
    tall = sum(len(w.text) for w in group if len(w.text) > 1 and w.box.height > 1.6 * w.box.width)
    return tall > 0 and tall > 0.6 * sum(len(w.text) for w in group)


def _cut_at_holes(row: Sequence[Segment]) -> list[Segment]:
    """Words of one line as segments; a word printed twice on the same spot (shadow, false bold) is kept once."""
    segments: list[Segment] = []
    for piece in row:
        word = piece.words[0]
        if segments:
            last = segments[-1]
            size = max(last.size, piece.size) if len(last.words) == 1 else last.size
            end = last.words[-1]
            if end.text == word.text and abs(end.box.x0 - word.box.x0) < 0.2 * size:
                continue
            if piece.x0 - last.x1 <= _HOLE_EM * size:
                last.words.append(word)
                last.x1 = max(last.x1, piece.x1)
                last.y0, last.y1 = min(last.y0, piece.y0), max(last.y1, piece.y1)
                last.size = max(last.size, piece.size) if piece.x1 - piece.x0 > 0.5 * (last.x1 - last.x0) else last.size
                continue
        segments.append(piece)
    return segments
