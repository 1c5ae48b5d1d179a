"""The API's description (OpenAPI 3.1), made from the route table and the pydantic models that check requests.

An `Operation` is a line of the table in `web/app.py`: it makes the route and its description, so that the two cannot
differ. Names, types and limits come from the models, sentences from the docstrings of models and endpoints, links from
the names of path parameters.
"""

from __future__ import annotations

import inspect
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from http import HTTPStatus
from importlib.metadata import version
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, models_json_schema
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pipeline import stages
from pipeline.errors import CODES, PermanentError
from storage.keys import Key, Scope
from web import answers, inputs
from web.access import COOKIE
from web.errors import STATUS
from web.measure import OPERATION
from web.threads import in_thread

_REF = "#/components/schemas/{model}"
_PARAMETER = re.compile(r"\{(\w+)(?::(\w+))?\}")
_ID = {"type": "string", "pattern": "^[0-9a-f]{32}$"}
_PATH_PARAMETERS: dict[str, tuple[str, dict[str, Any]]] = {
    "kb": ("Name or id of the knowledge base.", {"type": "string", "pattern": "^[^/]+$"}),
    "document": ("Id of the document.", _ID),
    "batch": ("Id of the upload.", _ID),
    "stage": ("Name of the stage.", {"type": "string", "enum": list(stages.NAMES)}),
    "key": ("Id of the key.", _ID),
    "correction": ("Id of the correction.", _ID),
    "page": ("Page number, from 1.", {"type": "integer", "minimum": 1, "maximum": 999_999_999}),
}
_RETRY_AFTER = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}}}
_PASSING = {"unavailable", "too_many_failures", "too_many_waiting"}
_ATTACHMENT = {"Content-Disposition": {"description": "A file, with its name.", "schema": {"type": "string"}}}
_INFO = (
    "Uploads are answered at once with an id; the work goes on behind. Follow it by asking for a document's status"
    " (`wait` and `since` make that a long poll), or over the WebSocket"
    " `/api/v1/knowledge-bases/{kb}/events?since=VERSION`, which sends a JSON message for every change."
)
# Where keys are needed at all: not on the server's own machine, unless its settings say so.
_SECURITY_SCHEMES = {
    "key": {"type": "http", "scheme": "bearer", "description": "`pagemill keys add` makes keys."},
    "session": {"type": "apiKey", "in": "cookie", "name": COOKIE, "description": "Set by `POST /api/v1/session`."},
}
Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one address.

    Attributes:
        query, body, form: models of what it takes; `form` is of an upload.
        bodiless: its body may be left out.
        answer: the model of its answer, a media type of one that is not JSON, or None for an empty one.
        status: of success.
        also: another status that comes with the same answer.
        attachment: its answer is a file to save.
        errors: codes it may answer with, beside those that follow from the rest.
        scope: what a key must allow; "open": no key is needed. Else `read` for GET, `write` for all others.
        of_all: its answer tells of all knowledge bases alike. Others tell of those alone that the key is for.
        holds: path parameters of other operations, and where in the answer their values stand (JSON pointers).
    """

    method: str
    path: str
    endpoint: Endpoint
    answer: type[BaseModel] | str | None
    status: int = 200
    query: type[inputs.Request] | None = None
    body: type[BaseModel] | None = None
    bodiless: bool = False
    form: type[BaseModel] | None = None
    also: int | None = None
    attachment: bool = False
    errors: Sequence[str] = ()
    scope: Scope | Literal["open"] | None = None
    of_all: bool = False
    holds: Mapping[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """Its name in the description."""
        return f"{self.endpoint.__module__.rpartition('.')[2]}_{self.endpoint.__name__}"

    @property
    def path_parameters(self) -> list[str]:
        """Names of what its address holds."""
        return [name for name, _ in _PARAMETER.findall(self.path)]

    @property
    def needs(self) -> Scope | Literal["open"]:
        """The scope that a key must have."""
        return self.scope or ("read" if self.method == "GET" else "write")

    @property
    def concerns_all(self) -> bool:
        """Whether it tells or changes what is of all knowledge bases: not for a key that is limited to some."""
        return self.of_all or (self.needs == "admin" and "kb" not in self.path_parameters)

    def admit(self, key: Key | None) -> None:
        """Refuse a key that does not allow this.

        Raises:
            PermanentError: `forbidden`.
        """
        if self.needs == "open":
            return
        assert key is not None, "the guard lets nobody else pass"
        if not key.allows(self.needs):
            raise PermanentError("forbidden", f"This key has the scope {key.scope}; {self.needs} is needed here.")
        if self.concerns_all and key.knowledge_bases is not None:
            raise PermanentError("forbidden", "This key is for some knowledge bases alone, and this concerns all.")

    def under(self, prefix: str) -> Operation:
        """The same under a mount."""
        return replace(self, path=prefix + self.path)

    def check(self, request: Request) -> None:
        """Refuse what would else pass unseen.

        A name given twice: one value alone would count. A body that says it is something else than JSON: pages of other
        sites can send such bodies without asking.

        Raises:
            PermanentError: `bad_request`.
        """
        if self.body is not None and not (self.bodiless and _empty(request)):
            media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
            if media != "application/json":
                raise PermanentError("bad_request", "Send the body as application/json.")
        if self.query is not None:
            given = Counter(name for name, _ in request.query_params.multi_items())
            for name, times in given.items():
                if times > 1 and name not in self.query.repeated:
                    raise PermanentError("bad_request", f"{name}: given {times} times; give it once.")


def _empty(request: Request) -> bool:
    return "transfer-encoding" not in request.headers and request.headers.get("content-length", "0") == "0"


def routes(operations: Iterable[Operation]) -> list[Route]:
    """A route an address, for all its methods: the answer to another method names them all."""
    by_path: dict[str, dict[str, Operation]] = {}
    for operation in operations:
        by_path.setdefault(operation.path, {})[operation.method] = operation
    return [Route(path, _endpoint(held), methods=list(held)) for path, held in by_path.items()]


def _endpoint(held: dict[str, Operation]) -> Endpoint:
    async def serve(request: Request) -> Response:
        operation = held["GET" if request.method == "HEAD" else request.method]
        request.scope[OPERATION] = operation.id
        operation.admit(request.state.key)
        operation.check(request)
        return await operation.endpoint(request)

    return serve


def describe(operations: Iterable[Operation]) -> dict[str, Any]:
    """The whole description."""
    operations = list(operations)
    wanted: list[tuple[type[BaseModel], JsonSchemaMode]] = [(answers.ErrorAnswer, "serialization")]
    for operation in operations:
        if operation.body is not None:
            wanted.append((operation.body, "validation"))
        if isinstance(operation.answer, type):
            wanted.append((operation.answer, "serialization"))
    _, schemas = models_json_schema(
        list(dict.fromkeys(wanted)), ref_template=_REF, schema_generator=GenerateJsonSchema, by_alias=True
    )
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        path = _PARAMETER.sub(r"{\1}", operation.path)
        paths.setdefault(path, {})[operation.method.lower()] = _operation(operation, operations)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Pagemill", "version": version("pagemill"), "description": _INFO,
            "license": {"name": "AGPL-3.0-or-later", "identifier": "AGPL-3.0-or-later"},
        },
        "paths": paths,
        "components": {"schemas": schemas["$defs"], "securitySchemes": _SECURITY_SCHEMES},
    }  # fmt: skip


def serve(operations: Sequence[Operation]) -> Endpoint:
    """The endpoint of /openapi.json; the description is made when somebody first asks for it, and kept."""
    described = cache(lambda: describe(operations))

    async def openapi(_: Request) -> Response:
        """GET /openapi.json: this description."""
        return JSONResponse(await in_thread(described))

    return openapi


def _operation(operation: Operation, others: Sequence[Operation]) -> dict[str, Any]:
    words = inspect.getdoc(operation.endpoint) or ""
    address, _, rest = words.partition(":")
    described: dict[str, Any] = {
        "operationId": operation.id,
        "summary": (rest or address).strip().partition("\n")[0].rstrip("."),
        "parameters": [*_path_parameters(operation), *_query_parameters(operation.query)],
        "responses": _responses(operation, others),
        # The last: nothing, as on the server's own machine no key is needed.
        "security": [] if operation.needs == "open" else [{"key": []}, {"session": []}, {}],
    }
    if operation.body is not None:
        content = _content("application/json", _reference(operation.body))
        described["requestBody"] = {**content, "required": not operation.bodiless}
    if operation.form is not None:
        form = operation.form.model_json_schema(by_alias=True)
        described["requestBody"] = {**_content("multipart/form-data", form), "required": True}
    return described


def _path_parameters(operation: Operation) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "description": words, "schema": schema}
        for name in operation.path_parameters
        for words, schema in [_PATH_PARAMETERS[name]]
    ]


def _query_parameters(model: type[BaseModel] | None) -> list[dict[str, Any]]:
    if model is None:
        return []
    schema = model.model_json_schema(by_alias=True)
    required = schema.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in required, "schema": _without_null(shape)}
        for name, shape in schema["properties"].items()
    ]


def _without_null(shape: dict[str, Any]) -> dict[str, Any]:
    """A query has no null: a parameter is there or not."""
    if "anyOf" not in shape:
        return shape
    (choice,) = (choice for choice in shape["anyOf"] if choice != {"type": "null"})
    kept = {name: value for name, value in shape.items() if name not in ("anyOf", "default")}
    return {**kept, **choice}


def _responses(operation: Operation, others: Sequence[Operation]) -> dict[str, Any]:
    success: dict[str, Any] = {"description": HTTPStatus(operation.status).phrase}
    if isinstance(operation.answer, str):  # bytes have no schema
        success |= _content(operation.answer, {"type": "string"} if operation.answer.startswith("text/") else {})
    elif operation.answer is not None:
        success |= _content("application/json", _reference(operation.answer))
    if operation.attachment:
        success["headers"] = _ATTACHMENT
    if links := _links(operation, others):
        success["links"] = links
    responses = {str(operation.status): success}
    codes: dict[int, list[str]] = {}
    takes = operation.query or operation.body or operation.form
    keyed = () if operation.needs == "open" else ("unauthorized", "too_many_failures")
    for code in (*(["bad_request"] if takes else []), *operation.errors, *keyed, "forbidden", "unavailable"):
        codes.setdefault(STATUS[code], []).append(code)
    for status, held in sorted(codes.items()):
        words = " ".join(f"`{code}`: {CODES[code]}" for code in held)
        headers = {"headers": _RETRY_AFTER} if _PASSING & set(held) else {}
        error = _content("application/json", _reference(answers.ErrorAnswer))
        responses[str(status)] = {"description": words, **headers, **error}
    if operation.also is not None:
        responses[str(operation.also)] = {**success, "description": HTTPStatus(operation.also).phrase}
    return responses


def _links(operation: Operation, others: Sequence[Operation]) -> dict[str, Any]:
    """What can be done with what the answer holds: operations whose address is known with it."""
    known = {name: f"$request.path.{name}" for name in operation.path_parameters}
    known |= {name: f"$response.body#{pointer}" for name, pointer in operation.holds.items()}
    return {
        other.id: {"operationId": other.id, "parameters": {name: known[name] for name in other.path_parameters}}
        for other in others
        if operation.holds.keys() & set(other.path_parameters) and known.keys() >= set(other.path_parameters)
    }


def _content(media: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"content": {media: {"schema": schema} if schema else {}}}


def _reference(model: type[BaseModel]) -> dict[str, Any]:
    return {"$ref": _REF.format(model=model.__name__)}
