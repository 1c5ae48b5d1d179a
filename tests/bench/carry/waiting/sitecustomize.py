"""An engine that only waits, for processes that have this folder in PYTHONPATH: what the queue can carry.

It stands where the reader of pages stands (`pipeline/ocr/reader.py`), in the ocr child. All around it is as ever: the
child and its pipes and limits, the page image that is fetched and looked at, the reading that is checked, packed and
committed. Each page comes out with as many words as a full page has.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

_AT = "pipeline.ocr.service"
_WORDS, _IN_A_LINE = 250, 10


class _Finder(MetaPathFinder):
    """Puts the waiting reader in the place of the real one once that module is imported."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != _AT:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        assert spec is not None and spec.loader is not None
        spec.loader = _Loader(spec.loader)
        return spec


class _Loader(Loader):
    def __init__(self, real: Loader) -> None:
        self._real = real

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._real.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._real.exec_module(module)
        module.PageReader = _reader()  # type: ignore[attr-defined]


def _reader() -> type:
    import time

    from pipeline.ocr.policy import Choice
    from pipeline.types import Box, PageImage, PageReading, Word

    wait_s = float(os.environ["BENCH_WAIT_S"])
    words = tuple(
        Word(f"word{at * 37 % 997}", Box(50 + at % _IN_A_LINE * 50.5, 40 + at // _IN_A_LINE * 30.25,
             95.5 + at % _IN_A_LINE * 50.5, 52.25 + at // _IN_A_LINE * 30.25), 0.97, at // _IN_A_LINE, 0, 12.25)
        for at in range(_WORDS)
    )  # fmt: skip

    class WaitingReader:
        """As `PageReader`, but for the reading."""

        def __init__(self, engine: str, **_: Any) -> None:
            self.engine = engine

        def choice(self, languages: Sequence[str]) -> Choice:
            return Choice(("waiting",), f"It waits {wait_s} s a page.")

        def warm(self, languages: Sequence[str] = ("en",)) -> None:
            pass

        def read(
            self, image: PageImage, page_number: int, width_pt: float, height_pt: float, languages: Sequence[str]
        ) -> PageReading:
            time.sleep(wait_s)
            return PageReading(page_number, width_pt, height_pt, words, "ocr", "waiting", "1", confidence=0.97,
                               script="latin", seconds=wait_s)  # fmt: skip

    return WaitingReader


if "BENCH_WAIT_S" in os.environ:
    sys.meta_path.insert(0, _Finder())
