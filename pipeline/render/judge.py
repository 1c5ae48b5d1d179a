"""Does a PDF page need OCR, or is the text inside it what people see? All the rules in one place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pymupdf
from numpy.typing import NDArray

from pipeline.render.contents import Contents, examine
from pipeline.render.drawings import Drawings, read_drawings
from pipeline.render.text_layer import garbage_reason, misread_reason
from pipeline.render.upright import Upright, upright
from pipeline.render.words import PageText, read_words
from pipeline.types import Word

_FULL_PAGE = 0.85  # share of a page under images from which on it is a scan
_BIG_IMAGE = 0.6  # from which on a line of text beside the image is a stamp, a header, a page number
_SOME_IMAGE = 0.4  # from which on hidden text is taken for the layer of a scan with wide margins
_LITTLE_TEXT = 150  # characters
_OUTLINES = 300  # letter-like paths that make a page of text, where half as many characters are none

_INK_DPI = 50
_MIN_INK_UNDER_WORDS = 0.55  # of a scan's ink; pictures, stamps and missed lines are the rest
_MAX_INK_BESIDE_TEXT = 0.5  # of a page whose drawn text lies over an image that looks like paper


@dataclass(frozen=True, slots=True)
class Judgement:
    """What to do with a page.

    Attributes:
        verdict: "text" (take `words`), "ocr" (draw it) or "blank" (nothing can be seen on it).
        reason: why, in a few words.
        words: the usable words; empty but for "text".
        contents: what the page is made of.
        upright: the page that the words' boxes are on: turned for "text", else as displayed.
        drawings: its rules and figures; none but for "text".
        vertical: most of its text runs from top to bottom; False but for "text".
    """

    verdict: Literal["text", "ocr", "blank"]
    reason: str
    words: tuple[Word, ...]
    contents: Contents
    upright: Upright
    drawings: Drawings
    vertical: bool = False


def judge(page: pymupdf.Page) -> Judgement:
    """Reads a page's text and decides whether it can be taken for what the page shows."""
    contents = examine(page)
    text = read_words(page)
    if contents.blank:
        return Judgement("blank", "nothing is drawn", (), contents, upright(page), Drawings())
    verdict, reason, words = _decide(page, contents, text)
    if verdict == "ocr":
        return Judgement(verdict, reason, (), contents, upright(page), Drawings())
    drawings = read_drawings(page, contents, words, text.upright)
    return Judgement(verdict, reason, tuple(words), contents, text.upright, drawings, text.vertical)


def _decide(
    page: pymupdf.Page, contents: Contents, text: PageText
) -> tuple[Literal["text", "ocr"], str, Sequence[Word]]:
    visible, hidden = text.visible, text.hidden
    layered = contents.coverage >= _SOME_IMAGE and (
        _length(hidden) > _length(visible) or (contents.text_under > 0.8 * contents.text_runs)
    )
    # Words that nobody can see belong to the page only as the text of a scan.
    words = sorted([*visible, *hidden], key=lambda word: word.line) if layered else visible
    texts = [word.text for word in words]
    length = _length(words)
    if not length:
        return "ocr", "no text", ()
    if garbage := garbage_reason(texts, text.controls):
        return "ocr", f"garbage: {garbage}", ()
    if contents.coverage >= _BIG_IMAGE and length < _LITTLE_TEXT:
        return "ocr", f"{length} characters beside an image of {contents.coverage:.0%} of the page", ()
    if length < _OUTLINES / 2 and contents.glyph_paths() >= _OUTLINES:
        return "ocr", "text drawn as outlines", ()
    if layered:
        if misread := misread_reason(texts):
            return "ocr", f"poor hidden layer: {misread}", ()
        under, _ = _ink_under(page, words, text.upright.rotation)
        if under < _MIN_INK_UNDER_WORDS:
            return "ocr", f"the hidden layer covers {under:.0%} of the ink", ()
        return "text", "hidden layer of a scan", words
    if contents.coverage >= _FULL_PAGE:
        under, paper = _ink_under(page, words, text.upright.rotation)
        if paper and under < 1 - _MAX_INK_BESIDE_TEXT:
            return "ocr", f"the text covers {under:.0%} of what an image shows", ()
    return "text", "text layer", words


def _length(words: Sequence[Word]) -> int:
    return sum(len(word.text) for word in words)


def _ink_under(page: pymupdf.Page, words: Sequence[Word], rotation: int) -> tuple[float, bool]:
    """Share of the dark pixels of a small drawing of the page that lie in words' boxes; whether it looks like paper."""
    zoom = _INK_DPI / 72
    if page.rect.width * page.rect.height * zoom**2 > 16e6:
        return 0.0, False
    drawn = page.get_pixmap(
        matrix=pymupdf.Matrix(zoom, zoom).prerotate(rotation), colorspace=pymupdf.csGRAY, alpha=False
    )
    grey: NDArray[np.uint8] = np.frombuffer(drawn.samples, np.uint8).reshape(drawn.height, drawn.stride)
    grey = grey[:, : drawn.width]
    ink = grey < np.percentile(grey, 90) - 60.0
    edge_y, edge_x = drawn.height // 30, drawn.width // 30  # the black rims of scans are no ink
    inner = np.zeros_like(ink)
    inner[edge_y : drawn.height - edge_y, edge_x : drawn.width - edge_x] = True
    ink &= inner
    under = np.zeros_like(ink)
    for word in words:
        x0, y0, x1, y1 = (round(value * zoom) for value in word.box)
        under[max(y0 - 1, 0) : y1 + 1, max(x0 - 1, 0) : x1 + 1] = True
    total = int(ink.sum())
    return (float((ink & under).sum()) / total if total else 1.0), bool(np.median(grey) > 190)
