"""Searchable PDFs: made when first asked for by a child that is there for it alone, and kept in the cache.

The web process never opens an upload. It hands the child the words, page by page as they come from the database, each
with a limit of time; where a page kills the child, another one begins anew and leaves that page as it is.
"""

from __future__ import annotations

import asyncio
import os
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

from pipeline import log
from pipeline.children import Child
from pipeline.corrections.page import CORRECTED
from pipeline.errors import ChildFailed, LeaseLost, PermanentError, ServiceUnavailable, TransientError
from pipeline.settings import Settings
from storage import pages
from storage.catalog import KnowledgeBase
from storage.files import disk_errors, remove_older_searchable, searchable_file
from web.cache import Cache, leave_nothing_of_deleted

_CHILDREN = 3  # that pages may kill before the document is given up
_SECONDS_A_PAGE = 5.0  # of the whole; a page takes hundredths of a second, one of a large picture some seconds
_LONGEST = 30  # times the limit of a page, for the whole of the longest document, all its children together
_MB_A_SECOND = 10.0  # of copying, on a slow disk
_REMEMBER, _REMEMBER_S = 1000, 600.0  # how many documents that failed, and for how long
_LOCKED = (
    "A file with a password cannot be made searchable afterwards, as its password is not kept. Download the original, "
    "save a copy without a password and upload that."
)
_LOG = log.get("searchable")


class SearchablePdfs:
    """One web process's searchable PDFs. They are made one after the other, beside page images and all else."""

    def __init__(self, settings: Settings, cache: Cache) -> None:
        self._settings = settings
        self._cache = cache
        self._closing = Event()
        # One thread: a child takes a core, and others need theirs. It also makes what two ask for at once only once.
        self._thread = ThreadPoolExecutor(1, "searchable")
        self._failed: OrderedDict[tuple[str, int], tuple[float, PermanentError]] = OrderedDict()

    async def file(self, kb: KnowledgeBase, document: str, kind: str, run: int) -> Path:
        """The searchable PDF of a run, made if it is not in the cache.

        Args:
            kind: of the original, as it was sniffed at upload.

        Raises:
            PermanentError: it cannot be made; `not_found` where the document was deleted meanwhile.
            ServiceUnavailable: the disk is full, the child does not start, or this process ends.
        """
        path = searchable_file(kb.data, kb.id, document, run)
        with suppress(FileNotFoundError):
            os.utime(path)  # the longest unused go first
            return path
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self._make, kb, document, kind, run, path)
        return path

    def close(self) -> None:
        """End what is being made."""
        self._closing.set()
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _make(self, kb: KnowledgeBase, document: str, kind: str, run: int, path: Path) -> None:
        if path.exists():  # made while we waited
            return
        failed = self._failed.get((document, run))
        if failed is not None and time.monotonic() < failed[0] + _REMEMBER_S:
            raise failed[1]  # a bomb asked for over and over would block others
        draft = path.with_name(f".{run}-{uuid.uuid4().hex}.pdf.partial")
        with disk_errors():
            path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._make_draft(kb, document, kind, run, draft)
            draft.replace(path)
            remove_older_searchable(path)
            self._cache.wrote(path)
        except FileNotFoundError as error:  # its folder was removed: found out below why
            raise PermanentError("not_found", "The document was deleted.") from error
        finally:
            for left in draft.parent.glob(f"{draft.name}*"):
                left.unlink(missing_ok=True)
            leave_nothing_of_deleted(kb, document)

    def _make_draft(self, kb: KnowledgeBase, document: str, kind: str, run: int, draft: Path) -> None:
        files = kb.files(document)
        with files.original.local() as original, files.json(run).local() as layout:
            self._make_of(_Sources(original, layout), kb, document, kind, run, draft)

    def _make_of(self, sources: _Sources, kb: KnowledgeBase, document: str, kind: str, run: int, draft: Path) -> None:
        killers: set[int] = set()
        until = time.monotonic() + _LONGEST * self._settings.web.preview_seconds
        while True:
            making = _Making(self._settings, sources, kb, document, kind, run, draft, until, self._closing.is_set)
            try:
                making.all_pages(killers)
                return
            except PermanentError as error:
                if error.code == "encrypted":
                    raise PermanentError("encrypted", _LOCKED) from error
                raise
            except ChildFailed as error:
                _LOG.info("child failed", kb=kb.id, document=document, run=run, page=making.page, code=error.code)
                if error.killed or making.page is None or making.overdue or len(killers) + 1 >= _CHILDREN:
                    raise self._given_up(document, run, error) from error
                killers.add(making.page)
                until = making.until  # others wait: a new child has what the last one left of the time
            except LeaseLost as error:
                raise ServiceUnavailable("the server is stopping") from error
            except ServiceUnavailable:
                raise
            except TransientError as error:
                files = kb.files(document)
                if not (files.original.exists() and files.json(run).exists()):
                    raise PermanentError(
                        "not_found", "The document was deleted or read anew meanwhile; look again."
                    ) from error
                raise PermanentError(
                    "page_damaged", "The searchable PDF cannot be made; see the server's log."
                ) from error
            finally:
                making.end()

    def _given_up(self, document: str, run: int, error: ChildFailed) -> PermanentError:
        problem = PermanentError(error.code, f"{error.message} Download the original instead.")
        if not error.killed:
            self._failed[document, run] = time.monotonic(), problem
            while len(self._failed) > _REMEMBER:
                self._failed.popitem(last=False)
        return problem


