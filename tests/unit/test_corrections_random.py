"""Corrections in any order against a plain model of what a person expects."""

from __future__ import annotations

import random
from typing import Any

import pytest

from storage import corrections, reprocess
from storage.catalog import KnowledgeBase
from storage.taking import FieldEntry
from tests.unit.builders import RUN_SETTINGS
from tests.unit.test_corrections import correct, done, field, finish, values

SETTINGS = {**RUN_SETTINGS, "schema": "resume"}
PATHS = {"name": ("name",), "skills": ("skills",), "work": ("work.employer", "work.title")}
STEPS = 40


def _found() -> dict[str, Any]:
    return {
        "name": field("Ann Lee"),
        "skills": [field(f"skill {n}", 0.9, 30.0 + 20 * n) for n in range(3)],
        "work": [{"employer": field(f"firm {n}", 0.9, 200.0 + 40 * n), "title": field(f"post {n}", 0.9, 220.0 + 40 * n)}
                 for n in range(3)],
    }  # fmt: skip


class Person:
    """What a person expects: items with what was found of them, and a history of values for each of their fields."""

    def __init__(self, kb: KnowledgeBase, seed: int) -> None:
        self.kb, self.any = kb, random.Random(seed)
        self.found = _found()
        self.document = done(kb)
        finish(kb, self.document, reprocess.reprocess(kb, self.document, "extract", SETTINGS), self.found)
        self.items: dict[str, list[str]] = {"name": ["n"], "skills": ["s0", "s1", "s2"], "work": ["w0", "w1", "w2"]}
        self.base = {("n", "name"): "Ann Lee"}
        for n in range(3):
            self.base |= {(f"s{n}", "skills"): f"skill {n}", (f"w{n}", "work.employer"): f"firm {n}",
                          (f"w{n}", "work.title"): f"post {n}"}  # fmt: skip
        self.history: dict[tuple[str, str], list[tuple[str, str | None]]] = {}
        self.fresh = 0
        self.log: list[Any] = []
        self.shown = self.expected()

    def value(self, item: str, path: str) -> str | None:
        """What a field has by now."""
        held = self.history.get((item, path))
        return held[-1][1] if held else self.base.get((item, path))

    def expected(self) -> dict[str, list[tuple[str, dict[str, str]]]]:
        """Items with their values, as they would be shown."""
        told = {}
        for name, items in self.items.items():
            full = [(one, {path: self.value(one, path) for path in PATHS[name]}) for one in items]
            told[name] = [(one, {p: v for p, v in held.items() if v is not None}) for one, held in full]
            told[name] = [(one, held) for one, held in told[name] if held]
        return told

    def send(self, *asked: tuple[str, str, int | None, str | None]) -> None:
        """Correct fields of items: (item, path, index, value)."""
        before = {one["id"] for one in corrections.listed(self.kb, self.document, None, 500)}
        entries = [FieldEntry(path, index, value) for _, path, index, value in asked]
        self.log.append(entries)
        correct(self.kb, self.document, *entries, author=self.any.choice(("Eva", "Bob")))
        new = {
            (one["path"], one["index"]): one["id"]
            for one in corrections.listed(self.kb, self.document, None, 500) if one["id"] not in before
        }  # fmt: skip
        for item, path, index, value in asked:
            if (path, index) in new:
                self.history.setdefault((item, path), []).append((new[path, index], value))
            else:
                assert self.value(item, path) == value or (value is None and path not in dict(self.shown_of(item)))

    def shown_of(self, item: str) -> dict[str, str]:
        """The fields of an item as they are shown."""
        return next((held for items in self.shown.values() for one, held in items if one == item), {})

    def new(self) -> str:
        """A value that is nowhere yet."""
        self.fresh += 1
        return f"new {self.fresh}"

    def step(self) -> None:
        """Do something."""
        what = self.any.choice(("change", "change", "remove", "remove", "confirm", "add", "add", "back", "publish",
                                "publish", "publish", "reprocess"))  # fmt: skip
        name = self.any.choice(tuple(self.items))
        if what in ("publish", "reprocess"):
            self.publish()
            if what == "reprocess":
                self.log.append("reprocess")
                reprocess.reprocess(self.kb, self.document, "extract", SETTINGS)
                self.anew()
                self.publish()
        elif what == "add":
            name = self.any.choice(("skills", "work"))
            item = f"a{self.fresh}"
            self.items[name].append(item)
            at = len(self.shown[name])
            self.send(*((item, path, at, self.new()) for path in PATHS[name]))
        elif what == "back":
            self.take_back()
        elif self.shown[name]:
            at = self.any.randrange(len(self.shown[name]))
            item, held = self.shown[name][at]
            path = self.any.choice(PATHS[name])
            value = {"change": self.new(), "remove": None, "confirm": held.get(path)}[what]
            self.send((item, path, None if name == "name" else at, value))

    def anew(self) -> None:
        """Fields are found in another order."""
        for name in ("skills", "work"):
            order = list(range(3))
            self.any.shuffle(order)
            self.found = {**self.found, name: [_found()[name][n] for n in order]}
            self.items[name] = [f"{name[0]}{n}" for n in order] + self.items[name][3:]

    def take_back(self) -> None:
        """Take any correction back that still counts."""
        live = [(key, id_) for key, held in self.history.items() for id_, _ in held]
        if not live:
            return
        key, id_ = self.any.choice(live)
        self.log.append(("back", key, id_))
        corrections.take_back(self.kb, self.document, id_, SETTINGS)
        self.history[key] = [one for one in self.history[key] if one[0] != id_]

    def publish(self) -> None:
        """Have the latest run published, if it is not, and compare."""
        row = reprocess_latest(self.kb, self.document)
        if row.run != row.published_run:
            finish(self.kb, self.document, row.run, self.found)
        self.shown = self.expected()
        told = values(self.kb, self.document)
        plain = {name: [held for _, held in items] for name, items in self.shown.items()}
        assert told.get("name") == next((one["name"] for one in plain["name"]), None), self.log
        assert told.get("skills", []) == [one["skills"] for one in plain["skills"]], self.log
        work = [{f"work.{inner}": value for inner, value in one.items()} for one in told.get("work", [])]
        assert work == plain["work"], self.log


def reprocess_latest(kb: KnowledgeBase, document: str) -> Any:
    """How the document stands."""
    with kb.db.read() as connection:
        return reprocess.latest(connection, document)


@pytest.mark.parametrize("seed", range(3))
def test_corrections_in_any_order(kb: KnowledgeBase, seed: int) -> None:
    person = Person(kb, seed)
    for _ in range(STEPS):
        person.step()
    person.publish()
