"""The client keeps to the API: its types are those of the description, its requests those of the table of addresses."""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import AsyncGenerator
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

import httpx
import pytest

from client import ApiError, AsyncPagemill, Busy, NoServer, NotReady, Pagemill, answers
from client.blocking import _finished
from client.operations.watching import _PAUSES_S
from client.options import Server
from client.requests import Request
from client.transport import _checked
from web.app import API, OPERATIONS
from web.inputs import UploadForm
from web.openapi import Operation, describe

KB, ID = "a kb/of mine", "0" * 32
_OUT = "-Output"  # so the description tells a form of answers from one of requests with the same name
SCHEMAS: dict[str, Any] = {
    name.removesuffix(_OUT): schema for name, schema in describe(OPERATIONS)["components"]["schemas"].items()
}
TYPES = {name: held for name in answers.__all__ if is_typeddict(held := getattr(answers, name))}
# Told over the WebSocket, which OpenAPI does not describe: they hold a document or a knowledge base.
CHANGES = {"DocumentChange", "DocumentDeleted", "KnowledgeBaseChange"}
PART = {"Progress"}  # of others, never an answer of its own
# A browser's business: a cookie in exchange for a key; and what machines ask.
NOT_OFFERED = {"session_sign_in", "session_sign_out"}

_PLAIN = {str: "string", int: "integer", float: "number", bool: "boolean", NoneType: "null"}


def shape_of(held: Any) -> Any:
    """A type in the form that `shape` gives a schema."""
    if held is Any:
        return "any"
    if is_typeddict(held):
        return held.__name__
    if held in _PLAIN:
        return _PLAIN[held]
    origin, inner = get_origin(held), get_args(held)
    if origin is NotRequired:
        return shape_of(inner[0])
    if origin in (Union, UnionType):
        return frozenset().union(*(each if isinstance(each := shape_of(one), frozenset) else {each} for one in inner))
    if origin is Literal:
        return ("one of", *sorted(map(str, inner)))
    if origin is list:
        return ("list", shape_of(inner[0]))
    if origin is tuple:
        return ("tuple", *map(shape_of, inner))
    assert origin is dict, held
    return ("dict", shape_of(inner[1]))


def shape(schema: dict[str, Any]) -> Any:
    """A schema, without its words and limits."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2].removesuffix(_OUT)
        return "any" if name == "JsonValue" else name
    if "anyOf" in schema:
        held = [shape(one) for one in schema["anyOf"]]
        return frozenset().union(*(one if isinstance(one, frozenset) else {one} for one in held))
    if "enum" in schema:
        return ("one of", *sorted(map(str, schema["enum"])))
    if "const" in schema:
        return ("one of", str(schema["const"]))
    match schema.get("type"):
        case None:
            return "any"
        case "array" if "prefixItems" in schema:
            return ("tuple", *map(shape, schema["prefixItems"]))
        case "array":
            return ("list", shape(schema["items"]))
        case "object":
            more = schema["additionalProperties"]
            return ("dict", "any" if more is True else shape(more))
        case plain:
            return plain


@pytest.mark.parametrize("name", sorted(TYPES.keys() - CHANGES - PART))
def test_a_type_is_that_of_the_description(name: str) -> None:
    held, schema = TYPES[name], SCHEMAS[name]
    hints = get_type_hints(held, include_extras=True)
    assert {key: shape_of(hint) for key, hint in hints.items()} == {
        key: shape(value) for key, value in schema["properties"].items()
    }
    assert {key for key, hint in hints.items() if get_origin(hint) is not NotRequired} == set(schema["required"])


def test_no_answer_is_without_a_type() -> None:
    wanted = {operation.answer.__name__ for operation in OPERATIONS if isinstance(operation.answer, type)}
    lists = {name for name in wanted if name.endswith("List") and name not in TYPES}  # read as items alone
    assert wanted - lists - {"Health"} <= TYPES.keys()
    items = {SCHEMAS[name]["properties"]["items"]["items"]["$ref"].rpartition("/")[2] for name in lists}
    assert items <= TYPES.keys()


class Recorder:
    """A transport that notes what is sent, and answers so that every operation comes to its end."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.sent: list[Request] = []

    async def send(self, request: Request) -> httpx.Response:
        self.sent.append(request)
        more = None if "cursor" in request.query else "more"
        told = {"items": [{}], "next_cursor": more, "status": "done", "documents": [], "rejected": [], "batch": "b"}
        return httpx.Response(200, content=json.dumps(told).encode())

    async def stream(self, request: Request) -> AsyncGenerator[bytes]:
        self.sent.append(request)
        yield b"content"

    async def listen(self, path: str) -> AsyncGenerator[str]:
        yield json.dumps({"type": "error", "error": {"code": "not_ready", "message": path}})

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("nothing is to be waited for")

    async def close(self) -> None:
        pass


