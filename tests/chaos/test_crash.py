"""The crash contract: stopped dead after any commit, send, write or removal, everything ends as if nothing had been.

Every effect on a document's way is enumerated by an undisturbed run (`crash_effects.py`); then for each of them a
process that goes the same way is killed by SIGKILL right after it, and another recovers: rows, versions, vectors,
files and what is left over must be those of the undisturbed run. Two ways to recover: the queue server lost all
messages, so the sweep alone repairs; or it kept them, and what the dead had fetched is delivered again.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from cli import up
from pipeline import stages
from pipeline.process import PARENT
from pipeline.settings import PROJECT_ROOT
from storage import clock
from tests.chaos.crash_rows import differences
from tests.chaos.crash_scenarios import scenarios
from tests.object_server import ObjectServer
from tests.postgresql import PostgreSQL
from tests.stack import PYTHON, until
from tests.unit.test_embed_embedder import needs_model

ROLES = ("web", *stages.NAMES, "sweep")
# What only moves messages leaves nothing to recover from where all messages are lost.
OF_MESSAGES = ("fetch", "ack", "forget", "send")

pytestmark = [needs_model, pytest.mark.timeout(1800)]


class Contract:
    """The warmed process (`crash.py`), and what undisturbed runs do in it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        names = list(scenarios())
        told = self.run([{"scenario": name, "stop_after": None, "recovery": "sweep"} for name in names])
        self.undisturbed: dict[str, dict[str, Any]] = dict(zip(names, told, strict=True))

    def run(self, cases: list[dict[str, Any]]) -> list[dict[str, Any]]:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(cases) + "\n")
        self._process.stdin.flush()
        outcomes: list[dict[str, Any]] = json.loads(self._process.stdout.readline())
        return outcomes

    def points(self, role: str, recovery: str) -> list[dict[str, Any]]:
        """The effects of a role after which this way to recover makes a difference, as cases."""
        return [
            {"scenario": name, "stop_after": number, "recovery": recovery, "effect": effect}
            for name, told in self.undisturbed.items()
            for number, effect in enumerate(told["effects"], 1)
            if effect.startswith(f"{role}: ") and (recovery == "messages" or _kind(effect) not in OF_MESSAGES[:3])
        ]

    def broken(self, cases: list[dict[str, Any]]) -> list[str]:
        """What came out otherwise than in the undisturbed runs."""
        lines = []
        for case, outcome in zip(cases, self.run(cases), strict=True):
            point = f"{case['scenario']}, after {case['stop_after']} ({case['effect']}), by {case['recovery']}"
            if "problem" in outcome:
                lines.append(f"{point}: {outcome['problem']}")
            elif outcome["stopped"] != case["effect"]:
                lines.append(f"{point}: was stopped after another effect: {outcome['stopped']}")
            else:
                expected = self.undisturbed[case["scenario"]]["found"]
                lines += [f"{point}: {line}" for line in differences(outcome["found"], expected)]
        return lines


def _kind(effect: str) -> str:
    return effect.partition(": ")[2].partition(" in ")[0]


@pytest.fixture(scope="module", params=["folder", pytest.param("bucket", marks=pytest.mark.soak)])
def contract(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Contract]:
    """Files lie in the data folder, or in a real object store."""
    bucket: dict[str, Any] = {}
    if request.param == "bucket":
        server: ObjectServer = request.getfixturevalue("object_server")
        bucket = server.settings(clock.new_id())
    with warmed(tmp_path_factory.mktemp("crash"), bucket) as made:
        yield made


@pytest.fixture(scope="module")
def over_postgresql(tmp_path_factory: pytest.TempPathFactory, postgresql: PostgreSQL) -> Iterator[Contract]:
    with warmed(tmp_path_factory.mktemp("crash"), {}, postgresql.url) as made:
        yield made


@contextmanager
def warmed(folder: Path, bucket: dict[str, Any], database_url: str = "") -> Iterator[Contract]:
    (folder / "cases").mkdir()
    valkey, redis_url = up.valkey_program(folder)
    chroma, chroma_url = up.chroma_program(folder)
    env = {**os.environ, PARENT: str(os.getpid())}
    with (folder / "servers.log").open("wb") as log:
        running: list[subprocess.Popen[Any]] = [
            subprocess.Popen(program.argv, env={**env, **program.env}, stdout=log, stderr=log)
            for program in (valkey, chroma)
        ]
        try:
            until(lambda: up.redis_answers(redis_url), 60, "the queue server")
            until(lambda: up.http_answers(f"{chroma_url}/api/v2/heartbeat"), 60, "Chroma")
            process = subprocess.Popen(
                [*PYTHON, "-m", "tests.chaos.crash", str(folder / "cases"), redis_url, chroma_url, json.dumps(bucket),
                 database_url],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, env=env, cwd=PROJECT_ROOT,
            )  # fmt: skip
            running.append(process)
            yield Contract(process)
        finally:
            for one in reversed(running):
                one.kill()
                one.wait()
                for pipe in (one.stdin, one.stdout):
                    if pipe is not None:
                        pipe.close()


