"""The running app against its own description: schemathesis makes up requests, good and bad, and checks the answers."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest

from client.requests import kb_path
from pipeline import stages
from storage import keys
from tests import drawing
from tests.http.guarded import lonely, served
from tests.stack import Stack

TEXT = "The committee thanks you for the careful survey of the northern reservoir. Repairs begin in September."
CHECKS = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
    "response_schema_conformance", "negative_data_rejection", "positive_data_acceptance", "unsupported_method",
    "allow_header_conformance",
)  # fmt: skip
# These change or remove what the others ask about, and get knowledge bases and documents of their own.
CHANGING = (
    "knowledge_bases_change", "knowledge_bases_delete", "documents_delete", "documents_retry", "documents_cancel",
    "documents_reprocess_one", "documents_reprocess_all", "corrections_add", "corrections_take_back", "pipeline_pause",
    "pipeline_resume", "pipeline_retry",
    "pipeline_discard",
)  # fmt: skip
KEYED = (
    "keys_create", "keys_listing", "session_show", "session_sign_out", "knowledge_bases_listing", "documents_listing",
    "documents_add", "pipeline_show", "health_healthz",
)  # fmt: skip
# Not every assigned character is one that Python knows, and what is sent must be: a pattern cannot say that.
_KNOWN_CHARACTERS = """
[[operations]]
include-operation-id = ["knowledge_bases_create", "knowledge_bases_change"]
generation = { codec = "latin-1" }
"""
# A form's field is text on the wire, so that none is of a wrong type; and schemathesis fills one of JSON with any text.
_UNTYPED_FORM = """
[[operations]]
include-operation-id = "documents_add"
checks = { negative_data_rejection = { enabled = false }, positive_data_acceptance = { enabled = false } }
"""
# Answers of operations that did not come as far as their work.
NOT_REACHED = {400, 404, 405, 413, 415, 422}
SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")


@pytest.fixture
def tidy(stack: Stack) -> Iterator[Stack]:
    """The stack; when the test has ended, the knowledge bases that it made are deleted and the stages go on."""
    before = _knowledge_bases(stack)
    yield stack
    for stage in stages.NAMES:
        stack.client.call("POST", f"/pipeline/{stage}/resume")
    for kb in _knowledge_bases(stack) - before:
        stack.client.call("DELETE", kb_path(kb))


def _knowledge_bases(stack: Stack) -> set[str]:
    return {kb["id"] for kb in stack.client.call("GET", "/knowledge-bases", params={"limit": 500})["items"]}


def test_the_app_keeps_to_its_description(tidy: Stack, tmp_path: Path) -> None:
    kb = tidy.create("contract")
    pdf = drawing.joined(drawing.text_pdf([[TEXT]]), drawing.scan(drawing.text_pdf([[TEXT]])))
    document = tidy.upload(kb, "survey.pdf", pdf)
    (status,) = tidy.wait(kb, document)
    assert status["status"] == "done" and status["pages"]["text_layer"] == status["pages"]["ocr"] == 1
    tidy.wait_for_vectors(kb)
    key = tidy.client.call("POST", "/keys", json={"name": "contract", "scope": "read"})["id"]
    real = {"path.kb": kb, "path.document": document, "path.batch": status["batch"], "path.page": 1, "path.key": key,
            "path.stage": "render"}  # fmt: skip
    given: dict[str, dict[str, Any]] = {
        "": real, "documents_show": {"query.wait": 0.01}, "pipeline_failed": {"query.kb": kb},
        "search_find_in_several": {"query.kb": [kb]},
    }  # fmt: skip
    reached = _run(tidy.url, tmp_path / "reading", given, "examples,coverage,fuzzing,stateful", leave_out=CHANGING)

    spare = tidy.create("contract, to be changed")
    deleted, damaged = tidy.upload(spare, "a.pdf", pdf), tidy.upload(spare, "b.pdf", drawing.damaged_pdf())
    corrected = tidy.upload(spare, "c.pdf", drawing.text_pdf([["A page that somebody has looked at."]]))
    tidy.wait(spare, damaged, corrected)
    corrections = f"{kb_path(spare)}/documents/{corrected}/corrections"
    tidy.client.call("POST", corrections, json={"pages": [{"page": 1, "confirmed": True}]})
    (correction,) = tidy.client.call("GET", corrections)["items"]
    tidy.wait(spare, corrected)
    given = {
        "": {"path.kb": spare, "path.document": damaged, "path.stage": "render"},
        "pipeline_retry": {"query.kb": spare},
        "pipeline_discard": {"query.kb": spare},
        "knowledge_bases_delete": {"path.kb": tidy.create("contract, to be deleted")},
        "documents_delete": {"path.document": deleted},
        "corrections_take_back": {"path.document": corrected, "path.correction": correction["id"]},
    }
    reached |= _run(tidy.url, tmp_path / "changing", given, "coverage,fuzzing", only=CHANGING)

    described = tidy.client.call("GET", "/../../openapi.json")["paths"]
    operations = {f"{method.upper()} {path}" for path, methods in described.items() for method in methods}
    assert len(operations) > 20
    assert [name for name in operations if reached.get(name, set()) <= NOT_REACHED] == [], reached


def test_it_keeps_to_it_where_keys_are_needed(tmp_path: Path) -> None:
    """A sample of the addresses, of a web server with nothing beside it."""
    with served(lonely(tmp_path, keys="always")) as (_, port, app):
        catalog = app.state.parts.storage.catalog
        headers = ["--header", f"Authorization: Bearer {keys.make(catalog, 'contract', 'admin')[1]}"]
        given = {"": {"path.kb": app.state.parts.storage.create_knowledge_base("kb", ["en"], "auto")["id"]}}
        # Signing in with keys that schemathesis makes up would soon be refused from its address, and all else with it.
        reached = _run(f"http://127.0.0.1:{port}", tmp_path / "run", given, "coverage", only=KEYED, more=headers)
    assert 200 in reached["GET /api/v1/session"] and 201 in reached["POST /api/v1/keys"]
    assert not any({401, 403, 429} & statuses for statuses in reached.values()), reached


def _run(
    url: str,
    folder: Path,
    parameters: dict[str, dict[str, Any]],
    phases: str,
    only: tuple[str, ...] = (),
    leave_out: tuple[str, ...] = (),
    more: Sequence[str] = (),
) -> dict[str, set[int]]:
    """Let schemathesis loose; the statuses of all answers, by operation.

    Args:
        parameters: values by operation, and by "" for all.
        more: further arguments.
    """
    folder.mkdir()
    (folder / "schemathesis.toml").write_text(_settings(parameters))
    chosen = [part for name in only for part in ("--include-operation-id", name)]
    chosen += [part for name in leave_out for part in ("--exclude-operation-id", name)]
    ran = subprocess.run(
        [
            str(SCHEMATHESIS), "run", f"{url}/openapi.json", "--no-color", "--workers", "1", "--seed", "1",
            "--phases", phases, "--max-examples", "20", "--continue-on-failure",
            "--report-ndjson-path", "report.ndjson", *chosen, *more,
        ],
        cwd=folder, capture_output=True, text=True, timeout=120, env={**os.environ, "NO_PROXY": "127.0.0.1"},
    )  # fmt: skip
    print(ran.stdout[ran.stdout.find("=== SUMMARY") :])
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return _statuses(folder / "report.ndjson")


def _settings(parameters: dict[str, dict[str, Any]]) -> str:
    """No values are taken from answers but those that links say: other tests have knowledge bases on this stack."""
    lines = ["[cache]", "enabled = false", "[generation]", 'database = "none"']
    lines += ["[phases.fuzzing.extra-data-sources]", "responses = false"]
    lines += ["[phases.coverage.extra-data-sources]", "responses = false"]
    lines += ["[phases.stateful.inference]", "algorithms = []", "[checks]", "enabled = false"]
    lines += [f"{check}.enabled = true" for check in CHECKS]
    for operation, values in parameters.items():
        if operation:
            lines += ["[[operations]]", f'include-operation-id = "{operation}"', "[operations.parameters]"]
        else:
            lines += ["[parameters]"]
        lines += [f'"{name}" = {orjson.dumps(value).decode()}' for name, value in values.items()]
    return "\n".join(lines) + _KNOWN_CHARACTERS + _UNTYPED_FORM


def _statuses(report: Path) -> dict[str, set[int]]:
    found: dict[str, set[int]] = defaultdict(set)
    for line in report.read_bytes().splitlines():
        recorder = orjson.loads(line).get("ScenarioFinished", {}).get("recorder", {})
        for id_, interaction in recorder.get("interactions", {}).items():
            case = recorder["cases"][id_]["value"]
            if interaction["response"] is not None:
                found[f"{case['method']} {case['path']}"].add(interaction["response"]["status_code"])
    return dict(found)
