"""Readers of labelled fields and questions, on files written here."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from cli.evaluation import cvs, questions, receipts, spans
from cli.evaluation.field_sets import SCAN, TEXT, find_field_sets, read_fields
from cli.evaluation.found import Part, find
from cli.evaluation.sets import TruthError
from tests import drawing

CV = """
cv:
  name: Ada Brook
  location: Leeds, UK
  email: ada@brook.org
  phone: tel:+44-20-7946-0958
  sections:
    Where I learnt:
      - institution: Weir **Technical** University
        area: '[Hydraulics](https://example.org/h_y)'
        degree: BSc
        start_date: 2010-9
        end_date: 2013-06-30
      - institution: Evening School
        date: Fall 2014
    past:
      - company: Mill & Sons
        position: Engineer_in_chief
        start_date: 2014
        end_date: present
      - company: Works
        position: Intern
        date: 2012-07
    notes:
      - Just a line.
      - label: Languages
        details: English
"""
BMES = "甲 B-NAME\n乙 E-NAME\n， O\n汉 B-RACE\n族 E-RACE\n\n任 O\n厂 S-ORG\n长 S-TITLE\n\n丙 B-NAME\n丁 E-NAME\n"
SQUAD = {
    "data": [
        {"paragraphs": [
            {"context": "Tea grows.", "qas": [{"id": "1", "question": "What grows?"}]},
            {"context": "Salt melts.", "qas": [{"id": "2", "question": "What melts?"}]},
        ]},
        {"paragraphs": [{"context": "Tea grows.", "qas": [{"id": "3", "question": "And what grows?"}]}]},
    ]
}  # fmt: skip


def test_a_cv(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(CV)
    assert cvs.is_cv(path)
    assert cvs.read_cv(path) == {
        "name": "Ada Brook", "email": "ada@brook.org", "phone": "+44-20-7946-0958", "location": "Leeds, UK",
        "education": [
            {"school": "Weir Technical University", "degree": "BSc", "major": "Hydraulics", "start": "2010-09",
             "end": "2013-06"},
            {"school": "Evening School"},
        ],
        "work": [
            {"employer": "Mill & Sons", "title": "Engineer_in_chief", "start": "2014", "end": "present"},
            {"employer": "Works", "title": "Intern", "end": "2012-07"},
        ],
    }  # fmt: skip


@pytest.mark.parametrize("text", ["cv: [", "cv: nobody", "- 1", "cv: !!python/object/apply:os.getcwd []"])
def test_no_cv(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(text)
    with pytest.raises(TruthError, match=r"x\.yaml"):
        cvs.read_cv(path)


def test_a_receipt(tmp_path: Path) -> None:
    (tmp_path / "key").mkdir()
    path = tmp_path / "key" / "1.json"
    path.write_bytes(orjson.dumps({"company": "MILL", "date": "05 MAR 2018", "total": "RM 1,234.50", "cashier": "Ada"}))
    assert receipts.read_key(path) == {"company": "MILL", "date": "2018-03-05", "total": "1234.50"}
    path.write_text('{"date": "12/03/18", "total": "free"}')
    assert receipts.read_key(path) == {"date": "2018-03-12", "total": "free"}
    (tmp_path / "img").mkdir()
    (tmp_path / "img" / "1.png").write_bytes(drawing.page_png("MILL", 50))
    [found] = find_field_sets(tmp_path)
    assert (
        found.name == tmp_path.name
        and found.schema == receipts.SCHEMA
        and [item.name for item in found.items] == ["1.png"]
    )
    path.write_text("[]")
    with pytest.raises(TruthError):
        receipts.read_key(path)


def test_profiles_begin_where_a_person_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.bmes"
    path.write_text(BMES)
    first, second = spans.read_bmes(path)
    assert first.sentences == ("甲乙，汉族", "任厂长")
    assert first.spans == (("NAME", "甲乙"), ("RACE", "汉族"), ("ORG", "厂"), ("TITLE", "长"))
    assert second == spans.Profile(("丙丁",), (("NAME", "丙丁"),))


def test_a_span_that_does_not_end_ends_where_another_begins(tmp_path: Path) -> None:
    path = tmp_path / "x.bmes"
    path.write_text("甲 B-ORG\n厂 M-ORG\n乙 B-ORG\n厂 E-ORG\n长 M-TITLE\n")
    [profile] = spans.read_bmes(path)
    assert profile.spans == (("ORG", "甲厂"), ("ORG", "乙厂"), ("TITLE", "长"))


def test_no_tags(tmp_path: Path) -> None:
    path = tmp_path / "x.bmes"
    path.write_text("甲 B-NAME\n乙\n")
    with pytest.raises(TruthError, match="line 2"):
        spans.read_bmes(path)


def test_fields_as_spans_each_place_once() -> None:
    employer = {"value": "A", "text": "A 厂", "page": 1, "box": [0, 0, 9, 9]}
    again = {**employer, "box": [0, 20, 9, 29]}
    title = {"value": "x", "text": "厂长", "page": 1, "box": [9, 0, 19, 9]}
    fields = {
        "name": {"value": "甲", "text": "甲", "page": 1, "box": None},
        "work": [{"employer": employer, "title": title}, {"employer": employer}, {"employer": again}],
        "education": [{"degree": title}],
    }
    assert spans.spans_of(fields) == [
        ("NAME", "甲"), ("ORG", "A 厂"), ("ORG", "A 厂"), ("TITLE", "厂长"), ("EDU", "厂长"),
    ]  # fmt: skip


def test_questions_and_languages_that_belong_together(tmp_path: Path) -> None:
    for name, ids in (("tea.en.json", "123"), ("tea.zh.json", "123"), ("other.json", "456")):
        text = orjson.dumps(SQUAD).decode()
        for old, new in zip("123", ids, strict=True):
            text = text.replace(f'"id":"{old}"', f'"id":"{new}"')
        (tmp_path / name).write_text(text)
    (tmp_path / "unlike.json").write_text('{"data": 3}')
    found = find([tmp_path], {Part.SEARCH}, None, 0)
    assert [(one.name, [each.name for each in one.collections]) for one in found.questions] == [
        ("other", ["other"]), ("tea", ["tea.en", "tea.zh"]),
    ]  # fmt: skip
    one = found.questions[0].collections[0]
    assert one.paragraphs == ("Tea grows.", "Salt melts."), "a paragraph that comes twice is one document"
    assert [(question.id, question.paragraph) for question in one.questions] == [("4", 0), ("5", 1), ("6", 0)]


def test_a_limit_keeps_the_questions_of_the_paragraphs_it_keeps(tmp_path: Path) -> None:
    path = tmp_path / "tea.json"
    path.write_bytes(orjson.dumps(SQUAD))
    [whole] = questions.grouped([questions.read_questions(path)])
    few = whole.limited(1).collections[0]
    assert few.paragraphs == ("Tea grows.",) and [one.id for one in few.questions] == ["1", "3"]
    assert [one.id for one in whole.asking(2).collections[0].questions] == ["1", "2"]
    assert whole.asking(2).paragraphs == 2


def test_broken_questions_are_named(tmp_path: Path) -> None:
    (tmp_path / "torn.json").write_bytes(orjson.dumps(SQUAD)[:-20])
    found = find([tmp_path], {Part.SEARCH}, None, 0)
    assert found.questions == () and "torn.json" in found.problems[0]


def test_sets_of_fields_in_a_folder(tmp_path: Path) -> None:
    (tmp_path / "cv.pdf").write_bytes(drawing.text_pdf([["Ada Brook"]]))
    (tmp_path / "cv.yaml").write_text(CV)
    (tmp_path / "bill.pdf").write_bytes(drawing.text_pdf([["Total 3.00"]]))
    schema = {"type": "object", "properties": {"total": {"type": "number"}}}
    (tmp_path / "bill.fields.json").write_bytes(orjson.dumps({"schema": schema, "fields": {"total": "3.00"}}))
    (tmp_path / "bad.pdf").write_bytes(drawing.text_pdf([["Bad"]]))
    (tmp_path / "bad.fields.json").write_text("[]")
    (tmp_path / "p.bmes").write_text(BMES)
    sets = {one.schema if isinstance(one.schema, str) else "own": one for one in find_field_sets(tmp_path)[:2]}
    assert [item.name for item in sets["own"].items] == ["bill.pdf"]
    assert [item.name for item in sets["resume"].items] == ["cv.pdf"]
    assert "bad.pdf: not measured: bad.fields.json" in sets["resume"].problems[0]
    assert sets["resume"].ways == ("as it is", "OCR, 200 dpi", "OCR, 300 dpi")
    assert read_fields(tmp_path / "bill.fields.json") == (schema, {"total": "3.00"})
    profiles = find_field_sets(tmp_path)[2].scanned(1)
    assert [tuple(item.ways) for item in profiles.items] == [(TEXT, SCAN), (TEXT,)]
    pages = find([tmp_path], {Part.PAGES}, None, 0).pages
    assert pages == (), "documents whose fields are known are not pages without truth"
