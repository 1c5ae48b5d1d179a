"""The README's pictures, from a demo: `make screenshots`."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect, sync_playwright

from cli.samples import scan
from pipeline.settings import PROJECT_ROOT
from tests import drawing
from tests.browser.chromium import launched
from tests.resumes import resumes
from tests.stack import Stack, running, until

DESK = {"width": 1280, "height": 860}
PHONE = {"width": 390, "height": 844}


def _settled(page: Page) -> None:
    """Wait until pictures are drawn and nothing is asked for any more."""
    page.wait_for_load_state("networkidle")
    drawn = "[...document.images].every((image) => image.complete && image.naturalWidth > 0)"
    until(lambda: bool(page.evaluate(drawn)), 30, "all pictures")
    page.mouse.move(2, 2)


def _save(page: Page, folder: Path, name: str) -> None:
    _settled(page)
    page.screenshot(path=folder / f"{name}.png")
    print(f"{name}.png")


def _search(page: Page, words: str) -> None:
    page.fill("#search", words)
    page.keyboard.press("Enter")
    expect(page.locator(".hit").first).to_be_visible()


def _desk(browser: Browser, url: str, kb: str, resumes_kb: str, folder: Path, language: str) -> None:
    """The same views in one language."""
    chinese = language == "zh"
    context = browser.new_context(viewport=DESK, locale="zh-CN" if chinese else "en-US", device_scale_factor=2)
    page = context.new_page()
    page.goto(f"{url}/#/kb/{kb}")
    expect(page.locator("[data-document]").first).to_be_visible()
    _save(page, folder, f"documents-{language}")
    _search(
        page, "高山河流的水温为什么升得更快？" if chinese else "What does the repair of the reading room roof cost?"
    )
    _save(page, folder, f"search-{language}")
    if chinese:
        page.goto(f"{url}/#/kb/{resumes_kb}")
        _search(page, "儿童医院 药房 自动发药系统")
    page.locator(".hit-link").first.click()
    expect(page.locator("#page-overlay rect[data-box=hit]").first).to_be_visible()
    if chinese:
        page.locator("#side-tab-fields").click()
    _save(page, folder, f"viewer-{language}")
    context.close()


def _others(browser: Browser, stack: Stack, kb: str, folder: Path) -> None:
    """The pipeline at work, dark, and a phone."""
    dark: dict[str, Any] = {"viewport": DESK, "locale": "en-US", "device_scale_factor": 2, "color_scheme": "dark"}
    context = browser.new_context(**dark)
    page = context.new_page()
    live = stack.create("Letters 来信")
    for number in range(7):
        lines = ["The mill stands by the river, and the river runs past it to the sea."] * 12
        paragraphs = [[f"Letter {number}, page {n}.", *lines] for n in range(2 + 4 * number)]
        stack.upload(live, f"letter-{number}.pdf", scan(drawing.text_pdf(paragraphs), seed=number))
    until(lambda: stack.client.call("GET", "/pipeline")["stages"]["ocr"]["rate_per_minute"] >= 6, 60, "OCR at work")
    page.goto(f"{stack.url}/#/kb/{live}")
    expect(page.locator("[data-document][data-status=running]").first).to_be_visible()
    page.screenshot(path=folder / "dark.png")
    page.goto(f"{stack.url}/#/pipeline")
    expect(page.locator("[data-worker]", has_text="letter-").first).to_be_visible()
    page.emulate_media(color_scheme="light")
    page.screenshot(path=folder / "pipeline-en.png")
    context.close()
    phone = browser.new_context(viewport=PHONE, locale="zh-CN", device_scale_factor=2, has_touch=True)
    page = phone.new_page()
    page.goto(f"{stack.url}/#/kb/{kb}")
    expect(page.locator("[data-document]").first).to_be_visible()
    _save(page, folder, "phone")
    phone.close()


def main(folder: Path) -> None:
    """Run the demo, start a stack on what it left, and take the pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        data = Path(temporary) / "data"
        command = [sys.executable, "-m", "cli.main", "demo", "--data", str(data)]
        subprocess.run(command, check=True, env={**os.environ, "DEMO_EXIT": "1"}, cwd=PROJECT_ROOT)
        with running(data) as stack, sync_playwright() as playwright, launched(playwright) as browser:
            named = {item["name"]: item["id"] for item in stack.client.call("GET", "/knowledge-bases")["items"]}
            people = named["demo-resumes"]
            made = [stack.upload(people, f"{one.name}.pdf", one.pdf) for one in resumes()]
            stack.wait(people, *made)
            stack.wait_for_vectors("demo")
            for language in ("en", "zh"):
                _desk(browser, stack.url, named["demo"], people, folder, language)
            _others(browser, stack, named["demo"], folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
