"""Logs: structured, one event a line, on standard error; the supervisor puts them into rotated files.

Lines never hold document text or file names. Fields that name a unit come in a fixed order, so that the trip of one
document reads like a table: `grep <document> data/logs/pagemill.log`.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

_ORDER = ["timestamp", "level", "process", "event", "kb", "document", "run", "stage", "unit", "took_ms"]


def configure(level: str) -> None:
    """Set up structlog and have the standard library's logs (Dramatiq, uvicorn, ...) look the same."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _process,
    ]
    render = structlog.processors.LogfmtRenderer(key_order=_ORDER, drop_missing=True, bool_as_flag=False)
    structlog.configure(
        processors=[*shared, _one_line, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _one_line, render],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for noisy in ("httpx", "httpcore", "chromadb", "sentence_transformers", "urllib3", "PIL", "RapidOCR"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # Dramatiq says at info what our own lines say better, and its critical lines repeat what we raise.
    logging.getLogger("dramatiq").setLevel(logging.WARNING)


def get(name: str) -> structlog.stdlib.BoundLogger:
    """A logger."""
    logger: structlog.stdlib.BoundLogger = structlog.get_logger(name)
    return logger


def _process(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    event.setdefault("process", os.environ.get("PAGEMILL_PROCESS") or f"pid-{os.getpid()}")
    return event


def _one_line(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Keep an exception on its event's line, and keep keys to what logfmt allows."""
    event.pop("_record", None)
    event.pop("_from_structlog", None)
    info = event.pop("exc_info", None)
    if info:
        error = info if isinstance(info, BaseException) else (sys.exc_info() if info is True else info)[1]
        if error is not None:
            event["exception"] = _trace(error)
    return event


def _trace(error: BaseException) -> str:
    """The error and the last places it came through, innermost first."""
    places = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{os.path.basename(code.co_filename)}:{trace.tb_lineno}:{code.co_name}")  # noqa: PTH119
        trace = trace.tb_next
    return f"{type(error).__name__}: {error} at {' < '.join(reversed(places[-6:]))}".replace("\n", " ")
