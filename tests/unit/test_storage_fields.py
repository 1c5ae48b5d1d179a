from __future__ import annotations

import csv

import pytest

from pipeline.errors import PermanentError
from pipeline.extract.fields.columns import Kind
from storage import cleanup, documents, exports, status
from storage.catalog import KnowledgeBase
from storage.conditions import conditions
from storage.field_table import Choice
from storage.filters import parse_filter
from tests.unit.builders import RULES, done, field, upload

KNOWN: dict[str, Kind] = dict.fromkeys(("name", "gender", "skills", "education.school", "education.degree"), "text")
LI = {
    "name": field("李明"),
    "gender": {**field("male"), "text": "男"},
    "skills": [field("Redis"), field("C++"), field("Core Java")],
    "education": [
        {"school": field("北京大学"), "degree": field("大学本科")},
        {"school": field("清华大学"), "degree": field("硕士")},
    ],
}
ANN = {"name": field("Ann Fox"), "skills": [field("JavaScript"), field("C")], "education": []}


@pytest.fixture
def people(kb: KnowledgeBase) -> dict[str, str]:
    return {done(kb, b"li", "li.pdf", LI): "li", done(kb, b"ann", "ann.pdf", ANN): "ann"}


def _found(kb: KnowledgeBase, people: dict[str, str], *filters: str) -> set[str]:
    chosen = [parse_filter(one, KNOWN) for one in filters]
    return {people[row["id"]] for row in status.statuses(kb, filters=chosen, limit=10)}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("skills:Redis", {"li"}),
        ("skills:ＲＥＤＩＳ", {"li"}),
        ("skills:java", {"li"}),  # a word of "Core Java", and not a part of "JavaScript"
        ("skills:C", {"ann"}),  # not C++
        ("skills:c++", {"li"}),
        ("education.degree:本科", {"li"}),
        ("education:清华", {"li"}),
        ("education.degree:清华", set()),
        ("name:fox", {"ann"}),
        ("gender:male", {"li"}),
        ("gender:男", {"li"}),  # as it is printed
        ("gender:male 男", set()),
        ("tag:t", {"li", "ann"}),
        ("tag:T", set()),
        ("language:en", {"li", "ann"}),
        ("language:zh-Hans", set()),
        ("metadata.source:fair", set()),
    ],
)
def test_filters(kb: KnowledgeBase, people: dict[str, str], given: str, expected: set[str]) -> None:
    assert _found(kb, people, given) == expected


def test_all_filters_must_hold(kb: KnowledgeBase, people: dict[str, str]) -> None:
    assert _found(kb, people, "skills:Redis", "education.degree:硕士") == {"li"}
    assert _found(kb, people, "skills:Redis", "name:fox") == set()


@pytest.mark.parametrize("given", ["skills", ":x", "skills:", "skils:Redis", "metadata.:x", "skills:，"])
def test_a_filter_that_means_nothing_is_refused(given: str) -> None:
    with pytest.raises(PermanentError, match="filter"):
        parse_filter(given, KNOWN)


def test_values_of_a_filter_are_never_sql(kb: KnowledgeBase, people: dict[str, str]) -> None:
    sql, values = conditions([parse_filter("tag:') OR 1=1 --", KNOWN)], "d", kb.db.dialect)
    assert "1=1" not in sql and values == {"filter_0": "') OR 1=1 --"}
    assert _found(kb, people, "tag:') OR 1=1 --") == set()


def test_fields_are_shown_and_go_with_their_run(kb: KnowledgeBase, people: dict[str, str]) -> None:
    li = next(iter(people))
    assert status.status(kb, li)["fields"] == LI
    documents.delete(kb, li)
    for row in cleanup.due(kb):
        if row.chunks == 0:
            cleanup.clean_run(kb, row, RULES.lease_s)
    assert _found(kb, people, "skills:Redis") == set()


def test_a_document_in_work_has_no_fields_yet(kb: KnowledgeBase) -> None:
    assert status.status(kb, upload(kb).id)["fields"] == {}


def test_the_table_of_fields(kb: KnowledgeBase, people: dict[str, str]) -> None:
    done(kb, b"evil", "=cmd.pdf", {"name": field("=HYPERLINK(1)"), "phone": field("+4915112345678")})
    columns = list(dict.fromkeys([*KNOWN, *exports.held_paths(kb)]))
    text = "".join(exports.csv_lines(kb, columns))
    assert text.startswith("\ufeff")
    rows = list(csv.DictReader(text.removeprefix("\ufeff").splitlines()))
    assert [row["filename"] for row in rows] == ["'=cmd.pdf", "ann.pdf", "li.pdf"]
    assert rows[0]["name"] == "'=HYPERLINK(1)" and rows[0]["phone"] == "+4915112345678"
    assert rows[2]["skills"] == "Redis; C++; Core Java"
    assert rows[2]["education.school"] == "北京大学; 清华大学" and rows[1]["education.school"] == ""
    assert list(rows[0])[-1] == "phone"  # known columns first, others behind
    chosen = Choice([parse_filter("name:fox", KNOWN)])
    assert "li.pdf" not in "".join(exports.csv_lines(kb, columns, chosen))
