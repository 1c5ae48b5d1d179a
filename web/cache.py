"""What is made of documents for people and can be made again: page images, searchable PDFs, in a bounded folder.

cache/<knowledge base>/<document>/<page>-<rotation>-<width>.jpg
cache/<knowledge base>/<document>/<run>-searchable.pdf
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from pipeline import log
from pipeline.errors import PermanentError
from pipeline.settings import Settings
from storage import documents
from storage.catalog import KnowledgeBase
from storage.database import Missing
from storage.files import remove_previews

_LOOK_AFTER = 0.05  # the cache is measured after so much of its limit was written
_KEEP = 0.8  # and cut down to so much of it
_DRAFT_S = 3600.0  # longer than anything is in the making
_LOG = log.get("cache")


class Cache:
    """One web process's view of the cache; others may write to it as well."""

    def __init__(self, settings: Settings) -> None:
        self._folder = settings.data / "cache"
        self._limit_bytes = settings.web.cache_mb * 1_000_000
        self._written = self._limit_bytes  # what others wrote before is not known: measure at the first

    def wrote(self, path: Path) -> None:
        """A file was written: cut the cache from time to time. This file stays, however large it is."""
        self._written += path.stat().st_size
        if self._written > _LOOK_AFTER * self._limit_bytes:
            self._written = 0
            _LOG.debug("cache cut", removed=cut(self._folder, self._limit_bytes, path))


def leave_nothing_of_deleted(kb: KnowledgeBase, document: str) -> None:
    """Remove what was made of a document that was deleted meanwhile: its clean-up may have been before.

    Raises:
        PermanentError: `not_found`.
        Missing: its knowledge base was deleted.
    """
    try:
        documents.find(kb, document)
    except PermanentError:
        remove_previews(kb.data, kb.id, document)
        raise
    except Missing:
        remove_previews(kb.data, kb.id)
        raise


def cut(folder: Path, limit_bytes: int, but: Path) -> int:
    """Remove the longest unused files once a cache has outgrown its limit; how many. Others may do so at once."""
    files = sorted(_files(folder))
    total = sum(size for _, size, _ in files)
    if total <= limit_bytes:
        return 0
    removed = 0
    for _, size, path in files:
        if total <= _KEEP * limit_bytes:
            break
        if path != but:
            path.unlink(missing_ok=True)
            total -= size
            removed += 1
    return removed


def _files(folder: Path) -> Iterator[tuple[float, int, Path]]:
    """Time of the last use, size and path of each; of drafts those alone that nobody can be at any more."""
    for path in folder.glob("*/*/*"):
        with suppress(FileNotFoundError):  # another process removed it
            status = path.stat()
            if path.name.startswith(".") and status.st_mtime > time.time() - _DRAFT_S:
                continue
            yield status.st_mtime, status.st_size, path
