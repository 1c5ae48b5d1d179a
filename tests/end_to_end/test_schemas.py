"""A schema set, changed and applied again from `extract` on, through the whole chain: no page is read again."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from cli import control, main, schema
from client import ApiError
from client.requests import kb_path
from tests import drawing
from tests.schema_pages import PAGES
from tests.stack import Stack

INVOICE = next(page for page in PAGES if page.name == "invoice, English")
TITLED: dict[str, Any] = {
    "type": "object",
    "required": ["客户", "warehouse"],
    "properties": {
        "客户": {"type": "string", "title": "Bill to"}, "warehouse": {"type": "string"}, "subtotal": {"type": "number"},
    },
}  # fmt: skip


def _pagemill(stack: Stack, *arguments: str) -> Result:
    """The command in this process, which is quick; errors that `main` would turn into a sentence are raised."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (main, control, schema):
            patch.setattr(module, "open_client", lambda *_, **__: stack.client)
        return CliRunner().invoke(main.app, list(arguments), catch_exceptions=False)


def _documents(stack: Stack, kb: str, condition: str) -> list[str]:
    found = stack.client.call("GET", f"{kb_path(kb)}/documents", params={"filter": condition})
    return [item["id"] for item in found["items"]]


def _readings(stack: Stack, kb: str, document: str) -> list[tuple[int, int]]:
    """Page numbers and the readings that the latest run has of them."""
    folder = stack.data / "kb" / stack.client.call("GET", kb_path(kb))["id"]
    with closing(sqlite3.connect(f"file:{folder / 'kb.sqlite3'}?mode=ro", uri=True)) as database:
        return database.execute(
            "SELECT p.page_number, p.reading FROM page AS p JOIN document AS d ON d.id = p.document AND d.run = p.run"
            " WHERE p.document = ? AND p.state = 'read' ORDER BY p.page_number",
            (document,),
        ).fetchall()


def test_a_schema_is_set_changed_and_applied_without_reading_pages(stack: Stack, kb: str, tmp_path: Path) -> None:
    whole = stack.upload(kb, "invoice.pdf", INVOICE.pdf)
    torn = stack.upload(kb, "torn.pdf", drawing.pdf_with_a_huge_page("Due date: 13 April 2025"))
    stack.wait(kb, whole, torn)
    assert "amounts" in stack.status(kb, whole)["fields"]
    before = {document: _readings(stack, kb, document) for document in (whole, torn)}
    assert len(before[whole]) == 1 and len(before[torn]) == 2

    (tmp_path / "invoice.json").write_text(json.dumps(INVOICE.schema))
    changed = _pagemill(stack, "schema", str(tmp_path / "invoice.json"), "--kb", kb)
    assert changed.exit_code == 0 and "--rerun" in changed.stdout, changed.stderr
    kept = stack.status(kb, whole)
    assert kept["run"] == 1 and "amounts" in kept["fields"], "nothing is done before it is asked for"
    assert _documents(stack, kb, "due_date:2025-04-13") == [], "its names are known before any document has them"

    rerun = _pagemill(stack, "schema", "--kb", kb, "--rerun", "--wait")
    assert rerun.exit_code == 0 and "2 documents are done again" in rerun.stdout, rerun.stderr
    status = stack.status(kb, whole)
    assert status["status"] == "done" and status["run"] == 2 and status["warnings"] == []
    assert status["fields"]["total"]["value"] == "382.20" and "amounts" not in status["fields"]
    assert status["fields"]["line_items"][1]["description"]["value"] == "Paper towels"
    assert (status["stages"]["render"]["total"], status["stages"]["ocr"]["total"]) == (0, 0)
    assert set(_documents(stack, kb, "due_date:2025-04-13")) == {whole, torn}
    assert stack.status(kb, torn)["pages"]["failed"] == 1, "a page that fails again does not stop it"

    stack.client.call("PATCH", kb_path(kb), json={"schema": TITLED})
    stack.client.call("POST", f"{kb_path(kb)}/documents/{whole}/reprocess", params={"from": "extract"})
    stack.wait(kb, whole)
    status = stack.status(kb, whole)
    assert {name: field["value"] for name, field in status["fields"].items()} == {
        "客户": "Fairview Dental Practice", "subtotal": "318.50",
    }  # fmt: skip
    assert [(one["code"], one["detail"]["fields"]) for one in status["warnings"]] == [("field_missing", ["warehouse"])]
    assert {document: _readings(stack, kb, document) for document in (whole, torn)} == before, "no page was read again"


def test_a_schema_from_a_file_makes_a_knowledge_base(stack: Stack, tmp_path: Path) -> None:
    (tmp_path / "letter.pdf").write_bytes(drawing.text_pdf([["Reference: AB-12"]]))
    (tmp_path / "schema.json").write_text('{"type": "object", "properties": {"reference": {"type": "string"}}}')
    (tmp_path / "wrong.json").write_text('{"type": "object", "properties": {"reference": {"type": "strange"}}}')
    arguments = ("add", str(tmp_path / "letter.pdf"), "--kb", "referenced", "--wait", "--json", "--schema")
    with pytest.raises(ApiError, match="/properties/reference/type"):
        _pagemill(stack, *arguments, str(tmp_path / "wrong.json"))
    added = _pagemill(stack, *arguments, str(tmp_path / "schema.json"))
    assert json.loads(added.stdout)["documents"][0]["fields"]["reference"]["value"] == "AB-12"
    shown = _pagemill(stack, "schema", "--kb", "referenced", "--json")
    assert json.loads(shown.stdout)["properties"] == {"reference": {"type": "string"}}
    for wrong in (("schema", "no-such-file.json"), ("schema", str(tmp_path / "letter.pdf")), ("schema", "--wait")):
        assert _pagemill(stack, *wrong, "--kb", "referenced").exit_code == 2
    indexed = _pagemill(stack, "reindex", "--kb", "referenced", "--json")
    assert indexed.exit_code == 0 and '"runs": 1' in indexed.stdout
    document = json.loads(added.stdout)["documents"][0]["id"]
    status = stack.status("referenced", document)
    assert status["run"] == 2 and status["fields"]["reference"]["value"] == "AB-12"
    assert _pagemill(stack, "reindex", "--kb", "referenced", "--from", "ocr").exit_code == 2
