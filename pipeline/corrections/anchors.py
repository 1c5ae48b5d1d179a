"""Finding a field again that a person corrected, in fields that were found anew.

An anchor tells how the item of a list (a field or a record) was when it was first corrected:

    {"index": n, "count": n, "fields": {"" or inner name: {"value", "page", "box", "rotation"}}, "added": bool}

An item is known again by its value and place first, by its number in the list only where nothing speaks against it.
Boxes are of the page as it stood then; `Turned` says how it stands now.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pipeline.types import Box

Item = dict[str, Any]
Anchor = dict[str, Any]
Turned = Callable[[int, int, Box], Box | None]
"""Page number, rotation that a box is of, and the box: where it is now; None where that cannot be told."""
_VALUE, _PLACE, _NEW_VALUE, _INDEX = 4.0, 2.0, 1.0, 0.5
_OVERLAP = 0.3  # of the smaller box


def anchor_of(item: Item, index: int, count: int, rotations: Mapping[int, int]) -> Anchor:
    """How an item is, to find it again.

    Args:
        item: a field, or a record of fields.
        index, count: its number in its list, and how many there are.
        rotations: of pages.
    """
    parts = {"": item} if "value" in item else item
    fields = {
        name: {
            "value": field["value"], "page": field["page"], "box": field["box"],
            "rotation": rotations.get(field["page"] or 0, 0),
        }
        for name, field in parts.items()
    }  # fmt: skip
    return {"index": index, "count": count, "fields": fields, "added": False}


def added_at(index: int) -> Anchor:
    """Of an item that a person added."""
    return {"index": index, "count": index, "fields": {}, "added": True}


def assign(
    items: Sequence[Item], slots: Mapping[str, tuple[Anchor, Mapping[str, str | None]]], turned: Turned
) -> dict[str, int]:
    """Which item each slot is about; those that are not found again are missing.

    Args:
        slots: the anchor of each, and the new values of its fields by inner name ("" of a plain field).
    """
    scored = []
    for order, (slot, (anchor, wanted)) in enumerate(slots.items()):
        for number, item in enumerate(items):
            score = _score(item, number, len(items), anchor, wanted, turned)
            if score > 0:
                scored.append((-score, abs(number - anchor["index"]), order, number, slot))
    taken: set[int] = set()
    found: dict[str, int] = {}
    for _, _, _, number, slot in sorted(scored):
        if slot not in found and number not in taken:
            found[slot] = number
            taken.add(number)
    return found


def _score(
    item: Item, number: int, count: int, anchor: Anchor, wanted: Mapping[str, str | None], turned: Turned
) -> float:
    parts = {"": item} if "value" in item else item
    score, against = 0.0, False
    # All that a person wants of it is found by now; of a record a title alone may be that of another job.
    given = {name: value for name, value in wanted.items() if value is not None}
    if len(given) >= min(2, len(parts)) and all(
        name in parts and parts[name]["value"] == value for name, value in given.items()
    ):
        score += _NEW_VALUE
    for name, field in parts.items():
        before = anchor["fields"].get(name)
        if before is None:
            continue
        if before["value"] == field["value"]:
            score += _VALUE
        placed = _same_place(before, field, turned)
        score += _PLACE if placed else 0.0
        against = against or placed is False
    if score == 0.0 and not against and not anchor["added"] and (number, count) == (anchor["index"], anchor["count"]):
        return _INDEX
    return score


def _same_place(before: Mapping[str, Any], field: Mapping[str, Any], turned: Turned) -> bool | None:
    """Whether both stand in the same place; None where that is not known."""
    if before["box"] is None or field["box"] is None or before["page"] is None or field["page"] is None:
        return None
    if before["page"] != field["page"]:
        return False
    one = turned(before["page"], before["rotation"], Box(*before["box"]))
    if one is None:
        return None
    other = Box(*field["box"])
    width = min(one.x1, other.x1) - max(one.x0, other.x0)
    height = min(one.y1, other.y1) - max(one.y0, other.y0)
    smaller = min(one.width * one.height, other.width * other.height)
    return width > 0 and height > 0 and width * height >= _OVERLAP * smaller


def turned_box(box: Box, by: int, width_pt: float, height_pt: float) -> Box:
    """The box after its page was turned.

    Args:
        by: degrees clockwise, 0, 90, 180 or 270.
        width_pt, height_pt: of the page after the turn.
    """
    x0, y0, x1, y1 = box
    if by == 90:
        return Box(width_pt - y1, x0, width_pt - y0, x1)
    if by == 180:
        return Box(width_pt - x1, height_pt - y1, width_pt - x0, height_pt - y0)
    if by == 270:
        return Box(y0, height_pt - x1, y1, height_pt - x0)
    return box
