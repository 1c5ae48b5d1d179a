"""Rules of a page as strokes: pieces on one line joined, double lines made one, frames taken apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.extract.tables.tokens import level_rule
from pipeline.types import Box

MAX_STROKES = 1500  # of one direction, the longest ones; pages of drawings have more, tables have not
SNAP_PT = 2.2  # pieces whose middles are nearer than this lie on one line
GAP_PT, GAP_SCAN_PT = 4.5, 9.0  # white within a dashed or broken line
_THICK_PT = 6.0  # thicker is a filled cell, whose four sides count
_SHORT_PT = 5.0


@dataclass(frozen=True, slots=True)
class Stroke:
    """A level or upright line: where it lies across its direction, and from where to where it runs, in points."""

    at: float
    start: float
    end: float

    @property
    def length(self) -> float:
        """In points."""
        return self.end - self.start


def strokes(rules: Sequence[Box], slope: float, scan: bool) -> tuple[list[Stroke], list[Stroke]]:
    """Level and upright strokes of the level page, each sorted by place.

    Args:
        rules: lines of the page; thick ones are filled rectangles.
        slope: of the page, see `tokens.page_slope`.
        scan: rules of scans wander by a pixel or two.
    """
    level: list[Stroke] = []
    upright: list[Stroke] = []
    for rule in rules:
        x0, y0, x1, y1 = level_rule(rule, slope)
        x0, x1, y0, y1 = min(x0, x1), max(x0, x1), min(y0, y1), max(y0, y1)
        width, height = x1 - x0, y1 - y0
        if min(width, height) > _THICK_PT:
            level += [Stroke(y0, x0, x1), Stroke(y1, x0, x1)]
            upright += [Stroke(x0, y0, y1), Stroke(x1, y0, y1)]
        elif width >= height:
            level.append(Stroke((y0 + y1) / 2, x0, x1))
        else:
            upright.append(Stroke((x0 + x1) / 2, y0, y1))
    snap = 1.4 * SNAP_PT if scan else SNAP_PT
    gap = GAP_SCAN_PT if scan else GAP_PT
    return _joined(level, snap, gap), _joined(upright, snap, gap)


def _joined(pieces: Iterable[Stroke], snap: float, gap: float) -> list[Stroke]:
    """Pieces that lie on one line as one stroke; the longest `MAX_STROKES` of them."""
    ordered = sorted(pieces, key=lambda s: (s.at, s.start))
    found: list[Stroke] = []
    i = 0
    while i < len(ordered):
        j = i
        while j < len(ordered) and ordered[j].at - ordered[i].at <= snap:
            j += 1
        found += _runs(ordered[i:j], gap)
        i = j
    found = [stroke for stroke in found if stroke.length >= _SHORT_PT]
    if len(found) > MAX_STROKES:
        found = sorted(found, key=lambda s: -s.length)[:MAX_STROKES]
    return sorted(found, key=lambda s: (s.at, s.start))


def _runs(line: Sequence[Stroke], gap: float) -> list[Stroke]:
    """Strokes of one line joined over small gaps."""
    runs: list[Stroke] = []
    total = weight = 0.0
    for piece in sorted(line, key=lambda s: s.start):
        if runs and piece.start - runs[-1].end <= gap:
            total += piece.at * max(piece.length, 0.1)
            weight += max(piece.length, 0.1)
            runs[-1] = Stroke(total / weight, runs[-1].start, max(runs[-1].end, piece.end))
        else:
            total, weight = piece.at * max(piece.length, 0.1), max(piece.length, 0.1)
            runs.append(piece)
    return runs


def places(values: Iterable[float], apart: float) -> list[float]:
    """Values nearer than `apart` as one, ascending."""
    found: list[list[float]] = []
    for value in sorted(values):
        if found and value - found[-1][0] <= apart:
            found[-1].append(value)
        else:
            found.append([value])
    return [sum(group) / len(group) for group in found]
