"""The files of the page and what they must hold."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from pipeline.errors import CODES
from pipeline.render import kinds

STATIC = Path(__file__).parents[2] / "web" / "static"
FILES = sorted(str(path.relative_to(STATIC)) for path in STATIC.rglob("*") if path.is_file())


def _texts(language: str) -> dict[str, str]:
    source = (STATIC / "js" / "i18n" / f"{language}.js").read_text()
    return {match[1] or match[2]: match[0] for match in re.finditer(r'^\s+(?:"([^"]+)"|(\w+)):', source, re.MULTILINE)}


def test_both_languages_say_the_same_things() -> None:
    english, chinese = _texts("en"), _texts("zh")
    assert len(english) > 100
    # English shows the server's own sentences about errors and kinds of files.
    own = {name for name in chinese if name.startswith(("error.", "kind."))}
    assert set(english) - own == set(chinese) - own


def test_every_error_has_a_chinese_sentence() -> None:
    chinese = _texts("zh")
    assert [code for code in CODES if f"error.{code}" not in chinese] == []
    refused = set(kinds._SENTENCES) - set(kinds.SUPPORTED)
    assert [kind for kind in refused if f"kind.{kind}" not in chinese] == []


def test_nothing_is_written_inline_or_loaded_from_elsewhere() -> None:
    html = (STATIC / "index.html").read_text()
    assert not re.search(r"<style|style=|<script(?![^>]*\bsrc=)|\son\w+=|javascript:", html)
    for name in FILES:
        source = (STATIC / name).read_text()
        assert not re.search(r"\.innerHTML|insertAdjacentHTML|document\.write|\beval\(", source), name
        for address in re.findall(r"https?://[^\s\"'`)]+", source):
            assert address.startswith("http://www.w3.org/"), (name, address)


@pytest.mark.parametrize("name", ["", *(f"static/{name}" for name in FILES)])
def test_each_file_is_served_under_a_strict_policy(client: TestClient, name: str) -> None:
    answer = client.get(f"http://test/{name}")
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "script-src 'self'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    again = client.get(f"http://test/{name}", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304 and again.content == b""


@pytest.mark.parametrize("path", ["..%2fapp.py", "%2e%2e/app.py", "js", "js/", "nothing.js", "a%00b.js", "/etc/passwd"])
def test_nothing_else_is_served(client: TestClient, path: str) -> None:
    assert client.get(f"http://test/static/{path}").status_code == 404
