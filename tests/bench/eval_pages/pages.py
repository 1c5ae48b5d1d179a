"""The pages: what each is called, what stands on it and what happened to it. Sets are `en`, `zh` and `mixed`."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.bench.eval_pages import spoil, texts, typeset
from tests.bench.eval_pages.typeset import Typeset

_DPI = 200
_PHOTO_LEFT = ((0.10, 0.05), (0.93, 0.10), (0.88, 0.95), (0.06, 0.90))
_PHOTO_RIGHT = ((0.05, 0.12), (0.90, 0.04), (0.97, 0.92), (0.12, 0.97))
# What a scanner's program of the wrong language left behind: letters, no words.
_BAD_LAYER = "\n".join("lllj ~|f  .ıı ;:_ rn,vv  0l¡ #¥ ii|~ .-' wv  |l1 }{ tﬁ ¬, uuj" for _ in range(14))


@dataclass(frozen=True, slots=True)
class Script:
    """The words of one script, and how it is set."""

    name: str
    titles: tuple[str, ...]
    paragraphs: tuple[str, ...]
    table: tuple[tuple[str, ...], ...]
    receipt: tuple[tuple[str, str], ...]
    stamp: str
    latin: str

    def prose(self, number: int, size: float = 11.0, paragraphs: int = 4) -> Typeset:
        """A page of prose; another one for each number."""
        latin = self.latin if number % 2 == 0 else "helv"  # with serifs and without
        return typeset.prose(self._title(number), self._some(number, paragraphs), size, latin)

    def dense(self, number: int) -> Typeset:
        """A full page of A4 in small type."""
        return typeset.prose(self._title(number), self._some(number, 13), 9.5, self.latin, typeset.A4)

    def columns(self, number: int) -> Typeset:
        """A page of two columns."""
        return typeset.columns(self._title(number), self._some(number, 4), latin=self.latin)

    def reversed_out(self, number: int) -> Typeset:
        """Bars of white text on dark among black text."""
        return typeset.reversed_out(self._title(number), self._some(number, 3), latin=self.latin)

    def of_table(self, number: int, *, lined: bool) -> Typeset:
        """A page with a table."""
        return typeset.table(self._title(number), self.table, lined=lined)

    def _title(self, number: int) -> str:
        return self.titles[number % len(self.titles)]

    def _some(self, number: int, count: int) -> list[str]:
        return [self.paragraphs[(number + index) % len(self.paragraphs)] for index in range(count)]


SCRIPTS = (
    Script("en", texts.EN_TITLES, texts.EN_PARAGRAPHS, texts.EN_TABLE, texts.EN_RECEIPT, texts.EN_STAMP, "tiro"),
    Script("zh", texts.ZH_TITLES, texts.ZH_PARAGRAPHS, texts.ZH_TABLE, texts.ZH_RECEIPT, texts.ZH_STAMP, "helv"),
)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A page as a file.

    Attributes:
        name: of the file, with its suffix.
    """

    name: str
    content: bytes
    truth: str


def _scan(name: str, clean: Typeset, *steps: spoil.Step, dpi: int = _DPI, grey: bool = True,
          kind: str = "PNG") -> Drawn:  # fmt: skip
    """A page drawn, then spoiled step by step."""
    random = np.random.default_rng(zlib.crc32(name.encode()))
    pixels = spoil.drawn(clean.pdf, dpi)
    for step in steps:
        pixels = step(pixels, random)
    suffix = "png" if kind == "PNG" else "jpg"
    return Drawn(f"{name}.{suffix}", spoil.encoded(pixels, kind, dpi, grey=grey), clean.truth)


def _bad_layer(name: str, clean: Typeset) -> Drawn:
    """A scan in a PDF whose invisible text layer is of no use."""
    random = np.random.default_rng(7)
    pixels = spoil.noise(5)(spoil.drawn(clean.pdf, _DPI), random)
    image = spoil.encoded(pixels, "JPEG", _DPI)
    return Drawn(f"{name}.pdf", typeset.with_hidden_layer(image, typeset.A5, _BAD_LAYER), clean.truth)


