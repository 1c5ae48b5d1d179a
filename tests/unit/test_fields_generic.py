"""Generic fields: dates, contacts, amounts, title, and what holds for any document."""

from __future__ import annotations

import cProfile
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.extract.build import build_document
from pipeline.extract.document import Block, Document, Line, Page
from pipeline.extract.fields import SCHEMAS, columns_of, extract_fields
from pipeline.types import Box, PageReading, Word

LIST_NAMES = ("dates", "emails", "phones", "amounts")


def reading(
    lines: list[str], number: int = 1, confidence: float = 1.0, sizes: dict[int, float] | None = None
) -> PageReading:
    """A page of lines, words six points a letter wide."""
    words = []
    for i, line in enumerate(lines):
        size = (sizes or {}).get(i, 10.0)
        x = 60.0
        for text in line.split(" "):
            width = sum(10.0 if c > "\u2e80" else 5.0 for c in text) * size / 10
            if text:
                words.append(Word(text, Box(x, 60 + 20.0 * i, x + width, 60 + 20.0 * i + size), confidence, i, i, size))
            x += width + 2.8
    return PageReading(number, 595, 842, tuple(words), "text_layer", "text_layer")


def document_of(*lines: str, language: str | None = None) -> Document:
    """One paragraph a line, without words."""
    blocks = tuple(
        Block("paragraph", 1, (Line(text, Box(50, 20.0 * i, 400, 20.0 * i + 12), 10, False, ()),))
        for i, text in enumerate(lines)
    )
    return Document((Page(1, 595, 842, "ocr", 0.9, blocks),), language)


def values(name: str, *lines: str, language: str | None = None) -> list[str]:
    return [field["value"] for field in extract_fields(document_of(*lines, language=language), "generic")[name]]


@pytest.mark.parametrize(
    ("text", "dates"),
    [
        ("Paid on 2019-06-30.", ["2019-06-30"]),
        ("签订日期：2021年3月5日", ["2021-03-05"]),
        ("２０２１年３月", ["2021-03"]),
        ("二〇一九年十二月二十一日", ["2019-12-21"]),
        ("2020/1/7 and 2020.01.08", ["2020-01-07", "2020-01-08"]),
        ("March 12, 2024; 12 Mar 2023; Sept. 2018", ["2024-03-12", "2023-03-12", "2018-09"]),
        ("the 3rd of May 2010", ["2010-05-03"]),
        ("25/12/2018 13:05", ["2018-12-25"]),
        ("03/04/2020", ["2020"]),
        ("03/04/2020 to 25/04/2020", ["2020-04-03", "2020-04-25"]),
        ("Total £5, 03/04/2020", ["2020-04-03"]),
        ("31.12.1999", ["1999-12-31"]),
        ("2019-02-30, 2019-13-01 and version 2019.1.4.2", []),
        ("tel 138-0550-2719, 1234 pages, the year 2019", []),
    ],
)
def test_dates(text: str, dates: list[str]) -> None:
    assert values("dates", text) == dates


@pytest.mark.parametrize(
    ("text", "phones"),
    [
        ("电话：138-0550-2719", ["13805502719"]),
        ("手机 +86 138 0550 2719", ["+8613805502719"]),
        ("010-6255 0199 / (0571)85550123", ["01062550199", "057185550123"]),
        ("(503) 555-0148 or 503.555.0149", ["5035550148", "5035550149"]),
        ("+44 (0)20 7946 0123", ["+442079460123"]),
        ("Tel: 020 7946 0123", ["02079460123"]),
        ("Fax: (503) 555-0148", []),
        ("传真：010-62550199", []),
        ("身份证号 110101199003071234", []),
        ("2019-05-30 10:30, 1,234,567.00, ISBN 978-3-16-148410-0", []),
    ],
)
def test_phones(text: str, phones: list[str]) -> None:
    assert values("phones", text) == phones


@pytest.mark.parametrize(
    ("text", "emails"),
    [
        ("Write to Ann.Lee@Example.ORG.", ["ann.lee@example.org"]),
        ("邮箱：li＠example.com，电话", ["li@example.com"]),
        ("li @ example.com", ["li@example.com"]),
        ("a@b, @handle, x@y@z.com", []),
    ],
)
def test_emails(text: str, emails: list[str]) -> None:
    assert values("emails", text) == emails


@pytest.mark.parametrize(
    ("text", "amounts"),
    [
        ("合计：12,345.60元", ["CNY 12345.60"]),
        ("人民币 3.5万元，￥800", ["CNY 35000", "CNY 800"]),
        ("USD 1,200 and $18M and $1.5 million", ["USD 1200", "USD 18000000", "USD 1500000"]),
        ("€ 1.234,56 or 99 euros", ["EUR 1234.56", "EUR 99"]),
        ("RM5.00\nTOTAL 17.50", ["MYR 5.00", "MYR 17.50"]),
        ("6,480 pounds", ["GBP 6480"]),
        ("Amount (EUR)\nGrand total 17.50", ["EUR 17.50"]),
        ("Grand total 17.50", []),
        ("3百萬元", ["CNY 3000000"]),
        ("HK$300", ["HKD 300"]),
        ("12 pages, 50%, 3.14, item 4", []),
        ("¥500", []),
    ],
)
def test_amounts(text: str, amounts: list[str]) -> None:
    assert values("amounts", *text.split("\n")) == amounts


