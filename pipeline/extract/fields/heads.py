"""What an entry's naming rows hold, cell by cell: names of employers, schools and titles, with places told apart."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.extract.fields.entries import DURATION, cells
from pipeline.extract.fields.places import is_away, is_town, place_score, place_tail, region_of
from pipeline.extract.fields.text import Span, Text
from pipeline.extract.fields.wording import employer_score

_TERMS = re.compile(
    r"(?:full|part)[- ]time|contract(?:or)?(?: position)?|permanent|temporary|seasonal|casual|internship|co-?op"
    r"|paid|unpaid|self[- ]employed|fixed[- ]term|currently|current|expected|anticipated|graduat(?:ed|ion)|dates?:?",
    re.I,
)
_BRACKETS = re.compile(r"\s*\((?P<inside>[^()]{0,60})\)?\s*$")
_SYSTEM = re.compile(r"\bUniversity of (?P<state>[A-Z]\w+(?: [A-Z]\w+)?)$")
_MAYBE_PLACE, _SURE_PLACE = 0.7, 0.8
_MAX_CELL = 90  # letters
_MAX_ROW = 400


@dataclass(frozen=True, slots=True)
class Cell:
    """A stretch of a naming row, without the place behind it.

    Attributes:
        row: number of the row among the entry's.
        seam: where its type changes from bold to plain or back, an offset into the span's text; 0 where it does not.
        place: how surely it is a bare name of a place, 0..1.
        parted: a place stood behind it.
    """

    span: Span
    row: int
    seam: int
    place: float
    parted: bool = False

    @property
    def reads(self) -> str:
        """Its half-width characters."""
        return self.span.reads


def head_cells(heads: Sequence[Text]) -> list[Cell]:
    """The cells of an entry's naming rows in order; places, durations and terms of employment are left out."""
    found: list[Cell] = []
    places: list[tuple[int, float, Cell]] = []
    for row, text in enumerate(heads):
        for span in cells(text) if len(text.text) <= _MAX_ROW else ():
            span = _bared(span)
            reads = span.reads
            if not reads or len(reads) > _MAX_CELL or DURATION.fullmatch(reads) or _TERMS.fullmatch(reads):
                continue
            score = place_score(reads) if employer_score(reads.partition(",")[0]) < 1.5 else 0.0
            end = _name_end(reads)
            span = _bared(span.part(0, len(reads[:end].rstrip(" ,"))))
            if not span.reads:
                continue
            cell = Cell(span, row, _seam(span), place_score(span.reads), end < len(reads))
            if score >= _MAYBE_PLACE:
                places.append((len(found), score, cell))
            else:
                found.append(cell)
    # "Acorn, Germany" is an employer where nothing else is; a town alone only where there is no name at all.
    for at, score, cell in reversed(places):
        if (len(found) < 2 and score < _SURE_PLACE) or (not found and not is_away(cell.reads)):
            found.insert(at, cell)
    return found


def _name_end(text: str) -> int:
    """Where a place behind the name begins; the campus of a state's university is of its name."""
    end = place_tail(text)
    system = _SYSTEM.search(text[:end].rstrip(" ,"))
    if not system or region_of(system["state"]) != "US":
        return end
    return len(text) if is_town(text[end:]) else end


def _bared(span: Span) -> Span:
    """Without a place, terms or a duration in brackets at the end, and without pairs of marks around it."""
    while True:
        reads = span.reads
        found = _BRACKETS.search(reads)
        if not found or not found.start():
            break
        inside = found["inside"].strip(" ,")
        of_no_name = (
            not inside or place_score(inside) > 0.5 or _TERMS.fullmatch(inside) or DURATION.fullmatch(inside)
            or re.fullmatch(r"(?:full|part)[- ]time\b.*|contract\b.*|remote\b.*", inside, re.I)
        )  # fmt: skip
        if not of_no_name:
            break
        span = span.part(0, found.start())
    reads = span.reads
    start = len(reads) - len(reads.lstrip(" ,.;:|·•–—-\uf000"))
    return span.part(start, len(reads.rstrip(" ,;:|·•–—-")))


def _seam(span: Span) -> int:
    """Where bold type ends or begins at a comma, as in "**Lumen Ltd**, Engineer"."""
    styles = span.text.styles(span.start, span.end)
    changes = [start for (_, before), (start, after) in itertools.pairwise(styles) if before != after]
    if len(changes) != 1:
        return 0
    at = changes[0] - span.start
    before = span.reads[:at].rstrip()
    return at if before.endswith((",", ":", "–", "-", "|")) else 0
