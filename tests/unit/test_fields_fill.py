"""Any schema filled by rules: drawn papers of many kinds in both scripts, and what must not be found."""

from __future__ import annotations

import cProfile
import pstats
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.extract.build import build_document
from pipeline.extract.fields import extract_fields
from pipeline.extract.fields.fill.phrases import called, find_labels, words_of
from pipeline.extract.fields.locate import DocumentText, locate
from pipeline.extract.fields.schema import read_schema
from tests.schema_pages import PAGES, SchemaPage
from tests.unit.test_fields_generic import document_of, reading
from tests.unit.test_fields_resume import plain, read

RECEIPT: dict[str, Any] = {
    "type": "object",
    "properties": {
        "company": {"type": "string"},
        "date": {"type": "string", "format": "date"},
        "address": {"type": "string"},
        "total": {"type": "number"},
    },
}


def filled(schema: dict[str, Any], *lines: str) -> dict[str, Any]:
    found: dict[str, Any] = plain(extract_fields(build_document([reading(list(lines))]), schema))
    return found


def of(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_drawn_papers(page: SchemaPage, tmp_path: Path) -> None:
    document = read(page.pdf, tmp_path)
    found = extract_fields(document, page.schema)
    assert plain(found) == page.expected
    text = DocumentText(document)
    for field in _fields(found):
        assert 0 < field["confidence"] <= 1 and field["page"] == 1 and field["box"] is not None
        assert locate(text, field["text"], "text") is not None, "what is not on the page is not a field"


def _fields(found: Any) -> list[dict[str, Any]]:
    if isinstance(found, list):
        return [field for one in found for field in _fields(one)]
    return [found] if "method" in found else [field for one in found.values() for field in _fields(one)]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["Harbour Grocery Ltd", "12, Quay Street,", "50450 Port Ellis", "Tel: 03-5550 1822", "03/07/24  14:02",
        "TOTAL  18.40"],
         {"company": "Harbour Grocery Ltd", "date": "2024-07-03", "address": "12, Quay Street, 50450 Port Ellis",
          "total": "18.40"}),
        (["Harbour Grocery Ltd", "Sub Total 17.00", "Tax 6% 1.02", "Total (incl. tax) 18.02", "Cash 20.00",
        "Change 1.98"],
         {"company": "Harbour Grocery Ltd", "total": "18.02"}),
        (["永兴便利店", "日期 2024-07-03", "合计：￥25.50"], {"company": "永兴便利店", "date": "2024-07-03",
        "total": "25.50"}),
    ],
)  # fmt: skip
def test_receipts(lines: list[str], expected: dict[str, str]) -> None:
    assert filled(RECEIPT, *lines) == expected


@pytest.mark.parametrize(
    ("properties", "lines", "expected"),
    [
        # A label within another one is none.
        ({"date": {"type": "string", "format": "date"}}, ["Due date: 2025-01-31", "Date: 2025-01-01"],
        {"date": "2025-01-01"}),
        ({"total": {"type": "number"}}, ["Total quantity: 7", "Total: 70.00"], {"total": "70.00"}),
        ({"company": {"type": "string"}}, ["12.50", "Company Reg. No.: 12345"], {}),
        # Of a pattern the label's other value is passed over, and the only one on the page is taken without a label.
        ({"case": {"type": "string", "pattern": "^K-[0-9]{3}$"}}, ["Case: pending", "see K-204 above"],
        {"case": "K-204"}),
        ({"case": {"type": "string", "pattern": "^K-[0-9]{3}$"}}, ["see K-204 and K-205"], {}),
        # What the description calls it, in another script than the name.
        ({"x": {"type": "string", "description": "Also called: Warehouse, 仓库"}}, ["倉庫：北站三號庫"],
        {"x": "北站三號庫"}),
        ({"now": {"type": "integer", "description": "Reading (labelled: Meter (current))"}},
        ["Meter (previous): 12", "Meter (current): 15"], {"now": "15"}),
        ({"vesselName": {"type": "string"}}, ["Vessel name: Aurora Borealis"], {"vesselName": "Aurora Borealis"}),
        ({"paid": {"type": "boolean"}}, ["Paid: No"], {"paid": "false"}),
        ({"paid": {"type": "boolean"}}, ["Paid: perhaps"], {}),
        ({"weight": {"type": "number", "maximum": 50}}, ["Weight: 12.5 kg"], {"weight": "12.5"}),
        ({"weight": {"type": "number", "maximum": 50}}, ["Weight: 125 kg"], {}),
        ({"codes": {"type": "array", "items": {"type": "string"}, "maxItems": 2}}, ["Codes: A1, B2, C3"],
        {"codes": ["A1", "B2"]}),
        ({"fax": {"type": "string"}}, ["Phone: 020 7946 0123"], {}),
    ],
)  # fmt: skip
def test_what_a_label_says(properties: dict[str, Any], lines: list[str], expected: dict[str, Any]) -> None:
    assert filled(of(**properties), *lines) == expected


