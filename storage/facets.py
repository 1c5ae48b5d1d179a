"""Facets: which values the documents in scope have, and how many documents have each.

All filters count, that of the facet's own field too, as filters narrow one another: the number beside a value is how
many documents are left when the value's filter is added to those that were given. (Fewer may be left beside another
filter on the same list of records, or of ranges: one record, one value must then meet both.)
"""

from __future__ import annotations

import bisect
import heapq
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, text

from pipeline.extract.fields.columns import Kind
from storage import dialect, values
from storage.columns import ColumnMemory, Ints, Values, Wanted
from storage.conditions import conditions
from storage.filters import Filter, written

SHOWN = 20
_BINS = 10
_SKEWED = 50  # so many times the median, and ranges of one width would put nearly all documents into the first
_CELLS = 20_000_000
_FILTER_LENGTH = 500  # of a filter over HTTP


@dataclass(frozen=True, slots=True)
class FacetValue:
    """A value, or a range of numbers from `low` to below `high`.

    Attributes:
        count: of documents.
        filters: what to add to a query so that only these documents are left.
    """

    value: str
    count: int
    filters: tuple[str, ...]
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Facet:
    """The values of a column, those of most documents first; ranges and years in their order.

    Attributes:
        more: there are other values.
    """

    name: str
    kind: Kind
    values: list[FacetValue] = field(default_factory=list)
    more: bool = False


def in_scope(connection: Connection, filters: Sequence[Filter]) -> list[str]:
    """Ids of the published documents that meet filters."""
    sql, given = conditions(filters, "d", dialect.of(connection))
    query = f"SELECT d.id FROM document AS d WHERE d.deleted_at IS NULL AND d.published_run IS NOT NULL{sql}"
    return list(connection.execute(text(query), given).scalars())


@dataclass(frozen=True, slots=True)
class Part:
    """The values of one knowledge base that count.

    Attributes:
        column: all values.
        kept: which of its pairs are of documents in scope (n,).
    """

    column: Values
    kept: npt.NDArray[np.bool_]

    def counted(self, groups: Ints | None = None) -> dict[int, int]:
        """Documents by group, or by code; a document with several values of a group counts once.

        Args:
            groups: of each distinct value its group, negative for none.
        """
        codes, documents = self.column.codes[self.kept], self.column.documents[self.kept]
        if groups is not None and codes.size:
            codes = groups[codes]
            documents, codes = documents[codes >= 0], codes[codes >= 0]
            size = int(groups.max()) + 1
            if codes.size and (int(documents.max()) + 1) * size <= _CELLS:  # quicker than sorting the pairs
                has = np.zeros((int(documents.max()) + 1, size), dtype=bool)
                has[documents, codes] = True
                return _counts(has.sum(axis=0))
            codes = np.unique(documents.astype(np.int64) * size + codes) % size
        return _counts(np.bincount(codes))


def _counts(counts: Ints) -> dict[int, int]:
    return {int(code): int(counts[code]) for code in np.flatnonzero(counts)}


def parts_of(
    connection: Connection, memory: ColumnMemory, wanted: Sequence[Wanted], documents: Sequence[str]
) -> list[Part]:
    """The values of columns that documents in scope have."""
    columns = [memory.column(connection, one) for one in wanted]
    places = memory.places(documents)
    inside = np.zeros(len(memory.ids), dtype=bool)
    inside[places] = True
    return [Part(column, inside[column.documents]) for column in columns]


def facet(name: str, kind: Kind, parts: Sequence[Part]) -> Facet:
    """A column's values over all knowledge bases that were searched."""
    if kind == "number":
        return _of_numbers(name, parts)
    if kind == "date":
        return _of_dates(name, parts)
    counts: Counter[str] = Counter()
    for one in parts:
        counts.update({one.column.compared[code]: count for code, count in one.counted().items()})
    counts.pop("", None)  # characters that nobody sees
    best = heapq.nsmallest(SHOWN, counts.items(), key=lambda item: (-item[1], item[0]))
    return Facet(name, kind, [_value(name, _shown(parts, value), count) for value, count in best], len(counts) > SHOWN)


def _shown(parts: Sequence[Part], value: str) -> str:
    """The commonest spelling of a value; of several the first by code points."""
    spellings: Counter[str] = Counter()
    for column in (one.column for one in parts if value in one.column.place_of):
        spellings.update(column.spellings[column.place_of[value]])
    return min(spellings.items(), key=lambda item: (-item[1], item[0]))[0]


