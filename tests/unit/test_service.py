"""The systemd unit: what it promises holds against the program, and systemd itself takes it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cli import supervise
from pipeline import settings, stages
from pipeline.settings import PROJECT_ROOT

UNIT = PROJECT_ROOT / "docs/pagemill.service"
PROGRAM = "/opt/pagemill/.venv/bin/pagemill"
# Of 100: what `systemd-analyze security` may count at most; without any hardening a unit has 96.
EXPOSED_AT_MOST = 20


def lines() -> dict[str, str]:
    text = [line.strip() for line in UNIT.read_text().splitlines()]
    return dict(line.split("=", 1) for line in text if line and line[0] not in "#[")  # type: ignore[misc]


def test_it_starts_up_on_the_folder_that_it_may_write() -> None:
    told = lines()
    assert told["ExecStart"] == f"{PROGRAM} up --data /var/lib/{told['StateDirectory']}"
    assert told["ProtectSystem"] == "strict" and told["User"] not in ("", "root")
    assert told["NoNewPrivileges"] == "yes" and told["CapabilityBoundingSet"] == ""


def test_it_waits_as_long_as_up_takes_to_stop() -> None:
    told = lines()
    assert told["KillMode"] == "mixed", "workers told to stop by systemd would not wait for their turn"
    config = settings.load()
    programs = 4 + sum(config.stage(stage).processes or 16 for stage in stages.NAMES)
    # Programs get so long, then the servers as long again, then a second each for their last words.
    assert float(told["TimeoutStopSec"]) >= 2 * supervise._STOP_S + programs
    assert told["Restart"] == "always" and told["OOMPolicy"] == "continue"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd-analyze here (Debian: package systemd)")
def test_systemd_takes_it_and_finds_little_exposed(tmp_path: Path) -> None:
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace(PROGRAM, sys.executable))
    for check in (["verify"], ["security", "--offline=true", f"--threshold={EXPOSED_AT_MOST}"]):
        done = subprocess.run(["systemd-analyze", *check, str(unit)], capture_output=True, text=True)
        assert done.returncode == 0 and "Unknown" not in done.stderr, done.stdout + done.stderr
