"""Words and rules of a page in one level frame: what table finding works on.

A scan laid askew has slanted lines of type and slanted rules; here both are turned level by the same slope, so that
rows are rows and columns are columns. The words themselves keep their own boxes.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from pipeline.extract.join import clean_text, han_count
from pipeline.extract.skew import skew
from pipeline.types import Box, PageReading, Word
from pipeline.wide import is_wide

_NEIGHBOURS = 8  # lines looked at when a token is placed: bounds the work on garbage
_MAX_SLOPE = 0.12
_CHAIN_PT = 120.0  # shorter runs of rule tell no slope
_TALL_EM = 1.25  # fonts claim boxes of up to twice their size


@dataclass(slots=True)
class Token:
    """A word, or the part of a word that stands in one cell, in points of the level page."""

    word: Word
    x0: float
    y0: float
    x1: float
    y1: float
    size: float

    @property
    def xc(self) -> float:
        """Its middle from left to right."""
        return (self.x0 + self.x1) / 2

    @property
    def yc(self) -> float:
        """Its middle from top to bottom."""
        return (self.y0 + self.y1) / 2

    @property
    def head_width(self) -> float:
        """Width of its first part that no line end may break, in points: the letters before a Han character, or one."""
        text = self.word.text
        latin = next((i for i, character in enumerate(text) if is_wide(character)), len(text))
        if latin == len(text):
            return self.x1 - self.x0
        # A mark that may not begin a line goes with the character before it.
        return min(self.x1 - self.x0, max(0.55 * latin, 1.3) * self.size)

    @property
    def weight(self) -> int:
        """Letters, a Han character counting as two."""
        return len(self.word.text) + han_count(self.word.text)


def page_slope(reading: PageReading) -> float:
    """How far the page lies askew: by its rules where it has long ones, else by its lines of type."""
    if reading.source == "text_layer":
        return 0.0
    slopes = _rule_slopes(reading.rules)
    if slopes:
        middle = median(slopes)
        return middle if 0.001 < abs(middle) < _MAX_SLOPE else 0.0
    groups: dict[int, list[Word]] = defaultdict(list)
    for word in reading.words:
        if word.text.strip() and word.box.width > 0 and word.box.height > 0 and word.size_pt > 0:
            groups[word.line].append(word)
    return skew(list(groups.values()), False)


def _rule_slopes(rules: Sequence[Box]) -> list[float]:
    """Slopes of long horizontal rules, which come in short pieces where they slant."""
    level = sorted((rule for rule in rules if rule.width > 3 * rule.height and rule.width > 8), key=lambda r: r.x0)
    slopes = []
    ends: list[tuple[float, float, float, float]] = []  # first x, first y, last x, last y
    for rule in level[:4000]:
        y = (rule.y0 + rule.y1) / 2
        x = (rule.x0 + rule.x1) / 2
        for i in range(len(ends) - 1, max(-1, len(ends) - 80), -1):
            x0, y0, x1, y1 = ends[i]
            if 0 < x - x1 < 1.6 * rule.width + 40 and abs(y - y1) < _MAX_SLOPE / 2 * (x - x1) + 0.6:
                ends[i] = (x0, y0, x, y)
                break
        else:
            ends.append((x, y, x, y))
    for x0, y0, x1, y1 in ends:
        if x1 - x0 > _CHAIN_PT:
            slopes.append((y1 - y0) / (x1 - x0))
    return slopes


def level_rule(rule: Box, slope: float) -> Box:
    """The rule on the level page, as thick as it was."""
    if not slope:
        return rule
    xc, yc = (rule.x0 + rule.x1) / 2, (rule.y0 + rule.y1) / 2
    dx, dy = slope * yc, -slope * xc
    return Box(rule.x0 + dx, rule.y0 + dy, rule.x1 + dx, rule.y1 + dy)


def page_tokens(words: Iterable[Word], slope: float) -> list[Token]:
    """The words that have text, on the level page."""
    tokens = []
    for word in words:
        text = clean_text(word.text)
        if not text:
            continue
        x0, y0, x1, y1 = word.box
        if text != word.text or x0 > x1 or y0 > y1 or word.size_pt <= 0:
            x0, x1, y0, y1 = min(x0, x1), max(x0, x1), min(y0, y1), max(y0, y1)
            size = word.size_pt if word.size_pt > 0 else (y1 - y0) or 10.0
            word = Word(text, Box(x0, y0, x1, y1), word.confidence, word.line, word.block, size, word.bold)
        tokens.append(_token(word, slope))
    return tokens


def _token(word: Word, slope: float) -> Token:
    x0, y0, x1, y1 = word.box
    middle = (y0 + y1) / 2
    shift = slope * middle
    height = (y1 - y0) - abs(slope) * (x1 - x0)  # what a slanted word adds to its upright box
    size = min(word.size_pt, height) if height > 0.4 * word.size_pt else word.size_pt
    half = (height if 0 < height < _TALL_EM * size else _TALL_EM * size) / 2
    middle -= slope * (x0 + x1) / 2
    return Token(word, x0 + shift, middle - half, max(x1, x0 + 0.1) + shift, middle + max(half, 0.05), max(size, 0.1))


def split_token(token: Token, x: float, slope: float) -> tuple[Token, Token] | None:
    """The token cut at x of the level page, or None where nothing would stand on one side.

    Characters are as wide as their script makes them: a Han character twice as wide as a letter.
    """
    word = token.word
    widths = [1.8 if han_count(c) else 1.0 for c in word.text]
    total = sum(widths)
    share = (x - token.x0) / max(token.x1 - token.x0, 0.1)
    sums = list(itertools.accumulate(widths))
    at = min(range(len(sums)), key=lambda i: abs(sums[i] / total - share)) + 1
    if not 0 < at < len(word.text):
        return None
    middle = word.box.x0 + share * word.box.width
    parts = []
    for text, x0, x1 in ((word.text[:at], word.box.x0, middle), (word.text[at:], middle, word.box.x1)):
        box = Box(x0, word.box.y0, x1, word.box.y1)
        parts.append(_token(Word(text, box, word.confidence, word.line, word.block, word.size_pt, word.bold), slope))
    return parts[0], parts[1]


def text_lines(tokens: Iterable[Token], overlap: float = 0.5) -> list[list[Token]]:
    """Tokens grouped by the line of type they stand on, top to bottom, each line left to right."""
    lines: list[list[Token]] = []
    bands: list[tuple[float, float]] = []
    for token in sorted(tokens, key=lambda t: (t.y0 + t.y1, t.x0)):
        height = token.y1 - token.y0
        best, best_share = -1, overlap
        for i in range(len(lines) - 1, max(-1, len(lines) - 1 - _NEIGHBOURS), -1):
            y0, y1 = bands[i]
            share = (min(y1, token.y1) - max(y0, token.y0)) / max(min(height, y1 - y0), 0.1)
            if share > best_share:
                best, best_share = i, share
        if best < 0:
            lines.append([token])
            bands.append((token.y0, token.y1))
        else:
            lines[best].append(token)
            if height > bands[best][1] - bands[best][0]:
                bands[best] = (token.y0, token.y1)
    for line in lines:
        line.sort(key=lambda t: t.x0)
    return lines


def without_shadows(line: Sequence[Token]) -> list[Token]:
    """The line without words printed twice on one spot (shadow, false bold)."""
    kept: list[Token] = []
    for token in line:
        end = kept[-1] if kept else None
        if end and end.word.text == token.word.text and abs(end.x0 - token.x0) < 0.2 * token.size:
            continue
        kept.append(token)
    return kept
