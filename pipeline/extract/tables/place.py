"""Where tables stand in the reading order of a page whose other words know nothing of them.

A table about as wide as the text parts the page: what stands above is read before it, in columns or not. A narrower
one stands in a column, after what is above it there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from pipeline.extract.document import Block
from pipeline.types import Box, PageReading, Word

_WIDE = 0.6  # share of the text's width from which a table parts the page


class _Boxed(Protocol):
    @property
    def box(self) -> Box: ...


Placed = TypeVar("Placed", bound=_Boxed)


@dataclass(frozen=True, slots=True)
class Band:
    """Words between two tables that part the page, and the tables among and below them.

    Attributes:
        reading: the page with these words alone.
        inside: tables that stand in a column of the band.
        below: the table that ends the band, or none.
    """

    reading: PageReading
    inside: tuple[Block, ...]
    below: Block | None


def bands(reading: PageReading, tables: Sequence[Block]) -> list[Band]:
    """The page in bands, top to bottom.

    Args:
        reading: without the words of the tables.
        tables: of the page, top to bottom.
    """
    if not tables:
        return [Band(reading, (), None)]
    boxes = [word.box for word in reading.words] + [table.box for table in tables]
    width = max(box.x1 for box in boxes) - min(box.x0 for box in boxes)
    wide = [table for table in tables if table.box.width >= _WIDE * width]
    narrow = [table for table in tables if table.box.width < _WIDE * width]
    words: list[list[Word]] = [[] for _ in range(len(wide) + 1)]
    middles = [(table.box.y0 + table.box.y1) / 2 for table in wide]
    for word in reading.words:
        words[sum(word.box.y0 + word.box.y1 > 2 * y for y in middles)].append(word)
    found = []
    for i, part in enumerate(words):
        inside = tuple(t for t in narrow if sum(t.box.y0 + t.box.y1 > 2 * y for y in middles) == i)
        found.append(Band(replace(reading, words=tuple(part)), inside, wide[i] if i < len(wide) else None))
    return found


def put_in(blocks: Sequence[Placed], tables: Sequence[Placed]) -> list[Placed]:
    """The blocks in their order with each table after the last one above it in its column."""
    placed = list(blocks)
    for table in tables:
        box = table.box
        middle = (box.y0 + box.y1) / 2
        beside = [(i, other.box) for i, other in enumerate(placed) if other.box.x0 < box.x1 and other.box.x1 > box.x0]
        above = [i for i, other in beside if (other.y0 + other.y1) / 2 < middle]
        below = [i for i, other in beside if (other.y0 + other.y1) / 2 >= middle]
        at = max(above) + 1 if above else min(below) if below else len(placed)
        placed.insert(at, table)
    return placed
