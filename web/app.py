"""The table of contents of the web: every address, and what serves it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.routing import Mount, Route

from pipeline.settings import Settings
from web import errors
from web.endpoints import documents, health, knowledge_bases, search
from web.state import State, in_thread

_KB = "/knowledge-bases/{kb}"
_DOCUMENT = _KB + "/documents/{document}"

API = [
    Route("/knowledge-bases", knowledge_bases.create, methods=["POST"]),
    Route("/knowledge-bases", knowledge_bases.listing),
    Route(_KB, knowledge_bases.show),
    Route(_KB, knowledge_bases.change, methods=["PATCH"]),
    Route(_KB, knowledge_bases.delete, methods=["DELETE"]),
    Route(_KB + "/search", search.find),
    Route(_KB + "/documents", documents.add, methods=["POST"]),
    Route(_KB + "/documents", documents.listing),
    Route(_DOCUMENT, documents.show),
    Route(_DOCUMENT, documents.delete, methods=["DELETE"]),
    Route(_DOCUMENT + "/markdown", documents.markdown),
    Route(_DOCUMENT + "/json", documents.json),
    Route(_DOCUMENT + "/original", documents.original),
    Route(_DOCUMENT + "/pages", documents.page_list),
    Route(_DOCUMENT + "/pages/{page:int}", documents.page),
    Route(_DOCUMENT + "/retry", documents.retry, methods=["POST"]),
    Route(_DOCUMENT + "/cancel", documents.cancel, methods=["POST"]),
    Route("/pipeline", health.pipeline),
]
ROUTES = [
    Mount("/api/v1", routes=API),
    Route("/healthz", health.healthz),
    Route("/readyz", health.readyz),
]


def create_app(settings: Settings) -> Starlette:
    """The application; databases are prepared and the query model begins to load when it starts."""

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        parts = State(settings)
        await in_thread(parts.storage.prepare)
        parts.model.load()
        app.state.parts = parts
        yield
        parts.model.close()

    return Starlette(routes=ROUTES, exception_handlers=errors.HANDLERS, lifespan=lifespan)
