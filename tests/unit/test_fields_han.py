"""Chinese profiles: mentions in sentences, and the records made of them. All people and firms are made up."""

from __future__ import annotations

import time

import pytest

from pipeline.extract.fields.han.tagger import Profile


def tagged(*paragraphs: str) -> list[tuple[str, str]]:
    profile = Profile()
    return [(m.kind, text[m.start : m.end]) for text in paragraphs for m in profile.tag(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("任青石重工股份有限公司财务部副部长", ["organisation 青石重工股份有限公司", "title 财务部副部长"]),
        ("历任钱江大学化工学院讲师、副教授", ["organisation 钱江大学化工学院", "title 讲师", "title 副教授"]),
        (
            "现任本公司董事、副总经理兼财务总监。",
            ["organisation 本公司", "title 董事", "title 副总经理", "title 财务总监"],
        ),
        ("曾任云泽(集团)有限公司上海分公司总经理", ["organisation 云泽(集团)有限公司上海分公司", "title 总经理"]),
        ("兼任中国测试学会传感专业委员会委员", ["organisation 中国测试学会传感专业委员会", "title 委员"]),
        ("在华为技术有限公司工作", ["organisation 华为技术有限公司"]),
        ("高级工程师,中国注册会计师", ["title 高级工程师", "title 中国注册会计师"]),
        ("汉族,中国国籍,本科学历", ["ethnicity 汉族", "nationality 中国国籍", "degree 本科学历"]),
        ("获得工商管理硕士学位", ["major 工商管理", "degree 硕士学位"]),
        ("毕业于东湖工学院机械制造专业", ["organisation 东湖工学院", "major 机械制造专业"]),
        ("与公司控股股东不存在关联关系,未受过处罚", []),
        ("负责产品质量管理", []),
    ],
)
def test_segments(text: str, expected: list[str]) -> None:
    assert [" ".join(pair) for pair in tagged(text)] == expected


def test_a_name_is_known_again_and_a_firm_by_its_short_name() -> None:
    found = tagged("顾明远,男,1964年出生。", "顾先生曾任青石重工股份有限公司总裁。", "现任青石重工董事。")
    assert found == [
        ("name", "顾明远"),
        ("name", "顾"),
        ("organisation", "青石重工股份有限公司"),
        ("title", "总裁"),
        ("organisation", "青石重工"),
        ("title", "董事"),
    ]


@pytest.mark.parametrize(
    "unit", ["公司", "经理", "董事、", "某大学", "第一届", "(", "王某先生", "副", "甲乙公司、", "之乎者也", "(甲)"]
)
def test_long_lines_cost_no_more_a_character(unit: str) -> None:
    def seconds(characters: int) -> float:
        started = time.process_time()
        Profile().tag(unit * (characters // len(unit)))
        return time.process_time() - started

    assert seconds(30_000) < 20 * seconds(6_000) + 0.05
