"""Programs that are measured: a document in, kind and text of every block of one of its pages out."""

from __future__ import annotations

import importlib
import json
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pymupdf

from pipeline.extract.build import build_document
from pipeline.ocr.reader import PageReader
from pipeline.render.draw import RenderOptions, render_page
from pipeline.render.source import open_source
from pipeline.types import PageReading

Blocks = list[tuple[str, str]]
_KINDS = {".png": "png", ".tif": "tiff"}

# The classes of PyMuPDF's layout model in the words of `document.Kind`.
_MODEL_KINDS = {
    "title": "heading", "section-header": "heading", "text": "paragraph", "list-item": "list_item", "table": "table",
    "picture": "figure", "caption": "caption", "footnote": "footnote", "page-header": "header", "page-footer": "footer",
    "formula": "figure",
}  # fmt: skip


def read_document(file: Path, kept: Path | None = None) -> list[PageReading]:
    """All pages as the stages before this one hand them on: text layers taken, other pages read.

    Args:
        kept: folder in which readings by OCR are kept, so that a change of layout is measured without reading again.
    """
    store = kept / f"{file.stem}.json" if kept else None
    if store and store.exists():
        return [PageReading.from_dict(row) for row in json.loads(store.read_text("utf-8"))]
    readings = []
    with tempfile.TemporaryDirectory() as folder, open_source(file, _KINDS.get(file.suffix, "pdf")) as source:
        for number in range(1, source.pages + 1):
            page = render_page(source, number, Path(folder) / "page.png", RenderOptions())
            reading = page.reading
            if reading is None:
                assert page.image is not None
                reading = _reader().read(page.image, number, page.width_pt, page.height_pt, ("en", "zh-Hans"))
            readings.append(reading)
    if store and any(reading.source == "ocr" for reading in readings):
        store.parent.mkdir(parents=True, exist_ok=True)
        store.write_text(json.dumps([reading.as_dict() for reading in readings]), "utf-8")
    return readings


@cache
def _reader() -> PageReader:
    return PageReader("auto", timeout_s=120)


def ours(readings: Sequence[PageReading], page_number: int) -> Blocks:
    """What Pagemill makes of the readings."""
    document = build_document(readings)
    page = next(page for page in document.pages if page.page_number == page_number)
    return [(block.kind, block.text) for block in page.blocks]


def sorted_text(file: Path, page_number: int) -> Blocks:
    """PyMuPDF's own blocks from top to bottom; it has no kinds but text and image."""
    with pymupdf.open(file) as document:
        blocks = document[page_number - 1].get_text("blocks", sort=True)
    return [("figure", "") if block[6] else ("paragraph", block[4]) for block in blocks]


def model(file: Path, page_number: int) -> Blocks:
    """PyMuPDF's layout model through PyMuPDF4LLM, which also orders the page; without OCR."""
    llm = importlib.import_module("pymupdf4llm")
    with pymupdf.open(file) as document:
        page = json.loads(llm.to_json(document, pages=[page_number - 1], use_ocr=False))["pages"][0]
    return [(_MODEL_KINDS.get(box["boxclass"], "paragraph"), _box_text(box)) for box in page["boxes"]]


def _box_text(box: dict[str, object]) -> str:
    table = box.get("table")
    if isinstance(table, dict):
        return " ".join(str(cell or "") for row in table.get("extract") or () for cell in row)
    lines = box.get("textlines")
    if not isinstance(lines, list):
        return ""
    return " ".join("".join(str(span["text"]) for span in line["spans"]) for line in lines)


def searchable(readings: Sequence[PageReading], file: Path, out: Path) -> Path:
    """A PDF whose pages read by OCR carry the words as hidden text: what a program without OCR gets to see."""
    if all(reading.source != "ocr" for reading in readings):
        return file
    font = pymupdf.Font("china-s")
    with pymupdf.open(file) as given, pymupdf.open() as document:
        source = given if given.is_pdf else pymupdf.open("pdf", given.convert_to_pdf())
        for reading in readings:
            page = document.new_page(width=reading.width_pt, height=reading.height_pt)
            page.show_pdf_page(page.rect, source, reading.page_number - 1)
            if reading.source == "ocr":
                writer = pymupdf.TextWriter(page.rect)
                for word in reading.words:
                    size = max(word.box.height * 0.75, 1.0)
                    try:
                        writer.append((word.box.x0, word.box.y1 - 0.2 * size), word.text + " ", font, size)
                    except ValueError:  # a glyph that the font has not
                        continue
                writer.write_text(page, render_mode=3)
        document.save(out)
    return out
