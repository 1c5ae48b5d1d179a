"""Documents that nobody has seen before, by the seed: what was read or embedded once must not be had again for nothing.

Pages are full ones of ordinary prose: every document of even number English, every other Chinese.
"""

from __future__ import annotations

import random
import re

import pymupdf

from cli import sample_texts
from tests import drawing

_PARAGRAPHS = 5
_SENTENCES = {"en": 4, "zh": 5}
_WHO = (
    "市立图书馆",
    "县档案馆",
    "河务局",
    "林业站",
    "第三中学",
    "老城社区",
    "茶叶合作社",
    "气象台",
    "铁路博物馆",
    "渔业协会",
)
_WHAT = (
    "旧地图",
    "会议记录",
    "水位观测资料",
    "树木名册",
    "借阅登记",
    "修缮图纸",
    "捐赠清单",
    "照片底片",
    "账目",
    "来往信件",
)
_DONE = (
    "完成了整理和编目",
    "请专家作了鉴定",
    "向公众开放查阅",
    "转交上级部门保存",
    "发现其中缺少若干页",
    "委托工匠重新装订",
)
_THEN = (
    "全部工作由五名人员用时三周完成", "所需费用由地方财政承担", "结果将在年底的报告中公布", "下一步计划制作电子副本",
    "有关人员表示仍需补充说明", "原件已放入恒温库房",
)  # fmt: skip


class Fresh:
    """Draws documents; the same for the same seed, and no page of one like a page of another.

    Args:
        seed: say the bench and its round.
    """

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)
        self._english = [
            sentence for line in sample_texts.PAPER.splitlines() if line and line[0] not in "#|"
            for sentence in re.findall(r"[^.]+(?:\.\d+[^.]*)*\.", line) if 40 < len(sentence) < 220
        ]  # fmt: skip
        self._number = 0

    def born_digital(self, pages: int = 1, word: str = "") -> bytes:
        """A PDF with a text layer.

        Args:
            word: stands on its first page, to be searched for.
        """
        self._number += 1
        paragraphs = [self._page("zh" if self._number % 2 else "en") for _ in range(pages)]
        paragraphs[0] = [f"Entry {word}.", *paragraphs[0][1:]] if word else paragraphs[0]
        return drawing.text_pdf(paragraphs)

    def scan(self, pages: int = 1, dpi: int = 200, word: str = "") -> bytes:
        """A PDF of nothing but a grey image a page, askew and grainy; `word` as in `born_digital`."""
        askew = self._random.uniform(-1.0, 1.0)
        return drawing.scan(self.born_digital(pages, word), dpi, askew, seed=self._random.getrandbits(32))

    def book(self, pages: int, dpi: int = 200) -> bytes:
        """A clean scan, straight and without grain: hundreds of pages are drawn in seconds."""
        with pymupdf.open("pdf", self.born_digital(pages)) as source, pymupdf.open() as book:
            for page in source:
                image = page.get_pixmap(dpi=dpi, colorspace=pymupdf.csGRAY).tobytes("jpeg", jpg_quality=80)
                book.new_page(width=page.rect.width, height=page.rect.height).insert_image(page.rect, stream=image)
            return bytes(book.tobytes(no_new_id=True))

    def slips(self, pages: int, dpi: int = 100) -> bytes:
        """A scan of small pages with a line on each: where it is their number that counts."""
        numbers = [f"Slip {self._random.randrange(10**8)}" for _ in range(pages)]
        pdf = drawing.text_pdf([[number] for number in numbers], size=(300, 200))
        return drawing.scan(pdf, dpi, 0.0, seed=self._random.getrandbits(32))

    def question(self) -> str:
        """A few words in a row, as somebody searches for them: nobody asked the same before."""
        words = self._english_sentence().split()
        at = self._random.randrange(max(1, len(words) - 8))
        return " ".join(words[at : at + 8])

    def _page(self, language: str) -> list[str]:
        make, between = (self._chinese_sentence, "") if language == "zh" else (self._english_sentence, " ")
        return [between.join(make() for _ in range(_SENTENCES[language])) for _ in range(_PARAGRAPHS)]

    def _english_sentence(self) -> str:
        return f"{self._random.choice(self._english).strip()[:-1]}, as note {self._random.randrange(10**6)} says."

    def _chinese_sentence(self) -> str:
        choice = self._random.choice
        when = f"{self._random.randint(1949, 2025)}年{self._random.randint(1, 12)}月"
        which = f"第{self._random.randrange(10**5)}号{choice(_WHAT)}"
        return f"{when}，{choice(_WHO)}将{which}{choice(_DONE)}，{choice(_THEN)}。"
