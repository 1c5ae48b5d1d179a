"""Twelve layouts of Chinese resumes; people, firms and schools are invented."""

from __future__ import annotations

import pymupdf

from tests.resumes import Sheet, _grid


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


def labels(sheet: Sheet) -> None:
    """Labels and values, several on a line."""
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


def form(sheet: Sheet) -> None:
    """A form of ruled cells, tables with a row of heads."""
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


def sidebar(sheet: Sheet) -> None:
    """A coloured column at the left."""
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


def headline(sheet: Sheet) -> None:
    """Facts in one line with bars."""
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


def traditional(sheet: Sheet) -> None:
    """Traditional characters."""
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


def labelled_work(sheet: Sheet) -> None:
    """Entries of nothing but labels."""
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


def brackets(sheet: Sheet) -> None:
    """Headings in brackets, spaced names."""
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


def bilingual(sheet: Sheet) -> None:
    """Headings in two languages."""
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


def told(sheet: Sheet) -> None:
    """Sections told in sentences."""
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


def compact(sheet: Sheet) -> None:
    """Entries of one line, periods in brackets."""
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


def two_columns(sheet: Sheet) -> None:
    """Two columns of sections."""
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


def cadre(sheet: Sheet) -> None:
    """The form of a civil servant."""
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
