"""What is to be checked: listed, put right beside the image, found by its new words, taken back."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests import drawing
from tests.browser.conftest import Visit
from tests.stack import Stack, until

_LINES = ["Ada Lark", "0555 014 2277", "Skills: Python, Redis", "The heron waits at the weir."]
_RECEIPT = ["The Weir Tearoom", "Scones with jam 14.20", "A pot of tea 6.80", "21.00 EUR"]
_BILL = {
    "type": "object",
    "properties": {"total": {"type": "number"}, "currency": {"type": "string", "enum": ["EUR", "USD"]}},
}
_SLOW = 60_000


def test_a_field_is_put_right_from_the_list_and_another_confirmed(visit: Visit, stack: Stack) -> None:
    kb = stack.create("browser review", schema=_BILL)
    document = stack.upload(kb, "tearoom.pdf", drawing.text_pdf([_RECEIPT]))  # names no total: the largest is a guess
    stack.wait(kb, document)
    page = visit.page
    visit.goto(f"#/kb/{kb}/review")
    total, currency = (page.locator(f"#review-list [data-path={path}]") for path in ("total", "currency"))
    expect(total).to_contain_text("21.00")
    expect(total).to_contain_text("tearoom.pdf")
    expect(currency).to_contain_text("EUR")
    total.locator("a").click()
    wanted = page.locator(".field-line.wanted")
    expect(wanted).to_contain_text("21.00")
    expect(page.locator("#page-overlay rect[data-box=field]")).to_be_visible()
    wanted.locator(".icon-button").click()
    value = page.locator(".field-editor input")
    expect(value).to_be_focused()
    value.fill("22.50")
    page.keyboard.press("Enter")
    expect(page.locator(".field-editor")).to_have_count(0)
    expect(wanted.locator(".corrected")).to_be_visible(timeout=_SLOW)
    expect(wanted).to_contain_text("22.50")
    expect(page.locator("#next-to-check")).to_be_focused()
    page.click(".back")
    expect(currency).to_be_visible()
    expect(total).to_have_count(0)
    currency.locator("[data-confirm=field]").click()
    expect(page.locator("#nothing-to-review")).to_be_visible(timeout=_SLOW)
    fields = stack.wait(kb, document)[0]["fields"]
    assert [(fields[name]["value"], fields[name]["method"]) for name in _BILL["properties"]] == [
        ("22.50", "corrected"), ("EUR", "corrected"),
    ]  # fmt: skip


def test_a_page_that_nothing_could_read_is_typed_and_taken_back(visit: Visit, stack: Stack) -> None:
    kb = stack.create("browser typed page")
    document = stack.upload(kb, "plan.pdf", drawing.pdf_with_a_huge_page("The heron waits at the weir."))
    stack.wait(kb, document)
    page = visit.page
    visit.goto(f"#/kb/{kb}/review")
    line = page.locator(f"#review-list [data-kind=page][data-document='{document}']")
    expect(line).to_contain_text("page 2")
    expect(line.locator("[data-confirm]")).to_have_count(0)  # there is no text that could be right
    line.locator("a").click()
    area = page.locator("#page-area")
    expect(area).to_be_focused()
    area.fill("A kingfisher nests here.")
    page.click("#save-page")
    expect(page.locator("#page-text")).to_contain_text("kingfisher", timeout=_SLOW)
    page.click(".back")
    expect(page.locator("#review-list li").or_(page.locator("#nothing-to-review"))).not_to_have_count(0)
    expect(line).to_have_count(0)
    _searched(page, visit, kb, "kingfisher", 1)
    page.locator(".hit-link").click()
    expect(page.locator("#page-number")).to_have_value("2")
    expect(page.locator("#page-text mark")).to_have_text("kingfisher")
    page.click("#side-tab-history")
    page.locator("#corrections button", has_text="Take back").click()
    expect(page.locator("#corrections")).to_contain_text("no longer in force", timeout=_SLOW)
    until(lambda: stack.status(kb, document)["published_run"] == 3, 60, "the run without it")
    _searched(page, visit, kb, "kingfisher", 0)
    visit.goto(f"#/kb/{kb}/review")
    expect(line).to_be_visible()


def test_a_word_of_a_page_is_put_right_beside_its_place(visit: Visit, stack: Stack) -> None:
    kb = stack.create("browser corrected page")
    document = stack.upload(kb, "weir.pdf", drawing.text_pdf([_LINES]))
    stack.wait(kb, document)
    page = visit.page
    visit.goto(f"#/kb/{kb}/doc/{document}/page/1")
    page.click("#correct-text")
    area = page.locator("#page-area")
    expect(area).to_be_focused()
    area.fill(area.input_value().replace("heron", "kingfisher"))
    expect(page.locator("#page-overlay rect[data-box=field]")).to_be_visible()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#page-text")).to_contain_text("kingfisher", timeout=_SLOW)
    _searched(page, visit, kb, "kingfisher", 1)
    _searched(page, visit, kb, "heron", 0)


def _searched(page: Page, visit: Visit, kb: str, words: str, hits: int) -> None:
    visit.goto(f"#/kb/{kb}/search?mode=keyword&q={words}")
    if hits == 0:
        expect(page.locator("#nothing-found")).to_be_visible()
    expect(page.locator(".hit")).to_have_count(hits)


def test_what_is_refused_stays_in_the_box(visit: Visit, stack: Stack) -> None:
    kb = stack.create("browser refused", schema="resume")
    lines = ["Ada Lark", "ada.lark@example.org", "Date of birth: 1991-03-14"]
    document = stack.upload(kb, "born.pdf", drawing.text_pdf([lines]))
    stack.wait(kb, document)
    page = visit.page
    visit.expected.append("400")
    visit.expected.append("422")
    visit.goto(f"#/kb/{kb}/doc/{document}/page/1?field=birth_date")
    page.locator(".field-line.wanted .icon-button").click()
    page.fill(".field-editor input", "the fourteenth")
    page.keyboard.press("Enter")
    expect(page.locator(".field-editor [role=alert]")).to_be_visible()
    expect(page.locator(".field-editor input")).to_have_value("the fourteenth")
    expect(page.locator(".field-editor input")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".field-line.wanted")).to_contain_text("1991-03-14")


@pytest.mark.parametrize("visit", [{"viewport": {"width": 390, "height": 844}, "locale": "zh-CN"}], indirect=True)
def test_nothing_sticks_out_on_a_phone(visit: Visit, stack: Stack) -> None:
    kb = stack.create("phone review", schema="resume")
    document = stack.upload(kb, f"{'a-very-long-file-name-' * 5}.pdf", drawing.text_pdf([_LINES]))
    stack.wait(kb, document)
    page = visit.page
    routes = ("table", "review", f"doc/{document}/page/1?edit=text&from=review")
    for route in routes:
        visit.goto(f"#/kb/{kb}/{route}")
        page.wait_for_load_state("networkidle")
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, route
