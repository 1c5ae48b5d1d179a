"""The web process: `python -m web.server`. Listens where the settings say."""

from __future__ import annotations

import os
import socket
import sys
from functools import partial
from typing import Any

import uvicorn
from starlette.applications import Starlette

from pipeline import log, metrics, settings
from pipeline.process import die_with_parent, raise_file_limit
from pipeline.settings import Settings
from storage import databases, keys, migrate
from storage.catalog import Storage
from web.app import create_app
from web.connection import Connection, SocketConnection

_MESSAGE_BYTES = 4096  # what WebSockets say to us is not asked for


def main() -> None:
    """Serve until told to stop."""
    die_with_parent()
    config = settings.load()
    log.configure(config.log.level)
    metrics.share(config.data / metrics.FOLDER, "web")
    databases.refuse_newer(config)
    if config.web.needs_keys:
        _require_key(config)
    raise_file_limit()
    server = serving(create_app(config), config)
    with listen(config.web.host, config.web.port) as listener:
        host, port = listener.getsockname()[:2]
        log.get("web").info("web listens", host=host, port=port)
        server.run([listener])


def _require_key(config: Settings) -> None:
    """End where nobody could show a key: some would try."""
    storage = Storage(config)
    storage.prepare()
    try:
        if problem := keys.refusal(storage.catalog, config.web):
            sys.exit(problem)
    finally:
        storage.catalog.close()


def serving(app: Starlette, config: Settings) -> uvicorn.Server:
    """The server of an app, with the settings' patience for slow clients."""
    http: Any = partial(Connection, limits=config.web)  # what makes protocols; uvicorn's types want classes
    ws: Any = partial(SocketConnection, limits=config.web)
    return _Server(
        uvicorn.Config(
            app, http=http, ws=ws, log_config=None, access_log=False, timeout_graceful_shutdown=5, server_header=False,
            ws_max_size=_MESSAGE_BYTES, forwarded_allow_ips=config.web.proxies,
        ),
        app,
    )  # fmt: skip


class _Server(uvicorn.Server):
    """Sends those who wait for changes home when it is told to stop: it would else wait for them."""

    def __init__(self, config: uvicorn.Config, app: Starlette) -> None:
        super().__init__(config)
        self._app = app

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop, as uvicorn does."""
        self._app.state.parts.watch.close()
        await super().shutdown(sockets)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket, on any free port where `port` is 0.

    Raises:
        OSError: the port is taken.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    return listener


if __name__ == "__main__":
    os.environ.setdefault("PAGEMILL_PROCESS", "web")
    try:
        main()
    except migrate.NewerData as error:
        log.get("web").error("cannot start", why=str(error))
        sys.exit(1)
