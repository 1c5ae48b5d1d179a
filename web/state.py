"""What the handlers share: settings, storage, queue and the model for queries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import BaseModel
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from actors import dispatch
from actors.dispatch import Queue
from pipeline import log
from pipeline.errors import PermanentError, ServiceUnavailable
from pipeline.settings import Settings
from storage.catalog import KnowledgeBase, Storage, not_found
from storage.keys import Key
from web import inputs
from web.access import Access
from web.cache import Cache
from web.figures import Figures
from web.previews import Previews
from web.query_model import QueryModel
from web.reranking import Reranking
from web.searchable import SearchablePdfs
from web.watch import Watch

_LOG = log.get("web")
_BODY_BYTES = 1_000_000
Model = TypeVar("Model", bound=BaseModel)
Query = TypeVar("Query", bound=inputs.Request)


class State:
    """One web process's parts."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.storage = Storage(settings, busy_timeout_s=settings.web.busy_timeout_s)
        self.access = Access(self.storage.catalog, settings.web)
        self.queue = Queue(settings.queue)
        self.model = QueryModel(settings)
        self.reranking = Reranking(settings)
        self.figures = Figures(self.storage, self.model)
        self.watch = Watch(self.storage)
        cache = Cache(settings)
        self.previews = Previews(settings, cache)
        self.searchable = SearchablePdfs(settings, cache)

    def close(self) -> None:
        """Send waiting requests home, end children and the models' threads."""
        self.watch.close()
        self.previews.close()
        self.searchable.close()
        self.model.close()
        self.reranking.close()

    def knowledge_base(self, request: HTTPConnection) -> tuple[dict[str, Any], KnowledgeBase]:
        """The catalogue's record and a handle of the knowledge base that the path names, by name or id.

        Raises:
            PermanentError: `not_found`: there is none, or none that the key is for.
        """
        record = self.record(key_of(request), request.path_params["kb"])
        return record, self.storage.open(record["id"])

    def record(self, key: Key, name_or_id: str) -> dict[str, Any]:
        """The catalogue's record of a knowledge base.

        Raises:
            PermanentError: `not_found`: there is none, or none that the key is for.
        """
        record = self.storage.knowledge_base(name_or_id)
        if not key.covers(record["id"]):
            raise not_found(name_or_id)
        return record

    def records(self, key: Key) -> list[dict[str, Any]]:
        """The records of all that the key is for, oldest first."""
        return [record for record in self.storage.knowledge_bases() if key.covers(record["id"])]

    def send(self, names: Sequence[str] = ("render", "extract")) -> None:
        """Invite workers of stages, usually those that a run may begin with. If the queue is gone, the sweep will."""
        try:
            dispatch.top_up(self.storage, self.queue, names)
        except ServiceUnavailable as error:
            _LOG.warning("not sent", why=str(error))


def state(request: HTTPConnection) -> State:
    """The state of the app that serves the request."""
    found: State = request.app.state.parts
    return found


def key_of(request: HTTPConnection) -> Key:
    """The key with which somebody asks; the guard has put it there."""
    found: Key = request.state.key
    return found


async def body(
    request: Request, model: type[Model], *, bodiless: bool = False, limit_bytes: int = _BODY_BYTES
) -> Model:
    """The request's JSON body, checked.

    Args:
        bodiless: an empty body is that of an empty object.
        limit_bytes: a longer one is refused before more of it is kept.

    Raises:
        PermanentError: `bad_request`: it is far larger than any such body.
        ValidationError: it is not of the model's form.
    """
    received = bytearray()
    async for piece in request.stream():
        if len(received) + len(piece) > limit_bytes:
            raise PermanentError("bad_request", f"The body is larger than {limit_bytes:,} bytes.")
        received += piece
    return model.model_validate_json(bytes(received) or (b"{}" if bodiless else b""))


def query(request: HTTPConnection, model: type[Query]) -> Query:
    """The request's query, checked.

    Raises:
        ValidationError: it is not of the model's form.
    """
    given = request.query_params
    return model.model_validate(
        {name: given.getlist(name) if name in model.repeated else given[name] for name in given}
    )


def answer(model: BaseModel, status: int = 200, **kwargs: Any) -> Response:
    """A JSON answer."""
    return Response(model.model_dump_json(by_alias=True), status_code=status, media_type="application/json", **kwargs)
