"""The words of a cell as text: lines broken by the cell's width joined again, lines that the author broke kept."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from statistics import median

from pipeline.extract.document import Line
from pipeline.extract.join import join_texts
from pipeline.extract.letterspacing import line_text
from pipeline.extract.tables.tokens import Token, text_lines, without_shadows
from pipeline.types import Box
from pipeline.wide import is_wide

_PADDING_EM = 0.6  # white between a cell's text and its sides
_VERTICAL = 1.6  # height over width of a word that is set upright


def cell_text(tokens: Sequence[Token], width_pt: float, text_layer: bool) -> tuple[str, list[Line]]:
    """Text and lines of one cell.

    Args:
        tokens: of the cell.
        width_pt: room for text in the cell; 0.0 where it is not known.
        text_layer: boxes are exact.
    """
    if not tokens:
        return "", []
    rows = [row for row in map(without_shadows, _in_order(tokens)) if row]
    lines = [_line(row, text_layer) for row in rows]
    paragraphs: list[list[str]] = []
    for i, line in enumerate(lines):
        if i and not _ends(rows[i - 1], rows[i], width_pt):
            paragraphs[-1].append(line.text)
        else:
            paragraphs.append([line.text])
    return "\n".join(join_texts(texts) for texts in paragraphs), lines


def _in_order(tokens: Sequence[Token]) -> list[list[Token]]:
    """Lines of the cell, also where it is one upright column of characters."""
    tall = sum(len(t.word.text) for t in tokens if len(t.word.text) > 1 and t.y1 - t.y0 > _VERTICAL * (t.x1 - t.x0))
    if 2 * tall > sum(len(t.word.text) for t in tokens):
        return [[token] for token in sorted(tokens, key=lambda t: (t.x0, -t.y1))]
    return text_lines(tokens)


def _ends(row: Sequence[Token], after: Sequence[Token], width_pt: float) -> bool:
    """Whether the line ended although the next word would still have fitted."""
    size = median(token.size for token in (*row, *after))
    if after[0].y0 - row[0].y1 > 1.1 * size:
        return True
    texts = row[-1].word.text, after[0].word.text
    if len(row) == len(after) == 1 and len(texts[0]) == len(texts[1]) == 1 and is_wide(texts[0]):
        return False  # one character above the other: an upright label
    room = width_pt - 2 * _PADDING_EM * size - (row[-1].x1 - row[0].x0)
    return room > after[0].head_width + 0.3 * size


def _line(row: Sequence[Token], text_layer: bool) -> Line:
    size = max(row, key=lambda token: token.x1 - token.x0).size
    if text_layer:
        size = median(token.word.size_pt for token in row)
    gaps_em = [(after.x0 - before.x1) / max(size, 0.1) for before, after in itertools.pairwise(row)]
    text = line_text([token.word.text for token in row], gaps_em, text_layer)
    boxes = [token.word.box for token in row]
    box = Box(min(b.x0 for b in boxes), min(b.y0 for b in boxes), max(b.x1 for b in boxes), max(b.y1 for b in boxes))
    bold = sum(len(token.word.text) for token in row if token.word.bold)
    total = sum(len(token.word.text) for token in row)
    return Line(text, box, size, bold > 0.85 * total, tuple(token.word for token in row))
