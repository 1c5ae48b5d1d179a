"""The pipeline over all knowledge bases: how it stands, what failed in it, and stopping its stages."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response

from pipeline import stages
from pipeline.errors import PermanentError
from storage import failures, overview, pauses, reprocess
from storage.catalog import KnowledgeBase
from storage.database import Missing
from storage.keys import Key
from web import inputs, pipeline_answers
from web.state import State, answer, key_of, query, state
from web.threads import in_thread, in_writing_thread


async def show(request: Request) -> Response:
    """GET /pipeline."""
    found = await in_thread(overview.pipeline, state(request).storage, key_of(request).covers)
    return answer(pipeline_answers.PipelineStatus(**found))


def _stage(request: Request) -> str:
    """The stage that the path names.

    Raises:
        PermanentError: `not_found`.
    """
    name: str = request.path_params["stage"]
    if name not in stages.BY_NAME:
        raise PermanentError("not_found", f"There is no stage “{name}”; there are {', '.join(stages.NAMES)}.")
    return name


async def pause(request: Request) -> Response:
    """POST /pipeline/{stage}/pause: what is in work is finished, the rest waits until the stage is resumed."""
    stage = _stage(request)
    since = (await in_writing_thread(pauses.pause, state(request).storage.catalog, stage)).since
    return answer(pipeline_answers.StagePause(stage=stage, paused=True, since=since))


async def resume(request: Request) -> Response:
    """POST /pipeline/{stage}/resume: the stage goes on at once."""
    parts, stage = state(request), _stage(request)
    await in_writing_thread(pauses.resume, parts.storage.catalog, stage)
    send = BackgroundTask(in_thread, parts.send, [stage])
    return answer(pipeline_answers.StagePause(stage=stage, paused=False, since=None), background=send)


async def failed(request: Request) -> Response:
    """GET /pipeline/{stage}/failed: units that failed in the latest runs of documents, and were not discarded."""
    wanted = query(request, inputs.FailureQuery)
    return answer(await in_thread(_failed, state(request), key_of(request), _stage(request), wanted))


def _failed(parts: State, key: Key, stage: str, wanted: inputs.FailureQuery) -> pipeline_answers.FailureList:
    begin, after = None, None
    if wanted.cursor is not None:
        begin, document, first, last = wanted.cursor.split("-")
        after = failures.Place(document, int(first), int(last))
    items: list[dict[str, Any]] = []
    for record, kb in reversed(_chosen(parts, key, wanted.kb)):
        if begin is not None and record["id"] > begin:
            continue
        with suppress(Missing):
            found = failures.listed(
                kb, stage, after=after if record["id"] == begin else None, document=wanted.document,
                limit=wanted.limit + 1 - len(items),
            )  # fmt: skip
            items += [{**unit, "knowledge_base": record["name"]} for unit in found]
        if len(items) > wanted.limit:
            break
    shown = [pipeline_answers.FailedUnit(**item) for item in items[: wanted.limit]]
    more = len(items) > wanted.limit
    cursor = f"{shown[-1].kb}-{shown[-1].document}-{shown[-1].unit}" if more else None
    return pipeline_answers.FailureList(items=shown, next_cursor=cursor)


def _chosen(parts: State, key: Key, kb: str | None) -> list[tuple[dict[str, Any], KnowledgeBase]]:
    """The knowledge base that is named, or all that the key is for, by id; one may be deleted at any moment.

    Raises:
        PermanentError: `not_found`.
    """
    records = parts.records(key) if kb is None else [parts.record(key, kb)]
    return [(record, parts.storage.open(record["id"])) for record in records]


async def retry(request: Request) -> Response:
    """POST /pipeline/{stage}/failed/retry: the documents of these units are retried; those in work are passed over."""
    parts, stage, wanted = state(request), _stage(request), query(request, inputs.FailureChoice)
    opened = await in_writing_thread(_retry, parts, key_of(request), stage, wanted)
    return answer(opened, 202, background=BackgroundTask(in_thread, parts.send))


def _retry(parts: State, key: Key, stage: str, wanted: inputs.FailureChoice) -> pipeline_answers.RunsOpened:
    runs = passed_over = 0
    for record, kb in _chosen(parts, key, wanted.kb):
        with suppress(Missing):
            found = failures.documents(kb, stage, wanted.document)
            if not found:
                continue
            with parts.storage.working(kb.id):
                opened = reprocess.retry_all(kb, found, parts.storage.run_settings(record))
            runs, passed_over = runs + opened.runs, passed_over + opened.passed_over
    return pipeline_answers.RunsOpened(runs=runs, passed_over=passed_over)


async def discard(request: Request) -> Response:
    """POST /pipeline/{stage}/failed/discard: take units off the list; their documents stay as they are."""
    wanted = query(request, inputs.FailureChoice)
    return answer(await in_writing_thread(_discard, state(request), key_of(request), _stage(request), wanted))


def _discard(parts: State, key: Key, stage: str, wanted: inputs.FailureChoice) -> pipeline_answers.UnitsDiscarded:
    total = 0
    for _, kb in _chosen(parts, key, wanted.kb):
        with suppress(Missing):
            total += failures.discard(kb, stage, wanted.document)
    return pipeline_answers.UnitsDiscarded(units=total)
