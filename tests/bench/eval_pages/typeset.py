"""Clean pages, set with PyMuPDF's built-in fonts, and what stands on them in reading order."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import pymupdf

A4, A5 = (595.0, 842.0), (420.0, 595.0)
_MARGIN_PT = 40.0
_LEADING = 1.5
_RUN = re.compile(r"[ -~]+|[^ -~]+")
_PIECE = re.compile(r"[\u2e80-\uffef]|[^\s\u2e80-\uffef]+\s*|\s+")
_NO_LINE_START = "，。、；：）！？》"


@dataclass(frozen=True, slots=True)
class Typeset:
    """A clean page.

    Attributes:
        pdf: of one page.
        truth: its lines in reading order.
    """

    pdf: bytes
    truth: str


@dataclass(slots=True)
class Sheet:
    """A page being set.

    Attributes:
        latin: PyMuPDF's name of the font for what is ASCII.
        lines: what has been set, in reading order.
    """

    page: pymupdf.Page
    latin: str = "tiro"
    lines: list[str] = field(default_factory=list)
    y: float = _MARGIN_PT

    @property
    def width(self) -> float:
        """Of the page, points."""
        return float(self.page.rect.width)

    def text(self, x: float, text: str, size: float, colour: tuple[float, ...] = (0.0,)) -> float:
        """Sets a line at the height the sheet has come to; the x where it ends."""
        for run in _RUN.findall(text):
            font = self.latin if run.isascii() else "china-s"
            self.page.insert_text((x, self.y), run, fontsize=size, fontname=font, color=colour)
            x += pymupdf.get_text_length(run, font, size)
        return x

    def line(self, text: str, size: float, x: float = _MARGIN_PT, colour: tuple[float, ...] = (0.0,)) -> None:
        """Sets a line below the last and notes it."""
        self.y += size * _LEADING
        self.text(x, text, size, colour)
        self.lines.append(text)

    def paragraph(self, text: str, size: float, x: float = _MARGIN_PT, width: float | None = None,
                  colour: tuple[float, ...] = (0.0,)) -> None:  # fmt: skip
        """Sets a paragraph, with a gap below it."""
        for line in wrapped(text, self.width - 2 * _MARGIN_PT if width is None else width, size, self.latin):
            self.line(line, size, x, colour)
        self.y += size * 0.6


def length(text: str, size: float, latin: str) -> float:
    """Width of a line in points."""
    return sum(pymupdf.get_text_length(run, latin if run.isascii() else "china-s", size) for run in _RUN.findall(text))


def wrapped(text: str, width: float, size: float, latin: str) -> list[str]:
    """Breaks a text into lines; no line begins with a mark that ends a clause."""
    lines = [""]
    for piece in _PIECE.findall(text):
        full = length(lines[-1] + piece.rstrip(), size, latin) > width
        if full and lines[-1] and piece not in _NO_LINE_START:
            lines[-1] = lines[-1].rstrip()
            lines.append("")
        lines[-1] += piece
    return [line.rstrip() for line in lines]


@contextmanager
def _sheet(out: list[Typeset], latin: str, size: tuple[float, float] = A5) -> Iterator[Sheet]:
    with pymupdf.open() as document:
        sheet = Sheet(document.new_page(width=size[0], height=size[1]), latin)
        yield sheet
        document.subset_fonts()
        out.append(Typeset(bytes(document.tobytes(garbage=3, deflate=True, no_new_id=True)), "\n".join(sheet.lines)))


def prose(title: str, paragraphs: Sequence[str], size: float = 11.0, latin: str = "tiro",
          paper: tuple[float, float] = A5) -> Typeset:  # fmt: skip
    """A title and paragraphs."""
    out: list[Typeset] = []
    with _sheet(out, latin, paper) as sheet:
        sheet.line(title, size * 1.5)
        sheet.y += size
        for text in paragraphs:
            sheet.paragraph(text, size)
    return out[0]


def columns(title: str, paragraphs: Sequence[str], size: float = 9.5, latin: str = "tiro") -> Typeset:
    """A title over two columns; half of the paragraphs in each."""
    out: list[Typeset] = []
    with _sheet(out, latin) as sheet:
        sheet.line(title, size * 1.6)
        top = sheet.y + size
        gutter = 18.0
        width = (sheet.width - 2 * _MARGIN_PT - gutter) / 2
        half = (len(paragraphs) + 1) // 2
        for left, part in ((_MARGIN_PT, paragraphs[:half]), (_MARGIN_PT + width + gutter, paragraphs[half:])):
            sheet.y = top
            for text in part:
                sheet.paragraph(text, size, left, width)
    return out[0]


def table(
    title: str, rows: Sequence[Sequence[str]], *, lined: bool, size: float = 10.5, latin: str = "helv"
) -> Typeset:
    """A table under a title; its truth has the cells of a row parted by blanks."""
    out: list[Typeset] = []
    with _sheet(out, latin) as sheet:
        sheet.line(title, size * 1.4)
        sheet.y += size
        stops = [_MARGIN_PT + share * (sheet.width - 2 * _MARGIN_PT) for share in (0.0, 0.42, 0.62, 0.78, 1.0)]
        height, top = size * 2.0, sheet.y
        for index, row in enumerate(rows):
            sheet.y = top + index * height + height * 0.68
            for left, cell in zip(stops, row, strict=False):
                sheet.text(left + 5, cell, size)
            sheet.lines.append(" ".join(row))
        bottom = top + len(rows) * height
        if lined:
            for index in range(len(rows) + 1):
                sheet.page.draw_line((stops[0], top + index * height), (stops[-1], top + index * height), width=0.7)
            for stop in stops:
                sheet.page.draw_line((stop, top), (stop, bottom), width=0.7)
    return out[0]


def receipt(rows: Sequence[tuple[str, str]], size: float = 9.0, latin: str = "cour") -> Typeset:
    """A till's narrow slip: what stands left and what stands right."""
    out: list[Typeset] = []
    width = 210.0
    with _sheet(out, latin, (width, 40 + len(rows) * size * 1.7)) as sheet:
        sheet.y = 12.0
        for left, right in rows:
            sheet.y += size * 1.7
            sheet.text(14, left, size)
            if right:
                sheet.text(width - 14 - length(right, size, latin), right, size)
            sheet.lines.append(f"{left} {right}".strip())
    return out[0]


