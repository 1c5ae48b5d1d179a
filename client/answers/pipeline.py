"""The stages over all knowledge bases: how they stand, what failed in them."""

from __future__ import annotations

from typing import TypedDict

from client.answers.documents import Problem


class StageLoad(TypedDict):
    """What waits, runs and failed in a stage; the oldest ready unit's age is None where none waits.

    `failed` counts the units of `/pipeline/{stage}/failed`.
    """

    ready: int
    claimed: int
    failed: int
    rate_per_minute: float
    oldest_age_seconds: float | None
    paused: bool


class StagePause(TypedDict):
    """Whether a stage is paused, and since when."""

    stage: str
    paused: bool
    since: str | None


class FailedUnit(TypedDict):
    """A unit that failed: pages or chunks `unit` of a document, or all of it (`0-0`)."""

    kb: str
    knowledge_base: str
    document: str
    filename: str
    run: int
    stage: str
    unit: str
    error: Problem
    finished_at: str


class RunsOpened(TypedDict):
    """How many documents are done again, and how many were passed over, as they are in work."""

    runs: int
    passed_over: int


class UnitsDiscarded(TypedDict):
    """How many failed units were taken off the list."""

    units: int


class UnitInWork(TypedDict):
    """What a worker is doing: pages or chunks `unit` of a document."""

    kb: str
    knowledge_base: str | None
    document: str
    filename: str | None
    run: int
    unit: str
    seconds: float


class WorkerRecord(TypedDict):
    """A worker process."""

    id: str
    stage: str
    host: str
    pid: int
    started_at: str
    units_done: int
    doing: list[UnitInWork]


class PipelineStatus(TypedDict):
    """How the pipeline stands over all knowledge bases."""

    stages: dict[str, StageLoad]
    workers: list[WorkerRecord]
