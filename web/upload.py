"""Take an upload off the wire: streamed to disk, hashed on the way, bounded while it arrives.

python-multipart parses; this file decides where the bytes go. Nothing of it depends on a user's file name.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path
from typing import Any
from uuid import uuid4

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request

from pipeline.errors import PermanentError
from storage.database import Missing
from storage.files import disk_errors

_HEAD_BYTES = 4096
_WRITE_BYTES = 1 << 20
_FIELD_BYTES = 64 * 1024
_FIELDS = 100


@dataclass(slots=True)
class ReceivedFile:
    """A file that arrived.

    Attributes:
        path: where it lies, flushed to disk; None where it was too large.
        head: its first bytes, to tell its kind.
    """

    filename: str
    path: Path | None
    size_bytes: int
    sha256: str
    head: bytes


@dataclass(slots=True)
class Received:
    """All parts of an upload."""

    files: list[ReceivedFile] = field(default_factory=list)
    fields: dict[str, list[str]] = field(default_factory=dict)


@dataclass(slots=True)
class _Part:
    headers: dict[bytes, bytes] = field(default_factory=dict)
    name: str = ""
    filename: str | None = None
    path: Path | None = None
    stream: FileIO | None = None
    digest: Any = field(default_factory=hashlib.sha256)
    size: int = 0
    head: bytes = b""
    pending: list[bytes] = field(default_factory=list)
    pending_bytes: int = 0
    complete: bool = False


async def receive(request: Request, folder: Path, max_file_bytes: int, max_files: int) -> Received:
    """Read a multipart body; its files lie in `folder` afterwards. On any error nothing is left there.

    Raises:
        PermanentError: `bad_request`, `too_large`, or `upload_cut`.
        ServiceUnavailable: the disk is full.
    """
    reader = _Reader(request, folder, max_file_bytes, max_files)
    try:
        return await reader.read()
    except BaseException:
        await run_in_threadpool(reader.discard)
        raise


class _Reader:
    def __init__(self, request: Request, folder: Path, max_file_bytes: int, max_files: int) -> None:
        self._request = request
        self._folder = folder
        self._max_file_bytes = max_file_bytes
        self._max_files = max_files
        self._received = Received()
        self._part = _Part()
        self._header_name = b""
        self._header_value = b""
        self._finished: list[_Part] = []
        self._ended = False
        self._paths: list[Path] = []
        self._files = 0

    async def read(self) -> Received:
        try:
            parser = self._parser()
            async for chunk in self._chunks():
                parser.write(chunk)
                for part in self._finished:
                    await self._finish(part)
                self._finished.clear()
                if self._part.pending_bytes >= _WRITE_BYTES:
                    await run_in_threadpool(self._flush, self._part)
        except FormParserError as error:
            raise PermanentError("bad_request", f"The upload is no well-formed multipart body: {error}") from error
        if not self._ended:
            raise PermanentError("upload_cut", "The upload ended before the last file had arrived; send it again.")
        return self._received

    async def _chunks(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._request.stream():
                yield chunk
        except ClientDisconnect:
            raise PermanentError("upload_cut", "The connection ended before the whole upload had arrived.") from None

    def _parser(self) -> MultipartParser:
        content_type, options = parse_options_header(self._request.headers.get("content-type", ""))
        if content_type != b"multipart/form-data" or b"boundary" not in options:
            raise PermanentError("bad_request", "Send files as multipart/form-data, in the field `files`.")
        return MultipartParser(
            options[b"boundary"],
            {
                "on_part_begin": self._begin_part, "on_part_data": self._part_data, "on_part_end": self._end_part,
                "on_header_field": self._header_field, "on_header_value": self._header_data,
                "on_header_end": self._end_header, "on_headers_finished": self._headers_finished, "on_end": self._end,
            },
        )  # fmt: skip

    # The parser's callbacks: no file is touched here, they only note what is to be written.

    def _begin_part(self) -> None:
        self._part = _Part()

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _header_data(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _end_header(self) -> None:
        self._part.headers[self._header_name.lower()] = self._header_value
        self._header_name = self._header_value = b""

    def _headers_finished(self) -> None:
        part = self._part
        _, options = parse_options_header(part.headers.get(b"content-disposition", b""))
        part.name = options.get(b"name", b"").decode(errors="replace")
        if b"filename" not in options:
            if sum(map(len, self._received.fields.values())) >= _FIELDS:
                raise PermanentError("bad_request", f"An upload has at most {_FIELDS} fields.")
            return
        if part.name != "files":
            raise PermanentError("bad_request", f"Files belong into the field `files`, not `{part.name}`.")
        part.filename = clean_filename(options[b"filename"].decode(errors="replace"))
        self._files += 1
        if self._files > self._max_files:
            raise PermanentError("too_large", f"One upload holds at most {self._max_files} files; send the rest after.")
        part.path = self._folder / uuid4().hex
        self._paths.append(part.path)

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        part = self._part
        part.size += end - start
        limit = self._max_file_bytes if part.filename is not None else _FIELD_BYTES
        if part.size > limit:
            if part.filename is None:
                raise PermanentError("too_large", f"The field `{part.name}` is longer than {_FIELD_BYTES} bytes.")
            part.pending.clear()  # read on, for the files behind it, but keep nothing
            part.pending_bytes = 0
            return
        part.pending.append(data[start:end])
        part.pending_bytes += end - start

    def _end_part(self) -> None:
        self._finished.append(self._part)

    def _end(self) -> None:
        self._ended = True

    # Writing, in a thread.

    async def _finish(self, part: _Part) -> None:
        if part.filename is None:
            value = b"".join(part.pending).decode(errors="replace")
            self._received.fields.setdefault(part.name, []).append(value)
            return
        await run_in_threadpool(self._close, part)
        self._received.files.append(
            ReceivedFile(part.filename, part.path, part.size, part.digest.hexdigest(), part.head)
        )

    def _flush(self, part: _Part) -> None:
        if part.path is None or part.size > self._max_file_bytes:
            return
        data = b"".join(part.pending)
        part.pending.clear()
        part.pending_bytes = 0
        with disk_errors():
            if part.stream is None:
                try:
                    # Without a buffer: what a full disk refused is not to be written once more when it is closed.
                    part.stream = part.path.open("xb", buffering=0)
                except FileNotFoundError as error:  # deleted since the upload began
                    raise Missing(self._folder) from error
            left = memoryview(data)
            while left:
                left = left[part.stream.write(left) :]
        part.digest.update(data)
        part.head = (part.head + data[:_HEAD_BYTES])[:_HEAD_BYTES]

    def _close(self, part: _Part) -> None:
        assert part.path is not None
        self._flush(part)
        with disk_errors():
            if part.stream is not None:
                os.fsync(part.stream.fileno())
                part.stream.close()
                part.stream = None
        if part.size > self._max_file_bytes:
            part.path.unlink(missing_ok=True)
            part.path = None

    def discard(self) -> None:
        """Remove whatever has been written."""
        for path in self._paths:
            path.unlink(missing_ok=True)
        for part in (*self._finished, self._part):
            if part.stream is not None:
                with suppress(OSError):  # some disks tell only now that they are full; the file is gone all the same
                    part.stream.close()


def clean_filename(name: str) -> str:
    """A file name to show: no folders, no control characters, at most 255 characters. Never used as a path."""
    name = name.replace("\\", "/").rpartition("/")[2]
    name = "".join(character for character in name if character.isprintable()).strip()
    return name[:255] or "unnamed"
