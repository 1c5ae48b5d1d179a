"""Search in a knowledge base."""

from __future__ import annotations

import time

from starlette.requests import Request
from starlette.responses import Response

from pipeline import metrics
from pipeline.errors import PermanentError
from storage import chunks, documents, search
from storage.catalog import KnowledgeBase
from storage.vectors import Vectors
from web import answers, inputs
from web.endpoints.documents import filters
from web.state import State, answer, query, state
from web.threads import in_thread


async def find(request: Request) -> Response:
    """GET .../search."""
    wanted = query(request, inputs.SearchQuery)
    return answer(await in_thread(_find, state(request), request, wanted))


def _find(parts: State, request: Request, wanted: inputs.SearchQuery) -> answers.SearchAnswer:
    began = time.perf_counter()
    record, kb = parts.knowledge_base(request)
    chosen = filters(record, wanted.filter)
    vector, problem = (None, "") if wanted.mode == "keyword" else _vector(parts, kb, wanted.q)
    results = search.search(
        kb, wanted.q, vector=vector, mode=wanted.mode, limit=wanted.limit, rules=parts.settings.search, problem=problem,
        filters=chosen,
    )  # fmt: skip
    hits = [
        answers.SearchHit.model_validate(
            {
                "document": hit.document, "filename": hit.filename, "pages": hit.pages, "text": hit.text,
                "highlights": hit.highlights, "score": hit.score, "boxes": hit.boxes, "fields": hit.fields,
            }
        )
        for hit in results.hits
    ]  # fmt: skip
    seconds = time.perf_counter() - began
    metrics.SEARCH_SECONDS.labels(wanted.mode, "yes" if results.degraded else "no").observe(seconds)
    return answers.SearchAnswer(
        hits=hits, took_ms=round(seconds * 1000, 2), degraded="; ".join(results.degraded) or None
    )


def _vector(parts: State, kb: KnowledgeBase, query: str) -> tuple[Vectors | None, str]:
    """The query's vector, or None and why: words are searched all the same."""
    identity = parts.model.identity()
    if identity is None:
        return None, f"the embedding model is {parts.model.problem}"
    try:
        chunks.check_model(kb, identity)
    except PermanentError as error:
        return None, error.message
    return parts.model.vector(query, across_languages=documents.holds_several_languages(kb)), ""
