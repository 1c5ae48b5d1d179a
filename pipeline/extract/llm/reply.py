"""What a server's answer holds: the model's words, why it stopped, and the tokens it counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from pipeline.extract.llm.errors import NoAnswer

_MOST_TOKENS = 10_000_000  # beyond this a count is nonsense


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply.

    Attributes:
        text: what the model wrote; empty where it wrote nothing.
        cut: it was stopped at the longest answer allowed.
        refused: it, or a filter before it, declined to answer.
        prompt_tokens, completion_tokens: as the server counted them; None where it did not say.
        form: how the answer was held to the schema, one of `client.FORMATS`.
    """

    text: str
    cut: bool
    refused: bool
    prompt_tokens: int | None
    completion_tokens: int | None
    form: str


def read_reply(body: bytes, form: str) -> Reply:
    """The reply in a server's answer. Without a choice, or with a call of a tool in its place, its text is empty.

    Raises:
        NoAnswer: `malformed`, or `server_error` where the body tells of an error.
    """
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise NoAnswer(
            "malformed",
            "What came back is not of the OpenAI protocol; extract.llm_url should end before /chat/completions.",
        ) from error
    if not isinstance(data, dict) or ("choices" not in data and not data.get("error")):
        raise NoAnswer("malformed", "What came back is not of the OpenAI protocol; check extract.llm_url.")
    if data.get("error"):  # some routers answer 200 for all that happens behind them
        raise NoAnswer("server_error", "The language model's server reports an error; see its logs.")
    choice = _first(data["choices"])
    message = choice.get("message")
    message = message if isinstance(message, dict) else {}
    usage = data.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    finish = choice.get("finish_reason")
    return Reply(
        text=_text(message.get("content")),
        cut=finish == "length",
        refused=bool(message.get("refusal")) or finish == "content_filter",
        prompt_tokens=_count(usage.get("prompt_tokens")),
        completion_tokens=_count(usage.get("completion_tokens")),
        form=form,
    )


def _first(choices: Any) -> dict[str, Any]:
    choice = choices[0] if isinstance(choices, list) and choices else None
    return choice if isinstance(choice, dict) else {}


def _text(content: Any) -> str:
    """A message's text; some servers send it in parts."""
    if isinstance(content, list):
        parts = [part.get("text") for part in content if isinstance(part, dict)]
        return "".join(part for part in parts if isinstance(part, str))
    return content if isinstance(content, str) else ""


def _count(given: Any) -> int | None:
    if isinstance(given, bool) or not isinstance(given, int) or not 0 <= given <= _MOST_TOKENS:
        return None
    return given
