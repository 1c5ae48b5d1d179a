"""The table of fields and the facets: sorted, narrowed, and each value leads to its place on the page."""

from __future__ import annotations

import csv
import io
from urllib.parse import urljoin

import httpx
import pytest
from playwright.sync_api import Locator, expect

from tests import drawing
from tests.browser.conftest import Visit
from tests.stack import Stack

_PEOPLE = {
    "ada.pdf": ["Ada Lark", "ada.lark@example.org", "Skills: Python, Redis", "Languages: English, German"],
    "bo.pdf": ["Bo Finch", "bo.finch@example.org", "Skills: Redis, Kubernetes", "Languages: English"],
    "cy.pdf": ["Cy Heron", "cy.heron@example.org", "Skills: Excel, SAP", "Languages: English, French"],
}


@pytest.fixture(scope="module")
def people(stack: Stack) -> str:
    """A knowledge base of three resumes."""
    kb = stack.create("browser table", schema="resume")
    made = [stack.upload(kb, name, drawing.text_pdf([lines])) for name, lines in _PEOPLE.items()]
    stack.wait(kb, *made)
    return kb


def _rows(visit: Visit) -> Locator:
    return visit.page.locator("#field-table tbody th a")


def test_the_table_is_sorted_filtered_and_leads_to_the_page(visit: Visit, people: str) -> None:
    page = visit.page
    visit.goto(f"#/kb/{people}/table")
    expect(_rows(visit)).to_have_count(3)
    page.click("th[data-column=email] button")
    expect(_rows(visit)).to_have_text(["ada.pdf", "bo.pdf", "cy.pdf"])
    page.click("th[data-column=email] button")
    expect(page.locator("th[data-column=email]")).to_have_attribute("aria-sort", "descending")
    expect(_rows(visit)).to_have_text(["cy.pdf", "bo.pdf", "ada.pdf"])
    page.fill("#filter-input", "skills:Redis")
    page.keyboard.press("Enter")
    expect(_rows(visit)).to_have_text(["bo.pdf", "ada.pdf"])
    address = page.get_attribute("#table-csv", "href") or ""
    table = list(csv.DictReader(io.StringIO(httpx.get(urljoin(visit.url, address)).text.removeprefix("\ufeff"))))
    assert [row["filename"] for row in table] == ["bo.pdf", "ada.pdf"], "the file holds what the table shows"
    page.locator("td[data-path=email] a", has_text="ada.lark@example.org").click()
    expect(page.locator(".field-line.wanted")).to_contain_text("ada.lark@example.org")
    expect(page.locator("#page-overlay rect[data-box=field]")).to_be_visible()
    page.click(".back")
    expect(page.locator("#field-table")).to_be_visible()


def test_columns_are_chosen(visit: Visit, people: str) -> None:
    page = visit.page
    visit.goto(f"#/kb/{people}/table")
    expect(page.locator("th[data-column=email]")).to_be_visible()
    expect(page.locator("th[data-column=ethnicity]")).to_have_count(0)
    page.click("#columns summary")
    page.uncheck("#columns input[value=email]")
    page.check("#columns input[value=ethnicity]")
    page.click("#columns button[type=submit]")
    expect(page.locator("th[data-column=ethnicity]")).to_be_visible()
    expect(page.locator("th[data-column=email]")).to_have_count(0)


def test_a_facet_narrows_what_was_found(visit: Visit, people: str) -> None:
    page = visit.page
    visit.goto(f"#/kb/{people}/search?q=skills&mode=keyword")
    hits = page.locator(".hit")
    expect(hits).to_have_count(3)
    redis = page.locator("[data-facet=skills] button", has_text="Redis")
    expect(redis).to_contain_text("2")
    redis.click()
    expect(hits).to_have_count(2)
    expect(page.locator(".hit", has_text="cy.pdf")).to_have_count(0)
    page.locator("[data-facet=skills] button[aria-pressed=true]").click()
    expect(hits).to_have_count(3)
