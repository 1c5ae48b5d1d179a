"""Corrections and what is to be looked at, over HTTP: forms, limits, who may, and what the command line sends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from cli import correct as commands
from client import Pagemill
from pipeline.settings import Settings
from storage.catalog import Storage
from tests.http.guarded import guarded_app
from tests.unit.test_corrections import POOR, done, finish, page


@pytest.fixture
def document(client: TestClient, settings: Settings) -> str:
    """The address of a document of two pages, with fields."""
    kb = client.post("/knowledge-bases", json={"name": "kb", "schema": "resume"}).json()["id"]
    return f"/knowledge-bases/kb/documents/{done(Storage(settings).open(kb), POOR, page(2, 'More'))}"


def _code(answer: Any) -> str:
    return str(answer.json()["error"]["code"])


def test_looked_at_corrected_and_looked_at_again(client: TestClient, settings: Settings, document: str) -> None:
    found = client.get("/knowledge-bases/kb/review").json()
    assert found["counts"] == {"pages": 1, "fields": 2} and found["next_cursor"] is None
    assert [(one["kind"], one["why"]) for one in found["items"]] == [
        ("page", "low_confidence"), ("field", "low_confidence"), ("field", "low_confidence"),
    ]  # fmt: skip
    shown = client.get(f"{document}/pages/1").json()
    assert shown["text"] == "The crene was paid\nin June" and not shown["corrected"]
    wrong = shown["text"].replace("crene", "crane")
    skill = {"path": "skills", "index": 0, "was": "Go", "value": "Golang"}
    sent = {"pages": [{"page": 1, "text": wrong}, {"page": 2, "confirmed": True}], "fields": [skill]}
    answer = client.post(f"{document}/corrections", json=sent)
    assert answer.status_code == 202 and answer.json()["run"] == 2 and answer.json()["pages"]["review"] == 0
    assert client.post(f"{document}/corrections", json=sent).json()["run"] == 2
    kb = Storage(settings).open(client.get("/knowledge-bases/kb").json()["id"])
    finish(kb, document.rpartition("/")[2], 2)
    shown = client.get(f"{document}/pages/1").json()
    assert shown["text"] == wrong and shown["corrected"] and shown["review"] is None
    assert [one["corrected"] for one in client.get(f"{document}/pages").json()["items"]] == [True, True]
    status = client.get(document).json()
    assert status["fields"]["skills"][0]["author"] == "everybody at this machine"
    assert client.get("/knowledge-bases/kb/fields.csv").text.count("Golang") == 1
    assert client.get("/knowledge-bases/kb/review?kind=page").json()["items"] == []
    [left] = client.get("/knowledge-bases/kb/review?kind=field").json()["items"]
    assert (left["path"], left["index"], left["value"]) == ("name", None, "Ann Lee")
    listed = client.get(f"{document}/corrections?limit=2").json()
    assert [one["kind"] for one in listed["items"]] == ["field", "page"] and listed["next_cursor"]
    more = client.get(f"{document}/corrections", params={"cursor": listed["next_cursor"]}).json()
    assert [one["text"] for one in more["items"]] == [wrong] and more["next_cursor"] is None
    taken = client.delete(f"{document}/corrections/{listed['items'][0]['id']}")
    assert taken.status_code == 202 and taken.json()["run"] == 3
    assert _code(client.delete(f"{document}/corrections/{'0' * 32}")) == "not_found"


def test_what_is_of_no_form(client: TestClient, document: str) -> None:
    for body in (
        {"pages": [{"page": 1}]}, {"pages": [{"page": 1, "text": "x", "confirmed": True}]},
        {"pages": [{"page": 1, "confirmed": False}]}, {"pages": [{"page": 0, "text": "x"}]},
        {"fields": [{"path": "name"}]}, {"fields": [{"path": "name", "value": 3}]},
        {"fields": [{"path": "name", "value": "x", "box": [1, 2, 3]}]},
        {"fields": [{"path": "name", "value": "x", "box": [1, 2, 3, 1e9]}]},
        {"fields": [{"path": "name", "value": "x", "index": -1}]}, {"fields": [{"path": "name", "value": "x"}] * 101},
        {"fields": [{"path": "name", "value": "x"}, {"path": "name", "value": "y"}]}, {"words": []},
        {"pages": [{"page": 1, "text": "x" * 200_001}]},
    ):  # fmt: skip
        answer = client.post(f"{document}/corrections", json=body)
        assert answer.status_code == 422 and _code(answer) == "bad_request", (str(body)[:100], answer.text)
        assert client.get(f"{document}/corrections").json()["items"] == [], str(body)[:100]


def test_queries_of_no_form(client: TestClient, document: str) -> None:
    for query in ("kind=word", "document=x", "limit=0", "cursor=x", "kind=page&kind=field"):
        assert _code(client.get(f"/knowledge-bases/kb/review?{query}")) == "bad_request", query
    assert client.post(f"{document}/corrections", json={}).json()["run"] == 1


def test_who_reads_may_not_correct(tmp_path: Path) -> None:
    with guarded_app(tmp_path) as guarded:
        path = f"/knowledge-bases/{guarded.kb}/documents/{guarded.documents[guarded.kb]}/corrections"
        reader, writer = (guarded.client(guarded.keys[scope]) for scope in ("read", "write"))
        assert reader.get(f"/knowledge-bases/{guarded.kb}/review").status_code == 200
        assert reader.get(path).json() == {"items": [], "next_cursor": None}
        assert _code(reader.post(path, json={})) == "forbidden"
        assert _code(reader.delete(f"{path}/{'0' * 32}")) == "forbidden"
        sent = {"pages": [{"page": 1, "text": "x"}]}
        assert _code(writer.post(path, json=sent)) == "conflict", "it was not opened yet"
        assert _code(writer.post(path.replace(guarded.kb, guarded.other), json=sent)) == "not_found"


def test_the_command_line(client: TestClient, document: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pagemill = Pagemill("http://test")
    pagemill.close()
    monkeypatch.setattr(pagemill._api._transport, "_http", client)  # the app answers
    monkeypatch.setattr(commands, "open_client", lambda *_: pagemill)
    id_ = document.rpartition("/")[2]

    def run(*args: str, **kwargs: Any) -> tuple[int, str]:
        done = CliRunner().invoke(commands.app, list(args), **kwargs)
        return done.exit_code, done.output if args[0] == "review" else (done.output.splitlines() or [""])[-1]

    code, said = run("review", "--kb", "kb")
    assert code == 0 and id_ in said and "pages: 1, fields: 2" in said
    code, said = run("review", "--kb", "kb", "--kind", "page", "--json")
    assert code == 0 and '"low_confidence"' in said and '"field"' not in said
    text = tmp_path / "page.txt"
    text.write_bytes("\ufeffThe crane was paid\r\nin June\r\n".encode())
    at = ("correct", "--kb", "kb", id_)
    assert run(*at, "--page", "1", "--text-file", str(text)) == (0, "a.pdf: run 2 queued")
    assert run(*at, "--page", "1", "--text-file", "-", input="The crane was paid\nin June")[1] == "a.pdf: run 2 queued"
    assert run(*at, "--page", "2", "--confirm")[1] == "a.pdf: run 3 queued"
    assert run(*at, "--field", "work.title", "--index", "1", "--value", "Chef")[1] == "a.pdf: run 4 queued"
    assert run(*at, "--field", "skills", "--index", "1", "--remove")[1] == "a.pdf: run 5 queued"
    assert run(*at, "--field", "name", "--confirm")[1] == "a.pdf: run 6 queued"
    sent = {one["path"]: one for one in client.get(f"{document}/corrections").json()["items"] if one["path"]}
    assert sent["skills"]["was"] == "Reids" and sent["skills"]["value"] is None and sent["name"]["confirmed"]
    text.write_bytes(b"\xff\xfe\xff")
    for wrong in (
        (), ("--page", "1"), ("--page", "1", "--value", "x"), ("--field", "name"), ("--field", "name", "--value", "x",
        "--remove"), ("--page", "1", "--text-file", str(tmp_path / "no")), ("--page", "1", "--text-file", str(text)),
        ("--field", "skills", "--confirm"), ("--field", "skills", "--index", "9", "--remove"),
        ("--field", "location", "--confirm"), ("--field", "name", "--value", "x", "--text-file", "-"),
    ):  # fmt: skip
        assert run(*at, *wrong)[0] == 2, wrong
    assert run("review", "--kb", "kb", "--kind", "word")[0] == 2
