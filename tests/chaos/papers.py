"""Papers for storms: letters, scans, a book, in both scripts, and some that are damaged.

The same at every call, but for the salt of those with a password. Each good paper has a pair of words on its pages that
no other has, so that search can be asked for it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations

from tests import drawing

_SLIP = (420, 300)  # a scan of this size is read in well under a second
_EVERY = 33  # one paper in so many is torn, one has a password, one is blank
_ENGLISH = (
    "anchor basket candle donkey eagle feather garden hammer island jacket kettle ladder mirror needle orange"
    " pepper quarry ribbon saddle turtle"
)
_CHINESE = "桥梁 花园 灯塔 铁路 森林 河流 茶叶 丝绸 城墙 书店 渔船 果树 雪山 草原 瓷器 琴弦 马车 竹林 稻田 石碑"
_LINES = {
    "en": "The keeper wrote down what had arrived, what was missing and who had signed for it, line by line.",
    "zh": "管理员逐行记下了到货的数量、缺少的物品以及签收人的姓名，并在当天傍晚交给了值班的同事。",
}


@dataclass(frozen=True, slots=True)
class Paper:
    """A document for a storm, and how it must end.

    Attributes:
        content: its bytes.
        pages: how many it has; 0 where it cannot be opened.
        scanned: how many of them are pictures.
        error: the code it must fail with, or None where it must be done.
        words: what search must find it by; empty where nothing is on it.
    """

    name: str
    content: bytes
    pages: int
    scanned: int
    error: str | None
    words: str


def draw(count: int, book_pages: int) -> Iterator[Paper]:
    """So many papers: a book first, then about as many scans as born-digital ones, and damaged ones among them."""
    choice = random.Random(count)
    pairs = {language: list(permutations(words.split(), 2)) for language, words in (("en", _ENGLISH), ("zh", _CHINESE))}
    for number in range(count):
        language = ("en", "zh")[number // 2 % 2]
        first, second = pairs[language].pop(choice.randrange(len(pairs[language])))
        words = f"{first} {second}" if language == "en" else first + second
        if number == 0:
            yield _digital("book", words, language, book_pages)
        elif number % _EVERY == 5:
            yield Paper(f"{number:03}-torn.pdf", drawing.damaged_pdf() + b"\n%% %d\n" % number, 0, 0, "damaged", "")
        elif number % _EVERY == 16:
            yield Paper(f"{number:03}-locked.pdf", drawing.encrypted_pdf(), 0, 0, "encrypted", "")
        elif number % _EVERY == 27:
            yield Paper(
                f"{number:03}-blank.pdf", drawing.text_pdf([[]] * (1 + number % 7)), 1 + number % 7, 0, None, ""
            )
        elif number % 2:
            yield _digital(f"{number:03}-letter", words, language, choice.choice((2, 3, 3, 5)))
        else:
            yield _scanned(number, words, language, choice.choice((1, 1, 1, 2)))


def _digital(name: str, words: str, language: str, pages: int) -> Paper:
    content = drawing.text_pdf(
        [[f"{page}.{line} {words}: {_LINES[language]}" for line in range(1, 6)] for page in range(1, pages + 1)]
    )
    return Paper(f"{name}.pdf", content, pages, 0, None, words)


def _scanned(number: int, words: str, language: str, pages: int) -> Paper:
    if number % 8 == 0:
        return Paper(f"{number:03}-image.png", drawing.page_png(f"{words}. {_LINES[language]}"), 1, 1, None, words)
    clean = drawing.text_pdf([[f"{page}. {words}", _LINES[language]] for page in range(1, pages + 1)], size=_SLIP)
    content = drawing.scan(clean, dpi=150, seed=number)
    return Paper(f"{number:03}-scan.pdf", content, pages, pages, None, words)
