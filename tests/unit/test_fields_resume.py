"""Resume fields: ten drawn resumes, profiles in sentences, labels, and odd cases."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline.extract.build import build_document
from pipeline.extract.document import Block, Document, Line, Page
from pipeline.extract.fields import columns_of, extract_fields
from pipeline.render.draw import RenderOptions, render_page
from pipeline.render.source import open_source
from pipeline.types import Box
from tests.resumes import Resume, resumes


def read(pdf: bytes, folder: Path) -> Document:
    path = folder / "original"
    path.write_bytes(pdf)
    with open_source(path, "pdf") as source:
        page = render_page(source, 1, folder / "page.png", RenderOptions())
    assert page.reading is not None, "the drawn page has no text layer that is good enough"
    return build_document([page.reading])


def plain(found: Any) -> Any:
    """Values alone."""
    if isinstance(found, list):
        return [plain(one) for one in found]
    return found["value"] if "method" in found else {name: plain(one) for name, one in found.items()}


def resume_of(*lines: str) -> dict[str, Any]:
    """What is found in lines of one size, a paragraph each, as OCR gives them: no words, no headings."""
    blocks = tuple(
        Block("paragraph", 1, (Line(text, Box(50, 20.0 * i, 400, 20.0 * i + 12), 10, False, ()),))
        for i, text in enumerate(lines)
    )
    return plain(extract_fields(Document((Page(1, 595, 842, "ocr", 1.0, blocks),)), "resume"))


@pytest.mark.parametrize("resume", resumes(), ids=lambda resume: f"{resume.layout}-{resume.language}")
def test_drawn_resumes(resume: Resume, tmp_path: Path) -> None:
    found = extract_fields(read(resume.pdf, tmp_path), "resume")
    assert plain(found) == resume.expected


@pytest.mark.parametrize("resume", resumes()[::4], ids=lambda resume: resume.name)
def test_every_field_stands_where_its_box_is(resume: Resume, tmp_path: Path) -> None:
    document = read(resume.pdf, tmp_path)
    words = [word for block in document.text_blocks for line in block.lines for word in line.words]
    found = extract_fields(document, "resume")
    flat = [one for one in found.values() if "method" in one]
    for rows in (one for one in found.values() if isinstance(one, list)):
        flat += [field for row in rows for field in ([row] if "method" in row else row.values())]
    assert len(flat) > 15
    for field in flat:
        x0, y0, x1, y1 = field["box"]
        inside = "".join(
            w.text for w in words
            if x0 < w.box.x1 and w.box.x0 < x1 and y0 - 0.1 <= w.box.y0 and w.box.y1 <= y1 + 0.1
        )  # fmt: skip
        assert "".join(field["text"].split()) in inside
        assert field["page"] == 1
        assert 0 < field["confidence"] < 1


def test_columns_name_every_field_that_is_found(tmp_path: Path) -> None:
    for resume in resumes():
        for name, found in resume.expected.items():
            for one in found if isinstance(found, list) else ():
                paths = {f"{name}.{key}" for key in one} if isinstance(one, dict) else {name}
                assert paths <= {column.path for column in columns_of("resume")}


def test_a_profile_in_sentences() -> None:
    found = resume_of(
        "顾明远，男，1964年8月出生，汉族，中共党员，工学硕士，高级工程师。",
        "1986年毕业于东湖工学院机械制造专业。",
        "1986年7月至1998年3月在青石机床厂工作，历任技术员、车间主任；",
        "1998年4月至2009年任青石重工股份有限公司副总经理、总工程师。",
        "现任青石重工股份有限公司董事长，兼任东湖工学院客座教授。",
    )
    assert (found["name"], found["gender"], found["birth_date"]) == ("顾明远", "male", "1964-08")
    assert {"school": "东湖工学院", "major": "机械制造", "end": "1986"} in found["education"]
    assert {"degree": "硕士", "major": "工学"} in found["education"]
    work = found["work"]
    assert {"employer": "青石机床厂", "title": "技术员", "start": "1986-07", "end": "1998-03"} in work
    assert {"employer": "青石重工股份有限公司", "title": "总工程师", "start": "1998-04", "end": "2009"} in work
    assert {"employer": "青石重工股份有限公司", "title": "董事长", "end": "present"} in work
    assert {"employer": "东湖工学院", "title": "客座教授", "end": "present"} in work
    assert not any("党员" in record.get("title", "") for record in work)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["姓名：苏 婉 性别：女 出生年月：1990.05 电话：13900001111"],
         {"name": "苏婉", "gender": "female", "birth_date": "1990-05", "phone": "13900001111"}),
        (["姓 名 ：苏婉清", "年龄：32岁"], {"name": "苏婉清"}),
        (["姓名:", "性别：男"], {"gender": "male"}),
        (["Name: Ada Brook", "Gender: F", "DOB: 3 May 1990"], {"name": "Ada Brook", "gender": "female",
        "birth_date": "1990-05-03"}),
        (["杜若女士，1971年出生，本科学历。"], {"name": "杜若", "gender": "female", "birth_date": "1971"}),
        (["Curriculum Vitae", "Summary of Qualifications"], {}),
        (["个人简历", "求职意向"], {}),
    ],
)  # fmt: skip
def test_persons(lines: list[str], expected: dict[str, str]) -> None:
    found = resume_of(*lines)
    assert {name: value for name, value in found.items() if isinstance(value, str)} == expected


def test_labels_of_education_outside_a_section() -> None:
    found = resume_of("姓名：苏婉清", "毕业院校：钱江大学  专业：会计学  学历：本科学历")
    assert found["education"] == [{"school": "钱江大学", "major": "会计学", "degree": "本科"}]


def test_sections_that_no_type_sets_apart() -> None:
    found = resume_of(
        "Ada Brook", "WORK EXPERIENCE", "Engineer at Pell & Sons Ltd, 2019 - present", "Kept 99.9% of 2018 alive.",
        "Education:", "Bachelor of Arts in History, Calder College, 2015", "Skills: Excel, Word / PowerPoint; filing"
                                                                           " and typing",
        "Hobbies", "Chess, 2010 - 2020",
    )  # fmt: skip
    assert found["work"] == [{"employer": "Pell & Sons Ltd", "title": "Engineer", "start": "2019", "end": "present"}]
    assert found["education"] == [
        {"school": "Calder College", "degree": "Bachelor of Arts", "major": "History", "end": "2015"}
    ]
    assert found["skills"] == ["Excel", "Word", "PowerPoint", "filing", "typing"]


def test_skills_keep_what_is_a_skill() -> None:
    found = resume_of(
        "专业技能", "1. 熟练掌握 Python、Go 和 Java", "2. 数据库：MySQL（精通），Redis；",
        "3. 我曾经带领过二十人的团队完成了许多重要的项目交付工作。",
        "语言能力", "英语六级，能够阅读专业文献；普通话",
    )  # fmt: skip
    assert found["skills"] == ["Python", "Go", "Java", "MySQL", "Redis"]
    assert found["languages"] == ["英语", "普通话"]


def test_an_employer_stands_above_the_titles_held_there() -> None:
    found = resume_of(
        "Experience", "Pellworth Analytics Ltd", "Senior Analyst", "2018 - present", "Analyst", "2014 - 2018",
    )  # fmt: skip
    assert [record["title"] for record in found["work"]] == ["Senior Analyst", "Analyst"]
