"""The table of contents of the web: every address, and what serves it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.types import ASGIApp

from pipeline.settings import Settings
from storage import cleanup
from storage.catalog import Storage
from web import answers, errors, inputs, openapi, pipeline_answers, review_answers, search_answers
from web.endpoints import (
    corrections,
    documents,
    events,
    exports,
    health,
    keys,
    knowledge_bases,
    page,
    pipeline,
    results,
    review,
    search,
    session,
)
from web.measure import Measure
from web.middleware.guard import Guard
from web.middleware.headers import SecurityHeaders
from web.middleware.size import BodyLimit
from web.openapi import Operation
from web.state import State
from web.threads import in_thread

_TIDY_EVERY_S = 60.0
_KB = "/knowledge-bases/{kb}"
_DOCUMENT = _KB + "/documents/{document:id}"
_STAGE = "/pipeline/{stage}"
_FOUND = ("not_found",)
_RESULT = ("not_found", "not_ready")
_CHANGE = ("not_found", "conflict")
_DRAWN = (
    "not_found",
    "not_ready",
    "encrypted",
    "page_damaged",
    "page_too_large",
    "page_timeout",
    "page_crashed",
    "page_memory",
)

API = [
    Operation("POST", "/knowledge-bases", knowledge_bases.create, answers.KnowledgeBaseRecord, 201,
              body=inputs.NewKnowledgeBase, errors=["name_taken"], scope="admin", holds={"kb": "/id"}),
    Operation("GET", "/knowledge-bases", knowledge_bases.listing, answers.KnowledgeBaseList, query=inputs.ListQuery),
    Operation("GET", _KB, knowledge_bases.show, answers.KnowledgeBaseStatus, errors=_FOUND),
    Operation("PATCH", _KB, knowledge_bases.change, answers.KnowledgeBaseRecord,
              body=inputs.KnowledgeBaseChange, errors=["not_found", "name_taken"], scope="admin"),
    Operation("DELETE", _KB, knowledge_bases.delete, None, 204, errors=_FOUND, scope="admin"),
    Operation("GET", _KB + "/search", search.find, search_answers.SearchAnswer, query=inputs.SearchQuery,
              errors=_FOUND),
    Operation("GET", "/search", search.find_in_several, search_answers.SearchAnswer, query=inputs.SearchAllQuery,
              errors=_FOUND),
    Operation("GET", _KB + "/fields", exports.fields_table, search_answers.FieldTable, query=inputs.FieldsQuery,
              errors=_FOUND),
    Operation("GET", _KB + "/fields.csv", exports.fields_csv, "text/csv", query=inputs.TableQuery, errors=_FOUND,
              attachment=True),
    Operation("GET", _KB + "/review", review.listing, review_answers.ReviewList, query=inputs.ReviewQuery,
              errors=_FOUND),
    Operation("GET", _KB + "/batches/{batch:id}", knowledge_bases.batch, answers.BatchStatus, errors=_FOUND),
    Operation("POST", _KB + "/documents", documents.add, answers.UploadAnswer, 202,
              form=inputs.UploadForm, errors=["not_found", "too_large", "upload_cut", "too_many_waiting"],
              holds={"batch": "/batch", "document": "/documents/0/id"}),
    Operation("POST", _KB + "/reprocess", documents.reprocess_all, pipeline_answers.RunsOpened, 202,
              query=inputs.ReprocessAllQuery, errors=_FOUND),
    Operation("GET", _KB + "/documents", documents.listing, answers.DocumentList,
              query=inputs.DocumentQuery, errors=_FOUND),
    Operation("GET", _DOCUMENT, documents.show, answers.DocumentStatus, query=inputs.WaitQuery, errors=_FOUND),
    Operation("DELETE", _DOCUMENT, documents.delete, None, 204, errors=_FOUND),
    Operation("POST", _DOCUMENT + "/retry", documents.retry, answers.DocumentStatus, 202,
              body=inputs.Unlock, bodiless=True, errors=_CHANGE),
    Operation("POST", _DOCUMENT + "/reprocess", documents.reprocess_one, answers.DocumentStatus, 202,
              query=inputs.ReprocessQuery, body=inputs.Unlock, bodiless=True, errors=_CHANGE),
    Operation("POST", _DOCUMENT + "/cancel", documents.cancel, answers.DocumentStatus, 202, errors=_CHANGE),
    Operation("GET", _DOCUMENT + "/markdown", results.markdown, "text/markdown", errors=_RESULT),
    Operation("GET", _DOCUMENT + "/json", results.json, answers.DocumentJson, errors=_RESULT),
    Operation("GET", _DOCUMENT + "/original", results.original, "*/*", errors=_FOUND, attachment=True),
    Operation("GET", _DOCUMENT + "/searchable.pdf", results.searchable, "application/pdf", errors=_DRAWN,
              attachment=True),
    Operation("GET", _DOCUMENT + "/pages", results.page_list, answers.PageList, errors=_FOUND),
    Operation("GET", _DOCUMENT + "/pages/{page:page}", results.page, answers.PageReading, errors=_FOUND),
    Operation("GET", _DOCUMENT + "/pages/{page:page}/image", results.page_image, "image/jpeg",
              query=inputs.ImageQuery, errors=_DRAWN),
    Operation("POST", _DOCUMENT + "/corrections", corrections.add, answers.DocumentStatus, 202,
              body=inputs.Corrections, errors=_CHANGE),
    Operation("GET", _DOCUMENT + "/corrections", corrections.listing, review_answers.CorrectionList,
              query=inputs.ListQuery, errors=_FOUND),
    Operation("DELETE", _DOCUMENT + "/corrections/{correction:id}", corrections.take_back, answers.DocumentStatus, 202,
              errors=_CHANGE),
    Operation("GET", "/pipeline", pipeline.show, pipeline_answers.PipelineStatus),
    Operation("POST", _STAGE + "/pause", pipeline.pause, pipeline_answers.StagePause, errors=_FOUND, scope="admin"),
    Operation("POST", _STAGE + "/resume", pipeline.resume, pipeline_answers.StagePause, errors=_FOUND, scope="admin"),
    Operation("GET", _STAGE + "/failed", pipeline.failed, pipeline_answers.FailureList,
              query=inputs.FailureQuery, errors=_FOUND),
    Operation("POST", _STAGE + "/failed/retry", pipeline.retry, pipeline_answers.RunsOpened, 202,
              query=inputs.FailureChoice, errors=_FOUND),
    Operation("POST", _STAGE + "/failed/discard", pipeline.discard, pipeline_answers.UnitsDiscarded,
              query=inputs.FailureChoice, errors=_FOUND),
    Operation("GET", "/about", health.about, answers.About),
    Operation("POST", "/session", session.sign_in, answers.SessionInfo, body=inputs.SignIn,
              errors=["unauthorized", "too_many_failures"], scope="open"),
    Operation("GET", "/session", session.show, answers.SessionInfo),
    Operation("DELETE", "/session", session.sign_out, None, 204, scope="read"),
    Operation("GET", "/keys", keys.listing, answers.KeyList, query=inputs.ListQuery, scope="admin"),
    Operation("POST", "/keys", keys.create, answers.NewKeyRecord, 201, body=inputs.NewKey, errors=_FOUND,
              scope="admin", holds={"key": "/id"}),
    Operation("DELETE", "/keys/{key:id}", keys.revoke, None, 204, errors=_FOUND, scope="admin"),
]  # fmt: skip
HEALTH = [
    Operation("GET", "/healthz", health.healthz, answers.Health, scope="open"),
    Operation("GET", "/readyz", health.readyz, answers.Readiness, also=503),
    Operation("GET", "/metrics", health.metrics, "text/plain", of_all=True),
]
OPERATIONS = [*(operation.under("/api/v1") for operation in API), *HEALTH]
# Beside what the table says: the page, which then asks for a key, and what it is made of, which is no secret.
OPEN = {(one.method, one.path) for one in OPERATIONS if one.needs == "open"} | {("GET", "/"), ("GET", "/static/")}
ROUTES = [
    Mount("/api/v1", routes=[*openapi.routes(API), WebSocketRoute(_KB + "/events", events.events)]),
    *openapi.routes(HEALTH),
    Route("/openapi.json", openapi.serve(OPERATIONS)),
    *page.ROUTES,
]


class App(Starlette):
    """Starlette, with headers also on answers that Starlette gives outside of all middleware (500)."""

    def build_middleware_stack(self) -> ASGIApp:
        """As Starlette does, and the headers around it."""
        return SecurityHeaders(super().build_middleware_stack())


async def _tidy(storage: Storage) -> None:
    """Where files lie elsewhere, let nothing of deleted documents stay on this host: no sweep may run on it."""
    while storage.file_store.listing is not None:
        await asyncio.sleep(_TIDY_EVERY_S)
        await in_thread(cleanup.tidy_host, storage)


def create_app(settings: Settings) -> Starlette:
    """The application; databases are prepared and the query model begins to load when it starts."""

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        parts = State(settings)
        await in_thread(Storage(settings).prepare)  # not with the patience of a request
        parts.model.load()
        parts.reranking.load()
        app.state.parts = parts
        tidying = asyncio.create_task(_tidy(parts.storage))
        yield
        tidying.cancel()
        parts.close()

    middleware = [
        Middleware(Measure),
        Middleware(Guard, open_to_all=frozenset(OPEN)),
        Middleware(BodyLimit, max_mb=settings.web.max_request_mb),
    ]
    return App(routes=ROUTES, middleware=middleware, exception_handlers=errors.HANDLERS, lifespan=lifespan)
