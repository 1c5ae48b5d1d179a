"""A font without shapes, for text that is there to be found and is never drawn.

Built here from a few hundred bytes: a TrueType file of glyphs without area, behind a composite font whose character
codes are UTF-16 units (PDF 32000-1, 9.7). Any character of the basic plane is its own code; characters beyond it take
codes out of the surrogates, which are characters nowhere. The ToUnicode map says so to whoever reads the file.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from functools import cache

import pymupdf

NAME = "PagemillHidden"
_EM = 1000
DESCENT = 0.2
"""How far below its baseline the cell of a character reaches, in ems; it is one em high."""

_ASCENT, _DESCENT = round(_EM * (1 - DESCENT)), -round(_EM * DESCENT)
_SURROGATES = range(0xD800, 0xE000)
_BLOCK = 100  # entries in a block of a CMap, the most there may be
_CMAP = """/CIDInit /ProcSet findresource begin 12 dict begin begincmap
/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def
/CMapName /{name} def /CMapType 2 def
1 begincodespacerange <0000> <FFFF> endcodespacerange
{body}
endcmap CMapName currentdict /CMap defineresource pop end end
"""


class HiddenFont:
    """The font of one document.

    Attributes:
        xref: its object.
    """

    def __init__(self, document: pymupdf.Document) -> None:
        self._document = document
        self._beyond: dict[str, int] = {}
        self._map, self.xref = _add(document)

    def encode(self, text: str) -> str:
        """The codes of a text in hexadecimal, four digits a character.

        Of characters beyond the basic plane a document has 2,048 different ones; further ones become U+FFFD.
        """
        return "".join(f"{self._code(char):04X}" for char in text)

    def _code(self, char: str) -> int:
        code = ord(char)
        if code <= 0xFFFF:
            return 0xFFFD if code in _SURROGATES else code
        if char not in self._beyond and len(self._beyond) < len(_SURROGATES):
            self._beyond[char] = _SURROGATES[len(self._beyond)]
        return self._beyond.get(char, 0xFFFD)

    def finish(self) -> None:
        """Write down what the codes used so far mean; may be done again after more."""
        self._document.update_stream(self._map, _to_unicode(self._beyond))

    def reopened(self, document: pymupdf.Document) -> None:
        """Go on in the same document, saved and opened again."""
        self._document = document


@cache
def advance(char: str) -> float:
    """How wide a character is, in ems: Latin as in Helvetica, all others a full cell."""
    code = ord(char)
    return _latin()[code - 0x20] / _EM if 0x20 <= code < 0x180 else 1.0


@cache
def _latin() -> list[int]:
    helvetica = pymupdf.Font("helv")
    return [round(_EM * helvetica.glyph_advance(code)) or _EM for code in range(0x20, 0x180)]


def _add(document: pymupdf.Document) -> tuple[int, int]:
    """Adds the font's objects; the numbers of its ToUnicode map and of the font itself."""
    file, described, descendant, gids, unicode, font = (document.get_new_xref() for _ in range(6))
    _put(document, file, f"<< /Length1 {len(_true_type())} >>", _true_type())
    document.update_object(
        described,
        f"<< /Type /FontDescriptor /FontName /{NAME} /Flags 4 /FontBBox [0 {_DESCENT} {_EM} {_ASCENT}] /ItalicAngle 0"
        f" /Ascent {_ASCENT} /Descent {_DESCENT} /CapHeight {_ASCENT} /StemV 80 /FontFile2 {file} 0 R >>",
    )
    _put(document, gids, "<< >>", _glyph_numbers())
    widths = " ".join(map(str, _latin()))
    document.update_object(
        descendant,
        f"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /{NAME} /FontDescriptor {described} 0 R /DW {_EM}"
        f" /W [32 [{widths}]] /CIDToGIDMap {gids} 0 R"
        " /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> >>",
    )
    _put(document, unicode, "<< >>", _to_unicode({}))
    document.update_object(
        font,
        f"<< /Type /Font /Subtype /Type0 /BaseFont /{NAME} /Encoding /Identity-H /ToUnicode {unicode} 0 R"
        f" /DescendantFonts [{descendant} 0 R] >>",
    )
    return unicode, font


