"""What the stream of a knowledge base's changes tells: states, in the order of their versions."""

from __future__ import annotations

from typing import Literal, TypedDict

from client.answers.documents import DocumentStatus, KnowledgeBaseStatus


class DocumentChange(TypedDict):
    """How a document stands now."""

    type: Literal["document"]
    version: int
    document: DocumentStatus


class DocumentDeleted(TypedDict):
    """A document is gone."""

    type: Literal["deleted"]
    version: int
    id: str


class KnowledgeBaseChange(TypedDict):
    """How the knowledge base stands now.

    Attributes:
        eta_seconds: times left of documents in work, by id; they move on without a change of theirs.
    """

    type: Literal["knowledge_base"]
    version: int
    knowledge_base: KnowledgeBaseStatus
    eta_seconds: dict[str, float | None]


Change = DocumentChange | DocumentDeleted | KnowledgeBaseChange
