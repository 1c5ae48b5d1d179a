"""The limits of a child hold, whatever it does: together with its own children, and while it answers."""

from __future__ import annotations

import sys
from contextlib import suppress

import psutil
import pytest

from pipeline import children
from pipeline.children import Child
from pipeline.errors import ChildFailed
from tests.stack import until


@pytest.mark.parametrize(
    ("call", "seconds", "code"),
    [("family", 120.0, "page_memory"), ("trickle", 2.0, "page_timeout"), ("flood", 120.0, "page_memory")],
)
def test_a_child_that_was_taken_over_is_killed_with_all_its_kin(
    monkeypatch: pytest.MonkeyPatch, call: str, seconds: float, code: str
) -> None:
    monkeypatch.setattr(children, "COMMAND", (sys.executable, "-m", "tests.chaos.greedy"))
    child = Child("greedy", {"memory_mb": 500})
    before = set(psutil.Process().children())
    kin: set[psutil.Process] = set()

    def watch() -> bool:
        kin.update(_kin(before))
        return False

    with pytest.raises(ChildFailed) as failed:
        child.call({"call": call}, "Reading page 1", seconds, watch)
    assert failed.value.code == code
    if call == "family":
        assert len(kin) >= 3, "each was within its limit"
    kin |= _kin(before)
    until(lambda: not any(process.is_running() for process in kin), 20, "all of them to be gone")


def _kin(before: set[psutil.Process]) -> set[psutil.Process]:
    """Our children but those there were before, whose own come and go, and all that descends from them."""
    kin = set(psutil.Process().children()) - before
    for child in list(kin):
        with suppress(psutil.NoSuchProcess):
            kin.update(child.children(recursive=True))
    return kin
