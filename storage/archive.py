"""The form of a backup file: a tar of plain files whose names hold ids and numbers only.

    backup.json                               what it is of: versions, the knowledge base's record
    documents/<id>/original                   as it was uploaded
    documents/<id>/<run>/document.md, .json   results
    database.sqlite3
    checksums.json                            SHA-256 of all the others; last, so that a file cut off is known as one

`tar` can list and unpack it. The reader here takes what the writer here writes and nothing else: no links, no folders,
no long names, nothing twice. What it reads may be anybody's.
"""

from __future__ import annotations

import hashlib
import re
import tarfile
from collections.abc import Callable, Iterator, Set
from io import BytesIO
from itertools import dropwhile
from pathlib import Path
from tarfile import TarInfo
from typing import Any, BinaryIO

import orjson

from pipeline.errors import Refused

HEADER, DATABASE, CHECKSUMS = "backup.json", "database.sqlite3", "checksums.json"
_NAME = re.compile(
    rf"{re.escape(HEADER)}|{re.escape(DATABASE)}|{re.escape(CHECKSUMS)}"
    r"|documents/[0-9a-f]{32}/(original|[1-9][0-9]{0,8}/document\.(md|json))"
)
_BLOCK = tarfile.BLOCKSIZE
_PIECE_BYTES = 1 << 20
_JSON_BYTES = 100_000_000


class BackupError(Refused):
    """A backup cannot be made or restored; the message says why and what to do."""


class Writer:
    """Writes a backup file from its first member to its last.

    Attributes:
        checksums: of what was written, by name.
    """

    def __init__(self, stream: BinaryIO, told: Callable[[int], None]) -> None:
        self._stream = stream
        self._told = told
        self._places: dict[str, int] = {}
        self.checksums: dict[str, str] = {}

    def keep(self, wanted: Set[str]) -> None:
        """Take out the first member that is not wanted and all behind it; they may be added again."""
        behind = list(dropwhile(wanted.__contains__, self._places))
        if behind:
            self._stream.seek(self._places[behind[0]])
            self._stream.truncate()
        for name in behind:
            del self._places[name], self.checksums[name]

    def add(self, name: str, source: BinaryIO, size_bytes: int) -> None:
        """Write a member of this size.

        Raises:
            BackupError: the source ends before.
        """
        info = TarInfo(name)
        info.size, info.mode = size_bytes, 0o600
        place = self._stream.tell()
        self._stream.write(info.tobuf(tarfile.GNU_FORMAT, "ascii"))
        digest = hashlib.sha256()
        left = size_bytes
        while left:
            piece = source.read(min(left, _PIECE_BYTES))
            if not piece:
                raise BackupError(f"{name} became shorter while it was read; try again.")
            self._stream.write(piece)
            digest.update(piece)
            left -= len(piece)
            self._told(len(piece))
        self._stream.write(bytes(-size_bytes % _BLOCK))
        self._places[name], self.checksums[name] = place, digest.hexdigest()

    def add_json(self, name: str, value: Any) -> None:
        """Write a member that holds JSON."""
        body = orjson.dumps(value)
        self.add(name, BytesIO(body), len(body))

    def finish(self) -> None:
        """Write the checksums and the end."""
        self.add_json(CHECKSUMS, dict(self.checksums))
        self._stream.write(bytes(2 * _BLOCK))


class Reader:
    """Reads a backup file from its first member to its last.

    Attributes:
        checksums: of what was read, by name.
    """

    def __init__(self, stream: BinaryIO, told: Callable[[int], None]) -> None:
        self._stream = stream
        self._told = told
        self._left = 0
        self._padding = 0
        self._name = ""
        self.checksums: dict[str, str] = {}

    def __iter__(self) -> Iterator[str]:
        """Names of members, each to be read, whole, before the next.

        Raises:
            BackupError: it is cut off, damaged, or holds what is no part of a backup.
        """
        while (info := self._next()) is not None:
            name = info.name
            if info.type != tarfile.REGTYPE or not _NAME.fullmatch(name) or info.size < 0:
                raise BackupError(f"This is no backup of Pagemill: it holds “{name[:60]}”.")
            if name in self.checksums:
                raise BackupError(f"The backup is damaged: it holds {name} twice.")
            self._name, self._left, self._padding = name, info.size, -info.size % _BLOCK
            yield name
            if self._left:
                raise AssertionError(f"{name} was not read")

    def _next(self) -> TarInfo | None:
        block = self._stream.read(_BLOCK)
        if block == bytes(_BLOCK):  # the end
            return None
        try:
            return TarInfo.frombuf(block, "ascii", "strict")
        except (tarfile.HeaderError, UnicodeDecodeError):
            if not self.checksums:
                raise BackupError("This is no backup of Pagemill.") from None
            raise BackupError("The backup is cut off or damaged; use another copy of it.") from None

    def pieces(self) -> Iterator[bytes]:
        """The member at hand, bit by bit.

        Raises:
            BackupError: the file ends before it does.
        """
        digest = hashlib.sha256()
        while self._left:
            piece = self._stream.read(min(self._left, _PIECE_BYTES))
            if not piece:
                raise BackupError("The backup is cut off; use another copy of it.")
            self._left -= len(piece)
            digest.update(piece)
            self._told(len(piece))
            yield piece
        self._stream.read(self._padding)
        self.checksums[self._name] = digest.hexdigest()

    def json(self) -> Any:
        """The member at hand, which holds JSON.

        Raises:
            BackupError: it does not.
        """
        if self._left > _JSON_BYTES:
            raise BackupError(f"The backup is damaged: {self._name} is too large.")
        try:
            return orjson.loads(b"".join(self.pieces()))
        except orjson.JSONDecodeError:
            raise BackupError(f"The backup is damaged: {self._name} cannot be read.") from None

    def save(self, path: Path) -> None:
        """Write the member at hand into a new file."""
        with path.open("xb") as stream:
            stream.writelines(self.pieces())

    def check(self, expected: Any) -> None:
        """Compare what was read with the checksums that the file holds.

        Raises:
            BackupError: they differ.
        """
        found = {name: digest for name, digest in self.checksums.items() if name != CHECKSUMS}
        if found != expected:
            raise BackupError("The backup is damaged: its parts do not match their checksums; use another copy of it.")
