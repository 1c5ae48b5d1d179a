"""A page as a person corrected it: their text, in the words and boxes of the reading as far as it still holds.

    words as they were read     keep box and confidence
    changed words               take the box of what they stand for, or their part of it
    words added to a line       stand between their neighbours
    lines added                 stand between the lines around them (`place.py`)
    what is not in the text     is gone

A page of which nothing was read gets its lines one under the other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.corrections.align import NOTHING, Block, Typed, align
from pipeline.corrections.place import Placed, fill_lines, page_of_lines
from pipeline.extract.layout import page_regions
from pipeline.types import Box, PageReading, Word
from pipeline.wide import is_wide

CORRECTED = "corrected"
"""What the settings of a reading's engine hold where a person has corrected it."""
_TALL = 1.5  # height over width from which on a word of several characters runs down


def page_lines(reading: PageReading) -> list[tuple[str, tuple[Word, ...]]]:
    """The lines of a page in reading order: as they read, and their words. What people are given to correct."""
    return [(row.text, row.line.words) for region in page_regions(reading) for row in region]


def text_of(reading: PageReading) -> str:
    """The text of a page, a line a line."""
    return "\n".join(text for text, _ in page_lines(reading))


def blank_page(page_number: int, width_pt: float, height_pt: float, rotation: int = 0) -> PageReading:
    """A page that nobody could read, for a person to type."""
    return PageReading(page_number, width_pt, height_pt, (), "person", "person", rotation=rotation)


def corrected_page(reading: PageReading, text: str) -> PageReading:
    """The reading with a person's text in the place of what was read.

    Args:
        reading: whoever read the page, how often soever since the text was typed.
        text: as `pipeline.corrections.text.page_text` gives it.

    Returns:
        A reading whose words are those of the text, whole and in its order, with confidence 1 where they differ from
        what was read. Pure and deterministic; no input makes it raise.
    """
    typed = [line for line in text.split("\n") if line.strip()]
    rows = [words for _, words in page_lines(reading)]
    if rows:
        words = _aligned(reading, rows, typed)
    else:
        words = page_of_lines(text.split("\n"), reading.width_pt, reading.height_pt)
    settings = {**reading.engine_settings, CORRECTED: True}
    return replace(reading, words=tuple(words), confidence=1.0, review=None, engine_settings=settings)


def _aligned(reading: PageReading, rows: Sequence[Sequence[Word]], typed: Sequence[str]) -> list[Word]:
    lines: list[list[Placed]] = []
    for block in align(rows, typed):
        owners = _Owners(block)
        lines += [[Placed(word.text, word) for word in line.words] or _placed(line, owners) for line in block.lines]
    return fill_lines(lines, reading)


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a word that was read: characters first..last-1 of it."""

    word: Word
    first: int
    last: int

    @property
    def box(self) -> Box:
        """Its share of the word's box, along the way the word runs."""
        length = len(self.word.text)
        x0, y0, x1, y1 = self.word.box
        start, end = self.first / length, self.last / length
        if length > 1 and y1 - y0 > _TALL * (x1 - x0):
            return Box(x0, y0 + start * (y1 - y0), x1, y0 + end * (y1 - y0))
        return Box(x0 + start * (x1 - x0), y0, x0 + end * (x1 - x0), y1)


class _Owners:
    """The words of a block by the characters they hold."""

    def __init__(self, block: Block) -> None:
        self.words = block.words
        self.rows = block.row_of
        self.of = [number for number, word in enumerate(block.words) for _ in word.text]
        self.starts: list[int] = []
        at = 0
        for word in block.words:
            self.starts.append(at)
            at += len(word.text)

    def parts(self, sources: Sequence[int]) -> list[_Part]:
        """The parts of words between the first and the last of these characters, on the row that most stand on."""
        held = [source for source in sources if source != NOTHING]
        if not held:
            return []
        rows = [self.rows[self.of[source]] for source in held]
        row, _ = Counter(rows).most_common(1)[0]
        held = [source for source, its in zip(held, rows, strict=True) if its == row]
        first, last = min(held), max(held) + 1
        found = []
        for number in range(self.of[first], self.of[last - 1] + 1):
            if self.rows[number] == row:
                start, word = self.starts[number], self.words[number]
                found.append(_Part(word, max(first - start, 0), min(last - start, len(word.text))))
        return found


def _placed(line: Typed, owners: _Owners) -> list[Placed]:
    """The pieces of a line in order; those that stand for nothing that was read have no place yet."""
    pieces: list[Placed] = []
    at = 0
    for token in line.tokens:
        end = at + len(token)
        start = at
        while start < end:
            kept = _kept(line, owners, start, end)
            if kept is not None and _may_part(token, start - at) and _may_part(token, start + len(kept.text) - at):
                pieces.append(Placed(kept.text, kept, opens=start == at))
                start += len(kept.text)
                continue
            stop = start + 1
            while stop < end and not (
                (ahead := _kept(line, owners, stop, end)) is not None
                and _may_part(token, stop - at)
                and _may_part(token, stop + len(ahead.text) - at)
            ):
                stop += 1
            pieces.append(_piece(line, owners, token[start - at : stop - at], start, opens=start == at))
            start = stop
        at = end
    return pieces


def _kept(line: Typed, owners: _Owners, start: int, end: int) -> Word | None:
    """The word read that begins there and was left as it was, whole."""
    source = line.sources[start]
    if source == NOTHING or not line.same[start] or owners.starts[owners.of[source]] != source:
        return None
    word = owners.words[owners.of[source]]
    stop = start + len(word.text)
    if stop > end:
        return None
    whole = all(line.same[start:stop]) and line.sources[start:stop] == tuple(range(source, source + len(word.text)))
    return word if whole else None


def _may_part(token: str, at: int) -> bool:
    """Whether a token may become two words there: only beside a character of a script without spaces."""
    return at in (0, len(token)) or is_wide(token[at - 1]) or is_wide(token[at])


def _piece(line: Typed, owners: _Owners, text: str, start: int, opens: bool) -> Placed:
    parts = owners.parts(line.sources[start : start + len(text)])
    if not parts:
        return Placed(text, None, opens=opens)
    box = parts[0].box
    for part in parts[1:]:
        box = box.union(part.box)
    model = parts[0].word
    return Placed(text, replace(model, text=text, box=box, confidence=1.0), opens=opens, changed=True)
