"""The process that the crash contract stops again and again, warmed once, and what undisturbed runs do in it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cli import up
from pipeline import stages
from pipeline.process import PARENT
from pipeline.settings import PROJECT_ROOT
from tests.chaos.crash_rows import differences
from tests.chaos.crash_scenarios import scenarios
from tests.stack import PYTHON, until

ROLES = ("web", *stages.NAMES, "sweep")
# What only moves messages leaves nothing to recover from where all messages are lost.
OF_MESSAGES = ("fetch", "ack", "forget", "send")


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
            if effect.startswith(f"{role}: ") and (recovery == "messages" or kind(effect) not in OF_MESSAGES[:3])
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


def kind(effect: str) -> str:
    """What an effect is, without whose and where."""
    return effect.partition(": ")[2].partition(" in ")[0]


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