def test_a_value_that_comes_again_is_told_once_where_it_stands_first() -> None:
    fields = extract_fields(build_document([reading(["due 2019-06-30"]), reading(["paid 2019-06-30"], 2)]), "generic")
    assert [(field["value"], field["page"]) for field in fields["dates"]] == [("2019-06-30", 1)]


def test_boxes_are_those_of_the_words_and_confidence_theirs_times_the_rules() -> None:
    page = reading(["Please pay on 12 March 2024 at noon"], confidence=0.5)
    (field,) = extract_fields(build_document([page]), "generic")["dates"]
    words = [word for word in page.words if word.text in ("12", "March", "2024")]
    assert field["box"] == words[0].box.union(words[2].box).rounded()
    assert (field["text"], field["page"], field["method"]) == ("12 March 2024", 1, "pattern")
    assert field["confidence"] == pytest.approx(0.45)


def test_a_value_broken_by_the_end_of_a_line_has_a_box_around_both_parts() -> None:
    page = reading(["We write to confirm that the contract was signed in March", "2024 and will run for three years."])
    (field,) = extract_fields(build_document([page]), "generic")["dates"]
    assert field["value"] == "2024-03"
    assert (field["box"][1], field["box"][3]) == (60.0, 90.0)


TEXT = ["The committee met in spring and agreed that the work on the roof should begin before winter."] * 3


def test_title_is_the_largest_type_of_the_first_page() -> None:
    page = reading(["Harrow Roofers", "Repair of the Roof", *TEXT], sizes={0: 10.0, 1: 18.0})
    title = extract_fields(build_document([page]), "generic")["title"]
    assert (title["value"], title["method"]) == ("Repair of the Roof", "heading")


def test_title_is_a_short_first_line_where_there_is_no_heading_and_never_a_header() -> None:
    def block(kind: str, text: str, y: float) -> Block:
        return Block(kind, 1, (Line(text, Box(50, y, 400, y + 10), 10, False, ()),))  # type: ignore[arg-type]

    blocks = (
        block("header", "ANNUAL REPORT", 10),
        block("paragraph", "A letter home", 50),
        block("paragraph", TEXT[0], 80),
    )
    title = extract_fields(Document((Page(1, 595, 842, "ocr", 1.0, blocks),), "en"), "generic")["title"]
    assert (title["value"], title["method"]) == ("A letter home", "position")


def test_language_is_the_documents() -> None:
    fields = extract_fields(document_of("text", language="zh-Hant"), "generic")
    assert (fields["language"]["value"], fields["language"]["box"]) == ("zh-Hant", None)


@pytest.mark.parametrize("schema", SCHEMAS)
def test_nothing_is_found_in_nothing(schema: str) -> None:
    for document in (Document(()), Document((Page(1, 1, 1, "ocr", 0.0, ()),))):
        fields = extract_fields(document, schema)
        assert all(value == [] for value in fields.values())
        assert set(fields) <= {column.path.partition(".")[0] for column in columns_of(schema)}


NOISE = st.text(
    st.sampled_from(
        "年月日0129.-/:：;,、@+()$¥元万％"
        " \t任在职公司大学经理学历本科男女姓名王张至今aBc工作经历教育EducationSkills|•—\u3000\ud800é"
    ),
    max_size=60,
)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(NOISE, max_size=8),
    st.sampled_from(SCHEMAS),
    st.sampled_from(["heading", "list_item", "paragraph", "header"]),
)
def test_no_text_makes_it_raise_and_all_is_json(lines: list[str], schema: str, kind: str) -> None:
    blocks = tuple(
        Block(kind, 1, (Line(text, Box(50, 20.0 * i, 400, 20.0 * i + 12), 10, False, (Word(text, Box(0, 0, 0, 0)),)),))  # type: ignore[arg-type]
        for i, text in enumerate(lines)
    )
    fields = extract_fields(Document((Page(1, 595, 842, "ocr", 0.9, blocks),)), schema)
    assert json.loads(json.dumps(fields)) == fields


def calls_for(schema: str, pages: int) -> int:
    """How many Python calls it takes to find the fields of a document of so many full pages."""
    line = "On 12 March 2024 the office in Leeds paid USD 1,200.50 for 14 crates, see note 3.2 and the table."
    boxes = [Box(50, 20.0 * i, 500, 20.0 * i + 12) for i in range(40)]
    document = Document(tuple(
        Page(n, 595, 842, "text_layer", 1.0, tuple(
            Block("paragraph", n, (Line(f"{line} {n}", box, 10, False, ()),)) for box in boxes
        )) for n in range(1, pages + 1)
    ), "en")  # fmt: skip
    profile = cProfile.Profile()
    profile.runcall(extract_fields, document, schema)
    return sum(entry.callcount for entry in profile.getstats())


@pytest.mark.parametrize("schema", SCHEMAS)
def test_the_work_grows_no_faster_than_the_document(schema: str) -> None:
    calls_for(schema, 1)  # what is compiled and cached once
    assert calls_for(schema, 120) < 2.3 * calls_for(schema, 60)


@pytest.mark.timeout(60)  # a pattern that goes back over what it saw would take hours
@pytest.mark.parametrize(
    "text", ["任" * 5000, "大学" * 3000, "1" * 9000, "a." * 5000, "经理、" * 2000, "(" * 5000, "2019-" * 2000]
)
@pytest.mark.parametrize("schema", SCHEMAS)
def test_odd_long_lines_do_not_hang(text: str, schema: str) -> None:
    extract_fields(document_of(text, language="zh-Hans"), schema)
