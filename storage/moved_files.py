"""Files of a knowledge base on their way from where one Pagemill has them to where another does.

Each is read back where it was put and held against what was read. One that lies there already, the same to the last
byte, is left as it is: so a copy that was cut off goes on where it was. Nothing is removed where they came from.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field

from storage.file_store import FileStore, StoredFile
from storage.files import disk_errors
from storage.references import Reference
from storage.transfer import Different

_AT_ONCE = 8  # an object store answers in some 10 ms
_PIECE_BYTES = 1 << 20


@dataclass(slots=True)
class Looked:
    """What was found.

    Attributes:
        damaged: documents of which a file is not there, or an original is not what was uploaded.
    """

    files: int = 0
    size_bytes: int = 0
    damaged: list[str] = field(default_factory=list)


def look(files: Iterable[Reference]) -> Looked:
    """Whether files are there, and originals as large as they were."""
    found = Looked()
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for file, size in pool.map(_size, files):
            if size is not None:
                found.files += 1
                found.size_bytes += size
            if (size is None and file.required) or (size is not None and file.size_bytes not in (None, size)):
                found.damaged.append(file.document)
    found.damaged = sorted(set(found.damaged))
    return found


def _size(file: Reference) -> tuple[Reference, int | None]:
    try:
        return file, file.stored.stat().st_size
    except FileNotFoundError:
        return file, None


def copy(files: Sequence[Reference], target: FileStore, written: set[str], told: Callable[[int], None]) -> list[str]:
    """Have files where another Pagemill looks for them; those that are not there are left out.

    Args:
        written: the keys of those that were written are added, also where this raises.
        told: called with bytes as they are done.

    Returns:
        Documents whose originals are not what was uploaded.

    Raises:
        Different: what was read back is not what was written.
    """
    pool, damaged = ThreadPoolExecutor(_AT_ONCE), set()
    try:
        for done in as_completed([pool.submit(_copy, file, target, written) for file in files]):
            file, size, digest = done.result()
            if digest is not None and file.sha256 not in (None, digest):
                damaged.add(file.document)
            told(size)
    finally:
        pool.shutdown(cancel_futures=True)
    return sorted(damaged)


def _copy(file: Reference, target: FileStore, written: set[str]) -> tuple[Reference, int, str | None]:
    """One file; its size and SHA-256."""
    there = StoredFile(target, file.stored.key)
    try:
        size = file.stored.stat().st_size
        if _has_size(there, size) and (same := _digest_of(file.stored)) == _digest_of(there):
            return file, size, same
        stream = file.stored.open()
    except FileNotFoundError:
        return file, 0, None
    written.add(there.key)
    digest = hashlib.sha256()
    with stream, disk_errors(), target.made(there.key) as path, path.open("wb") as made:
        while piece := stream.read(_PIECE_BYTES):
            digest.update(piece)
            made.write(piece)
    if _digest_of(there) != digest.hexdigest():
        raise Different(f"the file {there.key} was read back otherwise than it was written")
    return file, size, digest.hexdigest()


def _has_size(file: StoredFile, size: int) -> bool:
    try:
        return file.stat().st_size == size
    except FileNotFoundError:
        return False


def _digest_of(file: StoredFile) -> str:
    digest = hashlib.sha256()
    with file.open() as stream:
        while piece := stream.read(_PIECE_BYTES):
            digest.update(piece)
    return digest.hexdigest()
