"""The `pagemill` command against a running stack, as a person or a script uses it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests import drawing
from tests.resumes import resumes
from tests.stack import Stack, running, until


def _pagemill(*arguments: str, url: str = "", **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cli.main", *arguments],
        capture_output=True, text=True, timeout=120, env={**os.environ, "PAGEMILL_URL": url, **env},
    )  # fmt: skip


def test_add_wait_status_search(stack: Stack, tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "tea.pdf").write_bytes(drawing.text_pdf([["Oolong tea is withered and bruised."]]))
    (tmp_path / "docs" / "broken.pdf").write_bytes(drawing.damaged_pdf())
    added = _pagemill("add", str(tmp_path / "docs"), "--kb", "茶 library", "--wait", url=stack.url)
    assert added.returncode == 1, "one document failed"
    assert "tea.pdf: done: 1 of 1 pages read" in added.stdout and "broken.pdf: failed: " in added.stdout
    found = _pagemill("search", "oolong", "--kb", "茶 library", "--json", url=stack.url)
    assert json.loads(found.stdout)["hits"][0]["filename"] == "tea.pdf"
    shown = _pagemill("status", "茶 library", "--json", url=stack.url)
    assert {item["status"] for item in json.loads(shown.stdout)["items"]} == {"done", "failed"}
    assert "render" in _pagemill("status", url=stack.url).stdout


def test_fields_from_the_command_line(stack: Stack, tmp_path: Path) -> None:
    resume = next(one for one in resumes() if one.name == "shen-yutong")
    (tmp_path / "shen.pdf").write_bytes(resume.pdf)
    kb = ("--kb", "applicants")
    more = ("--schema", "resume", "--tag", "2026-spring", "--metadata", '{"source": "fair"}', "--wait", "--json")
    added = _pagemill("add", str(tmp_path / "shen.pdf"), *kb, *more, url=stack.url)
    document = json.loads(added.stdout)["documents"][0]
    assert document["tags"] == ["2026-spring"] and document["metadata"] == {"source": "fair"}
    for given, hits in (("skills:Redis", 1), ("tag:2025-autumn", 0)):
        found = _pagemill("search", "Redis", *kb, "--filter", given, "--json", url=stack.url)
        assert len(json.loads(found.stdout)["hits"]) == hits
    wrong = _pagemill("search", "Redis", *kb, "--filter", "skils:Redis", url=stack.url)
    assert wrong.returncode == 1 and "skills" in wrong.stderr
    table = tmp_path / "table.csv"
    assert _pagemill("export", *kb, "--output", str(table), url=stack.url).returncode == 0
    assert "沈雨桐" in table.read_text()
    assert "沈雨桐" in _pagemill("export", *kb, "--filter", "tag:2026-spring", url=stack.url).stdout
    refused = _pagemill("export", "--kb", "no such", "--output", str(table), url=stack.url)
    assert refused.returncode == 1 and "沈雨桐" in table.read_text(), "an error left the file alone"
    nowhere = _pagemill("export", *kb, "--output", str(tmp_path / "no" / "folder.csv"), url=stack.url)
    assert nowhere.returncode == 2 and "cannot be written" in nowhere.stderr and "Traceback" not in nowhere.stderr
    other = _pagemill("add", str(tmp_path / "shen.pdf"), *kb, "--schema", "generic", url=stack.url)
    assert other.returncode == 2 and "resume" in other.stderr, "a wish that would do nothing is refused"
    assert "education: 钱江理工大学" in _pagemill("status", "applicants", document["id"], url=stack.url).stdout


def test_what_goes_wrong_is_said_in_a_sentence(stack: Stack, tmp_path: Path) -> None:
    nobody = _pagemill("status", url="http://127.0.0.1:1")
    assert nobody.returncode == 3 and "pagemill up" in nobody.stderr
    missing = _pagemill("search", "x", "--kb", "no such", url=stack.url)
    assert missing.returncode == 1 and "no such" in missing.stderr and "Traceback" not in missing.stderr
    wrong = _pagemill("status", url=stack.url, PAGEMILL_OCR__ENGINE="abbyy")
    assert wrong.returncode == 2 and "ocr.engine" in wrong.stderr
    stage = _pagemill("worker", "paint", url=stack.url)
    assert stage.returncode == 2 and "render" in stage.stderr
    alone = _pagemill("worker", "ocr")
    assert alone.returncode == 1 and "queue.redis_url" in alone.stderr
    (tmp_path / "file").touch()
    no_folder = _pagemill("up", "--data", str(tmp_path / "file"))
    assert no_folder.returncode == 1 and "cannot be a data folder" in no_folder.stderr
    assert _pagemill("--version").stdout.startswith("pagemill ")


def test_doctor_finds_everything(stack: Stack) -> None:
    checked = _pagemill("doctor", "--json", url=stack.url)
    results = {result["part"]: result for result in json.loads(checked.stdout)}
    assert checked.returncode == 0, checked.stdout
    assert results["Server"]["level"] == "ok" and results["Reading"]["level"] == "ok"


def test_a_second_up_is_refused(stack: Stack) -> None:
    second = _pagemill("up", "--data", str(stack.data), "--port", "0")
    said = " ".join(second.stderr.split())  # in lines, as the folder's name is long
    assert second.returncode == 1 and "in use by another" in said and str(stack.process.pid) in said


def test_up_stops_everything_it_started(tmp_path: Path) -> None:
    with running(tmp_path / "data") as own:
        processes = psutil.Process(own.process.pid).children(recursive=True)
        assert len(processes) >= 10
    assert [process for process in processes if process.is_running()] == []
    assert own.process.returncode == 0
    assert not (tmp_path / "data" / "server.json").exists()


@pytest.mark.siege
def test_workers_are_recycled_and_lose_nothing(tmp_path: Path) -> None:
    with running(tmp_path / "data", {"PAGEMILL_OCR__RECYCLE_UNITS": "2", "PAGEMILL_RENDER__RECYCLE_UNITS": "2"}) as own:
        kb = own.create("recycled")
        ids = [own.upload(kb, f"{n}.png", drawing.page_png(f"Number {n} of the recycled pages.")) for n in range(6)]
        assert [status["status"] for status in own.wait(kb, *ids)] == ["done"] * 6
        until(lambda: "ended to be replaced" in own.log(), 30, "a worker to be replaced")
        assert "lease expired" not in own.log()


@pytest.mark.siege
def test_a_crash_loop_turns_readiness_red_and_names_the_cause(tmp_path: Path) -> None:
    with running(tmp_path / "data", {"PAGEMILL_EMBED__MODEL": str(tmp_path / "no-model")}) as own:
        import httpx

        def red() -> bool:
            answer = httpx.get(f"{own.url}/readyz")
            return answer.status_code == 503 and "embed-1" in answer.text and "make setup" in answer.text

        until(red, 120, "readyz to name the worker without a model")
