"""This host's disk: how files are written to it safely, and what can be made again of documents for people.

    cache/<kb>/<document>/<page>-<rotation>-<width>.jpg  page images for people
    cache/<kb>/<document>/<run>-searchable.pdf           its pages with the words that were read on them

Names are ids and numbers; nothing here is of a user's making. What every worker must see is in `storage/file_store.py`.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import ServiceUnavailable

_SEARCHABLE = "-searchable.pdf"


@contextmanager
def disk_errors() -> Iterator[None]:
    """Turn a full or failing disk into `ServiceUnavailable`; a missing folder stays what it is."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS):
            raise ServiceUnavailable(f"disk: {error.strerror}") from error
        raise


def sync_folder(folder: Path) -> None:
    """Flush a folder's entries, so that a renamed file survives a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def tail(path: Path, size_bytes: int) -> bytes:
    """The last bytes of a file."""
    with path.open("rb") as stream:
        stream.seek(max(path.stat().st_size - size_bytes, 0))
        return stream.read()


def remove_if_empty(folder: Path) -> None:
    """Remove a folder unless something lies in it; where there is none, nothing happens."""
    try:
        folder.rmdir()
    except OSError as error:
        if error.errno not in (errno.ENOENT, errno.ENOTEMPTY):
            raise


def preview_folder(data: Path, kb: str, document: str) -> Path:
    """Where page images for people, and what else can be made again, are kept."""
    return data / "cache" / kb / document


def searchable_file(data: Path, kb: str, document: str, run: int) -> Path:
    """Where the searchable PDF of a run is kept."""
    return preview_folder(data, kb, document) / f"{run}{_SEARCHABLE}"


def remove_older_searchable(file: Path) -> None:
    """Remove the searchable PDFs of a document's earlier runs; that of a later one may have been made meanwhile."""
    run = _run_of(file)
    for other in file.parent.glob(f"[0-9]*{_SEARCHABLE}"):
        if _run_of(other) < run:
            other.unlink(missing_ok=True)


def _run_of(searchable: Path) -> int:
    return int(searchable.name.removesuffix(_SEARCHABLE))


def remove_previews(data: Path, kb: str, document: str | None = None) -> None:
    """Remove what is kept so of a document, or of a whole knowledge base."""
    folder = data / "cache" / kb
    shutil.rmtree(folder if document is None else folder / document, ignore_errors=True)


def looks_of(path: Path) -> tuple[int, int] | None:
    """What changes when a file or folder is written to, to be compared with itself only; None where it is gone."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_mtime_ns, found.st_size
