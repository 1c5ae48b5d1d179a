"""Lines of a page in another script than the page, for an engine that must be told one: read again in their own.

A few clippings decide on a page's script, and may miss a paragraph in the other. Lines that look like it are read
again in that one, all at once, the rest of the page painted over. Six drawn pages with paragraphs in both scripts,
share of the characters right by tesserocr: told English alone 0.60, with its unsure lines read again 0.991; told
Chinese alone 0.985, with its Latin lines read again 0.992; told both at once 0.994, which is what mixed pages get.
"""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Sequence

from pipeline.ocr.confidence import mean_confidence
from pipeline.ocr.coverage import Lost
from pipeline.ocr.script import is_han
from pipeline.types import Box, Word

LETTERS = 8  # of a line in Latin letters: shorter ones are names and units, which chi_sim knows
UNSURE = 0.6  # of a line read as Latin; Han read as Latin comes to 0.2-0.5


def lines_in_other_script(words: Sequence[Word], script: str) -> frozenset[int]:
    """The numbers of the lines that look as if they were in the other script than the one they were read in.

    Args:
        words: of a page.
        script: "han" or "latin", what the engine was told.
    """
    lines: dict[int, list[Word]] = defaultdict(list)
    for word in words:
        lines[word.line].append(word)
    found = set()
    for number, line in lines.items():
        text = "".join(word.text for word in line)
        if script == "han":
            if not any(map(is_han, text)) and sum(map(str.isalpha, text)) >= LETTERS:
                found.add(number)
        elif mean_confidence(line) < UNSURE:
            found.add(number)
    return frozenset(found)


def where(words: Sequence[Word], lines: frozenset[int]) -> Lost:
    """Those lines as regions to be read again."""
    boxes: dict[int, Box] = {}
    for word in words:
        if word.line in lines:
            boxes[word.line] = functools.reduce(Box.union, (boxes.get(word.line, word.box), word.box))
    return Lost(0.0, tuple(boxes.values()))


def replaced(
    words: Sequence[Word], lines: frozenset[int], script: str, found: Sequence[Word]
) -> tuple[tuple[Word, ...], frozenset[int]]:
    """The lines that another reading has better, put in their places.

    Args:
        words: of a page.
        lines: numbers of the lines that were read again.
        script: what the first reading was told.
        found: the second reading, with boxes of the page.

    Returns:
        The words, and the numbers of the lines that were replaced.
    """
    mine: dict[int, list[Word]] = defaultdict(list)
    for word in words:
        if word.line in lines:
            mine[word.line].append(word)
    theirs: dict[int, list[Word]] = defaultdict(list)
    for word in found:
        middle = (word.box.y0 + word.box.y1) / 2
        for number, line in mine.items():
            box = functools.reduce(Box.union, (other.box for other in line))
            if box.y0 <= middle <= box.y1 and box.x0 - 3 <= (word.box.x0 + word.box.x1) / 2 <= box.x1 + 3:
                theirs[number].append(word)
                break
    better = {}
    for number, line in theirs.items():
        han = any(is_han(char) for word in line for char in word.text)
        if han == (script == "latin") and mean_confidence(line) > mean_confidence(mine[number]):
            block = mine[number][0].block
            better[number] = [Word(w.text, w.box, w.confidence, number, block, w.size_pt) for w in line]
    result: list[Word] = []
    placed: set[int] = set()
    for word in words:
        if word.line not in better:
            result.append(word)
        elif word.line not in placed:
            placed.add(word.line)
            result.extend(better[word.line])
    return tuple(result), frozenset(better)
