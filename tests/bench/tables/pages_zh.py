"""Chinese pages with tables, each of another kind."""

from __future__ import annotations

from tests.bench.tables.draw import Sheet

PROSE = (
    "港务处每年冬天把一年里上岸的货物抄写成册，送到镇上存放，很少有人去翻看。下面的数字就抄自修建长堤那一年的册子，"
    "记错的地方已经改正，船名按照船主的写法。若有不明之处，可以到码头边的小屋里查阅原本。"
)


def resume_form(s: Sheet) -> None:
    s.text(240, 60, "个人简历表", 18)
    rows = [
        ["姓名", "陶若溪", "性别", "女", ("照片", 4, 1)],
        ["出生年月", "1993年8月", "民族", "汉族", None],
        ["籍贯", "浙江绍兴", "政治面貌", "群众", None],
        ["学历", "硕士", "专业", "水利工程", None],
        ["联系电话", ("0575-8800 1234", 1, 2), None, "邮箱", "tao@example.cn"],
        [
            "教育经历",
            ("2011年至2015年，河海大学，水文专业\n2015年至2018年，同济大学，水利工程", 1, 4),
            None,
            None,
            None,
        ],
        ["工作经历", ("2018年起在钱塘江管理局任工程师\n负责潮位观测和堤防检查", 1, 4), None, None, None],
        ["自我评价", ("做事细心，愿意到现场去", 1, 4), None, None, None],
    ]
    s.table(60, 90, [80, 110, 80, 90, 110], rows, align="clclc", size=10, height=24)


def marks(s: Sheet) -> None:
    s.text(230, 60, "期末成绩单", 16)
    names = ["白露", "陈谷雨", "杜清明", "方小满", "葛立秋", "何冬至"]
    rows = [["学号", "姓名", "语文", "数学", "外语", "总分"]]
    for i, name in enumerate(names):
        scores = [88 - i * 3, 79 + i * 2, 91 - i]
        rows.append([f"20{i + 11}", name, *map(str, scores), str(sum(scores))])
    end = s.table(60, 80, [70, 90, 70, 70, 70, 70], rows, align="lcrrrr")
    s.prose(60, end + 30, 450, PROSE)


def three_lines(s: Sheet) -> None:
    y = s.prose(60, 70, 470, PROSE)
    s.text(200, y + 14, "表1 各站潮位（米）")
    rows = [
        ["站名", "平均", "大潮", "小潮"],
        ["北堤", "3.41", "4.92", "2.07"],
        ["磨坊溪", "3.02", "4.40", "1.88"],
        ["旧渡口", "2.66", "3.97", "1.53"],
        ["石桥", "2.10", "3.25", "1.12"],
    ]
    end = s.table(110, y + 24, [110, 80, 80, 80], rows, rules="book", align="lrrr", height=16)
    s.prose(60, end + 26, 470, PROSE)


def prices(s: Sheet) -> None:
    s.text(60, 70, "五月价目", 16)
    rows = [
        ["品名", "规格", "库存", "单价"],
        ["折叠锚", "4公斤", "31", "48.00"],
        ["船钩", "2.4米", "55", "29.90"],
        ["橙色浮标", "45厘米", "18", "37.25"],
        ["铜羊角", "200毫米", "140", "11.80"],
        ["罗盘", "100毫米", "9", "159.00"],
        ["护舷", "60厘米", "64", "21.40"],
    ]
    s.table(60, 95, [140, 100, 80, 80], rows, rules="", align="llrr", height=17)
    s.prose(60, 260, 470, PROSE)


def two_level_head(s: Sheet) -> None:
    rows = [
        [("港口", 2, 1), ("帆船", 1, 2), None, ("汽船", 1, 2), None],
        [None, "艘数", "吨位", "艘数", "吨位"],
        ["定海", "41", "3,120", "6", "2,040"],
        ["石浦", "27", "1,985", "3", "870"],
        ["象山", "18", "1,204", "1", "310"],
        ["镇海", "203", "21,450", "88", "64,700"],
    ]
    s.text(60, 70, "到港船只统计", 14)
    s.table(60, 90, [110, 80, 80, 80, 80], rows, align="crrrr")


def shaded_head(s: Sheet) -> None:
    rows = [
        ["班次", "开始", "结束", "值班人", "备注"],
        ["夜班", "20:00", "24:00", "丁一", "十点有雾"],
        ["后夜班", "00:00", "04:00", "于二", ""],
        ["早班", "04:00", "08:00", "万三", "风向转东"],
        ["上午班", "08:00", "12:00", "丁一", ""],
    ]
    s.text(60, 70, "六月三日值班表", 14)
    end = s.table(60, 90, [90, 70, 70, 90, 130], rows, rules="rows", shade="head", height=20)
    s.prose(60, end + 26, 470, PROSE)


def claim(s: Sheet) -> None:
    s.text(230, 60, "费用报销单", 16)
    rows = [
        ["部门", "水文科", "日期", "2021年3月9日"],
        ["事由", ("到石浦检修潮位仪，\n往返两天", 1, 3), None, None],
        ["项目", "单价", "数量", "金额"],
        ["船票", "65.00", "2", "130.00"],
        ["住宿", "180.00", "1", "180.00"],
        [("合计", 1, 3), None, None, "310.00"],
        ["经手人", "汪海", "审核", "林山"],
    ]
    s.table(70, 80, [90, 130, 90, 140], rows, size=10, height=22)


def dashed(s: Sheet) -> None:
    rows = [["种类", "数量", "产地"], ["带鱼", "120", "嵊泗"], ["黄鱼", "45", "岱山"], ["墨鱼", "78", "普陀"]]
    s.text(60, 70, "今日渔获", 14)
    end = s.table(60, 90, [120, 90, 120], rows, dashes="[3 2] 0", align="lrl")
    s.prose(60, end + 26, 470, PROSE)


def double_border(s: Sheet) -> None:
    s.text(220, 60, "船舶登记卡", 16)
    rows = [
        ["船名", "海燕", "船主", "周阿大"],
        ["长度", "12.5米", "吨位", "18"],
        ["建造年份", "1987年", "船籍港", "沈家门"],
        ["检验记录", ("每年三月检验一次", 1, 3), None, None],
    ]
    s.table(80, 90, [90, 130, 90, 130], rows, rules="double", size=10, height=26)


def wide(s: Sheet) -> None:
    months = ["一月", "二月", "三月", "四月", "五月", "六月", "七月", "八月"]
    rows = [["年份", *months]]
    for year in range(1951, 1963):
        rows.append([str(year), *[str((year * 37 + i * 91) % 900 + 100) for i in range(8)]])
    s.text(60, 70, "历年上岸鱼货（担）", 14)
    s.table(50, 90, [60] + [52] * 8, rows, rules="open", align="l" + "r" * 8, size=9, height=15)


PAGES = {
    "简历表": resume_form,
    "成绩单": marks,
    "三线表": three_lines,
    "价目": prices,
    "两级表头": two_level_head,
    "值班表": shaded_head,
    "报销单": claim,
    "虚线": dashed,
    "登记卡": double_border,
    "逐月": wide,
}
