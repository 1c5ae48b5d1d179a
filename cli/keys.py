"""`pagemill keys`: make, list and revoke keys, in the data folder itself: no server need run, none need be told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import ERR, OUT, Data, Json, load_settings, print_json

if TYPE_CHECKING:  # loaded by the commands alone, see `cli/main.py`
    from storage.catalog import Storage

app = typer.Typer(no_args_is_help=True, help="Make, list and revoke the keys of this data folder's server.")
_SCOPE = "read: look and search; write: documents too; admin: knowledge bases, pipeline and keys too."
_FOR = "Only for this knowledge base, name or id; may be repeated. Without it: for all."


@contextmanager
def _opened(data: Data) -> Iterator[Storage]:
    """The data folder, made or brought up to date where it must be."""
    from storage.catalog import Storage

    storage = Storage(load_settings(data))
    storage.prepare()
    try:
        yield storage
    finally:
        storage.catalog.close()


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="What the key is for, to know it by later.")],
    scope: Annotated[str, typer.Option(help=_SCOPE)],
    kb: Annotated[list[str] | None, typer.Option(help=_FOR)] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Make a key and print it: this once, it is kept nowhere."""
    from storage import keys

    wanted = next((one for one in keys.SCOPES if one == scope), None)
    if wanted is None:
        raise typer.BadParameter(f"--scope is one of {', '.join(keys.SCOPES)}")
    with _opened(data) as storage:
        ids = [storage.knowledge_base(one)["id"] for one in kb] if kb else None
        made, presented = keys.make(storage.catalog, name, wanted, ids)
    if as_json:
        print_json({"id": made.id, "name": made.name, "scope": made.scope, "knowledge_bases": ids, "key": presented})
    else:
        ERR.print(f"Key {made.id}, {made.scope}. Keep it safe; it is not shown again:", markup=False, soft_wrap=True)
        OUT.print(presented, markup=False, soft_wrap=True)


@app.command("list")
def listing(data: Data = None, as_json: Json = False) -> None:
    """List the keys, revoked ones too."""
    from storage import keys

    with _opened(data) as storage:
        found = keys.listing(storage.catalog)
        names = {record["id"]: record["name"] for record in storage.knowledge_bases()}
    if as_json:
        print_json([key.as_dict() for key in found])
        return
    for key in found:
        ids = key.knowledge_bases
        whom = "all" if ids is None else ", ".join(sorted(names.get(one, "a deleted one") for one in ids))
        said = [f"for {whom}", f"made {_minute(key.created_at)}"]
        said += [f"used {_minute(key.used_at)}"] if key.used_at else []
        said += [f"revoked {_minute(key.revoked_at)}"] if key.revoked_at else []
        OUT.print(f"{key.id}  {key.scope:<5}  {key.name}  ({'; '.join(said)})", markup=False, soft_wrap=True)
    if not found:
        OUT.print("There are no keys.")


def _minute(time: str) -> str:
    return time[:16].replace("T", " ")


@app.command()
def revoke(
    key: Annotated[str, typer.Argument(metavar="ID", help="The key's id, as `pagemill keys list` shows it.")],
    data: Data = None,
) -> None:
    """End a key, and all that is signed in with it, at once."""
    from storage import keys

    with _opened(data) as storage:
        keys.revoke(storage.catalog, key)
    OUT.print(f"revoked {key}", markup=False, soft_wrap=True)