def test_nothing_is_found_where_nothing_is() -> None:
    prose = [
        "The lake lay still in the evening, and nobody spoke.",
        "Only the reeds moved, and a boat far out.",
        "It grew dark.",
    ]
    found = filled(
        of(total={"type": "number"}, date={"type": "string", "format": "date"},
        phone={"type": "string", "format": "phone"},
           invoice_number={"type": "string"}, paid={"type": "boolean"}, kind={"enum": ["order", "offer"]},
           items={"type": "array", "items": {"type": "object", "properties": {"item": {"type": "string"}}}}),
        *prose,
    )  # fmt: skip
    assert found == {"items": []}
    assert filled(RECEIPT) == {}


def test_education_and_work_are_filled_by_the_rules_for_resumes() -> None:
    schema = of(education={"type": "array", "items": {"type": "object", "properties": {
        "university": {"type": "string"}, "end_date": {"type": "string", "format": "date"}}}})  # fmt: skip
    found = filled(schema, "Sam Okafor", "Education", "Hillcrest University, BSc Physics  2014 - 2018")
    assert found == {"education": [{"university": "Hillcrest University", "end_date": "2018"}]}


def test_phrases_are_compared_as_words_run_together() -> None:
    wanted = read_schema(of(invoice_no={"type": "string", "title": "发票号码"})).properties[0]
    names = called(wanted)
    for printed in ("Invoice No.", "INVOICENO", "invoice number", "Invoice #", "發 票 號 碼", "发票编号"):
        assert words_of(printed).run in names.weights, printed
    assert names.concept is not None and names.concept.name == "invoice_number"
    hits = find_labels("Due date: 1 May  Date: 2 May", frozenset({"date", "duedate"}))
    assert [(hit.run, hit.start) for hit in hits] == [("duedate", 0), ("date", 17)]


@given(st.lists(st.text(alphabet="Total: 12.5,Date年日合计：\t|()-aZ", max_size=30), max_size=8))
@settings(max_examples=25, deadline=None)
def test_no_text_makes_it_raise(lines: list[str]) -> None:
    extract_fields(document_of(*lines), RECEIPT)


@pytest.mark.parametrize(
    "line", ["Total: " * 30, "1,234 " * 40, "合计 " * 30, "12, Road, " * 20, "A" * 300], ids=range(5)
)
def test_the_work_grows_no_faster_than_the_document(line: str) -> None:
    """In calls, as a clock is no measure beside others."""
    schema = of(**{f"total {n}": {"type": "number", "description": "also called: total"} for n in range(6)})
    calls = []
    for times in (5, 20):
        profile = cProfile.Profile()
        with profile:
            extract_fields(document_of(*[line] * times), schema)
        calls.append(pstats.Stats(profile).total_calls)  # type: ignore[attr-defined]
    assert calls[1] < 4.5 * calls[0] + 20_000
