"""What the server answers, as types: plain dicts at run time, so that what a newer server adds comes through.

They are those of `web/answers.py` and its neighbours, a test holds them to that: a key that is `NotRequired` may be
missing, and whatever is in them may be joined by more.
"""

from client.answers.changes import Change, DocumentChange, DocumentDeleted, KnowledgeBaseChange
from client.answers.documents import (
    AcceptedDocument,
    BatchStatus,
    DocumentCounts,
    DocumentStatus,
    Fields,
    FieldValue,
    KnowledgeBaseRecord,
    KnowledgeBaseStatus,
    LanguageModelUsage,
    PageCounts,
    Problem,
    Progress,
    ReadPages,
    RejectedFile,
    ReviewCounts,
    StageCounts,
    Status,
    UploadAnswer,
)
from client.answers.found import (
    FacetCounts,
    FacetValue,
    FieldTable,
    HitBox,
    HitCopy,
    Kind,
    SearchAnswer,
    SearchHit,
    TableColumn,
    TableRow,
)
from client.answers.pages import (
    DocumentBlock,
    DocumentJson,
    DocumentLine,
    DocumentPage,
    DocumentTable,
    PageBlock,
    PageReading,
    PageRecord,
    PageWord,
    Rotation,
    TableCell,
)
from client.answers.pipeline import (
    FailedUnit,
    PipelineStatus,
    RunsOpened,
    StageLoad,
    StagePause,
    UnitInWork,
    UnitsDiscarded,
    WorkerRecord,
)
from client.answers.review import Correction, ReviewField, ReviewList, ReviewPage
from client.answers.server import About, KeyRecord, NewKeyRecord, Readiness, Scope, SessionInfo

__all__ = [
    "About", "AcceptedDocument", "BatchStatus", "Change", "Correction", "DocumentBlock", "DocumentChange",
    "DocumentCounts", "DocumentDeleted", "DocumentJson", "DocumentLine", "DocumentPage", "DocumentStatus",
    "DocumentTable", "FacetCounts", "FacetValue", "FailedUnit", "FieldTable", "FieldValue", "Fields", "HitBox",
    "HitCopy", "KeyRecord", "Kind", "KnowledgeBaseChange", "KnowledgeBaseRecord", "KnowledgeBaseStatus",
    "LanguageModelUsage", "NewKeyRecord", "PageBlock", "PageCounts", "PageReading", "PageRecord", "PageWord",
    "PipelineStatus", "Problem", "Progress", "ReadPages", "Readiness", "RejectedFile", "ReviewCounts", "ReviewField",
    "ReviewList", "ReviewPage", "Rotation", "RunsOpened", "Scope", "SearchAnswer", "SearchHit", "SessionInfo",
    "StageCounts", "StageLoad", "StagePause", "Status", "TableCell", "TableColumn", "TableRow", "UnitInWork",
    "UnitsDiscarded", "UploadAnswer", "WorkerRecord",
]  # fmt: skip
