"""Schemas that the command line takes from files."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest
import typer

from cli.schema import read_schema

SCHEMA = '{"type": "object", "properties": {"发票号": {"type": "string"}}}'


@pytest.mark.parametrize("begins", [b"", codecs.BOM_UTF8])
def test_a_file_is_taken_however_an_editor_begins_it(tmp_path: Path, begins: bytes) -> None:
    path = tmp_path / "schema.json"
    path.write_bytes(begins + SCHEMA.encode())
    assert read_schema(str(path)) == {"type": "object", "properties": {"发票号": {"type": "string"}}}


@pytest.mark.parametrize(
    ("content", "said"),
    [(SCHEMA.encode("gbk"), "UTF-8"), (b'{"type": "object",}', "trailing comma"), (b"[]", "no JSON object")],
)
def test_what_is_no_schema_is_refused_with_the_file(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "schema.json"
    path.write_bytes(content)
    with pytest.raises(typer.BadParameter, match=said) as refused:
        read_schema(str(path))
    assert str(path) in str(refused.value)


def test_a_name_is_a_name_and_a_file_that_is_not_there_is_said() -> None:
    assert read_schema("resume") == "resume"
    with pytest.raises(typer.BadParameter, match="no file"):
        read_schema("resumé")
