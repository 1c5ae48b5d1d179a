"""What goes wrong, as exceptions. Their words are for people; programs go by `code` (the README lists them)."""

from __future__ import annotations

from typing import Any


class PagemillError(Exception):
    """Root of what the client raises on purpose."""


class NoServer(PagemillError):
    """Nothing answers at the address, or what answered has gone."""


class ApiError(PagemillError):
    """The server refused.

    Attributes:
        code: the API's error code; "unexpected" where something else than Pagemill answered, such as a proxy.
        message: what is wrong and what to do.
        status: of the HTTP answer; None where there was none.
        detail: facts for programs.
        retry_after_s: how long the server wants to be left alone, seconds, where it says so.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        status: int | None = None,
        detail: Any = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.detail = detail
        self.retry_after_s = retry_after_s


class NotFound(ApiError):
    """There is no such knowledge base, document, page, key or stage, or not for this key."""


class Unauthorized(ApiError):
    """There is no key, it is not valid, or it does not allow this."""


class NotReady(ApiError):
    """The result is not there yet."""


class Busy(ApiError):
    """Not now: too much waits already, or a part is out of reach. The same request may be taken later."""


_BY_CODE: dict[str, type[ApiError]] = {
    "not_found": NotFound,
    "unauthorized": Unauthorized,
    "forbidden": Unauthorized,
    "not_ready": NotReady,
    "too_many_waiting": Busy,
    "unavailable": Busy,
}


def error_of(problem: Any, status: int | None = None, retry_after_s: float | None = None) -> ApiError:
    """The exception of what the API says is wrong: `{"code", "message", "detail"}`.

    Raises:
        KeyError, TypeError: it says something else.
    """
    kind = _BY_CODE.get(problem["code"], ApiError)
    return kind(problem["code"], problem["message"], status=status, detail=problem.get("detail"),
                retry_after_s=retry_after_s)  # fmt: skip
