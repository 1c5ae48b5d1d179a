"""What processes do to themselves."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.settings import PROJECT_ROOT

_GROUPS = Path("/proc/self/autogroup")
_SAY = "print(os.nice(0), pathlib.Path('/proc/self/autogroup').read_text().split()[-1])"
_STEPS = max(os.nice(0), 11)


def _said(code: str) -> str:
    """What a program says that is alone in its session."""
    done = subprocess.run(
        [sys.executable, "-c", f"import os, pathlib\nfrom pipeline import process\n{code}"],
        cwd=PROJECT_ROOT, start_new_session=True, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.strip()


@pytest.mark.skipif(not _GROUPS.exists(), reason="this system shares the processor out between processes alone")
def test_a_process_steps_back_with_its_session_and_not_forward_again() -> None:
    assert _said(f"process.step_back({_STEPS})\n{_SAY}") == f"{_STEPS} {_STEPS}"
    assert _said(f"process.step_back({_STEPS})\nprocess.step_back(5)\n{_SAY}") == f"{_STEPS} {_STEPS}"


def test_stepping_back_needs_no_groups_of_sessions() -> None:
    code = f"process._SESSION = pathlib.Path('/nowhere')\nprocess.step_back({_STEPS})\nprint(os.nice(0))"
    assert _said(code) == str(_STEPS)
