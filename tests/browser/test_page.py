"""What people do: upload, watch it being read, search, see the words on the page; in both languages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pymupdf
import pytest
from playwright.sync_api import Page, expect

from client.requests import kb_path
from tests import drawing
from tests.browser.conftest import Visit
from tests.resumes import resumes
from tests.stack import Stack, until

ENGLISH = ["The heron stands in the shallow river at dawn and waits for trout.", "Nothing else happens here all day."]
CHINESE = ["清晨，白鹭站在浅浅的河水里等待鳟鱼。", "除此之外，这里一整天什么也不会发生。"]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}


def _scan(tmp_path: Path, name: str, paragraphs: list[str], pages: int = 1) -> Path:
    path = tmp_path / name
    path.write_bytes(drawing.scan(drawing.text_pdf([paragraphs] * pages), dpi=150))
    return path


def _row(page: Page, name: str) -> Any:
    return page.locator("[data-document]", has_text=name)


@pytest.mark.parametrize(
    ("visit", "words", "name", "query", "done"),
    [
        ({"locale": "en-US"}, ENGLISH, "heron.pdf", "heron trout", "Done"),
        ({"locale": "zh-CN", "color_scheme": "dark"}, CHINESE, "白鹭.pdf", "白鹭 鳟鱼", "已完成"),
    ],
    indirect=["visit"],
    ids=["en", "zh"],
)
def test_from_upload_to_the_words_on_the_page(
    visit: Visit, stack: Stack, tmp_path: Path, words: list[str], name: str, query: str, done: str
) -> None:
    page = visit.page
    visit.goto()
    page.click("#create")
    label = f"browser {query}"
    page.fill("#create-dialog input[name=name]", label)
    page.locator("#create-dialog button[type=submit]").click()
    expect(page.locator("#drop-zone")).to_be_visible()
    page.evaluate(
        """() => new MutationObserver(() => {
            const row = document.querySelector("[data-document]");
            window.seen ??= [];
            if (row) seen.push(row.dataset.status + " " + row.innerText);
        }).observe(document.body, {subtree: true, childList: true, characterData: true, attributes: true})"""
    )
    page.set_input_files("#file-input", _scan(tmp_path, name, words, pages=3))
    row = _row(page, name)
    expect(row).to_have_attribute("data-status", "done", timeout=90_000)
    expect(row).to_contain_text(done)
    seen: list[str] = page.evaluate("seen")
    states = [state.split(" ")[0] for state in seen]
    assert "running" in states, "the row was never seen at work"
    assert any("2" in state and "3" in state and "running" in state for state in seen), "pages were not counted"
    stack.wait_for_vectors(label)
    page.fill("#search", query)
    page.keyboard.press("Enter")
    hit = page.locator(".hit").first
    expect(hit).to_contain_text(name)
    marked = {word.casefold() for word in hit.locator("mark").all_inner_texts()}
    assert any(word in marked for word in query.split()), marked
    hit.locator(".hit-link").click()
    image = page.locator("#page-image")
    expect(image).to_be_visible()
    expect(page.locator("#page-text")).to_contain_text(words[0][:3])
    boxes = page.locator("#page-overlay rect[data-box=hit]")
    expect(boxes.first).to_be_visible()
    until(lambda: bool(image.evaluate("picture => picture.complete && picture.naturalWidth > 0")), 20, "the picture")
    _assert_boxes_are_on_ink(page)
    with page.expect_download() as download:
        page.click("#download-searchable")
    assert download.value.suggested_filename == f"{Path(name).stem}-searchable.pdf"
    with pymupdf.open(download.value.path(), filetype="pdf") as pdf:
        text = pdf[0].get_text()
        assert len(pdf) == 3 and all(word in text for word in query.split()), text
    expect(page.locator("#download-searchable")).not_to_have_attribute("aria-busy", "true")


def _assert_boxes_are_on_ink(page: Page) -> None:
    """Under a box there is more ink than the page has on average, by far."""
    inside, overall = page.evaluate(
        """() => {
            const image = document.querySelector("#page-image");
            const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
            const context = canvas.getContext("2d", {willReadFrequently: true});
            context.drawImage(image, 0, 0);
            const dark = (x, y, w, h) => {
                const pixels = context.getImageData(x, y, Math.max(w, 1), Math.max(h, 1)).data;
                let n = 0;
                for (let i = 0; i < pixels.length; i += 4) n += pixels[i] < 128;
                return n / (pixels.length / 4);
            };
            const [, , width, height] = document.querySelector("#page-overlay").getAttribute("viewBox").split(" ");
            const across = image.naturalWidth / width, down = image.naturalHeight / height;
            const rects = [...document.querySelectorAll("#page-overlay rect[data-box=hit]")];
            const box = (rect) => ["x", "y", "width", "height"].map((name) => Number(rect.getAttribute(name)));
            const inside = Math.min(...rects.map(box).map(([x, y, w, h]) =>
                dark(x * across, y * down, w * across, h * down)));
            return [inside, dark(0, 0, image.naturalWidth, image.naturalHeight)];
        }"""
    )
    assert inside > 3 * overall and inside > 0.03, (inside, overall)


def test_fields_of_a_resume_beside_its_page(visit: Visit, stack: Stack) -> None:
    resume = next(one for one in resumes() if one.language == "en")
    kb = stack.create("browser resumes", schema="resume")
    document = stack.upload(kb, "candidate.pdf", resume.pdf)
    stack.wait(kb, document)
    page = visit.page
    visit.goto(f"#/kb/{kb}/doc/{document}/page/1")
    page.locator("#side-tab-fields").click()
    field = page.get_by_role("button", name=resume.expected["name"]).first
    expect(field).to_be_visible()
    field.click()
    expect(page.locator("#page-overlay rect[data-box=field]")).to_be_visible()
    visit.goto(f"#/kb/{kb}")
    with page.expect_download() as download:
        page.click("#fields-csv")
    assert resume.expected["name"] in download.value.path().read_text()


def test_what_fails_says_why_and_can_be_tried_again(visit: Visit, stack: Stack, tmp_path: Path) -> None:
    kb = stack.create("browser failures")
    page = visit.page
    visit.goto(f"#/kb/{kb}")
    torn = tmp_path / "torn.pdf"
    torn.write_bytes(drawing.damaged_pdf())
    letter = tmp_path / "letter.doc"
    letter.write_text("<!DOCTYPE html><html><body>Not found</body></html>")
    page.set_input_files("#file-input", [torn, letter])
    expect(page.locator("#rejected [data-rejected]")).to_contain_text("web page")
    row = _row(page, "torn.pdf")
    expect(row).to_have_attribute("data-status", "failed", timeout=60_000)
    expect(row).to_contain_text("damaged")
    row.locator("[data-action=retry]").click()
    document = row.get_attribute("data-document") or ""
    until(lambda: stack.status(kb, document)["run"] == 2, 20, "a second run")
    expect(row).to_have_attribute("data-status", "failed", timeout=60_000)


def test_a_locked_file_asks_for_its_password(visit: Visit, stack: Stack, tmp_path: Path) -> None:
    kb = stack.create("browser locked")
    page = visit.page
    visit.goto(f"#/kb/{kb}")
    locked = tmp_path / "locked.pdf"
    locked.write_bytes(drawing.encrypted_pdf())
    page.set_input_files("#file-input", [locked])
    row = _row(page, "locked.pdf")
    expect(row).to_have_attribute("data-status", "failed", timeout=60_000)
    row.locator("[data-action=retry]", has_text="Enter password").click()
    page.fill("#password-dialog input[name=password]", "open sesame")
    page.locator("#password-dialog button[type=submit]").click()
    expect(page.locator("#password-dialog")).to_have_count(0)
    expect(row).to_have_attribute("data-status", "done", timeout=60_000)
    visit.expected.append("422")
    row.locator(".row-name").click()
    expect(page.locator("#page-text")).to_contain_text("secret")
    expect(page.locator("main")).to_contain_text("its password is not kept")


def test_a_change_made_elsewhere_shows_without_a_reload(visit: Visit, stack: Stack) -> None:
    kb = stack.create("browser live")
    page = visit.page
    visit.goto(f"#/kb/{kb}")
    expect(page.locator("#drop-zone")).to_be_visible()
    document = stack.upload(kb, "from-afar.pdf", drawing.text_pdf([ENGLISH]))
    row = page.locator(f"[data-document='{document}']")
    expect(row).to_have_attribute("data-status", "done", timeout=60_000)
    stack.client.call("DELETE", f"{kb_path(kb)}/documents/{document}")
    expect(row).to_have_count(0)


def test_names_of_files_are_text_and_nothing_else(visit: Visit, stack: Stack) -> None:
    kb = stack.create("browser <b>names")
    evil = "<img src=x onerror=alert(1)>.pdf"
    stack.wait(kb, stack.upload(kb, evil, drawing.text_pdf([["<script>alert(2)</script> heron"]])))
    page = visit.page
    visit.goto(f"#/kb/{kb}/search?q=heron&mode=keyword")
    expect(page.locator(".hit").first).to_contain_text(evil)
    expect(page.locator(".hit").first).to_contain_text("<script>alert(2)</script>")


def test_the_pipeline_tells_what_everybody_does(visit: Visit, stack: Stack) -> None:
    kb = stack.create("browser pipeline")
    page = visit.page
    visit.goto("#/pipeline")
    expect(page.locator(".stage-card")).to_have_count(5)
    expect(page.locator("[data-worker]").first).to_be_visible()
    book = stack.upload(kb, "book.pdf", drawing.scan(drawing.text_pdf([ENGLISH] * 12), dpi=150))
    expect(page.locator("[data-worker]", has_text="book.pdf").first).to_be_visible(timeout=30_000)
    stack.client.call("POST", f"{kb_path(kb)}/documents/{book}/cancel")


def test_failures_are_listed_retried_and_discarded(visit: Visit, stack: Stack) -> None:
    kb = stack.create("browser torn files")
    torn = stack.upload(kb, "torn-twice.pdf", drawing.damaged_pdf())
    stack.wait(kb, torn)
    page = visit.page
    visit.goto("#/pipeline")
    failure = page.locator(f"[data-failures=render] [data-document='{torn}']")
    expect(failure).to_contain_text("torn-twice.pdf")
    expect(failure).to_contain_text("damaged")
    failure.locator("[data-action=retry]").click()
    until(lambda: stack.status(kb, torn)["run"] == 2, 20, "a second run")
    stack.wait(kb, torn)
    expect(failure).to_be_visible(timeout=20_000)
    failure.locator("[data-action=discard]").click()
    expect(failure).to_have_count(0)
    assert stack.status(kb, torn)["status"] == "failed"


@pytest.mark.parametrize(
    ("visit", "note"),
    [({"locale": "en-US"}, "Extract is paused"), ({"locale": "zh-CN"}, "提取已暂停")],
    indirect=["visit"],
    ids=["en", "zh"],
)
def test_a_stage_is_paused_and_goes_on(visit: Visit, stack: Stack, note: str) -> None:
    page = visit.page
    kb = stack.create(f"browser: {note}")
    visit.goto("#/pipeline")
    card = page.locator(".stage-card[data-stage=extract]")
    card.locator("[data-action=pause]").click()
    try:
        expect(card).to_have_attribute("data-paused", "true")
        expect(page.locator("#health .note-warning", has_text=note)).to_be_visible(timeout=20_000)
        document = stack.upload(kb, "waits.pdf", drawing.text_pdf([ENGLISH]))
        until(lambda: stack.status(kb, document)["stage"] == "extract", 60, "it to wait for the paused stage")
        expect(card.locator("[data-figure=ready] dd")).to_have_text("1")
        card.locator("[data-action=pause]").click()
        expect(card).to_have_attribute("data-paused", "false")
        assert stack.wait(kb, document)[0]["status"] == "done"
    finally:
        stack.client.call("POST", "/pipeline/extract/resume")


def test_a_document_is_done_anew(visit: Visit, stack: Stack) -> None:
    kb = stack.create("browser anew")
    document = stack.upload(kb, "anew.pdf", drawing.text_pdf([ENGLISH]))
    stack.wait(kb, document)
    page = visit.page
    visit.goto(f"#/kb/{kb}")
    row = _row(page, "anew.pdf")
    row.locator("[data-action=reprocess]").click()
    page.locator("#reprocess-dialog input[value=store]").check()
    page.locator("#reprocess-dialog button[type=submit]").click()
    until(lambda: stack.status(kb, document)["published_run"] == 2, 60, "the second run to publish")
    expect(row).to_have_attribute("data-status", "done", timeout=20_000)


@pytest.mark.parametrize("visit", [PHONE, {**PHONE, "locale": "zh-CN", "color_scheme": "dark"}], indirect=True)
def test_nothing_sticks_out_on_a_phone(visit: Visit, stack: Stack, request: pytest.FixtureRequest) -> None:
    kb = stack.create(f"phone {request.node.name}"[:90])
    document = stack.upload(kb, f"{'a-very-long-file-name-' * 5}.pdf", drawing.text_pdf([ENGLISH, CHINESE]))
    stack.wait(kb, document)
    page = visit.page
    for route in ("#/", f"#/kb/{kb}", f"#/kb/{kb}/search?q=heron", f"#/kb/{kb}/doc/{document}/page/1", "#/pipeline"):
        visit.goto(route)
        page.wait_for_load_state("networkidle")
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, route


def test_language_and_theme_are_kept(visit: Visit) -> None:
    page = visit.page
    visit.goto()
    page.locator("#language-switch input[value=zh]").check(force=True)
    page.locator("#theme-switch input[value=dark]").check(force=True)
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.reload()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == dark
    expect(page.locator("#create")).to_contain_text("知识库")


def test_a_knowledge_base_that_is_not_there(visit: Visit) -> None:
    visit.expected.append("404")
    visit.goto("#/kb/nothing")
    expect(visit.page.locator("main")).to_contain_text("There is no")
