"""How deep the items of a list are nested: told by where they begin and by what stands before them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.extract.markers import list_marker
from pipeline.extract.paragraphs import Draft

DEEPEST = 5
_INDENT_EM = 0.8
_HAN_NUMBER = re.compile("[〇零一二三四五六七八九十百]+")


def set_depths(drafts: Sequence[Draft]) -> None:
    """Gives list items that follow one another their levels, 0 for the outermost."""
    open_items: list[tuple[float, str]] = []  # left edge and kind of mark, outermost first
    region = -1
    for draft in drafts:
        if draft.kind != "list_item" or (open_items and draft.rows[0].region != region):
            open_items = []
        if draft.kind != "list_item":
            continue
        row = draft.rows[0]
        region = row.region
        mark = _kind(row.text)
        while open_items and row.x0 < open_items[-1][0] - _INDENT_EM * row.size:
            open_items.pop()
        deeper = not open_items or row.x0 > open_items[-1][0] + _INDENT_EM * row.size
        same = [i for i, (_, kind) in enumerate(open_items) if kind == mark]
        if not deeper and same:
            del open_items[same[-1] + 1 :]
        elif len(open_items) <= DEEPEST:
            open_items.append((row.x0, mark))
        draft.level = len(open_items) - 1


def _kind(text: str) -> str:
    """The mark with its number or letter made anonymous: "1." and "12." are one kind, "（一）" and "1." are two."""
    mark = list_marker(text).strip()
    return re.sub(r"\d+", "#", re.sub(r"[A-Za-z]+", "A", _HAN_NUMBER.sub("一", mark)))
