"""What an old version left in mid-work: a stack of today finishes it, and it moves to PostgreSQL and back."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from client.requests import kb_path
from pipeline.settings import PROJECT_ROOT
from tests import drawing
from tests.postgresql import PostgreSQL
from tests.stack import Stack, running, until
from tests.unit.movables import storage_on

pytestmark = pytest.mark.siege
QUERIES = ("灯塔看守人", "oil for the lamp", "wind from the north", "harbour master")


def move(to: str, data: Path, env: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", "move", "--all", "--to", to, "--data", str(data)],
        capture_output=True, text=True, timeout=120, env={**os.environ, **env}, cwd=PROJECT_ROOT,
    )  # fmt: skip
    assert done.returncode == 0 and "Letters" in done.stdout, done.stderr


def hits(stack: Stack) -> list[Any]:
    stack.wait_for_vectors("Letters")
    found = []
    for query in QUERIES:
        answer = stack.search("Letters", query)
        assert answer["degraded"] is None and answer["hits"], query
        found.append([(hit["filename"], hit["pages"], hit["text"], round(hit["score"], 4)) for hit in answer["hits"]])
    return found


def statuses(stack: Stack) -> dict[str, Any]:
    items = stack.client.call("GET", f"{kb_path('Letters')}/documents")["items"]
    return {one["filename"]: (one["id"], one["status"], one["pages"], one["fields"]) for one in items}


def test_it_is_finished_and_moves_to_postgresql_and_back(postgresql: PostgreSQL, tmp_path: Path) -> None:
    with tarfile.open(Path(__file__).parent.parent / "old" / "data-0002.tar.xz") as tar:
        tar.extractall(tmp_path, filter="data")
    data = tmp_path / "data"
    with running(data) as stack:
        assert "brought up to date" in "".join(stack.said) or (data / "backups").is_dir()
        half = statuses(stack)["logbook.pdf"][0]
        [ended] = stack.wait("Letters", half)
        assert (ended["status"], ended["pages"]["done"], ended["pages"]["failed"]) == ("done", 9, 0)
        # Its Chroma was not kept: the vectors that were are written once more.
        stack.client.call("POST", f"{kb_path('Letters')}/reprocess", params={"from": "store"})
        until(stack.idle, 60, "all to be at rest")
        before, known = hits(stack), statuses(stack)
        assert {name: one[1] for name, one in known.items()} == {
            "letter.pdf": "done", "scan.pdf": "done", "broken.pdf": "failed", "logbook.pdf": "done",
        }  # fmt: skip
    url = postgresql.new_database()
    env = {"PAGEMILL_STORAGE__DATABASE_URL": url}
    move(url, data, {})
    with running(data, env) as stack:
        assert (hits(stack), statuses(stack)) == (before, known)
        new = stack.upload("Letters", "new.pdf", drawing.text_pdf([["Seven seals were counted on the reef."]]))
        [done] = stack.wait("Letters", new)
        assert done["status"] == "done"
    move("sqlite:", data, env)
    storage = storage_on(data)
    letters = storage.open(storage.knowledge_base("Letters")["id"])
    assert letters.files(new).markdown(1).exists() and not storage.outdated()
    letters.db.close()
    storage.close()
