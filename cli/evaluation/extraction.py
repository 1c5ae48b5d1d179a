"""Fields as users get them, against those that are true: documents through the chain, then the schema's rules."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from cli.evaluation import compare, spans
from cli.evaluation.chain import Chain
from cli.evaluation.compare import Span, Verdict
from cli.evaluation.field_sets import FieldSet, Labelled
from cli.evaluation.run import page_texts
from cli.evaluation.scores import Tally, macro_f1, micro
from cli.evaluation.sets import kind_of
from pipeline.extract.document import Document
from pipeline.extract.fields import extract_fields
from pipeline.settings import Settings

Tagger = Callable[[str], Sequence[Span]]
"""A text, and the spans that somebody else's program finds in it: kinds as in `spans.KINDS`."""

_TAGGING = threading.Lock()  # models seldom like to be asked by several threads


@dataclass(frozen=True, slots=True)
class DocumentFields:
    """What was found in one document, read one way.

    Attributes:
        verdicts: value by value.
        problem: why it could not be read, or None.
    """

    name: str
    way: str
    verdicts: tuple[Verdict, ...]
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class FieldOutcome:
    """A set.

    Attributes:
        of_spans: its truth is spans, not records.
        beside: ways that are somebody else's program, not ours.
    """

    name: str
    schema: Any
    of_spans: bool
    documents: tuple[DocumentFields, ...]
    problems: tuple[str, ...]

    @property
    def ways(self) -> tuple[str, ...]:
        """In the order in which they were read."""
        return tuple(dict.fromkeys(one.way for one in self.documents))

    def tallies(self, way: str, *, among: frozenset[str] | None = None, once: bool = False) -> dict[str, Tally]:
        """By kind.

        Args:
            among: only these documents.
            once: a text of a kind counts once a document, however often it stands there.
        """
        verdicts = [
            verdict
            for document in self.documents
            if document.way == way and (among is None or document.name in among)
            for verdict in (compare.distinct(document.verdicts) if once else document.verdicts)
        ]
        return compare.tallies(verdicts)

    def names(self, way: str) -> frozenset[str]:
        """The documents that were read this way."""
        return frozenset(one.name for one in self.documents if one.way == way)

    def counted(self, tallies: dict[str, Tally]) -> list[Tally]:
        """The kinds that the figures over all kinds are made of: neither whole records nor what is shown beside."""
        return [
            tally
            for kind, tally in tallies.items()
            if not kind.endswith(compare.WHOLE) and (not self.of_spans or kind in spans.COUNTED)
        ]

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON form: figures a way, then every value."""
        figures = {}
        for way in self.ways:
            counted = self.tallies(way, once=self.of_spans)
            figures[way] = {
                "documents": len(self.names(way)),
                "micro": micro(self.counted(counted)).as_dict(),
                "macro_f1": macro_f1(self.counted(counted)),
                "kinds": {kind: tally.as_dict() for kind, tally in counted.items()},
            }
            if self.of_spans:
                figures[way]["mentions"] = micro(self.counted(self.tallies(way))).as_dict()
        return {
            "name": self.name,
            "schema": self.schema,
            "ways": figures,
            "problems": list(self.problems),
            "documents": [asdict(one) for one in self.documents],
        }


def extract(
    sets: Sequence[FieldSet], settings: Settings, jobs: int, done: Callable[[FieldSet], None],
    tagger: Tagger | None = None,
) -> list[FieldOutcome]:  # fmt: skip
    """Read every document in every way, find its fields, compare.

    Args:
        jobs: documents in work at once, each with children of its own.
        done: told after each reading.
        tagger: is given the same text as the rules, for sets of spans.
    """
    with ExitStack() as stack:
        readings = sum(one.readings for one in sets)
        chains = [stack.enter_context(Chain(settings)) for _ in range(min(jobs, readings) or 1)]
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pagemill-eval-")))
        idle: SimpleQueue[tuple[Chain, Path]] = SimpleQueue()
        for number, chain in enumerate(chains):
            idle.put((chain, folder / str(number)))

        def work(one: FieldSet, item: Labelled, way: str) -> list[DocumentFields]:
            chain, file = idle.get()
            try:
                return _judged(one, item, way, chain, file, tagger)
            finally:
                idle.put((chain, file))
                done(one)

        pool = stack.enter_context(ThreadPoolExecutor(len(chains)))
        try:
            waiting = [
                (one, [pool.submit(work, one, item, way) for way in one.ways for item in one.items if way in item.ways])
                for one in sets
            ]
            return [_outcome(one, [found for future in futures for found in future.result()])
                    for one, futures in waiting]  # fmt: skip
        except BaseException:  # Ctrl-C, most likely: nobody waits for pages that are in work
            pool.shutdown(wait=False, cancel_futures=True)
            for chain in chains:
                chain.stop()
            raise


def _outcome(one: FieldSet, documents: list[DocumentFields]) -> FieldOutcome:
    problems = [f"{found.name}, {found.way}: {found.problem}" for found in documents if found.problem]
    of_spans = any(item.truth is None for item in one.items)
    return FieldOutcome(one.name, one.schema, of_spans, tuple(documents), (*one.problems, *problems))


def _judged(
    one: FieldSet, item: Labelled, way: str, chain: Chain, file: Path, tagger: Tagger | None
) -> list[DocumentFields]:
    """What is found in one document read one way; what cannot be read counts as one in which nothing was found."""
    problem = None
    document = Document(())
    try:
        file.write_bytes(item.ways[way]())
        result = chain.put_through(file, kind_of(file))
        document = result.document
        problem = result.error or next((page.error for page in result.pages if page.error), None)
    except (ValueError, OSError) as error:
        problem = str(error)
    found = extract_fields(document, one.schema)
    if item.truth is not None:
        verdicts = compare.compare_records(item.truth, compare.plain(found))
        return [DocumentFields(item.name, way, tuple(verdicts), problem)]
    judged = [DocumentFields(item.name, way, tuple(compare.compare_spans(item.spans, spans.spans_of(found))), problem)]
    if tagger is not None:
        with _TAGGING:
            tagged = tagger("\n".join(page_texts(document).values()))
        judged.append(DocumentFields(item.name, f"{way}, beside", tuple(compare.compare_spans(item.spans, tagged))))
    return judged
