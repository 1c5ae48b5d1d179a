"""What a PDF page is made of: images and how much of it they cover, text, drawings. Decodes no image."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pymupdf

from pipeline.types import Box

_GRID = 64  # cells a side in which coverage is counted
_MOST_PATHS = 1500  # that are compared with one another
_MOST_COVERS, _MOST_ABOVE = 100, 500


@dataclass(frozen=True, slots=True)
class PlacedImage:
    """An image on a page.

    Attributes:
        box: where it stands, in points of the page before rotation.
        width_px, height_px: its own size.
        dpi_x, dpi_y: its pixels an inch on the page, along its own axes.
        quarter_turns: 0 where its rows lie along the page's, 1 where they stand across, None where it is askew.
    """

    box: Box
    width_px: int
    height_px: int
    dpi_x: float
    dpi_y: float
    quarter_turns: int | None


@dataclass(frozen=True, slots=True)
class Cover:
    """An image that hides what was drawn before it.

    Attributes:
        box: where it stands, in points of the page before rotation.
        above: boxes of runs of text that are drawn after it, and may stand on it.
    """

    box: Box
    above: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class Contents:
    """What is drawn on a page.

    Attributes:
        images: those of more than a few pixels.
        coverage: share of the page under images, 0..1.
        paths: boxes of filled and stroked paths and shadings.
        text_runs: runs of text that are drawn.
        text_under: how many of those a later image of the whole page hides.
        covers: smaller images without transparency that are drawn over text.
        coloured: some of the images have colours.
    """

    images: tuple[PlacedImage, ...]
    coverage: float
    paths: tuple[Box, ...]
    text_runs: int
    text_under: int
    covers: tuple[Cover, ...] = ()
    coloured: bool = False

    @property
    def blank(self) -> bool:
        """Nothing at all is drawn."""
        return not (self.images or self.paths or self.text_runs)

    def glyph_paths(self) -> int:
        """How many paths may be letters: of their size and apart from one another, unlike the facets of a plot.

        Text that was turned into outlines has hundreds.
        """
        boxes = np.array([box for box in self.paths if 3 <= box.height <= 40 and 1 <= box.width <= 60][:_MOST_PATHS])
        if not len(boxes):
            return 0
        x0, y0, x1, y1 = boxes.T[:, :, None]
        common = np.clip(np.minimum(x1, x1.T) - np.maximum(x0, x0.T), 0, None)
        common *= np.clip(np.minimum(y1, y1.T) - np.maximum(y0, y0.T), 0, None)
        np.fill_diagonal(common, 0.0)
        apart = common.max(axis=1) < 0.25 * ((x1 - x0) * (y1 - y0))[:, 0]
        return int(apart.sum())


def examine(page: pymupdf.Page) -> Contents:
    """Lists what a page draws; interprets it twice without rendering."""
    width, height = page.rect.width, page.rect.height
    if page.rotation in (90, 270):
        width, height = height, width
    covered = np.zeros((_GRID, _GRID), bool)
    images = []
    opaque = set()
    coloured = False
    for info in page.get_image_info():
        placed = _placed(info)
        if placed is None:
            continue
        images.append(placed)
        coloured |= info["colorspace"] >= 3 or "Indexed" in info["cs-name"]
        if not info["has-mask"]:
            opaque.add(_whole(placed.box))
        x0, x1 = (round(min(max(x / width, 0), 1) * _GRID) for x in (placed.box.x0, placed.box.x1))
        y0, y1 = (round(min(max(y / height, 0), 1) * _GRID) for y in (placed.box.y0, placed.box.y1))
        covered[y0:y1, x0:x1] = True
    paths: list[Box] = []
    runs: list[Box] = []
    covers: list[tuple[int, Box]] = []
    text_under = 0
    for kind, corners in page.get_bboxlog():
        box = Box(*corners)
        if kind in {"fill-path", "stroke-path", "fill-shade"}:
            paths.append(box)
        elif kind in {"fill-text", "stroke-text"}:
            runs.append(box)
        elif kind == "fill-image" and box.width * box.height > 0.8 * width * height:
            text_under = len(runs)
        elif kind == "fill-image" and runs and _whole(box) in opaque:
            covers.append((len(runs), box))
    under = _covers(runs, covers) if covers else ()
    return Contents(tuple(images), float(covered.mean()), tuple(paths), len(runs), text_under, under, coloured)


def _covers(runs: list[Box], covers: list[tuple[int, Box]]) -> tuple[Cover, ...]:
    """The largest images drawn over text. A run may reach over many lines: its box tells little of where it stands."""
    boxes = np.array(runs)
    found = []
    for before, box in sorted(covers, key=lambda cover: -cover[1].width * cover[1].height)[:_MOST_COVERS]:
        meets = (boxes[:, 0] < box.x1) & (boxes[:, 2] > box.x0) & (boxes[:, 1] < box.y1) & (boxes[:, 3] > box.y0)
        if meets[:before].any():
            later = np.flatnonzero(meets[before:])[:_MOST_ABOVE] + before
            found.append(Cover(box, tuple(runs[index] for index in later)))
    return tuple(found)


def _whole(box: Box) -> tuple[int, ...]:
    return tuple(map(round, box))


def _placed(info: dict[str, Any]) -> PlacedImage | None:
    a, b, c, d, _, _ = info["transform"]  # maps the unit square to the page
    across, down = math.hypot(a, b), math.hypot(c, d)
    width, height = info["width"], info["height"]
    if width < 8 or height < 8 or across < 1 or down < 1:
        return None
    slack = 1e-3 * min(across, down)
    turns = 0 if max(abs(b), abs(c)) < slack else 1 if max(abs(a), abs(d)) < slack else None
    return PlacedImage(Box(*info["bbox"]), width, height, 72 * width / across, 72 * height / down, turns)
