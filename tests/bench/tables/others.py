"""What other programs find on the same born-digital pages."""

from __future__ import annotations

import html.parser
import importlib
from pathlib import Path

import pymupdf
from markdown_it import MarkdownIt

from tests.bench.tables.metric import Shown

Tables = list[list[Shown]]


def find_tables(file: Path, page_index: int, strategy: str) -> Tables:
    """PyMuPDF's own finder. It tells no spans: a cell it has none for is covered by the one before it."""
    with pymupdf.open(file) as document:
        found = document[page_index].find_tables(strategy=strategy)
        return [
            [
                Shown(i, j, text)
                for i, row in enumerate(table.extract())
                for j, text in enumerate(row)
                if text is not None
            ]
            for table in found.tables
        ]


class _Html(html.parser.HTMLParser):
    """Cells of the tables in a piece of Markdown, pipe tables and HTML alike."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: Tables = []
        self._taken: set[tuple[int, int]] = set()
        self._row = self._column = 0
        self._open: list[str] | None = None
        self._spans = (1, 1)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.tables.append([])
            self._taken, self._row = set(), -1
        elif tag == "tr":
            self._row, self._column = self._row + 1, 0
        elif tag in ("td", "th"):
            told = dict(attrs)
            self._spans = int(told.get("rowspan") or 1), int(told.get("colspan") or 1)
            self._open = []
        elif tag == "br" and self._open is not None:
            self._open.append(" ")

    def handle_data(self, data: str) -> None:
        if self._open is not None:
            self._open.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag not in ("td", "th") or self._open is None or not self.tables:
            return
        while (self._row, self._column) in self._taken:
            self._column += 1
        down, across = self._spans
        self.tables[-1].append(Shown(self._row, self._column, "".join(self._open), down, across))
        self._taken |= {(self._row + i, self._column + j) for i in range(down) for j in range(across)}
        self._column += across
        self._open = None


def layout_model(file: Path, page_index: int) -> Tables:
    """PyMuPDF4LLM with PyMuPDF's layout model."""
    importlib.import_module("pymupdf.layout")  # switches the layout model on
    llm = importlib.import_module("pymupdf4llm")
    with pymupdf.open(file) as document:
        text = llm.to_markdown(document, pages=[page_index], use_ocr=False, show_progress=False)
    parser = _Html()
    parser.feed(MarkdownIt("commonmark", {"html": True}).enable("table").render(str(text)).replace("<strong>", ""))
    return parser.tables
