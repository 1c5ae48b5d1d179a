"""Moves that are killed after each of their effects, one after the other: `python -m tests.unit.move_stops FOLDER URL`.

URL is of a PostgreSQL database, beside which others are made. It prints, as JSON, the names of all effects there are in
both directions, and what came out wrong: a stop after any of them (after every second, on the way back) must leave
every knowledge base whole at its source, or on its way, never in service twice; and the same command once more must
end as if nothing had been.

All of it runs in forked processes, so that this one has neither threads nor connections.
"""

from __future__ import annotations

import json
import os
import pickle
import shutil
import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from storage import elsewhere, moved_files
from storage.catalog import Storage
from storage.databases import SQLiteDatabases
from storage.moving import Move
from storage.postgresql import Schema
from storage.schemas import Schemas
from storage.sqlite import SQLite
from tests.unit.movables import fill, holdings, storage_on

Place = tuple[Path, str]


class Effects:
    """What outlasts the process, counted; it ends by SIGKILL right after so many (0: never)."""

    def __init__(self, stop_after: int) -> None:
        self.names: list[str] = []
        self._stop_after = stop_after
        for owner in (SQLite, Schema):
            self._watch_commits(owner)
        for owner, name in (
            (SQLiteDatabases, "make"), (SQLiteDatabases, "drop"), (SQLiteDatabases, "retire"),
            (SQLiteDatabases, "prepare"), (Schemas, "make"), (Schemas, "drop"), (Schemas, "retire"),
            (Schemas, "prepare"), (moved_files, "_copy"), (elsewhere, "arrive"),
        ):  # fmt: skip
            self._watch(owner, name)

    def _happened(self, name: str) -> None:
        self.names.append(name)
        if len(self.names) == self._stop_after:
            os.kill(os.getpid(), signal.SIGKILL)

    def _watch(self, owner: Any, name: str) -> None:
        original = getattr(owner, name)

        def watched(*args: Any, **kwargs: Any) -> Any:
            result = original(*args, **kwargs)
            self._happened(name.strip("_"))
            return result

        setattr(owner, name, watched)

    def _watch_commits(self, owner: Any) -> None:
        original = owner.write

        @contextmanager
        def write(database: Any, *, durable: bool = False) -> Any:
            with original(database, durable=durable) as connection:
                yield connection
            self._happened("commit")

        owner.write = write


def forked(body: Callable[[], Any], folder: Path) -> Any:
    """What a forked process makes of it; None where it was killed."""
    told = folder / "told.pickle"
    told.unlink(missing_ok=True)
    pid = os.fork()
    if pid == 0:
        try:
            told.write_bytes(pickle.dumps(body()))
        except BaseException:
            told.write_bytes(pickle.dumps(RuntimeError(traceback.format_exc())))
        os._exit(0)
    os.waitpid(pid, 0)
    found = pickle.loads(told.read_bytes()) if told.exists() else None
    if isinstance(found, RuntimeError):
        raise found
    return found


def moved(source: Place, target: Place, stop_after: int = 0) -> list[str]:
    """Move one of two; the effects that it had."""
    effects = Effects(stop_after)
    move = Move(storage_on(*source), storage_on(*target))
    move.prepare()
    wanted = move.listed("People")
    assert (problems := move.problems(wanted)) == [], problems
    move.announce(wanted)
    move.one(wanted[0], lambda *_: None)
    return effects.names


def found(place: Place) -> dict[str, Any]:
    """What a place holds; nothing where there is no catalogue yet."""
    storage = storage_on(*place)
    return holdings(storage) if storage.catalog.exists() else {}


def outcome(before: dict[str, Any], expected: dict[str, Any], source: Place, target: Place) -> str:
    """What is wrong after a stop, or after the move that was started again."""
    here, there = found(source), found(target)
    if here.keys() & there.keys():
        return "in service twice"
    if any(here[kb_id] != before[kb_id] for kb_id in here):
        return "another at its source than it was"
    if any(there[kb_id] != expected[kb_id] for kb_id in there):
        return "in service at its target before it was whole"
    moved(source, target)
    here, there = found(source), found(target)
    if there != expected or here != {kb_id: before[kb_id] for kb_id in before.keys() - expected.keys()}:
        return "not the same once it was started again"
    return "right"


def made(url: str, name: str, template: str = "template1") -> str:
    """The address of a new database."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name}")
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    return url.replace("/postgres?", f"/{name}?")


def main(folder: Path, url: str) -> None:
    """Both directions: from files into PostgreSQL with another data folder, and back from there."""
    template = folder / "template"
    with_rows: Storage = storage_on(template)

    def filled() -> None:
        with_rows.prepare()
        fill(with_rows)

    forked(filled, folder)
    told: dict[str, Any] = {}
    there = (folder / "there", made(url, "stops_there"))
    before = forked(lambda: found((template, "")), folder)
    case = folder / "case"

    def both(source: Place, target: Place) -> None:
        """All of them, for the way back."""
        move = Move(storage_on(*source), storage_on(*target))
        move.prepare()
        move.announce(move.listed())
        for one in move.listed():
            move.one(one, lambda *_: None)

    def run(name: str, before: dict[str, Any], start: Callable[[], tuple[Place, Place]], each: int) -> dict[str, Any]:
        source, target = start()
        names = forked(lambda: moved(source, target), folder)
        expected: dict[str, Any] = forked(lambda: found(target), folder)
        wrong = []
        for number, effect in list(enumerate(names, 1))[::each]:
            source, target = start()
            assert forked(lambda s=source, t=target, n=number: moved(s, t, n), folder) is None, "nobody was killed"  # type: ignore[misc]
            problem = forked(lambda s=source, t=target: outcome(before, expected, s, t), folder)  # type: ignore[misc]
            if problem != "right":
                wrong.append(f"{name}, after {number} ({effect}): {problem}")
        told[name] = {"effects": names, "wrong": wrong}
        return expected

    def out() -> tuple[Place, Place]:
        shutil.rmtree(case, ignore_errors=True)
        shutil.copytree(template, case / "data")
        return (case / "data", ""), (case / "other", made(url, "stops_case"))

    run("out", before, out, 1)
    shutil.copytree(template, folder / "here")
    forked(lambda: both((folder / "here", ""), there), folder)
    at_rest = forked(lambda: found(there), folder)

    def back() -> tuple[Place, Place]:
        shutil.rmtree(case, ignore_errors=True)
        shutil.copytree(folder / "there", case / "other")
        return (case / "other", made(url, "stops_case", "stops_there")), (case / "other", "")

    run("back", at_rest, back, 2)  # the same steps, over the other engine
    print(json.dumps(told))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
