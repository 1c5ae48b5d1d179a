"""The server itself: what it can do, keys, and who one is."""

from __future__ import annotations

from typing import Literal, TypedDict

Scope = Literal["read", "write", "admin"]


class SessionInfo(TypedDict):
    """What one may do here: `knowledge_bases` are the ids that the key is for, None for all."""

    scope: Scope
    knowledge_bases: list[str] | None
    keys_needed: bool


class KeyRecord(TypedDict):
    """A key in a list; the key itself is kept nowhere. `knowledge_bases`: ids, None for all."""

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


class About(TypedDict):
    """What this server takes and can do; fields with less than `review_confidence` are listed for review."""

    version: str
    kinds: list[str]
    max_upload_mb: int
    max_files: int
    engines: list[str]
    languages: list[str]
    schemas: list[str]
    review_confidence: float


class Readiness(TypedDict):
    """Whether uploads and keyword search work; if not, why; and what else is worth knowing."""

    ready: bool
    problems: list[str]
    notes: list[str]
