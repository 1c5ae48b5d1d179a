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
    prose = script.prose
    small_pt = 5.5 if script.name == "en" else 6.0
    yield Drawn("born-digital.pdf", prose(0).pdf, prose(0).truth)
    yield Drawn("born-digital-columns.pdf", script.columns(1).pdf, script.columns(1).truth)
    yield _bad_layer("hidden-bad-layer", prose(2))
    yield _scan("clean-300dpi", prose(3), dpi=300)
    yield _scan("scan-150dpi", prose(4), spoil.noise(3), dpi=150)
    yield _scan("noise", prose(5), spoil.noise(16), spoil.specks(0.004))
    yield _scan("jpeg", prose(6), spoil.jpeg(18), dpi=150, kind="JPEG")
    yield _scan("blurred", prose(1), spoil.blur(1.6))
    yield _scan("skew-1", prose(0), spoil.skew(1.2), spoil.noise(5))
    yield _scan("skew-3", prose(1), spoil.skew(-2.9), spoil.noise(5))
    yield _scan("turned-90", prose(2), spoil.noise(5), spoil.turn(90))
    yield _scan("turned-180", prose(3), spoil.noise(5), spoil.turn(180))
    yield _scan("turned-270", prose(4), spoil.noise(5), spoil.turn(270))
    yield _scan("photo", prose(5), spoil.photographed(_PHOTO_LEFT), spoil.shadow(0.45), spoil.noise(5), spoil.jpeg(70),
                grey=False, kind="JPEG")  # fmt: skip
    yield _scan("photo-turned", prose(6), spoil.photographed(_PHOTO_RIGHT), spoil.shadow(0.6), spoil.turn(270),
                spoil.jpeg(70), grey=False, kind="JPEG")  # fmt: skip
    yield _scan("shadow", prose(0), spoil.shadow(0.3), spoil.noise(4))
    yield _scan("low-contrast", prose(1), spoil.low_contrast(150, 215), spoil.noise(3))
    yield _scan("inverted", prose(2), spoil.inverted())
    yield _scan("white-on-bars", script.reversed_out(3), spoil.noise(4), grey=False)
    yield _scan("small-print", prose(4, small_pt, 5), spoil.noise(3))
    yield _scan("seal", prose(5), spoil.multiplied(spoil.seal(texts.SEAL, (0.66, 0.42), 0.17), 0.9), spoil.noise(4),
                grey=False)  # fmt: skip
    yield _scan("stamp", prose(6), spoil.multiplied(spoil.stamp(script.stamp, (0.5, 0.36), -14), 0.85), spoil.noise(4),
                grey=False)  # fmt: skip
    yield _scan("columns", script.columns(2), spoil.noise(4))
    yield _scan("table-lined", script.of_table(0, lined=True), spoil.noise(4))
    yield _scan("table-unlined", script.of_table(1, lined=False), spoil.noise(4))
    yield _scan("receipt", typeset.receipt(script.receipt), spoil.low_contrast(60, 240), spoil.noise(7),
                spoil.skew(0.8))  # fmt: skip


def _mixed() -> Iterator[Drawn]:
    english, chinese = texts.EN_PARAGRAPHS, texts.ZH_PARAGRAPHS
    yield _scan("blocks", typeset.blocks((chinese[0], english[0], chinese[3], english[4])), spoil.noise(5))
    yield _scan("chinese-with-an-english-block", typeset.blocks((*chinese[1:4], english[5])), spoil.skew(0.7),
                spoil.noise(5))  # fmt: skip
    yield _scan("english-with-a-chinese-block", typeset.blocks((*english[1:4], chinese[5])), spoil.noise(5), dpi=150)


SETS: dict[str, Callable[[], Iterator[Drawn]]] = {
    **{script.name: (lambda script=script: _of_script(script)) for script in SCRIPTS},  # type: ignore[misc]
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
