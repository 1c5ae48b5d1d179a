from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from pipeline.errors import ServiceUnavailable
from storage import documents
from storage.catalog import KnowledgeBase
from storage.database import Missing


def test_make_find_change_delete(client: TestClient) -> None:
    made = client.post("/knowledge-bases", json={"name": "简历 2026", "languages": ["zh-Hans"]})
    assert made.status_code == 201
    record = made.json()
    assert record["languages"] == ["zh-Hans"] and record["engine"] == "auto"
    by_name, by_id = client.get("/knowledge-bases/简历 2026"), client.get(f"/knowledge-bases/{record['id']}")
    assert by_name.json() == by_id.json()
    assert by_id.json()["documents"] == {"queued": 0, "running": 0, "done": 0, "failed": 0, "cancelled": 0}
    changed = client.patch("/knowledge-bases/简历 2026", json={"name": "Résumés", "engine": "tesseract"})
    assert changed.json()["name"] == "Résumés" and changed.json()["engine"] == "tesseract"
    assert client.delete(f"/knowledge-bases/{record['id']}").status_code == 204
    assert client.get(f"/knowledge-bases/{record['id']}").status_code == 404
    assert client.get("/knowledge-bases").json() == {"items": [], "next_cursor": None}


@pytest.mark.parametrize("error", [Missing("kb.sqlite3"), ServiceUnavailable("database kb.sqlite3: locked")])
def test_what_was_deleted_is_told_as_deleted(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """Its work could not be stopped, or the sweep was faster."""
    client.post("/knowledge-bases", json={"name": "acme"})

    def cancel_all(_: KnowledgeBase) -> None:
        raise error

    monkeypatch.setattr(documents, "cancel_all", cancel_all)
    assert client.delete("/knowledge-bases/acme").status_code == 204
    assert client.get("/knowledge-bases/acme").status_code == 404


def test_names_that_look_alike_are_one(client: TestClient) -> None:
    client.post("/knowledge-bases", json={"name": "Ａcme"})
    again = client.post("/knowledge-bases", json={"name": "acme"})
    assert again.status_code == 409 and again.json()["error"]["code"] == "name_taken"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"name": ""}, "1 to 100"),
        ({"name": "a/b"}, "slash"),
        ({"name": "a" * 32}, "taken for a path or an id"),
        ({"name": "a", "engine": "abbyy"}, "engine"),
        ({"name": "a", "languages": []}, "languages"),
        ({"name": "a", "colour": "red"}, "colour"),
        ({}, "name"),
        ("text", "object"),
    ],
)
def test_a_wrong_body_is_refused_by_name(client: TestClient, body: object, says: str) -> None:
    answer = client.post("/knowledge-bases", json=body)
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "bad_request" and says in answer.json()["error"]["message"]


def test_lists_come_in_pages(client: TestClient) -> None:
    for name in "abc":
        client.post("/knowledge-bases", json={"name": name})
    first = client.get("/knowledge-bases", params={"limit": 2}).json()
    second = client.get("/knowledge-bases", params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [item["name"] for item in first["items"] + second["items"]] == ["a", "b", "c"]
    assert second["next_cursor"] is None
    assert client.get("/knowledge-bases", params={"limit": 501}).status_code == 422


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/knowledge-bases/none", 404, "not_found"),
        ("GET", "/nothing", 404, "not_found"),
        ("PUT", "/knowledge-bases", 405, "method_not_allowed"),
        ("GET", "/knowledge-bases/none/documents/none", 404, "not_found"),
        ("GET", "/knowledge-bases/none/search?q=a", 404, "not_found"),
    ],
)
def test_errors_have_one_form(client: TestClient, method: str, path: str, status: int, code: str) -> None:
    answer = client.request(method, path)
    assert answer.status_code == status
    assert set(answer.json()["error"]) == {"code", "message", "detail"} and answer.json()["error"]["code"] == code


def test_a_body_without_end_is_refused(client: TestClient) -> None:
    answer = client.post(
        "/knowledge-bases", content=b'{"name": "' + b"x" * 1_100_000, headers={"content-type": "application/json"}
    )
    assert answer.status_code == 422 and "larger" in answer.json()["error"]["message"]
