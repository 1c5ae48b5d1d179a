"""Commands for what people should look at, and for what they find wrong there."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

import typer

from cli.options import OUT, Json, Kb, Key, Url, open_client, print_json, print_run, table_of
from client import Pagemill

if TYPE_CHECKING:
    from client.answers import ReviewField, ReviewPage
    from client.operations.review import FieldEntry, PageConfirmed, PageText

app = typer.Typer()
_MOST_BYTES = 200_000


@app.command()
def review(
    kb: Kb,
    kind: Annotated[str | None, typer.Option(help="Only `page` or only `field`.")] = None,
    document: Annotated[str | None, typer.Option(help="Only of this document.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many.")] = 50,
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """List pages and fields that a person should look at, least sure first."""
    if kind not in (None, "page", "field"):
        raise typer.BadParameter("--kind is page or field")
    chosen = cast('Literal["page", "field"] | None', kind)
    found = open_client(url, key).review(kb, kind=chosen, document=document, limit=limit)
    items, counts = found["items"], found["counts"]
    if as_json:
        print_json({"items": items, "counts": counts})
        return
    if not items:
        OUT.print("There is nothing to look at.")
        return
    rows = [
        (item["document"], item["filename"], str(item["page"] or ""), _what(item), f"{item['confidence']:.0%}",
         item["note"] if item["kind"] == "page" else item["why"])
        for item in items
    ]  # fmt: skip
    OUT.print(table_of(rows, "document", "file", "page", "what", "sure", "why"))
    OUT.print(f"To look at in all: pages: {counts['pages']}, fields: {counts['fields']}", markup=False)


def _what(item: ReviewPage | ReviewField) -> str:
    if item["kind"] == "page":
        return "the page"
    place = item["path"] if item["index"] is None else f"{item['path']} {item['index']}"
    return f"{place}: {item['value']}"


@app.command()
def correct(
    kb: Kb,
    document: Annotated[str, typer.Argument(help="A document's id.")],
    page: Annotated[int | None, typer.Option(min=1, help="The page to correct; of a field, where it stands.")] = None,
    text_file: Annotated[
        str | None, typer.Option(help="A file with the page's text, a line a line, in UTF-8; - for standard input.")
    ] = None,
    field: Annotated[str | None, typer.Option(help="The field to correct, such as name or work.title.")] = None,
    index: Annotated[
        int | None, typer.Option(min=0, help="In a list, which of it, from 0; one past the end adds to it.")
    ] = None,
    value: Annotated[str | None, typer.Option(help="The field's value.")] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Take the field away.")] = False,
    confirm: Annotated[bool, typer.Option("--confirm", help="The page or field is right as it is.")] = False,
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Correct a page's text or a field; it stays so, however often the document is read again."""
    client = open_client(url, key)
    if field is not None:
        entry = _field(client, kb, document, field, index, value, remove, confirm, page, text_file)
        print_run(client.correct(kb, document, fields=[entry]), as_json)
    else:
        print_run(client.correct(kb, document, pages=[_page(page, text_file, value, remove, confirm)]), as_json)


def _page(
    page: int | None, text_file: str | None, value: str | None, remove: bool, confirm: bool
) -> PageText | PageConfirmed:
    if page is None:
        raise typer.BadParameter("say what to correct: --page N or --field NAME")
    if value is not None or remove:
        raise typer.BadParameter("--value and --remove are for a field; give --field, or --text-file for a page")
    if (text_file is None) == (not confirm):
        raise typer.BadParameter("for a page give --text-file FILE, or --confirm")
    if text_file is None:
        return {"page": page, "confirmed": True}
    return {"page": page, "text": _text(text_file)}


def _text(text_file: str) -> str:
    try:
        if text_file == "-":
            read = sys.stdin.buffer.read(_MOST_BYTES + 1)
        else:
            with Path(text_file).open("rb") as stream:
                read = stream.read(_MOST_BYTES + 1)
        text = read.decode("utf-8-sig")
    except OSError as error:
        raise typer.BadParameter(f"{text_file} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise typer.BadParameter(f"{text_file} is no text in UTF-8") from error
    if len(read) > _MOST_BYTES:
        raise typer.BadParameter(f"{text_file} has more than {_MOST_BYTES:,} bytes: more than a page may have")
    return text


def _field(
    client: Pagemill, kb: str, document: str, field: str, index: int | None, value: str | None, remove: bool,
    confirm: bool, page: int | None, text_file: str | None,
) -> FieldEntry:  # fmt: skip
    if text_file is not None:
        raise typer.BadParameter("--text-file is for a page; leave --field out")
    if (value is not None) + remove + confirm != 1:
        raise typer.BadParameter("for a field give one of --value, --remove and --confirm")
    entry: FieldEntry = {"path": field, "value": value}
    if index is not None:
        entry["index"] = index
    if page is not None:
        entry["page"] = page
    seen = None if value is not None else _seen(client.document(kb, document)["fields"], field, index)
    if value is None and seen is None:
        raise typer.BadParameter(f"the document has no {field}" + ("" if index is None else f" {index}"))
    if confirm:
        entry["value"] = seen
    if seen is not None:
        entry["was"] = seen
    return entry


def _seen(fields: Mapping[str, Any], field: str, index: int | None) -> str | None:
    """The value that a field has."""
    name, _, inner = field.partition(".")
    held = fields.get(name)
    if isinstance(held, list):
        if index is None:
            raise typer.BadParameter(f"{name} is a list; say by --index which of it, from 0 to {max(len(held) - 1, 0)}")
        held = held[index] if index < len(held) else None
    if inner and held is not None:
        held = held.get(inner)
    value: str | None = held["value"] if held is not None and "value" in held else None
    return value
