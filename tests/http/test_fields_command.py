"""`pagemill fields`, `export` and `search` against a web server with nothing beside it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from client import ApiError
from client import Pagemill as Client
from tests.http.guarded import lonely, served
from tests.unit import shelf

PEOPLE = {
    "李四.pdf": {"name": "李四", "years": "4", "skills": ["Redis", "Go"]},
    "ann.pdf": {"name": "Ann Fox", "years": "12", "skills": ["redis"], "work": [{"title": "Clerk"}, {"title": "Boss"}]},
}
Pagemill = Callable[..., Result]


@pytest.fixture(scope="module")
def pagemill(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pagemill]:
    with served(lonely(tmp_path_factory.mktemp("command"), hosts=["127.0.0.1"])) as (_, port, web):
        storage = web.state.parts.storage
        # Passages that say the same would be one hit.
        for name, words in (("people", "{} knows Redis"), ("others", "On the coast a career in Redis began for {}")):
            kb = storage.open(storage.create_knowledge_base(name, ["en"], "auto", "resume")["id"])
            for filename, found in PEOPLE.items():
                shelf.put(kb, filename, found, passages=(words.format(found["name"]),))
            kb.db.close()

        def run(*arguments: str) -> Result:
            made: list[Client] = []

            def client(base: str, key: str | None = None, **options: Any) -> Client:
                made.append(Client(base, key, **options))
                return made[-1]

            with pytest.MonkeyPatch.context() as patched:
                patched.setattr("cli.options.Pagemill", client)
                url = ("--url", f"http://127.0.0.1:{port}")
                result = CliRunner().invoke(app, [*arguments, *url], env={"COLUMNS": "200"})
            for one in made:  # a command's process ends, and its connections with it
                one.close()
            return result

        yield run


def test_a_table_in_the_terminal(pagemill: Pagemill) -> None:
    shown = pagemill("fields", "--kb", "people", "--sort", "-years", "--filter", "years>=1", "--column", "years")
    assert shown.exit_code == 0
    rows = [[cell.strip() for cell in line.split("│")[1:3]] for line in shown.stdout.splitlines() if ".pdf" in line]
    assert rows == [["ann.pdf", "12"], ["李四.pdf", "4"]]
    assert shown.stdout.splitlines()[-1] == "2 of 2 documents"
    assert "work.title" in pagemill("fields", "--kb", "people").stdout, "what somebody has is shown"
    assert "phone" not in pagemill("fields", "--kb", "people").stdout, "what nobody has is not"
    value = json.loads(pagemill("fields", "--kb", "people", "--limit", "1", "--sort", "name", "--json").stdout)
    assert value["total"] == 2 and [row["filename"] for row in value["items"]] == ["ann.pdf"]
    assert "0 of 0" in pagemill("fields", "--kb", "people", "-q", "nothing of the kind").stdout


def test_csv(pagemill: Pagemill, tmp_path: Path) -> None:
    printed = pagemill("fields", "--kb", "people", "--csv", "--sort", "name", "--column", "work")
    output = tmp_path / "people.csv"
    chosen = ("--sort", "name", "--column", "work", "--output", str(output))
    assert pagemill("export", "--kb", "people", *chosen).exit_code == 0
    assert printed.stdout_bytes == output.read_bytes()
    rows = list(csv.DictReader(io.StringIO(printed.stdout.removeprefix("\ufeff"))))
    assert [(row["filename"], row["work.title"]) for row in rows] == [("ann.pdf", "Clerk; Boss"), ("李四.pdf", "")]


def test_a_search_with_counts(pagemill: Pagemill) -> None:
    arguments = ("search", "Redis", "--mode", "keyword", "--kb", "people", "--kb", "others", "--facet", "skills")
    told = pagemill(*arguments).stdout.splitlines()
    assert told[-1] == "skills: Redis (4), Go (2)"
    assert sum(line.split(". ")[-1].startswith(("people: ", "others: ")) for line in told) == 4
    value = json.loads(pagemill(*arguments, "--filter", "years>5", "--json").stdout)
    assert len(value["hits"]) == 2 and value["facets"][0]["values"][0]["count"] == 2
    refused = pagemill(*arguments, "--filter", "years>many")
    assert isinstance(refused.exception, ApiError) and "is a number" in str(refused.exception)
