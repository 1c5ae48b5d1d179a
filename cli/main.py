"""The `pagemill` command: what each subcommand takes, says and exits with.

Exit codes: 0 done; 1 something failed; 2 wrong usage or settings; 3 no server answers.

What runs servers or opens the data folder is loaded by the commands that do: it takes a second, and people wait for the
others.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from cli import backup, control, correct, evaluate, fields, keys, move, progress
from cli.bench.command import bench_command
from cli.options import (
    ERR,
    OUT,
    Data,
    Json,
    Kb,
    Key,
    Password,
    Url,
    load_settings,
    open_client,
    password_of,
    print_json,
    print_run,
)
from cli.schema import app as schema_app
from cli.schema import read_schema, told
from client import ApiError, Busy, NoServer
from pipeline import stages
from pipeline.errors import PermanentError, Refused, ServiceUnavailable
from pipeline.settings import SettingsError

if TYPE_CHECKING:
    from client.answers import AcceptedDocument, DocumentStatus, PipelineStatus, RejectedFile, SearchAnswer

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
    help="Turns PDFs and page images, Chinese and English, into searchable knowledge bases.",
)  # fmt: skip
app.add_typer(keys.app, name="keys")
app.add_typer(control.app)
app.add_typer(schema_app)
app.add_typer(correct.app)
_PATIENCE_S = 3600.0  # with a server that has too much to do
_SHOWN = 500  # documents in a terminal
_SCHEMA = "Fields to look for, if the knowledge base is new: generic, resume or a file with a JSON Schema."


def main() -> None:
    """Entry point: turns expected errors into a sentence and an exit code."""
    try:
        app()
    except SettingsError as error:
        ERR.print(f"[red]Settings:[/red]\n{error}", markup=True)
        sys.exit(2)
    except (Refused, ServiceUnavailable) as error:
        ERR.print(f"pagemill: {error}", markup=False)
        sys.exit(1)
    except (ApiError, PermanentError) as error:
        ERR.print(f"pagemill: {error} ({error.code})", markup=False)
        sys.exit(1)
    except NoServer as error:
        ERR.print(f"pagemill: {error} Start one with `pagemill up`, or give --url.", markup=False)
        sys.exit(3)


def _version(asked: bool) -> None:
    if asked:
        OUT.print(f"pagemill {version('pagemill')}")
        raise typer.Exit


@app.callback()
def _options(
    _: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False,
) -> None:
    """See the commands below."""


@app.command("up")
def up_command(
    data: Data = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65_535, help="Port, or the next free one.")] = None,
) -> None:
    """Start everything on this machine and keep it running until Ctrl-C."""
    from cli.up import up

    config = load_settings(data)

    def announce(url: str, details: dict[str, Any]) -> None:
        OUT.print(f"Pagemill is ready at {url}  (data and logs: {config.data}, {len(details['processes'])} processes)",
                   markup=False, soft_wrap=True)  # fmt: skip
        if details["backup"]:
            OUT.print(f"The databases were brought up to date; what they were before lies in {details['backup']}",
                      markup=False, soft_wrap=True)  # fmt: skip

    def show_key(key: str) -> None:
        OUT.print("From other machines Pagemill is used with a key. This one may do everything; it is not shown again:",
                  markup=False, soft_wrap=True)  # fmt: skip
        OUT.print(key, markup=False, soft_wrap=True)

    up(config, host or config.web.host, config.web.port if port is None else port, announce, show_key)


@app.command()
def worker(
    names: Annotated[list[str], typer.Argument(metavar="STAGE...", help="Of: " + ", ".join(stages.NAMES))],
    data: Data = None,
) -> None:
    """Run the worker groups of stages; the servers are those that the settings name."""
    from cli.up import run_group, worker_programs

    for name in names:
        if name not in stages.BY_NAME:
            raise typer.BadParameter(f"there is no stage “{name}”; stages: {', '.join(stages.NAMES)}")
    config = load_settings(data)
    wanted = dict.fromkeys(names)
    run_group(config, [program for name in wanted for program in worker_programs(config, name, {})])


@app.command()
def web(
    data: Data = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65_535, help="Port.")] = None,
) -> None:
    """Run the web server alone; the servers are those that the settings name."""
    from cli.supervise import Program
    from cli.up import python, require_key, run_group
    from storage.catalog import Storage

    config = load_settings(data)
    given = {"PAGEMILL_WEB__HOST": host, "PAGEMILL_WEB__PORT": None if port is None else str(port)}
    env = {name: value for name, value in given.items() if value is not None}
    rules = config.web.model_copy(update={"host": host or config.web.host})
    if rules.needs_keys:
        storage = Storage(config)
        storage.prepare()
        require_key(storage, rules)
    run_group(config, [Program("web", python("web.server"), {"PAGEMILL_PROCESS": "web", **env})], tells=False)


@app.command()
def sweep(data: Data = None) -> None:
    """Run the sweep alone; the servers are those that the settings name."""
    from cli.supervise import Program
    from cli.up import python, run_group

    run_group(load_settings(data), [Program("sweep", python("actors.sweep"), {"PAGEMILL_PROCESS": "sweep"})])


@app.command()
def add(
    files: Annotated[list[Path], typer.Argument(help="Files or folders.", exists=True)],
    kb: Kb,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until all have ended.")] = False,
    tag: Annotated[list[str] | None, typer.Option(help="A tag for the files; may be repeated.")] = None,
    metadata: Annotated[str | None, typer.Option(help="A JSON object to keep with the files.")] = None,
    schema: Annotated[str | None, typer.Option(help=_SCHEMA)] = None,
    password: Password = False,
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Upload files into a knowledge base, making it if there is none; waits where the server has too much to do."""
    client = open_client(url, key, patience_s=_PATIENCE_S, on_wait=_say_waiting)
    fields_wanted = None if schema is None else read_schema(schema)
    found = client.ensure_knowledge_base(kb, schema=fields_wanted)
    if fields_wanted not in (None, found["schema"]):
        kept = f"“{kb}” exists and has the schema {told(found['schema'])}"
        raise typer.BadParameter(f"{kept}; leave --schema out, or change it with pagemill schema --kb {kb}.")
    secret = password_of(password)
    paths = [path for given in files for path in _files_of(given)]
    if not paths:
        raise typer.BadParameter("there are no files in what was given")
    documents: list[AcceptedDocument] = []
    rejected: list[RejectedFile] = []
    refusal: ApiError | None = None
    try:
        for answer in client.upload_all(kb, paths, tags=tag or [], metadata=metadata or None, password=secret):
            documents += answer["documents"]
            rejected += answer["rejected"]
    except ApiError as error:  # what was taken before is told all the same
        refusal = error
    statuses: list[DocumentStatus] = []
    if wait and documents:
        statuses = progress.watch(client, kb, documents, Console(stderr=True) if as_json else OUT)
    if as_json:
        print_json({"documents": statuses or documents, "rejected": rejected})
    else:
        for status in statuses:
            said = f"{status['id']}  {status['filename']}: {progress.outcome(status)}"
            OUT.print(said, markup=False, soft_wrap=True)
        for document in [] if statuses else documents:
            note = "  (uploaded before)" if document["duplicate"] else ""
            said = f"{document['id']}  {document['filename']}: {document['status']}{note}"
            OUT.print(said, markup=False, soft_wrap=True)
        for file in rejected:
            OUT.print(f"rejected  {file['filename']}: {file['error']['message']}", markup=False, soft_wrap=True)
    if refusal is not None:
        raise refusal
    if rejected or any(status["status"] != "done" for status in statuses):
        raise typer.Exit(1)