@dataclass(frozen=True, slots=True)
class _Sources:
    """The original and the layout of its pages, as files of this host."""

    original: Path
    layout: Path


class _Making:
    """One child's way through a document.

    Attributes:
        page: the page it is at; None before the first and after the last.
        until: when the whole must be done, with what other children took before; `time.monotonic`.
        overdue: the whole took too long.
    """

    def __init__(
        self, settings: Settings, sources: _Sources, kb: KnowledgeBase, document: str, kind: str, run: int,
        draft: Path, until: float, lost: Callable[[], bool],
    ) -> None:  # fmt: skip
        self._render, self._page_s = settings.render, settings.web.preview_seconds
        self._sources, self._draft = sources, draft
        self._kb, self._document, self._kind, self._run = kb, document, kind, run
        self._lost = lost
        self._child = Child("render", {"memory_mb": settings.render.memory_mb})
        self.until = until
        self.page: int | None = None
        self.overdue = False

    def all_pages(self, killers: set[int]) -> None:
        """Have it made; pages that killed a child before are left as they are."""
        original = self._sources.original
        copying_s = self._page_s + original.stat().st_size / 1e6 / _MB_A_SECOND
        total = self._call(
            "searchable_begin", copying_s, path=str(original), kind=self._kind, target=str(self._draft),
            layout=str(self._sources.layout), max_pages=self._render.max_pages,
            max_megapixels=self._render.max_megapixels, max_side_pt=self._render.max_side_pt,
        )  # fmt: skip
        allowed_s = _CHILDREN * self._page_s + _SECONDS_A_PAGE * total
        self.until = min(self.until, time.monotonic() + allowed_s)  # of the first child: later ones only come later
        read = pages.each_reading(self._kb, self._document, self._run)
        reading = next(read, None)
        for number in range(1, total + 1):
            self.page = number
            request: dict[str, Any] = {"page_number": number}
            if reading is not None and reading.page_number == number:
                # Text of the page's own stays; what a person corrected in it is laid over it.
                laid = reading.source != "text_layer" or CORRECTED in reading.engine_settings
                words = reading.words if laid and number not in killers else ()
                request |= {
                    "words": [word.as_list() for word in words], "rotation": reading.rotation,
                    "size_pt": [reading.width_pt, reading.height_pt],
                }  # fmt: skip
                reading = next(read, None)
            if problem := self._call("searchable_page", self._page_s, **request, skip=number in killers):
                _LOG.info("page left", kb=self._kb.id, document=self._document, page=number, problem=problem)
        self.page = None
        self._call("searchable_finish", copying_s)

    def _call(self, name: str, seconds: float, **request: Any) -> Any:
        left = self.until - time.monotonic()
        self.overdue = left < seconds
        what = "Making the searchable PDF" if self.page is None else f"Making page {self.page} searchable"
        return self._child.call({"call": name, **request}, what, min(seconds, max(left, 0.0)), self._lost)

    def end(self) -> None:
        """End the child."""
        self._child.kill()
