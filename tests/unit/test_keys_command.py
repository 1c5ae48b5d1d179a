"""Keys on the command line, and servers that will not start without one: no server need run for this."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli import up
from pipeline.settings import Settings, StorageSettings, WebSettings
from storage import keys
from storage.catalog import Storage


def _run(module: str, *arguments: str, data: Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        capture_output=True, text=True, timeout=120, env={**os.environ, "PAGEMILL_STORAGE__DATA": str(data), **env},
    )  # fmt: skip


def test_make_list_and_revoke(tmp_path: Path) -> None:
    data = tmp_path / "data"
    added = _run("cli.main", "keys", "add", "mail room", "--scope", "write", data=data)
    assert added.returncode == 0, added.stderr
    key = added.stdout.strip()
    assert "not shown again" in added.stderr and key.startswith("pm_") and key not in added.stderr
    assert data.stat().st_mode & 0o077 == 0, "what will lie there is not for other users of the machine"
    storage = Storage(Settings(storage=StorageSettings(data=data)))
    found = keys.find(storage.catalog, key)
    assert found is not None and found.name == "mail room" and found.scope == "write"
    kb = storage.create_knowledge_base("信件", ["en"], "auto")["id"]
    limited = json.loads(
        _run("cli.main", "keys", "add", "k", "--scope", "read", "--kb", "信件", "--json", data=data).stdout
    )
    assert limited["knowledge_bases"] == [kb]
    listed = _run("cli.main", "keys", "list", data=data)
    assert all(words in listed.stdout for words in (found.id, "mail room", "信件", "all")), listed.stdout
    assert key not in listed.stdout and limited["key"] not in listed.stdout
    assert _run("cli.main", "keys", "revoke", found.id, data=data).returncode == 0
    assert keys.find(storage.catalog, key) is None
    shown = json.loads(_run("cli.main", "keys", "list", "--json", data=data).stdout)
    assert [bool(one["revoked_at"]) for one in shown] == [True, False]
    storage.catalog.close()


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (["add", "x", "--scope", "root"], 2, "read, write, admin"),
        (["add", "x"], 2, "--scope"),
        (["add", "", "--scope", "read"], 1, "1 to 100"),
        (["add", "x", "--scope", "read", "--kb", "none"], 1, "no knowledge base"),
        (["revoke", "none"], 1, "no key of this id"),
    ],
)
def test_what_goes_wrong_is_said_in_a_sentence(tmp_path: Path, arguments: list[str], status: int, says: str) -> None:
    ran = _run("cli.main", "keys", *arguments, data=tmp_path / "data")
    assert ran.returncode == status and says in ran.stderr and "Traceback" not in ran.stderr, ran.stderr


@pytest.mark.parametrize(
    ("module", "arguments", "env"),
    [
        ("web.server", [], {"PAGEMILL_WEB__HOST": "0.0.0.0"}),
        ("web.server", [], {"PAGEMILL_WEB__KEYS": "always"}),
        ("cli.main", ["web", "--host", "0.0.0.0"], {}),
    ],
    ids=["elsewhere", "always", "command"],
)
def test_no_server_without_a_key(tmp_path: Path, module: str, arguments: list[str], env: dict[str, str]) -> None:
    ran = _run(module, *arguments, data=tmp_path / "data", PAGEMILL_QUEUE__REDIS_URL="redis://127.0.0.1:1/0", **env)
    assert ran.returncode == 1 and "pagemill keys add" in ran.stderr and "Traceback" not in ran.stderr, ran.stderr


def test_a_first_key_is_made_once_and_never_again(storage: Storage) -> None:
    shown: list[str] = []
    up.require_key(storage, WebSettings(), shown.append)
    assert shown == [], "on loopback none is needed"
    up.require_key(storage, WebSettings(host="0.0.0.0"), shown.append)
    up.require_key(storage, WebSettings(host="0.0.0.0"), shown.append)
    (key,) = shown
    found = keys.find(storage.catalog, key)
    assert found is not None and found.scope == "admin" and found.knowledge_bases is None
    keys.revoke(storage.catalog, found.id)
    with pytest.raises(up.UpError, match="pagemill keys add"):
        up.require_key(storage, WebSettings(host="0.0.0.0"), shown.append)
    assert len(shown) == 1


def test_a_first_key_is_not_shown_to_a_journal(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    status = os.fstat(sys.stdout.fileno())
    monkeypatch.setenv("JOURNAL_STREAM", f"{status.st_dev}:{status.st_ino}")
    with pytest.raises(up.UpError, match="pagemill keys add"):
        up.require_key(storage, WebSettings(host="0.0.0.0"), lambda _: None)
    assert keys.listing(storage.catalog) == []
