"""Counting together: processes that share files, one after the other and at once."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from pipeline import metrics
from pipeline.errors import PermanentError
from pipeline.settings import PROJECT_ROOT
from storage import pages, runs
from storage.catalog import KnowledgeBase
from tests.unit.builders import claim, read_page, upload

_COUNT = """
import sys
from pathlib import Path
from pipeline import metrics
metrics.share(Path(sys.argv[1]), "ocr")
metrics.STAGE_SECONDS.labels("ocr", "settled").observe(0.3)
metrics.PAGES.labels("tesseract", "read").inc(2)
print("counted", flush=True)
sys.stdin.read()
import os, signal
os.kill(os.getpid(), signal.SIGKILL)
"""


def process(folder: Path) -> subprocess.Popen[str]:
    """A process that has counted, and dies by SIGKILL when it is told to."""
    started = subprocess.Popen(
        [sys.executable, "-c", _COUNT, str(folder)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=PROJECT_ROOT,
    )  # fmt: skip
    assert started.stdout is not None and started.stdout.readline() == "counted\n"
    return started


def figures(folder: Path) -> dict[str, float]:
    """Samples without labels' names, as a process that shares the folder sees them."""
    read = (
        "import sys, json; from pathlib import Path; from pipeline import metrics\n"
        "metrics.share(Path(sys.argv[1]), 'web')\n"
        "print(json.dumps({sample.name: sample.value for metric in metrics.counted(Path(sys.argv[1]))"
        " for sample in metric.samples if not sample.name.endswith('bucket')}))"
    )
    import json

    done = subprocess.run(
        [sys.executable, "-c", read, str(folder)], capture_output=True, text=True, cwd=PROJECT_ROOT, check=True
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.glob("*ocr*.db")}


def test_processes_at_once_count_together_and_those_that_follow_go_on_in_their_files(tmp_path: Path) -> None:
    together = [process(tmp_path), process(tmp_path)]
    assert names(tmp_path) == {f"{kind}_ocr-{n}.db" for kind in ("counter", "histogram") for n in (0, 1)}
    for one in together:
        one.communicate()
    for _ in range(3):
        process(tmp_path).communicate()
    assert len(names(tmp_path)) == 4, "dead processes' files pile up"
    found = figures(tmp_path)
    assert found["pagemill_pages_total"] == 2 * 5
    assert found["pagemill_stage_seconds_count"] == 5
    assert found["pagemill_stage_seconds_sum"] == pytest.approx(0.3 * 5)


def test_a_torn_file_is_passed_over_and_made_anew(tmp_path: Path) -> None:
    process(tmp_path).communicate()
    whole = (tmp_path / "counter_ocr-0.db").read_bytes()
    (tmp_path / "counter_ocr-0.db").write_bytes(whole[:8] + b"\xff" * 100 + whole[108:])
    assert "pagemill_pages_total" not in figures(tmp_path)
    process(tmp_path).communicate()
    assert figures(tmp_path)["pagemill_pages_total"] == 2


def test_files_have_blocks_and_no_holes(tmp_path: Path) -> None:
    one = process(tmp_path)
    try:
        for path in tmp_path.glob("*.db"):
            assert path.stat().st_blocks * 512 >= path.stat().st_size, "a full disk would kill whoever writes here"
    finally:
        one.communicate()


def test_without_room_a_process_counts_for_itself(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    metrics.share(tmp_path / "file" / "metrics", "ocr")

    def sent() -> float:
        samples = [sample for metric in metrics.counted(tmp_path) for sample in metric.samples]
        told = ("pagemill_messages_sent_total", {"stage": "extract"})
        return sum(sample.value for sample in samples if (sample.name, sample.labels) == told)

    before = sent()
    metrics.MESSAGES.labels("extract").inc()
    assert sent() == before + 1


def test_every_metric_has_labels() -> None:
    assert all(metric._labelnames for metric in metrics.WRITTEN), "it would be bound before `share` was called"


def counted_pages() -> dict[tuple[str, str], float]:
    return {
        (sample.labels["engine"], sample.labels["outcome"]): sample.value
        for metric in metrics.PAGES.collect()
        for sample in metric.samples
        if sample.name.endswith("_total")
    }


def test_pages_are_counted_once_they_are_committed(kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch) -> None:
    held = claim(kb, upload(kb).id, "render")
    pages.page_count_known(held, 2)
    made_up = read_page(1)
    assert made_up.reading is not None
    made_up = replace(made_up, reading=replace(made_up.reading, engine="whatever a child says"))
    both = [made_up, (2, PermanentError("page_damaged", "torn"))]
    before = counted_pages()

    def broken(*_: object) -> None:
        raise OperationalError("", {}, Exception("disk I/O error"))

    with monkeypatch.context() as patched:
        patched.setattr(runs, "advance", broken)
        with pytest.raises(Exception, match="disk I/O error"):
            pages.settle_render(held, both)
    assert counted_pages() == before
    pages.settle_render(held, both)
    more = {labels: value - before.get(labels, 0.0) for labels, value in counted_pages().items()}
    assert {labels: value for labels, value in more.items() if value} == {("other", "read"): 1, ("none", "failed"): 1}
