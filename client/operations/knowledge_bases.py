"""Knowledge bases: list, make, look at, change, delete."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from client.errors import ApiError, NotFound
from client.operations.core import Core
from client.requests import Request, kb_path

if TYPE_CHECKING:  # types of answers are for checkers and editors: loading them takes a hundredth of a second
    from client.answers import BatchStatus, KnowledgeBaseRecord, KnowledgeBaseStatus


class Wishes(TypedDict, total=False):
    """How a knowledge base should be; None is what was not wished for.

    Attributes:
        schema: the fields to look for: "generic", "resume" or a JSON Schema.
        languages: of its documents: "en", "zh-Hans", "zh-Hant".
        engine: that reads pages: "auto" or an engine's name.
        retention_days: documents uploaded more days ago are deleted; None: they are kept.
    """

    schema: str | dict[str, Any] | None
    languages: Sequence[str] | None
    engine: str | None
    retention_days: int | None


class KnowledgeBases(Core):
    """`kb` is a name or an id everywhere."""

    def knowledge_bases(self) -> AsyncGenerator[KnowledgeBaseRecord]:
        """All that the key is for."""
        return self._items("/knowledge-bases")

    async def knowledge_base(self, kb: str) -> KnowledgeBaseStatus:
        """One, with its counts and how far its work is."""
        found: KnowledgeBaseStatus = await self._ask(Request("GET", kb_path(kb)))
        return found

    async def create_knowledge_base(self, name: str, **wishes: Unpack[Wishes]) -> KnowledgeBaseRecord:
        """Make one."""
        made: KnowledgeBaseRecord = await self._ask(Request("POST", "/knowledge-bases", json={"name": name, **wishes}))
        return made

    async def ensure_knowledge_base(self, name: str, **wishes: Unpack[Wishes]) -> KnowledgeBaseRecord:
        """The one of this name or id as it is, or a new one; the wishes count for a new one alone."""
        try:
            return await self.knowledge_base(name)
        except NotFound:
            pass
        try:
            return await self.create_knowledge_base(name, **wishes)
        except ApiError as error:
            if error.code != "name_taken":  # else somebody has just made it
                raise
        return await self.knowledge_base(name)

    async def change_knowledge_base(
        self, kb: str, *, name: str | None = None, **wishes: Unpack[Wishes]
    ) -> KnowledgeBaseRecord:
        """Change what is given, of it also the name; documents in work keep what they began with."""
        body = {"name": name, **wishes}
        changed: KnowledgeBaseRecord = await self._ask(Request("PATCH", kb_path(kb), json=body))
        return changed

    async def delete_knowledge_base(self, kb: str) -> None:
        """Delete one with all that is in it."""
        await self._ask(Request("DELETE", kb_path(kb)))

    async def batch(self, kb: str, batch: str) -> BatchStatus:
        """How far the documents of one upload are."""
        found: BatchStatus = await self._ask(Request("GET", f"{kb_path(kb)}/batches/{batch}"))
        return found
