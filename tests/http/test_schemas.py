"""Schemas of fields in the API: set, shown, changed, refused with their place, used by filters and tables."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest
from starlette.testclient import TestClient

from web import inputs

INVOICE: dict[str, Any] = {
    "type": "object",
    "title": "Invoice",
    "properties": {
        "发票号码": {"type": "string", "title": "Invoice No."},
        "total": {"type": ["number", "null"]},
        "issued": {"type": "string", "format": "date"},
        "lines": {"type": "array", "items": {"type": "object", "properties": {"what": {"type": "string"}}}},
    },
}


def test_a_knowledge_base_has_a_schema_of_its_own(client: TestClient) -> None:
    made = client.post("/knowledge-bases", json={"name": "bills", "schema": INVOICE})
    assert made.status_code == 201 and made.json()["schema"] == INVOICE
    assert client.get("/knowledge-bases/bills").json()["schema"] == INVOICE
    assert client.get("/knowledge-bases").json()["items"][0]["schema"] == INVOICE
    assert client.patch("/knowledge-bases/bills", json={"schema": "resume"}).json()["schema"] == "resume"
    assert client.patch("/knowledge-bases/bills", json={"name": "people"}).json()["schema"] == "resume"
    assert client.patch("/knowledge-bases/people", json={"schema": INVOICE}).json()["schema"] == INVOICE
    assert client.get("/about").json()["schemas"] == ["generic", "resume"]


@pytest.mark.parametrize(
    ("schema", "pointer"),
    [
        ({}, "/type"),
        ({"type": "object", "properties": {"a": {"type": "string", "format": "ipv4"}}}, "/properties/a/format"),
        ({"type": "object", "properties": {"a.b": {"type": "string"}}}, "/properties/a.b"),
        ({"type": "object", "properties": {"a": {"$ref": "https://example.com"}}}, "/properties/a/$ref"),
        ({"type": "object", "properties": {"a": {"type": "string", "description": "x" * 70_000}}}, ""),
    ],
)
def test_what_is_not_understood_is_refused_with_its_place(client: TestClient, schema: Any, pointer: str) -> None:
    client.post("/knowledge-bases", json={"name": "kb"})
    for answer in (
        client.post("/knowledge-bases", json={"name": "bills", "schema": schema}),
        client.patch("/knowledge-bases/kb", json={"schema": schema}),
    ):
        error = answer.json()["error"]
        assert answer.status_code == 422 and error["code"] == "schema_invalid"
        assert error["detail"] == {"pointer": pointer}
    assert client.get("/knowledge-bases/kb").json()["schema"] == "generic"
    assert len(client.get("/knowledge-bases").json()["items"]) == 1


@pytest.mark.parametrize("schema", ["recipe", 1, [], True])
def test_what_is_neither_a_name_nor_a_schema_is_refused(client: TestClient, schema: Any) -> None:
    error = client.post("/knowledge-bases", json={"name": "kb", "schema": schema}).json()["error"]
    assert error["code"] == "bad_request" and error["message"].startswith("schema: Input should be 'generic'")


def test_its_fields_are_names_of_filters_and_columns(client: TestClient) -> None:
    client.post("/knowledge-bases", json={"name": "bills", "schema": INVOICE})
    header = client.get("/knowledge-bases/bills/fields.csv").text.splitlines()[0]
    assert header.endswith("发票号码,total,issued,lines.what")
    for name in ("发票号码", "total", "issued", "lines", "lines.what"):
        assert client.get(f"/knowledge-bases/bills/documents?filter={name}:12").status_code == 200, name
    refused = client.get("/knowledge-bases/bills/documents?filter=amount:12").json()["error"]["message"]
    assert "发票号码" in refused and "lines.what" in refused


def test_the_description_of_the_api_takes_it_and_not_another() -> None:
    described = inputs.NewKnowledgeBase.model_json_schema(by_alias=True)
    for schema, fits in ((INVOICE, True), ("resume", True), ("recipe", False), ({"type": "object"}, False),
                         ({"type": "object", "properties": {"tag": {"type": "string"}}}, False)):  # fmt: skip
        assert jsonschema_rs.is_valid(described, {"name": "a", "schema": schema}) is fits
