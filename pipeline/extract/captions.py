"""Which blocks are captions: what a figure or a table is called, and what explains a picture it stands by."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.extract.markers import caption_mark
from pipeline.extract.paragraphs import Draft
from pipeline.types import Box
from pipeline.wide import is_wide

_MAX_LETTERS = 600  # a Han character counts as two
_SHORT = 120
_NEAR_EM = 2.5  # white between a caption and what it belongs to
_SMALLER = 0.93  # of the text's size, for a caption without a number beside a picture
_CLOSED = tuple("。；，;,")


def mark_captions(drafts: Sequence[Draft], pictures: Sequence[Box], tables: Sequence[Box], body: float) -> None:
    """Turns paragraphs of one page into captions.

    Args:
        drafts: of the page, in reading order; kinds of others than paragraphs are left.
        pictures: boxes of the page's figures; what is small right under one explains it.
        tables: boxes of its tables, whose captions say that they are.
        body: type size of the page's text in points.
    """
    for draft in drafts:
        if draft.kind not in ("paragraph", "list_item"):
            continue
        text = draft.rows[0].text
        letters = sum(row.weight for row in draft.rows)
        near = any(_stands_by(draft, area) for area in (*pictures, *tables))
        if _is_named(text, letters, near) or _explains(draft, letters, pictures, body):
            draft.kind = "caption"


def _is_named(text: str, letters: int, near: bool) -> bool:
    """Whether it begins with the name of a figure or table, and not with a sentence about one."""
    if letters > _MAX_LETTERS:
        return False
    found = caption_mark(text)
    if not found:
        return False
    if found["mark"].strip():
        return True
    after = text[found.end() :].lstrip()
    if after and is_wide(text[0]):
        return near or (letters <= _SHORT and not text.endswith(_CLOSED))
    # "Table 2 Berths" has no mark; "Figure 4 shows that" neither.
    return near and letters <= _SHORT and (not after or not after[0].islower())


def _explains(draft: Draft, letters: int, pictures: Sequence[Box], body: float) -> bool:
    """Small type right under a picture, no wider than it."""
    row = draft.rows[0]
    if draft.kind != "paragraph" or not 8 <= letters <= _MAX_LETTERS or row.size > _SMALLER * body:
        return False
    x0, x1 = min(r.line.box.x0 for r in draft.rows), max(r.line.box.x1 for r in draft.rows)
    return any(
        0 <= row.line.box.y0 - picture.y1 + 0.5 * row.size < _NEAR_EM * row.size
        and x0 > picture.x0 - row.size and x1 < picture.x1 + row.size
        for picture in pictures
    )  # fmt: skip


def _stands_by(draft: Draft, area: Box) -> bool:
    """Right above or below, with at least half of its width in common."""
    boxes = [row.line.box for row in draft.rows]
    x0, x1 = min(b.x0 for b in boxes), max(b.x1 for b in boxes)
    y0, y1 = min(b.y0 for b in boxes), max(b.y1 for b in boxes)
    white = max(y0 - area.y1, area.y0 - y1)
    common = min(x1, area.x1) - max(x0, area.x0)
    return white < _NEAR_EM * draft.rows[0].size and common > 0.5 * min(x1 - x0, area.x1 - area.x0)
