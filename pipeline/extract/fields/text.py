"""Text to search, every character of which leads back to the words it was printed with.

Full-width letters, digits and marks become half-width, one character for one, so that rules are written once. `rows`
keep the white between cells (a tab for a hole, a space for a gap); `paragraph` joins lines as their script is written.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.extract.document import Block, Line
from pipeline.extract.join import needs_space, seam
from pipeline.extract.letterspacing import set_apart
from pipeline.types import Box, Word
from pipeline.wide import is_wide

Field = dict[str, Any]

_HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_HALF_WIDTH |= {0x3000: 32, 0xA0: 32, 0x2009: 32, 0x202F: 32, 0x2236: 58, 0xFE55: 58, 0x2019: 39}
_HALF_WIDTH |= {0x2010: 45, 0x2011: 45, 0x2212: 45, 0x2043: 45, 0xFFE5: 0xA5, 0x30FB: 0xB7, 0x2022: 0xB7, 0x4E28: 0x7C}
_HOLE_EM = 0.9  # between Latin words; a line of justified type seldom has as much
_HOLE_WIDE_EM = 0.7  # where a Chinese character stands beside it
_GAP_WIDE_EM = 0.15


def normalised(text: str) -> str:
    """The text with half-width forms, as long as it was."""
    return text if text.isascii() else text.translate(_HALF_WIDTH)


@dataclass(frozen=True, slots=True)
class Piece:
    """The part of a text that stands on one line."""

    start: int
    end: int
    line: Line
    page_number: int


@dataclass(frozen=True, slots=True)
class Text:
    """Characters and where they were printed.

    Attributes:
        text: half-width, for rules to match.
        printed: the same characters as they stand on the page; as many.
        pieces: one a line, in order.
    """

    text: str
    printed: str
    pieces: tuple[Piece, ...]

    def within(self, start: int, end: int | None = None) -> Text:
        """The same text with all but start..end blanked for rules; offsets and places stay."""
        end = len(self.text) if end is None else end
        return Text(" " * start + self.text[start:end] + " " * (len(self.text) - end), self.printed, self.pieces)

    def without(self, start: int, end: int) -> Text:
        """The same text with start..end turned into a hole for rules."""
        return Text(self.text[:start] + "\t" * (end - start) + self.text[end:], self.printed, self.pieces)

    def field(self, start: int, end: int, method: str, confidence: float, value: str | None = None) -> Field:
        """The field of the characters start..end.

        Args:
            start, end: half-open; white space at both ends is left out.
            method: short name of the rule.
            confidence: of the rule, 0..1; that of the words is multiplied in.
            value: what goes into a table; without it what is printed, white space evened out.
        """
        while start < end and self.printed[start].isspace():
            start += 1
        while end > start and self.printed[end - 1].isspace():
            end -= 1
        printed = " ".join(self.printed[start:end].split())
        page_number, box, sureness = self._place(start, end)
        return {
            "value": printed if value is None else value,
            "text": printed,
            "page": page_number,
            "box": box.rounded() if box else None,
            "confidence": round(confidence * sureness, 3),
            "method": method,
        }

    def styles(self, start: int, end: int) -> list[tuple[int, bool]]:
        """Where each word between start and end begins and whether it is bold; nothing where words are not known."""
        return [(at, word.bold) for word, at in self.words(start, end)]

    def words(self, start: int, end: int) -> list[tuple[Word, int]]:
        """The words that begin between start and end, and where."""
        return [
            (word, at)
            for piece in self.pieces
            if piece.start < end and piece.end > start
            for word, at in self._words(piece)
            if start <= at < end
        ]

    def size_pt(self, start: int, end: int) -> float:
        """The largest type between start and end, in points."""
        sizes = [word.size_pt for word, _ in self.words(start, end)]
        return max(sizes, default=0.0) or max(
            (piece.line.size_pt for piece in self.pieces if piece.start < end and piece.end > start), default=0.0
        )

    def _place(self, start: int, end: int) -> tuple[int | None, Box | None, float]:
        """Page, box and mean confidence of the words there; where it runs over pages, the first page's box."""
        page_number: int | None = None
        box: Box | None = None
        confidences: list[float] = []
        for piece in self.pieces:
            if piece.end <= start or piece.start >= end:
                continue
            page_number = piece.page_number if page_number is None else page_number
            boxes = []
            for word, at in self._words(piece):
                if at < end and at + len(word.text) > start:
                    confidences.append(word.confidence)
                    boxes.append(_part_of(word, start - at, end - at))
            if piece.page_number == page_number:
                for other in boxes or [piece.line.box]:
                    box = box.union(other) if box else other
        return page_number, box, sum(confidences) / len(confidences) if confidences else 1.0

    def _words(self, piece: Piece) -> list[tuple[Word, int]]:
        """The piece's words and where each begins."""
        found, at = [], piece.start
        for word in piece.line.words:
            begin = self.printed.find(word.text, at, piece.end)
            if begin < 0:  # the last word of a line may have lost its hyphen
                begin = self.printed.find(word.text[:-1], at, piece.end) if len(word.text) > 1 else -1
            if begin >= 0:
                found.append((word, begin))
                at = min(begin + len(word.text), piece.end)
        return found


