"""The server itself: what it can do, whether it is ready, its keys."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import TYPE_CHECKING

from client.operations.core import Core
from client.requests import Request

if TYPE_CHECKING:
    from client.answers import About, KeyRecord, NewKeyRecord, Readiness, Scope, SessionInfo


class ServerOperations(Core):
    """Keys are made, listed and revoked with a key of the scope `admin`."""

    async def about(self) -> About:
        """What the server takes and can do."""
        found: About = await self._ask(Request("GET", "/about"))
        return found

    async def readiness(self) -> Readiness:
        """Whether uploads and keyword search work, and if not, why."""
        answer = await self._transport.send(Request("GET", f"{self.base}/readyz", also=503))
        found: Readiness = answer.json()
        return found

    async def session(self) -> SessionInfo:
        """What the key allows here, and whether one is needed."""
        found: SessionInfo = await self._ask(Request("GET", "/session"))
        return found

    def keys(self) -> AsyncGenerator[KeyRecord]:
        """All keys, oldest first, revoked ones too; the keys themselves are kept nowhere."""
        return self._items("/keys")

    async def create_key(
        self, name: str, scope: Scope, *, knowledge_bases: Sequence[str] | None = None
    ) -> NewKeyRecord:
        """Make a key; the answer is the only one that holds it.

        Args:
            name: what it is for, to know it by later.
            knowledge_bases: names or ids that it is for; None: all.
        """
        body = {"name": name, "scope": scope, "knowledge_bases": knowledge_bases}
        made: NewKeyRecord = await self._ask(Request("POST", "/keys", json=body))
        return made

    async def revoke_key(self, key: str) -> None:
        """End a key, by its id, and all that is signed in with it."""
        await self._ask(Request("DELETE", f"/keys/{key}"))
