"""The page lets a person write a schema, shows what is wrong at its place, and offers to apply it."""

from __future__ import annotations

import json
import os

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.schema_pages import PAGES
from tests.stack import Stack

INVOICE = next(page for page in PAGES if page.name == "invoice, English")


@pytest.mark.parametrize("visit", [{"locale": "zh-CN"}], indirect=True)
def test_a_schema_is_written_mended_and_applied(visit: Visit, stack: Stack) -> None:
    kb = stack.create(f"browser schema {os.getpid()}")
    document = stack.upload(kb, "invoice.pdf", INVOICE.pdf)
    stack.wait(kb, document)
    visit.expected.append("422")  # the browser's own words of an answer
    page = visit.page
    visit.goto(f"#/kb/{kb}")
    page.click("#rename")
    page.check("#change-dialog input[value=own]")
    text = page.locator("#change-dialog textarea")
    assert "发票号码" in text.input_value(), "an example to begin with"
    text.fill('{\n  "type": "object",\n  "properties": {')
    page.click("#change-dialog button[type=submit]")
    expect(page.locator("#schema-problem")).to_contain_text("第 3 行")
    wrong = {"type": "object", "properties": {"total": {"type": "number"}, "when": {"type": "strange"}}}
    text.fill(json.dumps(wrong, indent=2))
    page.click("#change-dialog button[type=submit]")
    expect(page.locator("#schema-problem")).to_contain_text("第 8 行（/properties/when/type）")
    assert text.evaluate("node => node.value.slice(node.selectionStart, node.selectionEnd)") == '"type": "strange"'

    text.fill(json.dumps(INVOICE.schema))
    page.click("#change-dialog button[type=submit]")
    page.click("#rerun-dialog button[type=submit]")
    expect(page.locator("#rerun-dialog")).to_have_count(0)
    stack.wait(kb, document)
    assert stack.status(kb, document)["fields"]["invoice_number"]["value"] == "NW-20417"
