"""Twelve Chinese resumes in as many layouts, drawn by tests: invented people, firms and schools."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pymupdf

from tests import han_layouts as layouts
from tests.resumes import Sheet


@dataclass(frozen=True, slots=True)
class HanResume:
    """A drawn resume.

    Attributes:
        expected: values by field name, of the fields that are checked.
    """

    name: str
    pdf: bytes
    expected: dict[str, Any]


_COLUMNS = {"education": ("school", "major", "degree", "start", "end"), "work": ("employer", "title", "start", "end")}


_DRAWN: dict[str, tuple[Callable[[Sheet], None], str]] = {
    "labels": (
        layouts.labels,
        """
        name: 苏婉清
        gender: female
        ethnicity: 汉族
        birth_date: 1990-05
        native_place: 浙江绍兴
        nationality: 中国
        location: 杭州市
        phone: 13900001111
        email: suwq@mail.example
        education: 钱江大学 会计学 本科 2008-09 2012-06
        work: 云泽软件有限公司 财务经理 2016-03 present
        work: 青石重工股份有限公司 会计 2012-07 2016-02
        years: 14
        """,
    ),
    "form": (
        layouts.form,
        """
        name: 庄海峰
        gender: male
        ethnicity: 土家族
        birth_date: 1984-03
        native_place: 湖北恩施
        nationality: 中国
        location: 武汉市洪山区
        phone: 13600002222
        education: 东湖工学院 机械设计 本科 2002-09 2006-06
        education: 东湖工学院 机械工程 硕士 2006-09 2009-06
        work: 江城机床厂 工艺员 2009-07 2015-08
        work: 云泽装备有限公司 技术总监 2015-09 present
        """,
    ),
    "sidebar": (
        layouts.sidebar,
        """
        name: 林致远
        gender: male
        ethnicity: 回族
        native_place: 宁夏银川
        location: 深圳
        phone: 13500003333
        education: 岭南理工大学 计算机科学与技术 本科 2011-09 2015-06
        work: 星海网络科技有限公司 高级软件工程师 2019-03 present
        work: 北岭通信股份有限公司 软件工程师 2015-07 2019-02
        skills: Python Linux
        languages: 英语 粤语
        """,
    ),
    "headline": (
        layouts.headline,
        """
        name: 罗晓岚
        gender: female
        birth_date: 1992-03
        location: 上海
        phone: 13700004444
        education: 申江大学 心理学 本科 2010-09 2014-06
        work: 晨星教育科技有限公司 产品经理 2018-07 present
        work: 海棠信息技术有限公司 产品专员 2014-07 2018-06
        """,
    ),
    "traditional": (
        layouts.traditional,
        """
        name: 歐陽靖宇
        gender: male
        ethnicity: 漢族
        birth_date: 1988-11-02
        native_place: 廣東梅州
        location: 廣州
        phone: 13800005555
        education: 嶺海大學 國際貿易 學士 2007-09 2011-06
        work: 遠帆貿易有限公司 總經理 2015-04 present
        work: 遠帆貿易有限公司 業務經理 2011-07 2015-03
        languages: 英語 粵語 日語
        """,
    ),
    "labelled work": (
        layouts.labelled_work,
        """
        name: 贺兰山
        gender: male
        ethnicity: 满族
        phone: 13300006666
        education: 浑河大学 土木工程 大专 - 2006-07
        work: 抚河建设集团有限公司 项目经理 2010-01 2020-12
        work: 长白市政工程有限公司 施工员 2006-08 2009-12
        years: 14
        """,
    ),
    "brackets": (
        layouts.brackets,
        """
        name: 温如玉
        gender: female
        ethnicity: 汉族
        native_place: 江西吉安
        phone: 15900007777
        education: 赣水师范大学 汉语言文学 本科 2016-09 2020-06
        work: 吉安日报社 实习记者 2019-07 2019-09
        work: 洪都出版社有限公司 编辑 2020-07 2023-08
        skills: PS InDesign
        """,
    ),
    "bilingual": (
        layouts.bilingual,
        """
        name: 秦朗
        location: 北京
        phone: 18600008888
        education: 燕北大学 统计学 学士 2010-09 2014-06
        work: 远山数据技术有限公司 数据分析师 2017-05 present
        work: 金石咨询有限公司 咨询顾问 2014-07 2017-04
        skills: SQL Tableau R
        """,
    ),
    "told": (
        layouts.told,
        """
        name: 程立雪
        native_place: 山东烟台
        ethnicity: 汉族
        education: 芝罘大学 财务管理 学士 2006-09 2010-06
        education: - 管理学 学士 - -
        work: 胶东水产有限公司 会计 2010-05 2015-03
        work: 烟海食品集团有限公司 财务部经理 2015-04 present
        """,
    ),
    "compact": (
        layouts.compact,
        """
        name: 唐一诺
        location: 成都
        phone: 13400009999
        education: 西川美术学院 视觉传达 本科 2013-09 2017-06
        work: 锦川游戏有限公司 美术总监 2021-06 present
        work: 锦川游戏有限公司 原画师 2017-07 2021-05
        skills: Photoshop Maya Blender
        """,
    ),
    "two columns": (
        layouts.two_columns,
        """
        name: 叶知秋
        location: 南京
        phone: 15000001010
        education: 金陵药学院 药物化学 硕士 2010-09 2013-06
        education: 金陵药学院 药学 本科 2006-09 2010-06
        work: 秦淮生物医药有限公司 研发主管 2018-04 present
        work: 钟山制药股份有限公司 研究员 2013-07 2018-03
        languages: 英语 德语
        """,
    ),
    "cadre": (
        layouts.cadre,
        """
        name: 古长风
        gender: male
        ethnicity: 苗族
        native_place: 贵州凯里
        birth_date: 1979-08
        education: 黔东大学 水利工程 本科 1997-09 2001-07
        work: 凯江市水利局 科员 2001-07 2006-03
        work: 凯江市水利局 副科长 2006-03 2012-09
        work: 凯江市发展和改革委员会 副主任 2012-09 present
        """,
    ),
}


def han_resumes() -> list[HanResume]:
    """All of them."""
    return [HanResume(name, _pdf(draw), _parsed(expected)) for name, (draw, expected) in _DRAWN.items()]


def _parsed(text: str) -> dict[str, Any]:
    """The values: one a line; a line a record, "-" where it has none; lists parted by white space."""
    expected: dict[str, Any] = {}
    for line in text.strip().splitlines():
        name, _, value = line.strip().partition(": ")
        if name in _COLUMNS:
            record = zip(_COLUMNS[name], value.split(), strict=True)
            expected.setdefault(name, []).append({column: one for column, one in record if one != "-"})
        else:
            expected[name] = value.split() if name in ("skills", "languages") else value
    return expected


def _pdf(draw: Callable[[Sheet], None]) -> bytes:
    with pymupdf.open() as document:
        draw(Sheet(document.new_page(width=595, height=842)))
        document.subset_fonts()
        pdf: bytes = document.tobytes(garbage=3, deflate=True, no_new_id=True)
    return pdf