def _value(name: str, value: str, count: int) -> FacetValue:
    return FacetValue(value, count, _filters(f"{written(name)}={value}"))


def _filters(*filters: str) -> tuple[str, ...]:
    """Filters that can be asked for: none where one would be too long."""
    return filters if all(len(one) <= _FILTER_LENGTH for one in filters) else ()


def _of_dates(name: str, parts: Sequence[Part]) -> Facet:
    """By year, latest first; by ten years where that would be too many."""
    years = _by_group([(one, list(map(_year, one.column.dates))) for one in parts])
    present = years.pop(_PRESENT, 0)
    width = 1 if len(years) <= SHOWN else 10
    if width > 1:
        made = [(one, [None if year is None else year - year % width for year in map(_year, one.column.dates)])
                for one in parts]  # fmt: skip
        years = _by_group(made)
        del years[_PRESENT]
    found = [_value(name, values.PRESENT, present)] if present else []
    for year in sorted(years, reverse=True):
        first, last = f"{year:04}", f"{year + width - 1:04}"
        if width == 1:
            found.append(_value(name, first, years[year]))
        else:
            found.append(FacetValue(f"{first}–{last}", years[year], (f"{name}>={first}", f"{name}<={last}")))
    return Facet(name, "date", found[:SHOWN], len(found) > SHOWN)


_PRESENT = 10_000


def _year(date: str | None) -> int | None:
    if date is None:
        return None
    return _PRESENT if date == values.PRESENT else int(date[:4])


def _of_numbers(name: str, parts: Sequence[Part]) -> Facet:
    """Each number where there are few, ranges where there are many; ascending."""
    numbers: set[float] = set()
    for one in parts:
        held = (one.column.numbers[code] for code in np.unique(one.column.codes[one.kept]))
        numbers.update(number for number in held if number is not None)
    if len(numbers) <= SHOWN:
        counts = _by_group([(one, one.column.numbers) for one in parts])
        return Facet(name, "number", [_value(name, _told(number), counts[number]) for number in sorted(counts)])
    edges = _edges(sorted(numbers))
    ranges = _by_group([(one, [_place(edges, number) for number in one.column.numbers]) for one in parts])
    found = []
    for place in sorted(ranges):
        low, high = edges[place], edges[place + 1]
        filters = (f"{name}>={_told(low)}", f"{name}<{_told(high)}")
        found.append(FacetValue(f"{_told(low)}–{_told(high)}", ranges[place], filters, low, high))
    return Facet(name, "number", found[:SHOWN], len(found) > SHOWN)


def _by_group(parts: Sequence[tuple[Part, Sequence[Any]]]) -> Counter[Any]:
    """Documents by group; nothing of None.

    Args:
        parts: of each the group of every distinct value.
    """
    total: Counter[Any] = Counter()
    for one, made in parts:
        distinct = sorted({group for group in made if group is not None})
        place = {group: number for number, group in enumerate(distinct)}
        groups = np.array([-1 if group is None else place[group] for group in made], dtype=np.int64)
        total.update({distinct[number]: count for number, count in one.counted(groups).items()})
    return total


def _place(edges: Sequence[float], number: float | None) -> int | None:
    return None if number is None else min(max(bisect.bisect_right(edges, number) - 1, 0), len(edges) - 2)


def _edges(numbers: Sequence[float]) -> list[float]:
    """Round bounds of about ten ranges: of one width, or growing where a few numbers are far greater than most."""
    low, high, middle = numbers[0], numbers[-1], numbers[len(numbers) // 2]
    if low >= 0 and middle > 0 and high > _SKEWED * middle:
        start = math.floor(math.log10(max(numbers[0] or numbers[1], high / 1e9)))
        grown = [10.0**power for power in range(start, math.ceil(math.log10(high)) + 1)]
        return [0.0 if low < grown[0] else grown[0], *(edge for edge in grown if edge > low), grown[-1] * 10]
    width = _round_width((high - low) / _BINS, whole=all(number.is_integer() for number in numbers))
    first = math.floor(low / width)
    return [edge * width for edge in range(first, math.floor(high / width) + 2)]


def _round_width(least: float, *, whole: bool) -> float:
    """1, 2 or 5 times a power of ten, at least so wide."""
    power = 10.0 ** math.floor(math.log10(least))
    width = next(step * power for step in (1, 2, 5, 10) if step * power >= least * 0.999)
    return max(width, 1.0) if whole else width


def _told(number: float) -> str:
    """A number as people write it."""
    return f"{number:.10g}" if abs(number) < 1e10 else f"{number:.0f}"
