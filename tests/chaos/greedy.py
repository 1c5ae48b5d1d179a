"""A child that was taken over: `python -m tests.chaos.greedy ROLE`. It speaks the protocol, and misbehaves as asked."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import orjson

from pipeline.child import HEADER

_HOLD = "import time; held = bytearray(b'x') * 300_000_000; print(flush=True); time.sleep(600)"


def _receive() -> dict[str, str]:
    size = HEADER.unpack(sys.stdin.buffer.read(HEADER.size))[0]
    request: dict[str, str] = orjson.loads(sys.stdin.buffer.read(size))
    return request


def _write(data: bytes) -> None:
    os.write(1, data)


def _family() -> None:
    """Four children of its own hold more than it may, each less."""
    for _ in range(4):
        held = subprocess.Popen([sys.executable, "-c", _HOLD], stdout=subprocess.PIPE)
        assert held.stdout is not None and held.stdout.readline()
    time.sleep(600)


def _trickle() -> None:
    """An answer that goes on and on, a byte at a time."""
    _write(HEADER.pack(50_000_000))
    while True:
        _write(b" ")
        time.sleep(0.01)


def _flood() -> None:
    """An answer of four gigabytes."""
    _write(HEADER.pack(0xFFFFFFFF))
    while True:
        _write(bytes(1 << 16))


if __name__ == "__main__":
    _receive()
    _write(HEADER.pack(11) + b'{"ok":null}')
    {"family": _family, "trickle": _trickle, "flood": _flood}[_receive()["call"]]()
