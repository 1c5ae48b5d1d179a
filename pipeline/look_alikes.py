"""Characters that fonts and programs put for ordinary ones that look the same; nobody types them into a search.

Latin ligatures (ﬁ, ﬃ, ﬆ), radicals in place of the characters they come from (⼈, ⻓) and compatibility ideographs turn
into the plain characters wherever text is read. What a typist chose, such as full-width letters, stays.
"""

from __future__ import annotations

import re
import unicodedata

# Kangxi radicals, ligatures and compatibility ideographs have decompositions; the other radicals have none, though
# fonts in which radical and character share a glyph (Noto CJK, PingFang) let PDF writers tell either.
# Source: Unicode Character Database, EquivalentUnifiedIdeograph.txt, U+2E81 to U+2EF3.
_RADICALS = """
⺁厂 ⺂乛 ⺃乚 ⺄乙 ⺅亻 ⺆冂 ⺇𠘨 ⺈刀 ⺉刂 ⺊卜 ⺋㔾 ⺌小 ⺍小 ⺎兀 ⺏尣 ⺐尢 ⺑𡯂 ⺒巳 ⺓幺 ⺔彑
⺕𫜹 ⺖忄 ⺗心 ⺘扌 ⺙攵 ⺛旡 ⺜日 ⺝月 ⺞歺 ⺟母 ⺠民 ⺡氵 ⺢氺 ⺣灬 ⺤爫 ⺥爫 ⺦丬 ⺧牛 ⺨犭 ⺩王
⺪𤴔 ⺫目 ⺬示 ⺭礻 ⺮𥫗 ⺯糹 ⺰纟 ⺱罓 ⺲罒 ⺳㓁 ⺴冗 ⺵𦉫 ⺶羊 ⺷𦍌 ⺸𦍋 ⺹耂 ⺺肀 ⺻聿 ⺼肉 ⺽𦥑
⺾艹 ⺿艹 ⻀艹 ⻁虎 ⻂衤 ⻃覀 ⻄西 ⻅见 ⻆角 ⻇𧢲 ⻈讠 ⻉贝 ⻊𧾷 ⻋车 ⻌辶 ⻍辶 ⻎辶 ⻏邑 ⻐钅 ⻑長
⻒镸 ⻓长 ⻔门 ⻕𨸏 ⻖阝 ⻗雨 ⻘青 ⻙韦 ⻚页 ⻛风 ⻜飞 ⻝食 ⻞𩙿 ⻟飠 ⻠饣 ⻡𩠐 ⻢马 ⻣骨 ⻤鬼 ⻥鱼
⻦鸟 ⻧卤 ⻨麦 ⻩黄 ⻪黾 ⻫斉 ⻬齐 ⻭歯 ⻮齿 ⻯竜 ⻰龙 ⻱龜 ⻲亀 ⻳龟
"""
RADICALS: dict[str, str] = {pair[0]: pair[1] for pair in _RADICALS.split()}
_LOOK_ALIKE = re.compile(r"[\ufb00-\ufb06\u2e80-\u2fd5\uf900-\ufa6d\ufa70-\ufad9\U0002f800-\U0002fa1d]")


def plain(text: str) -> str:
    """The text with ordinary characters for look-alikes."""
    return text if text.isascii() else _LOOK_ALIKE.sub(_plain, text)


def _plain(found: re.Match[str]) -> str:
    return RADICALS.get(found[0]) or unicodedata.normalize("NFKC", found[0])