WISHES: dict[str, Any] = {"schema": "resume", "languages": ["en"], "engine": "auto", "retention_days": 1}
TABLE: dict[str, Any] = {"sort": "name", "columns": ["name"], "query": "q", "status": "done", "batch": "b", "tag": "t",
                         "filters": ["tag:x"]}  # fmt: skip
CALLS: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
    "knowledge_bases": ((), {}), "knowledge_base": ((KB,), {}), "create_knowledge_base": (("name",), WISHES),
    "ensure_knowledge_base": (("name",), WISHES), "change_knowledge_base": ((KB,), {"name": "n", **WISHES}),
    "delete_knowledge_base": ((KB,), {}), "batch": ((KB, ID), {}),
    "upload": ((KB, ("a.pdf", b"x")), {"tags": ["t"], "metadata": {"a": 1}, "password": "p"}),
    "upload_all": ((KB, [("a.pdf", b"x")]), {"at_once": 1, "tags": ["t"], "metadata": {"a": 1}, "password": "p"}),
    "documents": ((KB,), {"status": "done", "batch": "b", "tag": "t", "filters": ["tag:x"], "limit": 600}),
    "document": ((KB, ID), {"wait": 1.0, "since": 2}), "wait": ((KB, ID), {"timeout_s": 1.0}),
    "wait_all": ((KB, [ID]), {"timeout_s": 1.0}), "changes": ((KB,), {"since": 3}),
    "delete_document": ((KB, ID), {}), "cancel": ((KB, ID), {}), "retry": ((KB, ID), {"password": "p"}),
    "reprocess": ((KB, ID, "ocr"), {"password": "p"}),
    "reprocess_all": ((KB, "ocr"), {"status": "done", "engine": "got", "tag": "t"}),
    "markdown": ((KB, ID), {}), "document_json": ((KB, ID), {}), "pages": ((KB, ID), {}), "page": ((KB, ID, 1), {}),
    "save_page_image": ((KB, ID, 1, "x"), {"width": 9, "rotation": 90}), "save_original": ((KB, ID, "x"), {}),
    "save_searchable_pdf": ((KB, ID, "x"), {}),
    "search": ((KB, "q"), {"limit": 1, "mode": "vector", "filters": ["tag:x"], "facets": ["tag"], "rerank": True}),
    "fields": ((KB,), {"limit": 600, **TABLE}), "fields_csv": ((KB,), TABLE), "save_fields_csv": ((KB, "x"), TABLE),
    "review": ((KB,), {"kind": "page", "document": ID, "limit": 600}),
    "correct": ((KB, ID), {"pages": [{"page": 1, "text": "x"}], "fields": [{"path": "name", "value": None}]}),
    "corrections": ((KB, ID), {}), "take_back": ((KB, ID, ID), {}), "pipeline": ((), {}), "pause": (("ocr",), {}),
    "resume": (("ocr",), {}), "failures": (("ocr",), {"kb": KB, "document": ID, "limit": 600}),
    "retry_failures": (("ocr",), {"kb": KB, "document": ID}),
    "discard_failures": (("ocr",), {"kb": KB, "document": ID}), "about": ((), {}), "readiness": ((), {}),
    "session": ((), {}), "keys": ((), {}), "create_key": (("n", "read"), {"knowledge_bases": [KB]}),
    "revoke_key": ((ID,), {}),
}  # fmt: skip


def operations(client: type) -> set[str]:
    return {name for name in dir(client) if not name.startswith("_")}


def test_both_clients_offer_the_same_and_all_of_it_is_called_here() -> None:
    assert operations(Pagemill) == operations(AsyncPagemill) == CALLS.keys() | {"base", "call", "close", "download"}
    for name, (args, kwargs) in CALLS.items():
        taken = inspect.signature(getattr(AsyncPagemill, name)).parameters.values()
        named = {one.name for one in taken if one.kind is one.KEYWORD_ONLY}
        assert named <= kwargs.keys(), f"{name} is called with all that it takes"
        assert inspect.signature(getattr(Pagemill, name)) == inspect.signature(getattr(AsyncPagemill, name))
        assert args is not None


