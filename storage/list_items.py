"""The items of a list as a person sees them, and which corrections are of which: what an index of a request means.

    0 .. n-1       items shown, those of the published run
    n and on       items that people have added and that are not shown yet, and one past them, a new one

The slots of the items shown are those that the published run gave them: the same corrections are laid over the same
fields again, by the same function. What was corrected since is of the item that stood at its index, as nothing else has
been published meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, text
from sqlalchemy.types import JSON

from pipeline.corrections.anchors import Anchor, added_at, anchor_of
from pipeline.corrections.fields import Laid, laid_items
from pipeline.extract.fields.columns import columns_of
from storage import standing
from storage.catalog import DEFAULT_SCHEMA


@dataclass(frozen=True, slots=True)
class Target:
    """An item that corrections may be of.

    Attributes:
        index: by which a request names it.
        slot: of its corrections; None: it has none yet.
        anchor: by which it is known again.
        item: as it is shown; empty where it is not.
    """

    index: int
    slot: str | None
    anchor: Anchor
    item: Mapping[str, Any]

    def field(self, path: str) -> dict[str, Any] | None:
        """A field of the item as it is shown."""
        inner = path.partition(".")[2]
        if not inner:
            return dict(self.item) or None
        found: dict[str, Any] | None = self.item.get(inner)
        return found


class ListItems:
    """The items of one list.

    Attributes:
        shown: how many are shown.
    """

    def __init__(self, connection: Connection, document: str, row: Row[Any], name: str, stand: Sequence[Any]) -> None:
        """Look a list up.

        Args:
            row: of the document, as `reprocess.latest` gives it.
            name: of the field or record.
            stand: corrections that stand; others may join them while a request is taken.
        """
        self._name, self._stand, self._run = name, stand, int(row.published_run or 0)
        held = (row.published_fields or {}).get(name, [])
        self._items: list[dict[str, Any]] = held if isinstance(held, list) else [held]
        self.shown = len(self._items)
        self._counted = -1
        self._by_slot: dict[str, dict[str, Any]] = {}
        self._by_index: dict[int, Any] = {}  # of items that were first corrected since what is shown was published
        before = standing.of_fields(connection, document, self._run)
        self._before = {one.slot: one.anchor for one in reversed(before) if one.slot}
        pages = standing.rotations(connection, document, self._run or int(row.run))
        self._rotations = {number: rotation for number, (rotation, _, _) in pages.items()}
        self._found: list[dict[str, Any]] = self._items
        self._laid = [Laid(number, None) for number in range(self.shown)]
        found = connection.execute(
            text("SELECT found FROM run WHERE document = :document AND run = :run").columns(found=JSON),
            {"document": document, "run": self._run},
        ).scalar()
        if found is not None and before:
            columns = columns_of((row.published_settings or {}).get("schema", DEFAULT_SCHEMA))
            laid = laid_items(found, before, columns, standing.turned_by(pages), name)
            if len(laid) == self.shown:  # else the published run has it in another shape
                kept = found.get(name, [])
                self._found, self._laid = kept if isinstance(kept, list) else [kept], laid

    def at(self, index: int) -> Target:
        """The item shown at an index."""
        item, laid = self._items[index], self._laid[index]
        slot, anchor = laid.slot, self._before.get(laid.slot or "")
        if slot is None:
            self._slots()
            if (since := self._by_index.get(index)) is not None:
                slot, anchor = since.slot, since.anchor
        if anchor is None:
            number = index if laid.number is None else laid.number
            anchor = self._viewed(anchor_of(self._found[number], number, len(self._found), self._rotations), index)
        return Target(index, slot, anchor, item)

    def added(self) -> list[Target]:
        """What was added and is not shown yet, oldest first."""
        firsts = {slot: next(iter(rows.values())).anchor for slot, rows in self._slots().items()}
        anchors = {slot: one for slot, one in firsts.items() if one["added"] and slot not in self._before}
        return [Target(anchors[slot]["index"], slot, anchors[slot], {}) for slot in sorted(anchors)]

    def new(self, index: int, slot: str) -> Target:
        """One that is being added."""
        return Target(index, slot, self._viewed(added_at(index), index), {})

    def all(self) -> list[Target]:
        """Those shown, and those added."""
        return [*(self.at(index) for index in range(self.shown)), *self.added()]

    def rows_of(self, slot: str | None) -> dict[str, Any]:
        """The corrections that stand of an item, by path."""
        return self._slots().get(slot or "", {})

    def was_added(self, author: str, index: int, wanted: Mapping[str, str]) -> bool:
        """Whether an item that is shown by now is just what its author added at an index: that was sent again."""
        for slot, rows in self._slots().items():
            told = {path: row.value for path, row in rows.items() if (row.position, row.author) == (index, author)}
            if told == wanted and slot in self._before and self._before[slot]["added"]:
                return True
        return False

    def _slots(self) -> dict[str, dict[str, Any]]:
        """Corrections that stand, by slot and path; kept until others join them."""
        if len(self._stand) != self._counted:
            self._counted, self._by_slot, self._by_index = len(self._stand), {}, {}
            for row in self._stand:
                if row.kind != "field" or row.slot is None or row.path.partition(".")[0] != self._name:
                    continue
                self._by_slot.setdefault(row.slot, {})[row.path] = row
                run, index = row.anchor["view"]
                if run == self._run and not row.anchor["added"]:
                    self._by_index.setdefault(index, row)
        return self._by_slot

    def _viewed(self, anchor: Anchor, index: int) -> Anchor:
        return {**anchor, "view": [self._run, index]}
