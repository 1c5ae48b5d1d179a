"""One request's corrections, looked up in what is shown and in what stands already, as rows to be written.

A field is named by its path and, in a list, its number in the fields that are shown (those of the published run). It is
known from then on by its slot and anchor (`pipeline/corrections/anchors.py`), however numbers shift.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Connection, Row, text

from pipeline.corrections import text as typed
from pipeline.corrections.anchors import Anchor, added_at, anchor_of
from pipeline.corrections.shapes import is_list, property_of
from pipeline.corrections.values import checked
from pipeline.errors import PermanentError
from pipeline.extract.fields.columns import Column, columns_of
from storage import clock, standing
from storage.catalog import DEFAULT_SCHEMA


@dataclass(frozen=True, slots=True)
class PageEntry:
    """The text of a page as a person wants it; None: it is right as it is."""

    page: int
    text: str | None


@dataclass(frozen=True, slots=True)
class FieldEntry:
    """The value of a field as a person wants it.

    Attributes:
        index: in a list, of fields or records; one past its end adds to it.
        value: None takes the field away.
        was: what the person saw there, so that no other is hit where lists have shifted since; None: not told.
        page, box: where it stands, if the person said so.
    """

    path: str
    index: int | None
    value: str | None
    was: str | None = None
    page: int | None = None
    box: list[float] | None = None


def reading_id(connection: Connection, document: str, run: int, number: int) -> str | None:
    """The id of what a run's reader read on a page; None where it read nothing."""
    value: str | None = connection.execute(
        text("SELECT reading FROM page WHERE document = :document AND run = :run AND page_number = :page"),
        {"document": document, "run": run, "page": number},
    ).scalar()
    return value


