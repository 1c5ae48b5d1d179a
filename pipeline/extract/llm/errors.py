"""Why a language model gave nothing: a short word for programs, and a sentence that says what to do.

What a server said of an error is never passed on: such words may quote the page, or the key.
"""

from __future__ import annotations

from typing import Literal

from pipeline.errors import PagemillError

Why = Literal[
    "unreachable",  # no connection, or it broke
    "timeout",
    "overloaded",  # 429
    "server_error",
    "unauthorized",
    "no_model",  # 404
    "rejected",  # the server takes no form of the request
    "redirected",
    "malformed",  # what came back is not of the protocol
    "paused",  # it was not asked, as it failed again and again
]
PASSING: frozenset[Why] = frozenset({"unreachable", "overloaded", "server_error"})
"""What may be gone in a moment, so that asking again is worth it."""


class NoAnswer(PagemillError):
    """The model was asked and gave nothing to work with.

    Attributes:
        why: one of `Why`.
        message: what happened and what to do, for whoever runs the server.
        retry_after_s: how long the server wants to be left alone, if it said so.
    """

    def __init__(self, why: Why, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.why = why
        self.message = message
        self.retry_after_s = retry_after_s


class Taken(PagemillError):
    """The work was taken away meanwhile: the call was broken off, and nothing of it counts."""
