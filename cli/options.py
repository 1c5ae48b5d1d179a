"""What commands share: options that mean the same everywhere, settings, the client, and where words go."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Unpack

import orjson
import typer
from rich.console import Console
from rich.table import Table

from client import Pagemill
from client.options import Options
from pipeline import settings
from pipeline.settings import Settings

if TYPE_CHECKING:
    from client.answers import DocumentStatus

OUT = Console(highlight=False)
ERR = Console(stderr=True, highlight=False)

Url = Annotated[str | None, typer.Option(help="Address of the server; else PAGEMILL_URL, else the local one.")]
Key = Annotated[str | None, typer.Option(help="Key of the server; better PAGEMILL_KEY: others see command lines.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]
Kb = Annotated[str, typer.Option(help="Name or id of the knowledge base.")]
_PASSWORD = "PAGEMILL_PASSWORD"
Password = Annotated[
    bool, typer.Option("--password", help=f"The file has a password: ask for it, or take it from {_PASSWORD}.")
]
Data = Annotated[Path | None, typer.Option(help="Data folder.")]


def load_settings(data: Path | None = None) -> Settings:
    """The settings, on the data folder that was given."""
    if data is not None:
        os.environ["PAGEMILL_STORAGE__DATA"] = str(data.absolute())
    return settings.load()


def open_client(url: str | None, key: str | None, **options: Unpack[Options]) -> Pagemill:
    """A client of the server that was given, else of the local one."""
    return Pagemill(find_server(settings.load(), url), key, **options)


def find_server(settings: Settings, url: str | None) -> str:
    """The server's address: as given, else PAGEMILL_URL, else where `pagemill up` on this data folder listens."""
    given = url or os.environ.get("PAGEMILL_URL")
    if given:
        return given.rstrip("/")
    note = settings.data / "server.json"
    if note.exists():
        found: str = orjson.loads(note.read_bytes())["url"]
        return found
    return f"http://{settings.web.host}:{settings.web.port}"


def password_of(wanted: bool) -> str | None:
    """The password of a file; never an argument: other people on the machine can see those."""
    if not wanted:
        return None
    given: str = os.environ.get(_PASSWORD) or typer.prompt("Password", hide_input=True, err=True)
    return given


def print_json(value: Any) -> None:
    """Print a value for scripts."""
    sys.stdout.write(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode() + "\n")


def print_run(status: DocumentStatus, as_json: bool) -> None:
    """Print which run of a document was opened."""
    if as_json:
        print_json(status)
    else:
        OUT.print(f"{status['filename']}: run {status['run']} {status['status']}", markup=False)


def table_of(rows: Iterable[Sequence[str]], *heads: str) -> Table:
    """A table of texts as they are; the ids of the column "document" are whole, as they are copied from here."""
    table = Table(*heads)
    ids = table.columns[heads.index("document")]
    ids.no_wrap, ids.min_width = True, 32
    for row in rows:
        table.add_row(*(cell.replace("[", r"\[") for cell in row))
    return table
