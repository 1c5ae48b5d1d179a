"""What runs first on a host of a lab: `python -m tests.chaos.machine FOLDER COMMAND [-- COMMAND ...]`.

It is the first process of namespaces of its own (processes, mounts, name; `unshare` makes them), so that all the others
end with it. It makes the host one without a shared file system: everything is read-only, but for FOLDER, which
lies at /mnt, and memory. Then it runs the commands, starts each again that ends, as an init would, and at SIGTERM
has them end in order.
"""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import tempfile
import time
from itertools import groupby
from pathlib import Path
from types import FrameType

HOME = Path("/mnt")
_KERNELS = ("/proc", "/sys", "/dev")
_LOOK_S, _REST_S = 0.1, 1.0


def close_off(folder: Path, name: str) -> None:
    """Give this host a disk of its own, and nothing else to write on; a folder beside that disk is not to be seen."""
    _mount("--bind", str(folder), str(HOME))
    _mount("-t", "tmpfs", "-o", "size=1m,ro", "others", str(folder.parent))
    for point in _mount_points():
        if not point.startswith((*_KERNELS, str(HOME))):
            _mount("-o", "remount,bind,ro", point)
    _mount("-t", "tmpfs", "-o", "size=64m", "own", "/dev/shm")
    for elsewhere in (Path(), Path.home(), folder.parent, Path("/tmp"), Path("/run")):
        assert not _can_write(elsewhere), f"{elsewhere} can be written to"
    assert _can_write(HOME) and not any(folder.parent.iterdir())
    subprocess.run(["hostname", name], check=True)


def _can_write(folder: Path) -> bool:
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError as error:
        assert error.errno == errno.EROFS, error
        return False


def _mount_points() -> list[str]:
    lines = Path("/proc/self/mounts").read_text().splitlines()
    return list(dict.fromkeys(line.split()[1].replace("\\040", " ") for line in lines))


def _mount(*words: str) -> None:
    subprocess.run(["mount", *words], check=True)


def mind(commands: list[list[str]]) -> None:
    """Run the commands until told to stop."""
    told: list[int] = []

    def stop(number: int, _: FrameType | None) -> None:
        told.append(number)

    signal.signal(signal.SIGTERM, stop)
    running: list[subprocess.Popen[bytes] | None] = [None] * len(commands)
    due = [0.0] * len(commands)
    while not told:
        for number, process in enumerate(running):
            if process is not None and process.poll() is not None:
                running[number], due[number] = None, time.monotonic() + _REST_S
            if running[number] is None and time.monotonic() >= due[number]:
                running[number] = subprocess.Popen(commands[number], start_new_session=True)
        time.sleep(_LOOK_S)
    for process in filter(None, running):
        process.terminate()
    for process in filter(None, running):
        process.wait()


if __name__ == "__main__":
    close_off(Path(sys.argv[1]), os.environ["HOST"])
    os.environ.update(HOME=str(HOME), TMPDIR=str(HOME / "tmp"))
    mind([list(words) for split, words in groupby(sys.argv[2:], lambda word: word == "--") if not split])
