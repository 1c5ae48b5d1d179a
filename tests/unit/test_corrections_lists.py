"""Corrections of lists and records: what has which shape, what an index means, and that nobody's is lost."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.errors import PermanentError
from pipeline.extract.fields import columns_of, extract_fields
from pipeline.extract.llm.built_in import built_in
from storage import corrections, documents, reprocess, review, status
from storage.catalog import KnowledgeBase
from storage.taking import FieldEntry
from tests.unit.builders import RUN_SETTINGS
from tests.unit.test_corrections import correct, done, field, finish, jobs, values
from tests.unit.test_fields_generic import document_of

SELLER = {"type": "object", "properties": {
    "seller": {"type": "object", "properties": {"name": {"type": "string"}, "city": {"type": "string"}}},
    "tags": {"type": "array", "items": {"type": "string"}},
}}  # fmt: skip
TWO = jobs("Clerk", "Cook")


def published(kb: KnowledgeBase, document: str, *entries: FieldEntry, found: Any = TWO, **more: Any) -> dict[str, Any]:
    """What is shown with these."""
    finish(kb, document, correct(kb, document, *entries, **more), found)
    return values(kb, document)


def read_as(kb: KnowledgeBase, found: dict[str, Any], schema: Any = "resume") -> str:
    """A document of which these fields were found."""
    document = done(kb)
    finish(kb, document, reprocess.reprocess(kb, document, "extract", {**RUN_SETTINGS, "schema": schema}), found)
    return document


def test_a_column_says_whether_the_extractor_makes_a_list() -> None:
    told = (
        ("resume", "李明远，男，汉族，1962年3月生，江苏南京人，中国国籍，教授，博士生导师。参观了江宁机械厂。"),
        ("resume", "李明远", "电话：13800138000", "邮箱：li@example.com", "现居地：上海", "工作年限：12年", "教育背景",
         "1996.09-2000.06 南京大学 物理学 学士", "工作经历", "2001.03-2010.05 江宁机械厂 工程师", "专业技能",
         "Python、SQL", "语言能力", "英语、日语"),
        ("generic", "Invoice", "Date: 2024-03-05", "a@example.com", "Phone: +44 20 7946 0018", "Total EUR 1,250.00"),
    )  # fmt: skip
    seen: dict[str, dict[str, bool]] = {"generic": {"language": False}, "resume": {}}
    for schema, *lines in told:
        for name, held in extract_fields(document_of(*lines, language="zh-Hans"), schema).items():
            for item in held if isinstance(held, list) else [held]:
                for path in [name] if "value" in item else [f"{name}.{inner}" for inner in item]:
                    seen[schema][path] = isinstance(held, list)
    for schema, shapes in seen.items():
        assert shapes == {column.path: column.many for column in columns_of(schema)}, schema
        model = {one.name: one.many for one in built_in(schema).properties}
        many = {column.path.partition(".")[0]: column.many for column in columns_of(schema)}
        assert model == {name: many[name] for name in model}, "a language model is asked for the same"
    assert [(one.path, one.many) for one in columns_of(SELLER)] == [
        ("seller.name", False), ("seller.city", False), ("tags", True),
    ]  # fmt: skip


def test_a_list_for_review_goes_on_where_it_was_whatever_the_confidence(kb: KnowledgeBase) -> None:
    sure = (1 / 3, 2 / 3, 2 / 3, 0.0001 / 3)
    found = {"skills": [field(f"skill {n}", one, 30.0 + 20 * n) for n, one in enumerate(sure)]}
    read_as(kb, found)
    seen: list[str] = []
    after = None
    while len(seen) < 9 and (
        part := review.listed(kb, 0.7, kind="field", document=None, after=after, limit=1)
    ):  # fmt: skip
        seen.append(part[0].told["value"])
        after = review.place(part[0].place.told())
    assert seen == ["skill 3", "skill 0", "skill 1", "skill 2"]


def test_of_a_record_the_fields_are_named(kb: KnowledgeBase) -> None:
    document = done(kb)
    with pytest.raises(PermanentError, match=r"name its fields: work\.employer, work\.title"):
        correct(kb, document, FieldEntry("work", 1, None))


@pytest.mark.parametrize("path", ["titles", "organizations"])
def test_one_of_the_lists_of_a_profile(kb: KnowledgeBase, path: str) -> None:
    found = {path: [field("Prof A", 0.5), field("Member B", 0.9, 90)]}
    document = read_as(kb, found)
    assert published(kb, document, FieldEntry(path, 0, "Professor A"), FieldEntry(path, 2, "C"), found=found) == {
        path: ["Professor A", "Member B", "C"]
    }


def test_a_single_record_stays_one_and_what_review_lists_can_be_sent(kb: KnowledgeBase) -> None:
    found = {"seller": {"name": field("Acne Ltd"), "city": field("York", y=40)}, "tags": [field("x", 0.3, 90)]}
    document = read_as(kb, found, SELLER)
    settings = {**RUN_SETTINGS, "schema": SELLER}
    sent = [
        FieldEntry(item.told["path"], item.told["index"], item.told["value"], was=item.told["value"])
        for item in review.listed(kb, 0.7, kind="field", document=None, after=None, limit=10)
    ]
    assert len(sent) == 3
    before = values(kb, document)
    assert published(kb, document, *sent, found=found, settings=settings) == before
    assert review.counts(kb, 0.7) == {"pages": 1, "fields": 0}
    name = FieldEntry("seller.name", None, "Acme Ltd", was="Acne Ltd")
    assert published(kb, document, name, found=found, settings=settings)["seller"] == {
        "name": "Acme Ltd", "city": "York"
    }  # fmt: skip
    with pytest.raises(PermanentError, match="is no list"):
        correct(kb, document, FieldEntry("seller.name", 1, "Another"), settings=settings)
    away = (FieldEntry("seller.name", 0, None), FieldEntry("seller.city", None, None))
    assert "seller" not in published(kb, document, *away, found=found, settings=settings)
    anew = FieldEntry("seller.city", None, "Hull")
    assert published(kb, document, anew, found=found, settings=settings)["seller"] == {"city": "Hull"}


def test_a_record_is_known_after_a_field_of_it_was_taken_away(kb: KnowledgeBase) -> None:
    for value in ("Harbour", None):
        document = done(kb, content=str(value).encode())
        published(kb, document, FieldEntry("work.title", 1, None))
        left = published(kb, document, FieldEntry("work.employer", 1, value))["work"]
        assert left == [{"employer": "Firm 0", "title": "Clerk"}] + ([{"employer": value}] if value else [])
    # Read anew in another order, the record that is gone stays gone.
    finish(kb, document, reprocess.reprocess(kb, document, "extract", {**RUN_SETTINGS, "schema": "resume"}),
           {**TWO, "work": TWO["work"][::-1]})  # fmt: skip
    assert values(kb, document)["work"] == [{"employer": "Firm 0", "title": "Clerk"}]


def test_what_stands_at_an_index_is_taken_away_again(kb: KnowledgeBase) -> None:
    found = {"skills": [field(value, 0.9, 30.0 + 20 * n) for n, value in enumerate(("Go", "Go", "Reids", "Rust"))]}
    document = read_as(kb, found)
    first = FieldEntry("skills", 0, None, was="Go")
    for left in (["Go", "Reids", "Rust"], ["Reids", "Rust"]):
        run = correct(kb, document, first)
        assert correct(kb, document, first) == run, "not shown yet: it was sent again"
        finish(kb, document, run, found)
        assert values(kb, document)["skills"] == left
    assert correct(kb, document, first) == run, "there is none left"
    assert published(kb, document, FieldEntry("skills", 0, None), found=found)["skills"] == ["Rust"]


def test_two_who_add_at_the_same_index_add_two(kb: KnowledgeBase) -> None:
    document = done(kb)
    correct(kb, document, FieldEntry("skills", 2, "Rust"), FieldEntry("work.employer", 2, "Harbour"))
    bobs = (
        FieldEntry("skills", 2, "Zig"),
        FieldEntry("work.title", 2, "Smith"),
        FieldEntry("work.employer", 2, "Dock"),
    )
    run = correct(kb, document, *bobs, author="Bob")
    assert correct(kb, document, *bobs, author="Bob") == run, "sent again"
    assert correct(kb, document, FieldEntry("skills", 2, "Rust"), author="Bob") == run, "Eva has added that"
    # A record that one began, the same goes on with; and what one saw of another's may be told.
    correct(kb, document, FieldEntry("work.title", 2, "Pilot"))
    correct(kb, document, FieldEntry("skills", 2, "Ziglang", was="Zig"))
    with pytest.raises(PermanentError, match="Several were added"):
        correct(kb, document, FieldEntry("skills", 2, None))
    shown = published(kb, document, FieldEntry("skills", 3, "Ada"))
    assert shown["skills"] == ["Go", "Reids", "Rust", "Ziglang", "Ada"]
    run = documents.find(kb, document).run
    assert correct(kb, document, *bobs[1:], author="Bob") == run, "sent again when it is shown, at another index"
    assert shown["work"][2:] == [{"employer": "Harbour", "title": "Pilot"}, {"employer": "Dock", "title": "Smith"}]


def test_of_a_single_field_the_later_stands_and_both_are_listed(kb: KnowledgeBase) -> None:
    document = done(kb)
    correct(kb, document, FieldEntry("name", None, "Anne"))
    assert published(kb, document, FieldEntry("name", None, "Anna"), author="Bob")["name"] == "Anna"
    told = [(one["author"], one["value"], one["stands"]) for one in corrections.listed(kb, document, None, 9)]
    assert told == [("Bob", "Anna", True), ("Eva", "Anne", False)]


def test_what_was_added_keeps_its_order(kb: KnowledgeBase) -> None:
    document = done(kb)
    published(kb, document, *(FieldEntry("skills", 2 + n, f"S{n}") for n in range(4)))
    shown = published(kb, document, FieldEntry("skills", 2, "S"))["skills"]
    assert shown == ["Go", "Reids", "S", "S1", "S2", "S3"]
    assert published(kb, document, FieldEntry("skills", 4, None))["skills"] == ["Go", "Reids", "S", "S1", "S3"]
    assert documents.find(kb, document).run == 4
    assert status.status(kb, document)["fields"]["skills"][2]["method"] == "corrected"