def _put(document: pymupdf.Document, xref: int, dictionary: str, stream: bytes) -> None:
    document.update_object(xref, dictionary)
    document.update_stream(xref, stream, new=True)


def _to_unicode(beyond: dict[str, int]) -> bytes:
    ranges = [
        f"<{high << 8:04X}> <{high << 8 | 0xFF:04X}> <{high << 8:04X}>"
        for high in range(256)
        if not 0xD8 <= high < 0xE0
    ]
    chars = [f"<{code:04X}> <{char.encode('utf-16-be').hex().upper()}>" for char, code in beyond.items()]
    body = [*_blocks("bfrange", ranges), *_blocks("bfchar", chars)]
    return _CMAP.format(name=NAME, body="\n".join(body)).encode("ascii")


def _blocks(kind: str, entries: list[str]) -> Iterable[str]:
    for at in range(0, len(entries), _BLOCK):
        block = entries[at : at + _BLOCK]
        yield "\n".join([f"{len(block)} begin{kind}", *block, f"end{kind}"])


@cache
def _advances() -> list[int]:
    """Each width that there is, once; the glyph of the first is number 1."""
    return sorted({_EM, *_latin()})


def _glyph_numbers() -> bytes:
    """The glyph of each code (CIDToGIDMap): the one of its width."""
    numbers = {width: 1 + at for at, width in enumerate(_advances())}
    gids = [numbers[_EM]] * 0x10000
    gids[0x20 : 0x20 + len(_latin())] = [numbers[width] for width in _latin()]
    return struct.pack(f">{len(gids)}H", *gids)


@cache
def _true_type() -> bytes:
    """A TrueType file with the tables that a PDF asks for (PDF 32000-1, 9.9; OpenType 1.9).

    Its glyphs are strokes without thickness from one corner of their cell to the other: nothing to draw, but bounds.
    PDFium takes the boxes of what is selected from them, and overlooks a lone character whose glyph has no width.
    """
    widths = [_EM, *_advances()]
    glyphs = [b"", *map(_stroke, _advances())]
    offsets = [sum(map(len, glyphs[:at])) for at in range(len(glyphs) + 1)]
    count = len(glyphs)
    tables = {
        "glyf": b"".join(glyphs),
        "head": struct.pack(
            ">IIIIHHQQhhhhHHhhh",
            0x10000,
            0x10000,
            0,
            0x5F0F3CF5,
            0,
            _EM,
            0,
            0,
            0,
            _DESCENT,
            _EM,
            _ASCENT,
            0,
            8,
            2,
            0,
            0,
        ),
        "hhea": struct.pack(">IhhhHhhhhhhhhhhhH", 0x10000, _ASCENT, _DESCENT, 0, _EM, *[0] * 3, 1, *[0] * 7, count),
        "hmtx": b"".join(struct.pack(">Hh", width, 0) for width in widths),
        "loca": struct.pack(f">{count + 1}H", *(offset // 2 for offset in offsets)),
        "maxp": struct.pack(">IH13H", 0x10000, count, 2, 1, 0, 0, 1, *[0] * 8),
    }
    at = 12 + 16 * len(tables)
    directory, body, place = b"", b"", 0
    for tag, table in sorted(tables.items()):
        if tag == "head":
            place = at + len(body) + 8  # of the sum over the whole file
        directory += struct.pack(">4sIII", tag.encode(), _sum(table), at + len(body), len(table))
        body += table + bytes(-len(table) % 4)
    whole = struct.pack(">IHHHH", 0x10000, len(tables), 64, 2, 16 * len(tables) - 64) + directory + body
    return whole[:place] + struct.pack(">I", (0xB1B0AFBA - _sum(whole)) & 0xFFFFFFFF) + whole[place + 4 :]


def _stroke(width: int) -> bytes:
    bounds = struct.pack(">5h", 1, 0, _DESCENT, width, _ASCENT)  # of one contour
    points = struct.pack(">HH2B4h", 1, 0, 1, 1, 0, width, _DESCENT, _ASCENT - _DESCENT)
    return bounds + points + bytes(-len(bounds + points) % 4)


def _sum(table: bytes) -> int:
    padded = table + bytes(-len(table) % 4)
    words: tuple[int, ...] = struct.unpack(f">{len(padded) // 4}I", padded)
    return sum(words) & 0xFFFFFFFF
