"""Twelve Chinese resumes in as many layouts, drawn by tests: invented people, firms and schools."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pymupdf

from tests.resumes import Sheet, _grid


@dataclass(frozen=True, slots=True)
class HanResume:
    """A drawn resume.

    Attributes:
        expected: values by field name, of the fields that are checked.
    """

    name: str
    pdf: bytes
    expected: dict[str, Any]


def _lines(sheet: Sheet, text: str, x: float = 56, step: float = 18, size: float = 10.5) -> None:
    """Lines from `x` on; "# " begins a heading; " ~ " is a hole of some 110 points."""
    for line in text.strip().splitlines():
        if line.startswith("# "):
            sheet.put(x, sheet.down(step + 9), line[2:], size + 2.5, True, (0.1, 0.3, 0.5))
            sheet.down(2)
            continue
        sheet.down(step)
        at = x
        for cell in line.split(" ~ "):
            if cell:
                sheet.put(at, sheet.y, cell, size)
                at += max(110, sheet.width(cell, size) + 24)


def _labels(sheet: Sheet) -> None:
    _lines(
        sheet,
        """
个人简历
姓名：苏婉清 ~ 性别：女 ~ 民族：汉族
出生年月：1990.05 ~ 籍贯：浙江绍兴 ~ 国籍：中国
现居住地：杭州市 ~ 电话：13900001111 ~ 邮箱：suwq@mail.example
# 教育经历
2008.09-2012.06 ~ 钱江大学 ~ 会计学 ~ 本科
# 工作经历
2016.03-至今 ~ 云泽软件有限公司 ~ 财务经理
负责预算与月度结账
2012.07-2016.02 ~ 青石重工股份有限公司 ~ 会计
负责往来核算
""",
    )


def _form(sheet: Sheet) -> None:
    sheet.centre(sheet.down(4), "应聘登记表", 18, True)
    sheet.down(16)
    _grid(
        sheet,
        (70, 170, 70, 173),
        [
            ("姓名", "庄海峰", "性别", "男"),
            ("出生年月", "1984年3月", "民族", "土家族"),
            ("籍贯", "湖北恩施", "国籍", "中国"),
            ("现住址", "武汉市洪山区", "联系电话", "13600002222"),
            ("最高学历", "硕士", "专业", "机械工程"),
        ],
        labels=(0, 2),
    )
    for heading, rows in (
        (
            "教育经历",
            [
                ("起止时间", "学校", "专业", "学历"),
                ("2002.09-2006.06", "东湖工学院", "机械设计", "本科"),
                ("2006.09-2009.06", "东湖工学院", "机械工程", "硕士"),
            ],
        ),
        (
            "工作经历",
            [
                ("起止时间", "工作单位", "职务", "证明人"),
                ("2009.07-2015.08", "江城机床厂", "工艺员", "王工"),
                ("2015.09-至今", "云泽装备有限公司", "技术总监", "李总"),
            ],
        ),
    ):
        sheet.put(56, sheet.down(26), heading, 12, True)
        sheet.down(8)
        _grid(sheet, (118, 160, 105, 100), rows, head=True)


def _sidebar(sheet: Sheet) -> None:
    sheet.page.draw_rect(pymupdf.Rect(0, 0, 190, 842), color=None, fill=(0.91, 0.94, 0.97))
    sheet.put(24, sheet.down(10), "林致远", 20, True)
    _lines(
        sheet,
        """
# 基本信息
性别：男
民族：回族
籍贯：宁夏银川
现居：深圳
13500003333
lin@mail.example
# 专业技能
Python、Linux
# 语言能力
英语、粤语
""",
        24,
    )
    sheet.y = 40
    _lines(
        sheet,
        """
# 工作经历
2019年3月至今
星海网络科技有限公司
高级软件工程师
主持支付系统重构
2015年7月至2019年2月
北岭通信股份有限公司
软件工程师
# 教育背景
2011年9月至2015年6月
岭南理工大学
计算机科学与技术  本科
""",
        214,
    )


def _headline(sheet: Sheet) -> None:
    sheet.put(56, sheet.down(12), "罗晓岚", 22, True)
    _lines(
        sheet,
        """
女 | 1992年3月 | 8年工作经验 | 现居上海
13700004444 | luo@mail.example
# 求职意向
产品经理  期望城市：上海
# 工作经历
晨星教育科技有限公司 ~ 产品经理 ~ 2018.07-至今
主导题库产品
海棠信息技术有限公司 ~ 产品专员 ~ 2014.07-2018.06
# 项目经历
智能题库 ~ 项目负责人 ~ 2020.01-2021.03
# 教育经历
申江大学 ~ 本科 ~ 心理学 ~ 2010.09-2014.06
""",
    )


def _traditional(sheet: Sheet) -> None:
    _lines(
        sheet,
        """
個人簡歷
姓名：歐陽靖宇 ~ 性別：男 ~ 民族：漢族
出生日期：1988年11月2日 ~ 籍貫：廣東梅州
電話：13800005555 ~ 現居地：廣州
# 教育背景
2007年9月 – 2011年6月 ~ 嶺海大學 ~ 國際貿易 ~ 學士
# 工作經歷
2015年4月 – 至今 ~ 遠帆貿易有限公司 ~ 總經理
2011年7月 – 2015年3月 ~ 遠帆貿易有限公司 ~ 業務經理
# 語言能力
英語、粵語、日語
""",
    )


def _labelled_work(sheet: Sheet) -> None:
    _lines(
        sheet,
        """
