"""Inside a child process: C code on hostile files, behind two pipes.

`python -m pipeline.child ROLE` reads requests from standard input and answers on what was standard output, each a
4-byte big-endian length and that many bytes of JSON. JSON, not pickle: what comes out of a child that a hostile file
took over must not run in its parent. The parent kills; the child only works.
"""

from __future__ import annotations

import errno
import os
import select
import struct
import sys
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from pipeline.errors import ChildFailed, PermanentError, ServiceUnavailable, TransientError
from pipeline.process import die_with_parent, limit_core_dumps, limit_memory
from pipeline.trace import outline, say_uncaught

HEADER = struct.Struct(">I")
_REST_S = 3.0  # the pages of a unit follow each other faster
_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS}
Handler = Callable[[dict[str, Any]], Any]


def _render_handlers(config: dict[str, Any]) -> dict[str, Handler]:
    from pipeline.render.service import RenderService

    service = RenderService(config)
    return {
        "open": service.open, "render": service.render, "preview": service.preview, "rest": service.rest,
        "searchable_begin": service.searchable.begin, "searchable_page": service.searchable.page,
        "searchable_finish": service.searchable.finish,
    }  # fmt: skip


def _ocr_handlers(config: dict[str, Any]) -> dict[str, Handler]:
    from pipeline.ocr.service import OcrService

    service = OcrService(config)
    return {"read": service.read, "reader": service.reader}


ROLES: dict[str, Callable[[dict[str, Any]], dict[str, Handler]]] = {"render": _render_handlers, "ocr": _ocr_handlers}


def main(role: str) -> None:
    """Serve until the parent closes the pipe or dies."""
    die_with_parent()
    limit_core_dumps()
    say_uncaught(_say)
    requests, answers = _take_pipes()
    config = _receive(requests)
    if config is None:
        return
    handlers = ROLES[role](config)
    _send(answers, {"ok": None})
    _hush()
    limit_memory(config["memory_mb"])
    rest = handlers.get("rest")
    while (request := _next(requests, rest)) is not None:
        _send(answers, _answer(handlers[request.pop("call")], request))


def _take_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Keep the pipes to ourselves: a library that prints must not break the protocol."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    requests = os.fdopen(os.dup(0), "rb")
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    return requests, answers


def _hush() -> None:
    """C libraries talk to nobody from here on: what they say of hostile files may be the files' own words.

    Traces of Python still reach the log.
    """
    warnings.simplefilter("ignore")
    sys.stderr = os.fdopen(os.dup(2), "w", buffering=1)
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)


def _answer(handler: Handler, request: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"ok": handler(request)}
    except PermanentError as error:
        return {"permanent": error.as_dict()}
    except ChildFailed as error:
        return {"failed": {"code": error.code, "message": error.message}}
    except MemoryError:
        return {"memory": True}
    except ServiceUnavailable as error:
        return {"unavailable": str(error)}
    except TransientError as error:
        return {"transient": str(error)}
    except OSError as error:
        if error.errno in _DISK:  # the disk is no page's fault
            return {"unavailable": f"disk: {error.strerror}"}
        _say(error)
        return {"transient": f"{type(error).__name__}: {error}"}
    except Exception as error:
        # Not swallowed: the parent counts it, and the trace is in the log.
        _say(error)
        return {"transient": f"{type(error).__name__}: {error}"}


def _say(error: BaseException) -> None:
    print(f"child: {outline(error)}", file=sys.stderr, flush=True)


def _next(requests: BinaryIO, rest: Handler | None) -> dict[str, Any] | None:
    """The next request; where none comes for a while the role rests first.

    Nothing is asked before what was asked is answered, so the stream has nothing in its buffer.
    """
    if rest is not None and not select.select([requests], [], [], _REST_S)[0]:
        _answer(rest, {})
    return _receive(requests)


def _receive(stream: BinaryIO) -> dict[str, Any] | None:
    header = stream.read(HEADER.size)
    if len(header) < HEADER.size:
        return None
    request: dict[str, Any] = orjson.loads(stream.read(HEADER.unpack(header)[0]))
    return request


def _send(stream: BinaryIO, answer: dict[str, Any]) -> None:
    body = orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY)
    stream.write(HEADER.pack(len(body)) + body)
    stream.flush()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt, BrokenPipeError):
        main(sys.argv[1])
