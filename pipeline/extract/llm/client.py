"""The protocol: one `POST /chat/completions` to an OpenAI-compatible server, within bounds of time and bytes.

The package `openai` was weighed and left out: 16 MB and 2,077 modules, 0.4 s and 27 MB to import (httpx: 0.06 s, 6 MB)
for one address that is asked one thing; it follows redirects with the key, heeds proxies and `OPENAI_*` variables of
the environment, bounds neither the whole time of an answer nor its bytes, and puts a server's words into its errors.

Calls run on an event loop in a thread of its own, as only there a deadline holds against a server that drips bytes,
and only there a call can be broken off when its document is cancelled. No proxy of the environment is used, no redirect
is followed, nothing is compressed, and the key goes into one header of requests to the configured address.
"""

from __future__ import annotations

import contextlib
import email.utils
import hashlib
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import wait
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import anyio
import anyio.from_thread
import httpx
import orjson
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt, wait_random_exponential

from pipeline.extract.llm.errors import PASSING, NoAnswer, Taken, Why
from pipeline.extract.llm.reply import Reply, read_reply

FORMATS = ("json_schema", "json_object", "none")
"""Forms of structured output, the strictest first; the next is tried where a server does not take one."""

_LOOK_S = 0.2  # so often a waiting call looks whether its work was taken away
_CONNECT_S = 10.0
_MAX_BYTES = 4_000_000  # an answer of 32,000 tokens with what was thought before it takes less than 1 MB
_MAX_ERROR_BYTES = 20_000
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 20.0
_KNOWN_SCHEMAS = 100
_UNSUITABLE = (HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.NOT_IMPLEMENTED)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Whom to ask, and the bounds.

    Attributes:
        url: what stands before `/chat/completions`, such as `http://127.0.0.1:8080/v1`.
        key: sent as a bearer token; empty: none is sent.
        timeout_s: wall-clock limit of one request with its whole answer.
        retries: how often a request that failed for a passing reason is made again.
        answer_tokens: longest answer.
    """

    url: str
    model: str
    key: str = field(default="", repr=False)
    timeout_s: float = 120.0
    retries: int = 2
    answer_tokens: int = 2000


@dataclass(slots=True)
class _Dialect:
    """What the server was found to take."""

    limit: str = "max_tokens"
    temperature: bool = True
    formats: dict[bytes, int] = field(default_factory=dict)  # schema's hash -> how far down in FORMATS


class Client:
    """Asks one server. Threads may share it; each waits for its own call."""

    def __init__(self, endpoint: Endpoint, sleep: Callable[[float], Awaitable[None]] = anyio.sleep) -> None:
        self.endpoint = endpoint
        self._sleep = sleep
        self._dialect = _Dialect()
        self._url = f"{endpoint.url.rstrip('/')}/chat/completions"
        self._stack = contextlib.ExitStack()
        self._portal = self._stack.enter_context(anyio.from_thread.start_blocking_portal(name="llm"))
        headers = {"Accept-Encoding": "identity", "Content-Type": "application/json", "User-Agent": "pagemill"}
        if endpoint.key:
            headers["Authorization"] = f"Bearer {endpoint.key}"
        self._http = httpx.AsyncClient(
            headers=headers,
            timeout=httpx.Timeout(None, connect=min(_CONNECT_S, endpoint.timeout_s)),
            trust_env=False,
            follow_redirects=False,
            # Certificates are loaded only where there are some to verify; plain HTTP is never turned into TLS here.
            verify=self._url.startswith("https:"),
        )

    def ask(self, messages: list[dict[str, str]], schema: dict[str, Any], taken: Callable[[], bool]) -> Reply:
        """The model's reply to a conversation.

        Args:
            messages: `{"role", "content"}` each.
            schema: a JSON Schema that the answer should hold to; where the server can, it is made to.
            taken: whether the work was taken away; looked at several times a second.

        Raises:
            NoAnswer: within retries and time there was none.
            Taken: the work was taken away; the connection is closed, so that a server may stop too.
        """
        future = self._portal.start_task_soon(self._ask, messages, schema)
        while not wait([future], timeout=_LOOK_S).done:
            if taken():
                future.cancel()
                raise Taken
        reply: Reply = future.result()
        return reply

    def close(self) -> None:
        """Close connections and end the loop's thread."""
        self._portal.call(self._http.aclose)
        self._stack.close()

    async def _ask(self, messages: list[dict[str, str]], schema: dict[str, Any]) -> Reply:
        retrying = AsyncRetrying(
            stop=stop_after_attempt(self.endpoint.retries + 1),
            retry=retry_if_exception(self._worth_another),
            wait=_pause,
            sleep=self._sleep,
            reraise=True,
        )
        reply: Reply = await retrying(self._negotiate, messages, schema)
        return reply

    def _worth_another(self, error: BaseException) -> bool:
        if not isinstance(error, NoAnswer) or error.why not in PASSING:
            return False
        return error.retry_after_s is None or error.retry_after_s <= self.endpoint.timeout_s

    async def _negotiate(self, messages: list[dict[str, str]], schema: dict[str, Any]) -> Reply:
        """Ask in the strictest form that the server takes, and remember which that is.

        Servers differ in what they refuse: LM Studio `json_object`, older ones `json_schema`, models that think
        `max_tokens` and a temperature. A refusal that names none of these is taken for one of the form.
        """
        digest = hashlib.sha256(orjson.dumps(schema)).digest()
        dialect = self._dialect
        for _ in range(len(FORMATS) + 2):
            form = dialect.formats.get(digest, 0)
            status, body = await self._post(self._body(messages, schema, form))
            if status == HTTPStatus.OK:
                return read_reply(body, FORMATS[form])
            said = body[:_MAX_ERROR_BYTES].lower()
            if b"max_completion_tokens" in said and dialect.limit == "max_tokens":
                dialect.limit = "max_completion_tokens"
            elif b"temperature" in said and dialect.temperature:
                dialect.temperature = False
            elif form + 1 < len(FORMATS) and not _speaks_of_length(said):
                if len(dialect.formats) >= _KNOWN_SCHEMAS:
                    dialect.formats.clear()
                dialect.formats[digest] = form + 1
            else:
                break
        raise NoAnswer(
            "rejected",
            "The language model's server refused the request; its context may be too short: lower"
            " extract.llm_input_tokens or extract.llm_tokens, or give the server a longer one.",
        )

    def _body(self, messages: list[dict[str, str]], schema: dict[str, Any], form: int) -> bytes:
        body: dict[str, Any] = {
            "model": self.endpoint.model,
            "messages": messages,
            "stream": False,
            self._dialect.limit: self.endpoint.answer_tokens,
        }
        if self._dialect.temperature:
            body["temperature"] = 0
        if FORMATS[form] == "json_schema":
            named = {"name": "fields", "strict": True, "schema": schema}
            body["response_format"] = {"type": "json_schema", "json_schema": named}
        elif FORMATS[form] == "json_object":
            body["response_format"] = {"type": "json_object"}
        return orjson.dumps(body)

    async def _post(self, body: bytes) -> tuple[int, bytes]:
        """One request: status 200 and the body, or one of those that say that the request does not suit."""
        limit_s = self.endpoint.timeout_s
        try:
            with anyio.fail_after(limit_s):
                async with self._http.stream("POST", self._url, content=body) as response:
                    _check(response)
                    return response.status_code, await _read(response)
        except (TimeoutError, httpx.ReadTimeout, httpx.WriteTimeout) as error:
            raise NoAnswer(
                "timeout",
                f"The language model did not answer within {limit_s:g} s; raise extract.llm_timeout_s, or lower"
                " extract.llm_input_tokens.",
            ) from error
        except httpx.HTTPError as error:
            raise NoAnswer(
                "unreachable",
                "The language model's server is out of reach, or broke off; start it, or correct extract.llm_url.",
            ) from error


