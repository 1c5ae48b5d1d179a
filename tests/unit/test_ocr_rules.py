"""Rules of scanned pages: found whole, broken, dashed and askew, and not in lines of type."""

from __future__ import annotations

import cv2
import numpy as np
import pymupdf
import pytest

from pipeline.ocr.rules import MAX_RULES, Grey, find_rules
from pipeline.types import Box

DPI = 150
SCALE = DPI / 72
XS, YS = (60, 200, 330, 480), (100, 124, 148, 172, 196)


def scanned(dashes: str | None = None, degrees: float = 0.0, grey_head: bool = False) -> Grey:
    """A ruled page with words in its cells, as a scanner at 150 dpi gives it."""
    with pymupdf.open() as document:
        page = document.new_page(width=595, height=400)
        if grey_head:
            page.draw_rect(pymupdf.Rect(XS[0], YS[0], XS[-1], YS[1]), fill=(0.8, 0.8, 0.8), color=None)
        for y in YS:
            page.draw_line((XS[0], y), (XS[-1], y), width=0.7, dashes=dashes)
        for x in XS:
            page.draw_line((x, YS[0]), (x, YS[-1]), width=0.7, dashes=dashes)
        for y in YS[1:]:
            for x in XS[:-1]:
                page.insert_text((x + 4, y - 7), "mill, 12.50", fontsize=10)
        for i in range(8):
            page.insert_text(
                (60, 230 + 14 * i), "The mill stood by the river; minimum ill lines, III.", fontname="hebo"
            )
        pixels = page.get_pixmap(dpi=DPI, colorspace=pymupdf.csGRAY)
    grey = np.frombuffer(pixels.samples, np.uint8).reshape(pixels.height, pixels.width)
    turn = cv2.getRotationMatrix2D((pixels.width / 2, pixels.height / 2), -degrees, 1)
    grey = cv2.warpAffine(grey, turn, (pixels.width, pixels.height), borderValue=255, flags=cv2.INTER_CUBIC)
    noise = np.random.default_rng(1).normal(0, 6, grey.shape)
    return np.clip(grey + noise, 0, 255).astype(np.uint8)


def straightened(box: Box, degrees: float) -> tuple[float, float]:
    """The box's middle where it stood before the page was turned about its middle."""
    x, y = (box.x0 + box.x1) / 2 - 297.5, (box.y0 + box.y1) / 2 - 200
    a = np.radians(degrees)
    return x * np.cos(a) + y * np.sin(a) + 297.5, y * np.cos(a) - x * np.sin(a) + 200


@pytest.mark.parametrize(
    ("dashes", "degrees"), [(None, 0.0), (None, 1.0), (None, -2.5), (None, 3.0), ("[3 2] 0", 0.0), ("[6 3] 0", 0.5)]
)
def test_every_line_is_found_and_nothing_else(dashes: str | None, degrees: float) -> None:
    drawn = {("level", float(y)): 0.0 for y in YS} | {("upright", float(x)): 0.0 for x in XS}
    for box in find_rules(scanned(dashes, degrees), DPI):
        x, y = straightened(box, degrees)
        level = box.width > box.height
        assert min(box.width, box.height) < 4 and max(box.width, box.height) < 60
        place, length = (y, box.width) if level else (x, box.height)
        near = min(YS if level else XS, key=lambda at: abs(at - place))
        assert abs(near - place) < 2, (box, x, y)
        drawn["level" if level else "upright", near] += length
    share = 0.5 if dashes else 0.9  # dashes that meet a line across are lost, and tables bridge them
    short = {line: got for line, got in drawn.items() if got < share * (420 if line[0] == "level" else 96)}
    assert not short


def test_lines_around_a_shaded_head() -> None:
    found = find_rules(scanned(grey_head=True), DPI)
    for y in YS[:2]:
        assert sum(box.width for box in found if abs((box.y0 + box.y1) / 2 - y) < 2 and box.width > box.height) > 400


def test_no_rules_in_type_on_a_blank_page_or_on_a_tiny_one() -> None:
    rng = np.random.default_rng(2)
    assert find_rules(np.full((900, 600), 255, np.uint8), 100) == ()
    assert find_rules(np.zeros((3, 3), np.uint8), 72) == ()
    assert len(find_rules(rng.integers(0, 256, (1200, 900)).astype(np.uint8), 150)) <= MAX_RULES
    hatched = np.full((1200, 900), 255, np.uint8)
    hatched[::4] = hatched[:, ::4] = 0
    assert len(find_rules(hatched, 150)) <= MAX_RULES
