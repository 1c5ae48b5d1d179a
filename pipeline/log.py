"""Logs: structured, one event a line, on standard error; the supervisor puts them into rotated files.

Lines never hold document text, file names, queries, passwords or keys: of exceptions they have what
`pipeline/trace.py` lets through, of other libraries' records the first line, as asyncio quotes exceptions below it.
Fields that name a unit come in a fixed order, so that the trip of one document reads like a table:
`grep <document> data/logs/pagemill.log`.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from pipeline.trace import outline, say_uncaught

# uvicorn's lines about WebSockets hold whole addresses.
_NOISY = (
    "httpx",
    "httpcore",
    "uvicorn",
    "websockets",
    "chromadb",
    "sentence_transformers",
    "urllib3",
    "PIL",
    "RapidOCR",
)
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
    say_uncaught(lambda error: get("uncaught").error("uncaught", exc_info=error))
    for noisy in _NOISY:
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
    event["event"] = str(event["event"]).partition("\n")[0]
    event.pop("_record", None)
    event.pop("_from_structlog", None)
    info = event.pop("exc_info", None)
    if info:
        error = info if isinstance(info, BaseException) else (sys.exc_info() if info is True else info)[1]
        if error is not None:
            event["exception"] = outline(error)
    return event
