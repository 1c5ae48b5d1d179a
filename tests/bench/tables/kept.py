"""Labels of tables in the folder of real documents: facts about them, no more than a few cells of each."""

from __future__ import annotations

from pathlib import Path


def measure(corpus: Path, scans: Path | None, with_others: bool) -> None:
    """Prints how many labelled facts are right."""
