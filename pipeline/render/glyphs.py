"""Do the glyphs on a page look like the characters that its text layer says they are?

A font map that shifts, swaps or permutes characters gives text that may pass every statistic (digits for other
digits do), but its glyphs on the page look like other characters than it claims. So a few glyphs of each font are
cut out of a small drawing of the page and compared with the same characters in the fonts that MuPDF carries: is the
claimed character among the nearest of all candidates? Type faces differ too much for every glyph to pass; that most
glyphs of a font fail does not happen by a type face. Pure but for the drawing of the templates, which are kept.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Literal, NamedTuple

import numpy as np
import pymupdf
from numpy.typing import NDArray
from PIL import Image

from pipeline.types import Box

Grey = NDArray[np.uint8]

LATIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
DIGITS = "0123456789"
SIGNS = "!\"#$%&'()*+,-./:;<=>?@[\\]^_{|}~"
_FACES = ("helv", "tiro", "hebo", "tiit", "cour")
# Cannot be told apart by shape: letters and digits alike, and, where a font has small capitals, a letter's two cases.
_SAME = [set("oO0"), set("lI1i"), *({char, char.lower()} for char in LATIN[:26])]
_SIDE = 16  # pixels a side of a shape
_EM_PX = 48  # of templates
_ABOVE, _BELOW = 0.9, 0.25  # of the em, about the baseline: where a glyph's ink is looked for
_EDGE = 0.2  # of that height, above and below, where rows that are ink all over are rules of a table
_MIN_CONTRAST = 40  # grey levels
_MOST_UNEVEN = 60  # grey levels of the ground, as in a photograph, on which a glyph's outline is not to be had
# Measured on 414 fonts of real pages: the worst true ones, slanted and condensed, have 0.5 near and 0.2 far.
_FEWEST, _NEAR, _FAR, _SURE = 5, 0.45, 0.2, 0.6
_EXACT, _MISREAD = 0.8, 0.012


class Glyph(NamedTuple):
    """A character of a text layer and where it stands, in points of the upright page.

    Attributes:
        box: from the origin over the advance; top and bottom do not matter.
        baseline_y, size: of its text.
    """

    char: str
    box: Box
    baseline_y: float
    size: float


class Shape(NamedTuple):
    """The look of one glyph: its ink scaled to a square, zero mean and unit length; and where that ink stood."""

    pixels: NDArray[np.float32]
    log_aspect: float
    top: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Looks:
    """How well glyphs match their characters.

    Attributes:
        compared: glyphs that could be seen and have a template.
        near: of those, whose character is among the nearest candidates.
        far: of those, whose character is not in the nearer half of the candidates.
    """

    compared: int
    near: int
    far: int

    def __add__(self, other: Looks) -> Looks:
        return Looks(self.compared + other.compared, self.near + other.near, self.far + other.far)

    @property
    def enough(self) -> bool:
        """There are enough glyphs to tell."""
        return self.compared >= _FEWEST

    @property
    def verdict(self) -> Literal["right", "wrong", "unknown"]:
        """Whether the glyphs show their characters. By chance 0.1 to 0.2 are near and 0.5 far."""
        if self.enough and self.near >= _SURE * self.compared:
            return "right"
        if self.enough and self.near < _NEAR * self.compared and self.far >= _FAR * self.compared:
            return "wrong"
        return "unknown"

    @property
    def exact(self) -> bool:
        """The glyphs stand where they are said to be, and most are what they are said to be."""
        return self.near > _EXACT * self.compared

    @property
    def misread(self) -> bool:
        """Single characters are wrong, where the places of all are exact enough to tell: most are near.

        Of characters taken for random others half are far; of true ones on a scan up to 1 in 100.
        """
        return self.exact and self.far > _MISREAD * self.compared


def compare(glyphs: Iterable[Glyph], grey: Grey, zoom: float, kind: str) -> Looks:
    """Compares glyphs of one kind with their characters.

    Args:
        glyphs: what the text layer claims.
        grey: the upright page drawn.
        zoom: its pixels a point.
        kind: as `kind_of` says; candidates are "latin": all letters; "digits": the digits; "signs": ASCII; "cjk": the
            characters of these glyphs themselves.
    """
    seen = [(glyph.char, shape) for glyph in glyphs if (shape := _cut(glyph, grey, zoom)) is not None]
    candidates = _CANDIDATES.get(kind) or "".join(sorted({char for char, _ in seen}))
    if not seen:
        return Looks(0, 0, 0)
    pixels, places = _templates(candidates, kind)
    shown = np.array([shape.pixels for _, shape in seen])
    stands = np.array([shape[1:] for _, shape in seen], np.float32)
    flat = pixels.reshape(-1, _SIDE * _SIDE) @ np.ascontiguousarray(shown.T)
    distances = 1 - flat.reshape(*places.shape[:2], len(seen))
    for which, weight in enumerate(_WEIGHTS):
        distances += weight * np.abs(places[:, :, None, which] - stands[:, which])
    nearest = distances.min(axis=0).T  # one row a glyph, one column a candidate
    own = np.array([_own(char, candidates) for char, _ in seen])
    mine = np.where(own, nearest, np.inf).min(axis=1)
    better = ((nearest < mine[:, None]) & ~own).sum(axis=1)[np.isfinite(mine)]
    limit = 5 if kind in {"latin", "signs"} else 2
    return Looks(len(better), int((better < limit).sum()), int((better > len(candidates) / 2).sum()))


_CANDIDATES = {"latin": LATIN, "digits": DIGITS, "signs": LATIN + DIGITS + SIGNS}
_WEIGHTS = (0.5, 1.0, 1.0)  # of aspect, top and bottom beside the correlation of the ink


@cache
def kind_of(char: str) -> str:
    """The set of characters that one is compared within; "" for those that are not compared."""
    if char in DIGITS:
        return "digits"
    if char in LATIN:
        return "latin"
    if char in SIGNS:
        return "signs"
    code = ord(char)
    return "cjk" if 0x4E00 <= code <= 0x9FFF or 0xAC00 <= code <= 0xD7A3 else ""


@cache
def _own(char: str, candidates: str) -> NDArray[np.bool_]:
    """Which candidates a character cannot be told apart from."""
    alike = set().union({char}, *(group for group in _SAME if char in group))
    return np.array([candidate in alike for candidate in candidates])


def _cut(glyph: Glyph, grey: Grey, zoom: float) -> Shape | None:
    em = glyph.size * zoom
    x0, x1 = round(glyph.box.x0 * zoom), round(glyph.box.x1 * zoom)
    base = glyph.baseline_y * zoom
    y0, y1 = round(base - _ABOVE * em), round(base + _BELOW * em)
    if x0 < 0 or y0 < 0 or x1 > grey.shape[1] or y1 > grey.shape[0] or x1 - x0 < 3 or y1 - y0 < 8:
        return None
    return _shape(grey[y0:y1, x0:x1], base - y0, em)


def _shape(patch: Grey, base: float, em: float) -> Shape | None:
    """The shape of the ink in a patch; `base` is the row of the baseline in it."""
    above, below = np.sort(patch[0]), np.sort(patch[-1])
    tenth = len(above) // 10
    if min(int(row[-1 - tenth]) - int(row[tenth]) for row in (above, below)) > _MOST_UNEVEN:
        return None
    ground = float(np.sort(np.concatenate((above, below)))[len(above)])  # the median
    ink = np.abs(patch.astype(np.float32) - ground)
    most = float(ink.max())
    if most < _MIN_CONTRAST:
        return None
    marked = ink > 0.4 * most
    edge = round(_EDGE * len(patch))
    rules = marked.all(axis=1)
    rules[edge : len(patch) - edge] = False
    if rules.any():
        upper, lower = np.flatnonzero(rules[:edge]), np.flatnonzero(rules[len(patch) - edge :])
        first = upper[-1] + 1 if len(upper) else 0
        last = len(patch) - edge + lower[0] if len(lower) else len(patch)
        return _shape(patch[first:last], base - first, em)
    rows, columns = np.flatnonzero(marked.any(axis=1)), np.flatnonzero(marked.any(axis=0))
    top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    tight = Image.fromarray(ink[top:bottom, left:right]).resize((_SIDE, _SIDE), Image.Resampling.BILINEAR)
    pixels = np.asarray(tight, np.float32).ravel()
    pixels = pixels - pixels.mean()
    length = float(np.linalg.norm(pixels))
    if length < 1e-3:  # a bar fills its square: all alike
        pixels, length = np.ones_like(pixels), float(_SIDE)
    aspect = math.log((right - left) / (bottom - top))
    return Shape(pixels / length, aspect, float(base - top) / em, float(base - bottom) / em)


def _templates(chars: str, kind: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Shapes (faces x characters x pixels) and places (faces x characters x 3) of characters in the faces at hand.

    A character that a face has not is infinitely far from any.
    """
    if kind == "cjk":
        _draw_missing(chars)
        return _stacked([[_CJK[char] for char in chars]])
    return _latin_templates(chars)


