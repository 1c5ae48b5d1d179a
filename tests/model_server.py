"""A server on loopback that speaks the protocol of OpenAI's chat completions, and misbehaves as it is told.

`with ModelServer(ANSWER, ...) as server`: every request is met by the next behaviour of the script, the last one stays.
A behaviour is a function of the handler; those below are what real servers, routers and broken networks do.
"""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        self.request_body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        owner = self.server.owner
        with owner.lock:
            owner.requests.append((self.path, dict(self.headers), self.request_body))
            behaviour = owner.script.pop(0) if len(owner.script) > 1 else owner.script[0]
        try:
            behaviour(self)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
        finally:
            owner.answered.release()

    def do_GET(self) -> None:
        self.request_body = None
        with self.server.owner.lock:
            self.server.owner.requests.append((self.path, dict(self.headers), None))
            behaviour = self.server.owner.script[0]
        behaviour(self)

    def log_message(self, *_: Any) -> None:
        pass

    @property
    def page(self) -> str:
        """What the model was given to read: its last message."""
        return str(self.request_body["messages"][-1]["content"])

    def send(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def client_left(self) -> bool:
        """Wait until the client closes the connection."""
        try:
            return self.connection.recv(1) == b""
        except ConnectionResetError:
            return True


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    owner: ModelServer

    def handle_error(self, *_: Any) -> None:
        pass  # clients that leave are what this is for


Behaviour = Callable[[Handler], None]


class ModelServer:
    """The server, in a thread, until the block ends."""

    def __init__(self, *script: Behaviour, tls: ssl.SSLContext | None = None) -> None:
        self.script = list(script)
        self.requests: list[tuple[str, dict[str, str], Any]] = []
        self.lock = threading.Lock()
        self.answered = threading.Semaphore(0)
        self.broken_off = threading.Event()
        self.begun = threading.Event()
        self._server = _Server(("127.0.0.1", 0), Handler)
        self._server.owner = self
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._scheme = "https" if tls else "http"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    def __enter__(self) -> ModelServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._server.server_address[1]}/v1"

    @property
    def bodies(self) -> list[Any]:
        return [body for _, _, body in self.requests]


def completion(content: Any, finish: str = "stop", usage: Any = "told", **message: Any) -> bytes:
    """The body of an answer."""
    if usage == "told":
        usage = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
    choice = {"index": 0, "message": {"role": "assistant", "content": content, **message}, "finish_reason": finish}
    body = {"id": "c", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice]}
    return json.dumps(body | ({"usage": usage} if usage is not None else {})).encode()


def says(content: Any, finish: str = "stop", **more: Any) -> Behaviour:
    """Answers with text, or with an object as JSON."""
    text = content if isinstance(content, str) or content is None else json.dumps(content, ensure_ascii=False)
    return lambda handler: handler.send(200, completion(text, finish, **more))


def raw(body: bytes, status: int = 200, **headers: str) -> Behaviour:
    """Answers with any bytes."""
    return lambda handler: handler.send(status, body, **headers)


def fails(status: int, message: str = "no", **headers: str) -> Behaviour:
    """Answers with an error as OpenAI's server words it."""
    return raw(json.dumps({"error": {"message": message, "type": "invalid_request_error"}}).encode(), status, **headers)


def takes_no_format(*kinds: str, then: Behaviour) -> Behaviour:
    """Refuses these forms of structured output."""

    def answer(handler: Handler) -> None:
        form = handler.request_body.get("response_format", {}).get("type", "none")
        (fails(400, "'response_format.type' is not supported") if form in kinds else then)(handler)

    return answer


def resets(handler: Handler) -> None:
    """Breaks off in the middle of its answer, with a reset."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{")
    handler.wfile.flush()
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()
    handler.close_connection = True


def drips(handler: Handler) -> None:
    """Sends a blank now and then, for ever: every single read succeeds."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while not handler.server.owner.broken_off.wait(0.02):
        try:
            handler.wfile.write(b"1\r\n \r\n")
        except OSError:
            handler.server.owner.broken_off.set()


def never_ends(handler: Handler) -> None:
    """Sends as fast as it can, for ever."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    block = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    try:
        while True:
            handler.wfile.write(block)
    except OSError:
        handler.server.owner.broken_off.set()


def thinks_for_ever(handler: Handler) -> None:
    """Takes the request and says nothing until the client leaves."""
    handler.server.owner.begun.set()
    if handler.client_left():
        handler.server.owner.broken_off.set()
    handler.close_connection = True
