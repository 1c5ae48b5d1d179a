"""Files of documents that every worker must see: originals, results, page images on their way from render to ocr.

    kb/<id>/documents/<id>/original                           as it was uploaded
    kb/<id>/documents/<id>/<run>/document.md, document.json   results
    tmp/<kb>-<document>/<run>/<page>-<token>.tif              page images between render and ocr
    secret.key                                                what passwords of originals are sealed with

Such a name is a key: ids, numbers and our own words, nothing of a user's making. Where the files lie is a back end's
matter: in the data folder, where keys are paths (`storage/folder.py`), or in a bucket (`storage/bucket.py`). What can
be made again (page images for people) is no such file: each host has its own (`storage/files.py`).

An original never changes, and a result lies in its run's folder, so a slow worker of an old run can never overwrite a
newer result. A result that is written twice is the same twice; page images bear the token of the claim that drew them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from pipeline import log
from pipeline.errors import ServiceUnavailable
from pipeline.settings import Settings

IMAGES = "tmp"
"""The first part of the keys of page images."""

_KEY = re.compile(r"[0-9A-Za-z_-][0-9A-Za-z_.-]*(/[0-9A-Za-z_-][0-9A-Za-z_.-]*)*")
_LOG = log.get("files")


def open_store(settings: Settings) -> FileStore:
    """The back end that the settings name; its library is loaded by those who use it."""
    if settings.storage.files_url:
        from storage.bucket import Bucket

        return Bucket(settings)
    from storage.folder import Folder

    return Folder(settings.data)


class FileStore(Protocol):
    """A back end.

    Every method may be called from any thread, and raises `ServiceUnavailable` where files are out of reach.
    """

    @property
    def listing(self) -> Listing | None:
        """For the sweep, where it cannot look into folders."""

    def take(self, key: str, path: Path) -> None:
        """Move a file of this host, already flushed, to where it stays; durable when this returns, or not there.

        Raises:
            FileNotFoundError: what it belongs to was deleted.
        """

    def put(self, key: str, data: bytes) -> None:
        """Write a file: readers see the former one or this one, never a part.

        Raises:
            FileNotFoundError: what it belongs to was deleted.
        """

    def remove_drafts(self, key: str) -> None:
        """Remove what a worker that was killed while it wrote left beside files whose keys begin with `key`."""

    def once(self, key: str, data: bytes) -> bytes:
        """Write a file unless it is there already; what is there, durable, whoever wrote it."""

    def get(self, key: str) -> bytes:
        """All of a file.

        Raises:
            FileNotFoundError: it is not there.
        """

    def stat(self, key: str) -> os.stat_result:
        """Size and time of the last change; no other figure means anything.

        Raises:
            FileNotFoundError: it is not there.
        """

    def open(self, key: str) -> BinaryIO:
        """A file to be read from anywhere in it.

        Raises:
            FileNotFoundError: it is not there.
        """

    def path(self, key: str) -> Path | None:
        """Where a file lies on this host, if that is where its back end has it; it need not be there."""

    def local(self, key: str, *, keep: bool = True) -> AbstractContextManager[Path]:
        """A file as one of this host, to be read while the context lasts.

        Args:
            keep: it will be wanted again soon.

        Raises:
            FileNotFoundError: it is not there. Where files lie on this host anyway, whoever opens it finds that out.
        """

    def made(self, key: str) -> AbstractContextManager[Path]:
        """A path of this host at which a file may be made; it is put where it belongs when the context ends well."""

    def adopt(self, folder: Path, key: str) -> None:
        """Take in all files of a folder of this host that is about to become the knowledge base's; then durable."""

    def delete(self, key: str) -> None:
        """Remove a file; none is no error."""

    def delete_under(self, key: str, *, prune: bool = False) -> bool:
        """Remove all files whose keys begin with `key` and a slash; False where some are left for another time.

        Args:
            prune: the folder above goes too, unless something else lies in it.
        """

    def incoming(self, kb_id: str) -> Path:
        """The folder of this host for uploads on their way in; it is not there where the knowledge base was deleted."""

    def check(self) -> None:
        """Pass where files can be had."""

    def tidy(self) -> None:
        """Look after what this host keeps of files that lie elsewhere; to be called now and then by whoever runs on."""


