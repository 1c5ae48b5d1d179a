"""Who employs and what the title is, told by all entries of a section together.

A resume sets its entries alike. Each way of reading an entry (first cell the title and second the employer; parted at
the first comma; where the type changes; "at") is scored for every entry, and a way that suits the others counts for the
entry at hand: "Stripe, SDE" is read like "Pell Ltd, Engineer" above it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.extract.fields.heads import Cell, head_cells
from pipeline.extract.fields.text import Field, Span, Text
from pipeline.extract.fields.wording import employer_score, title_score

Record = dict[str, Field]
Way = tuple[str, ...]
_MAX_CELLS = 5
_AT = re.compile(r"\s+(?:at|@)\s+|\s+with\s+(?=[A-Z])")
_COMMA = re.compile(r",\s+|\s[-–]\s|\s/\s")
_AI_MISREAD = re.compile(
    r"\bAl(?=$|,?\s(?:Labs?|Research|Inc|Ltd|LLC|Corp|Systems|Institute|Solutions|Technologies|Group|Studios?|Engineer"
    r"|Scientist|Researcher|Product|Infrastructure)\b)"
)
_BARE_TOWN = re.compile(r"[A-ZÀ-Þ][\w'.-]+(?: [A-ZÀ-Þ][\w'.-]+)?")
_NO_TOWN = re.compile(r"\b(?:Inc|Ltd|LLC|LLP|Co|Corp|GmbH|PLC|plc|AG|AS|SA|BV|Limited)\b")
_GRADE_MISREAD = re.compile(r"(?<=\s)(?=[Il1|]*l)[Il1|]{2,3}$")
_STRONG_TITLE, _STRONG_EMPLOYER = 1.2, 1.2


@dataclass(frozen=True, slots=True)
class _Reading:
    """One way to read one entry."""

    way: Way
    employer: Span | None
    title: Span | None
    score: float

    @property
    def says(self) -> tuple[str, str]:
        return (self.employer.reads if self.employer else "", self.title.reads if self.title else "")


def read_posts(entries: Sequence[Sequence[Text]]) -> list[Record]:
    """`employer` and `title` of each entry, as far as they can be told.

    Args:
        entries: the naming rows of each entry, dates blanked.
    """
    all_cells = [head_cells(heads) for heads in entries]
    placed = sum(any(cell.parted for cell in cells) for cells in all_cells)
    readings = [list(_readings(cells)) for cells in all_cells]
    liked: dict[Way, float] = defaultdict(float)
    for each in readings:
        for way, score in {reading.way: reading.score for reading in sorted(each, key=lambda r: r.score)}.items():
            liked[way] += score / len(readings)
    return [
        _record(each, liked, len(readings), placed > any(cell.parted for cell in cells))
        for each, cells in zip(readings, all_cells, strict=True)
    ]


def _readings(cells: Sequence[Cell]) -> Iterator[_Reading]:
    cells = cells[:_MAX_CELLS]
    for i, one in enumerate(cells):
        for j, other in enumerate(cells):
            if i != j:
                yield _both(("cells", str(i), str(j)), one.span, other.span, -0.15 * (i + j))
        yield from _parted(i, one)
        alone = -0.7 - 0.15 * i
        yield _Reading(("title", str(i)), None, one.span, title_score(one.reads) + alone)
        yield _Reading(("employer", str(i)), one.span, None, employer_score(one.reads) + alone)


def _parted(i: int, cell: Cell) -> Iterator[_Reading]:
    """One cell that holds both."""
    span, row = cell.span, str(i)
    cost = -0.4 - 0.3 * i
    at = span.split(_AT)
    if len(at) == 2:
        yield _both(("at", row), at[1], at[0], 0.3 - 0.3 * i)
    if cell.seam:
        first, second = _trimmed(span.part(0, cell.seam)), _trimmed(span.part(cell.seam))
        if first.reads and second.reads:
            yield _both(("seam", row, "e"), first, second, 0.1 - 0.3 * i)
            yield _both(("seam", row, "t"), second, first, 0.1 - 0.3 * i)
    commas = list(_COMMA.finditer(span.reads))[:4]
    for n, comma in enumerate(commas):
        first, second = span.part(0, comma.start()), span.part(comma.end())
        place = str(n) if n == 0 else str(n - len(commas))
        if first.reads and second.reads:
            yield _both(("comma", row, place, "e"), first, second, cost - 0.05 * n)
            yield _both(("comma", row, place, "t"), second, first, cost - 0.05 * n)


def _trimmed(span: Span) -> Span:
    reads = span.reads
    return span.part(len(reads) - len(reads.lstrip(" ,;:|–-")), len(reads.rstrip(" ,;:|–-")))


def _both(way: Way, employer: Span, title: Span, bonus: float) -> _Reading:
    return _Reading(way, employer, title, employer_score(employer.reads) + title_score(title.reads) + bonus)


def _record(readings: Sequence[_Reading], liked: dict[Way, float], entries: int, placed: bool) -> Record:
    """The best reading as fields; the less it is ahead of the next one, the less sure.

    Args:
        readings: of one entry.
        liked: mean score of each way over all entries.
        entries: how many there are.
        placed: others have a place behind a name.
    """
    if not readings:
        return {}
    weight = 1.0 if entries > 1 else 0.0
    ranked = sorted(readings, key=lambda r: (-(r.score + weight * liked[r.way]), r.way))
    best = ranked[0]
    if best.score < -1.5:
        return {}
    rival = next((r for r in ranked[1:] if r.says != best.says and not _within(r, best)), None)
    ahead = (best.score + weight * liked[best.way]) - (rival.score + weight * liked[rival.way]) if rival else 2.0
    by_others = entries > 1 and liked[best.way] * entries - best.score > 1.2 * (entries - 1)
    record: Record = {}
    for name, span, score, strong in (
        ("employer", best.employer, employer_score, _STRONG_EMPLOYER),
        ("title", best.title, title_score, _STRONG_TITLE),
    ):
        if span is None:
            continue
        span = _without_town(span) if placed else span
        own = score(span.reads)
        method = "dictionary" if own >= strong else "position"
        confidence = _confidence(own >= strong, by_others, ahead, own)
        record[name] = span.field(method, confidence, _as_meant(span))
    return record


def _without_town(span: Span) -> Span:
    """The name without a bare word behind its last comma, which stands where others have their town."""
    name, comma, last = span.reads.rpartition(",")
    if not comma or not _BARE_TOWN.fullmatch(last.strip()):
        return span
    if employer_score(last.strip()) >= _STRONG_EMPLOYER or title_score(last.strip()) >= 0.7 or _NO_TOWN.search(last):
        return span
    return span.part(0, len(name))


def _as_meant(span: Span) -> str | None:
    """The value where OCR took a capital I for a small l, as in "Lumen Al" and "Engineer Il"; else None."""
    if all(word.confidence >= 1.0 for word, _ in span.text.words(span.start, span.end)):
        return None
    printed = " ".join(span.text.printed[span.start : span.end].split())
    meant = _GRADE_MISREAD.sub(lambda found: "I" * len(found.group()), _AI_MISREAD.sub("AI", printed))
    return None if meant == printed else meant


def _confidence(worded: bool, by_others: bool, ahead: float, own: float) -> float:
    if worded:
        return 0.93 if ahead > 0.8 else 0.88 if ahead > 0.3 else 0.78
    if own < -0.5:
        return 0.6
    return 0.85 if by_others and ahead > 0.8 else 0.8 if ahead > 0.8 else 0.7


def _within(reading: _Reading, best: _Reading) -> bool:
    """Whether it only leaves out what the best one has."""
    return all(not said or said == has for said, has in zip(reading.says, best.says, strict=True))
