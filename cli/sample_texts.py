"""The words of the demo's documents. People, places and measurements are made up."""

from __future__ import annotations

# (size in points, text); an empty text is a gap
RESUME: tuple[tuple[tuple[float, str], ...], ...] = (
    (
        (24, "个人简历"), (8, ""),
        (13, "姓名：林晓岚　　性别：女　　民族：汉族"),
        (13, "出生年月：1986年4月　　籍贯：四川省乐山市"),
        (13, "电话：138-0550-2719　　邮箱：lin.xiaolan@example.org"),
        (8, ""), (16, "求职意向"),
        (13, "儿童医院临床药师或药房主管，工作地点成都或重庆。"),
        (8, ""), (16, "教育背景"),
        (13, "2005年9月—2009年6月　重庆医科大学　药学　本科"),
        (13, "2009年9月—2012年6月　四川大学　临床药学　硕士"),
        (13, "硕士论文研究儿童抗生素剂量的个体化调整。"),
        (8, ""), (16, "工作经历"),
        (13, "2012年7月—2017年3月　乐山市妇幼保健院　药师"),
        (13, "负责门诊处方审核与用药咨询，编写儿童用药手册十二份，"),
        (13, "提出的双人核对办法使配药差错率由千分之九降至千分之一。"),
        (13, "2017年4月—2023年12月　成都康宁儿童医院　药房主管"),
        (13, "主持住院药房自动发药系统的选型与上线，管理药品四百六十种，"),
        (13, "带领九人团队按期完成培训，药房获得省级优秀药事服务二等奖。"),
    ),
    (
        (16, "专业技能"),
        (13, "熟悉儿科常用药物的剂量计算、相互作用与不良反应监测；"),
        (13, "能够参与多学科会诊并制订个体化用药方案；"),
        (13, "掌握数据库设计和常用办公软件，曾独立整理医院药品目录。"),
        (8, ""), (16, "证书与语言"),
        (13, "执业药师资格，2015年取得；"),
        (13, "临床药师师资证书，2018年取得；"),
        (13, "英语六级，能够阅读和撰写英文专业文献。"),
        (8, ""), (16, "发表文章"),
        (13, "《儿童门诊抗生素处方的点评与分析》，医院药学园地，2016年；"),
        (13, "《自动发药系统在儿童医院的应用与体会》，药房管理，2021年。"),
        (8, ""), (16, "自我评价"),
        (13, "做事细致，对家长有耐心，流感季节曾连续值守药房四十天。乐于把经验写成规程，"),
        (13, "培养的三名年轻药师现已独立负责病区。业余喜欢徒步与植物摄影。"),
    ),
)  # fmt: skip

LETTER: tuple[tuple[float, str], ...] = (
    (15, "Harrow & Pell, Slate and Lead Roofers"),
    (11, "14 Tannery Lane, Wexbridge"),
    (11, ""),
    (11, "3 March 2024"),
    (11, ""),
    (11, "Mrs Eleanor Whitcombe"),
    (11, "Secretary, Wexbridge Town Library"),
    (11, "2 Market Square, Wexbridge"),
    (11, ""),
    (13, "Repair of the reading room roof"),
    (11, ""),
    (11, "Dear Mrs Whitcombe,"),
    (11, ""),
    (11, "Thank you for showing us the reading room on Thursday. The leak above the newspaper desks"),
    (11, "does not come from the slates, as your caretaker feared, but from the lead lining of the"),
    (11, "valley gutter, which has split along eleven feet where it was laid without an expansion joint."),
    (11, ""),
    (11, "We propose to lift two courses of slates on either side, to replace the boards that have"),
    (11, "rotted, and to lay new lead of code seven in three bays. The slates are sound and will be"),
    (11, "put back; we allow for forty new ones of Welsh origin, matched in colour."),
    (11, ""),
    (11, "The price for all of this is 6,480 pounds, scaffolding included, and holds until the end of"),
    (11, "June. The work takes nine days in dry weather. The room below may stay open, but the desks"),
    (11, "under the gutter should be moved, and we ask you to cover the local history shelves."),
    (11, ""),
    (11, "Our guarantee on leadwork is twenty years. If you wish us to begin before the book fair in"),
    (11, "May, please let us have your answer by the twentieth of this month."),
    (11, ""),
    (11, "Yours sincerely,"),
    (11, ""),
    (11, "Thomas Pell"),
)

