"""`pagemill eval` searching in a real stack."""

from __future__ import annotations

from pathlib import Path

import orjson
from typer.testing import CliRunner

from cli.main import app
from tests.bench.evaluation import PASSAGES
from tests.stack import Stack


def test_passages_are_filed_asked_for_and_removed(stack: Stack, tmp_path: Path) -> None:
    figures = tmp_path / "out.json"
    before = stack.client.call("GET", "/knowledge-bases")["items"]
    run = CliRunner().invoke(
        app, ["eval", str(PASSAGES), "--part", "search", "--limit", "4", "--scans", "0", "--mode", "hybrid",
              "--url", stack.url, "--key", stack.key or "", "--json", str(figures)],
    )  # fmt: skip
    assert run.exit_code == 0, run.output
    [found] = orjson.loads(figures.read_bytes())["searches"]
    asked = {(one["questions"], one["pages"]): one for one in found["asked"]}
    assert len(asked) == 6
    assert asked["town.en", "town.en"]["recall_at_1"] == asked["town.zh", "town.zh"]["recall_at_1"] == 1.0
    assert all(len(one["ranks"]) == 4 and one["recall_at_5"] == 1.0 for one in asked.values())
    assert stack.client.call("GET", "/knowledge-bases")["items"] == before