@cache
def _latin_templates(chars: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    return _stacked([_draw(chars, face) for face in _FACES])


def _stacked(faces: list[list[Shape | None]]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    pixels = np.zeros((len(faces), len(faces[0]), _SIDE * _SIDE), np.float32)
    places = np.full((len(faces), len(faces[0]), 3), np.inf, np.float32)
    for i, shapes in enumerate(faces):
        for j, shape in enumerate(shapes):
            if shape is not None:
                pixels[i, j], places[i, j] = shape.pixels, shape[1:]
    return pixels, places


_CJK: dict[str, Shape | None] = {}
_MOST_KEPT = 8000  # shapes of a kilobyte each


def _draw_missing(chars: str) -> None:
    missing = [char for char in chars if char not in _CJK]
    if len(_CJK) + len(missing) > _MOST_KEPT:
        _CJK.clear()
        missing = list(chars)
    if missing:
        _CJK.update(zip(missing, _draw("".join(missing), "china-s"), strict=True))


@cache
def _font(face: str) -> pymupdf.Font:
    return pymupdf.Font(face)


def _draw(chars: str, face: str) -> list[Shape | None]:
    """Draws characters in a row of squares, and cuts them out."""
    font, em = _font(face), float(_EM_PX)
    with pymupdf.open() as document:
        page = document.new_page(width=1.5 * em * len(chars), height=2 * em)
        writer = pymupdf.TextWriter(page.rect)
        for i, char in enumerate(chars):
            if font.has_glyph(ord(char)):
                writer.append((1.5 * em * i + 0.25 * em, 1.3 * em), char, font=font, fontsize=em)
        writer.write_text(page)
        pixels = page.get_pixmap(colorspace=pymupdf.csGRAY, alpha=False)
        grey: Grey = np.frombuffer(pixels.samples, np.uint8).reshape(pixels.height, pixels.stride)
        y0 = round((1.3 - _ABOVE) * em)
        y1 = round((1.3 + _BELOW) * em)
        step = 1.5 * em
        return [
            _shape(grey[y0:y1, round(step * i) : round(step * (i + 1))], 1.3 * em - y0, em) for i in range(len(chars))
        ]
