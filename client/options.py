"""Which server to ask, and how: the same for both clients."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypedDict

from client.errors import ApiError, Busy

if TYPE_CHECKING:
    import ssl

_HERE = "http://127.0.0.1:8000"
_TIMEOUT_S = 120.0  # above the 60 s that the server lets a long poll wait


class Options(TypedDict, total=False):
    """What both clients take by name.

    Attributes:
        patience_s: how long a request that the server refuses for now (429, 503) is tried again, with growing pauses
            and never sooner than it says; 0, the default: not at all.
        on_wait: is told before each pause: the refusal, and how long the pause is, seconds.
        timeout_s: how long the server may be silent.
        verify: of https, whether its certificate is checked, or a context that knows by what.
    """

    patience_s: float
    on_wait: Callable[[Busy, float], None]
    timeout_s: float
    verify: bool | ssl.SSLContext


@dataclass(frozen=True, slots=True)
class Server:
    """A server's address, and what is said to it beside requests."""

    base: str
    headers: dict[str, str]
    timeout_s: float
    verify: bool | ssl.SSLContext

    @classmethod
    def of(cls, url: str | None, key: str | None, options: Options) -> Server:
        """The server at an address (else PAGEMILL_URL, else this machine) with a key (else PAGEMILL_KEY).

        Raises:
            ApiError: no key looks like this.
        """
        base = (url or os.environ.get("PAGEMILL_URL") or _HERE).rstrip("/")
        return cls(base, key_header(key), options.get("timeout_s", _TIMEOUT_S), options.get("verify", True))

    @property
    def for_httpx(self) -> dict[str, Any]:
        """Arguments of httpx's clients."""
        return {
            "base_url": f"{self.base}/api/v1", "headers": self.headers, "timeout": self.timeout_s, "trust_env": False,
            # Certificates are loaded only where there are some to check: redirects are not followed.
            "verify": self.verify if self.base.startswith("https:") else False,
        }  # fmt: skip

    @property
    def for_websockets(self) -> dict[str, Any]:
        """Arguments of websockets' `connect`."""
        import ssl

        secure: dict[str, Any] = {}
        if self.base.startswith("https:"):
            context = self.verify
            if isinstance(context, bool):
                context = ssl.create_default_context()
                if not self.verify:
                    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            secure["ssl"] = context
        return {"additional_headers": self.headers, "proxy": None, "max_size": None, **secure}

    def events_url(self, path: str) -> str:
        """The address of a WebSocket."""
        return f"ws{self.base.removeprefix('http')}/api/v1{path}"


def key_header(key: str | None) -> dict[str, str]:
    """The header that shows the key given, else the one in PAGEMILL_KEY; none where there is none.

    Raises:
        ApiError: no key looks like this.
    """
    shown = (key or os.environ.get("PAGEMILL_KEY", "")).strip()
    if not shown.isascii():
        raise ApiError("unauthorized", "The key is not valid: it holds characters that no key has.")
    return {"Authorization": f"Bearer {shown}"} if shown else {}