class Listing(Protocol):
    """What a back end without folders tells of its files."""

    def keys(self, key: str, after: str | None, limit: int) -> Sequence[str]:
        """At most `limit` keys that begin with `key` and a slash, in order, from the first behind `after` on."""


def checked(key: str) -> str:
    """A key that is one.

    Raises:
        ValueError: it could lead elsewhere; a fault of ours.
    """
    if not _KEY.fullmatch(key):
        raise ValueError(f"not a key of a file: {key[:100]!r}")
    return key


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One file; methods are those of `FileStore`."""

    store: FileStore
    key: str

    def take(self, path: Path) -> None:
        """Move a file of this host here."""
        self.store.take(self.key, path)

    def put(self, data: bytes) -> None:
        """Write it."""
        self.store.put(self.key, data)

    def get(self) -> bytes:
        """All of it."""
        return self.store.get(self.key)

    def open(self) -> BinaryIO:
        """It, to be read from anywhere in it."""
        return self.store.open(self.key)

    def stat(self) -> os.stat_result:
        """Its size and time."""
        return self.store.stat(self.key)

    def exists(self) -> bool:
        """Whether it is there."""
        try:
            self.store.stat(self.key)
        except FileNotFoundError:
            return False
        return True

    def local(self, *, keep: bool = True) -> AbstractContextManager[Path]:
        """It as a file of this host."""
        return self.store.local(self.key, keep=keep)

    def made(self) -> AbstractContextManager[Path]:
        """Where it may be made."""
        return self.store.made(self.key)

    def drop(self) -> None:
        """Remove it now, or leave that to the sweep, which removes page images of runs that have ended."""
        try:
            self.store.delete(self.key)
        except ServiceUnavailable as error:
            _LOG.info("not removed yet", key=self.key, why=str(error))


@dataclass(frozen=True, slots=True)
class DocumentFiles:
    """One document's files.

    Attributes:
        home: the key of its knowledge base.
        images: the key of its page images; none where there are none, in a backup.
    """

    store: FileStore
    home: str
    document: str
    images: str = ""

    @property
    def key(self) -> str:
        """What the keys of its original and its results begin with."""
        return f"{self.home}/documents/{self.document}"

    @property
    def original(self) -> StoredFile:
        """As it was uploaded."""
        return StoredFile(self.store, f"{self.key}/original")

    def markdown(self, run: int) -> StoredFile:
        """The text of a run."""
        return StoredFile(self.store, f"{self.key}/{run}/document.md")

    def json(self, run: int) -> StoredFile:
        """Pages, blocks and boxes of a run."""
        return StoredFile(self.store, f"{self.key}/{run}/document.json")

    def remove_drafts(self, run: int) -> None:
        """Remove what a worker that died while it wrote a result left of it."""
        self.store.remove_drafts(f"{self.key}/{run}")

    def image(self, run: int, name: str) -> StoredFile:
        """A page image of a run, on its way from render to ocr."""
        return StoredFile(self.store, f"{self.images}/{run}/{name}")

    def remove(self) -> bool:
        """Remove original and results; False where some are left for another time."""
        return self.store.delete_under(self.key)

    def discard(self) -> None:
        """Remove what nobody knows of yet now, or leave that to the sweep, which finds what no database knows."""
        try:
            self.remove()
        except ServiceUnavailable as error:
            _LOG.info("not removed yet", key=self.key, why=str(error))

    def remove_run(self, run: int) -> bool:
        """Remove the results of one run; False where some are left for another time."""
        return self.store.delete_under(f"{self.key}/{run}")

    def remove_images(self, run: int) -> bool:
        """Remove the page images of one run; False where some are left for another time."""
        return self.store.delete_under(f"{self.images}/{run}", prune=True)

    def drop_images(self, run: int) -> None:
        """Remove the page images of one run now, or leave that to the sweep."""
        try:
            self.remove_images(run)
        except ServiceUnavailable as error:
            _LOG.info("not removed yet", document=self.document, run=run, why=str(error))


def document_files(store: FileStore, kb_id: str, document: str) -> DocumentFiles:
    """The files of a document of a knowledge base. A restored document has the id of its twin: images name both."""
    return DocumentFiles(store, home(kb_id), document, f"{IMAGES}/{kb_id}-{document}")


def home(kb_id: str) -> str:
    """What the keys of a knowledge base's files begin with."""
    return f"kb/{kb_id}"
