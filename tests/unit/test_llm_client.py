"""The protocol against a server on loopback that misbehaves."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pipeline.extract.llm.client import Client, Endpoint
from pipeline.extract.llm.errors import NoAnswer, Taken
from pipeline.extract.llm.reply import Reply
from tests.model_server import (
    Behaviour,
    ModelServer,
    completion,
    drips,
    fails,
    never_ends,
    raw,
    resets,
    says,
    takes_no_format,
    thinks_for_ever,
)

SCHEMA = {"type": "object", "properties": {"a": {"type": ["string", "null"]}}, "required": ["a"]}
MESSAGES = [{"role": "user", "content": "JSON"}]
KEY = "sk-very-secret"
Ask = Callable[..., Reply]


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def ask(pauses: list[float]) -> Iterator[Ask]:
    clients: list[Client] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    def one(server: ModelServer, taken: Callable[[], bool] = lambda: False, **bounds: Any) -> Reply:
        if not clients:
            endpoint = Endpoint(server.url, "m", KEY, **{"timeout_s": 20.0, **bounds})
            clients.append(Client(endpoint, sleep))
        return clients[0].ask(MESSAGES, SCHEMA, taken)

    yield one
    for client in clients:
        client.close()


def test_it_asks_as_the_protocol_has_it(ask: Ask) -> None:
    with ModelServer(says({"a": "x"})) as server:
        reply = ask(server, answer_tokens=77)
    assert reply == Reply('{"a": "x"}', cut=False, refused=False, prompt_tokens=100, completion_tokens=20,
                          form="json_schema")  # fmt: skip
    [(path, headers, body)] = server.requests
    assert path == "/v1/chat/completions" and headers["Authorization"] == f"Bearer {KEY}"
    assert body["model"] == "m" and body["messages"] == MESSAGES and body["stream"] is False
    assert (body["max_tokens"], body["temperature"]) == (77, 0)
    assert body["response_format"]["json_schema"] == {"name": "fields", "strict": True, "schema": SCHEMA}


def test_no_key_no_header() -> None:
    with ModelServer(says("{}")) as server:
        client = Client(Endpoint(server.url, "m"))
        client.ask(MESSAGES, SCHEMA, lambda: False)
        client.close()
    assert "Authorization" not in server.requests[0][1]


def test_proxies_of_the_environment_are_passed_by(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with ModelServer(says("{}")) as server:
        assert ask(server).text == "{}"


@pytest.mark.parametrize(
    ("behaviour", "why", "requests"),
    [
        (fails(401, f"Incorrect API key provided: {KEY}"), "unauthorized", 1),
        (fails(403), "unauthorized", 1),
        (fails(404, "model “m” not found"), "no_model", 1),
        (fails(402), "rejected", 1),
        (fails(400, "maximum context length exceeded"), "rejected", 1),
        (fails(500), "server_error", 3),
        (fails(503), "server_error", 3),
        (fails(429), "overloaded", 3),
        (fails(429, Retry_After="86400"), "overloaded", 1),
        (resets, "unreachable", 3),
        (raw(b"<html>captive portal</html>"), "malformed", 1),
        (raw(b'{"object": "list"}'), "malformed", 1),
        (raw(b"[" * 100_000), "malformed", 1),
        (raw(b'{"error": {"code": 502, "message": "upstream"}}'), "server_error", 3),
        (raw(b"\x1f\x8b", Content_Encoding="gzip"), "malformed", 1),
        (never_ends, "malformed", 1),
    ],
)
def test_what_is_no_answer_is_told_and_tried_again_where_that_may_help(
    ask: Ask, behaviour: Behaviour, why: str, requests: int
) -> None:
    with ModelServer(behaviour) as server:
        with pytest.raises(NoAnswer) as told:
            ask(server)
        assert (told.value.why, len(server.requests)) == (why, requests)
    assert KEY not in f"{told.value!r} {told.value.__cause__!r} {told.value.message}"


def test_nobody_listens(ask: Ask) -> None:
    with ModelServer(says("{}")) as server:
        pass
    with pytest.raises(NoAnswer, match="out of reach") as told:
        ask(server)
    assert told.value.why == "unreachable"


def test_a_redirect_is_not_followed_and_the_key_stays(ask: Ask) -> None:
    with ModelServer(says("{}")) as other:
        elsewhere = raw(b"", 307, Location=f"{other.url}/chat/completions")
        with ModelServer(elsewhere) as server, pytest.raises(NoAnswer, match="elsewhere") as told:
            ask(server)
        assert told.value.why == "redirected" and other.requests == []


def test_a_server_that_nobody_vouches_for_is_not_given_the_key(ask: Ask, tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    both = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain) + certificate.public_bytes(pem)
    (tmp_path / "self-signed.pem").write_bytes(both)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(tmp_path / "self-signed.pem")
    with ModelServer(says("{}"), tls=tls) as server, pytest.raises(NoAnswer) as told:
        ask(server)
    assert told.value.why == "unreachable" and server.requests == []


def test_passing_failures_are_tried_again_with_growing_pauses(ask: Ask, pauses: list[float]) -> None:
    with ModelServer(fails(500), resets, says("{}")) as server:
        assert ask(server).text == "{}"
    assert len(pauses) == 2 and all(0 <= pause <= 20 for pause in pauses)


def test_a_server_is_left_alone_as_long_as_it_asks(ask: Ask, pauses: list[float]) -> None:
    with ModelServer(
        fails(429, Retry_After="7"), fails(503, Retry_After="Sun, 06 Nov 1994 08:49:37 GMT"), says("{}")
    ) as server:
        assert ask(server).text == "{}"
    assert pauses == [7.0, 0.0]


@pytest.mark.parametrize("given", ["soon", "-1", "1e9", "٣", "9" * 400])
def test_a_pause_that_means_nothing_is_not_heeded(ask: Ask, pauses: list[float], given: str) -> None:
    with ModelServer(fails(503, Retry_After=given.encode().decode("latin-1")), says("{}")) as server:
        ask(server)
    assert 0 <= pauses[0] <= 20


@pytest.mark.parametrize("behaviour", [drips, thinks_for_ever])
def test_the_whole_answer_has_one_time_limit_and_is_not_waited_for_again(ask: Ask, behaviour: Behaviour) -> None:
    with ModelServer(behaviour) as server:
        with pytest.raises(NoAnswer) as told:
            ask(server, timeout_s=0.5)
        assert told.value.why == "timeout" and len(server.requests) <= 1
        # On a busy machine the time may be over before the server has seen anything.
        assert not server.requests or server.broken_off.wait(20), "the connection was left open"


def test_a_call_is_broken_off_when_its_document_is_taken_away(ask: Ask) -> None:
    taken = threading.Event()
    with ModelServer(thinks_for_ever) as server:

        def cancel() -> None:
            if server.begun.wait(20):
                taken.set()

        threading.Thread(target=cancel).start()
        with pytest.raises(Taken):
            ask(server, taken.is_set, timeout_s=3600.0)
        assert server.broken_off.wait(20), "the server goes on for nobody"


@pytest.mark.parametrize(
    ("refused", "form", "requests"),
    [
        ((), "json_schema", 1),
        (("json_object",), "json_schema", 1),
        (("json_schema",), "json_object", 2),
        (("json_schema", "json_object"), "none", 3),
    ],
)
def test_the_strictest_form_that_a_server_takes_is_found_once(
    ask: Ask, refused: tuple[str, ...], form: str, requests: int
) -> None:
    with ModelServer(takes_no_format(*refused, then=says("{}"))) as server:
        assert ask(server).form == form and len(server.requests) == requests
        assert ask(server).form == form and len(server.requests) == requests + 1


def test_models_that_think_take_other_words(ask: Ask) -> None:
    def picky(handler: Any) -> None:
        body = handler.request_body
        if "max_tokens" in body:
            fails(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.")(handler)
        elif "temperature" in body:
            fails(400, "Unsupported value: 'temperature' does not support 0 with this model.")(handler)
        else:
            says("{}")(handler)

    with ModelServer(picky) as server:
        assert ask(server).form == "json_schema"
    assert server.bodies[-1]["max_completion_tokens"] == 2000 and len(server.bodies) == 3


def test_a_server_that_refuses_everything_is_not_asked_for_ever(ask: Ask) -> None:
    everything = fails(400, "temperature max_completion_tokens response_format")
    with ModelServer(everything) as server, pytest.raises(NoAnswer) as told:
        ask(server)
    assert told.value.why == "rejected" and len(server.requests) == 5


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (completion("x", usage=None), ("x", False, False, None, None)),
        (completion("x", usage={"prompt_tokens": -1, "completion_tokens": "9"}), ("x", False, False, None, None)),
        (completion("x", usage={"prompt_tokens": True, "completion_tokens": 10**12}), ("x", False, False, None, None)),
        (completion("{", "length"), ("{", True, False, 100, 20)),
        (completion(None, refusal="I cannot"), ("", False, True, 100, 20)),
        (completion("", "content_filter"), ("", False, True, 100, 20)),
        (completion(None, "tool_calls", tool_calls=[{"id": "t"}]), ("", False, False, 100, 20)),
        (completion([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}, 3]), ("ab", False, False, 100, 20)),
        (b'{"choices": []}', ("", False, False, None, None)),
        (b'{"choices": [3], "usage": 4}', ("", False, False, None, None)),
        (b'{"choices": [{"message": "x"}]}', ("", False, False, None, None)),
    ],
)
def test_odd_answers_are_read_for_what_they_hold(ask: Ask, body: bytes, expected: tuple[Any, ...]) -> None:
    with ModelServer(raw(body)) as server:
        reply = ask(server)
    assert (reply.text, reply.cut, reply.refused, reply.prompt_tokens, reply.completion_tokens) == expected


def test_the_key_is_not_in_what_an_endpoint_says_of_itself() -> None:
    assert KEY not in repr(Endpoint("http://127.0.0.1:1/v1", "m", KEY))
