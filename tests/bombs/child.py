"""A render child and the pool that holds it, called as the worker calls them and watched while a bomb goes off."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.children import ChildPool
from pipeline.errors import ChildFailed, PermanentError
from pipeline.settings import RenderSettings
from tests import drawing


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a call ended: "ok" or a code, after how long, and the most memory its child had."""

    code: str
    seconds: float
    peak_mb: float


class Defuser:
    """Calls a render child that may die of it."""

    def __init__(self, folder: Path, memory_mb: int) -> None:
        self._pool = ChildPool("render", {"memory_mb": memory_mb}, 1)
        self._folder = folder
        self._innocent = drawing.text_pdf([["The heron stands in the river."]])

    def call(self, content: bytes, kind: str, call: str, seconds: float, page_number: int = 1) -> Outcome:
        """One call, under the limits of the settings.

        Args:
            call: open, render or preview.
            seconds: the limit on its time.

        Raises:
            TransientError: neither an answer nor a dead child: an error that nobody has thought of.
        """
        path = self._folder / "original"
        path.write_bytes(content)
        limits = RenderSettings()
        request: dict[str, Any] = {
            "call": call, "path": str(path), "kind": kind, "max_pages": limits.max_pages,
            "max_megapixels": limits.max_megapixels, "max_side_pt": limits.max_side_pt, "dpi": limits.dpi,
            "page_number": page_number, "width_px": 960, "image": str(self._folder / "page"),
        }  # fmt: skip
        peak_mb = 0.0

        def watch() -> bool:
            nonlocal peak_mb
            peak_mb = max(peak_mb, self._pool.memory_mb())
            return False

        began = time.monotonic()
        try:
            self._pool.call(request, "It", seconds, watch)
            code = "ok"
        except (PermanentError, ChildFailed) as error:
            code = error.code
        return Outcome(code, time.monotonic() - began, max(peak_mb, self._pool.memory_mb()))

    def lives(self) -> bool:
        """Whether an innocent page is drawn."""
        return self.call(self._innocent, "pdf", "render", 60.0).code == "ok"

    def close(self) -> None:
        """End the child."""
        self._pool.kill()


@contextmanager
def defuser(folder: Path, memory_mb: int) -> Iterator[Defuser]:
    """A child for as long as the body runs."""
    made = Defuser(folder, memory_mb)
    try:
        yield made
    finally:
        made.close()
