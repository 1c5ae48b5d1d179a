"""English resumes: entries set in many ways, sidebars and columns, what narrow columns break, names, places,
numbers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pymupdf
import pytest

from pipeline.extract.build import build_document
from pipeline.extract.document import Block, Document, Line, Page
from pipeline.extract.fields import extract_fields
from pipeline.extract.fields.contacts import find_own_phone
from pipeline.extract.fields.dates import find_periods
from pipeline.extract.fields.headings import heading_kind
from pipeline.extract.fields.places import place_score, place_tail
from pipeline.extract.fields.text import line_text
from pipeline.extract.fields.years import years_of_work
from pipeline.render.draw import RenderOptions, render_page
from pipeline.render.source import open_source
from pipeline.types import Box, PageReading, Word
from tests.resumes import Sheet
from tests.unit.test_fields_resume import plain, resume_of

TODAY = date(2024, 6, 15)
Put = tuple[float, float, str] | tuple[float, float, str, float] | tuple[float, float, str, float, bool]


def drawn(tmp_path: Path, *pages: Sequence[Put]) -> dict[str, Any]:
    """Fields of pages with lines of (x, foot, text, size, bold); a negative x is where the line ends."""
    with pymupdf.open() as document:
        for lines in pages:
            sheet = Sheet(document.new_page(width=595, height=842))
            for x, y, text, *rest in lines:
                size, bold = (float(rest[0]) if rest else 10.0), len(rest) > 1
                sheet.put(x if x > 0 else -x - sheet.width(text, size, bold), y, text, size, bold)
        (tmp_path / "original").write_bytes(document.tobytes())
    with open_source(tmp_path / "original", "pdf") as source:
        readings = [
            render_page(source, n, tmp_path / "page.png", RenderOptions()).reading for n in range(1, len(pages) + 1)
        ]
    assert all(readings)
    return extract_fields(build_document([reading for reading in readings if reading]), "resume", TODAY)


def posts(found: dict[str, Any]) -> list[tuple[str | None, ...]]:
    return [tuple(job.get(name) for name in ("title", "employer", "start", "end")) for job in found["work"]]


HEAD: list[Put] = [(50, 60, "Siobhán O'Malley-Reyes, PhD", 20, True)]
SET = {
    "title, employer in one cell; dates at the right": [
        (50, 120, "Experience", 13, True),
        (50, 140, "Line Cook, Acorn", 10, True), (-545, 140, "May 2021 – Present"),
        (60, 154, "• Fed 200 guests a night"),
        (50, 172, "Growth Hacker, Zephyr", 10, True), (-545, 172, "Jan 2019 – Apr 2021"),
    ],
    "employer and place; title and dates below": [
        (50, 120, "WORK HISTORY", 13, True),
        (50, 140, "Acorn, Lyon, France", 10, True), (50, 154, "Line Cook | May 2021 – Present"),
        (50, 174, "Zephyr, Austin, TX", 10, True), (50, 188, "Growth Hacker | Jan 2019 – Apr 2021"),
    ],
    "three lines, dates last": [
        (50, 120, "E X P E R I E N C E", 13, True),
        (50, 140, "Line Cook", 10, True), (50, 154, "Acorn"), (50, 168, "(05/2021 - Present)"),
        (50, 190, "Growth Hacker", 10, True), (50, 204, "Zephyr"), (50, 218, "(01/2019 - 04/2021)"),
    ],
    "all in one line": [
        (50, 120, "Employment", 13, True),
        (50, 140, "Line Cook at Acorn (May 2021 to present)"),
        (50, 156, "Growth Hacker at Zephyr (Jan '19 to Apr '21)"),
    ],
    "dates at the left, broken over two lines": [
        (50, 120, "Professional Experience", 13, True),
        (50, 140, "May 2021 –"), (50, 153, "Present"), (170, 140, "Line Cook", 10, True), (170, 153, "Acorn · Remote"),
        (50, 180, "January 2019 – April"), (50, 193, "2021"),
        (170, 180, "Growth Hacker", 10, True), (170, 193, "Zephyr · Berlin, Germany"),
    ],
    "a place on one entry only, its dates a line lower": [
        (50, 120, "Employment History", 13, True),
        (50, 140, "Line Cook", 10, True), (-545, 140, "May 2021 – Present"), (50, 153, "Acorn"),
        (50, 173, "Growth Hacker", 10, True), (-545, 173, "Lake Amy, NE"),
        (50, 186, "Zephyr"), (-545, 186, "Jan 2019 – Apr 2021"),
    ],
    "as networks export them": [
        (50, 120, "Experience", 15), (50, 140, "Acorn", 12), (50, 154, "3 years 2 months"),
        (50, 170, "Line Cook", 11), (50, 184, "May 2021 - Present (3 years 2 months)"), (50, 198, "Lyon, France"),
        (50, 222, "Zephyr", 12), (50, 238, "Growth Hacker", 11),
        (50, 252, "January 2019 - April 2021 (2 years 4 months)"),
    ],
    "titles of sections in the margin": [
        (50, 140, "EXPERIENCE", 11, True),
        (150, 140, "Line Cook, Acorn, Lyon"), (-545, 140, "May 2021 –"),
        (150, 154, "Fed the guests of two houses every night."),
        (150, 174, "Growth Hacker, Zephyr, Kumasi"), (-545, 174, "Jan 2019 – Apr 2021"),
        (50, 200, "LANGUAGES", 11, True), (150, 200, "English, French"),
    ],
    "notes at the right beside the list": [
        (50, 120, "Experience", 13, True),
        (50, 140, "Acorn, Line Cook", 10), (-545, 140, "Lyon, France"),
        (60, 154, "• Fed 200 guests a night"), (-545, 154, "May 2021 – Present"),
        (60, 168, "• Wrote the menu"), (-545, 168, "3 years 2 months"),
        (50, 190, "Zephyr, Growth Hacker", 10), (-545, 190, "Austin, TX"), (-545, 204, "Jan 2019 – Apr 2021"),
    ],
}  # fmt: skip


@pytest.mark.parametrize("lines", SET.values(), ids=SET)
def test_entries_are_read_alike_however_they_are_set(lines: list[Put], tmp_path: Path) -> None:
    found = plain(drawn(tmp_path, HEAD + lines))
    assert posts(found) == [
        ("Line Cook", "Acorn", "2021-05", "present"),
        ("Growth Hacker", "Zephyr", "2019-01", "2021-04"),
    ]
    assert found["name"] == "Siobhán O'Malley-Reyes"


def test_what_only_others_tell_is_less_sure(tmp_path: Path) -> None:
    sure, told = drawn(tmp_path, HEAD + SET["employer and place; title and dates below"])["work"]
    assert sure["title"]["confidence"] > told["title"]["confidence"]
    assert (sure["title"]["method"], told["title"]["method"]) == ("dictionary", "position")


def test_a_sidebar_has_contacts_and_the_career_stands_beside_it(tmp_path: Path) -> None:
    side: list[Put] = [
        (420, 60, "Contact", 12, True), (420, 78, "ana@example.org"), (420, 92, "Krakow, Poland"),
        (420, 106, "+48 22 555 01 23"), (420, 140, "TECHNICAL", 12, True), (420, 154, "SKILLS", 12, True),
        (420, 172, "• Excel"), (420, 186, "• Negotiation"), (420, 220, "Languages", 12, True),
        (420, 238, "Polish (native)"),
    ]  # fmt: skip
    main: list[Put] = [
        (40, 58, "ANA DE LA", 22, True), (40, 84, "CRUZ", 22, True), (40, 120, "Work Experience", 12, True),
        (40, 140, "Senior Buyer", 10, True), (-390, 140, "2019 – 2022"), (40, 154, "Nordlys Energi"),
        (50, 168, "• Worked with Acme Inc. and the Managing Director"),
        (40, 190, "Education", 12, True), (40, 210, "Massachusetts Institute of", 10, True), (-390, 210, "2014 – 2018"),
        (40, 223, "Technology", 10, True), (40, 237, "BSc in Mathematics"), (40, 260, "References", 12, True),
        (40, 278, "Dr. Alan Baker, Director, Acme Labs, alan@acme.example, (212) 555-0111"[:52]),
    ]  # fmt: skip
    found = plain(drawn(tmp_path, side + main))
    assert (found["name"], found["email"], found["phone"]) == ("ANA DE LA CRUZ", "ana@example.org", "+48225550123")
    assert found["location"] == "Krakow, Poland"
    assert posts(found) == [("Senior Buyer", "Nordlys Energi", "2019", "2022")]
    assert found["education"] == [
        {"school": "Massachusetts Institute of Technology", "degree": "BSc", "major": "Mathematics",
         "start": "2014", "end": "2018"}
    ]  # fmt: skip
    assert (found["skills"], found["languages"], found["years"]) == (["Excel", "Negotiation"], ["Polish"], "3")


def test_dates_in_a_column_are_no_column_of_text(tmp_path: Path) -> None:
    lines: list[Put] = [
        (50, 100, "Education", 13, True), (50, 120, "2010 – 2013"), (170, 120, "PhD, Physics", 10, True),
        (170, 134, "École Normale, Lyon"), (50, 154, "2007 – 2010"), (170, 154, "Skills Diploma"),
        (170, 168, "Calder College"), (50, 200, "Experience", 13, True), (50, 220, "2013 – 2020"),
        (170, 220, "Lecturer", 10, True), (170, 234, "Thornbury University"),
    ]  # fmt: skip
    found = plain(drawn(tmp_path, HEAD + lines))
    assert found["education"][0] == {
        "school": "École Normale", "degree": "PhD", "major": "Physics", "start": "2010", "end": "2013",
    }  # fmt: skip
    assert posts(found) == [("Lecturer", "Thornbury University", "2013", "2020")]


def test_a_degree_broken_in_a_narrow_column(tmp_path: Path) -> None:
    lines: list[Put] = [
        (50, 100, "Education", 13, True), (50, 120, "Bach-", 10, True), (82, 120, "Calder College, History"),
        (-545, 120, "Leeds, UK"), (50, 133, "elor of", 10, True), (92, 133, "• GPA: 3.8/4.0"),
        (-545, 133, "2012 – 2015"),
        (50, 146, "Arts", 10, True),
    ]  # fmt: skip
    assert plain(drawn(tmp_path, HEAD + lines))["education"] == [
        {"school": "Calder College", "degree": "Bachelor of Arts", "major": "History", "start": "2012", "end": "2015"}
    ]


def test_companies_of_other_countries_end_in_full_stops() -> None:
    names = ("Marangoni-Cimini s.r.l.", "Gabinety Goliasz-Ślipek Sp. z o.o.", "Inversiones Jaume y asociados S.Com.")
    lines = [line for n, name in enumerate(names) for line in (f"Buyer, {name}", f"20{20 - n} - 20{21 - n}")]
    assert [job["employer"] for job in resume_of("Experience", *lines)["work"]] == list(names)


def test_an_entry_goes_on_over_the_page(tmp_path: Path) -> None:
    first: list[Put] = [
        (50, 730, "Experience", 13, True),
        (50, 750, "Data Analyst, Pell Ltd", 10, True),
        (-545, 750, "2018 – 2021"),
    ]
    second: list[Put] = [
        (60, 60, "• Closed the books in four days"), (50, 80, "Auditor, Quillon LLP", 10, True),
        (-545, 80, "2015 – 2018"),
        (50, 110, "Publications", 13, True), (50, 130, "Sparse Nets, Journal of Methods", 10, True),
        (-545, 130, "2017 – 2018"),
        (50, 160, "Volunteering", 13, True), (50, 180, "Tutor, Food Bank"), (-545, 180, "2010 – 2012"),
    ]  # fmt: skip
    found = drawn(tmp_path, HEAD + first, second)
    assert posts(plain(found)) == [
        ("Data Analyst", "Pell Ltd", "2018", "2021"), ("Auditor", "Quillon LLP", "2015", "2018"),
    ]  # fmt: skip
    assert [job["title"]["page"] for job in found["work"]] == [1, 2]
    assert plain(found)["years"] == "6"


def test_posts_under_one_employer() -> None:
    found = resume_of("Experience", "Acorn Ltd, Leeds", "Head Chef", "2020 - 2022", "Line Cook", "2018 - 2020")
    assert [(job["title"], job["employer"]) for job in found["work"]] == [
        ("Head Chef", "Acorn Ltd"),
        ("Line Cook", "Acorn Ltd"),
    ]


@pytest.mark.parametrize(
    ("lines", "school", "degree", "major"),
    [
        (["B.Sc. in Computer Science, University of California, Berkeley, 2019"], "University of California, Berkeley",
         "B.Sc.", "Computer Science"),
        (["Le Cordon Bleu — Diploma in Culinary Arts (2014)", "GPA: 3.9/4.0"], "Le Cordon Bleu", "Diploma",
         "Culinary Arts"),
        (["Politecnico di Milano, Milan, Italy", "Master of Science in Robotics | 2012 - 2014", "Minor in Music"],
         "Politecnico di Milano", "Master of Science", "Robotics"),
        (["PhD", "Rutgers University, Computer Science, Newark, NJ", "2011 - 2016"], "Rutgers University", "PhD",
         "Computer Science"),
        (["Bachelor's, Business Administration", "Georgia Tech | 06/2015"], "Georgia Tech", "Bachelor's",
         "Business Administration"),
    ],
)  # fmt: skip
def test_studies(lines: list[str], school: str, degree: str, major: str) -> None:
    (found,) = resume_of("Education", *lines)["education"]
    assert (found["school"], found["degree"], found["major"]) == (school, degree, major)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("May – Aug 2022", "2022-05", "2022-08"), ("Jul '24 – Present", "2024-07", "present"),
        ("09/18 - 06/20", "2018-09", "2020-06"), ("Nov. 2019 — PRESENT", "2019-11", "present"),
        ("June, 2021 to July, 2022", "2021-06", "2022-07"), ("Fall 2018 – Spring 2020", "2018", "2020"),
    ],
)  # fmt: skip
def test_periods(text: str, first: str, last: str) -> None:
    (period,) = find_periods(text)
    assert period.first and period.last
    assert (period.first.value, period.last.value, period.start, period.end) == (first, last, 0, len(text))


def test_places() -> None:
    for text in (
        "Trenton, NJ",
        "Istanbul, Türkiye",
        "Toronto, ON",
        "Stanford, CA, USA",
        "Leeds LS1 4AP, UK",
        "Remote",
    ):
        assert place_score(text) >= 0.8, text
    for text in (
        "Stripe",
        "Acme, Inc.",
        "Product Owner, AI",
        "Harvest Table, Mexico City, Mexico",
        "Nordlys Energi AS",
    ):
        assert place_score(text) < 0.7, text
    for text, name in (
        ("KPMG, London, UK", "KPMG"),
        ("Acme, Inc., Leeds, UK", "Acme, Inc."),
        ("Engineer, Platform", ""),
    ):
        assert text[place_tail(text) :] == text[len(name) :].lstrip(", ") or not name


@pytest.mark.parametrize(
    ("text", "country", "number"),
    [
        ("617/555-0162", "US", "6175550162"), ("312 555 0190 | me@example.com", "US", "3125550190"),
        ("07700 900461", "GB", "07700900461"), ("+91 98765 43210", None, "+919876543210"),
        ("Leeds 2018 - 2020", "GB", None), ("github.com/1234567890", None, None), ("Fax: 020 7946 0958", "GB", None),
    ],
)  # fmt: skip
def test_telephone_numbers(text: str, country: str | None, number: str | None) -> None:
    line = line_text(Line(text, Box(50, 50, 300, 62), 10, False, ()), 1)
    found = find_own_phone([line], country)
    assert (found["value"] if found else None) == number


def test_letters_set_apart_are_a_heading() -> None:
    assert heading_kind("W O R K HISTORY") == heading_kind("P R O F E S S I O N A L E X P E R I E N C E") == "work"
    assert heading_kind("A B C") is None


def test_ocr_that_takes_a_capital_for_a_small_letter() -> None:
    words = [
        Word(text, Box(50 + 40 * n, 100 + 20 * row, 85 + 40 * n, 110 + 20 * row), 0.97, row, row, 10)
        for row, text_row in enumerate(("Experience", "Lumen Al 2019 - 2020", "Engineer Il"))
        for n, text in enumerate(text_row.split())
    ]
    found = plain(extract_fields(build_document([PageReading(1, 595, 842, tuple(words), "ocr", "x")]), "resume"))
    assert posts(found) == [("Engineer II", "Lumen AI", "2019", "2020")]


def record(start: str, end: str) -> dict[str, dict[str, Any]]:
    return {
        name: {
            "value": value,
            "text": value,
            "page": 1,
            "box": [10, 20, 30, 40],
            "confidence": 0.9,
            "method": "pattern",
        }
        for name, value in (("start", start), ("end", end))
    }


@pytest.mark.parametrize(
    ("work", "told", "years", "method"),
    [
        ([record("2020-01", "present")], "", "4", "periods"),
        ([record("2018-01", "2019-12"), record("2019-06", "2020-12")], "", "3", "periods"),
        ([record("2018", "2020")], "", "2", "periods"),
        ([record("2021-06", "2021-08")], "", "0", "periods"),
        ([], "8+ years of professional experience", "8", "stated"),
        ([], "over ten years of experience", "10", "stated"),
    ],
)
def test_years(work: list[dict[str, dict[str, Any]]], told: str, years: str, method: str) -> None:
    texts = [line_text(Line(told, Box(0, 0, 100, 10), 10, False, ()), 1)]
    found = years_of_work(work, texts, TODAY)
    assert found and (found["value"], found["method"]) == (years, method)
    assert found["box"]


def test_years_are_less_sure_where_the_resume_says_otherwise_and_none_without_a_day() -> None:
    texts = [line_text(Line("15 years of experience", Box(0, 0, 100, 10), 10, False, ()), 1)]
    agreed = years_of_work([record("2018-01", "2020-12")], [], TODAY)
    doubted = years_of_work([record("2018-01", "2020-12")], texts, TODAY)
    assert agreed and doubted and doubted["confidence"] < 0.7 < agreed["confidence"]
    assert years_of_work([record("2018-01", "present")], [], None) is None


def test_references_are_not_the_person() -> None:
    blocks = tuple(
        Block("paragraph", 1, (Line(text, Box(50, 20.0 * i, 400, 20.0 * i + 12), 10, False, ()),))
        for i, text in enumerate(
            ("Ada Brook", "References", "Prof. Tom Reed, tom@example.edu", "Contact", "ada@example.org")
        )
    )
    found = extract_fields(Document((Page(1, 595, 842, "ocr", 1.0, blocks),)), "resume")
    assert found["email"]["value"] == "ada@example.org"
