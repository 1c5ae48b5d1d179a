"""A page that is drawn and labelled in one go; the same at every call."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import pymupdf

from pipeline.extract.document import Kind
from tests.bench.layout.label import Label

_TOKEN = re.compile(r"[\u2e80-\uffef]|[^\s\u2e80-\uffef]+\s*|\s+")
_NOT_FIRST = "，。、；：！？）》”"
_BULLET = re.compile(r"^(?:[•●◦–]|\(?[0-9a-z]{1,2}[.)]|（?[一二三四五六七八九十]{1,2}[、）]|[①-⑩])\s*")
_ANCHOR = 12
_FONTS = {face: pymupdf.Font(face) for face in ("helv", "hebo", "china-s")}

Colour = tuple[float, float, float]
BLACK: Colour = (0, 0, 0)


class Sheet:
    """Draws blocks of text on pages and keeps what they are.

    Args:
        by_place: draw from top to bottom over all columns, as many programs do, instead of block by block.
    """

    def __init__(self, width: float = 595, height: float = 842, by_place: bool = False) -> None:
        self.size = (width, height)
        self.labels: list[list[Label]] = []
        self._by_place = by_place
        self._steps: list[list[tuple[float, float, Callable[[pymupdf.Page], object]]]] = []
        self.turn()

    def turn(self) -> None:
        """Begins a page."""
        self.labels.append([])
        self._steps.append([])

    def label(self, kind: Kind, text: str, floats: bool = False) -> None:
        """Tells of a block, in reading order."""
        anchor = "" if kind == "figure" else (_BULLET.sub("", text) if kind == "list_item" else text)[:_ANCHOR]
        self.labels[-1].append(Label(kind, anchor, floats))

    def write(
        self, kind: Kind, x: float, y: float, width: float, text: str, size: float = 10, *, bold: bool = False,
        align: str = "left", colour: Colour = BLACK, hang: float = 0.0, indent: float = 0.0, lead: float = 1.4,
        floats: bool = False, labelled: bool = True,
    ) -> float:  # fmt: skip
        """Sets a block of text whose first line stands at y.

        Args:
            hang: how far lines after the first stand in.
            indent: how far the first stands in.

        Returns:
            Where the next line would stand.
        """
        if labelled:
            self.label(kind, text, floats)
        font, face = _font(text, bold)
        for i, line in enumerate(_wrapped(text, font, size, width - hang, width - indent)):
            left = x + (hang if i else indent)
            if align != "left":
                left += (width - font.text_length(line, size)) * (0.5 if align == "centre" else 1.0)
            self.put(left, y, line, size, face, bold, colour)
            y += lead * size
        return y

    def put(
        self, x: float, y: float, text: str, size: float, face: str = "", bold: bool = False, colour: Colour = BLACK
    ) -> None:
        """Sets one line of text, unlabelled; y is its base line."""
        face = face or _font(text, bold)[1]
        # There is no bold Chinese font in the library: its letters are filled and stroked.
        mode = 2 if bold and face == "china-s" else 0

        def step(page: pymupdf.Page) -> None:
            writer = pymupdf.TextWriter(page.rect)
            writer.append((x, y), text, font=_FONTS[face], fontsize=size)
            writer.write_text(page, color=colour, render_mode=mode)

        self._steps[-1].append((y, x, step))

    def fill(self, box: tuple[float, float, float, float], colour: Colour) -> None:
        """Colours a part of the paper before anything is drawn on it."""
        self._steps[-1].append((-1.0, 0.0, lambda page: page.draw_rect(box, color=None, fill=colour)))

    def line(self, x0: float, y0: float, x1: float, y1: float, width: float = 0.7) -> None:
        """Draws a rule."""
        self._steps[-1].append((y0, x0, lambda page: page.draw_line((x0, y0), (x1, y1), width=width)))

    def chart(self, box: tuple[float, float, float, float], names: Sequence[str], floats: bool = False) -> None:
        """Draws a chart of bars with names below them: a figure with text in it."""
        self.label("figure", "", floats)
        x0, y0, x1, y1 = box
        base = y1 - 16
        self._steps[-1].append((y0, x0, lambda page: page.draw_line((x0 + 20, y0), (x0 + 20, base))))
        self._steps[-1].append((y0, x0, lambda page: page.draw_line((x0 + 20, base), (x1, base))))
        step = (x1 - x0 - 30) / len(names)
        for i, name in enumerate(names):
            left, top = x0 + 26 + i * step, y0 + (base - y0) * (0.15 + 0.6 * ((i * 7) % 5) / 5)
            bar = (left, top, left + 0.6 * step, base)
            self.fill(bar, (0.2, 0.4, 0.2 * (i % 5)))
            self.put(left, base + 11, name, 7)
        for i in range(4):
            self.put(x0, base - i * (base - y0) / 4, str(10 * i), 7)

    def picture(self, box: tuple[float, float, float, float], floats: bool = False) -> None:
        """Places a picture without text in it: a grey slope with a dark disc."""
        self.label("figure", "", floats)
        pixels = pymupdf.Pixmap(pymupdf.csGRAY, pymupdf.IRect(0, 0, 120, 120), False)
        for py in range(120):
            for px in range(120):
                disc = (px - 60) ** 2 + (py - 50) ** 2 < 900
                pixels.set_pixel(px, py, (40 if disc else 110 + (px + py) // 3,))
        data = pixels.tobytes("png")
        self._steps[-1].append(
            (box[1], box[0], lambda page: page.insert_image(box, stream=data, keep_proportion=False))
        )

    def table(
        self, x: float, y: float, widths: Sequence[float], rows: Sequence[Sequence[str]], size: float = 9,
        lined: bool = True, floats: bool = False,
    ) -> float:  # fmt: skip
        """Draws a table; y is its upper edge. Returns its lower edge."""
        self.label("table", "".join(rows[0]), floats)
        pitch = 1.7 * size
        right = x + sum(widths)
        for i, row in enumerate(rows):
            at = x
            for width, cell in zip(widths, row, strict=True):
                self.put(at + 3, y + (i + 0.7) * pitch, cell, size, bold=i == 0)
                at += width
            if lined or i < 2:
                self.line(x, y + i * pitch, right, y + i * pitch)
        bottom = y + len(rows) * pitch
        self.line(x, bottom, right, bottom)
        if lined:
            at = x
            for width in (*widths, 0.0):
                self.line(at, y, at, bottom)
                at += width
        return bottom

    def pdf(self) -> bytes:
        """The pages drawn."""
        with pymupdf.open() as document:
            for steps in self._steps:
                page = document.new_page(width=self.size[0], height=self.size[1])
                for _, _, step in sorted(steps, key=lambda s: s[:2]) if self._by_place else steps:
                    step(page)
            document.subset_fonts()
            content: bytes = document.tobytes(garbage=3, deflate=True, no_new_id=True)
        return content


def _font(text: str, bold: bool) -> tuple[pymupdf.Font, str]:
    face = "china-s" if any(ord(c) > 0x2E80 for c in text) else "hebo" if bold else "helv"
    return _FONTS[face], face


def _wrapped(text: str, font: pymupdf.Font, size: float, width: float, first: float) -> list[str]:
    lines = [""]
    for token in _TOKEN.findall(text):
        room = first if len(lines) == 1 else width
        if font.text_length(lines[-1] + token.rstrip(), size) > room and lines[-1] and token not in _NOT_FIRST:
            lines.append("")
        lines[-1] += token
    return [line.rstrip() for line in lines]
