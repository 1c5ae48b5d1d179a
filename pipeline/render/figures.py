"""Which images and drawings of a page are pictures: photographs, charts, logos. Pure functions on boxes."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.types import Box, Word

MOST_FIGURES = 200

_SMALLEST_PT = 24.0  # shorter sides are bullets, icons, ticks
_PAGE_SHARE = 0.85  # an image of more of the page is its background, or a scan
_TEXT_SHARE = 0.35  # what has more of its area under words is text with a frame or a ground; paragraphs have 0.6
_THINNEST_BAR_PT, _FEWEST_BARS = 3.0, 3
_IMAGE_CELLS, _DRAWING_CELLS = 256, 96  # of the page's longer side: what shares or touches one belongs together
_REACH, _NEAR_PT = 0.6, 12.0  # how far frames and axes stand out of a curve, of its size, and how near they are


def find_figures(
    images: Sequence[Box], slanted: Sequence[Box], level: Sequence[Box], words: Sequence[Box], size: tuple[float, float]
) -> tuple[Box, ...]:
    """Pictures on a page, from the top.

    Args:
        images: where images stand; the strips of one are joined.
        slanted: boxes of curves and of slanted lines: drawings are made of them, tables are not.
        level: boxes of lines and edges along the page's sides: frames and axes, where they surround a drawing.
        words: boxes of the page's words.
        size: width and height of the page in points.

    All boxes are in points of the upright page and lie within it.
    """
    width, height = size
    found = [
        box for box in _clusters(images, size, _IMAGE_CELLS) if box.width * box.height < _PAGE_SHARE * width * height
    ]
    lines = np.array(level, float).reshape(-1, 4)
    for box in _clusters(slanted, size, _DRAWING_CELLS):
        if min(box.width, box.height) >= _SMALLEST_PT:
            found.append(_framed(box, lines))
    found = [box for box in found if min(box.width, box.height) >= _SMALLEST_PT]
    found = _merged(sorted(found, key=lambda box: -box.width * box.height)[:MOST_FIGURES])
    text = np.array(words, float).reshape(-1, 4)
    figures = [box for box in found if _share_under(box, text) <= _TEXT_SHARE]
    return tuple(sorted(figures, key=lambda box: (box.y0, box.x0)))


def find_bars(filled: Sequence[Box], words: Sequence[Word]) -> list[Box]:
    """Charts of bars, told by three and more filled rectangles of one width and different heights on one line.

    Args:
        filled: filled rectangles on the upright page.
        words: of the page; bars are empty, shaded cells of a table are not.
    """
    centres = np.array([((w.box.x0 + w.box.x1) / 2, (w.box.y0 + w.box.y1) / 2) for w in words]).reshape(-1, 2)
    found = []
    for level in (False, True):  # upright bars stand on one height, level ones begin at one edge
        groups: dict[int, list[Box]] = {}
        for box in filled:
            if min(box.width, box.height) > _THINNEST_BAR_PT:
                groups.setdefault(round(box.x0 if level else box.y1), []).append(box)
        for bars in groups.values():
            lengths = {round((bar.width if level else bar.height) / 2) for bar in bars}
            widths = sorted(bar.height if level else bar.width for bar in bars)
            if len(bars) < _FEWEST_BARS or len(lengths) < _FEWEST_BARS or widths[-1] > 1.5 * widths[0]:
                continue
            if 2 * sum(_holds_word(bar, centres) for bar in bars) < len(bars):
                found.append(functools.reduce(Box.union, bars))
    return found


def _holds_word(bar: Box, centres: NDArray[np.float64]) -> bool:
    x, y = centres.T
    return bool(((x > bar.x0) & (x < bar.x1) & (y > bar.y0) & (y < bar.y1)).any())


def _clusters(boxes: Sequence[Box], size: tuple[float, float], cells: int) -> list[Box]:
    """Joins boxes that stand in the same or in neighbouring cells of a grid laid over the page."""
    if not boxes:
        return []
    cell = max(*size, 1.0) / cells
    grid = np.zeros((cells + 1, cells + 1), bool)
    spans = np.clip(np.array(boxes) / cell, 0, cells).astype(int)
    for x0, y0, x1, y1 in spans.tolist():
        grid[y0 : y1 + 1, x0 : x1 + 1] = True
    labels = _labelled(grid)
    clusters: dict[int, Box] = {}
    for box, (x0, y0, _, _) in zip(boxes, spans.tolist(), strict=True):
        label = int(labels[y0, x0])
        clusters[label] = clusters[label].union(box) if label in clusters else box
    return list(clusters.values())


def _labelled(grid: NDArray[np.bool_]) -> NDArray[np.int32]:
    """A number for every group of set cells that touch at sides or corners, from runs of rows that overlap."""
    labels = np.zeros(grid.shape, np.int32)
    parents: list[int] = [0]

    def root(label: int) -> int:
        while parents[label] != label:
            parents[label] = parents[parents[label]]
            label = parents[label]
        return label

    for y in np.flatnonzero(grid.any(axis=1)).tolist():
        edges = np.flatnonzero(np.diff(np.concatenate(([False], grid[y], [False])).astype(np.int8)))
        for start, end in edges.reshape(-1, 2).tolist():
            label = len(parents)
            parents.append(label)
            if y:
                for above in set(labels[y - 1, max(start - 1, 0) : end + 1].tolist()) - {0}:
                    parents[root(above)] = root(label)
            labels[y, start:end] = label
    roots = np.array([root(label) for label in range(len(parents))], np.int32)
    return np.asarray(roots[labels], np.int32)


def _framed(box: Box, lines: NDArray[np.float64]) -> Box:
    """A drawing together with the frames, axes and bars about it that are not much larger than itself."""
    if not len(lines):
        return box
    right, down = _REACH * box.width, _REACH * box.height
    x0, y0, x1, y1 = lines.T
    near = (x0 >= box.x0 - right) & (y0 >= box.y0 - down) & (x1 <= box.x1 + right) & (y1 <= box.y1 + down)
    near &= (
        (x0 <= box.x1 + _NEAR_PT) & (x1 >= box.x0 - _NEAR_PT) & (y0 <= box.y1 + _NEAR_PT) & (y1 >= box.y0 - _NEAR_PT)
    )
    if not near.any():
        return box
    around = Box(*lines[near, :2].min(axis=0).tolist(), *lines[near, 2:].max(axis=0).tolist())
    return box.union(around)


def _merged(boxes: list[Box]) -> list[Box]:
    """Boxes that overlap become one, until none do."""
    out: list[Box] = []
    for box in boxes:
        while other := next(
            (o for o in out if o.x0 < box.x1 and box.x0 < o.x1 and o.y0 < box.y1 and box.y0 < o.y1), None
        ):
            out.remove(other)
            box = box.union(other)
        out.append(box)
    return out


def _share_under(box: Box, words: NDArray[np.float64]) -> float:
    """Share of a box's area under words, which hardly overlap one another."""
    wide = np.minimum(words[:, 2], box.x1) - np.maximum(words[:, 0], box.x0)
    high = np.minimum(words[:, 3], box.y1) - np.maximum(words[:, 1], box.y0)
    return float((np.clip(wide, 0, None) * np.clip(high, 0, None)).sum()) / (box.width * box.height)
