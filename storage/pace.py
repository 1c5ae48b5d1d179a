"""How long the work of a knowledge base will still take, from the pace its stages were seen to keep.

A stage's pace is what it settled in the time when something of this knowledge base was waiting for it or in work; so it
holds the share that other knowledge bases take, and hours in which nothing was to do do not slow it down. Documents
take turns unit by unit, those unserved longest first (`actors/dispatch.py`): before the last of a document's `n`
waiting pages come what is in work, up to `n - 1` pages of every other document, and one more of those whose turn is
sooner. Wall time is good enough here: only people look. Of a document that a paused stage holds up nothing is said, and
the time that a stage stood paused is not counted.
"""

from __future__ import annotations

import datetime
import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock

from sqlalchemy import Connection

from pipeline import stages
from storage.database import text
from storage.pauses import Pause

_RECENT_UNITS = 10
_MEMORY_S = 0.5  # looked at again after so long; many documents ask at once
_SHARE = 0.05  # or after so long that looking takes no more than this of the time, however many documents wait
# What to expect of the stages behind the pages before any was measured, a second.
_FIRST_GUESS = {"extract": 3.0, "embed": 8.0, "store": 3.0}
_CHUNKS_PER_PAGE = 2.0
_SHARED = ("render", "ocr")  # documents share these page by page; the others follow document by document


@dataclass(slots=True)
class Share:
    """A document's part of a stage: what waits, what is in work, and when it was last served (its turn)."""

    waiting: float = 0.0
    in_work: float = 0.0
    turn: float = 0.0

    @property
    def left(self) -> float:
        """What is still to be done."""
        return self.waiting + self.in_work


@dataclass(frozen=True, slots=True)
class Pace:
    """What the stages of a knowledge base do in a second, and what is left of each unfinished document by stage.

    Attributes:
        paused: stages that stand still.
    """

    per_second: dict[str, float]
    left: dict[str, dict[str, Share]] = field(default_factory=dict)
    paused: frozenset[str] = frozenset()

    def eta_s(self, document: str) -> float | None:
        """Seconds until the document has ended; None before there is anything to tell it from, or in a pause."""
        if document not in self.left:
            return None
        mine = self.left[document]
        if any(mine[stage].waiting for stage in self.paused):
            return None
        shared = []
        for stage in _SHARED:
            if not mine[stage].left:
                continue
            if stage not in self.per_second:
                return None
            shared.append(self._ahead(stage, mine[stage]) / self.per_second[stage])
        behind = sum(mine[stage].left / self.per_second.get(stage, guess) for stage, guess in _FIRST_GUESS.items())
        return round(max(shared, default=0.0) + behind, 1)

    def _ahead(self, stage: str, mine: Share) -> float:
        """Pages until the document's last page of a stage is done; what is in work is half done on average."""
        shares = [left[stage] for left in self.left.values()]
        ahead = sum(share.in_work for share in shares) / 2
        if mine.waiting:
            ahead += mine.waiting
            for share in shares:
                if share is not mine:
                    sooner = share.turn < mine.turn
                    ahead += min(share.waiting, mine.waiting if sooner else mine.waiting - 1)
        return ahead

    def eta_all_s(self, documents: Iterable[str] | None = None) -> float | None:
        """Seconds until all of these have ended (None: all there are); 0 when none is left.

        The last to end is as good as always the one with most left.
        """
        chosen = self.left if documents is None else [document for document in documents if document in self.left]
        if not chosen:
            return 0.0
        return self.eta_s(max(chosen, key=lambda document: sum(self.left[document][stage].left for stage in _SHARED)))


class PaceMemory:
    """The pace of one knowledge base, measured now and then.

    Args:
        pauses: asked for the last pause of each stage.
    """

    def __init__(self, pauses: Callable[[], Mapping[str, Pause]]) -> None:
        self._pauses = pauses
        self._lock = Lock()
        self._pace: Pace | None = None
        self._until = 0.0

    def of(self, connection: Connection) -> Pace:
        """The pace as it was measured lately."""
        with self._lock:
            now = time.monotonic()
            if self._pace is None or now >= self._until:
                self._pace = measure(connection, self._pauses())
                took, now = time.monotonic() - now, time.monotonic()
                self._until = now + max(_MEMORY_S, took / _SHARE)
            return self._pace


def measure(connection: Connection, pauses: Mapping[str, Pause]) -> Pace:
    """Measure every stage by its last settled units, and see what is left."""
    left = _left(connection)
    per_second = {}
    for stage in stages.NAMES:
        in_work = sum(shares[stage].in_work > 0 for shares in left.values())
        rate = _per_second(_recent(connection, stage, pauses.get(stage)), in_work)
        if rate is not None:
            per_second[stage] = rate
    return Pace(per_second, left, frozenset(stage for stage, pause in pauses.items() if pause.until is None))


