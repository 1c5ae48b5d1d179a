"""Fields on the command line: those of one document, and the table of a knowledge base's."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from cli.client import Client, kb_path
from cli.options import OUT, Json, Kb, Key, Url, open_client, print_json

Only = Annotated[
    list[str] | None,
    typer.Option("--filter", help="NAME:VALUE, NAME=VALUE, NAME!=VALUE, NAME>=VALUE ...; may be repeated."),
]
Sort = Annotated[str | None, typer.Option(help="A name to sort by; -NAME descends.")]
Columns = Annotated[list[str] | None, typer.Option("--column", help="A field to show; may be repeated.")]
Words = Annotated[str | None, typer.Option("--query", "-q", help="Only documents with these words.")]
_AT_ONCE = 500
_WIDEST = 40  # characters of a cell in a terminal


def fields_command(
    kb: Kb,
    sort: Sort = None,
    only: Only = None,
    column: Columns = None,
    words: Words = None,
    limit: Annotated[int, typer.Option(min=1, help="So many documents at most.")] = 50,
    csv: Annotated[bool, typer.Option("--csv", help="Print all as CSV, for spreadsheets.")] = False,
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Show the fields of a knowledge base's documents as a table, a row a document."""
    client = open_client(url, key)
    params = _params(sort, only, column, words)
    if csv:
        for piece in client.download(f"{kb_path(kb)}/fields.csv", params=params):
            sys.stdout.buffer.write(piece)
        return
    found = _table(client, kb, params, limit)
    if as_json:
        print_json(found)
        return
    held = [path["name"] for path in found["columns"]]
    shown = held if column else [path for path in held if any(cell(row["fields"], path) for row in found["items"])]
    table = Table("file", *shown)
    for row in found["items"]:
        values = [cell(row["fields"], path) for path in shown]
        table.add_row(row["filename"], *(value if len(value) <= _WIDEST else f"{value[:_WIDEST]}…" for value in values))
    OUT.print(table)
    OUT.print(f"{len(found['items'])} of {found['total']} documents", markup=False)


def export_command(
    kb: Kb,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A file; else standard output.")] = None,
    sort: Sort = None,
    only: Only = None,
    column: Columns = None,
    words: Words = None,
    url: Url = None,
    key: Key = None,
) -> None:
    """Write the fields of a knowledge base's documents as CSV, a row a document."""
    params = _params(sort, only, column, words)
    pieces = open_client(url, key).download(f"{kb_path(kb)}/fields.csv", params=params)
    if output is None:
        for piece in pieces:
            sys.stdout.buffer.write(piece)
        return
    _write(output, pieces)


def _write(output: Path, pieces: Iterator[bytes]) -> None:
    first = next(pieces)  # before the file is made: an error leaves what is there alone
    try:
        with output.open("wb") as stream:
            stream.write(first)
            stream.writelines(pieces)
    except OSError as error:
        raise typer.BadParameter(f"{output} cannot be written: {error.strerror}") from error


def _params(sort: str | None, only: list[str] | None, column: list[str] | None, words: str | None) -> dict[str, Any]:
    given = {"sort": sort, "filter": only, "column": column, "q": words}
    return {name: value for name, value in given.items() if value}


def _table(client: Client, kb: str, params: dict[str, Any], limit: int) -> dict[str, Any]:
    """The first rows of the table, by as many requests as that takes."""
    whole: dict[str, Any] = {"columns": [], "items": [], "total": 0, "next_cursor": None}
    cursor: dict[str, str] = {}
    while len(whole["items"]) < limit:
        wanted = {**params, **cursor, "limit": min(_AT_ONCE, limit - len(whole["items"]))}
        part = client.call("GET", f"{kb_path(kb)}/fields", params=wanted)
        whole = {**part, "items": [*whole["items"], *part["items"]]}
        if part["next_cursor"] is None:
            break
        cursor = {"cursor": part["next_cursor"]}
    return whole


def print_facets(console: Console, facets: list[dict[str, Any]]) -> None:
    """Print what was counted: `skills: Redis (12), Go (3), …`."""
    for facet in facets:
        values = [f"{value['value']} ({value['count']})" for value in facet["values"]]
        told = ", ".join([*values, *(["…"] if facet["more"] else [])]) or "none"
        console.print(f"{facet['name']}: {told}", markup=False, soft_wrap=True)


def cell(fields: dict[str, Any], path: str) -> str:
    """The values at a path, joined by "; "."""
    name, _, inner = path.partition(".")
    held = fields.get(name, [])
    items = held if isinstance(held, list) else [held]
    found = [item.get(inner, {}) if inner else item for item in items]
    return "; ".join(value["value"] for value in found if "value" in value)


def lines(fields: dict[str, Any]) -> list[str]:
    """A line a field, a list of fields, or a record: `skills: Redis, Go`, `education: 四川大学 · 硕士 · 2009-09`."""
    result = []
    for name, held in fields.items():
        items = held if isinstance(held, list) else [held]
        values = [item["value"] for item in items if "value" in item]
        if values:
            result.append(f"{name}: {', '.join(values)}")
        records = [item for item in items if "value" not in item]
        result += [f"{name}: {' · '.join(field['value'] for field in record.values())}" for record in records]
    return result
