"""The addresses of search: what they take, whom they let, what they refuse. What is found, others test."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.http.guarded import guarded_app


def test_several_knowledge_bases(client: TestClient) -> None:
    for name in ("one", "two"):
        client.post("/knowledge-bases", json={"name": name})
    answer = client.get("/search?q=x&kb=one&kb=two")
    assert answer.status_code == 200 and answer.json()["hits"] == []
    assert "“one”: vectors" in answer.json()["degraded"] and "“two”: vectors" in answer.json()["degraded"]
    assert client.get("/search?q=x&kb=one&kb=one&mode=keyword").json()["degraded"] is None
    missing = client.get("/search?q=x&kb=one&kb=nobody's")
    assert missing.status_code == 404 and "nobody's" in missing.json()["error"]["message"]


@pytest.mark.parametrize("query", ["q=x", "q=x&kb=", "kb=one", "q=x&" + "&".join(f"kb={n}" for n in range(21))])
def test_what_several_must_be_given(client: TestClient, query: str) -> None:
    answer = client.get(f"/search?{query}")
    assert answer.status_code == 422 and answer.json()["error"]["code"] == "bad_request"


def test_a_key_for_one_searches_no_other(tmp_path: Path) -> None:
    with guarded_app(tmp_path) as guarded:
        mine = guarded.client(guarded.keys["mine read"])
        assert (
            mine.get(f"/search?q=x&kb={guarded.kb}").status_code == mine.get("/search?q=x&kb=mine").status_code == 200
        )
        for kb in (guarded.other, "other"):
            refused, unknown = mine.get(f"/search?q=x&kb=mine&kb={kb}"), mine.get(f"/search?q=x&kb=mine&kb={'0' * 32}")
            assert refused.status_code == unknown.status_code == 404
            assert refused.text.replace(kb, "0" * 32) == unknown.text
        assert guarded.client(guarded.keys["read"]).get("/search?q=x&kb=mine&kb=other").status_code == 200
