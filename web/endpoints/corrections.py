"""Corrections of pages and fields by people."""

from __future__ import annotations

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response

from storage import corrections, status
from storage.taking import FieldEntry, PageEntry
from web import answers, inputs, review_answers
from web.state import State, answer, body, key_of, query, state
from web.threads import in_thread, in_writing_thread


async def add(request: Request) -> Response:
    """POST .../corrections: kept with who sent them and when; a run lays them over what was read."""
    parts, wanted = state(request), await body(request, inputs.Corrections)
    result = await in_writing_thread(_add, parts, request, wanted)
    return answer(result, 202, background=BackgroundTask(in_thread, parts.send))


def _add(parts: State, request: Request, wanted: inputs.Corrections) -> answers.DocumentStatus:
    record, kb = parts.knowledge_base(request)
    document = request.path_params["document"]
    pages = [PageEntry(one.page, one.text if isinstance(one, inputs.PageText) else None) for one in wanted.pages]
    fields = [
        FieldEntry(
            one.path, one.index, one.value, one.was, one.page, [float(number) for number in one.box or ()] or None
        )
        for one in wanted.fields
    ]
    with parts.storage.working(kb.id):
        corrections.add(kb, document, pages, fields, key_of(request).name, parts.storage.run_settings(record))
    return answers.DocumentStatus(**status.status(kb, document))


async def listing(request: Request) -> Response:
    """GET .../corrections: all there ever were, those that were replaced or taken back too."""
    return answer(await in_thread(_listing, state(request), request, query(request, inputs.ListQuery)))


def _listing(parts: State, request: Request, wanted: inputs.ListQuery) -> review_answers.CorrectionList:
    _, kb = parts.knowledge_base(request)
    found = corrections.listed(kb, request.path_params["document"], wanted.cursor, wanted.limit + 1)
    items = [review_answers.Correction(**item) for item in found[: wanted.limit]]
    return review_answers.CorrectionList(items=items, next_cursor=items[-1].id if len(found) > wanted.limit else None)


async def take_back(request: Request) -> Response:
    """DELETE .../corrections/{id}: it stands no more, and a run brings back what stood before it."""
    parts = state(request)
    result = await in_writing_thread(_take_back, parts, request)
    return answer(result, 202, background=BackgroundTask(in_thread, parts.send))


def _take_back(parts: State, request: Request) -> answers.DocumentStatus:
    record, kb = parts.knowledge_base(request)
    document = request.path_params["document"]
    with parts.storage.working(kb.id):
        corrections.take_back(kb, document, request.path_params["correction"], parts.storage.run_settings(record))
    return answers.DocumentStatus(**status.status(kb, document))
