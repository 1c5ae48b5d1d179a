"""The words inside a PDF page, with boxes on the page turned upright. Judges nothing."""

from __future__ import annotations

import math
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pymupdf

from pipeline.look_alikes import plain
from pipeline.render.glyphs import Glyph, kind_of
from pipeline.render.upright import Rotation, Upright, needed_rotation, rotation_of, upright
from pipeline.render.white import parting
from pipeline.types import Box, Word

# Ligatures come apart (a search for "find" must match), white space becomes plain spaces, images stay out.
_FLAGS = pymupdf.TEXT_MEDIABOX_CLIP | pymupdf.TEXT_COLLECT_STYLES

# Bits of a span's char_flags (FZ_STEXT_* of MuPDF) and of its flags.
_BOLD, _FILLED, _STROKED, _CLIPPED = 8, 16, 32, 64
_FONT_BOLD = 16

_SLANT = 0.04  # the sine of 2.3 degrees: lines of scans lie askew by as much
_MOST_GLYPHS, _MOST_HIDDEN_GLYPHS = 30, 400

_DROPPED = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0), *range(0x200B, 0x2010), *range(0x202A, 0x202F),
                          0x2060, 0xFEFF])  # fmt: skip


@dataclass(slots=True)
class PageText:
    """The text of a page.

    Attributes:
        visible: words that are drawn.
        hidden: words that are there but never drawn (render mode 3), as OCR programs lay them under a scan.
        upright: the page that the words' boxes are on.
        vertical: most of the text runs from top to bottom, as Chinese and Japanese may.
        controls: control characters met in either, an indication of broken font maps; they are in no word.
        counts: how many visible characters there are of each font and kind.
        glyphs: for each font and kind of characters some of the visible and upright ones, each character once.
        hidden_glyphs: the first of the hidden and upright ones, by kind.
    """

    upright: Upright
    vertical: bool = False
    visible: list[Word] = field(default_factory=list)
    hidden: list[Word] = field(default_factory=list)
    controls: int = 0
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    glyphs: dict[tuple[str, str], dict[str, Glyph]] = field(default_factory=dict)
    hidden_glyphs: dict[str, list[Glyph]] = field(default_factory=dict)

    def sample(self, char: dict[str, Any], span: dict[str, Any], hidden: bool) -> None:
        """Keeps a glyph for a look at it, if its like was not kept."""
        text = char["c"]
        kind = kind_of(text)
        if not kind:
            return
        if hidden:
            kept = self.hidden_glyphs.setdefault(kind, [])
            if len(kept) < _MOST_HIDDEN_GLYPHS:
                kept.append(self._glyph(char, span))
            return
        self.counts[span["font"], kind] += 1
        known = self.glyphs.setdefault((span["font"], kind), {})
        if text not in known and len(known) < _MOST_GLYPHS:
            known[text] = self._glyph(char, span)

    def _glyph(self, char: dict[str, Any], span: dict[str, Any]) -> Glyph:
        origin = self.upright.box(Box(*char["origin"], *char["origin"]))
        return Glyph(char["c"], self.upright.box(Box(*char["bbox"])), origin.y0, span["size"])


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
    space_end: float = 0.0  # where a space written after it ends, on a line that runs to the right


def read_words(page: pymupdf.Page) -> PageText:
    """Reads a page: one word for each run of characters without white space; a Chinese clause is one word.

    A page most of whose text runs sideways or upside down as displayed is turned; a page with some such text is not.
    Boxes are in points of that upright page (rotation and crop box applied). In ordinary horizontal text they reach
    from the ascender to the descender of the font. What lies outside of the displayed page is left out.
    """
    blocks = page.get_text("rawdict", flags=_FLAGS)["blocks"]
    rotation, vertical = _direction(blocks, upright(page))
    out = PageText(upright(page, rotation), vertical)
    runs: list[tuple[_Run, int, int]] = []
    line_number = -1
    for block_number, block in enumerate(blocks):
        for line in block.get("lines", ()):
            line_number += 1
            runs += [(run, line_number, block_number) for run in _runs(line, out)]
    _stretch([run for run, _, _ in runs if run.hidden])
    for run, line_number, block_number in runs:
        word = _word(run, out.upright, line_number, block_number)
        if word is not None:
            (out.hidden if run.hidden else out.visible).append(word)
    return out


