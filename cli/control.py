"""Commands that steer what the pipeline does: documents done anew, failures, stages that stand still."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cli import progress
from cli.client import ApiError, Client, kb_path
from cli.options import ERR, OUT, Json, Kb, Key, Url, open_client, print_json, table_of
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
    params = {name: value for name, value in (("status", status), ("engine", engine), ("tag", tag)) if value}
    if document is not None and params:
        raise typer.BadParameter("--status, --engine and --tag choose among documents; leave them out with one given")
    path = kb_path(kb) + (f"/documents/{document}" if document is not None else "")
    value = open_client(url, key).call("POST", f"{path}/reprocess", params={"from": start, **params})
    if as_json:
        print_json(value)
    elif document is not None:
        OUT.print(f"{value['filename']}: run {value['run']} {value['status']}", markup=False)
    else:
        OUT.print(progress.opened(value), markup=False)


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
    opened = client.call("POST", f"{kb_path(kb)}/reprocess", params={"from": start})
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
    params = {} if kb is None else {"kb": kb}
    client = open_client(url, key)
    if not (retry or discard):
        _list(client, names, params, as_json)
        return
    done = {name: client.call("POST", f"/pipeline/{name}/failed/{'retry' if retry else 'discard'}", params=params)
            for name in names}  # fmt: skip
    if as_json:
        print_json(done)
        return
    for name, value in done.items():
        words = progress.opened(value) if retry else f"{value['units']} failures are off the list"
        OUT.print(f"{name}: {words}", markup=False)


def _list(client: Client, names: tuple[str, ...], params: dict[str, str], as_json: bool) -> None:
    items = [item for name in names for item in _all(client, name, params)]
    if as_json:
        print_json(items)
        return
    if not items:
        OUT.print("Nothing failed.")
        return
    shown = ("stage", "knowledge_base", "document", "filename", "unit")
    rows = ([*(item[name] for name in shown), item["error"]["message"]] for item in items)
    OUT.print(table_of(rows, "stage", "knowledge base", "document", "file", "unit", "why"))


def _all(client: Client, stage: str, params: dict[str, str]) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    more: dict[str, str] = {}
    while True:
        answer = client.call("GET", f"/pipeline/{stage}/failed", params={**params, **more, "limit": 500})
        items += answer["items"]
        if answer["next_cursor"] is None:
            return items
        more = {"cursor": answer["next_cursor"]}


@app.command()
def pause(stage: Stage, url: Url = None, key: Key = None, as_json: Json = False) -> None:
    """Stop a stage: what is in work is finished, the rest waits until it is resumed."""
    _require_stage(stage)
    value = open_client(url, key).call("POST", f"/pipeline/{stage}/pause")
    if as_json:
        print_json(value)
    else:
        OUT.print(f"{stage} is paused since {value['since']}.", markup=False)


@app.command()
def resume(stage: Stage, url: Url = None, key: Key = None, as_json: Json = False) -> None:
    """Let a stage go on."""
    _require_stage(stage)
    value = open_client(url, key).call("POST", f"/pipeline/{stage}/resume")
    if as_json:
        print_json(value)
    else:
        OUT.print(f"{stage} goes on.", markup=False)
