"""What an evaluation found: pages, and the figures of a set made of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

from cli.evaluation.chain import PageResult
from cli.evaluation.metrics import Accuracy, Spread

WRONG_CER = 0.05
"""A page with a larger share of its characters wrong is one that a person should have been shown."""

BANDS = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 1.0)
"""Where the table of confidence against accuracy is cut."""


@dataclass(frozen=True, slots=True)
class PageOutcome:
    """A page, or a file of several pages whose truth is in one piece.

    Attributes:
        engine: who read it: "text_layer", an engine, or "" where it failed.
        version: of that engine.
        settings: what it was told.
        confidence: 0..1.
        review: why a person should look, or None.
        failed: there is no reading.
        words: how many were read.
        accuracy: None without truth.
        text: what was read.
        wall_s, cpu_s: of rendering and OCR.
        peak_mb: by role of the child.
    """

    name: str
    engine: str
    version: str
    settings: dict[str, Any]
    confidence: float
    review: str | None
    failed: bool
    words: int
    accuracy: Accuracy | None
    text: str
    wall_s: float
    cpu_s: float
    peak_mb: dict[str, float]
    pages: int = 1

    @classmethod
    def of(cls, name: str, pages: Sequence[PageResult], accuracy: Accuracy | None, text: str) -> PageOutcome:
        """From what the chain made of it."""
        cost = pages[0].cost
        for page in pages[1:]:
            cost = cost + page.cost
        readings = [page.reading for page in pages if page.reading is not None]
        words = [word for reading in readings for word in reading.words]
        length = sum(len(reading.words) for reading in readings)
        confidence = sum(reading.confidence * len(reading.words) for reading in readings) / length if length else 0.0
        reviews = [reading.review for reading in readings if reading.review]
        return cls(
            name=name,
            engine=" and ".join(sorted({reading.engine for reading in readings})),
            version=" and ".join(sorted({reading.engine_version for reading in readings if reading.engine_version})),
            settings=readings[0].engine_settings if readings else {},
            confidence=confidence,
            review=reviews[0] if reviews else None,
            failed=len(readings) < len(pages),
            words=len(words),
            accuracy=accuracy,
            text=text,
            wall_s=cost.wall_s,
            cpu_s=cost.cpu_s,
            peak_mb=cost.peak_mb,
            pages=len(pages),
        )

    @property
    def silently_empty(self) -> bool:
        """Nothing was read, nobody was told, and truth stands there (or nobody knows what stands there)."""
        blank = self.accuracy is not None and self.accuracy.characters == 0
        return not self.words and not self.failed and self.review is None and not blank

    @property
    def wrong(self) -> bool:
        """More of its characters are wrong than a person should find out by accident, in whatever order they stand:
        how sure an engine is tells of characters, not of columns.
        """  # noqa: D205
        return self.accuracy is not None and self.accuracy.flexible_cer > WRONG_CER

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON form."""
        return {**asdict(self), "silently_empty": self.silently_empty}


_FIGURES: dict[str, tuple[Callable[[Accuracy], float], bool]] = {
    "character_accuracy": (lambda page: page.character_accuracy, True),
    "cer": (lambda page: page.cer, False),
    "flexible_accuracy": (lambda page: max(0.0, 1.0 - page.flexible_cer), True),
    "strict_accuracy": (lambda page: max(0.0, 1.0 - page.strict_cer), True),
    "f1": (lambda page: page.words.f1, True),
    "kept": (lambda page: page.words.kept, True),
    "invented": (lambda page: page.words.invented, False),
    "bare_f1": (lambda page: page.bare_words.f1, True),
}


