"""What answers look like. They may grow; nothing in them is renamed or removed.

In one file, as it is the table of the API's forms and holds nothing else.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from storage.keys import Scope

Rotation = Literal[0, 90, 180, 270]
Status = Literal["queued", "running", "done", "failed", "cancelled"]


class Answer(BaseModel):
    """Bodies of answers."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class KnowledgeBaseRecord(Answer):
    """A knowledge base in a list."""

    id: str
    name: str
    languages: list[str]
    engine: str
    schema_: str | dict[str, JsonValue] = Field(
        alias="schema", description="The fields that are looked for: a name, or a JSON Schema."
    )
    retention_days: int | None
    created_at: str


class DocumentCounts(Answer):
    """Documents by status."""

    queued: int
    running: int
    done: int
    failed: int
    cancelled: int


class ReadPages(Answer):
    """Pages known so far, and how many of them were read or could not be."""

    total: int
    done: int
    failed: int


class Progress(Answer):
    """How far the work is: by pages, 0 to 1, and the time left by the pace measured lately (null: not known yet)."""

    documents: DocumentCounts
    pages: ReadPages
    progress: Annotated[float, Field(ge=0, le=1)]
    eta_seconds: float | None
    version: int


class ReviewCounts(Answer):
    """How many pages and fields a person should look at."""

    pages: int
    fields: int


class KnowledgeBaseStatus(KnowledgeBaseRecord, Progress):
    """A knowledge base with its counts."""

    review: ReviewCounts


class BatchStatus(Progress):
    """The documents of one upload request."""

    id: str


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


class FieldValue(Answer):
    """A value found in a document.

    Attributes:
        value: as a table wants it: dates in ISO form, phones without blanks.
        text: as it is printed.
        page, box: where it stands, points of the upright page; null where it stands nowhere (a detected language).
        method: the rule that found it; "corrected": a person gave or confirmed it.
        author, corrected_at, correction: of a corrected one, who did it, when, and the correction's id.
    """

    value: str
    text: str | None = None
    page: int | None
    box: list[float] | None
    confidence: Annotated[float, Field(ge=0, le=1)]
    method: str
    author: str | None = None
    corrected_at: str | None = None
    correction: str | None = None


class LanguageModelUsage(Answer):
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


Fields = dict[str, FieldValue | list[FieldValue] | list[dict[str, FieldValue]]]


class DocumentStatus(Answer):
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
    warnings: list[dict[str, JsonValue]]
    usage: LanguageModelUsage | None
    language: str | None
    fields: Fields
    metadata: dict[str, JsonValue]
    tags: list[str]
    batch: str
    created_at: str
    finished_at: str | None


class DocumentList(Answer):
    """Documents, newest first."""

    items: list[DocumentStatus]
    next_cursor: str | None


class PageRecord(Answer):
    """A page in a list.

    Attributes:
        rotation: degrees clockwise by which it was turned to stand upright; `width_pt` and `height_pt` are after that.
        corrected: a person has corrected or confirmed its text.
    """

    page_number: int
    state: Literal["rendered", "read", "failed"]
    width_pt: float | None
    height_pt: float | None
    rotation: Rotation
    source: str | None
    engine: str | None
    confidence: float | None
    review: str | None
    error: Problem | None
    corrected: bool


class PageList(Answer):
    """Pages of the latest run that were rendered, read or failed, by number."""

    items: list[PageRecord]
    next_cursor: str | None


class PageWord(Answer):
    """A word; its box is in points of the upright page: x0, y0, x1, y1."""

    text: str
    box: list[float]
    confidence: float
    line: int


class PageBlock(Answer):
    """A block, in reading order.

    Attributes:
        kind: heading, paragraph, list_item, table, figure, caption, footnote, header or footer.
        level: of headings 1 to 3; of list items how deep they are nested, from 0.
        text: of a figure the labels in it; may be empty.
    """

    kind: str
    level: int
    text: str
    box: list[float]


class PageReading(Answer):
    """What was read on a page.

    Attributes:
        rotation: degrees clockwise by which it was turned to stand upright; all boxes are of the upright page.
        blocks: of the published result; null before there is one, and where that had the page turned in another way.
        rules: lines drawn on the page, level or plumb, as thin boxes.
        figures: boxes of pictures, charts and drawings.
        vertical: most of the text runs from top to bottom.
        text: the lines of the page in reading order, a line a line: what a correction replaces.
        corrected: a person has corrected or confirmed its text.
    """

    page_number: int
    width_pt: float
    height_pt: float
    rotation: Rotation
    text: str
    corrected: bool
    words: list[PageWord]
    blocks: list[PageBlock] | None
    source: str
    engine: str
    engine_version: str
    engine_settings: dict[str, JsonValue]
    confidence: float
    script: str
    review: str | None
    seconds: float
    rules: list[list[float]]
    figures: list[list[float]]
    vertical: bool


class DocumentLine(Answer):
    """A line as it is printed."""

    text: str
    box: list[float]


class TableCell(Answer):
    """A cell; `row` and `column` are those of its upper left corner, from 0."""

    row: int
    column: int
    row_span: int
    column_span: int
    header: bool
    text: str
    box: list[float]


class DocumentTable(Answer):
    """The cells of a table, row by row."""

    rows: int
    columns: int
    cells: list[TableCell]


class DocumentBlock(PageBlock):
    """A block with its lines; `continues`: it goes on with the sentence, or the table, of the block before it.

    Only tables have `table` and `html`.
    """

    continues: bool
    lines: list[DocumentLine]
    table: DocumentTable | None = None
    html: str | None = None


class DocumentPage(Answer):
    """A page and its blocks in reading order."""

    page_number: int
    width_pt: float
    height_pt: float
    source: str
    confidence: float
    blocks: list[DocumentBlock]


class DocumentJson(Answer):
    """The published result of a document."""

    language: str | None
    pages: list[DocumentPage]


class SessionInfo(Answer):
    """What one may do here: `knowledge_bases` are the ids that the key is for, null for all."""

    scope: Scope
    knowledge_bases: list[str] | None
    keys_needed: bool


class KeyRecord(Answer):
    """A key in a list; the key itself is kept nowhere. `knowledge_bases`: ids, null for all."""

    id: str
    name: str
    scope: Scope
    knowledge_bases: list[str] | None
    created_at: str
    used_at: str | None
    revoked_at: str | None


class NewKeyRecord(KeyRecord):
    """A key just made, with the key itself: told this once."""

    key: str


class KeyList(Answer):
    """Keys, oldest first."""

    items: list[KeyRecord]
    next_cursor: str | None


class About(Answer):
    """What this server takes and can do; fields with less than `review_confidence` are listed for review."""

    version: str
    kinds: list[str]
    max_upload_mb: int
    max_files: int
    engines: list[str]
    languages: list[str]
    schemas: list[str]
    review_confidence: float


class Health(Answer):
    """The web process answers."""

    status: str
    version: str


class Readiness(Answer):
    """Whether uploads and keyword search work; if not, why; and what else is worth knowing."""

    ready: bool
    problems: list[str]
    notes: list[str]


class ErrorAnswer(Answer):
    """Every error looks like this."""

    error: Problem
