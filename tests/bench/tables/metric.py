"""How much of a page's tables came out right: F1 of neighbour relations (Göbel et al., ICDAR 2013).

A relation is two cells with text that stand beside or below one another with nothing but empty cells between: both
texts, which direction, how many empty cells. It counts when a table found has it too. So a cell counts by its text and
its neighbours; a column split, two rows joined or a span missed cost the relations around them. White space is left
out and widths are folded, as people do when they compare.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shown:
    """A cell with its place, from 0, and its spans."""

    row: int
    column: int
    text: str
    row_span: int = 1
    column_span: int = 1


Relation = tuple[str, str, str, int]


def folded(text: str) -> str:
    """The text as it is compared."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def relations(cells: Iterable[Shown]) -> Counter[Relation]:
    """All neighbour relations of a table."""
    at: dict[tuple[int, int], Shown] = {}
    rows = columns = 0
    for cell in cells:
        for row in range(cell.row, cell.row + cell.row_span):
            for column in range(cell.column, cell.column + cell.column_span):
                at[row, column] = cell
        rows, columns = max(rows, cell.row + cell.row_span), max(columns, cell.column + cell.column_span)
    found: set[tuple[int, int, str, int]] = set()
    by_id = {id(cell): cell for cell in at.values()}
    for (row, column), cell in at.items():
        if not folded(cell.text):
            continue
        for name, down, across, end in (("right", 0, 1, columns), ("below", 1, 0, rows)):
            y, x, blank = row + down, column + across, 0
            while (x if across else y) < end:
                other = at.get((y, x))
                if other is not cell and other is not None and folded(other.text):
                    found.add((id(cell), id(other), name, blank))
                    break
                blank += other is not cell
                y, x = y + down, x + across
    return Counter((folded(by_id[a].text), folded(by_id[b].text), name, blank) for a, b, name, blank in found)


@dataclass(frozen=True, slots=True)
class Score:
    """Relations that are right, of those found and of those there are."""

    right: int
    found: int
    there: int

    @property
    def f1(self) -> float:
        """0..1; 1 where nothing is there and nothing was found."""
        return 2 * self.right / (self.found + self.there) if self.found + self.there else 1.0


def score(wanted: Sequence[Sequence[Shown]], got: Sequence[Sequence[Shown]]) -> Score:
    """All tables of a page against those found on it."""
    there = sum(map(relations, wanted), Counter())
    found = sum(map(relations, got), Counter())
    return Score((there & found).total(), found.total(), there.total())