@dataclass(frozen=True, slots=True)
class SetOutcome:
    """A set.

    Attributes:
        files: that took part.
        problems: sentences about files and pages that could not be read or measured, each beginning with its name.
        notes: sentences about what else lies in the folder, and about characters that were read and then lost.
        unknown: files without truth, which were read all the same.
    """

    name: str
    files: int
    pages: tuple[PageOutcome, ...]
    problems: tuple[str, ...]
    notes: tuple[str, ...]
    unknown: tuple[str, ...]

    @property
    def measured(self) -> list[PageOutcome]:
        """Pages whose truth is known."""
        return [page for page in self.pages if page.accuracy is not None]

    def spread(self, figure: str) -> Spread | None:
        """A figure over the pages with truth, by its name in `_FIGURES`."""
        value, low_is_bad = _FIGURES[figure]
        return Spread.of([value(page.accuracy) for page in self.pages if page.accuracy], low_is_bad=low_is_bad)

    @property
    def pooled_cer(self) -> float | None:
        """Edits of all pages over characters of all pages, so that long pages weigh more."""
        characters = sum(page.accuracy.characters for page in self.pages if page.accuracy)
        edits = sum(page.accuracy.edits for page in self.pages if page.accuracy)
        return edits / characters if characters else None

    @property
    def calibration(self) -> Calibration:
        """How far the flag for review and the confidence can be trusted."""
        return Calibration.of(self.pages)

    @property
    def page_count(self) -> int:
        """Pages read or tried, those of files with truth in one piece too."""
        return sum(page.pages for page in self.pages)

    def seconds(self, which: Callable[[PageOutcome], float]) -> float | None:
        """Mean a page."""
        return sum(which(page) for page in self.pages) / self.page_count if self.pages else None

    @property
    def peak_mb(self) -> dict[str, float]:
        """By role of the child."""
        roles = {role for page in self.pages for role in page.peak_mb}
        return {role: max(page.peak_mb.get(role, 0.0) for page in self.pages) for role in sorted(roles)}

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON form: figures first, then problems, then every page."""
        figures = {name: asdict(spread) if (spread := self.spread(name)) else None for name in _FIGURES}
        return {
            "name": self.name,
            "files": self.files,
            "pages": self.page_count,
            "measured": len(self.measured),
            **figures,
            "pooled_cer": self.pooled_cer,
            "wall_s": self.seconds(lambda page: page.wall_s),
            "cpu_s": self.seconds(lambda page: page.cpu_s),
            "peak_mb": self.peak_mb,
            "review": sum(page.review is not None for page in self.pages),
            "failed": sum(page.failed for page in self.pages),
            "silently_empty": [page.name for page in self.pages if page.silently_empty],
            "calibration": self.calibration.as_dict(),
            "problems": list(self.problems),
            "notes": list(self.notes),
            "without_truth": list(self.unknown),
            "page_list": [page.as_dict() for page in self.pages],
        }


@dataclass(frozen=True, slots=True)
class Band:
    """Pages with a confidence from `low` on and below `high` (1.0 belongs to the last band)."""

    low: float
    high: float
    pages: int
    accuracy: float
    wrong: int


@dataclass(frozen=True, slots=True)
class Calibration:
    """Of pages that OCR read and whose truth is known; characters in whatever order.

    Attributes:
        above: pages above the review line: not flagged.
        above_wrong: those of them with more than `WRONG_CER` of their characters wrong.
        flagged: pages flagged for review.
        flagged_right: those of them with no more than that wrong.
    """

    above: int
    above_wrong: tuple[str, ...]
    flagged: int
    flagged_right: int
    bands: tuple[Band, ...]

    @classmethod
    def of(cls, pages: Sequence[PageOutcome]) -> Calibration:
        """From pages; those of a text layer, failed ones and those without truth do not count."""
        read = [page for page in pages if page.accuracy and not page.failed and page.engine != "text_layer"]
        above = [page for page in read if page.review is None]
        flagged = [page for page in read if page.review is not None]
        bands = []
        for low, high in pairwise(BANDS):
            inside = [page for page in read if low <= page.confidence < high or page.confidence == high == 1.0]
            if inside:
                accuracy = sum(1.0 - min(1.0, page.accuracy.flexible_cer) for page in inside if page.accuracy) / len(
                    inside
                )
                bands.append(Band(low, high, len(inside), accuracy, sum(page.wrong for page in inside)))
        return cls(
            len(above), tuple(page.name for page in above if page.wrong),
            len(flagged), sum(not page.wrong for page in flagged), tuple(bands),
        )  # fmt: skip

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON form."""
        return asdict(self)
