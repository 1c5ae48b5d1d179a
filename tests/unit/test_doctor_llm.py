"""What `pagemill doctor` says of a language model."""

from __future__ import annotations

import json

import pytest

from cli.doctor_llm import check_model
from pipeline.settings import ExtractSettings
from tests.model_server import Behaviour, ModelServer, fails, never_ends, raw

KEY = "sk-very-secret"
LISTED = raw(json.dumps({"object": "list", "data": [{"id": "m"}, {"id": "n"}, 3]}).encode())


def test_none_is_named() -> None:
    [result] = check_model(ExtractSettings())
    assert result.level == "ok" and "rules" in result.found


@pytest.mark.parametrize(
    ("behaviour", "model", "level", "says"),
    [
        (LISTED, "m", "ok", "with m"),
        (LISTED, "x", "note", "lists no “x”"),
        (raw(b"[]"), "m", "ok", "answers"),
        (raw(b"<html>"), "m", "ok", "answers"),
        (fails(404), "m", "note", "404"),
        (fails(401, KEY), "m", "missing", "refuses the key"),
        (raw(b"", 302, Location="http://127.0.0.1:9/"), "m", "note", "302"),
        (never_ends, "m", "ok", "answers"),
    ],
)
def test_its_server_is_asked_for_models_and_sent_no_page(
    behaviour: Behaviour, model: str, level: str, says: str
) -> None:
    with ModelServer(behaviour) as server:
        settings = ExtractSettings(llm_url=server.url, llm_model=model, llm_key=KEY)  # type: ignore[arg-type]
        [result] = check_model(settings)
    assert result.level == level and says in result.found
    [(path, headers, body)] = server.requests
    assert (path, body) == ("/v1/models", None) and headers["Authorization"] == f"Bearer {KEY}"
    assert KEY not in str(result) and "leave" not in result.found


def test_it_does_not_answer() -> None:
    with ModelServer(LISTED) as server:
        pass
    [result] = check_model(ExtractSettings(llm_url=server.url, llm_model="m"))
    assert result.level == "missing" and "does not answer" in result.found and "extract.llm_url" in result.mend


def test_pages_that_leave_the_machine_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.doctor_llm._models", lambda *_: (200, b"{}"))
    for url, says in (
        ("http://models.example/v1", "unencrypted"),
        ("https://models.example/v1", "(pages leave this machine)"),
    ):
        [result] = check_model(ExtractSettings(llm_url=url, llm_model="m"))
        assert says in result.found