NOTICE: tuple[tuple[float, str], ...] = (
    (22, "Greenhouse visitors, please note"),
    (10, ""),
    (15, "The orchid house is open from ten until half past four."),
    (15, "It is closed on Mondays and during the August repotting."),
    (10, ""),
    (15, "Keep both doors shut: the cloud forest plants inside need"),
    (15, "eighty per cent humidity and suffer from every draught."),
    (10, ""),
    (15, "Do not touch the vanilla vines. Their flowers open for a"),
    (15, "single morning and are pollinated by hand before noon."),
    (10, ""),
    (15, "Guided tours leave from the palm court at eleven and two."),
    (15, "Groups of more than twelve should write to the head"),
    (15, "gardener, Ines Halloran, a week before they come."),
    (10, ""),
    (15, "Thank you. The Botanic Garden of Port Ellis"),
)

PAPER_TITLE = "Daily meltwater pulses and the temperature of an alpine river: six summers below the Varn Glacier"
PAPER_AUTHORS = "M. Ostrander, J. Feldkirch and Y. Tanabe, Institute of Mountain Hydrology"

# Headings are marked with "# ", table rows with "| ".
PAPER = """
# Abstract
Rivers that rise from glaciers carry most of their water in the warm months and most of that in the second half of the day. We followed the discharge, temperature and suspended sediment of the Varn River for six summers at four stations between the glacier snout and the lake into which it empties, thirty-one kilometres downstream. The daily pulse of meltwater travels down the valley as a wave that arrives later, lower and warmer at every station. As the glacier shrank by a seventh of its area in the same period, the pulse became earlier and smaller. Water temperature at the valley station rose by 1.3 degrees, twice as much as the air. We discuss what this means for fish, for the small power plant at Hallen and for the villages that drink from the gravel beneath the river.

# 1 Introduction
A glacier is a store that saves winter for summer. Where it covers even a tenth of a catchment, the river below keeps flowing when neighbouring streams run dry, and the people of the valley have built their mills, meadows and fish ponds around that certainty. The certainty is now ending in many places. Smaller glaciers first give more water, because the melting season lengthens and dark ice is laid bare, and then less, because there is little left to melt. The turning point is known as peak water, and for the glaciers of this range it lies within a few years of the present, in either direction.
Much has been written about the yearly sum of runoff and its decline. The shape of a single day has had less attention, although it is the day that plants, insects and engineers have to live with. On a clear day in July the Varn River at the snout doubles its flow between breakfast and dinner. A gravel bank that is dry at ten is under forty centimetres of grey water at five. Mayfly larvae drift, trout move to the margins, and the operator at Hallen opens the second turbine.
We ask three questions. How fast does the pulse travel, and how does it change on its way? How much does the water warm between the ice and the lake? And how did both change as the glacier withdrew?

# 2 The valley and its river
The Varn Glacier lies on the northern side of the main ridge, between 2,310 and 3,280 metres above the sea. At the beginning of our study it covered 9.4 square kilometres, at the end 8.1. The river leaves the ice through a single portal, crosses two kilometres of bare gravel, the forefield, and falls through a gorge into the upper valley, which is used as summer pasture. Below the village of Hallen the valley is broad and flat. The river has been confined between dykes there since 1911, except for one reach of three kilometres, which was given back to it in 2009 and has since braided.
Snow lies on the forefield until the middle of June. The highest flows come in the last week of July. After the first snowfall in September the pulse fades within days, and from November to April the river carries little more than the outflow of springs, clear and close to four degrees.
The bed is of granite cobbles above the gorge and of finer gravel below. In summer the water is the colour of milk: the fine rock flour ground by the glacier does not settle before it reaches the lake.

# 3 Methods
Four stations were set up in May of the first year. Station A stands four hundred metres below the ice, station B at the head of the gorge, station C at Hallen, and station D, the valley station, two kilometres above the lake. Each has a radar level sensor under a bridge or a beam, two temperature loggers in perforated steel tubes, and a turbidity probe with a wiper. Readings were taken every ten minutes from May to October.
Discharge was derived from level by rating curves, each based on at least twenty-five measurements with salt dilution. The curves at stations A and B had to be renewed every spring, because the bed shifts. We estimate the error of a single value at eight per cent at station A and four per cent at station D.
Water samples were filtered weekly for suspended sediment, and turbidity was calibrated against them. Air temperature, radiation and rain were taken from the weather hut at Hallen. The outline of the glacier was drawn each September from photographs taken by a small drone.
The daily pulse was described by four numbers: the time of the lowest and of the highest flow, the ratio of the two, and the hours by which the peak at a station lags behind that at station A. Days with more than three millimetres of rain, some thirty a summer, were left out.

# 4 Results
# 4.1 How the pulse travels
On an average clear day in July the flow at station A is lowest at 07:20 and highest at 16:40. The peak reaches the head of the gorge after half an hour, Hallen after two hours and a half, and arrives at the valley station at 20:50, four hours and ten minutes after it left the ice. The wave thus travels at about seven kilometres an hour, somewhat faster than the water itself, and faster at high flow than at low.
On its way it flattens. The highest flow is 2.1 times the lowest at station A and only 1.4 times at station D. About half of that loss takes place in the three restored kilometres, where the water spreads over side channels and fills the gravel; between the dykes the wave passes almost unchanged.
| Station | Distance (km) | Peak | Ratio
| A, snout | 0.4 | 16:40 | 2.1
| B, gorge | 2.3 | 17:10 | 2.0
| C, Hallen | 16.8 | 19:10 | 1.8
| D, valley | 29.1 | 20:50 | 1.4
# 4.2 How the water warms
The river leaves the glacier at 0.4 degrees, at any hour and in any month. At Hallen its mean temperature in July is 5.2 degrees and at the valley station 8.7. It gains a degree every three and a half kilometres on clear days and half as much under cloud. The warmest water, however, does not come in the afternoon, when the sun is strong but the river is deep and fast. It comes shortly before noon, when the flow is still low. In August of the fourth year, the driest of the six, 13.9 degrees were measured at the valley station at 11:30, and 9.8 degrees six hours later.
Shade matters less than we expected. Alders line the restored reach and keep a third of the sunlight from the water, but the reach is also wide and shallow, and the two effects cancel out.
# 4.3 Sediment
The concentration of suspended sediment follows the discharge with a lead of one to two hours: the rising wave picks up what settled during the night, and the falling wave finds the bed swept. A single thunderstorm on 9 August of the second year carried as much sediment past Hallen in five hours as the glacier had supplied in three weeks. It buried the turbidity probe, and the gauge had to be dug out by hand.
# 4.4 Six summers compared
The glacier lost 1.3 square kilometres, most of them from its low and gently sloping tongue. The yearly flow at station A did not change beyond its natural scatter. Its distribution did. The peak at the snout now comes fifty minutes earlier than in the first summer, because the way of the water through the ice has become shorter and because less old snow is left to delay it. The ratio of highest to lowest flow fell from 2.3 to 1.9. At the valley station the mean temperature of July and August rose by 1.3 degrees, while the air at Hallen warmed by 0.6.
Why did the water warm twice as much as the air? Two thirds of the difference can be explained by the forefield. As the ice withdrew, the river gained seven hundred metres of open, dark gravel on which it runs in shallow threads under the sun. The rest is owed to the smaller pulse: less cold water arrives in the evening to flush the valley.

# 5 Discussion
# 5.1 Fish and insects
Brown trout in the lower Varn grow between six and fifteen degrees. The warming seems to favour them, and the anglers of Hallen confirm it: trout are now caught above the gorge, where none lived twenty years ago. The insects that feed only in glacial water fare worse. The midge Diamesa, which needs water below four degrees, was found at station B in the first three summers and has been missing there since. It survives at station A, and will do so for as long as there is ice.
# 5.2 Power
The plant at Hallen was designed for a peak at seven in the evening, which met the demand of its three villages well. An earlier and flatter pulse is no disaster for it. The operator loses about four per cent of the income of a summer evening and gains some of it back at noon. A pond of nine thousand cubic metres above the intake would restore the old rhythm, at a cost that the cooperative has so far declined.
# 5.3 Drinking water
Four villages pump their water from the gravel beside the river. In July two thirds of what they pump has come through the bed from the river within the last forty days. When the pulse is small, less water is pressed into the banks, and the level in the wells falls by up to thirty centimetres. No well has run dry. We recommend nonetheless that the new well at Sarn be sunk to fourteen metres instead of ten, and that the level be watched every day in August and September.
# 5.4 What the numbers cannot tell
Six summers are a short record, and two of them were unusual. The rating curves at the upper stations are uncertain in the first days after each flood. We measured temperature near the bank, where the water may be half a degree warmer than in midstream at low flow. None of this affects the timing of the pulse, which is the most certain of our results.

# 6 Conclusions
The meltwater pulse of the Varn Glacier reaches the valley in the late evening, weakened but intact, and a restored, braided reach does more to calm it than twenty kilometres of dyked channel. In six years the pulse has become earlier and smaller, and the river warmer at twice the pace of the air. The effects on fish, on power and on drinking water are moderate so far and mostly of a kind that people can prepare for. The cold-loving insects of the headwaters have nowhere to go.
We think that the form of the day deserves a place beside the sum of the year in plans for glacier-fed rivers. It can be measured with cheap instruments, it reacts sooner than the yearly flow, and it is what everything that lives in or from the river feels first.

# Acknowledgements
We thank the alpine cooperative of Hallen for beds and bridges, the operator of the power plant for seventeen years of logbooks, and the pupils of the Sarn school, who read the staff gauge every morning without a single gap.
"""  # noqa: E501
