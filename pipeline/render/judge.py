"""Does a PDF page need OCR, or is the text inside it what people see? All the rules in one place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pymupdf

from pipeline.render.contents import Contents, examine
from pipeline.render.drawings import Drawings, read_drawings
from pipeline.render.drawn import Drawn, draw_small
from pipeline.render.glyphs import Looks, compare
from pipeline.render.text_layer import garbage_reason, meaningless_reason, misread_reason
from pipeline.render.upright import Upright, upright
from pipeline.render.words import PageText, read_words
from pipeline.types import Box, Word

_FULL_PAGE = 0.85  # share of a page under images from which on it is a scan
_BIG_IMAGE = 0.6  # from which on a line of text beside the image is a stamp, a header, a page number
_SOME_IMAGE = 0.4  # from which on hidden text is taken for the layer of a scan with wide margins
_LITTLE_TEXT = 150  # characters
_OUTLINES = 300  # letter-like paths that make a page of text, where half as many characters are none

_MIN_INK_UNDER_WORDS = 0.55  # of a scan's ink; pictures, stamps and missed lines are the rest
_MAX_INK_BESIDE_TEXT = 0.5  # of a page whose drawn text lies over an image that looks like paper
_MAX_WITHOUT_INK = 0.15  # of a hidden layer's characters
# Of a hidden layer's spaces. A right one has 0.0 to 0.3, one with rough places 0.6, chance 0.6 to 0.9; then glyphs
# tell: of those of Latin letters 0.2 to 0.3 are alike by chance, with rough places 0.5.
_MAX_GAPS_CROSSED, _ALIKE = 0.4, 0.4

_WRONG_CHARACTERS, _WRONG_SHARE = 15, 0.03  # of those that can be compared, from which on a page is read anew
_RIGHT_SHARE = 0.5
_MANY_GLYPHS = 40

Verdict = Literal["text", "ocr"]


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


def _decide(page: pymupdf.Page, contents: Contents, text: PageText) -> tuple[Verdict, str, Sequence[Word]]:
    if not text.visible and not text.hidden:
        return "ocr", "no text", ()
    drawn = draw_small(page, contents, text.upright)
    visible, hidden = _uncovered(text, contents)
    covered = contents.text_under > 0.8 * contents.text_runs
    layered = contents.coverage >= _SOME_IMAGE and (_length(hidden) > _length(visible) or covered)
    if drawn and not layered:
        visible = [word for word in visible if drawn.shows(word)]
    # Words that nobody can see belong to the page only as the text of a scan.
    words = sorted([*visible, *hidden], key=lambda word: word.line) if layered else visible
    texts = [word.text for word in words]
    length = _length(words)
    if not length:
        return "ocr", "no text that can be seen" if text.visible else "no text", ()
    if garbage := meaningless_reason(texts, text.controls):
        return "ocr", f"garbage: {garbage}", ()
    looks = _looks(text, drawn) if drawn and not covered else Counter()
    wrong = looks["wrong"]
    if wrong >= min(_WRONG_CHARACTERS, looks.total() / 2) and wrong > _WRONG_SHARE * looks.total():
        return "ocr", f"garbage: {wrong} characters do not look like what they are said to be", ()
    # Where glyphs were seen to be what they are said to be, letters may come as they like.
    if looks["right"] < _RIGHT_SHARE * length and (garbage := garbage_reason(texts, text.controls)):
        return "ocr", f"garbage: {garbage}", ()
    if contents.coverage >= _BIG_IMAGE and length < _LITTLE_TEXT:
        return "ocr", f"{length} characters beside an image of {contents.coverage:.0%} of the page", ()
    if length < _OUTLINES / 2 and contents.glyph_paths() >= _OUTLINES:
        return "ocr", "text drawn as outlines", ()
    if layered:
        poor = _poor_layer(text, words, drawn)
        return ("ocr", poor, ()) if poor else ("text", "hidden layer of a scan", words)
    if contents.coverage >= _FULL_PAGE and drawn:
        under = drawn.share_under(words)
        if drawn.paper and under < 1 - _MAX_INK_BESIDE_TEXT:
            return "ocr", f"the text covers {under:.0%} of what an image shows", ()
    return "text", "text layer", words


def _uncovered(text: PageText, contents: Contents) -> tuple[list[Word], list[Word]]:
    """The page's words, seen and not seen, those under pictures among the latter."""
    if not contents.covers:
        return text.visible, text.hidden
    covers = [
        (text.upright.box(cover.box), [text.upright.box(box) for box in cover.above]) for cover in contents.covers
    ]

    def under(word: Word) -> bool:
        x, y = (word.box.x0 + word.box.x1) / 2, (word.box.y0 + word.box.y1) / 2
        return any(_holds(cover, x, y) and not any(_holds(box, x, y) for box in above) for cover, above in covers)

    seen: list[Word] = []
    unseen = list(text.hidden)
    for word in text.visible:
        (unseen if under(word) else seen).append(word)
    return seen, unseen


def _holds(box: Box, x: float, y: float) -> bool:
    return box.x0 <= x <= box.x1 and box.y0 <= y <= box.y1


def _poor_layer(text: PageText, words: Sequence[Word], drawn: Drawn | None) -> str | None:
    """Why the layer that some program laid under a scan is to be read anew, or None."""
    if misread := misread_reason([word.text for word in words]):
        return f"poor hidden layer: {misread}"
    if drawn is None:
        return "the hidden layer of a page too large to look at"
    under = drawn.share_under(words)
    if under < _MIN_INK_UNDER_WORDS:
        return f"the hidden layer covers {under:.0%} of the ink"
    if (without := drawn.share_without_ink(words)) > _MAX_WITHOUT_INK:
        return f"{without:.0%} of the hidden layer lies where nothing is"
    looks = {
        kind: compare(text.hidden_glyphs.get(kind, ()), drawn.grey, drawn.zoom, kind)
        for kind in ("latin", "cjk", "digits")
    }
    crossed, latin = drawn.gaps_crossed(words), looks["latin"]
    if crossed is not None and crossed > _MAX_GAPS_CROSSED and not latin.near > _ALIKE * latin.compared:
        return f"ink crosses {crossed:.0%} of the spaces of the hidden layer"
    han = looks["cjk"]
    if len(text.hidden_glyphs.get("cjk", ())) >= _MANY_GLYPHS and not han.exact:
        # Chinese layers are poor more often than not, and where places are rough nothing tells the good ones.
        return f"{han.near} of {han.compared} Chinese characters of the hidden layer look like what is there"
    for seen in looks.values():
        if seen.compared >= _MANY_GLYPHS and seen.misread:
            return f"{seen.far} of {seen.compared} characters of the hidden layer do not look like what is there"
    return None


def _looks(text: PageText, drawn: Drawn) -> Counter[str]:
    """How many visible characters are of fonts whose glyphs look right, wrong or neither."""
    out: Counter[str] = Counter()
    few, few_characters = Looks(0, 0, 0), 0  # those of fonts with too few glyphs each, together
    for (font, kind), glyphs in text.glyphs.items():
        looks = compare(glyphs.values(), drawn.grey, drawn.zoom, kind)
        if looks.enough:
            out[looks.verdict] += text.counts[font, kind]
        else:
            few += looks
            few_characters += text.counts[font, kind]
    out[few.verdict] += few_characters
    return out


def _length(words: Sequence[Word]) -> int:
    return sum(len(word.text) for word in words)
