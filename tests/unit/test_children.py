"""A child that dies: what is counted depends on whether a page can have done it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest

from pipeline import children
from pipeline.children import Child
from pipeline.errors import ChildFailed
from pipeline.settings import SECRETS
from tests import drawing
from tests.stack import until

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


_GROWS = """
import mmap, os, resource, struct, sys
stream, held = sys.stdin.buffer, []
def receive():
    return stream.read(struct.unpack(">I", stream.read(4))[0])
def send(body):
    sys.stdout.buffer.write(struct.pack(">I", len(body)) + body)
    sys.stdout.buffer.flush()
receive()
size = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (size + 200_000_000, resource.RLIM_INFINITY))
send(b'{"ok":null}')
while True:
    receive()
    held.append(mmap.mmap(-1, 60_000_000))
    send(b'{"ok":%d}' % os.getpid())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="address space has no limit here")
def test_a_child_that_has_grown_is_replaced_before_a_page_finds_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "COMMAND", (sys.executable, "-c", _GROWS))
    child = Child("ocr", {"memory_mb": 200})
    pids = [child.call({"call": "read"}, "Reading page 3", 20.0, lambda: False) for _ in range(7)]
    child.kill()
    assert pids[0] == pids[2] != pids[3] == pids[5] != pids[6]


_LEAVES_A_FILE = """
import os, pathlib, struct, sys, tempfile
stream = sys.stdin.buffer
stream.read(struct.unpack(">I", stream.read(4))[0])
pathlib.Path(tempfile.gettempdir(), "page").write_text("what a document says")
sys.stdout.buffer.write(struct.pack(">I", 11) + b'{"ok":null}')
sys.stdout.buffer.flush()
stream.read()
"""


def test_a_child_has_its_workers_session_and_a_group_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "COMMAND", (sys.executable, "-c", _GROWS))
    child = Child("render", {"memory_mb": 100})
    try:
        pid = child.call({}, "Saying who it is", 20.0, lambda: False)
        assert os.getsid(pid) == os.getsid(0)  # the kernel shares the processor out between sessions
        assert os.getpgid(pid) == pid  # what it started is killed with it, and nobody else
    finally:
        child.kill()


def test_temporary_files_go_with_the_child(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(children, "COMMAND", (sys.executable, "-c", _LEAVES_A_FILE))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    child = Child("ocr", {"memory_mb": 100})
    child.warm()
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["page"]
    child.kill()
    assert list(tmp_path.iterdir()) == []


def test_temporary_files_of_a_killed_worker_go_when_the_next_one_starts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    left = tmp_path / f"pagemill-child-{gone.pid}-abc"
    left.mkdir()
    (left / "page").write_text("what a document says")
    other = tmp_path / "pagemill-child-of-somebody-else"
    other.mkdir()
    monkeypatch.setattr(children, "COMMAND", (sys.executable, "-c", _LEAVES_A_FILE))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    child = Child("ocr", {"memory_mb": 100})
    child.warm()
    assert not left.exists() and other.exists()
    child.kill()


def test_a_child_that_has_nothing_to_do_lets_go_of_the_last_original(tmp_path: Path) -> None:
    """Deleted while it is open, a file would keep its bytes on the disk for as long as nothing else is asked for."""
    path = tmp_path / "original"
    path.write_bytes(drawing.text_pdf([["A letter"]]))
    child = Child("render", {"memory_mb": 1000})

    def opened() -> list[str]:
        assert child._process is not None
        names = []
        for descriptor in Path(f"/proc/{child._process.pid}/fd").iterdir():  # where a deleted file has a name, too
            with suppress(FileNotFoundError):  # closed just now
                names.append(str(descriptor.readlink()))
        return [name for name in names if name.startswith(str(path))]

    request = {"call": "open", "path": str(path), "kind": "pdf", "max_pages": 5}
    try:
        assert child.call(request, "Opening the file", 60.0, lambda: False) == 1
        assert opened() == [str(path)]
        path.unlink()
        assert opened(), "or this test is of nothing"
        until(lambda: not opened(), 60, "the file to be closed")
        path.write_bytes(drawing.text_pdf([["A letter"], ["and its second page"]]))
        assert child.call(request, "Opening the file", 60.0, lambda: False) == 2
    finally:
        child.kill()


_TELLS = """
import json, os, struct, sys
stream = sys.stdin.buffer
def receive():
    return stream.read(struct.unpack(">I", stream.read(4))[0])
def send(body):
    sys.stdout.buffer.write(struct.pack(">I", len(body)) + body)
    sys.stdout.buffer.flush()
receive()
send(b'{"ok":null}')
receive()
send(json.dumps({"ok": sorted(os.environ)}).encode())
receive()
"""


def test_a_child_that_opens_strangers_files_is_told_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SECRETS:
        monkeypatch.setenv(name, "secret")
    monkeypatch.setattr(children, "COMMAND", (sys.executable, "-c", _TELLS))
    child = Child("render", {"memory_mb": 200})
    told = child.call({"call": "tell"}, "Telling", 20.0, lambda: False)
    child.kill()
    assert "PATH" in told and not SECRETS & set(told)
