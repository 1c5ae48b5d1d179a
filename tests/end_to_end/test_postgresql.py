"""A whole stack over PostgreSQL: the chain, search, corrections' ledger, a server that dies in mid-run, backups."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from client.requests import kb_path
from tests import drawing
from tests.postgresql import PostgreSQL
from tests.stack import Stack, running, until

pytestmark = pytest.mark.siege
ENGINES = ["postgresql"]
LETTER = "The lighthouse keeper asks for two barrels of oil before the winter storms."
CHINESE = "灯塔看守人请求在冬季风暴之前送来两桶油。"
SECRET = "a-password-that-is-nowhere"


@pytest.fixture(scope="module")
def over(postgresql: PostgreSQL, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stack, dict[str, str]]]:
    """A stack, and the environment of its commands."""
    postgresql.clear()
    # Anybody may connect who can reach the socket, with any password; that of the address must be told nowhere.
    env = {"PAGEMILL_STORAGE__DATABASE_URL": postgresql.url.replace("@", f":{SECRET}@")}
    with running(tmp_path_factory.mktemp("over") / "data", env) as stack:
        yield stack, env


def pagemill(env: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cli.main", *arguments], capture_output=True, text=True, timeout=120,
        env={**os.environ, **env},
    )  # fmt: skip


def names(answer: dict[str, Any]) -> list[str]:
    return [hit["filename"] for hit in answer["hits"]]


def test_documents_go_through_the_chain_and_are_found(over: tuple[Stack, dict[str, str]], tmp_path: Path) -> None:
    stack, env = over
    kb = stack.create("lighthouse")
    scan = drawing.scan(drawing.text_pdf([["Signed in June."]]), seed=3)
    given = {"letter.pdf": drawing.text_pdf([[LETTER], [CHINESE]]), "scan.pdf": scan, "bad.pdf": drawing.damaged_pdf()}
    ids = {name: stack.upload(kb, name, content) for name, content in given.items()}
    ended = dict(zip(ids, stack.wait(kb, *ids.values()), strict=True))
    assert {name: one["status"] for name, one in ended.items()} == {
        "letter.pdf": "done", "scan.pdf": "done", "bad.pdf": "failed",
    }  # fmt: skip
    assert ended["letter.pdf"]["pages"]["done"] == 2 and ended["scan.pdf"]["pages"]["ocr"] == 1
    for query, name in (("灯塔看守人", "letter.pdf"), ("winter storm", "letter.pdf"), ("signed june", "scan.pdf")):
        assert names(stack.search(kb, query, mode="keyword"))[0] == name
    stack.wait_for_vectors(kb)
    assert names(stack.search(kb, "烧灯用的油"))[0] == "letter.pdf"
    assert not (stack.data / "catalog.sqlite3").exists() and not list(stack.data.rglob("kb.sqlite3"))
    file = tmp_path / "lighthouse.tar"
    data = ("--data", str(stack.data))
    assert (
        json.loads(pagemill(env, "backup", "lighthouse", "--output", str(file), *data, "--json").stdout)["documents"]
        == 3
    )
    restored = pagemill(env, "restore", str(file), "--name", "again", *data)
    assert restored.returncode == 0, restored.stderr
    assert names(stack.search("again", "灯塔看守人", mode="keyword")) == ["letter.pdf"]
    stack.client.call("DELETE", f"{kb_path(kb)}/documents/{ids['letter.pdf']}")
    assert names(stack.search(kb, "winter storm", mode="keyword")) == []
    stack.client.call("DELETE", kb_path(kb))


def test_a_server_that_dies_in_mid_run_loses_nothing(
    over: tuple[Stack, dict[str, str]], postgresql: PostgreSQL
) -> None:
    stack, _ = over
    kb = stack.create("board")
    before = [stack.upload(kb, f"{n}.pdf", drawing.text_pdf([[f"Minutes {n}."]] * 3)) for n in range(4)]
    postgresql.stop()
    with httpx.Client(trust_env=False, timeout=30) as client:
        refused = client.post(
            f"{stack.url}/api/v1{kb_path(kb)}/documents", files=[("files", ("x.pdf", drawing.text_pdf([["x"]])))]
        )
        assert refused.status_code == 503 and "PostgreSQL at" in refused.text and "Retry-After" in refused.headers
        ready = client.get(f"{stack.url}/readyz")
        assert ready.status_code == 503 and "PostgreSQL at" in ready.text
        assert "pagemill_databases_readable 0" in client.get(f"{stack.url}/metrics").text
    postgresql.start()
    after = stack.upload(kb, "after.pdf", drawing.text_pdf([["Minutes after."]]))
    assert {one["status"] for one in stack.wait(kb, *before, after)} == {"done"}
    until(lambda: httpx.get(f"{stack.url}/readyz", trust_env=False).status_code == 200, 30, "all to be ready again")


def test_doctor_tells_the_server_and_nobody_the_password(over: tuple[Stack, dict[str, str]]) -> None:
    stack, env = over
    told = pagemill({**env, "PAGEMILL_STORAGE__DATA": str(stack.data)}, "doctor")
    assert "PostgreSQL" in told.stdout and "version 1" in told.stdout, told.stdout
    logs = "".join(path.read_text(errors="replace") for path in (stack.data / "logs").iterdir())
    assert SECRET not in told.stdout + told.stderr + logs + "".join(stack.said)
