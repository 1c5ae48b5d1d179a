"""One file through render, ocr and extract as the workers take it, and what each page cost.

The same killable children with the same limits and settings do it, and what fails is tried as often as the ledger
would have it tried; only the ledger itself, its pauses and the database are missing.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any

from cli.evaluation.meter import Cost, Meter
from pipeline import requests
from pipeline.children import ChildPool
from pipeline.errors import ChildFailed, PermanentError, TransientError
from pipeline.extract.build import build_document
from pipeline.extract.document import Document
from pipeline.extract.markdown import to_markdown
from pipeline.settings import Settings
from pipeline.types import PageReading


@dataclass(frozen=True, slots=True)
class PageResult:
    """What became of one page.

    Attributes:
        reading: None where it failed.
        error: why it failed, or None.
        cost: of rendering and OCR; of opening the file too on its first page.
    """

    page_number: int
    reading: PageReading | None
    error: str | None
    cost: Cost


@dataclass(frozen=True, slots=True)
class FileResult:
    """What became of one file.

    Attributes:
        pages: none where the file could not be opened.
        error: why it could not, or None.
        document: of the pages that were read.
        markdown: the document's.
        extract_s: wall time of making the document.
    """

    pages: tuple[PageResult, ...]
    error: str | None
    document: Document
    markdown: str
    extract_s: float


class Chain(AbstractContextManager["Chain"]):
    """Two children, kept from file to file; not for several threads at once.

    Args:
        settings: as the workers have them; `ocr.engine` and `ocr.languages` stand for the knowledge base's.
    """

    def __init__(self, settings: Settings) -> None:
        self._render, self._ocr, self._ledger = settings.render, settings.ocr, settings.ledger
        self._stopped = threading.Event()
        self._folder = tempfile.TemporaryDirectory(prefix="pagemill-eval-")
        self._pools: dict[str, ChildPool] = {}
        try:
            self._renderer = self._started("render", requests.render_config(settings.render))
            self._reader = self._started("ocr", requests.ocr_config(settings))
            self.meter = Meter(self._pools)
        except BaseException:
            self._end()
            raise

    def _started(self, role: str, config: dict[str, Any]) -> ChildPool:
        pool = ChildPool(role, config, 1)
        self._pools[role] = pool
        return pool

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None,
                 /) -> None:  # fmt: skip
        """End the children."""
        self.meter.stop()
        self._end()

    def _end(self) -> None:
        for pool in self._pools.values():
            pool.kill()
        self._folder.cleanup()

    def stop(self) -> None:
        """From another thread: let what is in work end at once, with `LeaseLost`."""
        self._stopped.set()

    def put_through(self, path: Path, kind: str) -> FileResult:
        """Read all pages of a file.

        Args:
            kind: as `sniff` names it.

        Raises:
            LeaseLost: `stop` was called.
        """
        source = requests.original(self._render, path.absolute(), kind)
        opening = partial(self._asked, self._renderer, requests.open_original(source), "Opening the file",
                          self._render.page_seconds)  # fmt: skip
        with self.meter.measured() as opened:
            total, error = self._attempt(opening)
        pages: list[PageResult] = []
        for number in range(1, (total or 0) + 1):
            with self.meter.measured() as cost:
                reading, problem = self._attempt(partial(self._page, source, number))
            pages.append(PageResult(number, reading, problem, cost if number > 1 else opened + cost))
        began = time.perf_counter()
        document = build_document([page.reading for page in pages if page.reading is not None])
        markdown = to_markdown(document)
        return FileResult(tuple(pages), error, document, markdown, time.perf_counter() - began)

    def _attempt(self, work: Callable[[], Any]) -> tuple[Any, str | None]:
        """The outcome of one of the tries, or None and why there is none."""
        crashes = errors = 0
        while True:
            try:
                return work(), None
            except PermanentError as error:
                return None, f"{error.message} ({error.code})"
            except ChildFailed as error:
                crashes += 1
                if crashes >= self._ledger.max_crashes:
                    return None, f"{error.message} ({error.code})"
            except TransientError as error:
                errors += 1
                if errors >= self._ledger.max_errors:
                    return None, f"{error} (stage_failed)"

    def _page(self, source: dict[str, Any], number: int) -> PageReading:
        file = Path(self._folder.name) / f"{number}.tif"
        request = requests.render_page(self._render, source, number, file)
        answer = self._asked(self._renderer, request, f"Drawing page {number}", self._render.page_seconds)
        page = requests.rendered_page(answer, number, file)
        if page.reading is not None:
            return page.reading
        assert page.image is not None
        request = requests.read_page(
            self._ocr.engine, self._ocr.languages, number, page.image, page.width_pt, page.height_pt
        )
        try:
            answer = self._asked(self._reader, request, f"Reading page {number}", self._ocr.page_seconds)
        finally:
            file.unlink(missing_ok=True)
        return PageReading.from_dict(answer)

    def _asked(self, pool: ChildPool, request: dict[str, Any], what: str, seconds: float) -> Any:
        return pool.call(request, what, seconds, self._stopped.is_set)
