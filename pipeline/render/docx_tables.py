"""Makes tables of a DOCX as narrow as the page.

MuPDF breaks no word in a cell, and what stands beyond the edge of the page is lost.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from pipeline.render.docx_styles import value_of

_WIDE_EM, _NARROW_EM = 0.75, 0.6  # of capitals and of other letters, on the safe side
_PADDING_PT = 7.0
_MIN_SCALE, _MIN_PT = 0.6, 6.0  # whichever is smaller
_MAX_SPAN = 60
_CJK = re.compile("[\u2e80-\u9fff\uac00-\ud7ff\uf900-\ufaff\uff00-\uffef]")  # lines may end after any of these


@dataclass(frozen=True, slots=True)
class Fit:
    """How a table gets into its room.

    Attributes:
        column_pt: an equal share of the room, for pictures.
        scale: of its letters, at most 1.
        letters: after how many a word may have to break; 0 where none needs to.
    """

    column_pt: float
    scale: float = 1.0
    letters: int = 0

    def breakable(self, text: str) -> str:
        """The text with zero-width spaces where long words may break; readers drop them."""
        if not self.letters:
            return text
        return re.sub(rf"(\S{{{self.letters}}})(?=\S)", "\\1\u200b", text)


def fit(table: Element, room_pt: float, size_pt: float) -> Fit:
    """Estimates the narrowest that a table can be, from the longest word of each column in its largest letters."""
    needs: defaultdict[int, float] = defaultdict(float)
    columns = 1
    for row in inside(table, "tr"):
        at = 0
        for cell in inside(row, "tc"):
            span = span_of(cell)
            if span == 1:
                needs[at] = max(needs[at], _longest_em(cell) * size_pt)
            at += span
        columns = max(columns, at)
    share = room_pt / columns
    free, need = room_pt - columns * _PADDING_PT, sum(needs.values())
    if need <= free:
        return Fit(share)
    scale = max(free / need, min(_MIN_SCALE, _MIN_PT / size_pt))
    tight = need * scale > free
    return Fit(share, scale, max(1, int((share - _PADDING_PT) / (scale * size_pt * _WIDE_EM))) if tight else 0)


def span_of(cell: Element) -> int:
    """How many columns a cell takes."""
    span = value_of(cell.find("tcPr"), "gridSpan") or "1"
    return min(max(int(span), 1), _MAX_SPAN) if span.isdecimal() else 1


def inside(parent: Element, tag: str) -> Iterator[Element]:
    """Rows or cells, also those in content controls and tracked insertions."""
    for node in parent:
        if node.tag == tag:
            yield node
        elif node.tag in {"sdt", "sdtContent", "ins", "customXml"}:
            yield from inside(node, tag)


def _longest_em(cell: Element) -> float:
    text = " ".join("".join(node.text or "" for node in line.iter("t")) for line in cell.iter("p"))
    words = _CJK.sub(" 中 ", text).split()
    return max((sum(_WIDE_EM if c.isupper() or c in "mwMW@%—" else _NARROW_EM for c in word) if word != "中" else 1.0
                for word in words), default=0.0)  # fmt: skip