def _check(response: httpx.Response) -> None:
    """Sort out what is no answer.

    Raises:
        NoAnswer: with what to do.
    """
    status = response.status_code
    if status == HTTPStatus.OK or status in _UNSUITABLE:
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            raise NoAnswer("malformed", "The language model's server sent compressed bytes, which nobody asked for.")
        return
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        raise NoAnswer(
            "unauthorized", f"The language model's server refused the key ({status}); set PAGEMILL_EXTRACT__LLM_KEY."
        )
    if status == HTTPStatus.NOT_FOUND:
        raise NoAnswer(
            "no_model",
            "The language model's server knows no such address or model (404); correct extract.llm_url"
            " (it ends before /chat/completions) or extract.llm_model.",
        )
    if 300 <= status < 400:
        raise NoAnswer(
            "redirected",
            f"The language model's server sends requests elsewhere ({status}), which is not followed; set"
            " extract.llm_url to where it answers.",
        )
    if status in (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_EARLY) or status >= 500:
        raise _passing("server_error", f"The language model's server failed ({status}); see its logs.", response)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        raise _passing("overloaded", "The language model's server takes no more requests at present (429).", response)
    raise NoAnswer("rejected", f"The language model's server refused the request ({status}).")


def _passing(why: Why, message: str, response: httpx.Response) -> NoAnswer:
    return NoAnswer(why, message, _retry_after_s(response.headers.get("retry-after", "")))


def _retry_after_s(given: str) -> float | None:
    """Seconds that a `Retry-After` header asks for: a number, or a date (RFC 9110, 10.2.3)."""
    if given.isascii() and given.isdigit() and len(given) < 10:
        return float(given)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(given).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None


async def _read(response: httpx.Response) -> bytes:
    body = bytearray()
    most = _MAX_BYTES if response.status_code == HTTPStatus.OK else _MAX_ERROR_BYTES
    async for part in response.aiter_raw():
        body += part
        if len(body) > most:
            if response.status_code != HTTPStatus.OK:
                break
            raise NoAnswer("malformed", "The language model's server sent more than any answer can be.")
    return bytes(body)


def _speaks_of_length(said: bytes) -> bool:
    """Whether an error is about a prompt that is too long, which no other form would mend."""
    return b"context" in said and any(word in said for word in (b"length", b"size", b"exceed", b"window"))


_backing_off = wait_random_exponential(multiplier=_FIRST_PAUSE_S, max=_LONGEST_PAUSE_S)


def _pause(state: RetryCallState) -> float:
    """Seconds before the next attempt: as the server asks, or growing with jitter."""
    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_after_s if isinstance(error, NoAnswer) else None
    return asked if asked is not None else _backing_off(state)
