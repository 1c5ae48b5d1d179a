"""`pagemill doctor` on the language model: does its server answer, and does it know the model. No page is sent."""

from __future__ import annotations

import time
from http import HTTPStatus
from urllib.parse import urlsplit

import httpx
import orjson
from pydantic import SecretStr

from cli.finding import Result
from pipeline.settings import LLM_KEY, ExtractSettings, is_loopback

_PART = "Language model"
_SECONDS = 5.0
_MAX_BYTES = 2_000_000


def check_model(settings: ExtractSettings) -> list[Result]:
    """Ask the server that the settings name for its models."""
    if not settings.llm_url:
        return [Result(_PART, "ok", "none is named in extract.llm_url: rules fill the fields")]
    key = settings.llm_key
    try:
        status, body = _models(settings.llm_url, key)
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError):
        mend = "Start it, or correct extract.llm_url; until then rules fill the fields."
        return [Result(_PART, "missing", f"{settings.llm_url} does not answer", mend)]
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        mend = f"Set {LLM_KEY} in the environment of whoever runs Pagemill."
        return [
            Result(_PART, "missing", f"{settings.llm_url} refuses {'the key' if key else 'us without a key'}", mend)
        ]
    found = f"{settings.llm_url} answers{_where_pages_go(settings.llm_url, bool(key))}"
    if status != HTTPStatus.OK:
        mend = "If fields stay with rules, see whether extract.llm_url ends before /chat/completions."
        return [Result(_PART, "note", f"{found}, but lists no models ({status})", mend)]
    names = _names(body)
    if names and settings.llm_model not in names:
        mend = f"Set extract.llm_model to one of: {', '.join(names[:10])}."
        return [Result(_PART, "note", f"{found}, but lists no “{settings.llm_model}”", mend)]
    return [Result(_PART, "ok", f"{found} with {settings.llm_model}")]


def _bearer(key: SecretStr) -> dict[str, str]:
    return {"Authorization": f"Bearer {key.get_secret_value()}"} if key else {}


def _models(url: str, key: SecretStr) -> tuple[int, bytes]:
    until = time.monotonic() + _SECONDS
    body = b""
    with (
        httpx.Client(trust_env=False, timeout=_SECONDS, headers=_bearer(key)) as client,
        client.stream("GET", f"{url}/models") as response,
    ):
        for piece in response.iter_bytes():
            body += piece
            if time.monotonic() > until:
                raise TimeoutError
            if len(body) > _MAX_BYTES:
                break
        return response.status_code, body


def _names(body: bytes) -> list[str]:
    """Names of the models in the server's list, as far as it is one."""
    try:
        listed = orjson.loads(body).get("data")
    except (orjson.JSONDecodeError, AttributeError):
        return []
    entries = listed if isinstance(listed, list) else []
    return [entry["id"] for entry in entries if isinstance(entry, dict) and isinstance(entry.get("id"), str)]


def _where_pages_go(url: str, with_key: bool) -> str:
    parts = urlsplit(url)
    if is_loopback(parts.hostname or ""):
        return ""
    plain = "" if parts.scheme == "https" else f", unencrypted{', the key too' if with_key else ''}"
    return f" (pages leave this machine{plain})"