class Taking:
    """One request's corrections, looked up in what is shown and what stands.

    Attributes:
        rows: to be written.
    """

    def __init__(
        self, connection: Connection, document: str, row: Row[Any], author: str, settings: dict[str, Any]
    ) -> None:
        self._connection, self._document, self._row, self._author = connection, document, row, author
        self._run = int(row.run) + 1
        self._schema = settings.get("schema", DEFAULT_SCHEMA)
        self._columns = {column.path: column for column in columns_of(self._schema)}
        self._shown: dict[str, Any] = row.published_fields or {}
        self._standing: list[Any] = list(standing.standing(connection, document, self._run))
        self._seen: set[tuple[Any, ...]] = set()
        self._repeated: list[Row[Any]] = []
        self.rows: list[dict[str, Any]] = []

    def waits_for_a_run(self) -> bool:
        """Whether what was sent again is in no result, and no run is on its way to bring it there."""
        ended = self._row.status in ("failed", "cancelled")
        return ended and any(row.run > (self._row.published_run or 0) for row in self._repeated)

    def page(self, entry: PageEntry, now: tuple[str, str | None] | None) -> None:
        """Take a page's text in."""
        self._once("page", entry.page)
        self._require_page(entry.page)
        before = next((row for row in self._standing if row.kind == "page" and row.page_number == entry.page), None)
        if entry.text is None:
            if before is not None:  # it was looked at
                self._repeated.append(before)
                return
            if now is None:
                raise PermanentError("bad_request", f"Page {entry.page} was not read; send its text.")
            runs_ = dict.fromkeys([self._row.run, self._row.published_run or self._row.run])
            readings = [reading_id(self._connection, self._document, run, entry.page) for run in runs_]
            if now[1] not in readings:
                raise PermanentError("conflict", f"Page {entry.page} was read anew meanwhile; look at it again.")
        value = now[0] if entry.text is None and now else typed.page_text(entry.text or "")
        if before is not None and before.value == value:
            self._repeated.append(before)
            return
        self._keep(kind="page", page_number=entry.page, value=value, confirmed=int(entry.text is None))

    def _require_page(self, number: int) -> None:
        total = self._row.pages_total
        if not 1 <= number <= total:
            raise PermanentError("not_found", f"The document has {total:,} pages; there is no page {number:,}.")

    def field(self, entry: FieldEntry) -> None:
        """Take a field's value in."""
        column = self._columns.get(entry.path)
        if column is None:
            names = ", ".join(self._columns)
            raise PermanentError("not_found", f"There is no field “{entry.path[:100]}”; there are {names}.")
        if entry.page is not None:
            self._require_page(entry.page)
        if is_list(self._schema, column.path.partition(".")[0]):
            self._in_list(entry, column)
        else:
            self._single(entry, column)

    def _single(self, entry: FieldEntry, column: Column) -> None:
        if entry.index not in (None, 0):
            raise PermanentError("bad_request", f"{entry.path} is no list; leave its index out.")
        self._once(entry.path)
        held = self._shown.get(entry.path)
        shown = held if isinstance(held, dict) and "value" in held else None
        before = self._of(entry.path, None)
        self._require_seen(entry, shown, before)
        anchor = before.anchor if before is not None else (
            anchor_of(shown, 0, 1, self._rotations()) if shown else added_at(0)
        )  # fmt: skip
        self._value(entry, column, None, anchor, shown, before)

    def _in_list(self, entry: FieldEntry, column: Column) -> None:
        name, _, inner = entry.path.partition(".")
        if self._removed_already(entry):
            return
        held = self._shown.get(name, [])
        items: list[dict[str, Any]] = held if isinstance(held, list) else [held]
        index = self._index(entry, items, name, inner)
        self._once(entry.path, index)
        slot, anchor = self._slot(name, items, index)
        item = items[index] if index < len(items) else None
        shown = item if not inner or item is None else item.get(inner)
        self._value(entry, column, slot, anchor, shown, self._of(entry.path, slot))

    def _removed_already(self, entry: FieldEntry) -> bool:
        """Whether the last that was done there is this: taken away once, another stands there now."""
        there = [row for row in self._standing if row.path == entry.path and row.position == entry.index]
        if entry.value is not None or not there or there[-1].value is not None:
            return False
        if entry.was not in (None, there[-1].was):
            return False
        self._repeated.append(there[-1])
        return True

    def _index(self, entry: FieldEntry, items: Sequence[dict[str, Any]], name: str, inner: str) -> int:
        """The number of the item that is meant.

        Raises:
            PermanentError: `bad_request`, or `conflict` where it is not what the person saw.
        """
        if entry.index is None:
            raise PermanentError("bad_request", f"{entry.path} is of a list; say by index which of it is meant.")
        end = len(items) + len(self._pending(name))
        if entry.index > end - (entry.value is None):
            raise PermanentError(
                "bad_request", f"{name} has {end:,} entries; there is none with the index {entry.index:,}."
            )
        if entry.was is None:
            return entry.index

        def reads(number: int) -> tuple[str | None, ...]:
            item = items[number] if number < len(items) else None
            shown = item if not inner or item is None else item.get(inner)
            slot, _ = self._slot(name, items, number)
            before = self._of(entry.path, slot)
            return (shown["value"] if shown else None, *((before.value,) if before is not None else ()))

        if entry.was in reads(entry.index):
            return entry.index
        others = [number for number in range(len(items)) if entry.was in reads(number)]
        if len(others) != 1:
            raise PermanentError(
                "conflict",
                f"{entry.path} is not any more what you saw (“{entry.was[:60]}”); look at the document again.",
            )
        return others[0]

    def _require_seen(self, entry: FieldEntry, shown: dict[str, Any] | None, before: Row[Any] | None) -> None:
        values = [shown["value"] if shown else None, *([before.value] if before is not None else [])]
        if entry.was is not None and entry.was not in values:
            raise PermanentError(
                "conflict",
                f"{entry.path} is not any more what you saw (“{entry.was[:60]}”); look at the document again.",
            )

    def _pending(self, name: str) -> list[str]:
        """Slots of what was added to a list and is not shown yet, oldest first."""
        return list(
            dict.fromkeys(
                row.slot
                for row in self._standing
                if row.kind == "field" and row.slot and row.path.partition(".")[0] == name and row.anchor["added"]
                and row.anchor["view"][0] == (self._row.published_run or 0)
            )
        )  # fmt: skip

    def _slot(self, name: str, items: Sequence[dict[str, Any]], index: int) -> tuple[str | None, Anchor]:
        """The slot of an item, None for a new one, and its anchor."""
        held = [row for row in self._standing if row.kind == "field" and row.slot]
        if index >= len(items):
            pending = self._pending(name)
            slot = pending[index - len(items)] if index - len(items) < len(pending) else None
            known = next((row for row in held if row.slot == slot), None)
            return slot, known.anchor if known is not None else self._view(added_at(index), index)
        item = items[index]
        marks = {field.get("correction") for field in ([item] if "value" in item else item.values())}
        view = [self._row.published_run or 0, index]
        known = next((row for row in held if row.id in marks), None) or next(
            (
                row for row in held
                if row.path.partition(".")[0] == name and row.anchor["view"] == view and not row.anchor["added"]
            ),
            None,
        )  # fmt: skip
        if known is not None:
            return known.slot, known.anchor
        return None, self._view(anchor_of(item, index, len(items), self._rotations()), index)

    def _view(self, anchor: Anchor, index: int) -> Anchor:
        return {**anchor, "view": [self._row.published_run or 0, index]}

    def _value(
        self, entry: FieldEntry, column: Column, slot: str | None, anchor: Anchor, shown: dict[str, Any] | None,
        before: Row[Any] | None,
    ) -> None:  # fmt: skip
        now = before.value if before is not None else shown["value"] if shown else None
        same = entry.value is not None and shown is not None and entry.value == shown["value"]
        value = (
            entry.value
            if same or entry.value is None
            else checked(entry.value, column, property_of(self._schema, entry.path))
        )
        given = entry.box is not None or entry.page is not None
        if before is not None and before.value == value and (not given or (before.page_number, before.box) == (
            entry.page, entry.box
        )):  # fmt: skip
            self._repeated.append(before)
            return
        if before is None and value is None and shown is None:
            return  # there is nothing to take away
        rotation = self._rotation(entry.page) if entry.page is not None else 0
        self._keep(
            kind="field", page_number=entry.page, path=entry.path, position=entry.index, slot=slot,
            anchor={**anchor, "rotation": rotation}, was=now, value=value, box=entry.box, confirmed=int(value == now),
        )  # fmt: skip

    def _keep(self, **values: Any) -> None:
        # In order also within a request: what is added to a list is added in the order it was sent.
        id_ = f"{int(self.rows[-1]['id'], 16) + 1:032x}" if self.rows else clock.new_id()
        in_list = values["kind"] == "field" and is_list(self._schema, values["path"].partition(".")[0])
        slot = values.pop("slot", None) or (id_ if in_list else None)
        kept = {
            "page_number": None, "path": None, "position": None, "anchor": None, "was": None, "value": None,
            "box": None, **values, "id": id_, "document": self._document, "run": self._run, "slot": slot,
            "author": self._author, "created_at": clock.wall(), "taken_back_at": None, "taken_back_run": None,
        }  # fmt: skip
        self.rows.append(kept)
        self._standing.append(SimpleNamespace(**kept))  # the next of the request may be of the same record

    def _of(self, path: str, slot: str | None) -> Row[Any] | None:
        """The correction that stands for a field."""
        return next((row for row in self._standing if row.path == path and row.slot == slot), None)

    def _once(self, *what: Any) -> None:
        if what in self._seen:
            raise PermanentError(
                "bad_request", f"{what[0]} {what[1] if len(what) > 1 else ''} is there twice; send it once."
            )
        self._seen.add(what)

    def _rotations(self) -> dict[int, int]:
        """Of the published run's pages, which the boxes shown are of."""
        shown = standing.rotations(self._connection, self._document, self._row.published_run or self._row.run)
        return {number: rotation for number, (rotation, _, _) in shown.items()}

    def _rotation(self, number: int) -> int:
        """Of a page as people see it."""
        latest = standing.rotations(self._connection, self._document, self._row.run)
        return latest[number][0] if number in latest else self._rotations().get(number, 0)
