"""The type size of a line that was read by OCR.

The height of its box says little: boxes are padded, and a line without descenders or capitals has a lower one. Its
width says more, as letters of a size have about the same widths in most fonts.
"""

from __future__ import annotations

from pipeline.wide import is_wide

# Advance widths of Helvetica in per mille of the type size, U+0020..U+007E (Adobe Core 14 AFM files).
_WIDTHS = (
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556,
    556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833,
    722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556,
    556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334,
    260, 334, 584,
)  # fmt: skip
_OTHER = 556
_SHORT = 1.5  # in type sizes: less is told by its height alone
_LOWEST, _HIGHEST = 0.6, 1.3  # of the box's height, between which the width is believed


def typeset_size(text: str, width_pt: float, height_pt: float) -> float:
    """Type size in points.

    Args:
        text: of the line, spaces included.
        width_pt: of the line without its holes.
        height_pt: of its box.
    """
    ems = sum(1000 if is_wide(c) else _WIDTHS[ord(c) - 32] if " " <= c <= "~" else _OTHER for c in text) / 1000
    if ems < _SHORT:
        return height_pt
    return min(max(width_pt / ems, _LOWEST * height_pt), _HIGHEST * height_pt)
