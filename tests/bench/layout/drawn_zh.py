"""Drawn pages in Chinese."""

from __future__ import annotations

from tests.bench.layout.sheet import Sheet
from tests.bench.layout.texts import chinese

_WHITE, _NAVY = (1.0, 1.0, 1.0), (0.15, 0.2, 0.35)


def resume_left() -> Sheet:
    """A resume with a sidebar in smaller type on the left."""
    s = Sheet(by_place=True)
    s.write("heading", 30, 60, 150, "陈远航", 24, bold=True)
    y = s.write("paragraph", 30, 84, 150, "桥梁检测工程师", 10) + 22
    y = s.write("heading", 30, y, 150, "联系方式", 12, bold=True) + 4
    for text in ("电话：13900001111", "邮箱：chen@example.org", "现居：武汉市江岸区"):
        y = s.write("paragraph", 30, y, 150, text, 8.5) + 3
    y = s.write("heading", 30, y + 16, 150, "专业技能", 12, bold=True) + 4
    for text in ("无损检测", "结构监测", "工程测绘", "数据分析", "现场管理"):
        y = s.write("list_item", 30, y, 150, "• " + text, 8.5) + 3
    y = s.write("heading", 30, y + 16, 150, "兴趣爱好", 12, bold=True) + 4
    s.write("paragraph", 30, y, 150, "登山、摄影、围棋", 8.5)
    y = s.write("heading", 210, 60, 350, "工作经历", 14, bold=True) + 6
    for i, (firm, years) in enumerate((("长江桥隧公司", "2018.03-2024.06"), ("华中检测中心", "2013.07-2018.02"))):
        s.put(480, y, years, 9)
        y = s.write("paragraph", 210, y, 250, firm + "　高级工程师", 10.5, bold=True)
        y = s.write("paragraph", 210, y + 3, 350, chinese(3 * i + 1, 3), 10, indent=20, lead=1.6) + 10
    y = s.write("heading", 210, y + 6, 350, "项目经验", 14, bold=True) + 6
    for i in (2, 7, 9):
        y = s.write("list_item", 210, y, 350, "• " + chinese(i, 2), 10, hang=8, lead=1.6) + 3
    y = s.write("heading", 210, y + 12, 350, "教育背景", 14, bold=True) + 6
    s.put(480, y, "2009.09-2013.06", 9)
    s.write("paragraph", 210, y, 250, "华中科技大学　土木工程　本科", 10.5)
    return s


def resume_right() -> Sheet:
    """A resume with a dark sidebar on the right."""
    s = Sheet()
    s.fill((410, 0, 595, 842), _NAVY)
    s.write("heading", 40, 64, 350, "赵小满", 26, bold=True)
    y = s.write("paragraph", 40, 90, 350, "应聘职位：产品经理", 11) + 20
    y = s.write("heading", 40, y, 350, "自我评价", 14, bold=True) + 6
    y = s.write("paragraph", 40, y, 345, chinese(8, 3), 10.5, indent=21, lead=1.6) + 12
    y = s.write("heading", 40, y, 350, "工作经历", 14, bold=True) + 6
    for i, (firm, years) in enumerate(
        (("云帆网络科技", "2020.04-至今"), ("南山软件", "2016.07-2020.03"), ("星河数据", "2014.07-2016.06"))
    ):
        s.put(310, y, years, 10)
        y = s.write("paragraph", 40, y, 250, firm + "　产品经理", 11, bold=True)
        y = s.write("paragraph", 40, y + 4, 345, chinese(3 * i + 1, 2), 10.5, lead=1.6) + 10
    y = s.write("heading", 40, y + 4, 350, "教育经历", 14, bold=True) + 6
    s.put(310, y, "2010.09-2014.06", 10)
    s.write("paragraph", 40, y, 250, "中山大学　信息管理", 11)
    y = s.write("heading", 428, 70, 150, "个人信息", 13, bold=True, colour=_WHITE) + 6
    for text in ("性别：女", "年龄：三十一岁", "电话：13600002222", "城市：深圳"):
        y = s.write("paragraph", 428, y, 150, text, 9.5, colour=_WHITE) + 4
    y = s.write("heading", 428, y + 20, 150, "技能证书", 13, bold=True, colour=_WHITE) + 6
    for text in ("英语六级", "项目管理师", "数据库工程师", "普通话一级"):
        y = s.write("list_item", 428, y, 150, "• " + text, 9.5, colour=_WHITE) + 4
    return s


def vertical() -> Sheet:
    """Columns from right to left."""
    s = Sheet()
    x = _column(s, 520, 80, "河边旧事", 20)
    s.label("heading", "河边旧事")
    for first in (0, 4, 7, 9):
        text = "　　" + chinese(first, 4)
        s.label("paragraph", text.strip())
        for at in range(0, len(text), 46):
            x = _column(s, x - 6, 80, text[at : at + 46], 12)
        x -= 8
    return s


def _column(s: Sheet, x: float, y: float, text: str, size: float) -> float:
    for i, character in enumerate(text):
        if character.strip():
            s.put(x - size, y + (i + 1) * 1.15 * size, character, size)
    return x - 1.4 * size


