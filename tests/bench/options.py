"""What is asked of a bench."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Asked:
    """How to measure.

    Attributes:
        rounds: how often what is compared runs by turns.
        quick: less work, for a first look.
        pages: how many pages are drawn, where a bench draws some; None: as many as it likes.
        keep: a folder for what takes long to build, kept for the next time; None: a temporary one.
    """

    rounds: int = 3
    quick: bool = False
    pages: int | None = None
    keep: Path | None = None
