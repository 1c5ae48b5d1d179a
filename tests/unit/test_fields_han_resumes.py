"""Chinese resumes in sections, forms and columns, drawn with a text layer."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from pipeline.extract.fields import extract_fields
from tests.han_resumes import HanResume, han_resumes
from tests.unit.test_fields_resume import plain, read, resume_of


@pytest.mark.parametrize("resume", han_resumes(), ids=lambda resume: resume.name)
def test_layouts(resume: HanResume, tmp_path: Path) -> None:
    found = plain(extract_fields(read(resume.pdf, tmp_path), "resume", date(2026, 6, 1)))
    assert {name: found.get(name) for name in resume.expected} == resume.expected


def test_particulars_without_labels() -> None:
    found = resume_of("苏婉清", "女 | 1990年5月 | 侗族 | 现居杭州", "13900001111 | suwq@mail.example")
    assert (found["birth_date"], found["ethnicity"], found["location"]) == ("1990-05", "侗族", "杭州")


def test_values_are_shorter_than_what_is_printed() -> None:
    found = resume_of("顾明远，男，汉族，湖南长沙人，中国国籍，1964年出生，研究生学历，高级工程师。")
    assert (found["native_place"], found["nationality"], found["ethnicity"]) == ("湖南长沙", "中国", "汉族")
    assert found["education"] == [{"degree": "研究生"}]
    assert found["titles"] == ["高级工程师"]
    assert "work" not in found or not found["work"]


def test_bars_that_are_characters_and_headings_that_count_years() -> None:
    found = resume_of(
        "孟知非", "男 丨 31岁 丨 电话：13255556666 丨 现居住于西安", "工作经验（7年）",
        "2020年2月-至今 / 终南航空装备有限公司 / 质量部副部长",
        "2017年7月-2020年1月 / 渭水电子股份有限公司一质量工程师",
    )  # fmt: skip
    assert (found["gender"], found["location"], found["phone"]) == ("male", "西安", "13255556666")
    assert [(job["employer"], job["title"]) for job in found["work"]] == [
        ("终南航空装备有限公司", "质量部副部长"),
        ("渭水电子股份有限公司", "质量工程师"),
    ]
