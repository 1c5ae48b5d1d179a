"""The description of the API: well formed, and of what the app serves; that answers keep to it, schemathesis checks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from schemathesis.specs.openapi.definitions import OPENAPI_31
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

from pipeline.errors import CODES
from pipeline.settings import Settings
from tests.http.guarded import HERE
from web import app, inputs
from web.errors import STATUS

DIALECT = "https://json-schema.org/draft/2020-12/schema"
DOCUMENTS = "/api/v1/knowledge-bases/{kb}/documents"


@pytest.fixture
def description(client: TestClient) -> dict[str, Any]:
    answer = TestClient(client.app, client=HERE).get("/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    described: dict[str, Any] = answer.json()
    return described


def _operations(description: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def _schemas(part: Any) -> Iterator[dict[str, Any]]:
    """Every schema of a description, wherever it stands."""
    if isinstance(part, dict):
        if isinstance(part.get("schema"), dict):
            yield part["schema"]
        for held in part.values():
            yield from _schemas(held)
    elif isinstance(part, list):
        for held in part:
            yield from _schemas(held)


def _references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for held in part.values():
            yield from _references(held)
    elif isinstance(part, list):
        for held in part:
            yield from _references(held)


def test_its_form_is_that_of_openapi(description: dict[str, Any]) -> None:
    errors = jsonschema_rs.validator_for(OPENAPI_31).iter_errors(description)
    assert [(error.instance_path, error.message) for error in errors] == []
    for _, path, operation in _operations(description):
        assert operation["summary"]
        named = [(parameter["in"], parameter["name"]) for parameter in operation["parameters"]]
        assert len(named) == len(set(named))
        in_path = [part[1:-1] for part in path.split("/") if part.startswith("{")]
        assert [name for where, name in named if where == "path"] == in_path


def test_its_schemas_are_json_schema(description: dict[str, Any]) -> None:
    found = [*description["components"]["schemas"].values(), *_schemas(description["paths"])]
    assert len(found) > 100
    for schema in found:
        jsonschema_rs.meta.validate({"$schema": DIALECT, **schema})
    for reference in set(_references(description)):
        assert reference.removeprefix("#/components/schemas/") in description["components"]["schemas"]


def test_what_is_served_is_described_and_nothing_else(description: dict[str, Any]) -> None:
    (mount,) = (route for route in app.ROUTES if isinstance(route, Mount))
    served = {
        (method, mount.path + re.sub(r":\w+}", "}", route.path))
        for route in mount.routes
        if isinstance(route, Route)
        for method in (route.methods or set()) - {"HEAD"}
    }
    described = {(method, path) for method, path, _ in _operations(description)}
    assert {one for one in described if one[1].startswith("/api/v1/")} == served
    assert described - served == {("GET", "/healthz"), ("GET", "/readyz"), ("GET", "/metrics")}


def test_operations_have_names_of_their_own_and_links_lead_to_them(description: dict[str, Any]) -> None:
    operations = {operation["operationId"]: operation for _, _, operation in _operations(description)}
    assert len(operations) == len(app.API) + len(app.HEALTH)
    links = [
        link
        for operation in operations.values()
        for response in operation["responses"].values()
        for link in response.get("links", {}).values()
    ]
    assert {"knowledge_bases_show", "documents_add", "documents_show", "knowledge_bases_batch"} <= {
        link["operationId"] for link in links
    }
    for link in links:
        wanted = {one["name"] for one in operations[link["operationId"]]["parameters"] if one["in"] == "path"}
        assert link["parameters"].keys() == wanted


def test_every_error_is_described_with_its_status(description: dict[str, Any]) -> None:
    error = {"$ref": "#/components/schemas/ErrorAnswer"}
    assert STATUS.keys() == CODES.keys()
    for operation in (*(operation.under("/api/v1") for operation in app.API), *app.HEALTH):
        path = re.sub(r":\w+}", "}", operation.path)
        responses = description["paths"][path][operation.method.lower()]["responses"]
        for code in ("unavailable", *operation.errors):
            if STATUS[code] == operation.also:
                continue
            response = responses[str(int(STATUS[code]))]
            assert f"`{code}`" in response["description"]
            assert response["content"]["application/json"]["schema"] == error
        if operation.query or operation.body or operation.form:
            assert "`bad_request`" in responses["422"]["description"]
        if operation.also != 503:
            assert responses["503"]["headers"].keys() == {"Retry-After"}
    ready = description["paths"]["/readyz"]["get"]["responses"]
    assert ready["503"]["content"] == ready["200"]["content"]


def test_a_query_holds_no_null(description: dict[str, Any]) -> None:
    for _, path, operation in _operations(description):
        for parameter in operation["parameters"]:
            assert "null" not in str(parameter["schema"]) and "None" not in str(parameter["schema"]), path


def test_an_upload_is_described_as_it_is_sent(description: dict[str, Any]) -> None:
    form = description["paths"][DOCUMENTS]["post"]["requestBody"]["content"]["multipart/form-data"]["schema"]
    assert form["required"] == ["files"] and form["properties"].keys() == {"files", "metadata", "tags", "password"}
    assert form["properties"]["metadata"]["type"] == "string"
    assert form["properties"]["metadata"]["contentMediaType"] == "application/json"
    assert form["properties"]["files"]["items"]["format"] == "binary"
    assert form["properties"]["tags"]["items"]["type"] == "string"


@pytest.mark.parametrize("name", ["简历 2026", "Résumés (old)", "a" * 100, "...", "a.b", "½ & ½", "हिन्दी"])
def test_names_that_are_described_are_taken(client: TestClient, name: str) -> None:
    assert _fits(name) and client.post("/knowledge-bases", json={"name": name}).status_code == 201


@pytest.mark.parametrize("name", ["", " ", "a" * 101, ".", "..", "a/b", "a\0", "a\u200b", "0" * 32])
def test_names_that_are_not_described_are_refused(client: TestClient, name: str) -> None:
    assert not _fits(name) and client.post("/knowledge-bases", json={"name": name}).status_code == 422


def _fits(name: str) -> bool:
    schema = inputs.NewKnowledgeBase.model_json_schema(by_alias=True)
    return jsonschema_rs.is_valid(schema, {"name": name})


def test_a_method_that_an_address_does_not_answer(client: TestClient) -> None:
    for path, allowed in {"/knowledge-bases": {"GET", "HEAD", "POST"},
                          "/knowledge-bases/kb": {"GET", "HEAD", "PATCH", "DELETE"},
                          "/knowledge-bases/kb/search": {"GET", "HEAD"}}.items():  # fmt: skip
        for method in ("PUT", "OPTIONS", "TRACE"):
            answer = client.request(method, path)
            assert answer.status_code == 405 and answer.json()["error"]["code"] == "method_not_allowed"
            assert set(answer.headers["allow"].split(", ")) == allowed


@pytest.mark.parametrize("path", ["/", "/nothing", "/knowledge-bases/a/b", "/knowledge-bases/%00", "/about/x"])
def test_an_address_of_nothing(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404 and answer.json()["error"]["code"] == "not_found"


@pytest.mark.parametrize("media", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", None])
def test_a_body_that_does_not_say_that_it_is_json(client: TestClient, media: str | None) -> None:
    headers = {"content-type": media} if media else {}
    answer = client.post("/knowledge-bases", content=b'{"name": "kb"}', headers=headers)
    assert answer.status_code == 422 and "application/json" in answer.json()["error"]["message"]
    assert client.get("/knowledge-bases").json()["items"] == []
    headers = {"content-type": "Application/JSON; charset=utf-8"}
    assert client.post("/knowledge-bases", content=b'{"name": "kb"}', headers=headers).status_code == 201


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b'{"name": "\\ud800"}', b"[" * 100_000, b'{"name": NaN}'])
def test_a_body_that_is_no_json(client: TestClient, body: bytes) -> None:
    answer = client.post("/knowledge-bases", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 422 and answer.json()["error"]["code"] == "bad_request"


def test_a_query_that_says_a_thing_twice(client: TestClient) -> None:
    client.post("/knowledge-bases", json={"name": "kb"})
    answer = client.get("/knowledge-bases?limit=1&limit=2")
    assert answer.status_code == 422 and "limit" in answer.json()["error"]["message"]
    assert client.get("/knowledge-bases/kb/documents?filter=tag:a&filter=tag:b").status_code == 200


def test_what_is_not_to_be_read_of_a_file_is_told_in_the_form_of_errors(client: TestClient) -> None:
    client.post("/knowledge-bases", json={"name": "kb"})
    files = [("files", ("a.pdf", b"%PDF-1.7\nno more"))]
    document = client.post("/knowledge-bases/kb/documents", files=files).json()["documents"][0]["id"]
    path = f"/knowledge-bases/kb/documents/{document}/original"
    assert client.get(path, headers={"range": "bytes=0-3"}).content == b"%PDF"
    for wrong in ("bytes=x", "lines=1", "bytes=3-1", "bytes=" + "9" * 5000 + "-"):
        answer = client.get(path, headers={"range": wrong})
        assert answer.status_code == 200 and answer.content.startswith(b"%PDF")
    beyond = client.get(path, headers={"range": "bytes=99-"})
    assert beyond.status_code == 416 and beyond.headers["content-range"] == "bytes */16"
    assert beyond.json()["error"]["code"] == "bad_request"
    for number in ("0", "01", "9" * 5000):
        assert client.get(f"/knowledge-bases/kb/documents/{document}/pages/{number}").status_code == 404


def test_uploads_of_an_odd_form(client: TestClient) -> None:
    client.post("/knowledge-bases", json={"name": "kb"})
    path = "/knowledge-bases/kb/documents"
    long = "x" * 9000
    headers = {"content-type": f"multipart/form-data; boundary={long}"}
    assert client.post(path, content=f"--{long}--\r\n".encode(), headers=headers).status_code == 422
    headers = {"content-type": "multipart/form-data; boundary=x"}
    assert client.post(path, content=b"--x--\r\n", headers=headers).status_code == 422
    files = [("files", ("a.pdf", b"%PDF-1.7\nno more"))]
    assert client.post(path, files=files, data={"metadata": "", "tags": ""}).status_code == 202
    deep = '{"a": ' + "[" * 999 + "]" * 999 + "}"
    for metadata in (deep, '{"a": 1e999}', '{"a": "\\ud800"}', "null"):
        assert client.post(path, files=files, data={"metadata": metadata}).status_code == 422


def test_a_file_that_was_removed_meanwhile(client: TestClient, settings: Settings) -> None:
    kb = client.post("/knowledge-bases", json={"name": "kb"}).json()["id"]
    files = [("files", ("a.pdf", b"%PDF-1.7\nno more"))]
    document = client.post("/knowledge-bases/kb/documents", files=files).json()["documents"][0]["id"]
    (original,) = (path for path in (settings.data / "kb" / kb / "documents").rglob("*") if path.is_file())
    original.unlink()
    answer = client.get(f"/knowledge-bases/kb/documents/{document}/original")
    assert answer.status_code == 404 and answer.json()["error"]["code"] == "not_found"
