"""Tesseract's table as our words: lines cut where columns stand side by side, characters of CJK text joined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import median

from pipeline.ocr.base import box_in_points
from pipeline.ocr.script import is_cjk
from pipeline.types import PageImage, Word

COLUMN_GAP_EM = 2.0  # a wider gap than this is not between two words of a sentence


def words_of_table(table: str, image: PageImage) -> list[Word]:
    """Tesseract's TSV as words, lines cut at wide gaps, characters of CJK text joined to runs.

    Args:
        table: header and rows level, page, block, paragraph, line, word, left, top, width, height, conf, text.
        image: where the pixels are from.
    """
    rows: list[list[Word]] = []
    size_pt = 0.0
    for record in table.splitlines()[1:]:
        cells = record.split("\t", 11)
        if len(cells) < 11:
            continue
        left, top, width, height = (float(cell) for cell in cells[6:10])
        if cells[0] == "4":
            rows.append([])
            size_pt = height * 72.0 / image.dpi
        text = cells[11].strip() if len(cells) == 12 else ""
        if cells[0] != "5" or not text:
            continue
        box = box_in_points(left, top, left + width, top + height, image)
        confidence = min(max(float(cells[10]) / 100.0, 0.0), 1.0)
        rows[-1].append(Word(text, box, confidence, 0, int(cells[2]) - 1, size_pt))
    lines = [line for row in rows for line in _cut_at_gaps(row)]
    return [replace(word, line=number) for number, line in enumerate(lines) for word in joined(line)]


def _cut_at_gaps(row: Sequence[Word]) -> list[list[Word]]:
    """Cuts a row where columns or cells of a table stand side by side: psm 4 reads straight across them."""
    lines: list[list[Word]] = []
    for word in row:
        if not lines or word.box.x0 - lines[-1][-1].box.x1 > COLUMN_GAP_EM * _em(row):
            lines.append([])
        lines[-1].append(word)
    if len(lines) < 2:
        return lines
    # The row's height is that of two columns that need not be level: each part has its own.
    heights = [max(w.box.y1 for w in line) - min(w.box.y0 for w in line) for line in lines]
    return [
        [replace(word, size_pt=min(word.size_pt, height)) for word in line]
        for line, height in zip(lines, heights, strict=True)
    ]


def joined(line: Sequence[Word]) -> list[Word]:
    """Joins neighbours of one line that CJK typesetting does not separate.

    `chi_sim` gives each character, or a random few, as a word of its own, in boxes that miss the ink by up to half a
    character and overlap by several. Between two CJK characters up to one character's width is no space (full-width
    punctuation is mostly air); between a CJK character and a letter or digit most of one is.
    """
    result: list[Word] = []
    em = _em(line)
    for word in line:
        if result and _belong_together(result[-1], word, em):
            result[-1] = _join(result[-1], word)
        else:
            result.append(word)
    return result


def _em(line: Sequence[Word]) -> float:
    """About a character's height: boxes of single words reach from 5 to 50 pixels in the same line."""
    return min(line[0].size_pt, median(word.box.height for word in line)) if line else 0.0


def _belong_together(left: Word, right: Word, em: float) -> bool:
    # Full-width punctuation often comes back as its half-width twin; the air after it is no space all the same.
    stop = left.text[-1] in ",.:;!?，。：；！？、"
    first = is_cjk(left.text[-1]) or (stop and is_cjk(left.text[-2:][0]))
    second = is_cjk(right.text[0])
    if not (first or second):
        return False
    air = (1.75 if stop else 1.0) if first and second else 0.8
    return right.box.x0 - left.box.x1 < air * em


def _join(left: Word, right: Word) -> Word:
    sizes = len(left.text), len(right.text)
    confidence = (left.confidence * sizes[0] + right.confidence * sizes[1]) / sum(sizes)
    return replace(left, text=left.text + right.text, box=left.box.union(right.box), confidence=confidence)
