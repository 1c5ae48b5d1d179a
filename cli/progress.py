"""Progress bars: one a document, until every one has ended; or one for a piece of work."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn

from client import Pagemill

if TYPE_CHECKING:
    from client.answers import AcceptedDocument, DocumentCounts, DocumentStatus, RunsOpened

_ENDED = ("done", "failed", "cancelled")
_POLL_S = 0.3
_NAME_WIDTH = 36


def watch(client: Pagemill, kb: str, documents: Sequence[AcceptedDocument], console: Console) -> list[DocumentStatus]:
    """Wait for documents, drawing a bar each; their last statuses in the order given.

    Raises:
        ApiError, NoServer: the server went away or forgot a document.
    """
    last: dict[str, DocumentStatus] = {}
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[stage]:<10}"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[left]}"),
        console=console,
        transient=False,
    ) as bars:
        tasks: dict[str, TaskID] = {
            document["id"]: bars.add_task(_shorten(document["filename"]), total=1.0, stage="queued", left="")
            for document in documents
        }
        while len(last) < len(tasks):
            for document, task in tasks.items():
                if document in last:
                    continue
                status = client.document(kb, document)
                ended = status["status"] in _ENDED
                bars.update(
                    task, completed=1.0 if ended else status["progress"],
                    stage=status["status"] if ended else status["stage"], left=_left(status["eta_seconds"]),
                )  # fmt: skip
                if ended:
                    bars.stop_task(task)
                    last[document] = status
            time.sleep(_POLL_S)
    return [last[document["id"]] for document in documents]


def watch_all(client: Pagemill, kb: str, console: Console) -> DocumentCounts:
    """Wait until nothing of a knowledge base is in work, drawing one bar; its documents by status.

    Raises:
        ApiError, NoServer: the server went away, or the knowledge base was deleted.
    """
    with Progress(
        TextColumn("{task.description}"), BarColumn(bar_width=24), TextColumn("{task.fields[documents]}"),
        TimeElapsedColumn(), TextColumn("{task.fields[left]}"), console=console,
    ) as bars:  # fmt: skip
        task = bars.add_task(_shorten(kb), total=1.0, documents="", left="")
        while True:
            status = client.knowledge_base(kb)
            counts = status["documents"]
            open_ = counts["queued"] + counts["running"]
            words = f"{open_} documents in work" if open_ else "done"
            bars.update(task, completed=status["progress"] if open_ else 1.0, documents=words,
                        left=_left(status["eta_seconds"]))  # fmt: skip
            if not open_:
                return counts
            time.sleep(_POLL_S)


@contextmanager
def one_bar(console: Console) -> Iterator[Callable[[str, int, int], None]]:
    """A bar that is told what is being done, how much of it is done and how much it is (0: not known)."""
    columns = (TextColumn("{task.description:<22}"), BarColumn(bar_width=32), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None)

        def told(what: str, done: int, total: int) -> None:
            bar.update(task, description=what, completed=done, total=total or None)

        yield told


def opened(value: RunsOpened) -> str:
    """How many documents are done again."""
    passed_over = f", {value['passed_over']} passed over, as they are in work" if value["passed_over"] else ""
    return f"{value['runs']} documents are done again{passed_over}"


def _left(eta_s: float | None) -> str:
    if eta_s is None:
        return ""
    return f"about {eta_s:.0f} s left" if eta_s < 90 else f"about {eta_s / 60:.0f} min left"


def _shorten(name: str) -> str:
    name = name.replace("[", r"\[")
    return name if len(name) <= _NAME_WIDTH else f"{name[: _NAME_WIDTH - 1]}…"


def outcome(status: DocumentStatus) -> str:
    """One document's end in a sentence."""
    pages = status["pages"]
    if status["status"] != "done":
        error = status["error"]
        return f"{status['status']}: {error['message']} ({error['code']})" if error else status["status"]
    parts = [f"{pages['done']} of {pages['total']} pages read"]
    if pages["ocr"]:
        parts.append(f"{pages['ocr']} by OCR")
    if pages["failed"]:
        parts.append(f"{pages['failed']} failed")
    if pages["review"]:
        parts.append(f"{pages['review']} worth a look")
    return "done: " + ", ".join(parts)
