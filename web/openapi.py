"""The API's description (OpenAPI 3.1), made from the route table and the pydantic models that check requests.

An `Operation` is a line of the table in `web/app.py`: it makes the route and its description, so that the two cannot
differ. Names, types and limits come from the models, sentences from the docstrings of models and endpoints.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, models_json_schema
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pipeline.errors import CODES
from web import models
from web.errors import STATUS

_REF = "#/components/schemas/{model}"
_PARAMETER = re.compile(r"\{(\w+)(?::(\w+))?\}")
_PATH_PARAMETERS = {
    "kb": "Name or id of the knowledge base.", "document": "Id of the document.", "batch": "Id of the upload.",
    "page": "Page number, from 1.",
}  # fmt: skip
_INFO = (
    "Uploads are answered at once with an id; the work goes on behind. Follow it by asking for a document's status"
    " (`wait` and `since` make that a long poll), or over the WebSocket"
    " `/api/v1/knowledge-bases/{kb}/events?since=VERSION`, which sends a JSON message for every change."
)
Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one address.

    Attributes:
        query, body, form: models of what it takes; `form` is of the fields beside the files of an upload.
        answer: the model of its answer, a media type of one that is not JSON, or None for an empty one.
        status: of success.
        errors: codes it may answer with, beside those that every operation may.
    """

    method: str
    path: str
    endpoint: Endpoint
    answer: type[BaseModel] | str | None
    status: int = 200
    query: type[models.Request] | None = None
    body: type[BaseModel] | None = None
    form: type[BaseModel] | None = None
    errors: Sequence[str] = ()

    def under(self, prefix: str) -> Operation:
        """The same under a mount."""
        return replace(self, path=prefix + self.path)

    def route(self) -> Route:
        """The route that serves it."""
        return Route(self.path, self.endpoint, methods=[self.method])


def describe(operations: Iterable[Operation]) -> dict[str, Any]:
    """The whole description."""
    operations = list(operations)
    wanted: list[tuple[type[BaseModel], JsonSchemaMode]] = [(models.ErrorAnswer, "serialization")]
    for operation in operations:
        wanted += [(model, "validation") for model in (operation.body, operation.form) if model is not None]
        if isinstance(operation.answer, type):
            wanted.append((operation.answer, "serialization"))
    _, schemas = models_json_schema(
        list(dict.fromkeys(wanted)), ref_template=_REF, schema_generator=GenerateJsonSchema, by_alias=True
    )
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        path = _PARAMETER.sub(r"{\1}", operation.path)
        paths.setdefault(path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Pagemill", "version": version("pagemill"), "description": _INFO,
            "license": {"name": "AGPL-3.0-or-later", "identifier": "AGPL-3.0-or-later"},
        },
        "paths": paths,
        "components": {"schemas": schemas["$defs"]},
    }  # fmt: skip


def serve(description: dict[str, Any]) -> Endpoint:
    """The endpoint of /openapi.json."""

    async def openapi(_: Request) -> Response:
        """GET /openapi.json: this description."""
        return JSONResponse(description)

    return openapi


def _operation(operation: Operation) -> dict[str, Any]:
    words = inspect.getdoc(operation.endpoint) or ""
    address, _, rest = words.partition(":")
    described: dict[str, Any] = {
        "operationId": f"{operation.endpoint.__module__.rpartition('.')[2]}_{operation.endpoint.__name__}",
        "summary": (rest or address).strip().partition("\n")[0].rstrip("."),
        "parameters": [*_path_parameters(operation.path), *_query_parameters(operation.query)],
        "responses": _responses(operation),
    }
    if operation.body is not None:
        described["requestBody"] = _content("application/json", _reference(operation.body), required=True)
    if operation.form is not None:
        described["requestBody"] = _content("multipart/form-data", _upload(operation.form), required=True)
    return described


def _path_parameters(path: str) -> list[dict[str, Any]]:
    return [
        {
            "name": name, "in": "path", "required": True, "description": _PATH_PARAMETERS[name],
            "schema": {"type": "integer", "minimum": 1} if kind == "int" else {"type": "string", "minLength": 1},
        }
        for name, kind in _PARAMETER.findall(path)
    ]  # fmt: skip


def _query_parameters(model: type[BaseModel] | None) -> list[dict[str, Any]]:
    if model is None:
        return []
    schema = model.model_json_schema(by_alias=True, ref_template=_REF)
    required = schema.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in required, "schema": _without_null(shape)}
        for name, shape in schema["properties"].items()
    ]


def _without_null(shape: dict[str, Any]) -> dict[str, Any]:
    """A query has no null: a parameter is there or not."""
    choices = [choice for choice in shape.get("anyOf", []) if choice != {"type": "null"}]
    if not choices:
        return shape
    kept = {name: value for name, value in shape.items() if name not in ("anyOf", "default")}
    return {**kept, **choices[0]} if len(choices) == 1 else {**kept, "anyOf": choices}


def _upload(form: type[BaseModel]) -> dict[str, Any]:
    fields = form.model_json_schema(by_alias=True, ref_template=_REF)["properties"]
    files = {"type": "array", "items": {"type": "string", "format": "binary"}, "minItems": 1}
    return {"type": "object", "required": ["files"], "properties": {"files": files, **fields}}


def _responses(operation: Operation) -> dict[str, Any]:
    success: dict[str, Any] = {"description": HTTPStatus(operation.status).phrase}
    if isinstance(operation.answer, str):
        success["content"] = {operation.answer: {"schema": {"type": "string"}}}
    elif operation.answer is not None:
        success["content"] = {"application/json": {"schema": _reference(operation.answer)}}
    responses = {str(operation.status): success}
    codes: dict[int, list[str]] = {}
    for code in ("bad_request", "unavailable", *operation.errors):
        codes.setdefault(STATUS.get(code, HTTPStatus.UNPROCESSABLE_ENTITY), []).append(code)
    for status, held in sorted(codes.items()):
        words = " ".join(f"`{code}`: {CODES[code]}" for code in held)
        response = {"description": words, "content": {"application/json": {"schema": _reference(models.ErrorAnswer)}}}
        if str(status) in responses:  # /readyz answers 503 with its own body
            continue
        responses[str(status)] = response
    return responses


def _content(media: str, schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"content": {media: {"schema": schema}}, **more}


def _reference(model: type[BaseModel]) -> dict[str, Any]:
    return {"$ref": _REF.format(model=model.__name__)}
