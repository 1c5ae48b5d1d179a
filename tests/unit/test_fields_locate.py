"""Where values stand in a document: what is not on a page is not a field."""

from __future__ import annotations

import cProfile
import pstats

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.extract.build import build_document
from pipeline.extract.fields.locate import DocumentText, Near, locate
from tests.unit.test_fields_generic import document_of, reading

PAGE = DocumentText(
    document_of(
        "INVOICE No. INV-2024/07", "Total due: RM 1,234.50 (incl. 6% tax)", "Dated March 5, 2024 in Ｓｈａｎｇｈａｉ",
        "发票日期：2024年3月9日 臺北市信義區", "Balance (5.00) and 3.5万元 壹万贰仟叁佰元伍角",
        "Due 03/04/2024, 民國113年4月2日, 民国一百零二年, 20231225", "Acme Trading Sdn. Bhd.", "12, Jalan Besar,",
        "50000 Kuala", "Lumpur", "Gender: 女", "C++ category Café", "Kontostand 1.234,75 EUR; 1.500 Stück",
        "2019 to date",
    )
)  # fmt: skip


@pytest.mark.parametrize(
    ("value", "kind", "told", "printed"),
    [
        ("1234.5", "number", "1234.5", "1,234.50"),
        ("RM 1,234.50", "number", "1234.50", "1,234.50"),
        ("-5", "number", "-5", "(5.00)"),
        ("35000", "number", "35000", "3.5万"),
        ("12300.5", "number", "12300.5", "壹万贰仟叁佰元伍角"),
        ("0.06", "number", "0.06", "6%"),
        ("1234.75", "number", "1234.75", "1.234,75"),
        ("1500", "number", "1500", "1.500"),
        ("2024-03-05", "date", "2024-03-05", "March 5, 2024"),
        ("5 March 2024", "date", "2024-03-05", "March 5, 2024"),
        ("2024-03-09", "date", "2024-03-09", "2024年3月9日"),
        ("2024-04-03", "date", "2024-04-03", "03/04/2024"),
        ("2024-03-04", "date", "2024-03-04", "03/04/2024"),
        ("2024-04-02", "date", "2024-04-02", "民國113年4月2日"),
        ("2013", "date", "2013", "民国一百零二年"),
        ("2023-12-25", "date", "2023-12-25", "20231225"),
        ("acme  trading sdn bhd", "text", "acme trading sdn bhd", "Acme Trading Sdn. Bhd"),
        ("12 Jalan Besar, 50000 Kuala Lumpur", "text", "12 Jalan Besar, 50000 Kuala Lumpur",
         "12, Jalan Besar, 50000 Kuala Lumpur"),
        ("台北市信义区", "text", "台北市信义区", "臺北市信義區"),
        ("Shanghai", "text", "Shanghai", "Ｓｈａｎｇｈａｉ"),
        ("CAFE", "text", "CAFE", "Café"),
        ("C++", "text", "C++", "C++"),
        ("categor", "text", "categor", "categor"),
    ],
)  # fmt: skip
def test_what_stands_on_the_page_is_found(value: str, kind: str, told: str, printed: str) -> None:
    found = locate(PAGE, value, kind)  # type: ignore[arg-type]
    assert found is not None
    assert (found["value"], found["text"], found["page"]) == (told, printed, 1)
    assert 0.5 < found["confidence"] <= 0.9


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("1234.51", "number"), ("234", "number"), ("nothing", "number"), ("2024-03-06", "date"), ("2024-05", "date"),
        ("2024-03-05-01", "date"), ("cat", "text"), ("C", "text"), ("234", "text"), ("Kuala Lumpur 50000", "text"),
        ("female", "text"), ("true", "boolean"), ("", "text"), ("INV-2024/0", "text"), ("9" * 3000, "text"),
    ],
)  # fmt: skip
def test_what_does_not_stand_there_is_no_field(value: str, kind: str) -> None:
    assert locate(PAGE, value, kind) is None  # type: ignore[arg-type]


def test_a_quote_stands_for_a_value_of_a_closed_list_and_for_no_other() -> None:
    near = Near(quote="gender： 女", closed=True)
    found = locate(PAGE, "female", "text", near)
    assert found is not None and (found["value"], found["text"]) == ("female", "Gender: 女")
    assert locate(PAGE, "female", "text", Near(quote="Gender: 男", closed=True)) is None
    told = locate(PAGE, "true", "boolean", Near(quote="incl. 6% tax"))
    assert told is not None and told["text"] == "incl. 6% tax"


def test_the_place_is_that_of_the_quote_then_of_the_page() -> None:
    pages = [reading(["Subtotal 50.00", "Total 50.00"], 1), reading(["Paid 50.00"], 2), reading(["Nothing here"], 3)]
    text = DocumentText(build_document(pages))
    tops = {}
    for name, near in {"none": None, "quote": Near(quote="Total 50.00"), "page": Near(page=2)}.items():
        found = locate(text, "50", "number", near)
        assert found is not None
        tops[name] = (found["page"], found["box"][1])
    assert tops["none"] == (1, 60.0)
    assert tops["quote"] == (1, 80.0)
    assert tops["page"][0] == 2
    elsewhere = locate(text, "50", "number", Near(page=3))
    assert elsewhere is not None and elsewhere["page"] == 1 and elsewhere["confidence"] < 0.9


def test_words_that_were_read_poorly_lower_the_confidence() -> None:
    text = DocumentText(build_document([reading(["Total 50.00"], 1, confidence=0.5)]))
    found = locate(text, "50.00", "number", confidence=0.8, method="model")
    assert found is not None and found["confidence"] == 0.4 and found["method"] == "model"


@given(st.text(max_size=60), st.sampled_from(["text", "number", "date", "boolean"]), st.text(max_size=40))
@settings(max_examples=50, deadline=None)
def test_no_value_and_no_quote_make_it_raise(value: str, kind: str, quote: str) -> None:
    found = locate(PAGE, value, kind, Near(quote=quote, closed=True))  # type: ignore[arg-type]
    assert found is None or found["page"] == 1


@pytest.mark.parametrize("line", ["123 " * 700, "1,234" * 600, "(" * 4000, "1." * 1500, "三百" * 1500, "a1-" * 1000])
def test_the_work_grows_no_faster_than_the_page(line: str) -> None:
    """In calls, as a clock is no measure beside others; a pattern that runs away would hang the test."""
    calls = []
    for times in (1, 4):
        profile = cProfile.Profile()
        text = DocumentText(document_of(line * times))
        with profile:
            for value, kind in (("123,45", "number"), ("2024-01-02", "date"), ("a1-a1-x", "text"), ("1.1.1.x", "text")):
                locate(text, value, kind)  # type: ignore[arg-type]
        calls.append(pstats.Stats(profile).total_calls)  # type: ignore[attr-defined]
    assert calls[1] < 4 * calls[0] + 5000
