"""Browsers: sessions, pages of other sites, names of the server, WebSockets, and the headers of every answer."""

from __future__ import annotations

from collections.abc import Iterator
from http.cookies import SimpleCookie
from typing import Any

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from pipeline.settings import Settings
from storage import clock, keys
from tests.http.guarded import HERE, Guarded, guarded_app
from tests.stack import until
from web.access import COOKIE
from web.app import create_app
from web.endpoints import events
from web.middleware.headers import SECURITY

HOSTILE = [
    {"origin": "http://evil.example"}, {"origin": "null"}, {"origin": "http://test.evil.example"},
    {"origin": "http://test:8001"}, {"origin": "http://test@evil.example"}, {"origin": "http://[broken"},
    {"origin": ""},
    {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"},
    {"origin": "http://test", "sec-fetch-site": "cross-site"},
]  # fmt: skip
OWN: list[dict[str, str]] = [{}, {"origin": "http://test"}, {"origin": "https://test"}, {"origin": "HTTP://TEST"},
                             {"origin": "http://test", "sec-fetch-site": "same-origin"},
                             {"sec-fetch-site": "none"}]  # fmt: skip


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    with guarded_app(tmp_path_factory.mktemp("guarded"), hosts=["mill.example:8443"]) as guarded:
        yield guarded


@pytest.fixture(scope="module")
def anyone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """An app on a loopback address, where no key is needed."""
    with guarded_app(tmp_path_factory.mktemp("anyone"), keys="auto", hosts=["test"]) as anyone:
        yield anyone


def _sign_in(client: TestClient, key: str) -> Any:
    answer = client.post("/session", json={"key": key})
    assert answer.status_code == 200
    return answer


def test_a_key_is_exchanged_for_a_cookie(guarded: Guarded) -> None:
    browser = guarded.client()
    assert browser.get("/session").status_code == 401
    answer = _sign_in(browser, guarded.keys["mine write"])
    assert answer.json() == {"scope": "write", "knowledge_bases": [guarded.kb], "keys_needed": True}
    (cookie,) = SimpleCookie(answer.headers["set-cookie"]).values()
    assert cookie.key == COOKIE and cookie["httponly"] and cookie["samesite"] == "strict" and cookie["path"] == "/"
    assert int(cookie["max-age"]) == 12 * 3600 and not cookie["secure"] and not cookie["domain"]
    assert guarded.keys["mine write"] not in answer.headers["set-cookie"] and len(cookie.value) >= 43
    assert browser.get("/session").json() == answer.json()
    assert browser.get("http://test/").status_code == 200
    assert browser.get(f"/knowledge-bases/{guarded.kb}").status_code == 200
    assert browser.get(f"/knowledge-bases/{guarded.other}").status_code == 404
    assert browser.delete(f"/knowledge-bases/{guarded.kb}").status_code == 403


def test_over_https_the_cookie_is_for_https_alone(guarded: Guarded) -> None:
    browser = guarded.client()
    answer = browser.post("https://test/api/v1/session", json={"key": guarded.keys["read"]})
    (cookie,) = SimpleCookie(answer.headers["set-cookie"]).values()
    assert cookie["secure"]


def test_signing_out_ends_the_session(guarded: Guarded) -> None:
    browser = guarded.client()
    _sign_in(browser, guarded.keys["read"])
    token = browser.cookies[COOKIE]
    answer = browser.delete("/session")
    assert answer.status_code == 204 and "Max-Age=0" in answer.headers["set-cookie"]
    assert COOKIE not in browser.cookies
    again = guarded.client(cookie=f"{COOKIE}={token}")
    assert again.get("/session").status_code == 401
    assert guarded.client(guarded.keys["read"]).delete("/session").status_code == 204


def test_a_session_ends_with_its_time_and_with_its_key(guarded: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    browser, other = guarded.client(), guarded.client()
    made, key = keys.make(guarded.storage.catalog, "for a browser", "read")
    _sign_in(browser, key)
    _sign_in(other, guarded.keys["read"])
    keys.revoke(guarded.storage.catalog, made.id)
    ended = browser.get("/about")
    assert ended.status_code == 401 and "sign in again" in ended.json()["error"]["message"]
    assert other.get("/about").status_code == 200
    later = clock.now_s() + 12 * 3600 + 1
    monkeypatch.setattr(clock, "now_s", lambda: later)
    assert other.get("/about").status_code == 401


@pytest.mark.parametrize("cookie", [f"{COOKIE}=", f"{COOKIE}=x", f"{COOKIE}={'a' * 43}", f"{COOKIE}=\xff", "other=1"])
def test_cookies_that_are_no_session(guarded: Guarded, cookie: str) -> None:
    client = guarded.client()
    assert client.get("/about", headers={b"cookie": cookie.encode("latin-1")}).status_code == 401  # type: ignore[dict-item]


def _unsafe(client: TestClient, kb: str, headers: dict[str, str]) -> list[Any]:
    form = {"content-type": "multipart/form-data; boundary=x", **headers}
    return [
        client.post("/knowledge-bases", json={"name": "made by a page"}, headers=headers),
        client.post(f"/knowledge-bases/{kb}/documents", content=b"--x--\r\n", headers=form),
        client.patch(f"/knowledge-bases/{kb}", json={}, headers=headers),
        client.delete(f"/knowledge-bases/{'0' * 32}", headers=headers),
        client.post("/session", json={"key": "x"}, headers=headers),
        client.post("/pipeline/ocr/pause", headers=headers),
    ]


@pytest.mark.parametrize("headers", HOSTILE, ids=str)
def test_pages_of_other_sites_change_nothing(guarded: Guarded, anyone: Guarded, headers: dict[str, str]) -> None:
    """Neither with a visitor's session, nor on the visitor's own machine where no key is needed."""
    browser = guarded.client()
    _sign_in(browser, guarded.keys["admin"])
    client = anyone.client()
    for answer in (*_unsafe(browser, guarded.kb, headers), *_unsafe(client, anyone.kb, headers)):
        assert answer.status_code == 403 and answer.json()["error"]["code"] == "forbidden"
        assert not any(name.startswith("access-control") for name in answer.headers)
    assert len(client.get("/knowledge-bases").json()["items"]) == 2
    assert not client.get("/pipeline").json()["stages"]["ocr"]["paused"]


@pytest.mark.parametrize(("mode", "status"), [("navigate", 200), ("no-cors", 403), ("cors", 403), (None, 403)])
def test_pages_of_other_sites_may_link_here_and_no_more(anyone: Guarded, mode: str | None, status: int) -> None:
    headers = {"sec-fetch-site": "cross-site", **({"sec-fetch-mode": mode} if mode else {})}
    for path in ("http://test/", "/about", "http://test/static/js/main.js"):
        assert anyone.client().get(path, headers=headers).status_code == status


@pytest.mark.parametrize("headers", OWN, ids=str)
def test_the_own_page_may(anyone: Guarded, headers: dict[str, str]) -> None:
    assert anyone.client().patch("/knowledge-bases/mine", json={}, headers=headers).status_code == 200


def test_a_page_behind_a_proxy_may(guarded: Guarded) -> None:
    client = guarded.client(guarded.keys["admin"])
    for origin, status in (("https://mill.example:8443", 204), ("https://mill.example", 403)):
        assert client.delete("/session", headers={"origin": origin}).status_code == status


def test_there_is_no_cors(guarded: Guarded) -> None:
    headers = {"origin": "http://evil.example", "access-control-request-method": "POST"}
    for client in (guarded.client(), guarded.client(guarded.keys["admin"])):
        answer = client.options("/knowledge-bases", headers=headers)
        assert answer.status_code in (401, 405)
        assert not any(name.startswith("access-control") for name in answer.headers)


@pytest.mark.parametrize(
    ("host", "fine"),
    [
        ("localhost", True), ("localhost:8000", True), ("127.0.0.1:8000", True), ("127.9.9.9", True),
        ("[::1]:8000", True), ("LocalHost", True), ("test", True), ("test:99", True),
        ("evil.example", False), ("localhost.evil.example", False), ("127.0.0.1.evil.example", False), ("", False),
        ("evil.example@localhost:8000", True), ("localhost@evil.example", False), ("10.0.0.1", False), ("[::1", False),
        ("0.0.0.0", False), ("[::ffff:7f00:1]x", False),
    ],
)  # fmt: skip
def test_where_no_key_is_needed_the_servers_name_counts(anyone: Guarded, host: str, fine: bool) -> None:
    """A page of a name that was made to lead here (DNS rebinding) is of the same origin as what it asks."""
    client = anyone.client()
    for path in ("/about", "http://test/", "http://test/healthz", "http://test/static/js/main.js"):
        answer = client.get(path, headers={"host": host})
        assert (answer.status_code == 200) == fine, path
        assert fine or answer.json()["error"]["code"] == "forbidden"


@pytest.mark.parametrize("header", ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip"])
def test_where_no_key_is_needed_a_proxy_lets_nobody_in(anyone: Guarded, header: str) -> None:
    answer = anyone.client().get("/knowledge-bases", headers={header: "203.0.113.9"})
    assert answer.status_code == 403 and "web.keys" in answer.json()["error"]["message"]


def test_where_no_key_is_needed_other_machines_are_refused(anyone: Guarded) -> None:
    with TestClient(anyone.app, base_url="http://127.0.0.1/api/v1", client=("10.0.0.9", 1)) as client:
        assert client.get("/knowledge-bases").status_code == 403


def test_where_keys_are_needed_any_name_will_do(guarded: Guarded) -> None:
    assert guarded.client(guarded.keys["read"]).get("/about", headers={"host": "mill.local:80"}).status_code == 200


# WebSockets


def _refused(client: TestClient, address: str, **headers: str) -> tuple[str, int]:
    with client.websocket_connect(address, headers=headers) as socket:
        code = socket.receive_json()["error"]["code"]
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_json()
        return code, closed.value.code


def test_websockets_need_a_key_and_a_page_of_this_server(guarded: Guarded) -> None:
    address = f"ws://test/api/v1/knowledge-bases/{guarded.kb}/events"
    assert _refused(guarded.client(), address) == ("unauthorized", 4401)
    assert _refused(guarded.client("wrong"), address) == ("unauthorized", 4401)
    assert _refused(guarded.client(guarded.keys["mine read"]), address.replace(guarded.kb, guarded.other)) == (
        "not_found",
        4404,
    )
    browser = guarded.client()
    _sign_in(browser, guarded.keys["mine read"])
    for headers in HOSTILE:
        if "origin" in headers and headers["origin"] != "http://test":
            assert _refused(browser, address, **headers) == ("forbidden", 4403), headers
    with browser.websocket_connect(address, headers={"origin": "http://test"}) as socket:
        assert socket.receive_json()["type"] == "knowledge_base"
    limited = guarded.client()
    for _ in range(10):
        limited.get("/about", headers={"authorization": "Bearer x"})
    assert _refused(limited, address, authorization="Bearer x") == ("too_many_failures", 4429)


def test_a_websocket_ends_with_its_session(guarded: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "_ALIVE_S", 0.1)
    browser = guarded.client()
    made, key = keys.make(guarded.storage.catalog, "for a browser", "read")
    _sign_in(browser, key)
    with browser.websocket_connect(f"ws://test/api/v1/knowledge-bases/{guarded.kb}/events") as socket:
        assert socket.receive_json()["type"] == "knowledge_base"
        keys.revoke(guarded.storage.catalog, made.id)
        assert socket.receive_json()["error"]["code"] == "unauthorized"
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_json()
        assert closed.value.code == 4401


# Headers


def test_every_answer_has_the_headers(guarded: Guarded, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    admin, stranger = guarded.client(guarded.keys["admin"]), guarded.client()
    base = f"/knowledge-bases/{guarded.kb}"
    original = f"{base}/documents/{guarded.documents[guarded.kb]}/original"
    answers = {
        "200": admin.get("/about"), "csv": admin.get(f"{base}/fields.csv"), "original": admin.get(original),
        "range": admin.get(original, headers={"range": "bytes=0-3"}), "204": admin.delete("/session"),
        "401": stranger.get("/about"), "404": admin.get("/nothing"), "405": admin.put("/about"),
        "422": admin.post("/keys", json={}), "health": stranger.get("http://test/healthz"),
        "openapi": admin.get("http://test/openapi.json"), "page": stranger.get("http://test/"),
        "script": stranger.get("http://test/static/js/main.js"), "no script": stranger.get("http://test/static/none.js"),
        "403": stranger.post("/session", json={}, headers={"origin": "http://evil.example"}),
        "413": admin.post("/keys", content=b"x", headers={"content-length": "9999999"}),
        "416": admin.get(original, headers={"range": "bytes=999-"}), "head": admin.head("/about"),
        "redirect": admin.get("/about/", follow_redirects=False),
    }  # fmt: skip
    monkeypatch.setattr(guarded.app.state.parts, "records", None)
    answers["500"] = admin.get("/knowledge-bases")
    assert answers["500"].status_code == 500
    for name, answer in answers.items():
        own_policy = name in ("page", "script")
        for header, value in SECURITY.items():
            if header == "Cache-Control" or (own_policy and header == "Content-Security-Policy"):
                assert answer.headers[header], name
            else:
                assert answer.headers[header] == value, (name, header)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
        assert len(answer.headers.get_list("cache-control")) == 1 and "server" not in answer.headers
        if not own_policy:
            assert "no-store" in answer.headers["cache-control"]
    assert answers["original"].headers["content-disposition"].startswith("attachment")


def test_a_locked_catalogue_is_answered_with_503(settings: Settings) -> None:
    rules = settings.web.model_copy(update={"busy_timeout_s": 0.1})
    app = create_app(settings.model_copy(update={"web": rules}))
    with TestClient(app, base_url="http://test/api/v1", client=HERE, raise_server_exceptions=False) as client:
        client.post("/knowledge-bases", json={"name": "kb"})
        with app.state.parts.storage.catalog.write():
            answer = client.patch("/knowledge-bases/kb", json={"name": "other"})
            assert answer.status_code == 503 and answer.json()["error"]["code"] == "unavailable"
            assert int(answer.headers["retry-after"]) >= 1
            assert client.get("/knowledge-bases/kb").status_code == 200, "who only reads does not wait"
        until(lambda: client.patch("/knowledge-bases/kb", json={"name": "x"}).status_code == 200, 10, "the lock to go")
