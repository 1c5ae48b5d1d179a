"""The one table of stages: their order, what a unit of each is, and what comes after.

Every other place asks this table: queues and worker groups are made from it, the ledger plans units by it, status and
pipeline views list it. The word for a stage is the same everywhere: module, actor, queue, settings section, metric.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

UnitKind = Literal["page_range", "document", "chunk_range"]


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of the chain.

    Attributes:
        unit: what one message stands for.
        counts: what a unit's size counts, for people.
        weight: share of a typical scan's time, for progress; the weights sum to 1.
        page_level: a failed unit fails its pages only, not the run.
    """

    name: str
    unit: UnitKind
    counts: str
    weight: float
    page_level: bool


STAGES: tuple[Stage, ...] = (
    Stage("render", "page_range", "pages", 0.15, page_level=True),
    Stage("ocr", "page_range", "pages", 0.65, page_level=True),
    Stage("extract", "document", "documents", 0.05, page_level=False),
    Stage("embed", "chunk_range", "chunks", 0.10, page_level=False),
    Stage("store", "document", "documents", 0.05, page_level=False),
)
NAMES: tuple[str, ...] = tuple(stage.name for stage in STAGES)
BY_NAME: dict[str, Stage] = {stage.name: stage for stage in STAGES}
FIRST, LAST = NAMES[0], NAMES[-1]


def after(name: str) -> str | None:
    """The stage that follows, or None after the last."""
    position = NAMES.index(name) + 1
    return NAMES[position] if position < len(NAMES) else None


def up_to(name: str) -> tuple[str, ...]:
    """The stage and all before it: what must be settled before the next may start."""
    return NAMES[: NAMES.index(name) + 1]
