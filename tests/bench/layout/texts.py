"""Sentences to fill drawn pages with; each paragraph begins with another one."""

from __future__ import annotations

_ENGLISH = (
    "Old mills along the river were turned into workshops when the railway came to the valley.",
    "Every spring the council counts the trees that the winter storms have taken from the park.",
    "Measured over ten years, the water level of the lake has fallen by nearly forty centimetres.",
    "Visitors are asked to leave their bags at the door before they enter the reading room.",
    "Bakers in the old town light their ovens long before the first tram rolls down the hill.",
    "From the tower one can see as far as the lighthouse, provided that the morning fog has lifted.",
    "Nobody remembers who first planted vines on the southern slope behind the monastery.",
    "Training for the new ferry crews takes six weeks and ends with a night crossing.",
    "Glass from the small factory was once shipped to almost every harbour of the northern sea.",
    "Later surveys showed that the bridge had moved by less than the width of a thumb.",
    "Half of the houses on the square still have the painted doors of their first owners.",
    "Letters found in the attic describe how the village was rebuilt after the great flood.",
)
_CHINESE = (
    "清晨的码头上已经有人在装卸货物，远处的灯塔还亮着微弱的光。",
    "山谷里的老磨坊后来改成了一间木工作坊，每逢周末都有学生来参观。",
    "过去十年的测量结果表明，湖水的水位下降了将近四十厘米。",
    "进入阅览室之前，请把随身携带的背包寄存在门口的柜子里。",
    "城里的面包师总是在第一班电车开动之前就点燃了炉火。",
    "站在钟楼上向南望去，可以看见修道院后面整片的葡萄园。",
    "新来的船员要接受六个星期的训练，最后还要完成一次夜间航行。",
    "桥梁的位移每个季度测量一次，所有数据都记录在同一本册子里。",
    "广场周围的房屋大多保留着最初的彩绘木门，颜色各不相同。",
    "阁楼上发现的书信讲述了大水过后村庄重建的经过。",
    "图书馆的屋顶在去年秋天修缮完毕，雨天再也不用摆放水桶了。",
    "铁路通车以后，集市从河边搬到了车站旁边的空地上。",
)


def english(first: int, sentences: int = 3) -> str:
    """A paragraph that begins with that sentence."""
    return " ".join(_ENGLISH[(first + i * (1 + first % 4)) % len(_ENGLISH)] for i in range(sentences))


def chinese(first: int, sentences: int = 3) -> str:
    """A paragraph that begins with that sentence."""
    return "".join(_CHINESE[(first + i * (1 + first % 4)) % len(_CHINESE)] for i in range(sentences))
