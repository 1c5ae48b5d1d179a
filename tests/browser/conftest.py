"""A page in the system's Chromium on the stack that all tests share; what it says on its console fails the test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.chromium import executable, launched
from tests.stack import Stack


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if executable() is None:
        message = "Chromium is missing: sudo apt-get install chromium fonts-noto-cjk"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    with sync_playwright() as playwright, launched(playwright) as browser:
        yield browser


@dataclass(slots=True)
class Visit:
    """A page, and what it complained about.

    Attributes:
        expected: parts of console messages that belong to the test.
    """

    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def goto(self, route: str = "#/") -> None:
        self.page.goto(f"{self.url}/{route}")


@pytest.fixture
def visit(browser: Browser, stack: Stack, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """In English and on a desk; `@pytest.mark.parametrize("visit", [{...}], indirect=True)` changes the context."""
    given = {"locale": "en-US", "viewport": {"width": 1280, "height": 860}, **getattr(request, "param", {})}
    context = browser.new_context(**given)
    context.set_default_timeout(30_000)
    visit = Visit(context.new_page(), stack.url)

    def note(words: str) -> None:
        if not any(part in words for part in visit.expected):
            visit.complaints.append(words)

    visit.page.on("console", lambda message: note(message.text) if message.type in ("error", "warning") else None)
    visit.page.on("pageerror", lambda error: note(str(error)))
    yield visit
    visit.page.goto("about:blank")
    context.close()
    assert visit.complaints == []
