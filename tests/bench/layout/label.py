"""What a labelled page is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipeline.extract.document import Kind


@dataclass(frozen=True, slots=True)
class Label:
    """A block that a reader sees on the page.

    Attributes:
        anchor: how its text begins, at most twelve characters or so, without bullet; empty for a figure.
        floats: stands beside the text (a figure, its caption), so that its place in the order is a matter of taste.
    """

    kind: Kind
    anchor: str
    floats: bool = False


@dataclass(frozen=True, slots=True)
class LabelledPage:
    """A page and its blocks in reading order.

    Attributes:
        name: for the table.
        script: "en" or "zh".
        file: where it lies.
        page_number: the page that is labelled, from 1; the whole document is read.
    """

    name: str
    script: str
    file: Path
    page_number: int
    labels: tuple[Label, ...]
