"""A child that dies: what is counted depends on whether a page can have done it."""

from __future__ import annotations

import sys

import pytest

from pipeline import children
from pipeline.children import Child
from pipeline.errors import ChildFailed

_DIES = """
import os, struct, sys
stream = sys.stdin.buffer
def receive():
    stream.read(struct.unpack(">I", stream.read(4))[0])
receive()
sys.stdout.buffer.write(struct.pack(">I", 11) + b'{"ok":null}')
sys.stdout.buffer.flush()
receive()
os.kill(os.getpid(), int(sys.argv[2]))
"""


@pytest.mark.parametrize(("signal_number", "killed"), [(9, True), (11, False), (6, False)])
def test_only_a_kill_from_outside_is_not_the_pages_doing(
    monkeypatch: pytest.MonkeyPatch, signal_number: int, killed: bool
) -> None:
    monkeypatch.setattr(children, "COMMAND", (sys.executable, "-c", _DIES, "role"))
    child = Child(str(signal_number), {"memory_mb": 100})
    with pytest.raises(ChildFailed) as caught:
        child.call({"call": "read"}, "Reading page 3", 20.0, lambda: False)
    assert (caught.value.code, caught.value.killed) == ("page_crashed", killed)
