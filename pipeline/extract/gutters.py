"""Gutters: where columns may be parted, and the stretches of a page that a gutter divides."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

from pipeline.extract.columns import is_columns
from pipeline.extract.lines import Segment

_MAX_GUTTERS = 8
_MARGIN_EM = 0.15  # what reaches no further over a gutter's middle does not cross it
_HANGING = frozenset("，。、；：！？）》」』】")

Stretch = tuple[list[Segment], list[Segment], list[Segment]]  # left of the gutter, right of it, across it


def best_gutter(ordered: Sequence[Segment], size: float) -> tuple[float, list[Stretch]]:
    """The gutter that divides most segments into columns in few stretches; none is (0.0, [])."""
    best: tuple[float, list[Stretch]] = (0.0, [])
    most = 0
    for x in _gutters(ordered, size):
        stretches = _stretches(_parted(ordered, x, size), x)
        divided = [len(left) + len(right) - 3 for left, right, _ in stretches if is_columns(left, right, size)]
        if sum(divided) > most:
            most, best = sum(divided), (x, stretches)
            if len(stretches) == 1:
                break
    return best


def _gutters(segments: Sequence[Segment], size: float) -> list[float]:
    """Places (x in points) that few segments cross though many stand on either side, best first."""
    change: dict[float, int] = {}
    for segment in segments:
        change[segment.x0] = change.get(segment.x0, 0) + 1
        change[segment.x1] = change.get(segment.x1, 0) - 1
    xs = sorted(change)
    coverage = []
    running = 0
    for x in xs:
        running += change[x]
        coverage.append(running)  # between this x and the next
    right_peak = [0] * (len(xs) + 1)
    for i in range(len(xs) - 1, -1, -1):
        right_peak[i] = max(right_peak[i + 1], coverage[i])
    found = []
    left_peak = 0
    for i in range(len(xs) - 1):
        prominence = min(left_peak, right_peak[i + 1]) - coverage[i]
        if prominence >= 2:
            width = xs[i + 1] - xs[i]
            found.append((prominence + min(width / size, 9.0) / 10, (xs[i] + xs[i + 1]) / 2))
        left_peak = max(left_peak, coverage[i])
    best: list[float] = []
    for _, x in sorted(found, reverse=True):
        if all(abs(x - other) > 0.5 * size for other in best):
            best.append(x)
            if len(best) == _MAX_GUTTERS:
                break
    return best


def _parted(ordered: Sequence[Segment], x: float, size: float) -> list[Segment]:
    """The segments, those cut in two that run over the gutter only because a line comes near it.

    Gutters of newspapers are narrow, and Chinese marks may hang out into them.
    """
    parted: list[Segment] = []
    for segment in ordered:
        at = _hole_near(segment, x, size) if segment.x0 < x < segment.x1 else 0
        if not at:
            parted.append(segment)
            continue
        shift = segment.x0 - segment.words[0].box.x0  # of the deskewed page against the page
        left, right = segment.words[:at], segment.words[at:]
        parted.append(replace(segment, words=left, x1=max(word.box.x1 for word in left) + shift))
        parted.append(replace(segment, words=right, x0=right[0].box.x0 + shift))
    return parted


def _hole_near(segment: Segment, x: float, size: float) -> int:
    """Number of the word after the one hole of the segment that may be the gutter at x; 0 without."""
    shift = segment.x0 - segment.words[0].box.x0
    gaps = []
    for before, after in itertools.pairwise(segment.words):
        hanging = 0.4 * size if before.text[-1] in _HANGING else 0.0  # half of such a mark's square is white
        gaps.append((after.box.x0 - before.box.x1 + hanging, (before.box.x1 - hanging + after.box.x0) / 2 + shift))
    if not gaps:
        return 0
    at = max(range(len(gaps)), key=lambda i: gaps[i][0])
    gap, middle = gaps[at]
    others = max((other for i, (other, _) in enumerate(gaps) if i != at), default=0.0)
    return at + 1 if gap > max(0.5 * size, 1.4 * others) and abs(middle - x) < size else 0


def _stretches(ordered: Sequence[Segment], x: float) -> list[Stretch]:
    """The segments from top to bottom in stretches that the gutter at x divides, and ones that run across it."""
    stretches: list[Stretch] = []
    for i, segment in enumerate(ordered):
        hanging = 0.5 * segment.size if segment.words[-1].text[-1] in _HANGING else 0.0
        crosses = segment.x0 < x - _MARGIN_EM * segment.size and x + _MARGIN_EM * segment.size < segment.x1 - hanging
        if crosses and segment.weight <= 2 and 0 < i < len(ordered) - 1:
            crosses = False  # a speck read as a letter must not break a column
        if not stretches or crosses != bool(stretches[-1][2]):
            stretches.append(([], [], []))
        side = 2 if crosses else int(segment.x0 + segment.x1 >= 2 * x)
        stretches[-1][side].append(segment)
    return stretches
