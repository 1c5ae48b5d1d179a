"""Pagemill from Python: `Pagemill` waits for answers, `AsyncPagemill` is awaited, and both do the same.

Answers are plain dicts; `client.answers` has their types. It knows nothing of the rest of Pagemill and talks to any
server over HTTP: docs/client.md shows how.
"""

from client.asynchronous import AsyncPagemill
from client.blocking import Pagemill
from client.errors import ApiError, Busy, NoServer, NotFound, NotReady, PagemillError, Unauthorized

__all__ = ["ApiError", "AsyncPagemill", "Busy", "NoServer", "NotFound", "NotReady", "Pagemill", "PagemillError",
           "Unauthorized"]  # fmt: skip
