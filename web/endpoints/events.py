"""WebSocket: what changes in a knowledge base, as it changes.

Each message is a JSON object of a `type`:

    {"type": "document", "version", "document": {as GET .../documents/{id}}}
    {"type": "deleted", "version", "id"}
    {"type": "knowledge_base", "version", "knowledge_base": {as GET /knowledge-bases/{kb}},
     "eta_seconds": {document: seconds or null}}      times left of documents in work move on without a change of theirs
    {"type": "error", "error": {"code", "message", "detail"}}, and then the connection is closed

They tell states, not steps, in the order of their versions. A client that comes back with the greatest version it saw
gets the present state of all that changed meanwhile, deletions too. Changes in quick succession are told once.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import Any

from pydantic import ValidationError
from starlette.websockets import WebSocket, WebSocketDisconnect

from pipeline.errors import PermanentError, ServiceUnavailable
from storage import status
from storage.catalog import KnowledgeBase
from storage.database import Missing
from web import answers, errors, inputs
from web.endpoints.knowledge_bases import standing
from web.state import State, query, state
from web.threads import in_thread

_AT_ONCE = 200
_SUMMARY_S = 0.5  # the knowledge base's own counts are told no more often
_ALIVE_S = 20.0
_RESTART = 1012


async def events(socket: WebSocket) -> None:
    """WS /knowledge-bases/{kb}/events."""
    await socket.accept()
    parts = state(socket)
    telling = asyncio.create_task(_tell(socket, parts))
    listening = asyncio.create_task(_until_gone(socket))
    try:
        await asyncio.wait({telling, listening}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        telling.cancel()
        listening.cancel()
        with suppress(asyncio.CancelledError, WebSocketDisconnect):
            await telling
        with suppress(asyncio.CancelledError):
            await listening


async def _until_gone(socket: WebSocket) -> None:
    """What the client says is not asked for; that it goes is."""
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass


async def _tell(socket: WebSocket, parts: State) -> None:
    try:
        wanted = query(socket, inputs.EventsQuery)
        record, kb = await in_thread(parts.knowledge_base, socket)
        await _tell_changes(socket, parts, kb, record["id"], wanted.since)
    except ValidationError as error:
        wrong = PermanentError("bad_request", errors.sentence(error))
        await errors.refuse(socket, wrong, accepted=True)
    except Missing:
        gone = PermanentError("not_found", "There is no such knowledge base, or it was deleted.")
        await errors.refuse(socket, gone, accepted=True)
    except (PermanentError, ServiceUnavailable) as error:
        await errors.refuse(socket, error, accepted=True)


async def _tell_changes(socket: WebSocket, parts: State, kb: KnowledgeBase, kb_id: str, since: int | None) -> None:
    present = await in_thread(status.version, kb)
    # A version of the future is from another life of the data folder: begin anew.
    version = present if since is None else since if since <= present else 0
    summary_at, summarised = 0.0, -1
    while not parts.watch.closed:
        await parts.access.who(socket)  # again and again: a key may be revoked, a session end
        found = await in_thread(status.changes, kb, version, _AT_ONCE)
        for change in _messages(found):
            await socket.send_json(change)
        version = found.version
        if not found.complete:
            continue
        wait_s = _ALIVE_S
        if version > summarised:
            wait_s = summary_at + _SUMMARY_S - time.monotonic()
            if wait_s <= 0:
                record = await in_thread(parts.storage.knowledge_base, kb_id)
                counted = await in_thread(standing, record, kb, parts.settings.extract.review_confidence)
                message = {
                    "type": "knowledge_base", "version": version, "knowledge_base": counted.model_dump(by_alias=True),
                    "eta_seconds": await in_thread(status.etas, kb, _AT_ONCE),
                }  # fmt: skip
                await socket.send_json(message)
                # Counts of a large knowledge base may be a while old: they are told until they are of this version.
                summary_at, summarised = time.monotonic(), counted.version
                wait_s = _ALIVE_S if summarised >= version else _SUMMARY_S
        await parts.watch.beyond(kb, version, wait_s)
    await socket.close(_RESTART)


def _messages(found: status.Changes) -> list[dict[str, Any]]:
    told: list[tuple[int, dict[str, Any]]] = [
        (version, {"type": "deleted", "version": version, "id": document}) for version, document in found.deleted
    ]
    for document in found.documents:
        shown = answers.DocumentStatus(**document).model_dump(by_alias=True)
        told.append((document["version"], {"type": "document", "version": document["version"], "document": shown}))
    return [message for _, message in sorted(told, key=lambda one: one[0])]
