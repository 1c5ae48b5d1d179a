"""Clients that are slow, silent, endless or many, over real sockets: the server waits for none of them for ever."""

from __future__ import annotations

import select
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest
import uvicorn

from tests.http.guarded import lonely
from tests.http.guarded import served as running
from tests.stack import until
from web.middleware.headers import SECURITY

HEADER_S, IDLE_S = 0.8, 1.5
MOST = 8
LARGE = b"%PDF-1.7\n" + bytes(24_000_000)
STEP_S = 0.05


class Served:
    """A running server, and raw connections to it."""

    def __init__(self, server: uvicorn.Server, port: int, data: Path) -> None:
        self.server = server
        self.port = port
        self.data = data

    @contextmanager
    def connected(self, sent: bytes = b"", receive_bytes: int | None = None) -> Iterator[socket.socket]:
        with socket.socket() as client:
            client.settimeout(20)
            if receive_bytes is not None:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
            client.connect(("127.0.0.1", self.port))
            client.sendall(sent)
            yield client

    def idle(self) -> bool:
        return not self.server.server_state.connections

    def ask(self, sent: bytes) -> tuple[int, dict[str, str], bytes]:
        with self.connected(sent) as client:
            return _answer(client)


def _head(method: str, path: str, **headers: Any) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode()


def _all(client: socket.socket) -> bytes:
    """What the server sends until it ends the connection."""
    received = b""
    try:
        while piece := client.recv(65_536):
            received += piece
    except ConnectionResetError:
        pass  # an end too, where something of ours was not read
    return received


