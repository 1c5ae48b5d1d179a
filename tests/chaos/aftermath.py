"""After a storm: wait until all has settled, then look for what was lost, stuck, doubled or left lying about."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx

from client.requests import kb_path
from pipeline.settings import Settings, StorageSettings
from storage import cleanup
from storage.catalog import KnowledgeBase, Storage
from tests.chaos.family import chroma_url
from tests.chaos.papers import Paper
from tests.chaos.snapshot import snapshot
from tests.chaos.tended import TendedStack
from tests.stack import until

_CACHE = "torchinductor_"  # kept by PyTorch for its next start; nothing of a document is in it


def settle(stack: TendedStack, kb: str, deadline: float, say: Callable[[str], None]) -> list[str]:
    """Wait until nothing is to be done any more and the stack says it is ready; what is still to do at the deadline."""
    told = ""
    handle = _opened(stack.data, kb)

    def at_rest() -> bool:
        nonlocal told
        stack.tend()
        left = "; ".join(_left(handle)) or ("" if stack.ready() else "not ready")
        if left.split(":")[0] != told.split(":")[0]:
            say(left or "settled")
        told = left
        return not left

    try:
        until(at_rest, deadline - time.monotonic(), "all to settle")
    except AssertionError:
        return [f"not settled in time: {told}"]
    finally:
        handle.db.close()
    return []


def _opened(data: Path, name: str) -> KnowledgeBase:
    storage = Storage(Settings(storage=StorageSettings(data=data)))
    try:
        return storage.open(storage.knowledge_base(name)["id"])
    finally:
        storage.catalog.close()


def _left(kb: KnowledgeBase) -> Iterator[str]:
    with kb.db.read() as connection:
        open_runs, cleanups = connection.exec_driver_sql(
            "SELECT (SELECT count(*) FROM run WHERE status IN ('queued', 'running')), (SELECT count(*) FROM cleanup)"
        ).one()
        known = set(connection.exec_driver_sql("SELECT id FROM document").scalars())
    if open_runs or cleanup.unfinished(kb):
        yield f"in work: {open_runs} documents, {cleanups} clean-ups"
    cut_off = len(list((kb.folder / "incoming").iterdir()))
    cut_off += sum(path.name not in known for path in (kb.folder / "documents").iterdir())
    if cut_off:
        yield f"cut off uploads: {cut_off}"


def check(stack: TendedStack, kb: str, papers: list[Paper], ids: dict[str, set[str]]) -> Iterator[str]:
    """What is wrong, a sentence each."""
    url = f"{stack.url()}/api/v1{kb_path(kb)}"
    listed = httpx.get(f"{url}/documents", params={"limit": 500}, timeout=60.0, trust_env=False).json()["items"]
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
        if paper.words and document["id"] not in _hits(url, paper.words):
            yield f"{paper.name} is not found by “{paper.words}”"
    for name in by_name:
        yield f"{name} was never uploaded"
    yield from _on_disk(stack, kb, {document["id"] for document in listed})


def _hits(url: str, words: str) -> list[str]:
    params: dict[str, str | int] = {"q": words, "mode": "keyword", "limit": 10}
    answer = httpx.get(f"{url}/search", params=params, timeout=60.0, trust_env=False)
    return [hit["document"] for hit in answer.json()["hits"]]


def _on_disk(stack: TendedStack, kb: str, listed: set[str]) -> Iterator[str]:
    try:
        found = snapshot(stack.data, chroma_url(stack.pid))
    except AssertionError as error:
        yield f"rows and vectors differ: {error}"
        return
    if found["tmp"]:
        yield f"page images are left: {found['tmp'][:3]}"
    if found[kb]["incoming"]:
        yield f"cut off uploads are left: {len(found[kb]['incoming'])}"
    handle = _opened(stack.data, kb)
    handle.db.close()
    folders = {path.name for path in (handle.folder / "documents").iterdir()}
    if folders != listed:
        yield f"folders without document: {folders - listed}; documents without folder: {listed - folders}"


def leftovers(temporary: Path) -> list[str]:
    """Temporary files outside the data folder that nobody removed."""
    found = sorted(path.name for path in temporary.iterdir() if not path.name.startswith(_CACHE))
    return [f"{len(found)} temporary files are left, such as {found[0]}"] if found else []


def recoveries(stack: TendedStack, kb: str) -> dict[str, int]:
    """Units that were claimed again: their worker vanished, their child was killed or crashed, a step went wrong."""
    handle = _opened(stack.data, kb)
    with handle.db.read() as connection:
        row = connection.exec_driver_sql("SELECT sum(losses), sum(crashes), sum(errors) FROM unit").one()
    handle.db.close()
    return dict(zip(("losses", "crashes", "errors"), (int(count or 0) for count in row), strict=True))
