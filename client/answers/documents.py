"""Knowledge bases and documents: how they stand, what was taken in."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

Status = Literal["queued", "running", "done", "failed", "cancelled"]


class KnowledgeBaseRecord(TypedDict):
    """A knowledge base in a list."""

    id: str
    name: str
    languages: list[str]
    engine: str
    schema: str | dict[str, Any]
    retention_days: int | None
    created_at: str


class DocumentCounts(TypedDict):
    """Documents by status."""

    queued: int
    running: int
    done: int
    failed: int
    cancelled: int


class ReadPages(TypedDict):
    """Pages known so far, and how many of them were read or could not be."""

    total: int
    done: int
    failed: int


class Progress(TypedDict):
    """How far the work is: by pages, 0 to 1, and the time left by the pace measured lately (None: not known yet)."""

    documents: DocumentCounts
    pages: ReadPages
    progress: float
    eta_seconds: float | None
    version: int


class ReviewCounts(TypedDict):
    """How many pages and fields a person should look at."""

    pages: int
    fields: int


class KnowledgeBaseStatus(KnowledgeBaseRecord, Progress):
    """A knowledge base with its counts."""

    review: ReviewCounts


class BatchStatus(Progress):
    """The documents of one upload request."""

    id: str


class AcceptedDocument(TypedDict):
    """An uploaded file that was taken."""

    id: str
    filename: str
    status: Status
    duplicate: bool


class Problem(TypedDict):
    """What went wrong and what to do."""

    code: str
    message: str
    detail: NotRequired[Any]


class RejectedFile(TypedDict):
    """An uploaded file that was not taken."""

    filename: str
    error: Problem


class UploadAnswer(TypedDict):
    """What became of the files of an upload."""

    batch: str
    documents: list[AcceptedDocument]
    rejected: list[RejectedFile]


class PageCounts(TypedDict):
    """Pages of a document by how they stand; `total` is None until the original was opened."""

    total: int | None
    done: int
    failed: int
    text_layer: int
    ocr: int
    review: int


class StageCounts(TypedDict):
    """What a stage has done: pages, chunks or documents."""

    total: int
    done: int
    failed: int
    started_at: str | None
    finished_at: str | None


class FieldValue(TypedDict):
    """A value found in a document.

    Attributes:
        value: as a table wants it: dates in ISO form, phones without blanks.
        text: as it is printed.
        page, box: where it stands, points of the upright page; None where it stands nowhere (a detected language).
        method: the rule that found it; "corrected": a person gave or confirmed it.
        author, corrected_at, correction: of a corrected one, who did it, when, and the correction's id.
    """

    value: str
    text: NotRequired[str | None]
    page: int | None
    box: list[float] | None
    confidence: float
    method: str
    author: NotRequired[str | None]
    corrected_at: NotRequired[str | None]
    correction: NotRequired[str | None]


Fields = dict[str, FieldValue | list[FieldValue] | list[dict[str, FieldValue]]]
"""By name: a value, several, or records of them."""


class LanguageModelUsage(TypedDict):
    """What a language model was asked for the document's fields, and took.

    Attributes:
        requests: by how they ended: "ok", "invalid", "cut", "refused", or why there was no answer.
        estimated: the model's server did not count all tokens.
    """

    model: str
    prompt_tokens: int
    completion_tokens: int
    estimated: bool
    requests: dict[str, int]


class DocumentStatus(TypedDict):
    """How a document stands."""

    id: str
    filename: str
    kind: str
    size_bytes: int
    version: int
    run: int
    published_run: int | None
    status: Status
    stage: str | None
    progress: float
    eta_seconds: float | None
    pages: PageCounts
    stages: dict[str, StageCounts]
    error: Problem | None
    warnings: list[dict[str, Any]]
    usage: LanguageModelUsage | None
    language: str | None
    fields: Fields
    metadata: dict[str, Any]
    tags: list[str]
    batch: str
    created_at: str
    finished_at: str | None
