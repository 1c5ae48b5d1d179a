"""Pages for the text-layer judge, drawn with what goes wrong with text layers; the same ones at every call.

`PAGES` maps a name to what is right to do with the page ("text": take its layer, "ocr": read it) and its drawing.
"""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pymupdf
from PIL import Image

from cli.sample_texts import LETTER, RESUME
from cli.samples import scan

ENGLISH = [text for _, text in LETTER if len(text) > 50]
CHINESE = [text for page in RESUME for _, text in page if len(text) > 18]
OTHER_ENGLISH = [
    "The daily pulse of meltwater travels down the valley as a wave that arrives later and warmer at",
    "every station. Its height depends on the weather of the day before and on the snow that is left,",
    "and whoever runs the mill has learned to read it from the colour of the river in the morning. In",
    "August the level falls at night by as much as two feet, the gravel banks come up, and herons walk",
    "where boats were moored. By noon the first cold water is back, grey with the flour of the rocks it",
    "has ground. Nobody swims then. The old gauge at the bridge was read three times a day for ninety",
    "years by members of one family; what they wrote fills eleven books that are kept in the town hall.",
]
LINES = 24


class Line(NamedTuple):
    """A line of text at its baseline."""

    text: str
    x: float
    y: float
    font: str = "helv"
    size: float = 11.0
    mode: int = 0
    spacing: float = 0.0
    grey: float = 0.0
    stretch: float = 100.0


def english(source: Sequence[str] = ENGLISH, **options: object) -> list[Line]:
    """A page of English lines."""
    return [Line(source[i % len(source)], 50, 70 + 28 * i, **options) for i in range(LINES)]  # type: ignore[arg-type]


def chinese(**options: object) -> list[Line]:
    """A page of Chinese lines."""
    return [
        Line(CHINESE[i % len(CHINESE)], 50, 70 + 28 * i, **{"font": "song", "size": 13.0, **options})  # type: ignore[arg-type]
        for i in range(LINES)
    ]


def page(lines: Sequence[Line], maps: Mapping[str, Mapping[str, str]] | None = None, under: bytes = b"") -> bytes:
    """A page with text, drawn (mode 0) or hidden (mode 3).

    Args:
        lines: the text; fonts are "helv", "tiro", "cour" and, for Chinese, "song".
        maps: of fonts whose /ToUnicode lies: the character told for each that is shown.
        under: a PDF whose page is the image below the text.
    """
    with pymupdf.open("pdf", under) if under else pymupdf.open() as document:
        sheet = document[0] if under else document.new_page()
        fonts = {font: _font(document, font, (maps or {}).get(font, {})) for font in {line.font for line in lines}}
        kind, resources = document.xref_get_key(sheet.xref, "Resources")
        owner, path = (int(resources.split()[0]), "Font") if kind == "xref" else (sheet.xref, "Resources/Font")
        document.xref_set_key(owner, path, "<<" + "".join(f"/{name} {xref} 0 R" for name, xref in fonts.items()) + ">>")
        content = [
            b"BT /%b %.2f Tf %d Tr %.2f Tc %.2f g %.4f Tz %.2f %.2f Td <%b> Tj ET"
            % (line.font.encode(), line.size, line.mode, line.spacing, line.grey, line.stretch, line.x,
               sheet.rect.height - line.y, _codes(line).hex().encode())
            for line in lines
        ]  # fmt: skip
        xref = document.get_new_xref()
        document.update_object(xref, "<<>>")
        document.update_stream(xref, b"\n".join(content))
        contents = " ".join(f"{number} 0 R" for number in (*sheet.get_contents(), xref))
        document.xref_set_key(sheet.xref, "Contents", f"[{contents}]")
        return bytes(document.tobytes())


_ALL_CHINESE = sorted({char for line in CHINESE for char in line})


def _codes(line: Line) -> bytes:
    return line.text.encode("utf-16-be") if line.font == "song" else line.text.encode("cp1252")


def _font(document: pymupdf.Document, font: str, told: Mapping[str, str]) -> int:
    xref = document.get_new_xref()
    document.update_object(xref, _FONTS[font])
    if told:
        told = {**{char: char for char in _ALL_CHINESE}, **told} if font == "song" else told
        size, codec = ("04", "utf-16-be") if font == "song" else ("02", "cp1252")
        rows = [
            f"<{shown.encode(codec).hex():0>{size}}> <{claimed.encode('utf-16-be').hex()}>"
            for shown, claimed in told.items()
        ]
        space = "<0000> <ffff>" if font == "song" else "<00> <ff>"
        chunks = [rows[i : i + 100] for i in range(0, len(rows), 100)]
        table = "".join(f"{len(c)} beginbfchar\n" + "\n".join(c) + "\nendbfchar\n" for c in chunks)
        stream = document.get_new_xref()
        document.update_object(stream, "<<>>")
        text = (
            "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def /CMapType 2 def "
            f"1 begincodespacerange {space} endcodespacerange\n{table}endcmap end end"
        )
        document.update_stream(stream, text.encode())
        document.xref_set_key(xref, "ToUnicode", f"{stream} 0 R")
    return xref