def _say_waiting(refusal: Busy, pause_s: float) -> None:
    ERR.print(f"{refusal} Trying again in {pause_s:.0f} s.", markup=False, soft_wrap=True)


def _files_of(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(file for file in path.rglob("*") if file.is_file() and not file.name.startswith("."))
    return [path]


@app.command()
def status(
    kb: Annotated[str | None, typer.Argument(help="A knowledge base; without one: the pipeline.")] = None,
    document: Annotated[str | None, typer.Argument(help="A document's id.")] = None,
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Show the pipeline, a knowledge base's documents, or one document."""
    client = open_client(url, key)
    value: Any
    if kb is None:
        value = client.pipeline()
        table = _stages_table(value)
    elif document is None:
        items = list(client.documents(kb, limit=None if as_json else _SHOWN))
        value = {"items": items, "next_cursor": None}
        table = _documents_table(items)
    else:
        value = client.document(kb, document)
        table = _document_table(value)
    if as_json:
        print_json(value)
        return
    OUT.print(table)
    if document is not None:
        for line in fields.lines(value["fields"]):
            OUT.print(line, markup=False, soft_wrap=True)


def _stages_table(pipeline: PipelineStatus) -> Table:
    table = Table("stage", "ready", "claimed", "failed", "per minute", "oldest, s")
    for name, counted in pipeline["stages"].items():
        shown = f"{name} (paused)" if counted["paused"] else name
        counts = (counted["ready"], counted["claimed"], counted["failed"], counted["rate_per_minute"])
        table.add_row(shown, *map(str, counts), str(counted["oldest_age_seconds"] or ""))
    return table


def _documents_table(documents: Sequence[DocumentStatus]) -> Table:
    table = Table("document", "file", "status", "progress", "pages")
    table.columns[0].no_wrap, table.columns[0].min_width = True, 32  # ids are copied from here
    for item in documents:
        pages = item["pages"]
        table.add_row(item["id"], item["filename"], item["status"], f"{item['progress']:.0%}",
                      f"{pages['done']} of {pages['total'] or '?'}")  # fmt: skip
    if len(documents) == _SHOWN:
        table.caption = f"The newest {_SHOWN}; --json tells all."
    return table


def _document_table(document: DocumentStatus) -> Table:
    table = Table("stage", "total", "done", "failed", title=f"{document['filename']}: {document['status']}")
    for name, counted in document["stages"].items():
        table.add_row(name, *map(str, (counted["total"], counted["done"], counted["failed"])))
    if document["error"]:
        table.caption = document["error"]["message"]
    return table


@app.command()
def search(
    query: Annotated[str, typer.Argument(help="What to search for.")],
    kb: Annotated[list[str], typer.Option(help="Name or id of a knowledge base; may be repeated.")],
    limit: Annotated[int, typer.Option(min=1, max=100)] = 5,
    mode: Annotated[str, typer.Option(help="hybrid, vector or keyword.")] = "hybrid",
    only: fields.Only = None,
    facet: Annotated[list[str] | None, typer.Option(help="A name whose values to count; may be repeated.")] = None,
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Search a knowledge base, or several."""
    client = open_client(url, key)
    where = kb[0] if len(kb) == 1 else kb
    value = client.search(where, query, limit=limit, mode=mode, filters=only or [], facets=facet or [])
    if as_json:
        print_json(value)
        return
    print_hits(OUT, value, {client.knowledge_base(one)["id"]: one for one in kb if len(kb) > 1})
    fields.print_facets(OUT, value["facets"])


def print_hits(console: Console, value: SearchAnswer, names: dict[str, str] | None = None) -> None:
    """Print an answer of the search endpoint.

    Args:
        names: of knowledge bases by id, where several were searched.
    """
    for number, hit in enumerate(value["hits"], 1):
        pages = ", ".join(str(page) for page in hit["pages"])
        where = f"{names[hit['knowledge_base']]}: " if names else ""
        line = f"{number}. {where}{hit['filename']}, page {pages}  ({hit['score']:.2f})"
        console.print(line, markup=False, soft_wrap=True)
        console.print(f"   {hit['snippet']}", markup=False, soft_wrap=True)
        if hit["duplicates"]:
            files = ", ".join(dict.fromkeys(copy["filename"] for copy in hit["duplicates"]))
            console.print(f"   (also in {files})", markup=False, soft_wrap=True)
    if not value["hits"]:
        console.print("Nothing found.")
    for note in [*value["notes"], value["degraded"]]:
        if note:
            console.print(f"Note: {note}", markup=False)


@app.command()
def retry(
    kb: Annotated[str, typer.Argument(help="A knowledge base.")],
    document: Annotated[str, typer.Argument(help="A document's id.")],
    password: Password = False,
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Do again what failed of a document; what was read is kept."""
    print_run(open_client(url, key).retry(kb, document, password=password_of(password)), as_json)


@app.command()
def doctor(url: Url = None, key: Key = None, as_json: Json = False) -> None:
    """Check every part and say how to mend what is missing."""
    from cli import doctor as checks

    results = checks.check(load_settings(), url, key)
    if as_json:
        print_json([result.as_dict() for result in results])
    else:
        checks.show(results, OUT)
    if any(result.level == "missing" for result in results):
        raise typer.Exit(1)


app.command("fields")(fields.fields_command)
app.command("export")(fields.export_command)
app.command("eval")(evaluate.eval_command)
app.command("bench")(bench_command)
app.command("backup")(backup.backup_command)
app.command("restore")(backup.restore_command)
app.command("move")(move.move_command)


@app.command(hidden=True)
def demo(data: Data = None) -> None:
    """Put sample documents through a stack of its own; what `make demo` runs."""
    from cli.demo import run

    sys.exit(run(load_settings(data), OUT))


if __name__ == "__main__":
    main()
