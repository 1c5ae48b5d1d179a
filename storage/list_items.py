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
            view = [self._run, index]
            since = [row for row in self._rows() if row.anchor["view"] == view and not row.anchor["added"]]
            if since:
                slot, anchor = since[0].slot, since[0].anchor
        if anchor is None:
            number = index if laid.number is None else laid.number
            anchor = self._viewed(anchor_of(self._found[number], number, len(self._found), self._rotations), index)
        return Target(index, slot, anchor, item)

    def added(self) -> list[Target]:
        """What was added and is not shown yet, oldest first."""
        anchors = {row.slot: row.anchor for row in self._rows() if row.anchor["added"] and row.slot not in self._before}
        return [Target(anchors[slot]["index"], slot, anchors[slot], {}) for slot in sorted(anchors)]

    def new(self, index: int, slot: str) -> Target:
        """One that is being added."""
        return Target(index, slot, self._viewed(added_at(index), index), {})

    def all(self) -> list[Target]:
        """Those shown, and those added."""
        return [*(self.at(index) for index in range(self.shown)), *self.added()]

    def rows_of(self, slot: str | None) -> dict[str, Any]:
        """The corrections that stand of an item, by path."""
        return {row.path: row for row in self._rows() if row.slot == slot}

    def _rows(self) -> list[Any]:
        return [
            row for row in self._stand
            if row.kind == "field" and row.slot is not None and row.path.partition(".")[0] == self._name
        ]  # fmt: skip

    def _viewed(self, anchor: Anchor, index: int) -> Anchor:
        return {**anchor, "view": [self._run, index]}
