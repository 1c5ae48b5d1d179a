"""Who may do what: every line of the table of addresses by every kind of key."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from storage import keys, workers
from tests.http.guarded import Guarded, guarded_app
from web import access
from web.app import OPERATIONS
from web.openapi import Operation

NOBODY = "0" * 32
BY_ID = {f"{one.method} {one.path}": one for one in OPERATIONS}


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    with guarded_app(tmp_path_factory.mktemp("guarded")) as guarded:
        yield guarded


def _ask(client: TestClient, operation: Operation, **ids: str) -> Any:
    """Ask for an address; of a body and a query there is none, so that what is allowed ends in 404 or 422."""
    values = {"kb": NOBODY, "document": NOBODY, "batch": NOBODY, "key": NOBODY, "stage": "ocr", "page": "1",
              "correction": NOBODY, **ids}  # fmt: skip
    path = re.sub(r"\{(\w+)(:\w+)?\}", lambda found: values[found[1]], operation.path)
    return client.request(operation.method, f"http://test{path}")


def _code(answer: Any) -> str | None:
    return answer.json()["error"]["code"] if answer.status_code >= 400 else None


@pytest.mark.parametrize("name", BY_ID)
def test_scopes(guarded: Guarded, name: str) -> None:
    operation = BY_ID[name]
    for key in (None, "wrong", guarded.keys["read"][:-1]):
        answer = _ask(guarded.client(key), operation)
        if operation.needs == "open":
            assert answer.status_code != 401 and _code(answer) != "forbidden"
        else:
            assert answer.status_code == 401 and _code(answer) == "unauthorized"
            assert answer.headers["www-authenticate"].startswith("Bearer")
    for scope in keys.SCOPES:
        answer = _ask(guarded.client(guarded.keys[scope]), operation)
        allowed = operation.needs == "open" or keys.SCOPES.index(scope) >= keys.SCOPES.index(operation.needs)
        if allowed:
            assert answer.status_code not in (401, 403, 500), answer.text
        else:
            assert answer.status_code == 403 and _code(answer) == "forbidden" and operation.needs in answer.text


@pytest.mark.parametrize("name", BY_ID)
def test_keys_for_some_knowledge_bases(guarded: Guarded, name: str) -> None:
    operation = BY_ID[name]
    client = guarded.client(guarded.keys["mine admin"])
    if "kb" in operation.path_parameters:
        of_others = {"kb": guarded.other, "document": guarded.documents[guarded.other],
                     "batch": guarded.batches[guarded.other]}  # fmt: skip
        answer, of_none = _ask(client, operation, **of_others), _ask(client, operation)
        assert answer.status_code == of_none.status_code and answer.status_code in (404, 422)
        assert answer.text.replace(guarded.other, NOBODY) == of_none.text
        by_name = _ask(client, operation, **{**of_others, "kb": "other"})
        assert by_name.status_code == of_none.status_code
    elif operation.needs == "admin" or name == "GET /metrics":
        assert _code(_ask(client, operation)) == "forbidden"


def test_the_table_says_who_may_do_what() -> None:
    """So that nobody changes it unaware."""
    needed = {scope: sorted(name for name, one in BY_ID.items() if one.needs == scope) for scope in ("open", "admin")}
    assert needed["open"] == ["GET /healthz", "POST /api/v1/session"]
    assert {name.replace("/api/v1", "") for name in needed["admin"]} >= {
        "POST /knowledge-bases", "PATCH /knowledge-bases/{kb}", "DELETE /knowledge-bases/{kb}",
        "POST /pipeline/{stage}/pause", "POST /pipeline/{stage}/resume", "GET /keys", "POST /keys",
        "DELETE /keys/{key:id}",
    }  # fmt: skip
    for name, operation in BY_ID.items():
        if operation.method != "GET" and name not in ("POST /api/v1/session", "DELETE /api/v1/session"):
            assert operation.needs in ("write", "admin"), name


def test_lists_show_what_the_key_is_for_and_nothing_else(guarded: Guarded) -> None:
    mine, all_of_them = guarded.client(guarded.keys["mine read"]), guarded.client(guarded.keys["read"])
    assert [kb["id"] for kb in mine.get("/knowledge-bases").json()["items"]] == [guarded.kb]
    assert (
        mine.get(f"/knowledge-bases/{guarded.kb}").status_code == mine.get("/knowledge-bases/mine").status_code == 200
    )
    assert len(all_of_them.get("/knowledge-bases").json()["items"]) == 2
    doing = [{"kb": kb, "document": guarded.documents[kb], "run": 1, "unit": "1", "seconds": 0.1}
             for kb in (guarded.kb, guarded.other)]  # fmt: skip
    workers.beat(guarded.storage.catalog, "worker", "render", "now", doing, 0)
    seen = {who: client.get("/pipeline").json() for who, client in (("mine", mine), ("all", all_of_them))}
    assert [unit["kb"] for unit in seen["mine"]["workers"][0]["doing"]] == [guarded.kb]
    assert [unit["kb"] for unit in seen["all"]["workers"][0]["doing"]] == [guarded.kb, guarded.other]
    assert seen["mine"]["stages"]["render"]["ready"] == 1 and seen["all"]["stages"]["render"]["ready"] == 2
    assert guarded.other not in str(seen["mine"]) and "other" not in str(seen["mine"])


def test_failures_of_others_are_neither_seen_nor_touched(guarded: Guarded) -> None:
    for kb in (guarded.kb, guarded.other):
        with guarded.storage.open(kb).db.write() as connection:
            error = '{"code": "damaged", "message": "torn", "detail": null}'
            connection.exec_driver_sql("UPDATE unit SET state = 'failed', finished_at = '', error = ?", (error,))
    all_of_them = guarded.client(guarded.keys["admin"])
    before = {unit["kb"] for unit in all_of_them.get("/pipeline/render/failed").json()["items"]}
    assert before == {guarded.kb, guarded.other}
    mine = guarded.client(guarded.keys["mine write"])
    assert {unit["kb"] for unit in mine.get("/pipeline/render/failed").json()["items"]} == {guarded.kb}
    for query in (f"?kb={guarded.other}", "?kb=other"):
        assert mine.get(f"/pipeline/render/failed{query}").status_code == 404
        assert mine.post(f"/pipeline/render/failed/discard{query}").status_code == 404
        assert mine.post(f"/pipeline/render/failed/retry{query}").status_code == 404
    assert mine.post("/pipeline/render/failed/discard").json()["units"] == 1
    left = {unit["kb"] for unit in all_of_them.get("/pipeline/render/failed").json()["items"]}
    assert left == {guarded.other}


@pytest.mark.parametrize("path", ["/openapi.json", "/readyz", "/metrics", "/api/v1/nothing", "/nothing", "/healthz/",
                                  "/static", "/api/v1/knowledge-bases/x/documents/y/pages/1/image"])  # fmt: skip
def test_nothing_else_is_open(guarded: Guarded, path: str) -> None:
    stranger = guarded.client()
    for method in ("GET", "HEAD", "POST", "DELETE", "OPTIONS", "PUT"):
        assert stranger.request(method, f"http://test{path}").status_code == 401, method
    assert guarded.client(guarded.keys["read"]).get(f"http://test{path}").status_code != 401


def test_the_page_is_shown_to_sign_in_with(guarded: Guarded) -> None:
    stranger = guarded.client()
    page = stranger.get("http://test/")
    assert page.status_code == 401 and page.headers["content-type"].startswith("text/html")
    assert "/static/js/main.js" in page.text and page.headers["www-authenticate"].startswith("Bearer")
    known = guarded.client(guarded.keys["read"]).get("http://test/")
    assert known.status_code == 200
    again = stranger.get("http://test/", headers={"if-none-match": known.headers["etag"]})
    assert again.status_code == 401
    assert stranger.get("http://test/static/js/main.js").status_code == 200
    assert stranger.get("http://test/static/../app.py").status_code in (401, 404)


def test_a_revoked_key_is_none(guarded: Guarded) -> None:
    admin = guarded.client(guarded.keys["admin"])
    made = admin.post("/keys", json={"name": "for a day", "scope": "write", "knowledge_bases": ["mine"]})
    assert made.status_code == 201 and made.headers["cache-control"] == "no-store"
    record = made.json()
    assert record["knowledge_bases"] == [guarded.kb] and record["scope"] == "write"
    holder = guarded.client(record["key"])
    assert holder.get("/knowledge-bases/mine").status_code == 200
    listed = {key["id"]: key for key in admin.get("/keys").json()["items"]}
    assert "key" not in listed[record["id"]] and record["key"] not in admin.get("/keys").text
    assert listed[record["id"]]["used_at"] is not None and listed[record["id"]]["revoked_at"] is None
    assert admin.delete(f"/keys/{record['id']}").status_code == 204
    assert holder.get("/knowledge-bases/mine").status_code == 401
    assert admin.delete(f"/keys/{record['id']}").status_code == 204
    assert admin.delete(f"/keys/{NOBODY}").status_code == 404
    pages: list[str] = []
    cursor = None
    while True:
        part = admin.get("/keys", params={"limit": 3, **({"cursor": cursor} if cursor else {})}).json()
        pages += [key["id"] for key in part["items"]]
        if (cursor := part["next_cursor"]) is None:
            break
    assert pages == sorted(pages) and set(pages) == {key["id"] for key in admin.get("/keys").json()["items"]}


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Basic {key}", "{key}", "Bearer {key} x", "Token {key}", "Bearer {key},", "Bearer é"],
)
def test_headers_that_show_no_key(guarded: Guarded, header: str) -> None:
    given = header.format(key=guarded.keys["read"]).encode()
    answer = guarded.client().get("/about", headers={b"authorization": given})  # type: ignore[dict-item]
    assert answer.status_code == 401


def test_wrong_keys_are_counted_by_address(guarded: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    client, other = guarded.client(), guarded.client(guarded.keys["read"])
    wrong, right = {"authorization": "Bearer wrong"}, {"authorization": f"Bearer {guarded.keys['read']}"}
    for _ in range(9):
        assert client.get("/about", headers=wrong).status_code == 401
    assert client.get("/about", headers=right).status_code == 200
    assert client.post("/session", json={"key": "wrong"}).status_code == 401
    for answer in (client.get("/about", headers=wrong), client.post("/session", json={"key": "wrong"})):
        assert answer.status_code == 429 and _code(answer) == "too_many_failures"
        assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert client.get("/about", headers=right).status_code == 200, "who has a key is not kept out by a stranger"
    assert client.post("/session", json={"key": guarded.keys["read"]}).is_success
    client.cookies.clear()
    assert client.get("/about").status_code == 401, "nothing was shown, so nothing was wrong"
    assert client.get("http://test/healthz").status_code == 200 and other.get("/about").status_code == 200
    later = access.clock.now_s() + 61
    monkeypatch.setattr(access.clock, "now_s", lambda: later)
    assert client.get("/about", headers=wrong).status_code == 401


def test_failures_are_forgotten_in_time_and_number(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(access.clock, "now_s", lambda: now)
    failures = access.Failures()
    for number in range(access._ADDRESSES + 50):
        failures.note(str(number))
    assert len(failures._times) == access._ADDRESSES
    for second in range(30):
        now = 2000.0 + second
        failures.note("one")
    assert len(failures._times["one"]) == 10 and failures.wait_s("one") == 51
    now = 2079.5
    assert failures.wait_s("one") == 1
    now = 2080.0
    assert failures.wait_s("one") == 0 and failures.wait_s("two") == 0


@pytest.mark.parametrize(
    ("client", "address"),
    [("10.1.2.3", "10.1.2.3"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"), ("testclient", "testclient")],
)
def test_an_address_of_ipv6_is_its_network(client: str, address: str) -> None:
    assert access.address_of(access.HTTPConnection({"type": "http", "client": (client, 1)})) == address


def test_no_key_reaches_a_log(guarded: Guarded, capfd: pytest.CaptureFixture[str], caplog: Any) -> None:
    key = guarded.make("read")
    wrong = key[:-1] + ("A" if key[-1] != "A" else "B")
    assert guarded.client(wrong).get("/about").status_code == 401
    assert guarded.client(key).post("/session", json={"key": key}).status_code == 200
    said = "".join(capfd.readouterr()) + caplog.text
    assert "wrong key" in said and key[-43:-2] not in said


def test_who_has_no_key_can_send_little(guarded: Guarded) -> None:
    answer = guarded.client().post("/session", json={"key": "x" * 4000})
    assert _code(answer) == "bad_request" and "4,000 bytes" in answer.text


def test_a_request_that_is_too_large_is_refused_before_it_is_read(guarded: Guarded, tmp_path: Path) -> None:
    client = guarded.client(guarded.keys["write"])
    path = f"/knowledge-bases/{guarded.kb}/documents"
    headers = {"content-type": "multipart/form-data; boundary=x"}
    answer = client.post(path, content=b"x", headers={**headers, "content-length": "1000001"})
    assert answer.status_code == 413 and _code(answer) == "too_large" and "max_request_mb" in answer.text

    def pieces() -> Iterator[bytes]:
        yield b'--x\r\ncontent-disposition: form-data; name="files"; filename="a.pdf"\r\n\r\n%PDF-1.7 '
        for _ in range(20):
            yield bytes(100_000)

    answer = client.post(path, content=pieces(), headers=headers)
    assert answer.status_code == 413 and _code(answer) == "too_large"
    assert list((guarded.storage.data / "kb" / guarded.kb / "incoming").iterdir()) == []
