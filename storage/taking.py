"""One request's corrections, looked up in what is shown and in what stands already, as rows to be written.

A field is named by its path and, in a list, its number in the fields that are shown (those of the published run). It is
known from then on by its slot and anchor (`pipeline/corrections/anchors.py`), however numbers shift.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Connection, Row, text

from pipeline.corrections import text as typed
from pipeline.corrections.anchors import Anchor
from pipeline.corrections.values import checked, property_of
from pipeline.errors import PermanentError
from pipeline.extract.fields.columns import Column, columns_of
from storage import clock, standing
from storage.catalog import DEFAULT_SCHEMA
from storage.list_items import ListItems, Target


@dataclass(frozen=True, slots=True)
class PageEntry:
    """The text of a page as a person wants it; None: it is right as it is."""

    page: int
    text: str | None


@dataclass(frozen=True, slots=True)
class FieldEntry:
    """The value of a field as a person wants it.

    Attributes:
        index: in a list, of fields or records; one past its end adds to it. Of what there is one of at most, None.
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
        self._lists: dict[str, ListItems] = {}
        self._together: dict[tuple[str, int], list[FieldEntry]] = {}  # of the same item
        self._opened: dict[tuple[str, int], str] = {}  # slots of what is added, by name and index
        self._last: str = connection.execute(
            text("SELECT coalesce(max(id), '0') FROM correction WHERE document = :document"), {"document": document}
        ).scalar_one()
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

    def fields(self, entries: Sequence[FieldEntry]) -> None:
        """Take values of fields in."""
        for entry in entries:
            if entry.path not in self._columns:
                raise self._unknown(entry.path)
            if entry.page is not None:
                self._require_page(entry.page)
            if entry.index is not None and entry.was is None and entry.value is not None:
                self._together.setdefault((entry.path.partition(".")[0], entry.index), []).append(entry)
        for entry in entries:
            column = self._columns[entry.path]
            if column.many:
                self._in_list(entry, column)
            else:
                self._single(entry, column)

    def _unknown(self, path: str) -> PermanentError:
        inner = [one for one in self._columns if one.startswith(f"{path}.")]
        if inner:
            return PermanentError("not_found", f"“{path}” is a record; name its fields: {', '.join(inner)}.")
        return PermanentError("not_found", f"There is no field “{path[:100]}”; there are {', '.join(self._columns)}.")

    def _single(self, entry: FieldEntry, column: Column) -> None:
        """A field there is one of at most, or one of a record there is one of at most."""
        if entry.index not in (None, 0):
            raise PermanentError("bad_request", f"{entry.path} is no list; leave its index out.")
        self._once(entry.path)
        name, _, inner = entry.path.partition(".")
        held = self._shown.get(name)
        if inner and isinstance(held, dict) and "value" not in held:
            held = held.get(inner)
        shown = held if isinstance(held, dict) and "value" in held else None
        before = self._of(entry.path, None)
        if entry.was is not None and entry.was not in _values(shown, before):
            raise _another_now(entry)
        self._value(entry, column, None, {}, shown, before)

    def _in_list(self, entry: FieldEntry, column: Column) -> None:
        if entry.index is None:
            raise PermanentError("bad_request", f"{entry.path} is of a list; say by index which of it is meant.")
        name = entry.path.partition(".")[0]
        if name not in self._lists:
            self._lists[name] = ListItems(self._connection, self._document, self._row, name, self._standing)
        items = self._lists[name]
        end = items.shown + len(items.added())
        adds = entry.value is not None or (name, entry.index) in self._together
        if entry.index > end - (not adds):
            raise PermanentError(
                "bad_request", f"{name} has {end:,} entries; there is none with the index {entry.index:,}."
            )
        if entry.was is not None:
            target = self._that_was(entry, entry.was, items)
            if target is None:
                return
        elif entry.index < items.shown:
            sent = {one.path: one.value or "" for one in self._together.get((name, entry.index), ())}
            if adds and items.was_added(self._author, entry.index, sent):
                return
            target = items.at(entry.index)
        elif adds:
            target = self._adding(entry.index, name, items)
        else:
            target = self._added(entry, items)
        self._once(entry.path, target.index, target.slot)
        before = self._of(entry.path, target.slot) if target.slot is not None else None
        self._value(entry, column, target.slot or self._id(), target.anchor, target.field(entry.path), before)

    def _that_was(self, entry: FieldEntry, was: str, items: ListItems) -> Target | None:
        """The item that holds what the person saw; None where it was just that which was taken away.

        Raises:
            PermanentError: `conflict`: there is none by now, or more than one elsewhere.
        """
        holding = [
            one for one in items.all()
            if was in _values(one.field(entry.path), items.rows_of(one.slot).get(entry.path))
        ]  # fmt: skip
        there = [one for one in holding if one.index == entry.index]
        if len(found := there or holding) == 1:
            return found[0]
        gone = [
            row for row in self._standing
            if (row.path, row.position, row.was, row.value) == (entry.path, entry.index, was, None)
        ]  # fmt: skip
        if entry.value is None and gone and not holding:
            self._repeated.append(gone[-1])
            return None
        raise _another_now(entry)

    def _adding(self, index: int, name: str, items: ListItems) -> Target:
        """The item that is added, by this request or by one before it that this one repeats or goes on with.

        Two who add at the same index before either is shown add two. A request goes on with a record of the same
        author's that was added at its index, if it says nothing else of what that has already.
        """
        if (name, index) not in self._opened:
            wanted = {
                entry.path: checked(entry.value or "", self._columns[entry.path], property_of(self._schema, entry.path))
                for entry in self._together[name, index]
            }
            fitting = [
                one for one in items.added()
                if one.index == index and self._goes_on(wanted, items.rows_of(one.slot))
                and one.slot not in self._opened.values()
            ]  # fmt: skip
            self._opened[name, index] = (fitting[-1].slot if fitting else None) or self._id()
        slot = self._opened[name, index]
        return next((one for one in items.added() if one.slot == slot), None) or items.new(index, slot)

    def _goes_on(self, wanted: Mapping[str, str], held: Mapping[str, Any]) -> bool:
        if any(path in held and held[path].value != value for path, value in wanted.items()):
            return False
        return all("." not in path or row.author == self._author for path, row in held.items())

    def _added(self, entry: FieldEntry, items: ListItems) -> Target:
        """What was added and is to be taken away again.

        Raises:
            PermanentError: `conflict`: several were added at the index.
        """
        added = items.added()
        there = [one for one in added if one.index == entry.index]
        there = there or [added[(entry.index or 0) - items.shown]]
        if len(there) > 1:
            raise PermanentError(
                "conflict",
                f"Several were added to {entry.path} at the index {entry.index}; say with “was” which of them.",
            )
        return there[0]

    def _value(
        self, entry: FieldEntry, column: Column, slot: str | None, anchor: Anchor, shown: dict[str, Any] | None,
        before: Any,
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
        kept = {
            "page_number": None, "path": None, "position": None, "slot": None, "anchor": None, "was": None,
            "value": None, "box": None, **values, "id": self._id(), "document": self._document, "run": self._run,
            "author": self._author, "created_at": clock.wall(), "taken_back_at": None, "taken_back_run": None,
        }  # fmt: skip
        self.rows.append(kept)
        self._standing.append(SimpleNamespace(**kept))  # the next of the request may be of the same record

    def _id(self) -> str:
        """One that sorts behind all of the document's, whatever the clock says: added items stand in that order."""
        self._last = max(clock.new_id(), f"{int(self._last, 16) + 1:032x}")
        return self._last

    def _of(self, path: str, slot: str | None) -> Row[Any] | None:
        """The correction that stands for a field; the newest, where one of this request has just taken its place."""
        return next((row for row in reversed(self._standing) if row.path == path and row.slot == slot), None)

    def _once(self, *what: Any) -> None:
        if what in self._seen:
            raise PermanentError(
                "bad_request", f"{what[0]} {what[1] if len(what) > 1 else ''} is there twice; send it once."
            )
        self._seen.add(what)

    def _rotation(self, number: int) -> int:
        """Of a page as people see it."""
        latest = standing.rotations(self._connection, self._document, self._row.run)
        if number not in latest:
            latest = standing.rotations(self._connection, self._document, self._row.published_run or self._row.run)
        return latest[number][0] if number in latest else 0


def _values(shown: dict[str, Any] | None, before: Any) -> list[str | None]:
    """What a person may have seen of a field: as it is shown, and as it was corrected since."""
    return [one for one in (shown["value"] if shown else None, before.value if before is not None else None) if one]


def _another_now(entry: FieldEntry) -> PermanentError:
    return PermanentError(
        "conflict",
        f"{entry.path} is not any more what you saw (“{(entry.was or '')[:60]}”); look at the document again.",
    )
