"""The schema of fields of a knowledge base: shown, set from a name or a file, and documents done again with it."""

from __future__ import annotations

import codecs
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer

from cli import progress
from cli.options import ERR, OUT, Json, Kb, Key, Url, open_client, print_json
from client import ApiError
from pipeline.extract.fields import SCHEMAS

if TYPE_CHECKING:
    from client.answers import KnowledgeBaseRecord

_STDIN = "-"
app = typer.Typer()
_GIVEN = f"{', '.join(SCHEMAS)}, a file with a JSON Schema, or - for standard input; without it: show the present one."


def read_schema(given: str) -> str | dict[str, Any]:
    """A schema as the API takes it, from a name or a file; the server judges what is in it.

    Raises:
        typer.BadParameter: it is neither.
    """
    path = Path(given)
    if given in SCHEMAS and not path.exists():
        return given
    try:
        content = sys.stdin.buffer.read() if given == _STDIN else path.read_bytes()
        schema = orjson.loads(content.removeprefix(codecs.BOM_UTF8))  # as some editors on Windows begin a file
    except OSError as error:
        names = " and ".join(SCHEMAS)
        raise typer.BadParameter(f"“{given}” is no schema ({names} are) and no file: {error.strerror}") from error
    except orjson.JSONDecodeError as error:
        raise typer.BadParameter(f"{given} holds no JSON: {error}") from error
    if not isinstance(schema, dict):
        raise typer.BadParameter(f"{given} holds no JSON object; a schema is one, with the fields under “properties”")
    return schema


def told(schema: str | dict[str, Any]) -> str:
    """A schema in a word: its name or title."""
    return schema if isinstance(schema, str) else f"“{schema.get('title') or 'own schema'}”"


@app.command("schema")
def schema_command(
    kb: Kb,
    schema: Annotated[str | None, typer.Argument(help=_GIVEN)] = None,
    rerun: Annotated[
        bool, typer.Option("--rerun", help="Do all documents again with it, from extract on: no page is read again.")
    ] = False,
    wait: Annotated[bool, typer.Option("--wait", help="With --rerun: wait until all have ended.")] = False,
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Show or set which fields are looked for; documents keep what was found before until they are done again."""
    if wait and not rerun:
        raise typer.BadParameter("--wait waits for --rerun; give both")
    given = None if schema is None else read_schema(schema)
    client = open_client(url, key)
    record: KnowledgeBaseRecord
    record = client.knowledge_base(kb) if given is None else client.change_knowledge_base(kb, schema=given)
    opened = client.reprocess_all(kb, "extract") if rerun else None
    counts = progress.watch_all(client, kb, ERR) if wait else None
    if as_json:
        print_json({"schema": record["schema"], "reprocess": opened} if opened else record["schema"])
    elif given is None and opened is None:
        OUT.print_json(data=record["schema"]) if isinstance(record["schema"], dict) else OUT.print(record["schema"])
    else:
        OUT.print(f"{record['name']}: the schema is {told(record['schema'])}.", markup=False, soft_wrap=True)
        if opened is None:
            hint = f"pagemill schema --kb {kb} --rerun"
            OUT.print(f"Documents keep their fields until they are done again: {hint}", markup=False, soft_wrap=True)
        else:
            OUT.print(progress.opened(opened), markup=False)
    if counts is not None and counts["failed"]:
        raise ApiError("failed", f"{counts['failed']} documents failed; see pagemill failed --kb {kb}")
