"""Labels of tables in the folder of real documents: facts about them, no more than a few cells of each.

A fact is right when a table of the page has it: its rows and columns, and a text at a row and column.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pipeline.extract.tables import find_tables
from tests.bench.layout.programs import read_document
from tests.bench.tables import others
from tests.bench.tables.metric import Shown, folded

Tables = list[list[Shown]]


@dataclass(frozen=True, slots=True)
class Kept:
    """A labelled table: its size, and some of its cells by row and column from 0."""

    file: str
    page: int
    rows: int
    columns: int
    cells: dict[tuple[int, int], str]


_P = "hard/pdfplumber/tests/pdfs/"
_S = "hard/pypdf_samples/"
TABLES = [
    Kept("hard/pdfplumber/examples/pdfs/ca-warn-report.pdf", 1, 37, 7, {
        (0, 3): "Company", (1, 5): "150", (4, 4): "El Segundo", (3, 3): "Long Beach Memorial Medical Center"}),
    Kept("hard/pdfplumber/examples/pdfs/ca-warn-report.pdf", 2, 43, 7, {(0, 3): "Boeing Company", (4, 5): "120"}),
    Kept(_P + "issue-140-example.pdf", 1, 5, 9, {(0, 8): "PO number", (1, 1): "0085648100305", (4, 6): "$ 253.15"}),
    Kept(_P + "issue-140-example.pdf", 1, 2, 7, {(0, 0): "Claim ID", (1, 0): "No results"}),
    Kept(_P + "nics-background-checks-2015-11.pdf", 1, 59, 25, {
        (3, 0): "Alabama", (3, 24): "71,137", (4, 1): "209", (2, 7): "Handgun", (1, 13): "Returned/Disposition"}),
    Kept(_P + "issue-336-example.pdf", 1, 8, 5, {(0, 0): "公路技术等级", (2, 1): "八", (3, 2): "2.1333"}),
    Kept(_P + "issue-336-example.pdf", 1, 11, 8, {(1, 3): "μ≤10", (2, 3): "0.92", (3, 7): "1.10"}),
    Kept(_P + "issue-336-example.pdf", 1, 2, 3, {(0, 1): "路段监控通信站", (1, 2): "0.5333"}),
    Kept(_P + "issue-53-example.pdf", 1, 17, 8, {(1, 7): "L/F(%)", (2, 0): "FY2013", (3, 7): "75.7"}),
    Kept(_P + "issue-466-example.pdf", 1, 4, 3, {(0, 0): "T0-C0", (3, 2): "T0-22-last"}),
    Kept(_P + "issue-466-example.pdf", 1, 4, 3, {(0, 0): "T1-C0", (3, 2): "T1-22-last"}),
    Kept(_P + "issue-466-example.pdf", 1, 4, 3, {(0, 0): "T2-C0", (3, 2): "T2-22-last"}),
    Kept(_P + "issue-466-example.pdf", 1, 4, 3, {(0, 0): "T3-C0", (3, 2): "T3-22-last"}),
    Kept(_P + "issue-463-example.pdf", 2, 5, 3, {(0, 0): "Header", (4, 2): "Cell"}),
    Kept(_P + "issue-67-example.pdf", 3, 11, 4, {(0, 1): "本报告期", (1, 0): "营业收入（元）", (2, 3): "70.13%"}),
    Kept(_P + "pr-138-example.pdf", 1, 17, 12, {(3, 2): "5.37%", (2, 0): "Complete", (1, 3): "Comparison rate"}),
    Kept(_P + "table-curves-example.pdf", 1, 33, 4, {(0, 0): "System organ class", (2, 1): "Common"}),
    Kept(_P + "senate-expenditures.pdf", 1, 0, 7, {(0, 0): "DOCUMENT NO.", (2, 6): "37,499.96"}),
    Kept(_P + "word365_structure.pdf", 1, 3, 3, {(0, 1): "En-tête 2", (2, 2): "Bibitte"}),
    Kept(_S + "011-google-doc-document/google-doc-document.pdf", 1, 5, 6, {(1, 1): "Asia", (2, 5): "Vatican City"}),
    Kept(_S + "026-latex-multicolumn/multicolumn.pdf", 3, 6, 5, {(0, 2): "Area (km2)", (1, 3): "Vienna"}),
    Kept("hard/ocrmypdf/tagged.pdf", 1, 3, 2, {(0, 0): "Column 1", (2, 1): "Cell 4"}),
]  # fmt: skip


def measure(corpus: Path, with_others: bool) -> None:
    """Prints how many labelled facts are right."""
    ways: dict[str, Callable[[Path, int], Tables]] = {"ours": _ours}
    if with_others:
        ways["find_tables lines"] = lambda file, page: others.find_tables(file, page - 1, "lines")
        ways["find_tables text"] = lambda file, page: others.find_tables(file, page - 1, "text")
        ways["layout model"] = lambda file, page: others.layout_model(file, page - 1)
    print(f"\n{'real pages: facts right':44s}" + "".join(f"{name:>20s}" for name in ways))
    totals = dict.fromkeys(ways, 0)
    for kept in TABLES:
        row = f"{Path(kept.file).stem[:32]:34s}{kept.page:3d}{len(kept.cells) + 1:5d}  "
        for way, find in ways.items():
            right = max((_right(kept, table) for table in find(corpus / kept.file, kept.page)), default=0)
            totals[way] += right
            row += f"{right:20d}"
        print(row)
    print(
        f"{'all':34s}{sum(len(kept.cells) + 1 for kept in TABLES):8d}  " + "".join(f"{n:20d}" for n in totals.values())
    )


def _ours(file: Path, page: int) -> Tables:
    reading = read_document(file)[page - 1]
    return [
        [Shown(c.row, c.column, c.text, c.row_span, c.column_span) for c in block.table.cells]
        for block in find_tables(reading).blocks
        if block.table is not None
    ]


def _right(kept: Kept, table: list[Shown]) -> int:
    """How many facts of the label the table has."""
    rows = max((cell.row + cell.row_span for cell in table), default=0)
    columns = max((cell.column + cell.column_span for cell in table), default=0)
    texts = {(cell.row, cell.column): folded(cell.text) for cell in table}
    right = sum(texts.get(place) == folded(text) for place, text in kept.cells.items())
    return right + (columns == kept.columns and kept.rows in (0, rows))
