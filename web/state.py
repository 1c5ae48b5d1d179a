"""What the handlers share: settings, storage, queue and the model for queries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from actors import dispatch
from actors.dispatch import Queue
from pipeline import log
from pipeline.errors import ServiceUnavailable
from pipeline.settings import Settings
from storage.catalog import KnowledgeBase, Storage
from web.query_model import QueryModel

_LOG = log.get("web")
Model = TypeVar("Model", bound=BaseModel)
Result = TypeVar("Result")


class State:
    """One web process's parts."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.storage = Storage(settings)
        self.queue = Queue(settings.queue)
        self.model = QueryModel(settings)

    def knowledge_base(self, request: Request) -> tuple[dict[str, Any], KnowledgeBase]:
        """The catalogue's record and a handle of the knowledge base that the path names, by name or id.

        Raises:
            PermanentError: `not_found`.
        """
        record = self.storage.knowledge_base(request.path_params["kb"])
        return record, self.storage.open(record["id"])

    def send(self) -> None:
        """Invite render workers now. If the queue server is out of reach, the sweep will."""
        try:
            dispatch.top_up(self.storage, self.queue, ["render", "extract"])
        except ServiceUnavailable as error:
            _LOG.warning("not sent", why=str(error))


def state(request: Request) -> State:
    """The state of the app that serves the request."""
    found: State = request.app.state.parts
    return found


async def in_thread(function: Callable[..., Result], *args: Any, **kwargs: Any) -> Result:
    """Run what touches the database or the disk beside the event loop."""
    return await run_in_threadpool(function, *args, **kwargs)


async def body(request: Request, model: type[Model]) -> Model:
    """The request's JSON body, checked.

    Raises:
        ValidationError: it is not of the model's form.
    """
    return model.model_validate_json(await request.body())


def query(request: Request, model: type[Model]) -> Model:
    """The request's query, checked.

    Raises:
        ValidationError: it is not of the model's form.
    """
    return model.model_validate(dict(request.query_params))


def answer(model: BaseModel, status: int = 200, **kwargs: Any) -> Response:
    """A JSON answer."""
    return Response(model.model_dump_json(), status_code=status, media_type="application/json", **kwargs)
