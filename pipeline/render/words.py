"""The words inside a PDF page, with boxes on the upright page as displayed. Judges nothing."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pymupdf

from pipeline.types import Box, Word

# Ligatures come apart (a search for "find" must match), white space becomes plain spaces, images stay out.
_FLAGS = pymupdf.TEXT_MEDIABOX_CLIP | pymupdf.TEXT_COLLECT_STYLES

# Bits of a span's char_flags (FZ_STEXT_* of MuPDF) and of its flags.
_BOLD, _FILLED, _STROKED, _CLIPPED = 8, 16, 32, 64
_FONT_BOLD = 16

_DROPPED = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0), 0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F),
                          0x2060, 0xFEFF])  # fmt: skip
# Look-alikes that some PDF writers put for ordinary characters: Kangxi radicals, compatibility ideographs, ligatures.
_FOLDED = (range(0x2F00, 0x2FD6), range(0xF900, 0xFB00), range(0xFB00, 0xFB07))


@dataclass(slots=True)
class PageText:
    """The text of a page.

    Attributes:
        visible: words that are drawn.
        hidden: words that are there but never drawn (render mode 3), as OCR programs lay them under a scan.
        controls: control characters met in either, an indication of broken font maps; they are in no word.
    """

    visible: list[Word] = field(default_factory=list)
    hidden: list[Word] = field(default_factory=list)
    controls: int = 0


@dataclass(slots=True)
class _Run:
    """A word in the making."""

    text: list[str] = field(default_factory=list)
    x0: float = math.inf
    y0: float = math.inf
    x1: float = -math.inf
    y1: float = -math.inf
    size: float = 0.0
    bold: int = 0
    hidden: bool = False


def read_words(page: pymupdf.Page) -> PageText:
    """Reads a page: one word for each run of characters without white space; a Chinese clause is one word.

    Boxes are in points of the upright page (rotation and crop box applied). In ordinary horizontal text they reach
    from the ascender to the descender of the font. What lies outside of the displayed page is left out.
    """
    upright = tuple(page.rotation_matrix)
    limits = Box(0.0, 0.0, page.rect.width, page.rect.height)
    out = PageText()
    line_number = -1
    for block_number, block in enumerate(page.get_text("rawdict", flags=_FLAGS)["blocks"]):
        for line in block.get("lines", ()):
            line_number += 1
            for run in _runs(line, out):
                word = _word(run, upright, limits, line_number, block_number)
                if word is not None:
                    (out.hidden if run.hidden else out.visible).append(word)
    return out


def _runs(line: dict[str, Any], out: PageText) -> Iterator[_Run]:
    """Cuts a line at white space, and where drawn and hidden text meet; a word may go over several spans."""
    run = _Run()
    level = line["wmode"] == 0 and abs(line["dir"][1]) < 1e-3 and line["dir"][0] > 0
    for span in line["spans"]:
        hidden = not span["char_flags"] & (_FILLED | _STROKED | _CLIPPED)
        bold = bool(span["char_flags"] & _BOLD or span["flags"] & _FONT_BOLD)
        size = span["size"]
        # Fonts may claim any ascender; what stands between these is seen in real ones.
        above = size * min(max(span["ascender"], 0.7), 1.0)
        below = size * min(max(-span["descender"], 0.1), 0.3)
        for char in span["chars"]:
            text = _clean(char["c"])
            if not text.strip():
                out.controls += _is_control(char["c"])
                if not text:
                    continue
            if text.isspace() or hidden != run.hidden:
                if run.text:
                    yield run
                run = _Run(hidden=hidden)
                if text.isspace():
                    continue
            x0, y0, x1, y1 = char["bbox"]
            if level:
                y0, y1 = char["origin"][1] - above, char["origin"][1] + below
            run.text.append(text)
            run.x0, run.y0 = min(run.x0, x0), min(run.y0, y0)
            run.x1, run.y1 = max(run.x1, x1), max(run.y1, y1)
            run.size = max(run.size, size)
            run.bold += bold
    if run.text:
        yield run


def _word(run: _Run, upright: tuple[float, ...], limits: Box, line: int, block: int) -> Word | None:
    a, b, c, d, e, f = upright
    xs = sorted((run.x0 * a + run.y0 * c + e, run.x1 * a + run.y1 * c + e))
    ys = sorted((run.x0 * b + run.y0 * d + f, run.x1 * b + run.y1 * d + f))
    if not all(map(math.isfinite, (*xs, *ys))):
        return None
    x, y = (xs[0] + xs[1]) / 2, (ys[0] + ys[1]) / 2
    if not (limits.x0 <= x <= limits.x1 and limits.y0 <= y <= limits.y1):
        return None
    box = Box(max(xs[0], 0.0), max(ys[0], 0.0), min(xs[1], limits.x1), min(ys[1], limits.y1))
    bold = 2 * run.bold > len(run.text)
    return Word("".join(run.text), box, line=line, block=block, size_pt=round(run.size, 2), bold=bold)


def _clean(char: str) -> str:
    """The character to keep: look-alikes folded, invisible ones dropped, any white space a plain space."""
    if char.isspace():
        return " "
    code = ord(char)
    if code < 0xAD and 0x20 < code < 0x7F:
        return char
    if code in _DROPPED:
        return ""
    if 0xD800 <= code < 0xE000:  # half a character, out of a broken font map: no encoding of text can hold it
        return "\ufffd"
    if any(code in span for span in _FOLDED):
        return unicodedata.normalize("NFKC", char)
    return char


def _is_control(char: str) -> bool:
    return not char.isspace() and unicodedata.category(char) == "Cc"
