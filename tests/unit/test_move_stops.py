"""A move that is killed at any point leaves all whole, and ends well when it is started again (`move_stops.py`)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.settings import PROJECT_ROOT
from tests.postgresql import PostgreSQL


@pytest.mark.siege
def test_a_move_killed_after_any_of_its_effects_ends_well_when_started_again(
    postgresql: PostgreSQL, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.unit.move_stops", str(tmp_path), postgresql.url],
        capture_output=True, text=True, timeout=250, cwd=PROJECT_ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    for direction in ("out", "back"):
        effects = told[direction]["effects"]
        assert effects.count("make") == effects.count("retire") == effects.count("arrive") == 1
        assert effects.count("commit") >= 6
        assert told[direction]["wrong"] == []
    assert "copy" in told["out"]["effects"] and "copy" not in told["back"]["effects"]
