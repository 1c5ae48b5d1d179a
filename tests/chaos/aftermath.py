"""After a storm: wait until all has settled, then look for what was lost, stuck, doubled or left lying about."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import httpx

from client.requests import kb_path
from pipeline.settings import Settings, StorageSettings
from storage import cleanup
from storage.catalog import KnowledgeBase, Storage
from storage.database import ALL
from tests.chaos.papers import Paper
from tests.chaos.snapshot import snapshot
from tests.stack import until

_CACHE = "torchinductor_"  # kept by PyTorch for its next start; nothing of a document is in it


class Tended(Protocol):
    """What a storm went over: `pagemill up` on one machine, or several hosts.

    Attributes:
        place: where databases and files lie; its folder is that of the web server.
        headers: what a request must bear.
    """

    place: StorageSettings
    headers: dict[str, str]

    def tend(self) -> None:
        """Start again what is gone."""

    def ready(self) -> bool:
        """Whether it says that it is."""

    def url(self) -> str | None:
        """Where it listens; None while it starts."""

    def chroma_url(self) -> str:
        """Where its Chroma listens."""


def settle(stack: Tended, kb: str, deadline: float, say: Callable[[str], None]) -> list[str]:
    """Wait until nothing is to be done any more and the stack says it is ready; what is still to do at the deadline."""
    told = ""

    def at_rest() -> bool:
        nonlocal told
        stack.tend()
        left = "; ".join(_left(handle)) or ("" if stack.ready() else "not ready")
        if left.split(":")[0] != told.split(":")[0]:
            say(left or "settled")
        told = left
        return not left

    with opened(stack.place, kb) as handle:
        try:
            until(at_rest, deadline - time.monotonic(), "all to settle")
        except AssertionError:
            return [f"not settled in time: {told}"]
    return []


@contextmanager
def opened(place: StorageSettings, name: str) -> Iterator[KnowledgeBase]:
    """A knowledge base, looked at from outside."""
    storage = Storage(Settings(storage=place))
    try:
        yield storage.open(storage.knowledge_base(name)["id"])
    finally:
        storage.close()


def _left(kb: KnowledgeBase) -> Iterator[str]:
    with kb.db.read() as connection:
        open_runs, cleanups = connection.exec_driver_sql(
            "SELECT (SELECT count(*) FROM run WHERE status IN ('queued', 'running')), (SELECT count(*) FROM cleanup)"
        ).one()
        known = set(connection.exec_driver_sql("SELECT id FROM document").scalars())
    if open_runs or cleanup.unfinished(kb):
        yield f"in work: {open_runs} documents, {cleanups} clean-ups"
    cut_off = len(list((kb.folder / "incoming").iterdir())) + len(documents_with_files(kb) - known)
    if cut_off:
        yield f"cut off uploads: {cut_off}"


def documents_with_files(kb: KnowledgeBase) -> set[str]:
    """Ids of documents of which there are files, in the data folder or in a bucket."""
    found = {path.name for path in (kb.folder / "documents").iterdir()}
    if kb.file_store.listing is not None:
        found |= {key.split("/")[3] for key in kb.file_store.listing.keys(f"kb/{kb.id}/documents", None, ALL)}
    return found


def check(stack: Tended, kb: str, papers: list[Paper], ids: dict[str, set[str]]) -> Iterator[str]:
    """What is wrong, a sentence each."""
    url = f"{stack.url()}/api/v1{kb_path(kb)}"
    ask = partial(httpx.get, headers=stack.headers, timeout=60.0, trust_env=False)
    listed = ask(f"{url}/documents", params={"limit": 500}).json()["items"]
    by_name: dict[str, list[dict[str, Any]]] = {}
    for document in listed:
        by_name.setdefault(document["filename"], []).append(document)
    for paper in papers:
        found = by_name.pop(paper.name, [])
        if len(found) != 1:
            yield f"{paper.name} is there {len(found)} times"
            continue
        document = found[0]
        if ids.get(paper.name) != {document["id"]}:
            yield f"{paper.name} was answered with {ids.get(paper.name)}, and is {document['id']}"
        code = (document["error"] or {}).get("code")
        wanted = "done" if paper.error is None else "failed"
        if (document["status"], code) != (wanted, paper.error):
            yield f"{paper.name} is {document['status']} ({document['error']})"
        elif paper.error is None and document["run"] != 1:
            yield f"{paper.name} was run {document['run']} times"
        elif document["pages"]["failed"] or (paper.pages and document["pages"]["total"] != paper.pages):
            yield f"{paper.name} has pages {document['pages']}: {document['warnings']}"
        if paper.words and document["id"] not in _hits(ask, url, paper.words):
            yield f"{paper.name} is not found by “{paper.words}”"
    for name in by_name:
        yield f"{name} was never uploaded"
    yield from _on_disk(stack, kb, {document["id"] for document in listed})


def _hits(ask: Callable[..., httpx.Response], url: str, words: str) -> list[str]:
    answer = ask(f"{url}/search", params={"q": words, "mode": "keyword", "limit": 10})
    return [hit["document"] for hit in answer.json()["hits"]]


def _on_disk(stack: Tended, kb: str, listed: set[str]) -> Iterator[str]:
    data = stack.place.data
    try:
        found = snapshot(data, stack.chroma_url(), place=stack.place)
    except AssertionError as error:
        yield f"rows and vectors differ: {error}"
        return
    if found["tmp"]:
        yield f"page images are left: {found['tmp'][:3]}"
    if found[kb]["incoming"]:
        yield f"cut off uploads are left: {len(found[kb]['incoming'])}"
    with opened(stack.place, kb) as handle:
        kept = documents_with_files(handle)
    if kept != listed:
        yield f"files without document: {kept - listed}; documents without files: {listed - kept}"


def leftovers(temporary: Path) -> list[str]:
    """Temporary files outside the data folder that nobody removed."""
    found = sorted(path.name for path in temporary.iterdir() if not path.name.startswith(_CACHE))
    return [f"{len(found)} temporary files are left, such as {found[0]}"] if found else []


def recoveries(stack: Tended, kb: str) -> dict[str, int]:
    """Units that were claimed again: their worker vanished, their child was killed or crashed, a step went wrong."""
    with opened(stack.place, kb) as handle, handle.db.read() as connection:
        row = connection.exec_driver_sql("SELECT sum(losses), sum(crashes), sum(errors) FROM unit").one()
    return dict(zip(("losses", "crashes", "errors"), (int(count or 0) for count in row), strict=True))
