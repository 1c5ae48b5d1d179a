"""Knowledge bases: make, list, look at, change, delete."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from pipeline import log
from pipeline.errors import ServiceUnavailable
from storage import documents, review, status
from storage.catalog import DEFAULT_SCHEMA, KnowledgeBase
from storage.database import Missing
from web import answers, inputs
from web.state import State, answer, body, key_of, query, state
from web.threads import in_thread, in_writing_thread

_LOG = log.get("web")
_FIELDS = ("id", "name", "languages", "engine", "schema", "retention_days", "created_at")


def _record(record: dict[str, Any]) -> dict[str, Any]:
    return {name: record[name] for name in _FIELDS}


def standing(record: dict[str, Any], kb: KnowledgeBase, line: float) -> answers.KnowledgeBaseStatus:
    """A knowledge base with its counts, progress and time left.

    Args:
        line: fields with less confidence are to be looked at.
    """
    return answers.KnowledgeBaseStatus(
        **_record(record), **status.counts(kb), review=answers.ReviewCounts(**review.counts(kb, line))
    )


async def create(request: Request) -> Response:
    """POST /knowledge-bases."""
    new = await body(request, inputs.NewKnowledgeBase)
    parts = state(request)
    defaults = parts.settings.ocr
    record = await in_writing_thread(
        parts.storage.create_knowledge_base,
        new.name,
        list(new.languages or defaults.languages),
        new.engine or defaults.engine,
        new.schema_ or DEFAULT_SCHEMA,
        new.retention_days,
    )
    return answer(answers.KnowledgeBaseRecord(**_record(record)), 201)


async def listing(request: Request) -> Response:
    """GET /knowledge-bases."""
    wanted = query(request, inputs.ListQuery)
    records = await in_thread(state(request).records, key_of(request))
    later = [record for record in records if wanted.cursor is None or record["id"] > wanted.cursor]
    items = [answers.KnowledgeBaseRecord(**_record(record)) for record in later[: wanted.limit]]
    cursor = items[-1].id if len(later) > wanted.limit else None
    return answer(answers.KnowledgeBaseList(items=items, next_cursor=cursor))


async def show(request: Request) -> Response:
    """GET /knowledge-bases/{kb}."""
    return answer(await in_thread(_show, state(request), request))


def _show(parts: State, request: Request) -> answers.KnowledgeBaseStatus:
    record, kb = parts.knowledge_base(request)
    return standing(record, kb, parts.settings.extract.review_confidence)


async def batch(request: Request) -> Response:
    """GET /knowledge-bases/{kb}/batches/{batch}."""
    return answer(await in_thread(_batch, state(request), request))


def _batch(parts: State, request: Request) -> answers.BatchStatus:
    _, kb = parts.knowledge_base(request)
    id_ = request.path_params["batch"]
    return answers.BatchStatus(id=id_, **status.counts(kb, id_))


async def change(request: Request) -> Response:
    """PATCH /knowledge-bases/{kb}."""
    wanted = await body(request, inputs.KnowledgeBaseChange)
    return answer(await in_writing_thread(_change, state(request), request, wanted))


def _change(parts: State, request: Request, wanted: inputs.KnowledgeBaseChange) -> answers.KnowledgeBaseRecord:
    record, _ = parts.knowledge_base(request)
    given = wanted.model_dump(exclude_unset=True, by_alias=True)
    values = {name: value for name, value in given.items() if value is not None or name == "retention_days"}
    if values:
        parts.storage.change_knowledge_base(record["id"], **values)
    return answers.KnowledgeBaseRecord(**_record(parts.storage.knowledge_base(record["id"])))


async def delete(request: Request) -> Response:
    """DELETE /knowledge-bases/{kb}."""
    await in_writing_thread(_delete, state(request), request)
    return Response(status_code=204)


def _delete(parts: State, request: Request) -> None:
    record, kb = parts.knowledge_base(request)
    parts.storage.delete_knowledge_base(record["id"])
    try:
        documents.cancel_all(kb)
    except (Missing, ServiceUnavailable) as error:  # it is deleted all the same, and the sweep stops its runs too
        _LOG.warning("runs of a deleted knowledge base not stopped", kb=kb.id, why=str(error))
