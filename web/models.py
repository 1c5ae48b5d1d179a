"""What requests and answers look like. Answers may grow; nothing in them is renamed or removed."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from pipeline.settings import EngineName, Language

Status = Literal["queued", "running", "done", "failed", "cancelled"]
Limit = Annotated[int, Field(ge=1, le=500)]


class Request(BaseModel):
    """Bodies and queries: unknown names are refused, so that no wish is silently ignored."""

    model_config = ConfigDict(extra="forbid")


class Answer(BaseModel):
    """Bodies of answers."""

    model_config = ConfigDict(extra="forbid")


class NewKnowledgeBase(Request):
    """A knowledge base to make."""

    name: str
    languages: Annotated[list[Language], Field(min_length=1)] | None = None
    engine: EngineName | None = None


class KnowledgeBaseChange(Request):
    """What to change of a knowledge base; documents in work keep what they began with."""

    name: str | None = None
    languages: Annotated[list[Language], Field(min_length=1)] | None = None
    engine: EngineName | None = None


class KnowledgeBaseRecord(Answer):
    """A knowledge base in a list."""

    id: str
    name: str
    languages: list[str]
    engine: str
    created_at: str


class KnowledgeBaseStatus(KnowledgeBaseRecord):
    """A knowledge base with its counts."""

    documents: dict[str, int]
    pages: dict[str, int]
    progress: float
    eta_seconds: float | None
    version: int


class KnowledgeBaseList(Answer):
    """Knowledge bases."""

    items: list[KnowledgeBaseRecord]
    next_cursor: str | None


class AcceptedDocument(Answer):
    """An uploaded file that was taken."""

    id: str
    filename: str
    status: Status
    duplicate: bool


class Problem(Answer):
    """What went wrong and what to do."""

    code: str
    message: str
    detail: JsonValue = None


class RejectedFile(Answer):
    """An uploaded file that was not taken."""

    filename: str
    error: Problem


class UploadAnswer(Answer):
    """What became of the files of an upload."""

    batch: str
    documents: list[AcceptedDocument]
    rejected: list[RejectedFile]


class PageCounts(Answer):
    """Pages of a document by how they stand; `total` is null until the original was opened."""

    total: int | None
    done: int
    failed: int
    text_layer: int
    ocr: int
    review: int


class StageCounts(Answer):
    """What a stage has done: pages, chunks or documents."""

    total: int
    done: int
    failed: int
    started_at: str | None
    finished_at: str | None


class DocumentStatus(Answer):
    """How a document stands."""

    id: str
    filename: str
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
    warnings: list[dict[str, JsonValue]]
    language: str | None
    fields: dict[str, JsonValue]
    metadata: dict[str, JsonValue]
    tags: list[str]
    batch: str
    created_at: str
    finished_at: str | None


class DocumentList(Answer):
    """Documents, newest first."""

    items: list[DocumentStatus]
    next_cursor: str | None


class DocumentQuery(Request):
    """Which documents to list."""

    status: Status | None = None
    batch: str | None = None
    tag: str | None = None
    limit: Limit = 50
    cursor: str | None = None


class ListQuery(Request):
    """Which part of a list."""

    limit: Limit = 50
    cursor: str | None = None


class SearchQuery(Request):
    """What to search for."""

    q: Annotated[str, Field(min_length=1, max_length=2000)]
    limit: Annotated[int, Field(ge=1, le=100)] = 10
    mode: Literal["hybrid", "vector", "keyword"] = "hybrid"


class HitBox(Answer):
    """A rectangle on a page, points of the upright page: x0, y0, x1, y1."""

    page: int
    box: list[float]


class SearchHit(Answer):
    """A passage found; `document` is its document's id."""

    document: str
    filename: str
    pages: list[int]
    text: str
    highlights: list[tuple[int, int]]
    score: float
    boxes: list[HitBox]
    fields: dict[str, JsonValue]


class SearchAnswer(Answer):
    """Passages, best first; `degraded` says what could not be asked, or is null."""

    hits: list[SearchHit]
    took_ms: float
    degraded: str | None


class UploadForm(BaseModel):
    """The fields beside the files."""

    model_config = ConfigDict(extra="forbid")

    metadata: dict[str, JsonValue] = Field(default_factory=dict)
    tags: Annotated[list[Annotated[str, Field(min_length=1, max_length=100)]], Field(max_length=50)] = Field(
        default_factory=list
    )
