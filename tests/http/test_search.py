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


def test_facets_and_filters_are_checked_and_answered(client: TestClient) -> None:
    for name, schema in (("people", "resume"), ("papers", "generic")):
        client.post("/knowledge-bases", json={"name": name, "schema": schema})
    path = "/knowledge-bases/people/search?q=x&mode=keyword"
    found = client.get(f"{path}&facet=skills&facet=work.start&facet=tag&facet=years&facet=skills").json()
    assert [(one["name"], one["kind"]) for one in found["facets"]] == [
        ("skills", "text"), ("work.start", "date"), ("tag", "text"), ("years", "number"),
    ]  # fmt: skip
    assert client.get(path).json()["facets"] == []
    for wrong, told in (
        ("facet=skils", "facet: there is no field “skils”"), ("facet=work", "name one of its fields: work.employer"),
        ("filter=years%3E%3Dmany", "“years” is a number"), ("filter=skills%3E3", "is text"),
        ("&".join(f"facet=metadata.k{number}" for number in range(11)), "facet"),
    ):  # fmt: skip
        answer = client.get(f"{path}&{wrong}")
        assert answer.status_code == 422 and told in answer.json()["error"]["message"], answer.text
    several = client.get("/search?q=x&mode=keyword&kb=people&kb=papers&filter=amounts%3E%3D5&facet=years&facet=amounts")
    assert several.status_code == 200 and [one["name"] for one in several.json()["facets"]] == ["years", "amounts"]


def test_several_knowledge_bases_need_not_have_fields_of_one_kind(client: TestClient) -> None:
    for name, kind in (("counted", "number"), ("told", "string")):
        schema = {"type": "object", "properties": {"weight": {"type": kind}}}
        assert client.post("/knowledge-bases", json={"name": name, "schema": schema}).status_code == 201
    for kbs in ("kb=counted&kb=told", "kb=told&kb=counted"):
        for good in ("weight%3E%3D5", "weight%3Dheavy", "weight!%3Dheavy"):
            answer = client.get(f"/search?q=x&mode=keyword&{kbs}&filter={good}&facet=weight")
            assert answer.status_code == 200, answer.text
        refused = client.get(f"/search?q=x&mode=keyword&{kbs}&filter=weight%3E%3Dheavy")
        assert refused.status_code == 422 and "“weight” is" in refused.json()["error"]["message"]
    assert client.get("/knowledge-bases/told/search?q=x&mode=keyword&filter=weight%3E%3D5").status_code == 422
