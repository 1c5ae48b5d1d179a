"""What answers look like. They may grow; nothing in them is renamed or removed.

In one file, as it is the table of the API's forms and holds nothing else.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from pipeline.extract.fields.columns import Kind
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


class HitBox(Answer):
    """A rectangle on a page, points of the upright page: x0, y0, x1, y1."""

    page: int
    box: list[float]


class HitCopy(Answer):
    """Where a passage stands that says the same as a hit; `knowledge_base` and `document` are ids."""

    knowledge_base: str
    document: str
    filename: str
    pages: list[int]


class SearchHit(Answer):
    """A passage found; `knowledge_base` and `document` are ids.

    Attributes:
        highlights: [start, end) offsets in `text`, in code points.
        snippet: the sentences of the text that hold most of what was asked for.
        snippet_highlights: [start, end) offsets in `snippet`.
        duplicates: passages elsewhere that say the same: copies of the file, other versions of it.
    """

    knowledge_base: str
    document: str
    filename: str
    pages: list[int]
    text: str
    highlights: list[tuple[int, int]]
    score: float
    boxes: list[HitBox]
    fields: Fields
    snippet: str
    snippet_highlights: list[tuple[int, int]]
    duplicates: list[HitCopy]


class FacetValue(Answer):
    """A value of a facet and how many documents have it.

    Attributes:
        filters: what to add as `filter` to be left with these documents alone.
        low, high: of a range of numbers, from `low` to below `high`; else null.
    """

    value: str
    count: int
    filters: list[str]
    low: float | None = None
    high: float | None = None


class FacetCounts(Answer):
    """The values of a facet; `more`: there are others."""

    name: str
    kind: Kind
    values: list[FacetValue]
    more: bool


class SearchAnswer(Answer):
    """Passages, best first.

    Attributes:
        degraded: what could not be asked, or null.
        notes: what of the query was taken otherwise than it was written: sentences.
    """

    hits: list[SearchHit]
    facets: list[FacetCounts] = []
    took_ms: float
    degraded: str | None
    notes: list[str]


class TableColumn(Answer):
    """A column of the table of fields; `filled`: there is a document with a value in it."""

    name: str
    kind: Kind
    filled: bool


class TableRow(Answer):
    """A document in the table of fields, with the fields of its published run."""

    document: str
    filename: str
    created_at: str
    status: Status
    language: str | None
    pages: int | None
    tags: list[str]
    fields: Fields


class FieldTable(Answer):
    """Part of the table of fields; `total` rows there are in all."""

    columns: list[TableColumn]
    items: list[TableRow]
    total: int
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


class Correction(Answer):
    """What a person corrected.

    Attributes:
        was: the value of a field before; null where there was none, and of pages.
        value: of a field; null where it was taken away.
        text: of a page.
        confirmed: it was right as it was.
        run: that it opened.
        stands: it is in force, neither replaced by a newer one nor taken back.
    """

    id: str
    kind: Literal["page", "field"]
    page: int | None
    path: str | None
    index: int | None
    was: str | None
    value: str | None
    text: str | None
    confirmed: bool
    author: str
    created_at: str
    run: int
    stands: bool
    taken_back_at: str | None


class CorrectionList(Answer):
    """Corrections of a document, newest first."""

    items: list[Correction]
    next_cursor: str | None


class ReviewPage(Answer):
    """A page that a person should look at.

    Attributes:
        why: the code of its error where it was not read; else `low_confidence`, `no_text`, `text_missed`, `vertical`,
            `page_damaged` or `other`.
        note: the same as a sentence.
    """

    kind: Literal["page"]
    document: str
    filename: str
    page: int
    confidence: float
    why: str
    note: str


class ReviewField(Answer):
    """A field that a person should look at.

    Attributes:
        index: its place in the list, of fields and of records in lists.
        why: `low_confidence`.
    """

    kind: Literal["field"]
    document: str
    filename: str
    page: int | None
    path: str
    index: int | None
    value: str
    text: str | None
    box: list[float] | None
    confidence: float
    why: str


class ReviewList(Answer):
    """What a person should look at, least sure first; `counts` are of all that there is, whatever is listed."""

    items: list[ReviewPage | ReviewField]
    counts: ReviewCounts
    next_cursor: str | None


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
