"""A server that wants keys, in a real browser: the key is shown once, and nothing that a script can read keeps it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from starlette.applications import Starlette

from storage import keys
from storage.database import Database
from tests.http.guarded import PDF, lonely, served
from web.access import COOKIE
from web.endpoints import events

STRINGS = (
    "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, document.documentElement.outerHTML])"
)
PICTURES = os.environ.get("PAGEMILL_PICTURES")  # a folder: to look at the page by eye


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Database]]:
    """Its address and its catalogue."""
    settings = lonely(tmp_path_factory.mktemp("sign-in"), keys="always")
    with pytest.MonkeyPatch.context() as patch, served(settings) as (_, port, app):
        patch.setattr(events, "_ALIVE_S", 0.2)  # how soon an open page learns that its key was revoked
        yield f"http://127.0.0.1:{port}", _catalog(app)


def _catalog(app: Starlette) -> Database:
    catalog: Database = app.state.parts.storage.catalog
    return catalog


def _sign_in(page: Page, key: str) -> None:
    page.fill("#key", key)
    page.keyboard.press("Enter")


def _picture(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png")


@pytest.mark.parametrize(
    ("context", "title", "ended", "wrong"),
    [
        ({"locale": "en-US"}, "Sign in", "session has ended", "not valid"),
        ({"locale": "zh-CN", "color_scheme": "dark"}, "登录", "会话已结束", "密钥无效"),
        (
            {"locale": "en-US", "viewport": {"width": 390, "height": 844}, "has_touch": True},
            "Sign in",
            "has ended",
            "valid",
        ),
    ],
    ids=["en", "zh", "phone"],
)
def test_a_key_opens_the_page_once(
    browser: Browser, server: tuple[str, Database], context: dict[str, object], title: str, ended: str, wrong: str
) -> None:
    url, catalog = server
    made, key = keys.make(catalog, "a person", "admin")
    api = httpx.Client(base_url=f"{url}/api/v1", headers={"authorization": f"Bearer {key}"}, trust_env=False)
    kb = api.post("/knowledge-bases", json={"name": f"sign in {made.id}"}).json()["id"]
    opened = browser.new_context(**{"viewport": {"width": 1280, "height": 860}, **context})  # type: ignore[arg-type]
    opened.set_default_timeout(30_000)
    page = opened.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.goto(f"{url}/#/kb/{kb}")
    expect(page.locator("#sign-in h1")).to_have_text(title)
    expect(page.locator("#key")).to_be_focused()
    _picture(page, f"sign-in-{title}-{page.viewport_size['width']}")  # type: ignore[index]
    _sign_in(page, key[:-1])
    expect(page.locator("#sign-in .note-error")).to_contain_text(wrong)
    _picture(page, f"sign-in-wrong-{title}-{page.viewport_size['width']}")  # type: ignore[index]
    _sign_in(page, f" {key} ")
    expect(page.locator("#drop-zone")).to_be_visible()
    _picture(page, f"signed-in-{title}-{page.viewport_size['width']}")  # type: ignore[index]
    assert key[-43:] not in page.evaluate(STRINGS) and COOKIE not in page.evaluate("document.cookie")
    (cookie,) = opened.cookies()
    assert cookie["name"] == COOKIE and cookie["httpOnly"] and cookie["sameSite"] == "Strict"
    assert key[-43:] not in cookie["value"]
    page.reload()
    expect(page.locator("#drop-zone")).to_be_visible()
    document = api.post(f"/knowledge-bases/{kb}/documents", files={"files": ("live.pdf", PDF)}).json()["documents"][0]
    expect(page.locator(f"[data-document='{document['id']}']")).to_be_visible()  # told by the WebSocket
    with page.expect_download() as download:
        page.locator(f"[data-document='{document['id']}'] a[download]").click()
    assert download.value.path().read_bytes() == PDF
    keys.revoke(catalog, made.id)
    expect(page.locator("#sign-in")).to_contain_text(ended)
    expect(page.locator("#drop-zone")).to_have_count(0)
    assert all(re.search("401|WebSocket", words) for words in complaints), complaints
    api.close()
    opened.close()


def test_a_key_that_may_only_read_offers_nothing_else(browser: Browser, server: tuple[str, Database]) -> None:
    url, catalog = server
    _, admin = keys.make(catalog, "admin", "admin")
    _, reader = keys.make(catalog, "reader", "read")
    headers = {"authorization": f"Bearer {admin}"}
    kb = httpx.post(f"{url}/api/v1/knowledge-bases", json={"name": "to read"}, headers=headers, trust_env=False).json()[
        "id"
    ]
    opened = browser.new_context(locale="en-US", viewport={"width": 1280, "height": 860})
    page = opened.new_page()
    page.goto(url)
    _sign_in(page, reader)
    expect(page.locator(f"[data-kb='{kb}']")).to_be_visible()
    expect(page.locator("#create")).to_be_hidden()
    expect(page.locator(f"[data-kb='{kb}'] .card-actions")).to_be_hidden()
    page.goto(f"{url}/#/kb/{kb}")
    expect(page.locator("#search")).to_be_visible()
    for what in ("#drop-zone", "#rename", "#reprocess", "#delete"):
        expect(page.locator(what)).to_be_hidden()
    _picture(page, "reader")
    page.locator("#sign-out").click()
    expect(page.locator("#sign-in")).to_be_visible()
    assert opened.cookies() == []
    assert page.request.get(f"{url}/api/v1/about").status == 401
    _sign_in(page, admin)
    expect(page.locator("#drop-zone")).to_be_visible()
    opened.close()
