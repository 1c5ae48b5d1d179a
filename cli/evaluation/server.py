"""A server to ask: a running one, or a stack of its own on a data folder that is gone afterwards."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import FrameType

from cli.up import UpError, python
from client import Pagemill

_STOP_S = 60.0
_MODEL_S = 300.0


@contextmanager
def serving(url: str | None, key: str | None, folder: Path | None = None) -> Iterator[Pagemill]:
    """A client of the server at an address, or of a stack started for it with this machine's settings.

    The stack ends when the block does, however it ends: by Ctrl-C and SIGTERM too, and by SIGKILL where the system can
    (Linux: it is started so that it dies with its parent).

    Args:
        folder: where the stack's data folder is made; else where the system has its temporary files.

    Raises:
        UpError: the stack did not start.
    """
    if url is not None:
        with closing(Pagemill(url, key)) as client:
            yield client
        return
    temporary = tempfile.TemporaryDirectory(prefix="pagemill-eval-", dir=folder, ignore_cleanup_errors=True)
    with temporary as data, _ended_in_order():
        up = [*python("cli.main"), "up", "--data", str(Path(data) / "data"), "--host", "127.0.0.1", "--port", "0"]
        stack = subprocess.Popen(
            [*python("cli.guard"), *up],
            env={**os.environ, "PAGEMILL_WEB__KEYS": "auto"},  # nobody else on this machine knows the port
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C reaches this process, which stops the stack in order
        )
        try:
            with closing(Pagemill(_address(stack))) as client:
                yield client
        finally:
            stack.terminate()
            try:
                stack.wait(timeout=_STOP_S)
            except subprocess.TimeoutExpired:
                stack.kill()
                stack.wait()


def _address(stack: subprocess.Popen[str]) -> str:
    """Where it listens, once it does."""
    assert stack.stdout is not None
    for line in stack.stdout:
        if "ready at " in line:
            return line.split("ready at ", 1)[1].split()[0]
    raise UpError("the stack did not start; see above")


@contextmanager
def _ended_in_order() -> Iterator[None]:
    """Have SIGTERM end the block as Ctrl-C does."""

    def end(number: int, _: FrameType | None) -> None:
        raise SystemExit(128 + number)

    if threading.current_thread() is not threading.main_thread():  # signals are the main thread's alone
        yield
        return
    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def wait_for_vectors(client: Pagemill, kb: str) -> None:
    """Wait until searches are answered by vectors too.

    Raises:
        UpError: the query model did not load.
    """
    deadline = time.monotonic() + _MODEL_S
    while (problem := client.search(kb, "ready?", limit=1)["degraded"]) is not None:
        if time.monotonic() > deadline:
            raise UpError(f"searches are not answered as they should be: {problem}")
        time.sleep(0.5)
