"""A child whose engine crashes or hangs on pages of a certain width: `python -m tests.chaos.child ROLE`."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from typing import Any

CRASHES_AT_PT = 333
HANGS_AT_PT = 444


def _patch_engine() -> None:
    from pipeline.ocr.service import OcrService

    def read(self: OcrService, request: dict[str, Any]) -> dict[str, Any]:
        if round(request["width_pt"]) == CRASHES_AT_PT:
            os.kill(os.getpid(), signal.SIGSEGV)
        if round(request["width_pt"]) == HANGS_AT_PT:
            ctypes.PyDLL(None).pause()  # in C, with the GIL held: no Python timeout can interrupt it
        return original(self, request)

    original = OcrService.read
    OcrService.read = read  # type: ignore[method-assign]


if __name__ == "__main__":
    from pipeline import child

    if sys.argv[1] == "ocr":
        _patch_engine()
    child.main(sys.argv[1])
