"""The demo's documents, drawn afresh each time: scans, a photo, a born-digital paper and a damaged file.

Only PyMuPDF's and Pillow's own fonts are used, and all randomness is seeded. `scan` and `photograph` turn clean pages
into what comes out of scanners and telephones; the tests draw with them too.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pymupdf
from numpy.typing import NDArray
from PIL import Image

from cli import sample_texts

_A4 = (595.0, 842.0)
_A5 = (420.0, 595.0)


@dataclass(frozen=True, slots=True)
class Sample:
    """A document of the demo.

    Attributes:
        path: the file.
        title: what it is, for people.
        expect: the status in which it must end.
    """

    path: Path
    title: str
    expect: Literal["done", "failed"]


@dataclass(frozen=True, slots=True)
class SampleSearch:
    """A search of the demo.

    Attributes:
        query: what is asked.
        expect: file name of the document that must come first.
        page_number: the page of it that answers, from 1.
    """

    query: str
    expect: str
    page_number: int


RESUME, LETTER, PAPER = "林晓岚-简历-扫描.pdf", "roof-repair-letter-scan.pdf", "meltwater-paper.pdf"
RESUME_NAME = "林晓岚"
PHOTO, DAMAGED = "greenhouse-notice-photo.jpg", "damaged.pdf"

SEARCHES = (
    SampleSearch("What does the repair of the reading room roof cost?", LETTER, 1),
    SampleSearch("谁主持过儿童医院药房自动发药系统的上线？", RESUME, 1),
    SampleSearch("高山河流的水温为什么比气温上升得更快？", PAPER, 4),  # the paper is English
)


def make_samples(folder: Path) -> list[Sample]:
    """Draw all samples into a folder; the same bytes every time, but for the ids that PDF writers add.

    Returns:
        The documents in the order in which they are to be uploaded.
    """
    folder.mkdir(parents=True, exist_ok=True)
    resume = _lines_pdf(sample_texts.RESUME, "china-s")
    letter = _lines_pdf((sample_texts.LETTER,), "tiro")
    paper = _paper_pdf()
    files = {
        RESUME: scan(resume, dpi=200, skew_deg=1.0, noise=6.0, seed=1),
        LETTER: scan(letter, dpi=200, skew_deg=-0.7, noise=8.0, seed=2),
        PAPER: paper,
        PHOTO: photograph(_lines_pdf((sample_texts.NOTICE,), "helv"), seed=3),
        DAMAGED: paper[: len(paper) // 30].replace(b"obj", b"\x00\x00\x00"),  # a download cut off and garbled
    }
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return [
        Sample(folder / RESUME, "A scanned Chinese resume", "done"),
        Sample(folder / LETTER, "A scanned English letter", "done"),
        Sample(folder / PAPER, "A born-digital English paper", "done"),
        Sample(folder / PHOTO, "A notice photographed at an angle", "done"),
        Sample(folder / DAMAGED, "A damaged PDF", "failed"),
    ]


def fresh_scan(number: int) -> bytes:
    """The letter, or for odd numbers the two pages of the resume, as a scan like that of no other number.

    What was read or embedded once may not be done again, so every fourth line tells the number.
    """
    pages, font = (sample_texts.RESUME, "china-s") if number % 2 else ((sample_texts.LETTER,), "tiro")
    told = [[(size, f"{text} {number}" if text and at % 4 == 0 else text) for at, (size, text) in enumerate(lines)]
            for lines in pages]  # fmt: skip
    return scan(_lines_pdf(told, font), noise=7.0, seed=number)


def fresh_paper(number: int) -> bytes:
    """The paper with a number at the end of every paragraph, for the same reason."""
    return _paper_pdf(f" ({number})")


def scan(pdf: bytes, dpi: int = 200, skew_deg: float = 1.0, noise: float = 6.0, seed: int = 0) -> bytes:
    """Turns every page into what a scanner makes of it.

    Args:
        pdf: the clean document.
        dpi: resolution of the scan.
        skew_deg: how far each page lies askew, counter-clockwise.
        noise: standard deviation of the grain, of 255.
        seed: of the grain.

    Returns:
        A PDF of the same pages with nothing but one grey JPEG on each.
    """
    random = np.random.default_rng(seed)
    with pymupdf.open(stream=pdf, filetype="pdf") as source, pymupdf.open() as out:
        for page in source:
            image = _drawn(page, dpi).rotate(skew_deg, Image.Resampling.BICUBIC, fillcolor=255)
            grey = np.asarray(image, np.float32) * np.float32(218 / 255) + np.float32(28)
            grey += random.standard_normal(grey.shape, np.float32) * np.float32(noise)
            data = io.BytesIO()
            _image_of(grey).save(data, "JPEG", quality=80, dpi=(dpi, dpi))
            out.new_page(width=page.rect.width, height=page.rect.height).insert_image(
                page.rect, stream=data.getvalue(), keep_proportion=False
            )
        return bytes(out.tobytes(no_new_id=True))


def photograph(pdf: bytes, seed: int = 0) -> bytes:
    """Turns the first page into a telephone's picture of it: from the side, in uneven light, on a dark table.

    Returns:
        A colour JPEG of 2000 x 2700 pixels.
    """
    random = np.random.default_rng(seed)
    size = (2000, 2700)
    with pymupdf.open(stream=pdf, filetype="pdf") as source:
        sheet = _drawn(source[0], 220)
    w, h = sheet.size
    corners = [(130, 210), (1850, 120), (1930, 2560), (60, 2480)]  # where the sheet's corners come to lie
    warp = _perspective(corners, [(0, 0), (w, 0), (w, h), (0, h)])
    bent = sheet.transform(size, Image.Transform.PERSPECTIVE, warp, Image.Resampling.BICUBIC, fillcolor=60)
    grey = np.asarray(bent, np.float32)
    across = np.linspace(0, 1, size[0], dtype=np.float32)[None, :]
    down = np.linspace(0, 1, size[1], dtype=np.float32)[:, None]
    fall = np.exp(-((across - 0.3) ** 2 + (down - 0.35) ** 2) / np.float32(0.45))  # a lamp from the upper left
    light = np.float32(0.62) + np.float32(0.34) * fall
    grey = grey * light + random.standard_normal(grey.shape, np.float32) * np.float32(4)
    tint = np.array([1.0, 0.96, 0.87], np.float32)
    data = io.BytesIO()
    pixels = np.clip(grey[..., None] * tint, 0, 255).astype(np.uint8)
    Image.fromarray(pixels).save(data, "JPEG", quality=82)
    return data.getvalue()


def _drawn(page: pymupdf.Page, dpi: int) -> Image.Image:
    pixels = page.get_pixmap(dpi=dpi, colorspace=pymupdf.csGRAY, alpha=False)
    return Image.frombytes("L", (pixels.width, pixels.height), pixels.samples)


def _image_of(grey: NDArray[np.float32]) -> Image.Image:
    return Image.fromarray(np.clip(grey, 0, 255).astype(np.uint8))


def _perspective(corners: Sequence[tuple[int, int]], sheet: Sequence[tuple[int, int]]) -> list[float]:
    """The eight numbers of Pillow's perspective transform that take each corner of the picture to one of the sheet."""
    rows, values = [], []
    for (x, y), (u, v) in zip(corners, sheet, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    return [float(value) for value in np.linalg.solve(np.array(rows, float), np.array(values, float))]


def _lines_pdf(pages: Sequence[Sequence[tuple[float, str]]], font: str) -> bytes:
    """Lines under one another, left-aligned on A4; a size and a text each."""
    with pymupdf.open() as out:
        for lines in pages:
            page = out.new_page(width=_A4[0], height=_A4[1])
            y = 76.0
            for size, text in lines:
                y += size * 1.65
                x = 68.0
                # The built-in Chinese font sets Latin letters and digits as wide as its own characters.
                for run in re.findall(r"[ -~]+|[^ -~]+", text):
                    used = font if font != "china-s" or not run.isascii() else "helv"
                    page.insert_text((x, y), run, fontsize=size, fontname=used)
                    x += pymupdf.get_text_length(run, used, size)
        return bytes(out.tobytes(deflate=True, no_new_id=True))


class _Columns:
    """Sets text into two columns, page after page."""

    top, bottom, left, gutter = 48.0, 48.0, 36.0, 18.0

    def __init__(self, document: pymupdf.Document) -> None:
        self._document = document
        self.width = (_A5[0] - 2 * self.left - self.gutter) / 2
        self._column, self._number = 2, 0
        self._floor = self.top
        self.y = _A5[1]

    def room(self, height: float) -> None:
        """Goes to the next column, or page, unless so many points are left."""
        if self.y + height <= _A5[1] - self.bottom:
            return
        self._column += 1
        if self._column > 1:
            self._column, self._floor = 0, self.top
            self.page = self._document.new_page(width=_A5[0], height=_A5[1])
            self._number += 1
            self.page.insert_text((_A5[0] / 2 - 3, _A5[1] - 26), str(self._number), fontsize=9, fontname="tiro")
        self.y = self._floor

    def across(self, text: str, size: float, font: str) -> None:
        """Sets lines over both columns, at the top of a page; the columns begin below."""
        for line in _wrapped(text, _A5[0] - 2 * self.left, size, font):
            self.room(size * 1.4)
            self.y += size * 1.3
            self.page.insert_text((self.left, self.y), line, fontsize=size, fontname=font)
        self._floor = self.y + 10
        self.y = self._floor

    def paragraph(self, text: str, size: float, font: str, gap: float, keep: int = 1) -> None:
        """Sets a paragraph; `keep` lines at least stand together."""
        lines = _wrapped(text, self.width, size, font)
        self.room(gap + size * 1.35 * keep)
        self.y += gap
        for line in lines:
            self.room(size * 1.35)
            self.y += size * 1.35
            self.page.insert_text((self._x, self.y), line, fontsize=size, fontname=font)

    def row(self, cells: Sequence[str], size: float) -> None:
        """Sets one row of a table."""
        self.room(size * 1.6)
        self.y += size * 1.6
        for cell, share in zip(cells, (0.0, 0.36, 0.68, 0.86), strict=True):
            self.page.insert_text((self._x + share * self.width, self.y), cell, fontsize=size, fontname="tiro")

    @property
    def _x(self) -> float:
        return self.left + self._column * (self.width + self.gutter)


def _paper_pdf(end: str = "") -> bytes:
    with pymupdf.open() as out:
        columns = _Columns(out)
        columns.across(sample_texts.PAPER_TITLE, 15, "tibo")
        columns.across(sample_texts.PAPER_AUTHORS, 9.5, "tiit")
        for text in sample_texts.PAPER.strip().splitlines():
            if text.startswith("# "):
                columns.paragraph(text[2:], 12, "tibo", gap=9, keep=4)
            elif text.startswith("| "):
                columns.row([cell.strip() for cell in text[2:].split("|")], 8.5)
            elif text:
                columns.paragraph(text + end, 10.6, "tiro", gap=5, keep=2)
        out.set_metadata({"title": sample_texts.PAPER_TITLE})
        return bytes(out.tobytes(deflate=True, no_new_id=True))


def _wrapped(text: str, width: float, size: float, font: str) -> list[str]:
    """Breaks a text into lines of at most `width` points."""
    lines: list[str] = []
    for word in text.split():
        if lines and pymupdf.get_text_length(f"{lines[-1]} {word}", font, size) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines
