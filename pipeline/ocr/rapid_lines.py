"""Lines as PP-OCR finds and reads them: quads cut out of the page, and the text of a line as words with boxes."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import replace
from statistics import median
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.ocr.base import box_in_points
from pipeline.ocr.rapid_recognise import Line
from pipeline.ocr.script import is_cjk
from pipeline.types import Box, PageImage, Word

Image = NDArray[np.uint8]

TALL = 2.0  # a box higher than this many widths is vertical writing; a lone "1" or "I" comes to 1.7
MARGIN = 0.12  # of a line's height that the detector leaves above and below; with it lines set close would overlap
INK_CONTRAST = 0.35  # of a line's darkest stroke's: what differs so much from its ground is ink
SPACE_BELIEF = 0.2  # the model's best guess alone swallows half of the spaces around signs
# Steps between CJK characters, in units of the usual one, that leave white for a space. Measured on 17 pages: the model
# tells no space between two characters but where one is, and characters of a word are never over 1.6 apart.
SEEN_STEP_EM, UNSEEN_STEP_EM = 1.15, 2.1
SEEN_STEP_BY_MARK_EM, UNSEEN_STEP_BY_MARK_EM = 1.8, 2.7  # full-width punctuation is mostly air


def is_tall(quad: NDArray[Any]) -> bool:
    """Whether a quad holds vertical writing: higher than one narrow character, such as a lone "1", would be."""
    width, height = _sides(quad)
    return height >= TALL * width


def cut_line(page: Image, quad: NDArray[Any]) -> Image:
    """Cuts a line out of the page, straightened, vertical writing laid on its side."""
    width, height = (max(1, round(side)) for side in _sides(quad))
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(quad.astype(np.float32), corners)
    line = cv2.warpPerspective(page, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(np.rot90(line) if is_tall(quad) else line, np.uint8)


def _sides(quad: NDArray[Any]) -> tuple[float, float]:
    top, right, bottom, left = (float(np.linalg.norm(quad[i] - quad[(i + 1) % 4])) for i in range(4))
    return max(top, bottom), max(left, right)


def ink_span(cut: Image) -> tuple[float, float]:
    """Where the ink of a line image (height x width) begins and ends, as shares of its width.

    The detector leaves up to half of a line's height on both sides, as much as there is between narrow columns.
    """
    inner = cut[cut.shape[0] // 6 : cut.shape[0] - cut.shape[0] // 6].astype(np.int16)  # without its neighbours' feet
    contrast = np.abs(inner - int(np.median(inner))).max(axis=0)
    columns = np.flatnonzero(contrast > INK_CONTRAST * int(contrast.max()))
    if not len(columns):
        return 0.0, 1.0
    return int(columns[0]) / cut.shape[1], (int(columns[-1]) + 1) / cut.shape[1]


def words_of_line(
    line: Line, quad: NDArray[Any], image: PageImage, span: tuple[float, float] = (0.0, 1.0)
) -> list[Word]:
    """Cuts a line's text where there are spaces and gives each word its own box.

    Args:
        line: as it was read.
        quad: the line's corners in pixels, clockwise from top left.
        image: where the pixels are from.
        span: where its ink begins and ends, as shares of its length.
    """
    em = _advance(line)
    places = line.places
    words: list[Word] = []
    start = 0
    for end in range(1, len(line.text) + 1):
        if end < len(line.text) and not _parted(line, end, em):
            continue
        left, right = span  # unless the model saw a character beyond, which then is too faint to count as ink
        if start == 0:
            left = min(left, places[0])
        else:
            left = max((places[start - 1] + places[start]) / 2, places[start] - em / 2)
        if end == len(line.text):
            right = max(right, places[-1])
        else:
            right = min((places[end - 1] + places[end]) / 2, places[end - 1] + em / 2)
        words.append(
            Word(
                line.text[start:end],
                box_in_points(*_stretch(quad, left, max(left, right)), image),
                sum(line.confidences[start:end]) / (end - start),
                size_pt=(1 - 2 * MARGIN) * min(_sides(quad)) * 72.0 / image.dpi,
            )
        )
        start = end
    return words


def _advance(line: Line) -> float:
    """Typical distance of neighbouring characters, of CJK ones where there are some."""
    steps = [
        (line.places[i] - line.places[i - 1], is_cjk(line.text[i - 1]) and is_cjk(line.text[i]))
        for i in range(1, len(line.text))
        if line.spaces[i - 1] < SPACE_BELIEF
    ]
    wide = [step for step, cjk in steps if cjk]
    return median(wide or [step for step, _ in steps]) if steps else 1.0 / max(1, len(line.text))


def _parted(line: Line, at: int, em: float) -> bool:
    """Whether a character and the one before it belong to two words."""
    before, after = line.text[at - 1], line.text[at]
    seen = line.spaces[at - 1] >= SPACE_BELIEF
    if not (is_cjk(before) and is_cjk(after)):
        return seen
    step = line.places[at] - line.places[at - 1]
    if before.isalnum() and after.isalnum():
        return step > (SEEN_STEP_EM if seen else UNSEEN_STEP_EM) * em
    return step > (SEEN_STEP_BY_MARK_EM if seen else UNSEEN_STEP_BY_MARK_EM) * em


def _stretch(quad: NDArray[Any], start: float, end: float) -> tuple[float, float, float, float]:
    """The upright box around a part of a line, from share `start` to share `end` of its length."""
    inner = _without_margin(quad)
    near, far = (inner[[0, 1]], inner[[3, 2]]) if is_tall(quad) else (inner[[0, 3]], inner[[1, 2]])
    corners = np.concatenate([near + (far - near) * start, near + (far - near) * end])
    (x0, y0), (x1, y1) = corners.min(axis=0), corners.max(axis=0)
    return float(x0), float(y0), float(x1), float(y1)


def _without_margin(quad: NDArray[Any]) -> NDArray[Any]:
    """A line's corners moved in by the detector's margin, across the line."""
    width, height = _sides(quad)
    margin = MARGIN * min(width, height)
    if is_tall(quad):
        along = (quad[1] - quad[0] + quad[2] - quad[3]) / 2 / max(width, 1e-6) * margin
        return np.asarray(quad + np.array([along, -along, -along, along]))
    down = (quad[3] - quad[0] + quad[2] - quad[1]) / 2 / max(height, 1e-6) * margin
    return np.asarray(quad + np.array([down, down, -down, -down]))


def in_blocks(lines: Sequence[Sequence[Word]]) -> list[Word]:
    """Numbers the lines, and the blocks that lines closely below one another make."""
    words: list[Word] = []
    lowest: list[Box] = []  # the last line of each block
    for number, line in enumerate(line for line in lines if line):
        box = functools.reduce(Box.union, (word.box for word in line))
        for block, above in enumerate(lowest):
            shared = min(box.x1, above.x1) - max(box.x0, above.x0)
            near = -0.5 < (box.y0 - above.y1) / max(box.height, 0.1) < 1.0
            if near and shared > 0.5 * min(box.width, above.width):
                lowest[block] = box
                break
        else:
            block = len(lowest)
            lowest.append(box)
        words.extend(replace(word, line=number, block=block) for word in line)
    return words
