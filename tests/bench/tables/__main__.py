"""Cells of tables on labelled pages: `python -m tests.bench.tables [CORPUS] [--scans DIR] [--others] [--show NAME]`.

Draws 22 pages with tables, ten or more a script, reads them as they are and, with `--scans`, as scans of 200 dpi laid
half a degree askew by the default OCR (what it read is kept in DIR), and prints the F1 of neighbour relations (see
`metric`) a page. `--others` measures PyMuPDF's table finder and PyMuPDF4LLM beside ours on the born-digital pages.
CORPUS adds real documents labelled in `kept`, and counts tables on pages that have none.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import mean

import pymupdf

from cli.samples import scan
from pipeline.extract.tables import find_tables
from pipeline.types import PageReading
from tests.bench.layout.programs import read_document
from tests.bench.tables import kept, others, pages_en, pages_zh
from tests.bench.tables.draw import Sheet
from tests.bench.tables.metric import Shown, score

Tables = list[list[Shown]]


def main() -> int:
    """Prints the tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.tables", description=__doc__)
    parser.add_argument("corpus", type=Path, nargs="?")
    parser.add_argument("--scans", type=Path)
    parser.add_argument("--others", action="store_true")
    parser.add_argument("--show", default="")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        _drawn(Path(folder), options.scans, options.others, options.show)
    if options.corpus:
        kept.measure(options.corpus, options.others)
    return 0


def _drawn(folder: Path, scans: Path | None, with_others: bool, show: str) -> None:
    ways: dict[str, Callable[[Path], Tables]] = {"ours": lambda file: ours(read_document(file)[0])}
    if scans:
        scans.mkdir(parents=True, exist_ok=True)
        ways["ours, scanned"] = lambda file: ours(read_document(_scanned(file, scans), scans)[0])
    if with_others:
        ways["find_tables lines"] = lambda file: others.find_tables(file, 0, "lines")
        ways["find_tables text"] = lambda file: others.find_tables(file, 0, "text")
        ways["layout model"] = lambda file: others.layout_model(file, 0)
    print(f"{'page':16s}" + "".join(f"{name:>20s}" for name in ways))
    totals: dict[str, list[float]] = {}
    for script, pages in (("en", pages_en.PAGES), ("zh", pages_zh.PAGES)):
        for number, (name, drawing) in enumerate(pages.items()):
            file = folder / f"tables-{script}-{number:02d}.pdf"
            wanted = draw(name, drawing, file)
            row = f"{script} {name:13s}"
            for way, find in ways.items():
                got = find(file)
                f1 = score(wanted, got).f1
                totals.setdefault(f"{way} {script}", []).append(f1)
                row += f"{f1:20.3f}"
                if show and name.startswith(show):
                    print(way, *(f"  {cell}" for table in got for cell in table), sep="\n")
            print(row)
    for key, values in totals.items():
        print(f"{key:30s} {mean(values):.3f} on {len(values)} pages")


def draw(name: str, drawing: Callable[[Sheet], None], file: Path) -> Tables:
    """Writes the page as a PDF; returns its tables."""
    with pymupdf.open() as document:
        sheet = Sheet(name, document.new_page(width=595, height=842))
        drawing(sheet)
        document.subset_fonts()
        document.save(file, no_new_id=True)
    return sheet.tables


def _scanned(file: Path, scans: Path) -> Path:
    """The page as a scanner gives it, in the same folder as what is read of it."""
    out = scans / f"{file.stem}-scan.pdf"
    out.write_bytes(scan(file.read_bytes(), dpi=200, skew_deg=0.5, noise=5))
    return out


def ours(reading: PageReading) -> Tables:
    """What Pagemill finds."""
    return [
        [Shown(c.row, c.column, c.text, c.row_span, c.column_span) for c in block.table.cells]
        for block in find_tables(reading).blocks
        if block.table is not None
    ]


if __name__ == "__main__":
    sys.exit(main())
