"""Fields as people corrected them: their values in the place of what rules or a model found.

    single field     replaced, added or taken away
    list of fields   the item found again by its anchor; one that is not found again is added at the end
    list of records  likewise; corrections of one record share its slot

A value that a person gave is never lost: where what it replaced is not found any more, it is added. A field whose path
the schema does not have is left out until the schema has it again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.corrections.anchors import Anchor, Item, Turned, assign
from pipeline.extract.fields.columns import Column
from pipeline.types import Box

METHOD = "corrected"
Place = tuple[int | None, list[float] | None]
Locate = Callable[[str, Column], Place]
"""Where a value stands in the document, as page and box; nulls where it is not found."""


@dataclass(frozen=True, slots=True)
class FieldCorrection:
    """A correction of a field that stands.

    Attributes:
        slot: of the item or record; None for a field there is one of at most.
        value: None takes the field away.
        page, box: where a person said that it stands; `rotation` is that of the page then.
    """

    id: str
    path: str
    slot: str | None
    anchor: Anchor
    value: str | None
    page: int | None
    box: list[float] | None
    rotation: int
    author: str
    created_at: str


def corrected_fields(
    found: dict[str, Any],
    corrections: Iterable[FieldCorrection],
    columns: Sequence[Column],
    turned: Turned,
    locate: Locate,
) -> dict[str, Any]:
    """Fields with the corrections laid over them; what was found is left as it was.

    Args:
        found: as rules or a model found them.
        corrections: oldest first, one a place.
        columns: of the schema.
        turned: how pages stand now.
        locate: asked only where neither a person nor what was found tells the place.
    """
    known = {column.path: column for column in columns}
    by_name: dict[str, list[FieldCorrection]] = {}
    for correction in corrections:
        if correction.path in known:
            by_name.setdefault(correction.path.partition(".")[0], []).append(correction)
    if not by_name:
        return found
    writer = _Writer(known, turned, locate)
    result = dict(found)
    for name, held in by_name.items():
        single = next((one for one in reversed(held) if one.slot is None), None)
        if single is not None:
            before = found.get(name)
            field = writer.field(single, before if isinstance(before, dict) and "value" in before else None)
            result = _with(result, name, field)
        elif any(one.slot for one in held):
            before = found.get(name, [])
            items = writer.items(before if isinstance(before, list) else [before], held, turned)
            result = _with(result, name, items)
    order = list(dict.fromkeys(column.path.partition(".")[0] for column in columns))
    return {name: result[name] for name in sorted(result, key=lambda name: _place_in(order, name))}


def _with(fields: dict[str, Any], name: str, value: Any) -> dict[str, Any]:
    if value is None:
        return {other: held for other, held in fields.items() if other != name}
    return {**fields, name: value}


def _place_in(order: Sequence[str], name: str) -> int:
    return order.index(name) if name in order else len(order)


class _Writer:
    def __init__(self, known: dict[str, Column], turned: Turned, locate: Locate) -> None:
        self._known, self._turned, self._locate = known, turned, locate

    def items(self, before: Sequence[Item], held: Sequence[FieldCorrection], turned: Turned) -> list[Item]:
        """The items of a list, with what is corrected in them and what is added."""
        slots: dict[str, list[FieldCorrection]] = {}
        for one in held:
            if one.slot is not None:
                slots.setdefault(one.slot, []).append(one)
        wanted = {
            slot: (ones[0].anchor, {one.path.partition(".")[2]: one.value for one in ones})
            for slot, ones in slots.items()
        }
        found = assign(before, wanted, turned)
        items: list[Item | None] = list(before)
        for slot, ones in slots.items():
            number = found.get(slot)
            item = self._item(ones, before[number] if number is not None else None)
            if number is not None:
                items[number] = item
            elif item is not None:
                items.append(item)
        return [item for item in items if item is not None]

    def _item(self, ones: Sequence[FieldCorrection], before: Item | None) -> Item | None:
        if not ones[-1].path.partition(".")[1]:
            return self.field(ones[-1], before)
        record: Item = dict(before or {})
        for one in ones:
            inner = one.path.partition(".")[2]
            field = self.field(one, record.get(inner))
            record.pop(inner, None)
            if field is not None:
                record[inner] = field
        name = ones[0].path.partition(".")[0]
        order = [path.partition(".")[2] for path in self._known if path.startswith(f"{name}.")]
        return {inner: record[inner] for inner in sorted(record, key=lambda inner: _place_in(order, inner))} or None

    def field(self, one: FieldCorrection, before: Item | None) -> Item | None:
        """The corrected field, or None where it was taken away."""
        if one.value is None:
            return None
        page, box = self._place(one, before)
        return {
            "value": one.value,
            "text": before["text"] if before is not None and before["value"] == one.value else one.value,
            "page": page, "box": box, "confidence": 1.0, "method": METHOD, "author": one.author,
            "corrected_at": one.created_at, "correction": one.id,
        }  # fmt: skip

    def _place(self, one: FieldCorrection, before: Item | None) -> Place:
        if one.page is not None and one.box is not None:
            box = self._turned(one.page, one.rotation, Box(*one.box))
            return one.page, box.rounded() if box is not None else None
        if before is not None and before["page"] is not None and one.page in (None, before["page"]):
            return before["page"], before["box"]
        assert one.value is not None, "what was taken away has no place"
        page, where = self._locate(one.value, self._known[one.path])
        if one.page is not None and page != one.page:
            return one.page, None
        return page, where