def _stretch(hidden: Sequence[_Run]) -> None:
    """Gives the hidden words of Tesseract their full width.

    It scales a word together with the space after it to the place of the word alone, so that the space ends where the
    word does on the page, and white follows. In the layers of others a space ends where the next word starts.
    """
    votes = 0
    for run, following in pairwise(hidden):
        if run.space_end and following.x0 > run.x1:
            votes += 1 if following.x0 - run.space_end > 0.2 * (run.space_end - run.x1) else -1
    if votes > 0:
        for run in hidden:
            run.x1 = max(run.x1, run.space_end)


def _direction(blocks: Sequence[dict[str, Any]], displayed: Upright) -> tuple[Rotation, bool]:
    """How to turn the page for its text, and whether that is set vertically.

    The text that nobody sees decides where there is more of it: it is the layer of a scan.
    """
    counts: tuple[Counter[Rotation | None], Counter[Rotation | None]] = Counter(), Counter()
    vertical = 0
    for block in blocks:
        for line in block.get("lines", ()):
            x, y = displayed.direction(*line["dir"])
            rotation = rotation_of(y, -x) if line["wmode"] else rotation_of(x, y)
            for span in line["spans"]:
                counts[_is_hidden(span)][rotation] += len(span["chars"])
                vertical += line["wmode"] * len(span["chars"])
    visible, hidden = counts
    ruling = max(visible, hidden, key=Counter.total)
    return needed_rotation(ruling), 2 * vertical > visible.total() + hidden.total()


def _runs(line: dict[str, Any], out: PageText) -> Iterator[_Run]:
    """Cuts a line at white space, and where drawn and hidden text meet; a word may go over several spans."""
    run = _Run()
    x, y = out.upright.direction(*line["dir"])
    level = line["wmode"] == 0 and abs(y) < 1e-3 and x > 0
    straight = line["wmode"] == 0 and abs(y) < _SLANT and x > 0  # enough to compare glyphs by
    # Where the tops of the letters point, on the page before rotation: along one of its axes where the line is level.
    up_x, up_y = line["dir"][1], -line["dir"][0]
    across = abs(up_x) > abs(up_y)
    parted = parting(line, level and not across)
    place = -1
    for span in line["spans"]:
        hidden = _is_hidden(span)
        bold = bool(span["char_flags"] & _BOLD or span["flags"] & _FONT_BOLD)
        size = span["size"]
        # Fonts may claim any ascender; what stands between these is seen in real ones.
        above = size * min(max(span["ascender"], 0.7), 1.0)
        below = size * min(max(-span["descender"], 0.1), 0.3)
        before, behind = (above, below) if (up_x if across else up_y) < 0 else (below, above)
        for char in span["chars"]:
            place += 1
            text = _clean(char["c"])
            if not text.strip():
                out.controls += _is_control(char["c"])
                if not text:
                    continue
            if text == " " and char.get("synthetic"):
                continue
            x0, y0, x1, y1 = char["bbox"]
            if text.isspace() or hidden != run.hidden or place in parted:
                if text.isspace() and line["dir"][0] > 0.9:
                    run.space_end = x1
                if run.text:
                    yield run
                run = _Run(hidden=hidden)
                if text.isspace():
                    continue
            if level and across:
                x0, x1 = char["origin"][0] - before, char["origin"][0] + behind
            elif level:
                y0, y1 = char["origin"][1] - before, char["origin"][1] + behind
            if straight:
                out.sample(char, span, hidden)
            run.text.append(text)
            run.x0, run.y0 = min(run.x0, x0), min(run.y0, y0)
            run.x1, run.y1 = max(run.x1, x1), max(run.y1, y1)
            run.size = max(run.size, size)
            run.bold += bold
    if run.text:
        yield run


def _word(run: _Run, page: Upright, line: int, block: int) -> Word | None:
    box = page.box(Box(run.x0, run.y0, run.x1, run.y1))
    if not all(map(math.isfinite, box)):
        return None
    x, y = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
    if not (0 <= x <= page.width_pt and 0 <= y <= page.height_pt):
        return None
    box = Box(max(box.x0, 0.0), max(box.y0, 0.0), min(box.x1, page.width_pt), min(box.y1, page.height_pt))
    bold = 2 * run.bold > len(run.text)
    text = "".join(run.text)
    if "\u00ad" in text:  # a soft hyphen shows only where a line ends
        text = text[:-1].replace("\u00ad", "") + ("-" if text.endswith("\u00ad") else text[-1])
    return Word(text, box, line=line, block=block, size_pt=round(run.size, 2), bold=bold)


def _is_hidden(span: dict[str, Any]) -> bool:
    return not span["char_flags"] & (_FILLED | _STROKED | _CLIPPED)


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
    return plain(char)


def _is_control(char: str) -> bool:
    return not char.isspace() and unicodedata.category(char) == "Cc"
