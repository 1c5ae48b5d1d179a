"""The stages over all knowledge bases: how they stand, stopping them, what failed in them."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING

from client.operations.core import Core
from client.requests import Request

if TYPE_CHECKING:
    from client.answers import FailedUnit, PipelineStatus, RunsOpened, StagePause, UnitsDiscarded


class Pipeline(Core):
    """`stage` is render, ocr, extract, embed or store."""

    async def pipeline(self) -> PipelineStatus:
        """What waits, runs and failed in each stage, and what each worker does."""
        found: PipelineStatus = await self._ask(Request("GET", "/pipeline"))
        return found

    async def pause(self, stage: str) -> StagePause:
        """Stop a stage: what is in work is finished, the rest waits."""
        found: StagePause = await self._ask(Request("POST", f"/pipeline/{stage}/pause"))
        return found

    async def resume(self, stage: str) -> StagePause:
        """Let a stage go on."""
        found: StagePause = await self._ask(Request("POST", f"/pipeline/{stage}/resume"))
        return found

    def failures(
        self, stage: str, *, kb: str | None = None, document: str | None = None, limit: int | None = None
    ) -> AsyncGenerator[FailedUnit]:
        """What failed in a stage, newest first, part by part as it is wanted."""
        return self._items(f"/pipeline/{stage}/failed", limit, kb=kb, document=document)

    async def retry_failures(self, stage: str, *, kb: str | None = None, document: str | None = None) -> RunsOpened:
        """Try again the documents of what failed in a stage."""
        request = Request("POST", f"/pipeline/{stage}/failed/retry", {"kb": kb, "document": document})
        opened: RunsOpened = await self._ask(request)
        return opened

    async def discard_failures(
        self, stage: str, *, kb: str | None = None, document: str | None = None
    ) -> UnitsDiscarded:
        """Accept what failed in a stage: off the list."""
        request = Request("POST", f"/pipeline/{stage}/failed/discard", {"kb": kb, "document": document})
        discarded: UnitsDiscarded = await self._ask(request)
        return discarded