def _part_of(word: Any, start: int, end: int) -> Box:
    """The box of some of a word's characters: readers may give a whole line of Chinese as one word.

    Args:
        word: with text and box.
        start, end: may lie outside of it.
    """
    start, end = max(0, start), min(len(word.text), end)
    box: Box = word.box
    if (start == 0 and end == len(word.text)) or sum(map(is_wide, word.text)) < 0.5 * len(word.text):
        return box
    ends = [0.0, *itertools.accumulate(1.0 if is_wide(c) else 0.5 for c in word.text)]
    em = box.width / ends[-1]
    left, right = box.x0 + (ends[start] - 0.2) * em, box.x0 + (ends[end] + 0.2) * em
    return Box(max(box.x0, left), box.y0, min(box.x1, right), box.y1)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a text."""

    text: Text
    start: int
    end: int

    @property
    def reads(self) -> str:
        """Its half-width characters."""
        return self.text.text[self.start : self.end]

    def field(self, method: str, confidence: float, value: str | None = None) -> Field:
        """The stretch as a field."""
        return self.text.field(self.start, self.end, method, confidence, value)

    def part(self, start: int, end: int | None = None) -> Span:
        """A stretch of it, by offsets into `reads`; blanks at the ends are left out."""
        start, end = self.start + start, self.end if end is None else self.start + end
        text = self.text.text
        while start < end and text[start].isspace():
            start += 1
        while end > start and text[end - 1].isspace():
            end -= 1
        return Span(self.text, start, end)

    def split(self, separator: re.Pattern[str]) -> list[Span]:
        """The stretches between separators, but for empty ones."""
        parts, at, reads = [], 0, self.reads
        for found in separator.finditer(reads):
            parts.append(self.part(at, found.start()))
            at = found.end()
        parts.append(self.part(at))
        return [part for part in parts if part.start < part.end]


def whole(text: Text) -> Span:
    """All of a text."""
    return Span(text, 0, len(text.text)).part(0)


def line_text(line: Line, page_number: int) -> Text:
    """A line as it reads."""
    return Text(normalised(line.text), line.text, (Piece(0, len(line.text), line, page_number),))


def row_text(line: Line, page_number: int, text_layer: bool) -> Text:
    """A line with the white between its cells: a tab for a hole; in a text layer a space for any gap."""
    words = line.words
    if not words:
        return line_text(line, page_number)
    spaced_out = sum(len(word.text) == 1 for word in words) > 0.6 * len(words)  # letter-spaced: gaps mean nothing
    parts = [words[0].text]
    gaps_em = [(after.box.x0 - before.box.x1) / (line.size_pt or 10.0) for before, after in itertools.pairwise(words)]
    tight = set_apart([word.text for word in words], gaps_em)
    for (before, after), gap_em, one_word in zip(itertools.pairwise(words), gaps_em, tight, strict=True):
        wide = is_wide(before.text[-1]) or is_wide(after.text[0]) if before.text and after.text else False
        if one_word:
            pass
        elif gap_em > (_HOLE_WIDE_EM if wide else _HOLE_EM) or gap_em < -1.0:
            parts.append("\t")
        elif (wide and text_layer and not spaced_out and gap_em > _GAP_WIDE_EM) or (
            before.text and after.text and needs_space(before.text, after.text, gap_em, text_layer)
        ):
            parts.append(" ")
        parts.append(after.text)
    printed = "".join(parts)
    return Text(normalised(printed), printed, (Piece(0, len(printed), line, page_number),))


def joined(texts: Sequence[Text]) -> Text:
    """Lines as one text, words broken at line ends put together."""
    if len(texts) == 1:
        return texts[0]
    parts: list[str] = []
    printed_parts: list[str] = []
    pieces: list[Piece] = []
    length = 0
    for line in texts:
        if not line.printed:
            continue
        if parts:
            drop, separator = seam(printed_parts[-1], line.printed)
            if drop:
                parts[-1], printed_parts[-1] = parts[-1][:-drop], printed_parts[-1][:-drop]
                last = pieces[-1]
                pieces[-1] = Piece(last.start, last.end - drop, last.line, last.page_number)
                length -= drop
            parts.append(separator)
            printed_parts.append(separator)
            length += len(separator)
        pieces += [Piece(p.start + length, p.end + length, p.line, p.page_number) for p in line.pieces]
        parts.append(line.text)
        printed_parts.append(line.printed)
        length += len(line.printed)
    text, printed = "".join(parts), "".join(printed_parts)
    return Text(text, printed, tuple(pieces))


def cut(text: Text, start: int, end: int) -> Text:
    """The characters start..end as a text of their own, white space at its ends left out."""
    while start < end and text.text[start].isspace():
        start += 1
    while end > start and text.text[end - 1].isspace():
        end -= 1
    pieces = tuple(
        Piece(max(p.start, start) - start, min(p.end, end) - start, p.line, p.page_number)
        for p in text.pieces if p.start < end and p.end > start
    )  # fmt: skip
    return Text(text.text[start:end], text.printed[start:end], pieces)


def side_by_side(left: Text, right: Text) -> Text:
    """Two rows that stand on one line of type as one row."""
    shift = len(left.printed) + 1
    pieces = tuple(Piece(p.start + shift, p.end + shift, p.line, p.page_number) for p in right.pieces)
    return Text(f"{left.text}\t{right.text}", f"{left.printed}\t{right.printed}", left.pieces + pieces)


def paragraphs(blocks: Sequence[Block]) -> list[Text]:
    """Blocks as texts, those that a page or column broke put together; each line of a cell of a table is one."""
    groups: list[list[Text]] = []
    for block in blocks:
        lines = [line_text(line, block.page_number) for line in block.lines]
        if block.table is not None:
            groups += [[line] for line in lines]
        elif block.continues and groups:
            groups[-1] += lines
        else:
            groups.append(lines)
    return [joined(group) for group in groups if group]
