"""Draws tables as office programs, typesetters and cash registers do, and tells their cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pymupdf

from tests.bench.tables.metric import Shown

PAD = 4.0
Cells = Sequence[Sequence[object]]  # a text, (text, row span, column span), or None where a span covers it


@dataclass(slots=True)
class Sheet:
    """A page being drawn."""

    name: str
    page: pymupdf.Page
    tables: list[list[Shown]] = field(default_factory=list)

    def text(self, x: float, y: float, text: str, size: float = 10, bold: bool = False) -> None:
        """A line of type on the base line y."""
        self.page.insert_text((x, y), text, fontsize=size, fontname=font_of(text, bold))

    def prose(self, x: float, y: float, width: float, text: str, size: float = 10) -> float:
        """Text filled to a width; returns where it ends."""
        font = pymupdf.Font(font_of(text, False))
        parts = text.split(" ") if text.isascii() else list(text)
        space = " " if text.isascii() else ""
        line = ""
        for part in parts:
            longer = f"{line}{space}{part}" if line else part
            if font.text_length(longer, size) > width:
                self.text(x, y, line, size)
                line, y = part, y + 1.35 * size
            else:
                line = longer
        self.text(x, y, line, size)
        return y + 1.35 * size

    def table(
        self, x: float, y: float, widths: Sequence[float], rows: Cells, *, rules: str = "grid", align: str = "",
        size: float = 9, height: float = 18, bold: int = 0, shade: str = "", dashes: str | None = None,
        line: float = 0.7,
    ) -> float:  # fmt: skip
        """A table whose upper left corner is (x, y); returns where it ends.

        Args:
            widths: of the columns in points.
            rows: of cells.
            rules: "grid", "rows", "columns", "open" (inner lines), "book" (above, below, under the
                head), "double" or "".
            align: a letter a column, "l", "r" or "c"; short ones are filled up with "l".
            bold: rows at the top set in bold type.
            shade: "head", "bands" or "".
        """
        xs = [x]
        for width in widths:
            xs.append(xs[-1] + width)
        ys = [y]
        for row in rows:
            deep = max((str(_cell(c)[0]).count("\n") + 1 for c in row if c is not None and _cell(c)[1] == 1), default=1)
            ys.append(ys[-1] + height + (deep - 1) * 1.25 * size)
        cells = [
            (i, j, *_cell(value)) for i, row in enumerate(rows) for j, value in enumerate(row) if value is not None
        ]
        self._shade(xs, ys, shade, bold)
        for i, j, text, down, across in cells:
            box = pymupdf.Rect(xs[j], ys[i], xs[j + across], ys[i + down])
            side = (align + "l" * len(widths))[j] if across == 1 else "c"
            self._fill(box, text, side, size, i < bold)
            if rules in ("grid", "double"):
                self.page.draw_rect(box, width=line, dashes=dashes)
        self._rules(xs, ys, rules, bold, line, dashes)
        self.tables.append([Shown(i, j, text, down, across) for i, j, text, down, across in cells])
        return ys[-1]

    def _shade(self, xs: Sequence[float], ys: Sequence[float], shade: str, bold: int) -> None:
        for i in range(len(ys) - 1):
            if (shade == "head" and i < max(bold, 1)) or (shade == "bands" and i % 2 == 0):
                self.page.draw_rect(pymupdf.Rect(xs[0], ys[i], xs[-1], ys[i + 1]), fill=(0.87, 0.87, 0.9), color=None)

    def _fill(self, box: pymupdf.Rect, text: str, side: str, size: float, bold: bool) -> None:
        lines = text.split("\n")
        name = font_of(text, bold)
        font = pymupdf.Font(name)
        y = (box.y0 + box.y1) / 2 - (len(lines) - 1) * 0.625 * size + 0.35 * size
        for part in lines:
            room = box.width - font.text_length(part, size)
            x = box.x0 + {"l": PAD, "c": room / 2, "r": room - PAD}[side]
            self.page.insert_text((x, y), part, fontsize=size, fontname=name)
            y += 1.25 * size

    def _rules(
        self, xs: Sequence[float], ys: Sequence[float], rules: str, bold: int, line: float, dashes: str | None
    ) -> None:
        level, upright = {
            "rows": (list(ys), []), "columns": ([ys[0], ys[max(bold, 1)], ys[-1]], list(xs)),
            "open": (list(ys), list(xs[1:-1])), "book": ([ys[0], ys[max(bold, 1)], ys[-1]], []),
        }.get(rules, ([], []))  # fmt: skip
        for place in level:
            self.page.draw_line((xs[0], place), (xs[-1], place), width=line, dashes=dashes)
        for place in upright:
            self.page.draw_line((place, ys[0]), (place, ys[-1]), width=line, dashes=dashes)
        if rules == "double":
            self.page.draw_rect(pymupdf.Rect(xs[0] - 2, ys[0] - 2, xs[-1] + 2, ys[-1] + 2), width=line)


def _cell(value: object) -> tuple[str, int, int]:
    if isinstance(value, tuple):
        text, down, across = value
        return str(text), down, across
    return str(value), 1, 1


def font_of(text: str, bold: bool) -> str:
    """The built-in font that has the text's letters."""
    return ("hebo" if bold else "helv") if all(ord(c) < 256 for c in text) else "china-s"
