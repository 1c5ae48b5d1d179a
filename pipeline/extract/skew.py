"""How far a scanned page lies askew, told from its words alone."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from pipeline.types import Word

_LEAST = 0.002  # slopes under an eighth of a degree do no harm
_MOST = 0.12
_LOOK_AHEAD = 12  # lines below that a line's left edge is compared with


def skew(groups: Sequence[Sequence[Word]], text_layer: bool) -> float:
    """Slope of the lines of type: rise over run, positive where they go down to the right.

    Args:
        groups: the words of each line, as the reader grouped them; words have positive sizes.
        text_layer: only scans are judged by their left edges, which in born-digital pages may slant on purpose.

    Returns:
        The slope, or 0.0 where there is none or it cannot be told.
    """
    slopes = []
    for group in groups:
        if len(group) < 2:
            continue
        first, last = min(group, key=lambda w: w.box.x0), max(group, key=lambda w: w.box.x0)
        run = (last.box.x0 + last.box.x1 - first.box.x0 - first.box.x1) / 2
        if run > 8 * max(first.size_pt, last.size_pt):
            slopes.append(((last.box.y0 + last.box.y1) - (first.box.y0 + first.box.y1)) / 2 / run)
    told = [slope for slope in slopes if abs(slope) > 1e-6]
    if len(told) < 0.5 * len(slopes) or not slopes:
        # Words cut out of one upright box a line say nothing: they all stand at its height.
        if text_layer:
            return 0.0
        slopes = _edge_slopes(groups)
    return _agreed(slopes)


def _edge_slopes(groups: Sequence[Sequence[Word]]) -> list[float]:
    """How left edges of lines drift from line to line down the page: the same angle, the other way."""
    edges = sorted(
        (min(w.box.y0 for w in group), min(w.box.x0 for w in group), group[0].size_pt) for group in groups if group
    )
    slopes = []
    for i, (y, x, size) in enumerate(edges):
        for below_y, below_x, _ in edges[i + 1 : i + 1 + _LOOK_AHEAD]:
            if below_y - y > 4 * size and abs(below_x - x) < 0.6 * size:
                slopes.append((x - below_x) / (below_y - y))
    return slopes


def _agreed(slopes: Sequence[float]) -> float:
    """The middle of the slopes where most are near it and it is neither nothing nor absurd."""
    if len(slopes) < 4:
        return 0.0
    middle = median(slopes)
    spread = median(abs(slope - middle) for slope in slopes)
    return middle if _LEAST < abs(middle) < _MOST and spread < 0.5 * abs(middle) + _LEAST else 0.0
