"""Pictures of a page: their place, and the words in them, which are no part of the text around them.

A chart's labels read as lines of the text would cut it to pieces. They stay with the picture: its block has them as
lines, so that they are found by a search and missing from no export.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from statistics import median

from pipeline.extract.document import Block, Line
from pipeline.extract.layout import page_regions
from pipeline.extract.markers import caption_mark
from pipeline.types import Box, PageReading, Word

_MAX_FIGURES = 200
_MOST_WORK = 2_000_000  # words times figures looked at on a page
_PAGE_SHARE = 0.5  # a larger one with text on it is the ground that the text is printed on
_LABEL_LETTERS = 40  # a line of more is a sentence, and what holds several is a box with text in it
_SENTENCES = 2
_AXIS_PT = 22.0  # how far from an axis its names stand
_AXIS_SIZE = 0.9  # of the page's usual type size, below which small words there are names of an axis
_AXIS_LETTERS = 12
_SAME_EDGE_PT, _ALIGNED_LINES = 2.0, 3  # lines of type that begin at one edge are a text
_TALKS = 400  # letters in all from which on it is text, however short its lines


def figure_blocks(reading: PageReading) -> tuple[PageReading, list[Block]]:
    """Takes the pictures out of a page.

    Args:
        reading: as it came; what it tells of figures is taken for true but for grounds and frames of text.

    Returns:
        The reading without the words and rules inside of pictures, and the pictures from top to bottom.
    """
    if not reading.figures or reading.vertical:
        return reading, []
    most = min(_MAX_FIGURES, max(1, _MOST_WORK // (len(reading.words) + 1)))
    areas = sorted(set(reading.figures[:most]), key=lambda box: (box.y0, box.x0, box.x1, box.y1))
    inside: list[list[Word]] = [[] for _ in areas]
    rest: list[Word] = []
    labels = _labels_around(reading.words, areas)
    for word in reading.words:
        at = labels.get(id(word))
        (rest if at is None else inside[at]).append(word)
    usual = median(word.size_pt for word in reading.words) if reading.words else 0.0
    blocks = []
    page = reading.width_pt * reading.height_pt
    for area, words in zip(areas, inside, strict=True):
        lines = tuple(row.line for region in page_regions(replace(reading, words=tuple(words))) for row in region)
        large = area.width * area.height > _PAGE_SHARE * page
        if lines and (large or len(words) > len(reading.words) / 2 or _is_text(lines, usual)):
            rest += words
        else:
            blocks.append(Block("figure", reading.page_number, lines, area=area))
    taken = [block.area for block in blocks if block.area]
    rules = tuple(rule for rule in reading.rules if not any(_within(rule, area) for area in taken))
    order = {id(word): i for i, word in enumerate(reading.words)}
    rest.sort(key=lambda word: order[id(word)])
    return replace(reading, words=tuple(rest), rules=rules), blocks


def _labels_around(words: Sequence[Word], areas: Sequence[Box]) -> dict[int, int]:
    """For words (by `id`) in a picture, and for the names along the axes of a chart, the number of the picture."""
    found: dict[int, int] = {}
    around: list[list[Word]] = [[] for _ in areas]
    for word in words:
        for i, area in enumerate(areas):
            if _within(word.box, area):
                found[id(word)] = i
                break
            if _within(word.box, _wider(area, _AXIS_PT)):
                around[i].append(word)
    usual = median(word.size_pt for word in words) if words else 0.0
    for i, (area, near) in enumerate(zip(areas, around, strict=True)):
        small = [word for word in near if word.size_pt < (1.1 if word.text.isdecimal() else _AXIS_SIZE) * usual]
        for row in _levels(small):
            beyond = _wider(area, _AXIS_PT)
            if row[0].box.x0 < beyond.x0 or row[-1].box.x1 > beyond.x1 or caption_mark(" ".join(w.text for w in row)):
                continue
            gaps = [b.box.x0 - a.box.x1 for a, b in itertools.pairwise(row)]
            apart = all(gap > 0.8 * word.size_pt for gap, word in zip(gaps, row, strict=False))
            if apart and all(len(word.text) <= _AXIS_LETTERS for word in row):
                found |= {id(word): i for word in row if id(word) not in found}
    return found


def _levels(words: Sequence[Word]) -> list[list[Word]]:
    """Words that stand at one height, left to right."""
    levels: list[list[Word]] = []
    for word in sorted(words, key=lambda w: (w.box.y0 + w.box.y1, w.box.x0)):
        last = levels[-1][-1].box if levels else None
        if last is not None and abs(word.box.y0 + word.box.y1 - last.y0 - last.y1) < 0.6 * word.size_pt:
            levels[-1].append(word)
        else:
            levels.append([word])
    for level in levels:
        level.sort(key=lambda w: w.box.x0)
    return levels


def _wider(area: Box, by: float) -> Box:
    return Box(area.x0 - by, area.y0 - by, area.x1 + by, area.y1 + by)


def put_in_figures(blocks: Sequence[Block], figures: Sequence[Block]) -> list[Block]:
    """The blocks in their order with each figure beside its caption, else where it stands in its column."""
    placed = list(blocks)
    for figure in figures:
        box = figure.box
        beside = [
            (i, block)
            for i, block in enumerate(placed)
            if block.box.x0 < box.x1 and block.box.x1 > box.x0 and block.kind not in ("footnote", "header", "footer")
        ]
        middle = (box.y0 + box.y1) / 2
        above = [(block.box.y1, i) for i, block in beside if block.box.y0 + block.box.y1 < 2 * middle]
        below = [(block.box.y0, i) for i, block in beside if block.box.y0 + block.box.y1 >= 2 * middle]
        last = max(above)[1] if above else None
        first = min(below)[1] if below else None
        if first is not None and (last is None or _belongs(placed[first], placed[last], box)):
            placed.insert(first, figure)
        else:
            placed.insert(len(placed) if last is None else last + 1, figure)
    return placed


def _belongs(below: Block, above: Block, box: Box) -> bool:
    """Whether a figure goes with what stands below it rather than with what stands above."""
    if (below.kind == "caption") != (above.kind == "caption"):
        return below.kind == "caption"
    # In the column of the one whose width it shares: what is much wider runs across columns.
    return abs(below.box.width - box.width) < 0.8 * abs(above.box.width - box.width)


def _within(box: Box, area: Box) -> bool:
    x, y = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
    return area.x0 <= x <= area.x1 and area.y0 <= y <= area.y1


def _is_text(lines: Sequence[Line], usual: float) -> bool:
    """Whether what is printed on a picture is more than labels, which are small or stand here and there.

    Sidebars on a coloured ground are, and notices in boxes with round corners.
    """
    texts = [line.text for line in lines]
    if sum(map(len, texts)) > _TALKS or sum(len(text) > _LABEL_LETTERS for text in texts) >= _SENTENCES:
        return True
    sizes = [line.size_pt for line in lines]
    edges = Counter(round(line.box.x0 / _SAME_EDGE_PT) for line in lines)
    aligned = max(edges[edge] + edges[edge + 1] for edge in edges)
    return median(sizes) > _AXIS_SIZE * usual and aligned >= _ALIGNED_LINES and 2 * aligned > len(lines)
