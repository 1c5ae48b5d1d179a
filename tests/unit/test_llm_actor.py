"""A language model beside the rules in the extract stage: what a run keeps of it, and what stops it."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from actors.extract import Actor
from actors.shell import Hands
from pipeline import metrics
from pipeline.errors import LeaseLost
from pipeline.extract.llm import Taken
from pipeline.settings import ExtractSettings, Settings
from pipeline.types import RenderedPage
from storage import pages, reprocess, status
from storage.catalog import KnowledgeBase
from tests.model_server import ModelServer, fails, says, thinks_for_ever
from tests.unit.builders import RUN_SETTINGS, claim, publish, upload
from tests.unit.test_fields_generic import reading

KEY = "sk-very-secret"
SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "total": {"type": "number"}, "dates": {"type": "string"}},
}
PAGE = ["Total 45.00", "ACME TRADING", "paid 2019-06-30"]


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer(says({"name": "Acme Trading", "total": 45, "dates": "never"})) as server:
        yield server


@pytest.fixture
def actor(server: ModelServer, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Actor]:
    monkeypatch.setitem(RUN_SETTINGS, "schema", SCHEMA)
    monkeypatch.setattr("actors.extract.extract_fields", lambda *_: {})  # what rules find is not the matter here
    extract = ExtractSettings(
        llm_url=server.url, llm_model="m", llm_key=SecretStr(KEY), llm_retries=0, llm_timeout_s=20.0
    )
    actor = Actor(settings.model_copy(update={"extract": extract}))
    yield actor
    actor.close()


def read_document(kb: KnowledgeBase) -> str:
    document = upload(kb).id
    first = claim(kb, document, "render")
    pages.page_count_known(first, 1)
    pages.settle_render(first, [RenderedPage(1, 595, 842, reading(PAGE), None)])
    return document


def published(kb: KnowledgeBase, document: str, run: int = 1) -> dict[str, Any]:
    from tests.unit.builders import MODEL, chunk_rows, np

    unit = claim(kb, document, "embed", run=run)
    todo = chunk_rows.texts_to_embed(unit)
    vectors = np.ones((len(todo), 4), dtype=np.float32)
    chunk_rows.settle_embed(unit, [hash_ for hash_, _ in todo], vectors, MODEL)
    publish(kb, document, run)
    return status.status(kb, document)


def count(metric: Any, label: str) -> float:
    return float(metric.labels(label)._value.get())


def test_a_run_keeps_fields_warnings_and_tokens(
    kb: KnowledgeBase, actor: Actor, server: ModelServer, caplog: pytest.LogCaptureFixture
) -> None:
    before = [count(metrics.LLM_TOKENS, kind) for kind in ("prompt", "completion")] + [count(metrics.LLM_CALLS, "ok")]
    document = read_document(kb)
    with caplog.at_level(logging.DEBUG):
        actor.work(Hands(claim(kb, document, "extract")))
    shown = published(kb, document)
    assert shown["status"] == "done"
    assert {name: (field["value"], field["method"]) for name, field in shown["fields"].items()} == {
        "name": ("ACME TRADING", "llm"), "total": ("45", "llm")}  # fmt: skip
    [warning] = shown["warnings"]
    assert (warning["page"], warning["code"]) == (None, "llm_dropped")
    assert shown["usage"] == {
        "model": "m", "prompt_tokens": 100, "completion_tokens": 20, "estimated": False, "requests": {"ok": 1}
    }  # fmt: skip
    after = [count(metrics.LLM_TOKENS, kind) for kind in ("prompt", "completion")] + [count(metrics.LLM_CALLS, "ok")]
    assert [b - a for a, b in zip(before, after, strict=True)] == [100, 20, 1]
    assert server.requests[0][1]["Authorization"] == f"Bearer {KEY}"
    assert KEY not in caplog.text and "ACME" not in caplog.text
    for file in kb.folder.rglob("*"):
        assert not file.is_file() or KEY.encode() not in file.read_bytes()


def test_a_model_out_of_reach_leaves_the_fields_to_rules_and_says_so(
    kb: KnowledgeBase, actor: Actor, server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(RUN_SETTINGS, "schema", "resume")
    server.script = [fails(503, f"key {KEY}")]
    document = read_document(kb)
    actor.work(Hands(claim(kb, document, "extract")))
    shown = published(kb, document)
    assert shown["status"] == "done" and shown["error"] is None
    assert [warning["code"] for warning in shown["warnings"]] == ["llm_unavailable"]
    assert "reprocess the document from extract on" in shown["warnings"][0]["message"]
    assert shown["usage"]["requests"] == {"server_error": 1} and KEY not in str(shown)


def test_reprocessing_from_extract_asks_again_and_warnings_go(
    kb: KnowledgeBase, actor: Actor, server: ModelServer
) -> None:
    good = server.script[0]
    server.script = [fails(503)]
    document = read_document(kb)
    actor.work(Hands(claim(kb, document, "extract")))
    published(kb, document)
    server.script = [says({"name": "ACME TRADING"})]
    reprocess.reprocess(kb, document, "extract", {**RUN_SETTINGS})
    actor.work(Hands(claim(kb, document, "extract", run=2)))
    shown = published(kb, document, 2)
    assert shown["fields"]["name"]["value"] == "ACME TRADING" and shown["warnings"] == []
    server.script = [good]
    reprocess.reprocess(kb, document, "embed", {**RUN_SETTINGS})
    actor.work(Hands(claim(kb, document, "extract", run=3)))
    assert len(server.requests) == 2, "chunks and fields that are taken over need no model"
    assert status.status(kb, document)["usage"] is None


def test_what_a_run_was_less_good_at_stays_told_where_its_fields_are_taken_over(
    kb: KnowledgeBase, actor: Actor
) -> None:
    document = read_document(kb)
    actor.work(Hands(claim(kb, document, "extract")))
    first = published(kb, document)
    reprocess.reprocess(kb, document, "embed", {**RUN_SETTINGS})
    actor.work(Hands(claim(kb, document, "extract", run=2)))
    assert status.status(kb, document)["warnings"] == first["warnings"] != []


def test_a_document_taken_away_stops_the_call_and_writes_nothing(
    kb: KnowledgeBase, actor: Actor, server: ModelServer
) -> None:
    server.script = [thinks_for_ever]
    document = read_document(kb)
    hands = Hands(claim(kb, document, "extract"))

    def take() -> None:
        if server.begun.wait(20):
            hands.taken.set()

    threading.Thread(target=take).start()
    with pytest.raises(LeaseLost) as lost:
        actor.work(hands)
    assert isinstance(lost.value.__cause__, Taken) and server.broken_off.wait(20)
    assert status.status(kb, document)["stages"]["extract"]["done"] == 0


@pytest.mark.parametrize("schema", ["generic", "resume"])
def test_only_the_schemas_named_are_filled(
    kb: KnowledgeBase, actor: Actor, server: ModelServer, monkeypatch: pytest.MonkeyPatch, schema: str
) -> None:
    monkeypatch.setitem(RUN_SETTINGS, "schema", schema)
    document = read_document(kb)
    actor.work(Hands(claim(kb, document, "extract")))
    shown = published(kb, document)
    assert (len(server.requests), shown["usage"] is None) == ((0, True) if schema == "generic" else (1, False))


def test_nothing_of_it_is_loaded_where_no_model_is_named(tmp_path: Path) -> None:
    code = (
        "import sys; from pipeline.settings import Settings; from actors.extract import Actor; Actor(Settings());"
        " print([name for name in ('httpx', 'tenacity', 'pipeline.extract.llm') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
