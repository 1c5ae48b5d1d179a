"""Answers that are files: whole, or the parts that are asked for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from anyio import AsyncFile, CancelScope, wrap_file
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, MalformedRangeHeader, RangeNotSatisfiable, Response

from pipeline.errors import PermanentError
from storage.file_store import StoredFile
from web.threads import in_thread

_GONE = "The document was deleted or read anew meanwhile; look again."


class _File(FileResponse):
    """A file, or the part of it that is asked for; problems are told in the form of all errors."""

    @classmethod
    def _parse_range_header(cls, http_range: str, file_size: int) -> list[tuple[int, int]]:
        try:
            return super()._parse_range_header(http_range, file_size)
        except MalformedRangeHeader:
            return []  # the whole file, as HTTP has it (RFC 9110, 14.2)
        except RangeNotSatisfiable as error:
            headers = {"Content-Range": f"bytes */{error.max_size}"}
            raise HTTPException(416, "The file has no bytes there.", headers) from error


class _Stored(_File):
    """The same of a file that lies elsewhere: it is read from there while it is sent."""

    def __init__(self, stored: StoredFile, **kwargs: Any) -> None:
        super().__init__(stored.key, **kwargs)
        self._stored = stored

    @asynccontextmanager
    async def _open_file(self) -> AsyncIterator[AsyncFile[bytes]]:
        file = wrap_file(await in_thread(self._stored.open))
        try:
            yield file
        finally:
            with CancelScope(shield=True):
                await file.aclose()


async def send_file(path: Path, **kwargs: Any) -> Response:
    """The answer with a file of this host.

    Raises:
        PermanentError: `not_found`: it was removed since it was looked up.
    """
    try:
        return _File(path, stat_result=await in_thread(path.stat), **kwargs)
    except FileNotFoundError as error:
        raise PermanentError("not_found", _GONE) from error


async def send_stored(stored: StoredFile, **kwargs: Any) -> Response:
    """The answer with an original or a result, from wherever it lies.

    Raises:
        PermanentError: `not_found`: it was removed since it was looked up.
        ServiceUnavailable: it is out of reach.
    """
    try:
        stat = await in_thread(stored.stat)
    except FileNotFoundError as error:
        raise PermanentError("not_found", _GONE) from error
    path = stored.store.path(stored.key)
    if path is not None:
        return _File(path, stat_result=stat, **kwargs)
    return _Stored(stored, stat_result=stat, **kwargs)