姓    名：贺兰山
性    别：男
民    族：满族
户籍：辽宁抚顺
联系方式：13300006666
# 教育背景
毕业院校：浑河大学
所学专业：土木工程
学历：大专
毕业时间：2006年7月
# 工作经验
公司名称：抚河建设集团有限公司
职位：项目经理
时间：2010年1月-2020年12月
工作职责：现场管理
公司名称：长白市政工程有限公司
职位：施工员
时间：2006年8月-2009年12月
""",
    )


def _brackets(sheet: Sheet) -> None:
    sheet.centre(sheet.down(8), "温 如 玉", 20, True)
    _lines(
        sheet,
        """
女 ~ 汉族 ~ 中共党员 ~ 籍贯：江西吉安
电话：15900007777 ~ 邮箱：wen@mail.example
# 【教育背景】
2016.09 — 2020.06    赣水师范大学    汉语言文学    本科
# 【实习经历】
2019.07 — 2019.09    吉安日报社    实习记者
• 采写社区新闻
# 【工作经历】
2020.07 — 2023.08    洪都出版社有限公司    编辑
• 审读书稿
# 【技能】
PS、InDesign
""",
    )


def _bilingual(sheet: Sheet) -> None:
    sheet.put(56, sheet.down(12), "秦朗 Qin Lang", 20, True)
    _lines(
        sheet,
        """
手机：18600008888  邮箱：qin@mail.example  所在地：北京
# 工作经历 Work Experience
2017/05 - 至今  远山数据技术有限公司 | 数据分析师
搭建指标体系
2014/07 - 2017/04  金石咨询有限公司 | 咨询顾问
# 教育经历 Education
2010/09 - 2014/06  燕北大学 | 统计学 | 学士
# 专业技能 Skills
SQL、Tableau、R
""",
    )


def _told(sheet: Sheet) -> None:
    _lines(
        sheet,
        """
姓名：程立雪
籍贯：山东烟台    民族：汉族
# 个人简介
财务管理专业本科，中级会计师。
# 工作经历
2010年5月至2015年3月在胶东水产有限公司任会计；
2015年4月至今任烟海食品集团有限公司财务部经理。
# 教育经历
2006年9月至2010年6月就读于芝罘大学财务管理专业，获管理学学士学位。
""",
    )


def _compact(sheet: Sheet) -> None:
    sheet.put(56, sheet.down(12), "唐一诺", 20, True)
    _lines(
        sheet,
        """
13400009999 | tang@mail.example | 现居：成都 | 工作年限：6年
# 工作背景
锦川游戏有限公司 — 美术总监（2021年6月至今）
锦川游戏有限公司 — 原画师（2017年7月-2021年5月）
# 学历
西川美术学院，视觉传达，本科（2013年9月-2017年6月）
# 技能特长
Photoshop、Maya、Blender
""",
    )


def _two_columns(sheet: Sheet) -> None:
    sheet.centre(sheet.down(6), "叶知秋", 22, True)
    sheet.centre(sheet.down(20), "15000001010  |  ye@mail.example  |  南京", 10)
    top = sheet.y
    _lines(
        sheet,
        """
# 工作经历
2018.04-至今
秦淮生物医药有限公司
研发主管
2013.07-2018.03
钟山制药股份有限公司
研究员
""",
        56,
    )
    sheet.y = top
    _lines(
        sheet,
        """
# 教育背景
2010.09-2013.06
金陵药学院
药物化学  硕士
2006.09-2010.06
金陵药学院
药学  本科
# 语言能力
英语、德语
""",
        320,
    )


def _cadre(sheet: Sheet) -> None:
    sheet.centre(sheet.down(4), "干部履历表", 18, True)
    sheet.down(16)
    _grid(
        sheet,
        (70, 170, 70, 173),
        [
            ("姓名", "古长风", "性别", "男"),
            ("民族", "苗族", "籍贯", "贵州凯里"),
            ("出生年月", "1979.08", "政治面貌", "中共党员"),
        ],
        labels=(0, 2),
    )
    _lines(
        sheet,
        """
# 工作简历
2001.07—2006.03  凯江市水利局  科员
2006.03—2012.09  凯江市水利局  副科长
2012.09—今  凯江市发展和改革委员会  副主任
# 学习经历
1997.09—2001.07  黔东大学  水利工程  本科
""",
    )


_COLUMNS = {"education": ("school", "major", "degree", "start", "end"), "work": ("employer", "title", "start", "end")}


_DRAWN: dict[str, tuple[Callable[[Sheet], None], str]] = {
    "labels": (
        _labels,
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
        _form,
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
        _sidebar,
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
        _headline,
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
        _traditional,
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
        _labelled_work,
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
        _brackets,
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
        _bilingual,
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
        _told,
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
        _compact,
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
        _two_columns,
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
        _cadre,
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
