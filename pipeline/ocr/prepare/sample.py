"""A few lines cut out of a page: enough to tell how it stands without reading it."""

from __future__ import annotations

from pipeline.ocr.ink import Grey, Ink


def clippings(grey: Grey, ink: Ink, count: int, most_heights: float) -> list[Grey]:
    """The starts of long lines from all over the page.

    Args:
        grey: the page the ink is of.
        ink: its ink.
        count: so many at most.
        most_heights: none is longer than so many times its height.
    """
    # Length beyond a dozen characters makes a line no surer to be text.
    lines = sorted(
        (box for box in ink.lines.tolist() if box[2] >= 1.5 * box[3]), key=lambda box: -min(box[2] / box[3], 12.0)
    )[: 3 * count]
    lines = sorted(lines, key=lambda box: (box[1], box[0]))
    step = max(1, len(lines) // count)
    found = []
    for x, y, width, height in lines[(step - 1) // 2 :: step][:count]:
        margin = max(2, height // 6)
        top, left = max(0, y - margin), max(0, x - margin)
        right = min(x + width + margin, left + round(most_heights * (height + 2 * margin)))
        found.append(grey[top : y + height + margin, left:right])
    return found
