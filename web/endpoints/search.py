"""Search in a knowledge base, or in several."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from pipeline import metrics
from pipeline.embed.languages import language_of
from pipeline.errors import PermanentError, ServiceUnavailable
from storage import chunks, documents, search
from storage.catalog import KnowledgeBase
from storage.database import Missing
from storage.facets import Facet
from storage.search.counting import count_facets
from web import inputs, search_answers
from web.names import Names, filters_of, names_of
from web.state import State, answer, key_of, query, state
from web.threads import in_searching_thread


async def find(request: Request) -> Response:
    """GET .../search."""
    wanted = query(request, inputs.SearchQuery)
    return answer(await in_searching_thread(_find, state(request), request, wanted))


async def find_in_several(request: Request) -> Response:
    """GET /search: passages of several knowledge bases, ranked together."""
    wanted = query(request, inputs.SearchAllQuery)
    return answer(await in_searching_thread(_find_in_several, state(request), request, wanted))


def _find(parts: State, request: Request, wanted: inputs.SearchQuery) -> search_answers.SearchAnswer:
    record, _ = parts.knowledge_base(request)
    return _answer(parts, [record], wanted)


def _find_in_several(parts: State, request: Request, wanted: inputs.SearchAllQuery) -> search_answers.SearchAnswer:
    records = {record["id"]: record for record in (parts.record(key_of(request), name) for name in wanted.kb)}
    return _answer(parts, list(records.values()), wanted)


def _answer(parts: State, records: Sequence[dict[str, Any]], wanted: inputs.SearchQuery) -> search_answers.SearchAnswer:
    began = time.perf_counter()
    kbs = [parts.storage.open(record["id"]) for record in records]
    names = names_of(list(zip(records, kbs, strict=True)))
    sources = _sources(parts, records, kbs, names, wanted)
    columns = [[one.column(name, "facet") for one in names] for name in dict.fromkeys(wanted.facet)]
    rerank = wanted.rerank == "true" or (wanted.rerank is None and parts.reranking.wanted)
    results = search.search_all(
        sources,
        wanted.q,
        mode=wanted.mode,
        limit=wanted.limit,
        rules=parts.settings.search,
        rerank=parts.reranking.scores if rerank else None,
    )
    counted = count_facets(sources, columns, results.asked, wanted.mode, parts.settings.search) if columns else []
    hits = [
        search_answers.SearchHit.model_validate(
            {
                "knowledge_base": hit.knowledge_base, "document": hit.document, "filename": hit.filename,
                "pages": hit.pages, "text": hit.text, "highlights": hit.highlights, "score": hit.score,
                "boxes": hit.boxes, "fields": hit.fields, "snippet": hit.snippet,
                "snippet_highlights": hit.snippet_highlights, "duplicates": [asdict(copy) for copy in hit.duplicates],
            }
        )
        for hit in results.hits
    ]  # fmt: skip
    seconds = time.perf_counter() - began
    metrics.SEARCH_SECONDS.labels(wanted.mode, "yes" if results.degraded else "no").observe(seconds)
    return search_answers.SearchAnswer(
        hits=hits,
        facets=[_facet(one) for one in counted],
        took_ms=round(seconds * 1000, 2),
        degraded="; ".join(results.degraded) or None,
        notes=results.notes,
    )


def _facet(counted: Facet) -> search_answers.FacetCounts:
    values = [search_answers.FacetValue(**asdict(value)) for value in counted.values]
    return search_answers.FacetCounts(name=counted.name, kind=counted.kind, values=values, more=counted.more)


def _sources(
    parts: State,
    records: Sequence[dict[str, Any]],
    kbs: Sequence[KnowledgeBase],
    names: Sequence[Names],
    wanted: inputs.SearchQuery,
) -> list[search.Source]:
    """The knowledge bases to ask, with one vector for all: their cosines are ranked together."""
    chosen = filters_of(names, wanted.filter)
    identity = None if wanted.mode == "keyword" else parts.model.identity()
    vector = None
    if identity is not None:
        asked = search.parse(wanted.q).meaning
        languages = set().union(*map(_languages, kbs))
        across = bool(languages) and len(languages | ({language_of(asked)} - {None})) > 1
        vector = parts.model.vector(asked, across_languages=across)
    sources = []
    for record, kb, held in zip(records, kbs, chosen, strict=True):
        refused = f"the embedding model is {parts.model.problem}" if identity is None else _refused(kb, identity)
        sources.append(search.Source(kb, None if refused else vector, refused, held, record["name"]))
    return sources


def _languages(kb: KnowledgeBase) -> set[str]:
    with suppress(Missing, ServiceUnavailable):  # the search itself will say so
        return documents.languages_of(kb)
    return set()


def _refused(kb: KnowledgeBase, identity: chunks.ModelIdentity) -> str:
    """Why the model's vectors do not fit the knowledge base's; empty where they do."""
    try:
        chunks.check_model(kb, identity)
    except PermanentError as error:
        return error.message
    except (Missing, ServiceUnavailable) as error:
        return str(error)
    return ""
