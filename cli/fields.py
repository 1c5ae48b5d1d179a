"""Fields on the command line: those of one document, and the table of a knowledge base's."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from cli.options import OUT, Json, Kb, Key, Url, open_client, print_json

if TYPE_CHECKING:
    from client.answers import FacetCounts
    from client.operations.finding import Table as Wanted

Only = Annotated[
    list[str] | None,
    typer.Option("--filter", help="NAME:VALUE, NAME=VALUE, NAME!=VALUE, NAME>=VALUE ...; may be repeated."),
]
Sort = Annotated[str | None, typer.Option(help="A name to sort by; -NAME descends.")]
Columns = Annotated[list[str] | None, typer.Option("--column", help="A field to show; may be repeated.")]
Words = Annotated[str | None, typer.Option("--query", "-q", help="Only documents with these words.")]
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
    wanted = _wanted(sort, only, column, words)
    if csv:
        for piece in client.fields_csv(kb, **wanted):
            sys.stdout.buffer.write(piece)
        return
    found = client.fields(kb, limit=limit, **wanted)
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
    pieces = open_client(url, key).fields_csv(kb, **_wanted(sort, only, column, words))
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


def _wanted(sort: str | None, only: list[str] | None, column: list[str] | None, words: str | None) -> Wanted:
    return {"sort": sort or None, "filters": only or [], "columns": column or [], "query": words or None}


def print_facets(console: Console, facets: Sequence[FacetCounts]) -> None:
    """Print what was counted: `skills: Redis (12), Go (3), …`."""
    for facet in facets:
        values = [f"{value['value']} ({value['count']})" for value in facet["values"]]
        told = ", ".join([*values, *(["…"] if facet["more"] else [])]) or "none"
        console.print(f"{facet['name']}: {told}", markup=False, soft_wrap=True)


def cell(fields: Mapping[str, Any], path: str) -> str:
    """The values at a path, joined by "; "."""
    name, _, inner = path.partition(".")
    held = fields.get(name, [])
    items = held if isinstance(held, list) else [held]
    found = [item.get(inner, {}) if inner else item for item in items]
    return "; ".join(value["value"] for value in found if "value" in value)


def lines(fields: Mapping[str, Any]) -> list[str]:
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
