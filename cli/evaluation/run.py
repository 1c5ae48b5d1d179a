"""Reads the files of a set, some at a time, and measures every page."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from queue import SimpleQueue
from typing import NamedTuple

from cli.evaluation.chain import Chain, FileResult, PageResult
from cli.evaluation.meter import Cost
from cli.evaluation.metrics import Accuracy, lost, measure
from cli.evaluation.outcome import PageOutcome, SetOutcome
from cli.evaluation.sets import Item, LabelledSet, TruthError, read_truth
from pipeline.extract.document import Block, Document
from pipeline.settings import Settings

_LOST = 0.02
"""Share of the characters read that may be missing from the document before it is said."""


def evaluate(
    sets: Iterable[LabelledSet], settings: Settings, jobs: int, done: Callable[[LabelledSet, Item], None]
) -> list[SetOutcome]:
    """Read and measure.

    Args:
        jobs: files in work at once, each with children of its own.
        done: told after each file.
    """
    sets = list(sets)
    with ExitStack() as stack:
        chains = [
            stack.enter_context(Chain(settings)) for _ in range(min(jobs, sum(len(one.items) for one in sets)) or 1)
        ]
        idle: SimpleQueue[Chain] = SimpleQueue()
        for chain in chains:
            idle.put(chain)

        def work(labelled: LabelledSet, item: Item) -> _Judged:
            chain = idle.get()
            try:
                return _judge(item, chain.put_through(item.path, item.kind))
            finally:
                idle.put(chain)
                done(labelled, item)

        pool = stack.enter_context(ThreadPoolExecutor(len(chains)))
        try:
            waiting = [(one, [pool.submit(work, one, item) for item in one.items]) for one in sets]
            outcomes = []
            for one, futures in waiting:
                results = [future.result() for future in futures]
                pages = tuple(page for result in results for page in result.pages)
                problems = (*one.problems, *(problem for result in results for problem in result.problems))
                unknown = tuple(item.name for item in one.items if item.truth is None)
                notes = (*one.notes, *(loss for result in results for loss in result.losses))
                outcomes.append(SetOutcome(one.name, len(one.items), pages, problems, notes, unknown))
            return outcomes
        except BaseException:  # Ctrl-C, most likely: nobody waits for pages that are in work
            pool.shutdown(wait=False, cancel_futures=True)
            for chain in chains:
                chain.stop()
            raise


class _Judged(NamedTuple):
    """The pages of a file measured, and sentences about what could not be."""

    pages: list[PageOutcome]
    problems: list[str]
    losses: list[str]


def _judge(item: Item, result: FileResult) -> _Judged:
    problems = [f"{item.name}: {result.error}"] if result.error is not None else []
    problems += [f"{item.name}, page {page.page_number}: {page.error}" for page in result.pages if page.error]
    truths: list[str] | None = None
    if item.truth is not None:
        try:
            truths = read_truth(item.truth)
        except (TruthError, OSError) as error:
            problems.append(f"{item.name}: not measured: {error}")
    pages = result.pages
    if result.error is not None:  # counts as pages of which nothing was read: a reader must not gain by refusing
        pages = tuple(PageResult(number, None, result.error, Cost()) for number in range(1, len(truths or [""]) + 1))
    if truths is not None and len(truths) == 1 < len(pages):
        return _Judged([_whole(item, result, truths[0])], problems, _losses(item, result))
    if truths is not None and len(truths) != len(pages):
        problems.append(f"{item.name}: not measured: its truth has {len(truths)} pages, it has {len(pages)}.")
        truths = None
    texts = page_texts(result.document)
    outcomes = []
    for index, page in enumerate(pages):
        name = item.name if len(pages) == 1 else f"{item.name}, page {page.page_number}"
        accuracy = None if truths is None else _accuracy(truths[index], texts, page)
        outcomes.append(PageOutcome.of(name, [page], accuracy, texts.get(page.page_number, "")))
    return _Judged(outcomes, problems, _losses(item, result))


def _whole(item: Item, result: FileResult, truth: str) -> PageOutcome:
    """A file of several pages whose truth is in one piece."""
    text = "\n".join(page_texts(result.document).values())
    words = [word.text for page in result.pages if page.reading for word in page.reading.words]
    return PageOutcome.of(item.name, result.pages, measure(truth, text, words), text)


def _accuracy(truth: str, texts: dict[int, str], page: PageResult) -> Accuracy:
    """A page that failed counts as one of which nothing was read."""
    words = [word.text for word in page.reading.words] if page.reading else []
    return measure(truth, texts.get(page.page_number, ""), words)


def _losses(item: Item, result: FileResult) -> list[str]:
    """Sentences about characters that were read and are not in what users get; headers and footers may be left out."""
    read = "".join(word.text for page in result.pages if page.reading for word in page.reading.words)
    running = "".join(block.text for page in result.document.pages for block in page.blocks if block.running)
    got = {"document": "".join(page_texts(result.document).values()), "Markdown": result.markdown + running}
    return [
        f"{item.name}: {share:.0%} of the characters read are not in the {where}."
        for where, text in got.items()
        if (share := lost(read, text)) > _LOST
    ]


def page_texts(document: Document) -> dict[int, str]:
    """What users get of each page: its blocks in reading order, headers and footers too."""
    return {page.page_number: "\n".join(map(_block_text, page.blocks)) for page in document.pages}


def _block_text(block: Block) -> str:
    """A table's cells row by row, else the lines joined."""
    if block.table is None:
        return block.text
    rows: dict[int, list[str]] = {}
    for cell in block.table.cells:
        rows.setdefault(cell.row, []).append(cell.text)
    return "\n".join(" ".join(text for text in row if text) for row in rows.values())
