"""What every reading engine is to the rest of Pagemill, and nothing of any one engine.

Kept free of heavy imports: `pagemill doctor` and the policy ask here without loading a model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from pipeline.errors import PermanentError
from pipeline.types import Box, PageImage, Word

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SCRIPT_OF_LANGUAGE = {"en": "latin", "zh-Hans": "han", "zh-Hant": "han"}
"""The script each language Pagemill reads is written in; the keys are BCP 47 codes."""


class Engine(Protocol):
    """One way of reading a page. An instance is used by one thread and may hold a warm model."""

    @property
    def name(self) -> str:
        """The word for it in settings."""
        ...

    @property
    def version(self) -> str:
        """Version of engine and models, as recorded with every page."""
        ...

    def warm(self) -> None:
        """Loads whatever reading needs, so that the first page is not slower than the others.

        Raises:
            PermanentError: `engine_missing`, if something is not installed.
        """
        ...

    def settings(self, image: PageImage, languages: Sequence[str]) -> dict[str, Any]:
        """What this engine is told for such a page, JSON-serialisable."""
        ...

    def read(self, image: PageImage, languages: Sequence[str]) -> list[Word]:
        """Reads one page.

        Args:
            image: an upright page.
            languages: BCP 47 codes to expect on this page, at least one.

        Returns:
            The words in the engine's order. Boxes in points; `size_pt` is the height of the line's box in points;
            no spaces within CJK text. Empty if nothing was read.

        Raises:
            PermanentError: `engine_missing` or `page_damaged`.
            ChildFailed: `page_timeout`.
        """
        ...


class LineText(NamedTuple):
    """What was read of a line by itself.

    Attributes:
        text: may be empty.
        confidence: 0..1, 0 without text.
    """

    text: str
    confidence: float


class LineReader(Protocol):
    """An engine's way of trying a few lines, grey pixels cut out of a page, before the page is read.

    Attributes:
        sure: confidence that this engine gives to good lines and hardly ever to lines on their heads, 0..1.
    """

    sure: float

    def upside_down(self, lines: Sequence[NDArray[np.uint8]]) -> float | None:
        """How likely these lines, at least one, stand on their heads, 0..1; None without a quick way to tell."""
        ...

    def read_lines(self, lines: Sequence[NDArray[np.uint8]]) -> list[LineText]:
        """Reads single lines, at least one; a result for each."""
        ...


class Blind:
    """Reads no line: what can only be proven by reading stays as it is."""

    sure = 1.0

    def upside_down(self, lines: Sequence[NDArray[np.uint8]]) -> float | None:
        """Cannot tell."""
        return None

    def read_lines(self, lines: Sequence[NDArray[np.uint8]]) -> list[LineText]:
        """Nothing, surely of none."""
        return [LineText("", 0.0) for _ in lines]


@dataclass(frozen=True, slots=True)
class Availability:
    """Whether an engine can run on this machine.

    Attributes:
        ok: it can.
        reason: why not, or what was found, one sentence.
        remedy: what to do about it; empty where `ok`.
    """

    ok: bool
    reason: str
    remedy: str = ""

    def require(self) -> None:
        """Does nothing where the engine can run.

        Raises:
            PermanentError: `engine_missing`, with reason and remedy as its message.
        """
        if not self.ok:
            raise PermanentError("engine_missing", f"{self.reason} {self.remedy}".strip())


def check_languages(languages: Sequence[str]) -> None:
    """Refuses languages that no engine here reads.

    Raises:
        PermanentError: `engine_missing`, naming the languages there are.
    """
    unknown = [code for code in languages if code not in SCRIPT_OF_LANGUAGE]
    if unknown or not languages:
        known = ", ".join(SCRIPT_OF_LANGUAGE)
        what = f"No reading engine knows the language {', '.join(unknown)}." if unknown else "No language is set."
        raise PermanentError("engine_missing", f"{what} Set the knowledge base's languages to some of: {known}.")


def box_in_points(x0: float, y0: float, x1: float, y1: float, image: PageImage) -> Box:
    """A box in pixels of `image`, clipped to it, as points of the page."""
    scale = 72.0 / image.dpi
    return Box(
        min(max(x0, 0.0), image.width_px) * scale,
        min(max(y0, 0.0), image.height_px) * scale,
        min(max(x1, 0.0), image.width_px) * scale,
        min(max(y1, 0.0), image.height_px) * scale,
    )
