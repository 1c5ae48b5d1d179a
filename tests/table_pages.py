"""Pages with tables as a reader hands them on: words and rules laid out by hand, no file and no engine."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pipeline.extract.join import han_count
from pipeline.types import Box, PageReading, Word

SIZE = 10.0
ROW_PT = 18.0


def text_width(text: str) -> float:
    return 0.5 * SIZE * (len(text) + han_count(text))


def line(text: str, x: float, y: float, number: int = 0, bold: bool = False) -> list[Word]:
    """The words of a line of type that begins at x and hangs from y."""
    words = []
    for part in text.split(" "):
        width = text_width(part)
        words.append(Word(part, Box(x, y, x + width, y + SIZE), 1.0, number, 0, SIZE, bold))
        x += width + 0.5 * SIZE
    return words


def table_words(
    rows: Sequence[Sequence[str]], xs: Sequence[float], y: float, *, bold_head: bool = False, right: bool = False,
) -> list[Word]:  # fmt: skip
    """Rows of cells, a line each or several parted by newlines, in columns that begin at xs."""
    words: list[Word] = []
    number = 1000
    for i, row in enumerate(rows):
        height = max(text.count("\n") + 1 for text in row)
        for j, text in enumerate(row):
            for k, part in enumerate(text.split("\n")):
                if part:
                    x = xs[j] + 4
                    if right and j:
                        x = xs[j + 1] - 4 - text_width(part)
                    words += line(part, x, y + 4 + 12 * k, number, bold_head and i == 0)
                    number += 1
        y += 12 * (height - 1) + ROW_PT
    return words


def heights(rows: Sequence[Sequence[str]], y: float) -> list[float]:
    """Where the rules between the rows of `table_words` lie."""
    ys = [y]
    for row in rows:
        ys.append(ys[-1] + 12 * max(text.count("\n") for text in row) + ROW_PT)
    return ys


def level(y: float, x0: float, x1: float) -> Box:
    return Box(x0, y - 0.25, x1, y + 0.25)


def upright(x: float, y0: float, y1: float) -> Box:
    return Box(x - 0.25, y0, x + 0.25, y1)


def grid_rules(xs: Sequence[float], ys: Sequence[float]) -> list[Box]:
    """All lines of a full grid."""
    return [level(y, xs[0], xs[-1]) for y in ys] + [upright(x, ys[0], ys[-1]) for x in xs]


def page(words: Sequence[Word], rules: Sequence[Box] = (), number: int = 1, scan: bool = False) -> PageReading:
    source = "ocr" if scan else "text_layer"
    return PageReading(number, 595, 842, tuple(words), source, "x", rules=tuple(rules))  # type: ignore[arg-type]


def askew(reading: PageReading, degrees: float, piece_pt: float = 60.0) -> PageReading:
    """The page as a scanner would see it laid askew: upright boxes around slanted words, rules in short pieces."""
    slope = math.tan(math.radians(degrees))

    def turned(box: Box) -> Box:
        corners = [(x - slope * y, y + slope * x) for x in (box.x0, box.x1) for y in (box.y0, box.y1)]
        xs, ys = [c[0] for c in corners], [c[1] for c in corners]
        return Box(min(xs), min(ys), max(xs), max(ys))

    rules = []
    for rule in reading.rules:
        count = max(1, math.ceil(max(rule.width, rule.height) / piece_pt))
        for i in range(count):
            if rule.width > rule.height:
                step = rule.width / count
                part = Box(rule.x0 + i * step, rule.y0, rule.x0 + (i + 1) * step, rule.y1)
            else:
                step = rule.height / count
                part = Box(rule.x0, rule.y0 + i * step, rule.x1, rule.y0 + (i + 1) * step)
            rules.append(turned(part))
    words = [Word(w.text, turned(w.box), 0.9, w.line, w.block, turned(w.box).height) for w in reading.words]
    return PageReading(reading.page_number, 595, 842, tuple(words), "ocr", "x", rules=tuple(rules))
