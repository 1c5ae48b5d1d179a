"""What stands on the drawn pages."""

from __future__ import annotations

EN_TITLES = (
    "Minutes of the Harbour Committee", "Report on the Water Meters", "Notice to All Tenants",
    "Terms of the Loan of Instruments", "Survey of the Old Orchard",
)  # fmt: skip
EN_PARAGRAPHS = (
    "The committee met on 14 October in the upper room of the customs house. Eleven members were present; Mr Aldous "
    "Perrin took the chair and Ms Tamsin Rook kept these minutes. Apologies had come from the pilot and the surveyor.",
    "The crane on the north quay was stopped for nine days in September because its brake drum had worn to 31 mm, and "
    "34 mm is the least allowed. The repair cost 4,870.25 and was paid from the reserve, which now stands at 61,300.",
    "Every tenant is asked to have the meter in the cellar read before Friday, 22 March. Readings may be handed in at "
    "the porter's lodge, sent to meters@linden-court.example or told by telephone on 0555-719-2046 after six o'clock.",
    "Whoever borrows an instrument answers for it from the moment it leaves the cupboard. Strings, reeds and rosin are "
    "replaced at the borrower's own cost; cracks, dents and the like are to be shown to the keeper within two days.",
    "Of the 146 trees that the map of 1911 shows, 58 are alive, 23 stand dead and 65 are gone. Pears have lasted best: "
    "thirty of thirty-four still bear fruit, though most have lost their leaders to wind or to lightning.",
    "Samples taken at depths of 0.5, 2.0 and 7.5 metres differed little in spring. By August the lowest held only a "
    "fifth of the oxygen of the highest, and the fish had left it; after the storms of October all three were alike.",
    "It was resolved that the lamp at the head of the pier be lit from dusk until one hour after the last ferry, that "
    "the bill be shared with the ferry company in the proportion of two to three, and that this be tried for a year.",
)  # fmt: skip
ZH_TITLES = (
    "关于水表更换工作的通知", "港口委员会会议纪要", "仪器借用管理办法", "老果园调查报告", "阅览室开放说明",
)  # fmt: skip
ZH_PARAGRAPHS = (
    "根据年度计划，本小区将于2024年3月18日至29日分批更换旧式水表，共计三百二十六户。施工期间每户停水不超过两小时，"
    "请各住户提前储备用水，并安排成年人在家配合。如有疑问，请拨打物业电话0555-7192046咨询。",
    "会议由副主任秦淑仪主持，应到委员十五人，实到十三人。会上听取了北码头起重机检修情况的汇报，一致同意从备用金中支出"
    "四万八千七百元用于更换制动装置，并要求在十月底以前完成验收。",
    "凡借用仪器的单位和个人，应当填写登记表，注明用途、数量和归还日期。借用期一般不超过十五天，确需延长的，须在到期三日"
    "前办理续借手续。仪器损坏或者遗失的，按照原价的百分之八十赔偿。",
    "一九六三年种下的一百四十六株梨树中，目前存活五十八株，枯死二十三株，其余已经砍伐。存活的树木大多生长在南坡，土层厚、"
    "排水好，平均树高六点四米，去年单株产量最高达到一百一十二公斤。",
    "阅览室每周二至周日上午九时至下午五时开放，逢国家法定节假日另行通知。读者凭本人证件入室，每次可取阅图书三册、报纸五"
    "份，阅毕请放回原处。请勿在书上勾画，勿将饮料带入室内。",
    "检测结果表明，三个取样点的水温相差不大，但底层溶解氧明显偏低，八月份仅为表层的五分之一。建议在夏季增加曝气时间，并"
    "将取样频率由每月一次改为每周一次，以便及时掌握水质变化。",
    "为方便居民夜间出行，自本月起码头灯光由黄昏开启至末班轮渡后一小时关闭，所需电费由轮渡公司与居委会按三比二分担，试行"
    "一年后再作评估。各单位应当指定专人负责，发现故障及时报修。",
)  # fmt: skip

EN_TABLE = (
    ("Item", "Unit", "Stock", "Price"),
    ("Brake drum", "piece", "4", "1,217.50"),
    ("Hemp rope, 24 mm", "metre", "350", "3.85"),
    ("Signal lamp", "piece", "12", "89.90"),
    ("Tar, bucket", "litre", "75", "6.20"),
    ("Canvas cover", "piece", "9", "142.00"),
    ("Copper nails", "kilogram", "18", "21.40"),
    ("Oak plank", "metre", "64", "33.75"),
)
ZH_TABLE = (
    ("品名", "单位", "库存", "单价"),
    ("制动鼓", "只", "4", "1217.50"),
    ("麻绳（二十四毫米）", "米", "350", "3.85"),
    ("信号灯", "只", "12", "89.90"),
    ("桶装沥青", "升", "75", "6.20"),
    ("帆布罩", "件", "9", "142.00"),
    ("铜钉", "千克", "18", "21.40"),
    ("橡木板", "米", "64", "33.75"),
)
EN_RECEIPT = (
    ("PERRIN & ROOK PROVISIONS", ""), ("17 Quay Street, Linden Harbour", ""), ("Tax No. 4471-0926-55", ""),
    ("Receipt 008213", "05/11/2023"), ("Rye bread 750 g", "3.40"), ("Smoked mackerel", "12.85"),
    ("2 x Lemon", "1.10"), ("Butter, salted", "4.25"), ("Tea, loose 250 g", "9.60"), ("Subtotal", "31.20"),
    ("Tax 7%", "2.18"), ("TOTAL", "33.38"), ("Cash", "40.00"), ("Change", "6.62"), ("Thank you, come again", ""),
)  # fmt: skip
ZH_RECEIPT = (
    ("临港惠民便利店", ""), ("地址：码头路十七号", ""), ("电话：0555-7192088", ""), ("小票号：008213", "2023-11-05"),
    ("黑麦面包", "13.40"), ("熏鲭鱼", "22.85"), ("柠檬两个", "4.10"), ("咸黄油", "14.25"), ("散装茶叶", "29.60"),
    ("小计", "84.20"), ("优惠", "-4.20"), ("合计", "80.00"), ("现金", "100.00"), ("找零", "20.00"),
    ("谢谢惠顾，欢迎再来", ""),
)  # fmt: skip
EN_STAMP, ZH_STAMP = "RECEIVED 12 NOV", "收讫"
SEAL = "临港镇居民委员会"
"""Round the rim of the seal; no part of a page's truth: it lies in a ring and nobody types it off."""