def _of_script(script: Script) -> Iterator[Drawn]:
    prose, scan = script.prose, _scan
    yield Drawn("born-digital.pdf", prose(0).pdf, prose(0).truth)
    yield Drawn("born-digital-columns.pdf", script.columns(1).pdf, script.columns(1).truth)
    yield _bad_layer("hidden-bad-layer", prose(2))
    yield scan("clean-300dpi", prose(3), dpi=300)
    yield scan("dense-a4", script.dense(4), spoil.noise(6))
    yield scan("scan-150dpi", prose(4), spoil.noise(3), dpi=150)
    yield scan("scan-96dpi", prose(5), spoil.noise(3), dpi=96)
    yield scan("noise", prose(5), spoil.noise(34), spoil.specks(0.012))
    yield scan("jpeg", prose(6), spoil.jpeg(9), dpi=130, kind="JPEG")
    yield scan("fax", prose(0), spoil.noise(20), spoil.fax(150))
    yield scan("blurred", prose(1), spoil.blur(2.4), spoil.noise(3))
    yield scan("bleed-through", prose(2), spoil.bleed_through(prose(5).pdf, _DPI, 0.45), spoil.noise(4))
    yield scan("skew-1", prose(0), spoil.skew(1.2), spoil.noise(5))
    yield scan("skew-3", prose(1), spoil.skew(-2.9), spoil.noise(5))
    yield scan("turned-90", prose(2), spoil.noise(5), spoil.turn(90))
    yield scan("turned-180", prose(3), spoil.noise(5), spoil.turn(180))
    yield scan("turned-270", prose(4), spoil.noise(5), spoil.turn(270))
    yield scan("photo", prose(5), spoil.photographed(_PHOTO_LEFT), spoil.shadow(0.4), spoil.blur(1.2), spoil.noise(6),
               spoil.jpeg(60), dpi=170, grey=False, kind="JPEG")  # fmt: skip
    yield scan("photo-turned", prose(6), spoil.photographed(_PHOTO_RIGHT), spoil.shadow(0.6), spoil.turn(270),
               spoil.jpeg(70), grey=False, kind="JPEG")  # fmt: skip
    yield scan("shadow", prose(0), spoil.shadow(0.12), spoil.noise(4))
    yield scan("low-contrast", prose(1), spoil.low_contrast(168, 205), spoil.noise(4))
    yield scan("inverted", prose(2), spoil.inverted())
    yield scan("white-on-bars", script.reversed_out(3), spoil.noise(4), grey=False)
    yield scan("small-print", prose(4, 5.0, 5), spoil.noise(4), dpi=150)
    yield scan("seal", prose(5), spoil.multiplied(spoil.seal(texts.SEAL, (0.62, 0.3), 0.2), 1.0), spoil.noise(4),
               grey=False)  # fmt: skip
    yield scan("stamp", prose(6), spoil.multiplied(spoil.stamp(script.stamp, (0.5, 0.36), -14), 0.85), spoil.noise(4),
               grey=False)  # fmt: skip
    yield scan("columns", script.columns(2), spoil.noise(4))
    yield scan("table-lined", script.of_table(0, lined=True), spoil.noise(4))
    yield scan("table-unlined", script.of_table(1, lined=False), spoil.noise(4))
    yield scan("receipt", typeset.receipt(script.receipt), spoil.low_contrast(90, 235), spoil.noise(12),
               spoil.skew(0.8), dpi=150)  # fmt: skip


def _chinese() -> Iterator[Drawn]:
    yield from _of_script(SCRIPTS[1])
    clean = typeset.vertical(texts.ZH_TITLES[3], (texts.ZH_PARAGRAPHS[3], texts.ZH_PARAGRAPHS[1]))
    yield _scan("vertical", clean, spoil.noise(4))


def _mixed() -> Iterator[Drawn]:
    english, chinese = texts.EN_PARAGRAPHS, texts.ZH_PARAGRAPHS
    yield _scan("blocks", typeset.blocks((chinese[0], english[0], chinese[3], english[4])), spoil.noise(5))
    yield _scan("chinese-with-an-english-block", typeset.blocks((*chinese[1:4], english[5])), spoil.skew(0.7),
                spoil.noise(5))  # fmt: skip
    yield _scan("english-with-a-chinese-block", typeset.blocks((*english[1:4], chinese[5])), spoil.noise(5), dpi=150)


SETS: dict[str, Callable[[], Iterator[Drawn]]] = {
    "en": lambda: _of_script(SCRIPTS[0]),
    "zh": _chinese,
    "mixed": _mixed,
}


def draw(folder: Path) -> int:
    """Draws all sets, a folder each, with their truth beside them; how many pages."""
    count = 0
    for name, pages in SETS.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        for page in pages():
            path = folder / name / page.name
            path.write_bytes(page.content)
            with path.with_suffix(".txt").open("x", encoding="utf-8") as truth:  # a name taken twice is a mistake
                truth.write(page.truth + "\n")
            count += 1
    return count
