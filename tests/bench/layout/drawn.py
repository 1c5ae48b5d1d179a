"""Pages drawn for the measure: the shapes that go wrong most, born digital or read from a scan."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cli.samples import scan
from tests.bench.layout import drawn_en, drawn_zh
from tests.bench.layout.label import LabelledPage
from tests.bench.layout.sheet import Sheet

_PAGES: tuple[tuple[str, str, bool, Callable[[], Sheet]], ...] = (
    ("resume, coloured sidebar right", "en", False, drawn_en.resume_right),
    ("resume, dark sidebar left", "en", True, drawn_en.resume_left),
    ("report, figure and footnotes", "en", False, drawn_en.report),
    ("newspaper, headlines over columns", "en", True, drawn_en.newspaper),
    ("resume, two columns under a name", "en", False, drawn_en.resume_across),
    ("resume, sidebar left", "zh", False, drawn_zh.resume_left),
    ("resume, dark sidebar right", "zh", True, drawn_zh.resume_right),
    ("vertical columns", "zh", False, drawn_zh.vertical),
    ("vertical columns of ink", "zh", True, drawn_zh.vertical),
    ("journal, figure and table", "zh", False, drawn_zh.journal),
    ("rules, nested numbers, footnotes", "zh", True, drawn_zh.statute),
    ("newspaper, three columns", "zh", False, drawn_zh.newspaper),
)


def drawn_pages(folder: Path) -> list[LabelledPage]:
    """Draws them all into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    pages = []
    for number, (name, script, scanned, draw) in enumerate(_PAGES):
        sheet = draw()
        content = sheet.pdf()
        if scanned:
            content = scan(content, dpi=200, skew_deg=0.4 * (-1) ** number, noise=6.0, seed=number)
        file = folder / f"{name.replace(' ', '-').replace(',', '')}.pdf"
        file.write_bytes(content)
        pages.append(LabelledPage(name + (", scanned" if scanned else ""), script, file, 1, tuple(sheet.labels[0])))
    return pages
