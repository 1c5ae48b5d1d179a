"""Files on disk: originals, results, page images. Names are ids and numbers; nothing here is of a user's making.

    kb/<id>/incoming/<random>                uploads on their way in
    kb/<id>/documents/<id>/original          as it was uploaded
    kb/<id>/documents/<id>/<run>/document.md, document.json
    tmp/<kb>-<document>/<run>/<page>-<token>.tif  page images between render and ocr
    cache/<kb>/<document>/<page>-<rotation>-<width>.jpg  page images for people
    cache/<kb>/<document>/<run>-searchable.pdf    its pages with the words that were read on them

A result lies in its run's folder, so a slow worker of an old run can never overwrite a newer result.
"""

from __future__ import annotations

import errno
import os
import shutil
import uuid
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


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file under a temporary name and rename it: readers see the old or the new, never a part."""
    with disk_errors():
        path.parent.mkdir(exist_ok=True)  # not its parents: a deleted document's folder must not come back
        temporary = path.with_name(f"{path.name}.{uuid.uuid4().hex[:8]}.part")
        try:
            temporary.write_bytes(data)
            temporary.replace(path)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise


class DocumentFiles:
    """Where one document's files lie."""

    def __init__(self, knowledge_base: Path, document: str) -> None:
        self.folder = knowledge_base / "documents" / document
        self.original = self.folder / "original"

    def markdown(self, run: int) -> Path:
        """The text of a run."""
        return self.folder / str(run) / "document.md"

    def json(self, run: int) -> Path:
        """Pages, blocks and boxes of a run."""
        return self.folder / str(run) / "document.json"

    def adopt_upload(self, incoming: Path) -> None:
        """Move an uploaded file, already flushed, to where it stays; durable when this returns."""
        with disk_errors():
            self.folder.mkdir()  # not its parents: a deleted knowledge base's folder must not come back
            incoming.rename(self.original)
            sync_folder(self.folder)
            sync_folder(self.folder.parent)

    def remove(self) -> None:
        """Remove everything of the document; nothing there is no error."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def remove_drafts(self, run: int) -> None:
        """Remove what a worker that died while it wrote a result left of it."""
        for draft in (self.folder / str(run)).glob("*.part"):
            draft.unlink(missing_ok=True)

    def remove_run(self, run: int) -> None:
        """Remove the results of one run."""
        shutil.rmtree(self.folder / str(run), ignore_errors=True)


def run_folder(data: Path, kb: str, document: str, run: int) -> Path:
    """Where page images of a run lie between render and ocr. A restored document has the id of its twin."""
    return data / "tmp" / f"{kb}-{document}" / str(run)


def remove_run_folder(data: Path, kb: str, document: str, run: int) -> None:
    """Remove a run's page images, and the document's folder with its last run."""
    folder = run_folder(data, kb, document, run)
    shutil.rmtree(folder, ignore_errors=True)
    remove_if_empty(folder.parent)


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