def journal() -> Sheet:
    """A journal's first page: two columns, a picture and a table with captions."""
    s = Sheet(by_place=True)
    s.write("heading", 60, 70, 475, "湖泊水位的长期观测与分析", 18, bold=True, align="centre")
    s.write("paragraph", 60, 94, 475, "林一鸣　周书言（江城水文研究所）", 10, align="centre")
    s.write("paragraph", 80, 120, 435, "摘要：" + chinese(2, 3), 9, lead=1.5)
    y = s.write("heading", 50, 190, 235, "1 引言", 13, bold=True) + 4
    y = s.write("paragraph", 50, y, 235, chinese(0, 4), 10, indent=20, lead=1.6)
    y = s.write("paragraph", 50, y, 235, chinese(1, 4), 10, indent=20, lead=1.6) + 10
    y = s.write("heading", 50, y, 235, "2 观测方法", 13, bold=True) + 4
    s.write("paragraph", 50, y, 235, chinese(7, 5), 10, indent=20, lead=1.6)
    s.picture((330, 180, 520, 310))
    y = s.write("caption", 310, 326, 235, "图1 观测站的位置", 8.5, align="centre") + 10
    y = s.write("paragraph", 310, y, 235, chinese(5, 4), 10, indent=20, lead=1.6) + 8
    y = s.write("caption", 310, y, 235, "表1 各月平均水位", 8.5, align="centre")
    y = (
        s.table(
            310,
            y - 4,
            (80, 75, 75),
            (("月份", "水位", "变化"), ("一月", "12.4", "0.1"), ("二月", "12.1", "-0.3"), ("三月", "11.8", "-0.3")),
        )
        + 22
    )
    y = s.write("heading", 310, y, 235, "3 结论", 13, bold=True) + 4
    s.write("paragraph", 310, y, 235, chinese(10, 4), 10, indent=20, lead=1.6)
    return s


def statute() -> Sheet:
    """Rules with numbers three deep, footnotes, running lines."""
    s = Sheet()
    s.write("header", 60, 40, 475, "江城市档案管理办法汇编", 8.5, align="centre")
    s.write("heading", 60, 86, 475, "档案借阅管理办法", 18, bold=True, align="centre")
    y = s.write("heading", 60, 124, 475, "一、总则", 13, bold=True) + 4
    y = s.write("paragraph", 60, y, 475, chinese(3, 3), 10.5, indent=21, lead=1.6) + 4
    y = s.write("heading", 60, y + 6, 475, "二、借阅手续", 13, bold=True) + 4
    y = s.write("paragraph", 60, y, 475, "借阅人应当按照下列顺序办理手续：", 10.5, indent=21, lead=1.6)
    y = s.write("list_item", 81, y, 454, "1. 填写借阅申请表，并由所在部门负责人签字；", 10.5, lead=1.6)
    y = s.write("list_item", 102, y, 433, "（1）申请表一式两份，其中一份留存备查；", 10.5, lead=1.6)
    y = s.write("list_item", 102, y, 433, "（2）签字日期不得早于申请日期；", 10.5, lead=1.6)
    y = s.write("list_item", 81, y, 454, "2. 到档案室核对身份证件；", 10.5, lead=1.6)
    y = s.write("list_item", 81, y, 454, "3. 在登记簿上登记归还日期。", 10.5, lead=1.6) + 4
    y = s.write("heading", 60, y + 6, 475, "三、归还与赔偿", 13, bold=True) + 4
    y = s.write("paragraph", 60, y, 475, chinese(7, 3), 10.5, indent=21, lead=1.6)
    y = s.write("paragraph", 60, y, 475, chinese(9, 4), 10.5, indent=21, lead=1.6)
    s.line(60, 720, 200, 720, 0.5)
    s.write("footnote", 60, 734, 475, "① 本办法所称档案包括纸质档案和电子档案。", 8.5)
    s.write("footnote", 60, 748, 475, "② 节假日不办理借阅手续。", 8.5)
    s.write("footer", 60, 806, 475, "第 5 页", 8.5, align="centre")
    return s


def newspaper() -> Sheet:
    """A newspaper: one article over three columns, one over two."""
    s = Sheet(by_place=True)
    s.write("heading", 40, 70, 515, "江城晚报", 32, bold=True, align="centre")
    s.line(40, 82, 555, 82)
    s.write("paragraph", 40, 96, 515, "星期六　第一八四一期　今日八版", 9, align="centre")
    s.line(40, 104, 555, 104)
    s.write("heading", 40, 134, 515, "图书馆屋顶修缮完毕", 22, bold=True)
    for i, x in enumerate((40, 217, 394)):
        y = s.write("paragraph", x, 160, 160, chinese(3 * i, 4), 10, indent=20, lead=1.5)
        s.write("paragraph", x, y, 160, chinese(3 * i + 1, 3), 10, indent=20, lead=1.5)
    s.line(40, 420, 555, 420)
    s.write("heading", 40, 450, 337, "集市搬到车站旁", 20, bold=True)
    for i, x in enumerate((40, 217)):
        s.write("paragraph", x, 476, 160, chinese(11 - 9 * i, 5), 10, indent=20, lead=1.5)
    y = s.write("heading", 394, 450, 160, "简讯", 14, bold=True) + 6
    for i in (5, 8, 10):
        y = s.write("paragraph", 394, y, 160, chinese(i, 2), 10, lead=1.5) + 8
    return s
