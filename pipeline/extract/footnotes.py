"""Footnotes: small type at the foot of a column that begins with a mark, often under a short rule."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.extract.lines import Row
from pipeline.extract.paragraphs import Draft
from pipeline.types import Box

_LOWEST = 0.45  # share of the page's height above which no footnote begins
_SMALLER = 0.93  # of the text's size, where a text layer tells it exactly
_SMALLER_OCR = 0.9
_MOST_ROWS = 40
_APART_EM = 3.0  # what stands further below is no note
_RULE_NEAR_EM = 3.0  # white between the rule and the first note
_MARK = re.compile(
    r"(?:\d{1,3}(?=[\s.)]\S|[^\W\d_])|[*†‡§¶]{1,3}\s?(?=\S)|[①-⑳⑴-⒇]|[\[［〔（(]\s?\d{1,2}\s?[\]］〕）)]|[a-e](?=\s[A-Z]))\s*"
)
_NOT_A_YEAR = re.compile(r"\d{1,2}(?:\D|$)")


def split_footnotes(
    rows: Sequence[Row], body: float, height_pt: float, rules: Sequence[Box] = ()
) -> tuple[list[Row], list[Draft]]:
    """Takes the footnotes off the end of a region.

    Args:
        rows: of the region, from the top, without running lines.
        body: type size of the page's text in points.
        height_pt: of the page.
        rules: lines drawn on the page.

    Returns:
        The rows that are text, and the notes.
    """
    start = _start(rows, body, height_pt, rules)
    if start is None:
        return list(rows), []
    notes: list[Draft] = []
    for row in rows[start:]:
        below = notes[-1].rows[-1] if notes else None
        if below is not None and row.yc - below.yc > _APART_EM * row.size:
            break
        if not notes or (_begins(row.text) and row.x0 < notes[-1].rows[0].x0 + 0.8 * row.size):
            notes.append(Draft([row], kind="footnote"))
        else:
            notes[-1].rows.append(row)
    noted = sum(len(note.rows) for note in notes)
    return [*rows[:start], *rows[start + noted :]], notes


def _start(rows: Sequence[Row], body: float, height_pt: float, rules: Sequence[Box]) -> int | None:
    """Number of the row with which the notes begin."""
    found = None
    for i in range(len(rows) - 1, max(-1, len(rows) - 1 - _MOST_ROWS), -1):
        row = rows[i]
        if height_pt <= 0 or row.line.box.y0 < _LOWEST * height_pt:
            break
        above = rows[i - 1] if i else None
        ruled = _ruled_off(row, above, rules)
        small = row.size <= (_SMALLER if row.text_layer else _SMALLER_OCR) * body
        if not small and not ruled:
            break
        apart = ruled or above is None or above.size > row.size / _SMALLER or row.yc - above.yc > 1.8 * row.size
        if apart and _begins(row.text):
            found = i
        if ruled:
            break
    return found


def _begins(text: str) -> bool:
    found = _MARK.match(text)
    if not found or found.end() >= len(text):
        return False
    return not text[0].isdecimal() or bool(_NOT_A_YEAR.match(text))


def _ruled_off(row: Row, above: Row | None, rules: Sequence[Box]) -> bool:
    """Whether a line is drawn between the row and the one above it, from the row's left edge on."""
    box = row.line.box
    top = box.y0 - _RULE_NEAR_EM * row.size
    if above is not None:
        top = max(top, above.line.box.y1 - 0.4 * row.size)
    return any(
        rule.width > max(5 * rule.height, 3 * row.size)
        and abs(rule.x0 - box.x0) < 3 * row.size
        and top < rule.y1 < box.y0 + 0.3 * row.size
        for rule in rules
    )
