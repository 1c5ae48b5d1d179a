"""The stage functions in one bare loop: no storage, no queue, no children, everything warm. What no stack can beat."""

from __future__ import annotations

import datetime
import multiprocessing
import os
import resource
import time
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any
from unittest.mock import patch

import orjson

from pipeline import settings
from pipeline.embed.embedder import Embedder
from pipeline.extract.build import build_document
from pipeline.extract.chunks import cut_chunks
from pipeline.extract.fields import extract_fields
from pipeline.extract.json_form import to_json
from pipeline.extract.language import detect_language
from pipeline.extract.markdown import to_markdown
from pipeline.ocr.reader import PageReader
from pipeline.render.draw import RenderOptions, render_page
from pipeline.render.source import open_source
from pipeline.types import PageReading
from storage.catalog import DEFAULT_SCHEMA
from tests.bench.fresh import Fresh


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds of processor, all in all and by stage, and seconds on the clock; of what it ran to the end too."""

    cpu_s: float
    wall_s: float
    stages: dict[str, float]


class Loop:
    """All stages in this process."""

    def __init__(self) -> None:
        config = settings.load()
        self._options = RenderOptions(dpi=config.render.dpi)
        self._languages = tuple(config.ocr.languages)
        self._reader = PageReader(
            config.ocr.engine, timeout_s=config.ocr.page_seconds, review_confidence=config.ocr.review_confidence
        )
        self._embedder = Embedder(
            config.embed_model,
            threads=config.embed.compute_threads,
            precision=config.embed.precision,
            engine=config.embed.engine,
        )
        self._target_tokens = config.extract.chunk_tokens
        self._spent: dict[str, float] = {}
        fresh = Fresh("bare")
        with TemporaryDirectory() as folder:
            for name, content in (("born.pdf", fresh.born_digital(2)), ("scan.pdf", fresh.scan(3))):
                (Path(folder) / name).write_bytes(content)
            self.run(sorted(map(str, Path(folder).iterdir())))

    def run(self, paths: Sequence[str]) -> Took:
        """Put files through, one after the other."""
        self._spent = dict.fromkeys(("render", "ocr", "extract", "embed"), 0.0)
        cpu, began = _cpu_s(), time.perf_counter()
        with TemporaryDirectory() as folder:
            for path in paths:
                self._put_through(Path(path), Path(folder) / "page.png")
        return Took(_cpu_s() - cpu, time.perf_counter() - began, dict(self._spent))

    def _put_through(self, path: Path, image: Path) -> None:
        readings: list[PageReading] = []
        with closing(self._timed("render", open_source, path, "pdf")) as source:
            for number in range(1, source.pages + 1):
                page = self._timed("render", render_page, source, number, image, self._options)
                readings.append(page.reading or self._timed(
                    "ocr", self._reader.read, page.image, number, page.width_pt, page.height_pt, self._languages
                ))  # fmt: skip
        texts = self._timed("extract", self._extracted, readings)
        self._timed("embed", self._embedder.passages, texts)

    def _extracted(self, readings: list[PageReading]) -> list[str]:
        document = build_document(readings)
        markdown = to_markdown(document)
        orjson.dumps(to_json(document))
        chunks = cut_chunks(document, target_tokens=self._target_tokens)
        extract_fields(document, DEFAULT_SCHEMA, datetime.date.today())
        detect_language(markdown)
        return [chunk.text for chunk in chunks]

    def _timed(self, stage: str, function: Any, *arguments: Any) -> Any:
        before = _cpu_s()
        try:
            return function(*arguments)
        finally:
            self._spent[stage] += _cpu_s() - before


def _cpu_s() -> float:
    usages = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


_loop: list[Loop] = []  # of the process that is one


def _warm() -> None:
    _loop.append(Loop())


def _run(paths: Sequence[str]) -> Took:
    return _loop[0].run(paths)


class Bare(AbstractContextManager["Bare"]):
    """A loop in a process of its own."""

    def __init__(self) -> None:
        self._pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), initializer=_warm)
        with patch.dict(os.environ, {"OPENBLAS_NUM_THREADS": "1"}):  # as children of workers have it
            self._pool.submit(_run, [])  # the process is started here, and warms up meanwhile

    def start(self, paths: Sequence[Path]) -> Future[Took]:
        """Begin to put files through."""
        return self._pool.submit(_run, [str(path) for path in paths])

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        """End the process."""
        self._pool.shutdown()
