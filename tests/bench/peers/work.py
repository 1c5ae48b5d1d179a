"""The pages that are read: dense A4 pages in both scripts, scanned at 200 dpi; other grain for every round.

Whoever remembers what it has read before finds nothing that it knows, and all contenders of a round read the same.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

import pymupdf
from PIL import Image

from cli.evaluation.metrics import measure
from cli.samples import scan
from tests.bench.eval_pages.pages import SCRIPTS

DPI = 200
_GRAIN = 4.0  # of 255; a good scanner's


@dataclass(frozen=True, slots=True)
class Work:
    """Some pages.

    Attributes:
        truths: what stands on each, by its name; the names begin with the script.
        pdfs: a scan a page, nothing but an image on it.
        images: the same pixels, ready to be read.
        book: all pages in one PDF, in the order of the names.
    """

    truths: Mapping[str, str]
    pdfs: tuple[Path, ...]
    images: tuple[Path, ...]
    book: Path


def draw(folder: Path, pages: int, seed: int) -> Work:
    """Draw pages into a folder, half of them English, half Chinese, in this order.

    Args:
        pages: how many; an even number.
        seed: of the grain.
    """
    folder.mkdir(parents=True)
    truths, pdfs, images = {}, [], []
    with pymupdf.open() as book:
        for place, script in enumerate(SCRIPTS):
            for number in range(pages // 2):
                sheet, name = script.dense(number), f"{script.name}{number:02}"
                pdf = scan(sheet.pdf, DPI, 0.0, _GRAIN, seed * 1000 + place * 500 + number)
                truths[name] = sheet.truth
                pdfs.append(folder / f"{name}.pdf")
                pdfs[-1].write_bytes(pdf)
                images.append(folder / f"{name}.png")
                with pymupdf.open("pdf", pdf) as one:
                    picture = one.extract_image(one[0].get_images()[0][0])["image"]
                    book.insert_pdf(one)
                Image.open(io.BytesIO(picture)).save(images[-1], dpi=(DPI, DPI))
        book.save(folder / "book.pdf")
    return Work(truths, tuple(pdfs), tuple(images), folder / "book.pdf")


def errors(work: Work, texts: Mapping[str, str]) -> str:
    """How far what was read is from what stands there, a script at a time: means over pages."""
    told = []
    for script in SCRIPTS:
        found = [
            measure(truth, texts.get(name, ""), texts.get(name, "").split())
            for name, truth in work.truths.items()
            if name.startswith(script.name)
        ]
        told.append(f"{script.name}: F1 {fmean(one.words.f1 for one in found):.3f}, "
                    f"CER {fmean(one.cer for one in found):.1%}")  # fmt: skip
    return "; ".join(told)
