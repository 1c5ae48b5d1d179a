"""Fields as people corrected them: their values in the place of what rules or a model found.

    single field     replaced, added or taken away; so is each field of a single record
    list of fields   the item found again by its anchor; one that is not found again is added at the end
    list of records  likewise; corrections of one record share its slot

A value that a person gave is never lost: where what it replaced is not found any more, it is added. A field whose path
the schema does not have, or has as a list where it was none, is left out until the schema has it again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
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
        slot: of the item of a list; None for a field, or a field of a record, that there is one of at most.
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


@dataclass(frozen=True, slots=True)
class Laid:
    """What an item of a list is, after corrections.

    Attributes:
        number: of it in the list as it was found; None: a person added it.
        slot: of its corrections; None: it has none.
    """

    number: int | None
    slot: str | None


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
    writer = _Writer(known, turned, locate)
    result = dict(found)
    by_name = _by_name(corrections, known)
    if not by_name:
        return found
    for name, held in by_name.items():
        before = found.get(name)
        if known[held[0].path].many:
            result[name] = writer.items(_as_list(before), held)
        else:
            result = _with(result, name, writer.item(held, before if isinstance(before, dict) else None))
    order = list(dict.fromkeys(column.path.partition(".")[0] for column in columns))
    return {name: result[name] for name in sorted(result, key=lambda name: _place_in(order, name))}


def laid_items(
    found: dict[str, Any], corrections: Iterable[FieldCorrection], columns: Sequence[Column], turned: Turned, name: str
) -> list[Laid]:
    """What the items of a list are that `corrected_fields` makes of the same, in their order."""
    held = _by_name(corrections, {column.path: column for column in columns if column.many}).get(name, [])
    return _laid(_as_list(found.get(name)), _by_slot(held), turned)


def _by_name(corrections: Iterable[FieldCorrection], known: Mapping[str, Column]) -> dict[str, list[FieldCorrection]]:
    """Corrections by the field or record they are of; without those that the schema has no such path for."""
    by_name: dict[str, list[FieldCorrection]] = {}
    for one in corrections:
        if one.path in known and known[one.path].many == (one.slot is not None):
            by_name.setdefault(one.path.partition(".")[0], []).append(one)
    return by_name


def _by_slot(held: Iterable[FieldCorrection]) -> dict[str, list[FieldCorrection]]:
    """Corrections of a list by the item they are of, in the order in which the items were first corrected or added."""
    slots: dict[str, list[FieldCorrection]] = {}
    for one in sorted(held, key=lambda one: one.slot or ""):
        slots.setdefault(one.slot or "", []).append(one)
    return slots


def _as_list(held: Any) -> list[Item]:
    return held if isinstance(held, list) else [held] if held else []


def _laid(before: Sequence[Item], slots: Mapping[str, Sequence[FieldCorrection]], turned: Turned) -> list[Laid]:
    wanted = {
        slot: (ones[0].anchor, {one.path.partition(".")[2]: one.value for one in ones}) for slot, ones in slots.items()
    }
    found = assign(before, wanted, turned)
    slot_of = {number: slot for slot, number in found.items()}
    laid = [Laid(number, slot_of.get(number)) for number in range(len(before))]
    laid += [Laid(None, slot) for slot in slots if slot not in found]
    return [
        one for one in laid
        if one.slot is None or _is_left(slots[one.slot], before[one.number] if one.number is not None else {})
    ]  # fmt: skip


def _is_left(ones: Sequence[FieldCorrection], before: Item) -> bool:
    """Whether corrections leave anything of an item."""
    corrected = {one.path.partition(".")[2] for one in ones}
    kept = set() if "" in corrected or "value" in before else set(before) - corrected
    return bool(kept) or any(one.value is not None for one in ones)


def _with(fields: dict[str, Any], name: str, value: Any) -> dict[str, Any]:
    if value is None:
        return {other: held for other, held in fields.items() if other != name}
    return {**fields, name: value}


def _place_in(order: Sequence[str], name: str) -> int:
    return order.index(name) if name in order else len(order)


class _Writer:
    def __init__(self, known: dict[str, Column], turned: Turned, locate: Locate) -> None:
        self._known, self._turned, self._locate = known, turned, locate

    def items(self, before: Sequence[Item], held: Sequence[FieldCorrection]) -> list[Item]:
        """The items of a list, with what is corrected in them and what is added."""
        slots = _by_slot(held)
        items = []
        for one in _laid(before, slots, self._turned):
            item = before[one.number] if one.number is not None else None
            if one.slot is not None:
                item = self.item(slots[one.slot], item)
            assert item is not None, "what nothing is left of is not laid"
            items.append(item)
        return items

    def item(self, ones: Sequence[FieldCorrection], before: Item | None) -> Item | None:
        """A field or a record with its corrections; None where nothing is left of it."""
        if before is not None and ("value" in before) != ("." not in ones[0].path):
            before = None  # found under a schema that shaped it otherwise
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
