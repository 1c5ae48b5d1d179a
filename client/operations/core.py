"""What all operations stand on: sending a request with patience, reading lists to their end, saving answers."""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any, ClassVar, Self, Unpack

from client.options import Options, Server
from client.patience import Patience
from client.requests import Request
from client.transport import Awaited, Transport

_A_PAGE = 500  # as many as the server puts into one part of a list


class Core:
    """A server, and how it is asked.

    Args:
        url: its address; else PAGEMILL_URL, else this machine's port 8000.
        key: a key, where it asks for one; else PAGEMILL_KEY.
        options: see `client.options.Options`.

    Raises:
        ApiError: no key looks like the one given.
    """

    _way: ClassVar[type[Transport]] = Awaited

    def __init__(self, url: str | None = None, key: str | None = None, **options: Unpack[Options]) -> None:
        self._transport = self._way(Server.of(url, key, options))
        self._patience = Patience(options.get("patience_s", 0.0), options.get("on_wait"), self._transport.sleep)

    @property
    def base(self) -> str:
        """The server's address."""
        return self._transport.server.base

    async def close(self) -> None:
        """Close connections."""
        await self._transport.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        data: Mapping[str, Any] | None = None,
        files: Sequence[tuple[str, Any]] | None = None,
    ) -> Any:
        """One request to an address below `/api/v1`, and its JSON answer, for what has no method here.

        Raises, as all methods do:
            ApiError: the server refused.
            NoServer: nothing answers there.
        """
        return await self._ask(Request(method, path, params, json, data, files))

    def download(self, path: str, *, params: Mapping[str, Any] | None = None) -> AsyncGenerator[bytes]:
        """The body of any address below `/api/v1`, piece by piece, for what has no method here."""
        return self._transport.stream(Request("GET", path, params))

    async def _ask(self, request: Request) -> Any:
        """The JSON of an answer; None of an empty one."""
        response = await self._patience(self._transport.send, request)
        return response.json() if response.content else None

    async def _text(self, request: Request) -> str:
        response = await self._patience(self._transport.send, request)
        return response.content.decode()

    async def _items(self, path: str, most: int | None = None, **params: Any) -> AsyncGenerator[Any]:
        """The items of a list, part by part as they are wanted.

        Args:
            most: so many at most.
        """
        left = most
        while left is None or left > 0:
            part = await self._ask(Request("GET", path, {**params, "limit": min(_A_PAGE, left or _A_PAGE)}))
            for item in part["items"]:
                yield item
            if part["next_cursor"] is None:
                return
            params["cursor"] = part["next_cursor"]
            left = None if left is None else left - len(part["items"])

    async def _whole(self, path: str, most: int | None, **params: Any) -> Any:
        """A list whose parts say more than their items: as one part, with the items of all."""
        items: list[Any] = []
        while True:
            limit = _A_PAGE if most is None else min(_A_PAGE, most - len(items))
            part = await self._ask(Request("GET", path, {**params, "limit": limit}))
            items += part["items"]
            if part["next_cursor"] is None or (most is not None and len(items) >= most):
                return {**part, "items": items}
            params["cursor"] = part["next_cursor"]

    async def _save(self, request: Request, to: str | os.PathLike[str]) -> Path:
        """Write an answer's body to a file: whole, or what was there before stays.

        Raises:
            OSError: it cannot be written there.
        """
        path = Path(to)
        # Beside it: a file is put into another's place only on the same disk.
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            try:
                async with aclosing(self._transport.stream(request)) as pieces:
                    async for piece in pieces:
                        file.write(piece)
                file.close()
                Path(file.name).chmod(_mode(path))
                Path(file.name).replace(path)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
        return path


def _mode(path: Path) -> int:
    """The permissions of the file that is there, else those of any new one: a temporary file is its owner's alone."""
    if path.exists():
        return path.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
