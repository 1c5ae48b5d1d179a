"""What docs/client.md shows works as it stands there, against a whole stack."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from pipeline.settings import PROJECT_ROOT
from tests import drawing
from tests.stack import Stack

PAPER = PROJECT_ROOT / "docs/client.md"


def test_the_examples_of_the_paper(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "letter.pdf").write_bytes(drawing.text_pdf([["The roof repair of the northern hall begins in May."]]))
    (tmp_path / "note.pdf").write_bytes(drawing.text_pdf([["Nobody has watered the plants since Tuesday."]]))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PAGEMILL_URL", stack.url)
    tokens = MarkdownIt("commonmark").parse(PAPER.read_text(encoding="utf-8"))
    waits, awaited, follows, patient = (token.content for token in tokens if token.type == "fence")
    try:
        said = _run(waits, capsys)
        assert "letter.pdf done 1 pages\na note.pdf done 1 pages\nletter.pdf [1] The roof repair" in said
        assert (tmp_path / "searchable.pdf").read_bytes().startswith(b"%PDF")
        said = _run(awaited, capsys)
        assert said.startswith("a note.pdf 20") and "\n2 documents; 0 pages wait for OCR" in said
        said = _run(follows, capsys)
        assert sorted(said.splitlines()) == ["a note.pdf 1.0", "letter.pdf 1.0"]
        assert _run(patient, capsys) == "2 taken, 0 not\n"
    finally:
        stack.client.delete_knowledge_base("letters")


def _run(example: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What an example prints, run in a thread of its own: in the main one a loop of Playwright's may be running."""
    held: dict[str, Any] = {"__name__": "__main__"}
    with ThreadPoolExecutor(1) as pool:
        pool.submit(exec, compile(example, PAPER, "exec"), held).result(timeout=120)
    return capsys.readouterr().out
