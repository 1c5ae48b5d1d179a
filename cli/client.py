"""The command line's way to a running server."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import orjson

from pipeline.settings import Settings

_TIMEOUT_S = 120.0


class ApiError(Exception):
    """The server refused; the message is for the person at the terminal.

    Attributes:
        code: the API's error code.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class NoServer(Exception):
    """Nothing answers at the address."""


def find_server(settings: Settings, url: str | None) -> str:
    """The server's address: as given, else PAGEMILL_URL, else where `pagemill up` on this data folder listens."""
    given = url or os.environ.get("PAGEMILL_URL")
    if given:
        return given.rstrip("/")
    note = settings.data / "server.json"
    if note.exists():
        found: str = orjson.loads(note.read_bytes())["url"]
        return found
    return f"http://{settings.web.host}:{settings.web.port}"


def key_header(key: str | None) -> dict[str, str]:
    """The header that shows the key given, else the one in PAGEMILL_KEY; none where there is none."""
    shown = (key or os.environ.get("PAGEMILL_KEY", "")).strip()
    if not shown.isascii():
        raise ApiError("unauthorized", "The key is not valid: it holds characters that no key has.")
    return {"Authorization": f"Bearer {shown}"} if shown else {}


class Client:
    """Calls the API and turns its errors into `ApiError`.

    Args:
        key: what the server asks for where it asks for keys; else PAGEMILL_KEY.
    """

    def __init__(self, base: str, key: str | None = None) -> None:
        self.base = base
        headers = key_header(key)
        self._http = httpx.Client(base_url=f"{base}/api/v1", headers=headers, timeout=_TIMEOUT_S, trust_env=False)

    def close(self) -> None:
        """Close its connections."""
        self._http.close()

    def call(self, method: str, path: str, **kwargs: Any) -> Any:
        """One request; its JSON answer.

        Raises:
            ApiError: the server refused.
            NoServer: nothing answers there.
        """
        try:
            response = self._http.request(method, path, **kwargs)
        except httpx.TransportError as error:
            raise self._nobody(error) from error
        if response.is_error:
            problem = _problem(response)
            raise ApiError(problem["code"], problem["message"])
        return orjson.loads(response.content) if response.content else None

    def download(self, path: str, **kwargs: Any) -> Iterator[bytes]:
        """The body of an answer that is not JSON, piece by piece.

        Raises:
            ApiError, NoServer: as `call`.
        """
        try:
            with self._http.stream("GET", path, **kwargs) as response:
                if response.is_error:
                    response.read()
                    problem = _problem(response)
                    raise ApiError(problem["code"], problem["message"])
                yield from response.iter_bytes()
        except httpx.TransportError as error:
            raise self._nobody(error) from error

    def _nobody(self, error: Exception) -> NoServer:
        return NoServer(f"No Pagemill answers at {self.base} ({error}). Start one with `pagemill up`, or give --url.")

    def ensure_knowledge_base(self, name: str, schema: str | dict[str, Any] | None = None) -> dict[str, Any]:
        """The knowledge base of this name, made if there is none."""
        try:
            found: dict[str, Any] = self.call("GET", kb_path(name))
        except ApiError as error:
            if error.code != "not_found":
                raise
            found = self.call("POST", "/knowledge-bases", json={"name": name, **({"schema": schema} if schema else {})})
        return found

    def upload(self, kb: str, paths: Sequence[Path], form: dict[str, Any] | None = None) -> dict[str, Any]:
        """Upload files in one request, with fields beside them."""
        with _opened(paths) as files:
            answer: dict[str, Any] = self.call("POST", f"{kb_path(kb)}/documents", files=files, data=form or {})
        return answer


def kb_path(kb: str) -> str:
    """The API's path of a knowledge base."""
    return f"/knowledge-bases/{quote(kb, safe='')}"


@contextmanager
def _opened(paths: Sequence[Path]) -> Iterator[list[Any]]:
    with ExitStack() as stack:
        yield [("files", (path.name, stack.enter_context(path.open("rb")))) for path in paths]


def _problem(response: httpx.Response) -> dict[str, Any]:
    try:
        problem: dict[str, Any] = response.json()["error"]
    except (ValueError, KeyError, TypeError):
        return {"code": "unexpected", "message": f"the server answered {response.status_code}: {response.text[:200]}"}
    return problem