@pytest.fixture
def sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Request]:
    """What all operations together send."""
    monkeypatch.chdir(tmp_path)
    pagemill = Pagemill("http://pagemill")
    pagemill.close()
    recorder = Recorder(Server.of("http://pagemill", None, {}))
    pagemill._api._transport = recorder
    for name, (args, kwargs) in [*CALLS.items(), ("search", (([KB, "b"], "q"), {}))]:
        try:
            answer = getattr(pagemill, name)(*args, **kwargs)
            list(answer) if hasattr(answer, "__next__") else None
        except NotReady as error:
            assert name == "changes" and str(error) == "/knowledge-bases/a%20kb%2Fof%20mine/events?since=3"
    return recorder.sent


def test_every_operation_is_offered_with_all_that_it_takes(sent: list[Request]) -> None:
    reached: dict[str, list[Request]] = defaultdict(list)
    for request in sent:
        found = [one for one in API if one.method == request.method and _matches(one, request.path)]
        if not request.path.endswith("/readyz"):
            [operation] = found
            reached[operation.id].append(request)
    assert {operation.id for operation in API} - NOT_OFFERED == reached.keys()
    for operation in API:
        requests = reached[operation.id]
        if operation.id in NOT_OFFERED:
            continue
        taken = _names(operation.query)
        assert {name for one in requests for name in one.query} | _ALL.get(operation.id, set()) == taken, operation.id
        if operation.body is not None:
            bodies = {name for one in requests for name in one.json or {}}
            assert bodies == _names(operation.body), operation.id
        if operation.form is not None:
            assert {name for one in requests for name in one.form or {}} == UploadForm.model_fields.keys()


# Of several knowledge bases the same is asked as of one.
_ALL = {"search_find_in_several": {"limit", "mode", "filter", "facet", "rerank"}}


def _names(model: Any) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()} if model is not None else set()


def _matches(operation: Operation, path: str) -> bool:
    return re.fullmatch(re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(operation.path)), path) is not None


def test_a_broken_stream_of_changes_goes_on_where_it_broke() -> None:
    class Breaking(Recorder):
        listened: tuple[str, ...] = ()
        slept: tuple[float, ...] = ()

        async def listen(self, path: str) -> AsyncGenerator[str]:
            self.listened += (path.partition("?")[2],)
            if len(self.listened) in (1, 3):
                yield json.dumps({"type": "deleted", "version": 10 * len(self.listened), "id": ID})
            if len(self.listened) != 3:
                raise NoServer("gone")

        async def sleep(self, seconds: float) -> None:
            self.slept += (seconds,)

    pagemill = Pagemill("http://pagemill")
    pagemill.close()
    pagemill._api._transport = broken = Breaking(Server.of("http://pagemill", None, {}))
    changes = pagemill.changes(KB)
    assert [next(changes)["version"] for _ in range(2)] == [10, 30]
    with pytest.raises(NoServer, match="gone"):
        next(changes)
    assert broken.listened == ("", "since=10", "since=10", *["since=30"] * len(_PAUSES_S))
    assert broken.slept == (*_PAUSES_S[:2], *_PAUSES_S)


def test_what_is_not_pagemill_is_told_as_such() -> None:
    with pytest.raises(ApiError, match="502: <html>") as odd:
        _checked(httpx.Response(502, text="<html>"))
    assert odd.value.code == "unexpected" and not isinstance(odd.value, Busy)
    with pytest.raises(Busy) as busy:
        _checked(httpx.Response(503, text="no server is available", headers={"Retry-After": "7"}))
    assert busy.value.retry_after_s == 7.0


def test_an_operation_that_would_need_a_loop_is_a_fault_and_no_hang() -> None:
    import asyncio

    with pytest.raises(RuntimeError, match="event loop"):
        _finished(asyncio.sleep(0))


def test_no_library_is_loaded_before_it_is_used() -> None:
    heavy = ("httpx", "websockets", "tenacity", "anyio", "pydantic", "pipeline", "client.answers")
    code = f"import sys, client; print([name for name in {heavy} if name in sys.modules])"
    code += f"; import cli.main; print([name for name in {heavy[:4]} if name in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "[]\n[]\n"
