"""Page images for people: drawn on demand by a limited child, kept in a bounded cache.

The web process never opens an upload: the child does, under limits of time and memory.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any

from pipeline.children import ChildPool
from pipeline.errors import ChildFailed, PermanentError, ServiceUnavailable, TransientError
from pipeline.settings import Settings
from storage.catalog import KnowledgeBase
from storage.files import disk_errors, preview_folder
from web.cache import Cache, leave_nothing_of_deleted

WIDTHS = (240, 480, 960, 1440, 1920, 2400)
"""Pixels; what is asked for is rounded up to one of these, so that the cache holds few sizes of a page."""

_REMEMBER, _REMEMBER_S = 1000, 600.0  # how many pages that overran, and for how long
_LOCKED = (
    "The pages of a file with a password are not drawn, as its password is not kept. Their text is here; download the "
    "original to see them."
)


class Previews:
    """One web process's page images."""

    def __init__(self, settings: Settings, cache: Cache) -> None:
        self._settings = settings
        self._cache = cache
        self._children: ChildPool | None = None
        self._lock = Lock()
        # Threads of its own, as a child dies with the thread that started it, and those of the loop's pool come and go.
        self._threads = ThreadPoolExecutor(settings.web.preview_processes, "previews")
        self._overran: OrderedDict[tuple[str, int], tuple[float, str, str]] = OrderedDict()

    async def image(
        self, kb: KnowledgeBase, document: str, kind: str, page_number: int, rotation: int, width_px: int
    ) -> Path:
        """The image file of a page, drawn if it is not in the cache.

        Args:
            kind: of the original, as it was sniffed at upload.
            rotation: degrees clockwise by which the page is turned (`PageReading.rotation`).
            width_px: at least so wide; at most the largest of `WIDTHS`.

        Raises:
            PermanentError: the page cannot be drawn.
            ServiceUnavailable: the disk is full, the original is out of reach, or the child does not start.
        """
        width_px = next((width for width in WIDTHS if width >= width_px), WIDTHS[-1])
        path = preview_folder(kb.data, kb.id, document) / f"{page_number}-{rotation}-{width_px}.jpg"
        if path.exists():
            with suppress(FileNotFoundError):
                os.utime(path)  # the longest unused go first
                return path
        self._still_allowed(document, page_number)
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._threads, self._draw, kb, document, kind, page_number, rotation, width_px, path)
        return path

    def close(self) -> None:
        """End the children."""
        with self._lock:
            if self._children is not None:
                self._children.kill()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _still_allowed(self, document: str, page_number: int) -> None:
        """Refuse at once what crashed or overran a child lately: a bomb asked for over and over would block others."""
        found = self._overran.get((document, page_number))
        if found is not None and time.monotonic() < found[0] + _REMEMBER_S:
            raise PermanentError(*found[1:])

    def _draw(
        self, kb: KnowledgeBase, document: str, kind: str, page_number: int, rotation: int, width_px: int, path: Path
    ) -> None:
        if path.exists():  # drawn while we waited
            return
        self._still_allowed(document, page_number)  # or found to be a bomb
        try:
            self._draw_into(path, kb, document, kind, page_number, rotation, width_px)
        finally:
            leave_nothing_of_deleted(kb, document)

    def _draw_into(
        self, path: Path, kb: KnowledgeBase, document: str, kind: str, page_number: int, rotation: int, width_px: int
    ) -> None:
        with disk_errors():
            path.parent.mkdir(parents=True, exist_ok=True)
        render, original = self._settings.render, kb.files(document).original
        what = f"Drawing page {page_number}"
        try:
            with original.local() as file:
                request = {
                    "call": "preview", "path": str(file), "kind": kind, "page_number": page_number,
                    "max_pages": render.max_pages, "max_megapixels": render.max_megapixels,
                    "max_side_pt": render.max_side_pt, "rotation": rotation, "width_px": width_px, "image": str(path),
                }  # fmt: skip
                self._pool().call(request, what, self._settings.web.preview_seconds, lambda: False)
        except FileNotFoundError as error:
            raise PermanentError("not_found", "The document was deleted.") from error
        except PermanentError as error:
            if error.code == "encrypted":  # its password was erased when its pages had been read
                raise PermanentError("encrypted", _LOCKED) from error
            raise
        except ChildFailed as error:
            problem = PermanentError(error.code, f"{error.message} Download the original to see it.")
            if not error.killed:
                self._overran[document, page_number] = time.monotonic(), problem.code, problem.message
                while len(self._overran) > _REMEMBER:
                    self._overran.popitem(last=False)
            raise problem from error
        except ServiceUnavailable:
            raise
        except TransientError as error:
            if not original.exists():
                raise PermanentError("not_found", "The document was deleted.") from error
            raise PermanentError(
                "page_damaged", f"Page {page_number} cannot be drawn; see the server's log."
            ) from error
        self._cache.wrote(path)

    def _pool(self) -> ChildPool:
        with self._lock:
            if self._children is None:
                config: dict[str, Any] = {"memory_mb": self._settings.render.memory_mb}
                self._children = ChildPool("render", config, self._settings.web.preview_processes)
            return self._children