def _answer(client: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the last answer before the end of the connection."""
    head, _, body = _all(client).partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    return int(status.split()[1]), headers, body


def _drip(client: socket.socket, byte: bytes = b"x") -> None:
    """Send a byte now and then until the server has had enough."""
    while not select.select([client], [], [], STEP_S)[0]:
        try:
            client.sendall(byte)
        except OSError:
            return


def _is_refusal(answer: tuple[int, dict[str, str], bytes], status: int, code: str) -> bool:
    assert answer[0] == status and orjson.loads(answer[2])["error"]["code"] == code
    assert answer[1].items() >= {name.lower(): value.lower() for name, value in SECURITY.items()}.items()
    return answer[1]["connection"] == "close"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    settings = lonely(folder, header_s=HEADER_S, idle_s=IDLE_S, max_connections=MOST)
    with running(settings) as (server, port, _):
        server.config.ws_ping_interval = server.config.ws_ping_timeout = 0.3
        served = Served(server, port, settings.data)
        body = b'{"name": "kb"}'
        head = _head("POST", "/api/v1/knowledge-bases", content_type="application/json", content_length=len(body),
                     connection="close")  # fmt: skip
        assert served.ask(head + body)[0] == 201
        yield served


DOCUMENTS = "/api/v1/knowledge-bases/kb/documents"
FORM = "multipart/form-data; boundary=x"
PART = b'--x\r\ncontent-disposition: form-data; name="files"; filename="a.pdf"\r\n\r\n%PDF-1.7\n'
END = b"\r\n--x--\r\n"


def _nothing_is_left(served: Served) -> bool:
    until(served.idle, 20, "the connection to go")
    incoming = next((served.data / "kb").glob("*/incoming"))
    until(lambda: not list(incoming.iterdir()), 20, "what had arrived to be removed")
    return True


def test_a_client_that_says_nothing(served: Served) -> None:
    assert _is_refusal(served.ask(b""), 408, "too_slow")


@pytest.mark.parametrize("begun", [b"GET /healthz?a=", b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nx-a: ", b"\r\n"])
def test_a_head_that_takes_for_ever(served: Served, begun: bytes) -> None:
    with served.connected(begun) as client:
        _drip(client, b"a" if begun.strip() else b"\r\n")
        assert _is_refusal(_answer(client), 408, "too_slow")
    until(served.idle, 20, "the connection to go")


def test_the_second_head_of_a_connection_has_no_more_time(served: Served) -> None:
    with served.connected(_head("GET", "/healthz")) as client:
        first = b""
        while b'"status":"ok"' not in first:
            first += client.recv(65_536)
        client.sendall(b"GET /healthz HTTP/1.1\r\nx-a: ")
        _drip(client)
        assert _is_refusal(_answer(client), 408, "too_slow")


def test_a_head_without_end(served: Served) -> None:
    lines = b"x-a: %s\r\n" % (b"a" * 1000) * 70
    assert _is_refusal(served.ask(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n" + lines), 431, "bad_request")


@pytest.mark.parametrize("sent", [b"\x16\x03\x01\x02\x00\x01\x00", b"hello\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n",
                                  b"GET /healthz HTTP/1.1\r\ncontent-length: x\r\n\r\n"])  # fmt: skip
def test_what_is_no_http(served: Served, sent: bytes) -> None:
    assert _is_refusal(served.ask(sent), 400, "bad_request")


def test_a_body_that_stops(served: Served) -> None:
    head = _head("POST", DOCUMENTS, content_type=FORM, content_length=10_000_000)
    assert _is_refusal(served.ask(head + PART + bytes(2_000_000)), 408, "too_slow")
    assert _nothing_is_left(served)


@pytest.mark.parametrize(
    ("length", "begun", "drop"),
    [
        ({"content_length": 10_000_000}, PART, b"x"),
        ({"transfer_encoding": "chunked"}, b"%x\r\n%s\r\n" % (len(PART), PART), b"1\r\nx\r\n"),
    ],
)
def test_a_body_that_drips(served: Served, length: dict[str, Any], begun: bytes, drop: bytes) -> None:
    with served.connected(_head("POST", DOCUMENTS, content_type=FORM, **length) + begun) as client:
        _drip(client, drop)
        assert _is_refusal(_answer(client), 408, "too_slow")
    assert _nothing_is_left(served)


def test_a_slow_upload_that_goes_on_arrives(served: Served) -> None:
    body = PART + bytes(20_000) * 12 + END
    with served.connected(
        _head("POST", DOCUMENTS, content_type=FORM, content_length=len(body), connection="close")
    ) as client:
        for start in range(0, len(body), 20_000):
            assert not select.select([client], [], [], 0.15)[0], "answered before its end"  # 1.95 s in all
            client.sendall(body[start : start + 20_000])
        status, _, answer = _answer(client)
    assert status == 202 and len(orjson.loads(answer)["documents"]) == 1
    assert _nothing_is_left(served)


def test_a_body_behind_a_refusal_is_not_heard_for_ever(served: Served) -> None:
    head = _head("POST", DOCUMENTS, content_type=FORM, content_length=100_000_000, origin="http://evil.example")
    with served.connected(head) as client:
        assert b"403" in client.recv(65_536)
        until(lambda: not _still_takes(client), 20, "the server to hang up")
    until(served.idle, 20, "the connection to go")


def _still_takes(client: socket.socket) -> bool:
    try:
        client.sendall(bytes(20_000))
    except OSError:
        return False
    return True


def test_an_answer_that_nobody_takes(served: Served) -> None:
    body = PART + LARGE + END
    head = _head("POST", DOCUMENTS, content_type=FORM, content_length=len(body), connection="close")
    document = orjson.loads(served.ask(head + body)[2])["documents"][0]["id"]
    with served.connected(_head("GET", f"{DOCUMENTS}/{document}/original"), receive_bytes=4096) as client:
        until(lambda: not served.idle(), 20, "the connection")
        until(served.idle, 20, "the server to cut it off")
        assert len(_all(client)) < len(LARGE)
    _, headers, taken = served.ask(_head("GET", f"{DOCUMENTS}/{document}/original", connection="close"))
    assert int(headers["content-length"]) == len(taken) > len(LARGE), "who takes it gets it all"


def test_a_websocket_whose_client_is_silent(served: Served) -> None:
    upgrade = {"connection": "upgrade", "upgrade": "websocket", "sec_websocket_version": 13,
               "sec_websocket_key": "dGhlIHNhbXBsZSBub25jZQ=="}  # fmt: skip
    with served.connected(_head("GET", "/api/v1/knowledge-bases/kb/events", **upgrade)) as client:
        assert b" 101 " in _all(client), "it is closed, though nobody said a word"
    until(served.idle, 20, "the connection to go")


def test_a_websocket_message_without_end(served: Served) -> None:
    upgrade = {"connection": "upgrade", "upgrade": "websocket", "sec_websocket_version": 13,
               "sec_websocket_key": "dGhlIHNhbXBsZSBub25jZQ=="}  # fmt: skip
    masked = b"\x81\xff" + (1 << 30).to_bytes(8, "big") + bytes(4) + bytes(100_000)  # a text of a gigabyte
    assert served.ask(_head("GET", "/api/v1/knowledge-bases/kb/events", **upgrade) + masked)[0] == 101
    until(served.idle, 20, "the connection to go")


def test_no_more_clients_than_allowed(served: Served) -> None:
    until(served.idle, 20, "the others to go")
    silent = [socket.create_connection(("127.0.0.1", served.port)) for _ in range(MOST)]
    try:
        until(lambda: len(served.server.server_state.connections) == MOST, 20, "all to be connected")
        answer = served.ask(b"")
        assert _is_refusal(answer, 503, "unavailable") and int(answer[1]["retry-after"]) >= 1
    finally:
        for client in silent:
            client.close()
    until(served.idle, 20, "them to go")
    assert served.ask(_head("GET", "/healthz", connection="close"))[0] == 200
