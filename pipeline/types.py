"""The nouns that stages hand to each other.

All boxes are in points (1/72 inch) of the upright page as displayed, origin top left, x to the right, y down.
`page_number` counts from 1. Everything here turns into plain JSON and back without loss.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

Source = Literal["text_layer", "ocr", "person"]
_NUMBERS = 9  # of a word, beside its text


class Box(NamedTuple):
    """A rectangle in points of the upright page."""

    x0: float
    y0: float
    x1: float
    y1: float

    def union(self, other: Box) -> Box:
        """The smallest box around both."""
        return Box(min(self.x0, other.x0), min(self.y0, other.y0), max(self.x1, other.x1), max(self.y1, other.y1))

    @property
    def width(self) -> float:
        """Width in points."""
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        """Height in points."""
        return self.y1 - self.y0

    def rounded(self) -> list[float]:
        """The four numbers to 1/100 point, for JSON."""
        return [round(v, 2) for v in self]


@dataclass(frozen=True, slots=True)
class Word:
    """A run of text without white space, as its reader saw it. A run of Chinese may be one word or many.

    Attributes:
        confidence: 0..1; 1.0 for a text layer.
        line: number of the line on its page, as the reader grouped it (not yet in reading order).
        block: number of the block on its page, as the reader grouped it; a hint, layout may regroup.
        size_pt: font size in points; for OCR the height of the line's box.
        bold: known for text layers only.
    """

    text: str
    box: Box
    confidence: float = 1.0
    line: int = 0
    block: int = 0
    size_pt: float = 0.0
    bold: bool = False

    def as_list(self) -> list[Any]:
        """Compact JSON form."""
        x0, y0, x1, y1 = self.box
        return [self.text, round(x0, 2), round(y0, 2), round(x1, 2), round(y1, 2), round(self.confidence, 3), self.line,
                self.block, round(self.size_pt, 2), int(self.bold)]  # fmt: skip

    @classmethod
    def from_list(cls, row: Sequence[Any]) -> Word:
        """Inverse of `as_list`."""
        text, x0, y0, x1, y1, confidence, line, block, size_pt, bold = row
        return cls(text, Box(x0, y0, x1, y1), confidence, line, block, size_pt, bool(bold))


@dataclass(frozen=True, slots=True)
class PageReading:
    """What was read on one page, by whom and how well.

    Attributes:
        words: in the reader's order.
        source: where the words come from; "person": somebody typed a page that nobody could read.
        engine: name of the OCR engine, or "text_layer".
        engine_settings: what the engine was told (languages, segmentation, resolution, ...).
        confidence: 0..1, the chance that at most one in twenty of the characters is wrong (`ocr/confidence.py`); 1.0
            for a text layer, 0.0 with no words on a page that has ink.
        script: "latin", "han", "mixed" or "none".
        review: why a person should look at the page, or None.
        seconds: wall time of reading.
        rotation: degrees clockwise, 0, 90, 180 or 270, by which the page as its original displays it was turned to
            stand upright. Width, height and all boxes are those of the upright page.
        rules: lines drawn on the page, level or plumb, as thin boxes: what tables are made of.
        figures: pictures, charts and drawings on the page.
        vertical: most of the text runs from top to bottom.
    """

    page_number: int
    width_pt: float
    height_pt: float
    words: tuple[Word, ...]
    source: Source
    engine: str
    engine_version: str = ""
    engine_settings: dict[str, Any] = field(default_factory=dict)
    confidence: float = 1.0
    script: str = "none"
    review: str | None = None
    seconds: float = 0.0
    rotation: int = 0
    rules: tuple[Box, ...] = ()
    figures: tuple[Box, ...] = ()
    vertical: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON form."""
        return {
            "page_number": self.page_number, "width_pt": round(self.width_pt, 2), "height_pt": round(self.height_pt, 2),
            "words": [word.as_list() for word in self.words], "source": self.source, "engine": self.engine,
            "engine_version": self.engine_version, "engine_settings": self.engine_settings,
            "confidence": round(self.confidence, 4), "script": self.script, "review": self.review,
            "seconds": round(self.seconds, 3), "rotation": self.rotation,
            "rules": [box.rounded() for box in self.rules], "figures": [box.rounded() for box in self.figures],
            "vertical": self.vertical,
        }  # fmt: skip

    @classmethod
    def check_form(cls, form: dict[str, Any]) -> None:
        """Pass what `from_dict` can read, made by whomever, in a quarter of the time.

        Raises:
            TypeError, ValueError, KeyError: it is no such form.
        """
        cls.from_dict({**form, "words": ()})
        for text, *numbers in form["words"]:
            if not isinstance(text, str) or len(numbers) != _NUMBERS:
                raise ValueError("no word")
            sum(numbers)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> PageReading:
        """Inverse of `as_dict`; what older versions did not write is as if it had not been looked for."""
        boxes = {name: tuple(Box(*row) for row in data.get(name, ())) for name in ("rules", "figures")}
        return cls(**{**data, **boxes, "words": tuple(Word.from_list(row) for row in data["words"])})


@dataclass(frozen=True, slots=True)
class PageImage:
    """A page drawn for OCR: an upright greyscale image file.

    Attributes:
        file: absolute path.
        dpi: pixels an inch of the upright page, so that points = pixels * 72 / dpi.
    """

    file: str
    width_px: int
    height_px: int
    dpi: float


@dataclass(frozen=True, slots=True)
class RenderedPage:
    """What render makes of a page: a reading (usable text layer) or an image (needs OCR), never both."""

    page_number: int
    width_pt: float
    height_pt: float
    reading: PageReading | None
    image: PageImage | None


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a chunk's text and where it stands: one line on one page.

    Attributes:
        start, end: character offsets into the chunk's text, half-open.
    """

    start: int
    end: int
    page_number: int
    box: Box


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage to embed and to find.

    Attributes:
        position: from 0, in reading order of the document.
        text: plain text, lines of a paragraph joined, paragraphs separated by a newline.
        heading: the headings it stands under, outermost first, joined with " > "; may be empty.
        spans: one a line, in text order, covering the text but for separators.
        tokens: estimated length in tokens of the embedding model.
    """

    position: int
    text: str
    heading: str
    spans: tuple[Span, ...]
    tokens: int

    @property
    def pages(self) -> list[int]:
        """Numbers of the pages it stands on, ascending."""
        return sorted({span.page_number for span in self.spans})
