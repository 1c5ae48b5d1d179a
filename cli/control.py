"""Commands that steer what the pipeline does: documents done anew, failures, stages that stand still."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import typer

from cli import progress
from cli.options import ERR, OUT, Json, Kb, Key, Url, open_client, print_json, print_run, table_of
from client import ApiError, Pagemill
from pipeline import stages

app = typer.Typer()
_STAGES = ", ".join(stages.NAMES)
Stage = Annotated[str, typer.Argument(help=f"One of: {_STAGES}")]
_ENGINE = "Only documents with a page read by tesseract, tesserocr, rapidocr, got or text_layer."


def _require_stage(name: str) -> None:
    if name not in stages.BY_NAME:
        raise typer.BadParameter(f"there is no stage “{name}”; stages: {_STAGES}")


@app.command()
def reprocess(
    kb: Annotated[str, typer.Argument(help="A knowledge base.")],
    document: Annotated[
        str | None, typer.Argument(help="A document's id; without one: all that the options say.")
    ] = None,
    start: Annotated[str, typer.Option("--from", help=f"From which stage on: {_STAGES}.")] = "render",
    status: Annotated[str | None, typer.Option(help="Only documents of this status, such as failed.")] = None,
    engine: Annotated[str | None, typer.Option(help=_ENGINE)] = None,
    tag: Annotated[str | None, typer.Option(help="Only documents with this tag.")] = None,
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Do documents anew from a stage on; what was found before is found until then. From store: rebuild the index."""
    _require_stage(start)
    if document is not None and (status or engine or tag):
        raise typer.BadParameter("--status, --engine and --tag choose among documents; leave them out with one given")
    client = open_client(url, key)
    if document is not None:
        print_run(client.reprocess(kb, document, start), as_json)
        return
    opened = client.reprocess_all(kb, start, status=status or None, engine=engine or None, tag=tag or None)
    if as_json:
        print_json(opened)
    else:
        OUT.print(progress.opened(opened), markup=False)


@app.command()
def reindex(
    kb: Kb,
    start: Annotated[
        str, typer.Option("--from", help="store: write the index again; embed: embed again too.")
    ] = "store",
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Write the search index anew, as after Chroma lost it, and wait; no page is read again."""
    if start not in ("store", "embed"):
        raise typer.BadParameter(f"an index is made from store or embed; to go back to {start}: pagemill reprocess")
    client = open_client(url, key)
    opened = client.reprocess_all(kb, start)
    counts = progress.watch_all(client, kb, ERR)
    if as_json:
        print_json({**opened, "documents": counts})
    else:
        OUT.print(progress.opened(opened), markup=False)
    if counts["failed"]:
        raise ApiError("failed", f"{counts['failed']} documents are failed; see pagemill failed --kb {kb}")


@app.command()
def failed(
    stage: Annotated[str | None, typer.Option(help=f"One of: {_STAGES}; without it: all.")] = None,
    kb: Annotated[str | None, typer.Option(help="Only of this knowledge base.")] = None,
    retry: Annotated[bool, typer.Option("--retry", help="Have their documents tried again.")] = False,
    discard: Annotated[bool, typer.Option("--discard", help="Accept them: off the list.")] = False,
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """List what failed, stage by stage; retry it, or take it off the list."""
    if retry and discard:
        raise typer.BadParameter("give --retry or --discard, not both")
    if stage is not None:
        _require_stage(stage)
    names = stages.NAMES if stage is None else (stage,)
    client = open_client(url, key)
    if retry:
        opened = {name: client.retry_failures(name, kb=kb) for name in names}
        _print_each(opened, {name: progress.opened(value) for name, value in opened.items()}, as_json)
    elif discard:
        done = {name: client.discard_failures(name, kb=kb) for name in names}
        words = {name: f"{value['units']} failures are off the list" for name, value in done.items()}
        _print_each(done, words, as_json)
    else:
        _list(client, names, kb, as_json)


def _print_each(values: Mapping[str, object], words: Mapping[str, str], as_json: bool) -> None:
    if as_json:
        print_json(values)
        return
    for name, said in words.items():
        OUT.print(f"{name}: {said}", markup=False)


def _list(client: Pagemill, names: tuple[str, ...], kb: str | None, as_json: bool) -> None:
    items = [item for name in names for item in client.failures(name, kb=kb)]
    if as_json:
        print_json(items)
        return
    if not items:
        OUT.print("Nothing failed.")
        return
    rows = (
        [item["stage"], item["knowledge_base"], item["document"], item["filename"], item["unit"],
         item["error"]["message"]]
        for item in items
    )  # fmt: skip
    OUT.print(table_of(rows, "stage", "knowledge base", "document", "file", "unit", "why"))


@app.command()
def pause(stage: Stage, url: Url = None, key: Key = None, as_json: Json = False) -> None:
    """Stop a stage: what is in work is finished, the rest waits until it is resumed."""
    _require_stage(stage)
    value = open_client(url, key).pause(stage)
    if as_json:
        print_json(value)
    else:
        OUT.print(f"{stage} is paused since {value['since']}.", markup=False)


@app.command()
def resume(stage: Stage, url: Url = None, key: Key = None, as_json: Json = False) -> None:
    """Let a stage go on."""
    _require_stage(stage)
    value = open_client(url, key).resume(stage)
    if as_json:
        print_json(value)
    else:
        OUT.print(f"{stage} goes on.", markup=False)