_LATIN = "<</Type/Font/Subtype/Type1/BaseFont/{}/Encoding/WinAnsiEncoding>>"
_FONTS = {
    "helv": _LATIN.format("Helvetica"),
    "tiro": _LATIN.format("Times-Roman"),
    "cour": _LATIN.format("Courier"),
    "song": "<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/UniGB-UTF16-H/DescendantFonts[<</Type/Font"
    "/Subtype/CIDFontType0/BaseFont/STSong-Light/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)/Supplement 4>>"
    "/FontDescriptor<</Type/FontDescriptor/FontName/STSong-Light/Flags 4>>>>]>>",
}


def shifted(chars: str, by: int) -> dict[str, str]:
    """Each character told as the one so many places on."""
    return {char: chars[(i + by) % len(chars)] for i, char in enumerate(chars)}


def permuted(chars: Sequence[str], seed: int = 1) -> dict[str, str]:
    """Each character told as another one of them."""
    others = list(chars)
    random.Random(seed).shuffle(others)
    return dict(zip(chars, others, strict=True))


ASCII = "".join(map(chr, range(33, 127)))
LOWER, UPPER, DIGITS = "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"
HAN = sorted({char for line in CHINESE for char in line if "\u4e00" <= char <= "\u9fff"})
# What OCR programs take letters for.
ALIKE = {"e": "co", "o": "e0", "l": "1I", "i": "l1", "a": "oe", "n": "ur", "h": "b", "t": "lf", "r": "n", "s": "5",
         "c": "e", "u": "n", "m": "n", "d": "cl", "g": "q9", "b": "h", "f": "t", "v": "y", "w": "v"}  # fmt: skip


LETTERS_ALIKE = {"e": "c", "c": "e", "n": "u", "u": "n", "h": "b", "b": "h", "a": "o", "o": "a", "i": "l", "t": "f",
                 "f": "t", "r": "v", "s": "z"}  # fmt: skip


def misread(lines: Sequence[Line], share: float, seed: int = 3, alike: Mapping[str, str] = ALIKE) -> list[Line]:
    """The lines with so many of their characters taken for others, as OCR takes them."""
    dice = random.Random(seed)

    def one(char: str) -> str:
        if dice.random() >= share:
            return char
        return dice.choice(alike.get(char, char)) if char.isascii() else dice.choice(HAN) if char in HAN else char

    return [line._replace(text="".join(map(one, line.text))) for line in lines]


def scanned(seen: Sequence[Line], layer: Sequence[Line], **options: float) -> bytes:
    """A scan of some lines with a hidden layer of others."""
    return page(
        [line._replace(mode=3) for line in layer], under=scan(page(seen), **{"skew_deg": 0.0, "dpi": 150, **options})
    )


def _moved(lines: Sequence[Line], down: float) -> list[Line]:
    return [line._replace(y=line.y + down) for line in lines if line.y + down < 830]


def _table(font: str) -> list[Line]:
    dice = random.Random(5)
    rows = [[f"Plot {i + 1}", *(f"{dice.randrange(10_000) / 10:,.1f}" for _ in range(4))] for i in range(LINES)]
    return [Line(cell, 60 + 100 * j, 70 + 28 * i, font) for i, row in enumerate(rows) for j, cell in enumerate(row)]


def _covered(cover: str) -> bytes:
    """A page whose text is hidden from sight by a white area or a picture over it, with a visible line below."""
    with pymupdf.open(
        "pdf", page([*english()[:10], Line("Nothing above this line is to be seen by anybody.", 50, 800)])
    ) as d:
        area = pymupdf.Rect(30, 40, 565, 340)
        if cover == "white":
            d[0].draw_rect(area, color=None, fill=(1, 1, 1))
        else:
            grey = np.tile(np.linspace(90, 200, 300).astype(np.uint8), (200, 1))
            data = io.BytesIO()
            Image.fromarray(grey).save(data, "PNG")
            d[0].insert_image(area, stream=data.getvalue(), keep_proportion=False)
        return bytes(d.tobytes())


def _three_fonts() -> list[Line]:
    return [*english()[:12], *english(font="tiro")[12:18], *english(font="cour", size=9.0)[18:]]


def _picture_between() -> bytes:
    """Two lines written in one go, and a picture drawn after them into the space between."""
    with pymupdf.open("pdf", page([Line(ENGLISH[0], 50, 100)])) as d:
        xref = d[0].get_contents()[-1]
        more = ENGLISH[1].encode("cp1252").hex().encode()
        d.update_stream(xref, d.xref_stream(xref).replace(b"ET", b"0 -400 Td <%b> Tj ET" % more))
        grey = np.tile(np.linspace(90, 200, 300).astype(np.uint8), (200, 1))
        data = io.BytesIO()
        Image.fromarray(grey).save(data, "PNG")
        d[0].insert_image(pymupdf.Rect(40, 130, 560, 400), stream=data.getvalue(), keep_proportion=False)
        return bytes(d.tobytes())