def test_undisturbed_runs_do_what_they_are_there_for(contract: Contract) -> None:
    for name, told in contract.undisturbed.items():
        assert "problem" not in told, told["problem"]
        assert told["effects"], name
    found = {name: told["found"] for name, told in contract.undisturbed.items()}
    (mixed,) = found["publish"]["board"]["documents"].values()
    assert [page[1:4] for page in mixed["pages"]] == [
        ["read", "text_layer", None], ["failed", None, "page_too_large"], ["read", "text_layer", None],
        ["read", "ocr", None],
    ]  # fmt: skip
    assert len(mixed["chunks"]) > 1, "something must lie between two batches"
    assert [row[1:4] for row in found["publish"]["rows"]["run"]] == [[1, "done", "upload"], [2, "done", "retry"]]
    assert [row[1:4] for row in found["reprocess"]["rows"]["run"]][1] == [2, "done", "reprocess"]
    runs = [[1, "done", "upload"], [2, "cancelled", "correction"], [3, "done", "correction"]]
    assert [row[1:4] for row in found["correct"]["rows"]["run"]] == runs
    assert len(found["correct"]["rows"]["correction"]) == 3
    (letter,) = found["correct"]["board"]["documents"].values()
    assert [chunk[1] for chunk in letter["chunks"]] == ["A letter about the old crane."]
    assert found["delete"]["board"]["documents"] == {} and len(found["delete"]["rows"]["tombstone"]) == 1
    assert found["delete all"]["knowledge bases"] == 0
    for one in found.values():
        assert one["tmp"] == [] and one.get("rows", {}).get("cleanup", []) == []


def test_every_commit_and_send_is_among_the_points(contract: Contract, capsys: pytest.CaptureFixture[str]) -> None:
    kinds: Counter[tuple[str, str]] = Counter()
    for told in contract.undisturbed.values():
        kinds.update((effect.partition(":")[0], _kind(effect)) for effect in told["effects"])
    assert {role for role, _ in kinds} == set(ROLES)
    assert all(kinds[role, "commit"] for role in ROLES)
    assert all(kinds[role, "send"] for role in ROLES if role != "store")  # nothing comes after the last stage
    with capsys.disabled():
        print(f"\n{kinds.total()} points in {len(contract.undisturbed)} scenarios")
        for role in ROLES:
            print(f"  {role}:", ", ".join(f"{n} {kind}" for (whose, kind), n in kinds.most_common() if whose == role))


@pytest.mark.siege
@pytest.mark.parametrize("role", ROLES)
def test_the_sweep_alone_repairs(contract: Contract, role: str) -> None:
    assert not contract.broken(contract.points(role, "sweep"))


@pytest.mark.siege
@pytest.mark.parametrize("role", ROLES)
def test_messages_are_delivered_again(contract: Contract, role: str) -> None:
    """Where messages are what the stop was about; `make soak` does all."""
    points = [case for case in contract.points(role, "messages") if _kind(case["effect"]) in OF_MESSAGES]
    assert not contract.broken(points)


@pytest.mark.siege
@pytest.mark.parametrize("role", ROLES)
def test_over_postgresql_the_sweep_repairs_after_a_commit(over_postgresql: Contract, role: str) -> None:
    """The same ledger over the other engine: every fourth commit here, all stops by `make soak`."""
    points = [case for case in over_postgresql.points(role, "sweep") if _kind(case["effect"]) == "commit"]
    assert points
    assert not over_postgresql.broken(points[::4])


@pytest.mark.soak
@pytest.mark.parametrize("role", ROLES)
def test_over_postgresql_the_sweep_repairs_after_any_stop(over_postgresql: Contract, role: str) -> None:
    assert not over_postgresql.broken(over_postgresql.points(role, "sweep"))


@pytest.mark.soak
@pytest.mark.parametrize("role", ROLES)
def test_messages_are_delivered_again_after_any_stop(contract: Contract, role: str) -> None:
    assert not contract.broken(contract.points(role, "messages"))
