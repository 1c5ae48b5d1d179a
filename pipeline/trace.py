"""An exception as a line for logs: what kind it is, where it came through, and what it says only if we wrote that.

A library's message may quote what it choked on: a word of a document, a query, a password. Those who may read the
document find such messages in the ledger (`detail.why` of an error); a log holds none.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from pipeline.errors import ChildFailed, LeaseLost, PermanentError, ServiceUnavailable

_OURS = (ChildFailed, LeaseLost, PermanentError, ServiceUnavailable)
_PLACES = 6


def outline(error: BaseException) -> str:
    """The line; places innermost first. What led to the error, if another one did, stands behind it."""
    words = type(error).__name__
    if isinstance(error, _OURS):
        words += f": {error}"
    elif isinstance(error, OSError) and error.strerror:
        words += f": {error.strerror}"
    line = f"{words} at {_places(error.__traceback__)}".replace("\n", " ")
    return line if error.__cause__ is None else f"{line}; from {outline(error.__cause__)}"


def _places(trace: TracebackType | None) -> str:
    places = []
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{Path(code.co_filename).name}:{trace.tb_lineno}:{code.co_name}")
        trace = trace.tb_next
    return " < ".join(reversed(places[-_PLACES:])) or "nowhere"


def say_uncaught(say: Callable[[BaseException], None]) -> None:
    """Have exceptions that nobody catches told so, in any thread; Python's own words would quote them."""

    def uncaught(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
        if error is None or isinstance(error, KeyboardInterrupt | SystemExit):
            return
        say(error)

    def unraisable(told: Any) -> None:
        uncaught(told.exc_type, told.exc_value, told.exc_traceback)

    sys.excepthook = uncaught
    sys.unraisablehook = unraisable
    threading.excepthook = unraisable