@dataclass(frozen=True, slots=True)
class Settled:
    """A settled unit: when it became ready, was first claimed and was settled (seconds), and how much it was."""

    ready: float
    claimed: float
    settled: float
    size: int


def _recent(connection: Connection, stage: str, pause: Pause | None) -> list[Settled]:
    """The units settled last, newest first, on a clock that stood while the stage was paused."""
    rows = connection.execute(
        text(
            "SELECT ready_at, started_at, finished_at, size FROM unit WHERE stage = :stage AND state = 'done'"
            " AND size > 0 ORDER BY finished_at DESC LIMIT :limit"
        ),
        {"stage": stage, "limit": _RECENT_UNITS},
    )
    began, ended = (_seconds(pause.since), _seconds(pause.until)) if pause and pause.until else (0.0, 0.0)

    def at(time_: str) -> float:
        seconds = _seconds(time_)
        return seconds - min(max(seconds - began, 0.0), ended - began)

    return [Settled(at(row.ready_at), at(row.started_at), at(row.finished_at), row.size) for row in rows]


def _seconds(time_: str) -> float:
    return datetime.datetime.fromisoformat(time_).timestamp()


def _per_second(units: Sequence[Settled], in_work: int) -> float | None:
    """Pace from the newest settled units, newest first.

    Of a full sample the oldest only marks where the time that is looked at begins. A small one has too few ends to
    count: what a unit takes, and how many are in work at once, tell more.
    """
    if not units:
        return None
    if len(units) < _RECENT_UNITS:
        # The median: the first units of a process take longest, as its engine warms up.
        took = statistics.median(max(unit.settled - unit.claimed, 0.01) / unit.size for unit in units)
        return max(in_work, 1) / took
    begin = units[-1].settled
    busy = _covered([(max(unit.ready, begin), unit.settled) for unit in units])
    return sum(unit.size for unit in units[:-1]) / max(busy, 0.01)


def _covered(intervals: Iterable[tuple[float, float]]) -> float:
    """Length of the union of intervals."""
    total, end = 0.0, float("-inf")
    for start, stop in sorted(intervals):
        total += max(stop - max(start, end), 0.0)
        end = max(end, stop)
    return total


def _left(connection: Connection) -> dict[str, dict[str, Share]]:
    work: dict[str, dict[str, Share]] = {}
    pages: dict[str, tuple[int | None, float | None]] = {}
    known, scans = 0, 0
    for row in connection.execute(
        text(
            "SELECT r.document, max(r.pages_total) AS pages_total, count(p.page_number) AS known,"
            " count(*) FILTER (WHERE p.source = 'ocr' OR p.state = 'rendered') AS scans"
            " FROM run AS r LEFT JOIN page AS p ON p.document = r.document AND p.run = r.run"
            " WHERE r.status IN ('queued', 'running') GROUP BY r.document"
        )
    ):
        work[row.document] = {stage: Share() for stage in stages.NAMES}
        pages[row.document] = (row.pages_total, row.scans / row.known if row.known else None)
        known, scans = known + row.known, scans + row.scans
    usual = scans / known if known else 1.0
    begun: dict[str, set[str]] = {document: set() for document in work}
    for row in connection.execute(
        text(
            "SELECT u.document, u.stage, coalesce(sum(u.size) FILTER (WHERE u.state IN ('ready', 'blocked')), 0)"
            " AS waiting, coalesce(sum(u.size) FILTER (WHERE u.state = 'claimed'), 0) AS in_work,"
            " coalesce(max(u.claimed_s), min(u.not_before_s), 0) AS turn FROM unit AS u JOIN run AS r"
            " ON r.document = u.document AND r.run = u.run AND r.status IN ('queued', 'running')"
            " GROUP BY u.document, u.stage"
        )
    ):
        work[row.document][row.stage] = Share(row.waiting, row.in_work, row.turn)
        begun[row.document].add(row.stage)
    for document, shares in work.items():
        total, share = pages[document]
        _expect(shares, begun[document], total, usual if share is None else share)
    return work


def _expect(shares: dict[str, Share], begun: set[str], pages: int | None, scans: float) -> None:
    """Add what is not in the ledger yet: OCR of pages still to be rendered, and the stages behind.

    Args:
        pages: of the document; None before it was opened.
        scans: share of the pages rendered so far that need OCR; of a document without any, the share in all others.
    """
    unrendered = shares["render"].left
    shares["ocr"].waiting += unrendered * scans
    expected = {"extract": 1.0, "embed": _CHUNKS_PER_PAGE * (pages or unrendered), "store": 1.0}
    for stage, amount in expected.items():
        if stage not in begun:
            shares[stage].waiting += amount
