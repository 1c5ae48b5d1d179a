"""What is measured of a load, and what is said of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage over a load.

    Attributes:
        processes: its workers.
        busy_s: seconds that they spent on units, all together.
        cpu_s: processor seconds of them and their children meanwhile.
    """

    name: str
    processes: int
    busy_s: float
    cpu_s: float


@dataclass(frozen=True, slots=True)
class Load:
    """Documents put through, from the first upload until the last could be searched.

    Attributes:
        kind: "scans" or "born-digital".
        cores: of the machine.
        others_cpu_s: processor seconds of whatever else ran on the machine.
        stack_cpu_s: of all of Pagemill: stages, servers, web and sweep.
        free_mb: memory that was to be had at the end, megabytes.
        process_mb: memory of a worker with its children, by stage.
    """

    kind: str
    pages: int
    wall_s: float
    cores: int
    stages: tuple[Stage, ...]
    stack_cpu_s: float
    others_cpu_s: float
    free_mb: float
    process_mb: dict[str, float]

    @property
    def pages_per_second(self) -> float:
        """Upload to searchable."""
        return self.pages / self.wall_s

    def busy_share(self, stage: Stage) -> float:
        """How much of their time a stage's workers had work, 0..1."""
        return min(1.0, stage.busy_s / (self.wall_s * stage.processes))

    @property
    def cpu_share(self) -> float:
        """How much of all cores was used, by Pagemill and others, 0..1."""
        return min(1.0, (self.stack_cpu_s + self.others_cpu_s) / (self.wall_s * self.cores))

    def as_dict(self) -> dict[str, Any]:
        """All of it, as JSON holds it."""
        stages = {
            stage.name: {
                "processes": stage.processes, "seconds_a_page": stage.busy_s / self.pages,
                "cpu_seconds_a_page": stage.cpu_s / self.pages, "busy_share": self.busy_share(stage),
            }
            for stage in self.stages
        }  # fmt: skip
        return {
            "kind": self.kind, "pages": self.pages, "wall_s": self.wall_s, "pages_per_second": self.pages_per_second,
            "cpu_share": self.cpu_share, "others_cpu_share": self.others_cpu_s / (self.wall_s * self.cores),
            "free_mb": self.free_mb, "stages": stages,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Verdict:
    """What bounds a load.

    Attributes:
        stage: the one that does; None: none of them.
        why: what was seen, a sentence.
        setting: what to change; None: no setting helps.
        now: its value.
        try_: what to try.
        advice: what to do, a sentence.
    """

    stage: str | None
    why: str
    setting: str | None
    now: str | None
    try_: str | None
    advice: str

    def as_dict(self) -> dict[str, Any]:
        """All of it, as JSON holds it."""
        told = asdict(self)
        told["try"] = told.pop("try_")
        return told
