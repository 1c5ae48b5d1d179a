"""Fields against the truth: what is folded, what is not, and how records find one another."""

from __future__ import annotations

from typing import Any

import pytest

from cli.evaluation import compare
from cli.evaluation.compare import Verdict, compare_records, compare_spans, distinct, tallies
from cli.evaluation.scores import Tally


@pytest.mark.parametrize(
    ("kind", "expected", "found", "right"),
    [
        ("title", "Vice-Chair & CFO", "vice‑chair  &  CFO", True),
        ("title", "CFO", "CFO & Vice-Chair", False),
        ("school", "钱江大学", "钱江 大学", True),
        ("school", "Ａ大学（北区）", "A大学(北区)", True),
        ("employer", "Brook’s “Best”", 'Brook\'s "Best"', True),
        ("start", "2018-09", "2018", False),
        ("phone", "+1-609-999-9995", "(609) 999-9995", True),
        ("phone", "+86 139 0000 1111", "13900001111", True),
        ("phone", "+44 20 7946 0958", "020 7946 0958", True),
        ("phone", "13900001111", "13900001112", False),
        ("phone", "13900001111", "01111", False),
        ("total", "9.00", "9", True),
        ("total", "9.00", "9.01", False),
        ("total", "007", "7th", False),
    ],
)
def test_what_is_the_same(kind: str, expected: str, found: str, right: bool) -> None:
    assert compare.same(kind, expected, found) is right
    assert compare.same(kind, found, expected) is right


def counts(truth: dict[str, Any], found: dict[str, Any]) -> dict[str, tuple[int, int, int]]:
    counted = tallies(compare_records(truth, found))
    return {kind: (tally.right, tally.found, tally.true) for kind, tally in counted.items()}


def test_single_fields() -> None:
    truth = {"name": "Ada Brook", "email": "ada@brook.org", "phone": None, "location": "Leeds"}
    found = {"name": "Ada Brook", "email": "ida@brook.org", "phone": "12345678", "years": "7"}
    assert counts(truth, found) == {
        "name": (1, 1, 1), "email": (0, 1, 1), "phone": (0, 1, 0), "location": (0, 0, 1),
    }, "a wrong value is both in vain and missed; what the truth does not name is not looked at"  # fmt: skip


def test_lists_of_texts_are_sets() -> None:
    assert counts({"skills": ["Redis", "SQL"]}, {"skills": ["sql", "Go", "Go"]}) == {"skills": (1, 2, 2)}


def test_a_record_within_a_record() -> None:
    truth = {"seller": {"name": "Mill", "town": None}}
    assert counts(truth, {"seller": {"name": "Mill", "town": "Leeds"}}) == {
        "seller.name": (1, 1, 1), "seller.town": (0, 1, 0),
    }  # fmt: skip
    assert counts(truth, {"seller": "Mill"}) == {"seller.name": (0, 0, 1)}


def test_records_are_paired_by_what_they_share() -> None:
    truth = {
        "work": [
            {"employer": "Mill", "title": "Intern", "start": "2019", "end": "2020"},
            {"employer": "Works", "title": "Intern", "start": "2021", "end": "present"},
        ]
    }
    found = {
        "work": [
            {"employer": "Works", "title": "Intern", "start": "2021", "end": "present", "note": "not told"},
            {"employer": "Fair", "title": "Clerk"},
            {"employer": "The Mill", "title": "Intern", "start": "2019"},
        ]
    }
    assert counts(truth, found) == {
        "work.employer": (1, 3, 2), "work.title": (2, 3, 2), "work.start": (2, 2, 2), "work.end": (1, 1, 2),
        "work (whole)": (1, 3, 2),
    }  # fmt: skip


def test_records_that_share_nothing_stay_alone() -> None:
    assert counts({"education": [{"school": "A"}]}, {"education": [{"school": "B"}]}) == {
        "education.school": (0, 1, 1), "education (whole)": (0, 1, 1),
    }  # fmt: skip
    assert counts({"education": []}, {"education": [{"school": "B"}]})["education.school"] == (0, 1, 0)
    assert counts({"education": [{"school": "A"}]}, {})["education (whole)"] == (0, 0, 1)


def test_spans_are_a_bag_and_once_a_document_a_set() -> None:
    truth = [("ORG", "A厂"), ("ORG", "A厂"), ("ORG", "B厂"), ("TITLE", "厂长")]
    found = [("ORG", "A 厂"), ("TITLE", "厂长"), ("TITLE", "厂长"), ("TITLE", "副厂长")]
    verdicts = compare_spans(truth, found)
    assert tallies(verdicts) == {"ORG": Tally(1, 1, 3), "TITLE": Tally(1, 3, 1)}
    assert tallies(distinct(verdicts)) == {"ORG": Tally(1, 1, 2), "TITLE": Tally(1, 2, 1)}


def test_a_span_of_another_kind_is_wrong() -> None:
    assert compare_spans([("ORG", "x")], [("TITLE", "x")]) == [
        Verdict("ORG", "x", None, False), Verdict("TITLE", None, "x", False),
    ]  # fmt: skip
