"""Search in a knowledge base."""

from __future__ import annotations

import time

from starlette.requests import Request
from starlette.responses import Response

from storage import documents, search
from web import models
from web.state import State, answer, in_thread, query, state


async def find(request: Request) -> Response:
    """GET .../search."""
    wanted = query(request, models.SearchQuery)
    return answer(await in_thread(_find, state(request), request, wanted))


def _find(parts: State, request: Request, wanted: models.SearchQuery) -> models.SearchAnswer:
    began = time.perf_counter()
    _, kb = parts.knowledge_base(request)
    vector = None
    if wanted.mode != "keyword":
        vector = parts.model.vector(wanted.q, across_languages=documents.holds_several_languages(kb))
    results = search.search(
        kb, wanted.q, vector=vector, mode=wanted.mode, limit=wanted.limit, rules=parts.settings.search
    )
    hits = [
        models.SearchHit(
            document=hit.document, filename=hit.filename, pages=hit.pages, text=hit.text, highlights=hit.highlights,
            score=hit.score, boxes=[models.HitBox(**box) for box in hit.boxes], fields={},
        )
        for hit in results.hits
    ]  # fmt: skip
    took_ms = round((time.perf_counter() - began) * 1000, 2)
    return models.SearchAnswer(hits=hits, took_ms=took_ms, degraded="; ".join(results.degraded) or None)
