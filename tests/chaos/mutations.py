"""Documents of our own, damaged at random: bits, bytes, chunks and numbers; the same for the same seed."""

from __future__ import annotations

import io
import random
import re
import zipfile
from functools import cache

import pymupdf
from PIL import Image

from tests import drawing
from tests.unit.test_render_docx import docx, paragraph

TEXT = ["The heron stands in the shallow river at dawn and waits for trout.", "清晨，白鹭站在浅浅的河水里等待鳟鱼。"]
_NUMBERS = (b"0", b"-1", b"1", b"65536", b"2147483647", b"4294967296", b"99999999999999999999", b"1e30", b"0.0000001")


@cache
def originals() -> dict[str, tuple[str, bytes]]:
    """Name -> kind and bytes. One PDF is not packed, so that damage meets its instructions."""
    text = drawing.text_pdf([TEXT, TEXT[::-1]])
    with pymupdf.open("pdf", text) as document:
        open_text = document.tobytes(expand=255, no_new_id=True)
    scan = drawing.scan(drawing.text_pdf([TEXT]), dpi=72, seed=1)
    with Image.open(io.BytesIO(drawing.page_png(TEXT[0], dpi=72))) as page:
        grey = page.convert("L")
    images = {kind: _saved(grey, kind) for kind in ("png", "jpeg", "webp", "bmp", "tiff")}
    word = _undated(docx("".join(paragraph(line) for line in TEXT * 3)))
    return {
        "text.pdf": ("pdf", text), "open.pdf": ("pdf", open_text), "scan.pdf": ("pdf", scan),
        **{f"page.{kind}": (kind, content) for kind, content in images.items()}, "letter.docx": ("docx", word),
    }  # fmt: skip


def _saved(grey: Image.Image, kind: str) -> bytes:
    data = io.BytesIO()
    more = {"compression": "tiff_lzw", "save_all": True, "append_images": [grey.rotate(180)]} if kind == "tiff" else {}
    grey.save(data, kind.upper(), **more)
    return data.getvalue()


def _undated(package: bytes) -> bytes:
    """The same at every call: no member says when it was packed."""
    data = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as dated, zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as undated:
        for name in dated.namelist():
            undated.writestr(zipfile.ZipInfo(name), dated.read(name), zipfile.ZIP_DEFLATED)
    return data.getvalue()


def mutated(seed: int) -> tuple[str, str, bytes]:
    """Name, kind and bytes of an original with one to four damages."""
    chance = random.Random(seed)
    name = sorted(originals())[seed % len(originals())]
    kind, content = originals()[name]
    data = bytearray(content)
    for _ in range(chance.randint(1, 4)):
        chance.choice((_flip, _splice, _truncate, _repeat, _cut, _renumber))(data, chance)
    return name, kind, bytes(data)


def _place(data: bytearray, chance: random.Random, longest: int) -> tuple[int, int]:
    at = chance.randrange(len(data) + 1)
    return at, min(at + chance.randint(1, longest), len(data))


def _flip(data: bytearray, chance: random.Random) -> None:
    for _ in range(min(chance.choice((1, 4, 64)), len(data))):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def _splice(data: bytearray, chance: random.Random) -> None:
    start, end = _place(data, chance, 64)
    other, _ = _place(data, chance, 1)
    data[start:end] = chance.choice((chance.randbytes(end - start), data[other : other + end - start], b"\xff" * 8))


def _truncate(data: bytearray, chance: random.Random) -> None:
    del data[max(chance.randrange(len(data) + 1), 16) :]


def _repeat(data: bytearray, chance: random.Random) -> None:
    start, end = _place(data, chance, 4096)
    data[start:start] = data[start:end] * chance.randint(1, 20)


def _cut(data: bytearray, chance: random.Random) -> None:
    start, end = _place(data, chance, 512)
    del data[start:end]


def _renumber(data: bytearray, chance: random.Random) -> None:
    """A number in what is text becomes one that nobody thought of."""
    found = [*re.finditer(rb"(?<=[ /\[<(])\d{1,9}(?=[ /\]>)\r\n])", bytes(data))]
    if found:
        one = chance.choice(found)
        data[one.start() : one.end()] = chance.choice(_NUMBERS)
