"""`pagemill eval` as a person runs it: pages drawn here, read by Tesseract in a child, no server."""

from __future__ import annotations

import shutil
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from cli.main import app
from tests import drawing

TEXT = "The reading room roof needs repair"
needs_tesseract = pytest.mark.skipif(shutil.which("tesseract") is None, reason="Tesseract is not installed")


@needs_tesseract
def test_folders_are_read_and_measured_and_what_is_not_is_named(tmp_path: Path) -> None:
    good, bad = tmp_path / "good", tmp_path / "bad"
    good.mkdir()
    bad.mkdir()
    (good / "scan.png").write_bytes(drawing.page_png(TEXT, 100))
    (good / "scan.txt").write_text(TEXT)
    (good / "born.pdf").write_bytes(drawing.text_pdf([[TEXT], ["屋顶需要维修"]]))
    (good / "born.txt").write_text(f"{TEXT}\f屋顶需要修理")
    (bad / "torn.pdf").write_bytes(drawing.damaged_pdf())
    (bad / "torn.txt").write_text("torn")
    (bad / "unknown.pdf").write_bytes(drawing.text_pdf([["Tea"]]))
    (bad / "pages.pdf").write_bytes(drawing.text_pdf([["One"], ["Two"]]))
    (bad / "pages.txt").write_text("One\fTwo\fThree")
    figures = tmp_path / "out.json"
    run = CliRunner().invoke(
        app, ["eval", str(tmp_path), "--engine", "tesseract", "--languages", "en,zh-Hans", "--dpi", "100",
              "--jobs", "1", "--json", str(figures)],
    )  # fmt: skip
    assert run.exit_code == 1, "a file could not be read"
    report = orjson.loads(figures.read_bytes())
    assert report["conditions"]["engine"] == "tesseract" and report["conditions"]["dpi"] == 100
    poor, found = report["sets"]
    assert (found["name"], found["pages"], found["measured"], found["problems"]) == ("good", 3, 3, [])
    pages = {page["name"]: page for page in found["page_list"]}
    assert pages["scan.png"]["engine"] == "tesseract" and pages["scan.png"]["accuracy"]["cer"] == 0.0
    assert pages["scan.png"]["cpu_s"] > 0 and pages["scan.png"]["peak_mb"]["ocr"] > 0
    assert pages["born.pdf, page 1"]["engine"] == "text_layer"
    assert pages["born.pdf, page 2"]["accuracy"]["cer"] == pytest.approx(2 / 6)
    assert found["f1"]["worst"] == pytest.approx(5 / 6)
    assert "born.pdf, page 2: characters 0.6667" in run.output
    assert (poor["pages"], poor["measured"], poor["failed"]) == (4, 1, 1)
    assert poor["f1"]["mean"] == 0.0, "a file that cannot be read counts as one of which nothing was read"
    assert "bad: torn.pdf: " in run.output and "(damaged)" in run.output
    assert poor["without_truth"] == ["unknown.pdf"] and "not measured: unknown.pdf" in run.output
    assert "bad: pages.pdf: not measured: its truth has 3 pages, it has 2" in run.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--engine", "abacus"], "engine"),
        (["--languages", "en,tlh"], "languages"),
        (["--json", "no/such/folder.json"], "cannot be written"),
    ],
)
def test_wrong_usage(tmp_path: Path, arguments: list[str], said: str) -> None:
    run = CliRunner().invoke(app, ["eval", str(tmp_path), *arguments])
    assert run.exit_code == 2 and said in run.output


def test_a_folder_without_pages(tmp_path: Path) -> None:
    run = CliRunner().invoke(app, ["eval", str(tmp_path)])
    assert run.exit_code == 2 and "no pages" in run.output
