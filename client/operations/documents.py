"""Documents: how they stand, waiting for them, and what is done with them again."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Iterable, Sequence
from typing import TYPE_CHECKING

from client.operations.core import Core
from client.requests import Request, document_path, kb_path

if TYPE_CHECKING:
    from client.answers import DocumentStatus, RunsOpened, Status

ENDED = ("done", "failed", "cancelled")
_POLL_S = 30.0


class Documents(Core):
    """`document` is an id."""

    def documents(
        self,
        kb: str,
        *,
        status: Status | None = None,
        batch: str | None = None,
        tag: str | None = None,
        filters: Sequence[str] = (),
        limit: int | None = None,
    ) -> AsyncGenerator[DocumentStatus]:
        """Newest first, part by part as they are wanted.

        Args:
            batch: of this upload alone.
            filters: `NAME:VALUE`, `NAME>=VALUE` and so on; all must hold.
            limit: so many at most; None: all.
        """
        path = f"{kb_path(kb)}/documents"
        return self._items(path, limit, status=status, batch=batch, tag=tag, filter=list(filters))

    async def document(
        self, kb: str, document: str, *, wait: float | None = None, since: int | None = None
    ) -> DocumentStatus:
        """How one stands: now, or when its version is greater than `since`.

        Args:
            wait: for so long, seconds, 60 at most.
            since: a version; without it the present one.
        """
        request = Request("GET", document_path(kb, document), {"wait": wait, "since": since})
        found: DocumentStatus = await self._ask(request)
        return found

    async def wait(self, kb: str, document: str, *, timeout_s: float | None = None) -> DocumentStatus:
        """How one stands when its work has ended: `done`, `failed` or `cancelled`.

        Raises:
            TimeoutError: it has not within this time.
        """
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        found = await self.document(kb, document)
        while found["status"] not in ENDED:
            left_s = _POLL_S if deadline is None else min(_POLL_S, deadline - time.monotonic())
            if left_s <= 0:
                raise TimeoutError(f"{found['filename']} is {found['status']} after {timeout_s} s.")
            found = await self.document(kb, document, wait=left_s, since=found["version"])
        return found

    async def wait_all(
        self, kb: str, documents: Iterable[str], *, timeout_s: float | None = None
    ) -> list[DocumentStatus]:
        """How documents stand when the work of all has ended, in the order given.

        Raises:
            TimeoutError: it has not within this time.
        """
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        ended = []
        for document in documents:
            left_s = None if deadline is None else max(0.0, deadline - time.monotonic())
            ended.append(await self.wait(kb, document, timeout_s=left_s))
        return ended

    async def delete_document(self, kb: str, document: str) -> None:
        """Delete one with all that was made of it."""
        await self._ask(Request("DELETE", document_path(kb, document)))

    async def cancel(self, kb: str, document: str) -> DocumentStatus:
        """Stop the work on one; a former result stays."""
        found: DocumentStatus = await self._ask(Request("POST", f"{document_path(kb, document)}/cancel"))
        return found

    async def retry(self, kb: str, document: str, *, password: str | None = None) -> DocumentStatus:
        """Do again what failed of one; what was read is kept.

        Args:
            password: opens it, where it is protected by one.
        """
        body = None if password is None else {"password": password}
        found: DocumentStatus = await self._ask(Request("POST", f"{document_path(kb, document)}/retry", json=body))
        return found

    async def reprocess(self, kb: str, document: str, stage: str, *, password: str | None = None) -> DocumentStatus:
        """Do one anew from a stage on; the former result is found until then."""
        body = None if password is None else {"password": password}
        path = f"{document_path(kb, document)}/reprocess"
        found: DocumentStatus = await self._ask(Request("POST", path, {"from": stage}, json=body))
        return found

    async def reprocess_all(
        self,
        kb: str,
        stage: str,
        *,
        status: str | None = None,
        engine: str | None = None,
        tag: str | None = None,
    ) -> RunsOpened:
        """Do many anew from a stage on; those in work are passed over.

        Args:
            engine: only those with a page that it read.
        """
        params = {"from": stage, "status": status, "engine": engine, "tag": tag}
        opened: RunsOpened = await self._ask(Request("POST", f"{kb_path(kb)}/reprocess", params))
        return opened
