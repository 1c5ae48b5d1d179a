"""Backup and restore by the command line while the stack works: what comes back is compared to the last vector."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests import drawing
from tests.chaos.snapshot import snapshot
from tests.stack import Stack, until

LETTER = "The lighthouse keeper asks for two barrels of oil before the winter storms."
CHINESE = "灯塔看守人请求在冬季风暴之前送来两桶油。"


def pagemill(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cli.main", *arguments], capture_output=True, text=True, timeout=120, env=os.environ
    )


def test_a_backup_taken_in_mid_work_comes_back_whole(stack: Stack, tmp_path: Path) -> None:
    kb = stack.create("lighthouse")
    done = [
        stack.upload(kb, "letter.pdf", drawing.text_pdf([[LETTER], [CHINESE]])),
        stack.upload(kb, "broken.pdf", drawing.damaged_pdf()),
    ]
    gone = stack.upload(kb, "gone.pdf", drawing.text_pdf([["A letter that was deleted."]]))
    stack.wait(kb, *done, gone)
    stack.client.call("DELETE", f"/knowledge-bases/{kb}/documents/{gone}")
    file = tmp_path / "lighthouse.tar"
    data = ("--data", str(stack.data))
    stack.client.call("POST", "/pipeline/ocr/pause")
    try:
        working = stack.upload(kb, "scan.pdf", drawing.scan(drawing.text_pdf([[LETTER], ["Signed in June."]]), seed=3))
        until(lambda: stack.status(kb, working)["stage"] == "ocr", 60, "the scan to wait for its reader")
        made = json.loads(pagemill("backup", "lighthouse", "--output", str(file), *data, "--json").stdout)
    finally:
        stack.client.call("POST", "/pipeline/ocr/resume")
    assert made["documents"] == 3 and made["left_out"] == [] and made["size_bytes"] == file.stat().st_size
    again = pagemill("restore", str(file), *data)
    assert again.returncode == 1 and "--name" in again.stderr and "Traceback" not in again.stderr
    restored = pagemill("restore", str(file), "--name", "lighthouse again", *data)
    assert restored.returncode == 0 and "3 documents" in restored.stdout, restored.stderr
    assert "1 of them in work" in restored.stdout
    [hit] = stack.search("lighthouse again", "灯塔看守人", mode="keyword")["hits"]
    assert hit["filename"] == "letter.pdf", "not found by its words before its vectors are back"
    for name in ("lighthouse", "lighthouse again"):
        stack.wait(name, *done, working)
    until(stack.idle, 120, "the sweep to be idle")
    found = snapshot(stack.data, stack.chroma_url, only=["lighthouse", "lighthouse again"])
    assert set(found["lighthouse"]["documents"]) == {"letter.pdf", "broken.pdf", "scan.pdf"}
    assert found["lighthouse again"] == found["lighthouse"]
    stack.wait_for_vectors(kb)
    for query in ("烧灯用的油", "winter", "June"):
        assert hits(stack, "lighthouse again", query) == hits(stack, "lighthouse", query)


def hits(stack: Stack, kb: str, query: str) -> list[Any]:
    answer = stack.search(kb, query)
    assert answer["degraded"] is None and answer["hits"]
    return [(hit["filename"], hit["pages"], hit["text"], hit["score"]) for hit in answer["hits"]]


def test_what_cannot_be_backed_up_or_restored_is_said_in_a_sentence(stack: Stack, tmp_path: Path) -> None:
    data = ("--data", str(stack.data))
    (tmp_path / "letter.pdf").write_bytes(drawing.text_pdf([[LETTER]]))
    for arguments, words in (
        (["backup", "none such", "--output", str(tmp_path / "x.tar"), *data], "none such"),
        (
            ["backup", "x", "--output", str(tmp_path / "x.tar"), "--data", str(tmp_path / "empty")],
            "no data of Pagemill",
        ),
        (["restore", str(tmp_path / "letter.pdf"), *data], "no backup of Pagemill"),
        (["restore", str(tmp_path / "none.tar"), *data], "No such file"),
    ):
        done = pagemill(*arguments)
        said = "".join(done.stderr.split("\n"))
        assert done.returncode == 1 and words in said and "Traceback" not in said, done.stderr
    assert not (tmp_path / "empty").exists(), "asking made a data folder"