def _clipped() -> bytes:
    """A page of which all but the last lines are cut off by a clipping path."""
    with pymupdf.open("pdf", page(english())) as d:
        xref = d[0].get_contents()[-1]
        d.update_stream(xref, b"0 0 595 300 re W n\n" + d.xref_stream(xref))
        return bytes(d.tobytes())


def _visible_and_hidden() -> bytes:
    return page([*english(), *english(mode=3)])


def _stamped_scan() -> bytes:
    return page([Line("RECEIVED 12 MAY", 380, 40, size=14.0)], under=scan(page(english()), skew_deg=0.5, dpi=150))


def _as_tesseract_writes(lines: Sequence[Line]) -> bytes:
    """An English scan with a layer in which each word, with the space after it, is scaled to the width of the word."""
    layer = []
    for line in lines:
        x = line.x
        for word in line.text.split():
            width, more = (pymupdf.get_text_length(text, "helv", line.size) for text in (word, word + " "))
            layer.append(line._replace(text=word + " ", x=x, stretch=100 * width / more))
            x += more
    return scanned(english(), layer)


def _visual_order() -> bytes:
    """Two columns whose lines were written row by row."""
    left = [Line(text[:44], 50, 70 + 28 * i) for i, text in enumerate((ENGLISH * 3)[:LINES])]
    right = [Line(text[:44], 320, 70 + 28 * i) for i, text in enumerate((OTHER_ENGLISH * 4)[:LINES])]
    rows = [line for pair in zip(left, right, strict=True) for line in pair]
    return scanned(rows, rows)


PAGES: dict[str, tuple[str, Callable[[], bytes]]] = {
    "letters shifted by one": ("ocr", lambda: page(english(), {"helv": shifted(LOWER, 1) | shifted(UPPER, 1)})),
    "codes shifted by three": ("ocr", lambda: page(english(font="tiro"), {"tiro": shifted(ASCII, 3)})),
    "letters permuted": ("ocr", lambda: page(english(font="cour", size=9.0), {"cour": permuted(LOWER)})),
    "a short line, letters permuted": ("ocr", lambda: page(english()[:1], {"helv": permuted(LOWER)})),
    "Chinese permuted": ("ocr", lambda: page(chinese(), {"song": permuted(HAN)})),
    "one of three fonts permuted": ("ocr", lambda: page(_three_fonts(), {"tiro": permuted(LOWER)})),
    "digits shifted": ("ocr", lambda: page(_table("helv"), {"helv": shifted(DIGITS, 3)})),
    "no fault, English": ("text", lambda: page(english())),
    "no fault, Chinese": ("text", lambda: page(chinese())),
    "no fault, a table of numbers": ("text", lambda: page(_table("cour"))),
    "right layer, English": ("text", lambda: scanned(english(), english())),
    "right layer, Chinese": ("text", lambda: scanned(chinese(), chinese())),
    "right layer in visual order": ("text", _visual_order),
    "right layer as Tesseract writes it": ("text", lambda: _as_tesseract_writes(english())),
    "1 % misread, English": ("text", lambda: scanned(english(), misread(english(), 0.01))),
    "3 % misread, English": ("ocr", lambda: scanned(english(), misread(english(), 0.03))),
    "10 % misread, English": ("ocr", lambda: scanned(english(), misread(english(), 0.10))),
    "3 % misread, letters alone": ("ocr", lambda: _as_tesseract_writes(misread(english(), 0.03, alike=LETTERS_ALIKE))),
    "1 % misread, Chinese": ("text", lambda: scanned(chinese(), misread(chinese(), 0.01))),
    "3 % misread, Chinese": ("ocr", lambda: scanned(chinese(), misread(chinese(), 0.03))),
    "10 % misread, Chinese": ("ocr", lambda: scanned(chinese(), misread(chinese(), 0.10))),
    "layer of another page": ("ocr", lambda: scanned(english(), english(OTHER_ENGLISH))),
    "layer half a page too low": ("ocr", lambda: scanned(english(), _moved(english(), 400))),
    "layer half a line too low": ("ocr", lambda: scanned(english(), _moved(english(), 14))),
    "English layer on a Chinese scan": ("ocr", lambda: scanned(chinese(), english())),
    "layer of half the page": ("ocr", lambda: scanned(english(), english()[: LINES // 3])),
    "a stamp on a scan": ("ocr", _stamped_scan),
    "drawn and hidden the same": ("text", _visible_and_hidden),
    "under a white area": ("text", lambda: _covered("white")),
    "under a picture": ("text", lambda: _covered("picture")),
    "a picture between lines": ("text", _picture_between),
    "white on white": ("text", lambda: page([line._replace(grey=1.0) for line in english()[:20]] + english()[20:])),
    "outside of what is drawn": ("text", _clipped),
    "spaced letters": ("text", lambda: page([line._replace(text=line.text[:50], spacing=1.2) for line in english()])),
}  # fmt: skip
"""What is right to do with each page, and its drawing."""