def blocks(parts: Sequence[str], size: float = 11.0, latin: str = "tiro") -> Typeset:
    """Paragraphs of either script under one another."""
    out: list[Typeset] = []
    with _sheet(out, latin) as sheet:
        for text in parts:
            sheet.paragraph(text, size)
            sheet.y += size
    return out[0]


def vertical(title: str, paragraphs: Sequence[str], size: float = 13.0) -> Typeset:
    """Chinese from top to bottom, columns from right to left; marks stay as they are."""
    out: list[Typeset] = []
    with _sheet(out, "helv") as sheet:
        x = sheet.width - _MARGIN_PT - size
        per_column = int((sheet.page.rect.height - 2 * _MARGIN_PT) // (size * 1.15))
        for text in (title, *paragraphs):
            for start in range(0, len(text), per_column):
                column = text[start : start + per_column]
                for index, character in enumerate(column):
                    sheet.y = _MARGIN_PT + size + index * size * 1.15
                    sheet.text(x, character, size)
                sheet.lines.append(column)
                x -= size * 1.7
    return out[0]


def reversed_out(title: str, paragraphs: Sequence[str], size: float = 11.0, latin: str = "helv") -> Typeset:
    """White text on dark bars between black text on white."""
    out: list[Typeset] = []
    with _sheet(out, latin) as sheet:
        for index, text in enumerate([title, *paragraphs]):
            lines = wrapped(text, sheet.width - 2 * _MARGIN_PT, size, latin)
            dark = index % 2 == 0
            if dark:
                height = len(lines) * size * _LEADING + size * 0.8
                frame = pymupdf.Rect(_MARGIN_PT - 8, sheet.y, sheet.width - _MARGIN_PT + 8, sheet.y + height)
                sheet.page.draw_rect(frame, color=None, fill=(0.12, 0.2, 0.36))
            sheet.paragraph(text, size, colour=(1.0, 1.0, 1.0) if dark else (0.0,))
            sheet.y += size * 0.6
    return out[0]


def with_hidden_layer(image: bytes, size: tuple[float, float], hidden: str) -> bytes:
    """A scan of a page with an invisible text layer of somebody else's making over it.

    Args:
        image: JPEG or PNG of the whole page.
        size: of the page, points.
        hidden: what the layer says.
    """
    with pymupdf.open() as document:
        page = document.new_page(width=size[0], height=size[1])
        page.insert_image(page.rect, stream=image)
        y = _MARGIN_PT
        for line in hidden.splitlines():
            y += 16.0
            page.insert_text((_MARGIN_PT, y), line, fontsize=11, fontname="china-s", render_mode=3)
        return bytes(document.tobytes(garbage=3, deflate=True, no_new_id=True))
