"""Questions put to the search endpoint: is the paragraph that answers among the first hits?

Every paragraph is uploaded as a document of its own, a born-digital page, and of a sample again as a scan; questions
are asked over HTTP, in each mode, by some clients at once.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from statistics import quantiles
from typing import TYPE_CHECKING, Any

from cli.evaluation.questions import Collection, Question, QuestionSet
from cli.evaluation.scores import DEPTH, Ranking
from cli.evaluation.server import wait_for_vectors
from cli.evaluation.typeset import text_pdf
from cli.samples import scan
from client import ApiError, Pagemill

if TYPE_CHECKING:
    from client.answers import SearchHit, Status

MODES = ("hybrid", "vector", "keyword")
CLIENTS = 4
_FILES_A_REQUEST = 20
_LOOK_S = 1.0
_STALLED_S = 600.0


Tell = Callable[[str, int, int], None]
"""Is told what is being done, how much of it is and how much there is."""


@dataclass(frozen=True, slots=True)
class Filed:
    """A knowledge base full of paragraphs.

    Attributes:
        label: what it holds, for people.
        paragraphs: by document id, the number of its paragraph.
        seconds: wall time from the first upload until the last document had ended.
    """

    kb: str
    label: str
    paragraphs: dict[str, int]
    seconds: float


@dataclass(frozen=True, slots=True)
class Asked:
    """The questions of a language put to a knowledge base in one mode.

    Attributes:
        questions: whose they are.
        pages: what the knowledge base holds.
        ranks: by question id, the rank of the first hit in the right paragraph, from 1, or None.
        took_ms: what the server says a search took, milliseconds, in the order of asking.
    """

    questions: str
    pages: str
    mode: str
    ranks: dict[str, int | None]
    took_ms: tuple[float, ...]

    @property
    def ranking(self) -> Ranking:
        """The figures."""
        return Ranking.of(list(self.ranks.values()))

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON form: figures, then the rank of every question."""
        return {
            "questions": self.questions, "pages": self.pages, "mode": self.mode, **self.ranking.as_dict(),
            "p50_ms": percentile(self.took_ms, 50), "p99_ms": percentile(self.took_ms, 99), "ranks": self.ranks,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class SearchOutcome:
    """A set.

    Attributes:
        filed: label, documents and seconds of every knowledge base.
        problems: sentences about documents that did not end well.
    """

    name: str
    filed: tuple[tuple[str, int, float], ...]
    asked: tuple[Asked, ...]
    problems: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON form."""
        return {
            "name": self.name,
            "filed": [{"pages": label, "documents": count, "seconds": seconds} for label, count, seconds in self.filed],
            "asked": [one.as_dict() for one in self.asked],
            "problems": list(self.problems),
        }


def percentile(values: Sequence[float], percent: int) -> float | None:
    """By linear interpolation; None where there are no values."""
    if len(values) < 2:
        return values[0] if values else None
    return quantiles(values, n=100, method="inclusive")[percent - 1]


@dataclass
class Retrieval:
    """Puts sets to a server; removes the knowledge bases it made there.

    Args:
        modes: of `MODES`.
        scans: how many paragraphs of each collection are scanned too.
    """

    client: Pagemill
    modes: Sequence[str] = MODES
    scans: int = 0
    clients: int = CLIENTS
    tell: Tell = lambda what, done, total: None
    _made: list[str] = field(default_factory=list)

    def put(self, one: QuestionSet) -> SearchOutcome:
        """File the paragraphs of a set, ask its questions, remove it all."""
        try:
            return self._put(one)
        finally:
            for kb in self._made:
                self.client.delete_knowledge_base(kb)
            self._made.clear()

    def _put(self, one: QuestionSet) -> SearchOutcome:
        problems: list[str] = []
        filed: list[Filed] = []
        asked: list[Asked] = []
        plain = {each.name: self._file(each.name, [each], problems) for each in one.collections}
        filed += plain.values()
        for asking in one.collections:
            for pages in one.collections:
                asked += self._ask(asking, plain[pages.name])
        if len(one.collections) > 1:
            mixed = self._file(f"{' + '.join(each.name for each in one.collections)}", one.collections, problems)
            filed.append(mixed)
            for asking in one.collections:
                asked += self._ask(asking, mixed)
        if self.scans:
            sample = one.limited(self.scans)
            for each in sample.collections:
                label = f"{len(each.paragraphs)} of {each.name}"
                if len(each.paragraphs) < one.paragraphs:
                    filed.append(self._file(f"{label}, text", [each], problems))
                    asked += self._ask(each, filed[-1])
                filed.append(self._file(f"{label}, scans", [each], problems, scanned=True))
                asked += self._ask(each, filed[-1])
        return SearchOutcome(
            one.name, tuple((each.label, len(each.paragraphs), each.seconds) for each in filed), tuple(asked),
            tuple(problems),
        )  # fmt: skip

    def _file(
        self, label: str, collections: Sequence[Collection], problems: list[str], *, scanned: bool = False
    ) -> Filed:
        """Upload paragraphs and wait until they have ended."""
        kb = self.client.create_knowledge_base(f"eval {label} {secrets.token_hex(4)}")["id"]
        self._made.append(kb)
        began = time.monotonic()
        places: dict[str, int] = {}
        total = sum(len(each.paragraphs) for each in collections)
        documents = _documents(collections, scanned)
        while batch := list(islice(documents, _FILES_A_REQUEST)):
            answer = self.client.upload(kb, *((name, content) for name, content, _ in batch))
            problems += [f"{label}: {each['filename']}: {each['error']['message']}" for each in answer["rejected"]]
            numbers = {name: number for name, _, number in batch}
            places |= {each["id"]: numbers[each["filename"]] for each in answer["documents"]}
            self.tell(f"uploading {label}", len(places), total)
        self._wait(kb, label, len(places))
        problems += self._failures(kb, label)
        return Filed(kb, label, places, time.monotonic() - began)

    def _wait(self, kb: str, label: str, total: int) -> None:
        """Until all documents have ended.

        Raises:
            ApiError: nothing has moved for a long time.
        """
        done, moved = -1, time.monotonic()
        while True:
            counts = self.client.knowledge_base(kb)["documents"]
            now = counts["done"] + counts["failed"] + counts["cancelled"]
            if now != done:
                done, moved = now, time.monotonic()
            self.tell(f"reading {label}", done, total)
            if done >= total:
                return
            if time.monotonic() - moved > _STALLED_S:
                raise ApiError("stalled", f"{label}: {total - done} documents have not moved for {_STALLED_S:.0f} s.")
            time.sleep(_LOOK_S)

    def _failures(self, kb: str, label: str) -> list[str]:
        failed = []
        statuses: tuple[Status, ...] = ("failed", "cancelled")
        for status in statuses:
            documents = self.client.documents(kb, status=status)
            failed += [f"{label}: {one['filename']} ended {status}" for one in documents]
        return failed

    def _ask(self, asking: Collection, pages: Filed) -> list[Asked]:
        """The same questions in every mode."""
        wait_for_vectors(self.client, pages.kb)
        return [self._ask_mode(asking, pages, mode) for mode in self.modes]

    def _ask_mode(self, asking: Collection, pages: Filed, mode: str) -> Asked:
        what = f"asking {asking.name} questions of {pages.label}, {mode}"
        total = len(asking.questions)
        ranks: dict[str, int | None] = {}
        took: list[float] = []

        def ask(question: Question) -> tuple[int | None, float]:
            answer = self.client.search(pages.kb, question.text, limit=DEPTH, mode=mode)
            return rank_of(answer["hits"], pages.paragraphs, question.paragraph), answer["took_ms"]

        with ThreadPoolExecutor(self.clients) as pool:
            try:
                for question, (rank, took_ms) in zip(asking.questions, pool.map(ask, asking.questions), strict=True):
                    ranks[question.id] = rank
                    took.append(took_ms)
                    if len(took) % 20 == 0 or len(took) == total:
                        self.tell(what, len(took), total)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        return Asked(asking.name, pages.label, mode, ranks, tuple(took))


def rank_of(hits: Sequence[SearchHit], paragraphs: dict[str, int], wanted: int) -> int | None:
    """The rank of the first hit in the wanted paragraph, from 1, or None."""
    return next((rank for rank, hit in enumerate(hits, 1) if paragraphs.get(hit["document"]) == wanted), None)


def _documents(collections: Sequence[Collection], scanned: bool) -> Iterator[tuple[str, bytes, int]]:
    """File name, content and number of every paragraph."""
    for place, one in enumerate(collections):
        for number, paragraph in enumerate(one.paragraphs):
            pdf = text_pdf([[paragraph]])
            yield f"{place}-{number}.pdf", scan(pdf, seed=number) if scanned else pdf, number


def retrieve(
    sets: Sequence[QuestionSet], client: Pagemill, modes: Sequence[str], scans: int, tell: Tell
) -> list[SearchOutcome]:
    """Put sets to a server, one after the other."""
    putting = Retrieval(client, modes, scans, tell=tell)
    return [putting.put(one) for one in sets]
