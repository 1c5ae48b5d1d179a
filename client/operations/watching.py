"""What changes in a knowledge base, as it changes: over a WebSocket that is opened again when it breaks."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from client.errors import NoServer, error_of
from client.operations.core import Core
from client.requests import kb_path

if TYPE_CHECKING:
    from client.answers import Change

_PAUSES_S = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)


class Watching(Core):
    """Who comes with the last version it saw misses nothing."""

    async def changes(self, kb: str, *, since: int | None = None) -> AsyncGenerator[Change]:
        """The present state of what changed since a version, then a state a change, without end.

        A connection that breaks, as when the server is restarted, is opened again: for about a minute. No change is
        lost then; one may be told twice.

        Args:
            since: a version; None: from now on.

        Raises:
            ApiError: the server refused, or the knowledge base was deleted.
            NoServer: it did not come back.
        """
        seen, heard, failures = since, False, 0
        while True:
            gone = NoServer(f"{self.base} closed the connection again and again.")
            query = "" if seen is None else f"?{urlencode({'since': seen})}"
            try:
                async with aclosing(self._transport.listen(f"{kb_path(kb)}/events{query}")) as messages:
                    async for message in messages:
                        change = json.loads(message)
                        if change["type"] == "error":
                            raise error_of(change["error"])
                        seen, heard, failures = change["version"], True, 0
                        yield change
            except NoServer as error:
                gone = error
            if not heard or failures == len(_PAUSES_S):
                raise gone
            await self._transport.sleep(_PAUSES_S[failures])
            failures += 1
