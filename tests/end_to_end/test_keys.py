"""A stack that wants keys: its first start makes one, shows it once, and nobody gets anything without."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from client import ApiError, Pagemill
from tests import drawing
from tests.stack import running

ALWAYS = {"PAGEMILL_WEB__KEYS": "always"}


def _pagemill(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cli.main", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, env={**os.environ, **env})


@pytest.mark.siege  # it starts a stack of its own twice
def test_the_first_start_shows_a_key_once(tmp_path: Path) -> None:
    data, letter = tmp_path / "data", tmp_path / "letter.pdf"
    letter.write_bytes(drawing.text_pdf([["The reservoir is repaired in September."]]))
    with running(data, ALWAYS) as own:
        key = own.key
        assert key is not None and [line.startswith("pm_") for line in own.said] == [False, True, False]
        with closing(Pagemill(own.url)) as stranger, pytest.raises(ApiError, match="wants a key"):
            stranger.call("GET", "/knowledge-bases")
        added = _pagemill("add", str(letter), "--kb", "letters", "--wait", "--url", own.url, "--key", key)
        assert added.returncode == 0, added.stderr
        found = _pagemill("search", "reservoir", "--kb", "letters", PAGEMILL_URL=own.url, PAGEMILL_KEY=key)
        assert "letter.pdf" in found.stdout
        refused = _pagemill("status", PAGEMILL_URL=own.url)
        assert refused.returncode == 1 and "unauthorized" in refused.stderr
        assert "is ready" in _pagemill("doctor", PAGEMILL_URL=own.url, PAGEMILL_KEY=key).stdout
        assert "PAGEMILL_KEY" in _pagemill("doctor", PAGEMILL_URL=own.url).stdout
    secret = key[-43:].encode()
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or secret not in path.read_bytes(), path
    with running(data, ALWAYS) as again:
        assert again.key is None and len(again.said) == 1
        with closing(Pagemill(again.url, key)) as client:
            listed = client.call("GET", "/knowledge-bases")
        assert [kb["name"] for kb in listed["items"]] == ["letters"]
