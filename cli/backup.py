"""`pagemill backup` and `pagemill restore`: on the data folder itself, whether or not anything runs on it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import ERR, OUT, Data, Json, load_settings, print_json
from cli.progress import one_bar

if TYPE_CHECKING:  # loaded by the commands alone, see `cli/main.py`
    from storage.catalog import Storage


def backup_command(
    kb: Annotated[str, typer.Argument(help="A knowledge base, by name or id.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to make; it must not be there.")],
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Back a knowledge base up into one file, while the server runs or not."""
    from storage import backup

    storage = _storage(data, make=False)
    with one_bar(ERR) as told:
        made = backup.back_up(storage, kb, output.absolute(), told)
    if as_json:
        print_json({**asdict(made), "file": str(made.file)})
    else:
        _say(f"“{made.knowledge_base}”: {made.documents} documents, {made.size_bytes / 1e6:,.1f} MB in {made.file}")
        for document in made.left_out:
            _say(f"left out  {document}: its files went away while they were copied (deleted, or read anew)")


def restore_command(
    file: Annotated[Path, typer.Argument(help="A file that `pagemill backup` made.")],
    name: Annotated[str | None, typer.Option(help="Name of the new knowledge base, if not the one it had.")] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Make a new knowledge base of a backup, while the server runs or not."""
    from storage import restore

    storage = _storage(data, make=True)
    with one_bar(ERR) as told:
        made = restore.restore(storage, file, name, told)
    if as_json:
        print_json(asdict(made))
        return
    _say(f"“{made.name}” ({made.id}): {made.documents} documents as of {made.made_at}, {made.in_work} of them in work")
    _say("Its documents are found by their words now, and by meaning once their vectors are written.")
    if made.retention_days is not None:
        _say(f"Documents were kept for {made.retention_days} days; here they are kept until you set that again.")


def _storage(data: Path | None, *, make: bool) -> Storage:
    """The data folder, at this Pagemill's schema.

    Raises:
        BackupError: there is none, or it is of an older Pagemill.
        NewerData: it is of a newer one.
    """
    from storage.archive import BackupError
    from storage.catalog import Storage

    storage = Storage(load_settings(data))
    if make and not storage.catalog.exists():
        storage.prepare()
    if not storage.catalog.exists():
        raise BackupError(f"There is no data of Pagemill in {storage.data}; give its folder with --data.")
    if storage.outdated():
        raise BackupError(
            f"{storage.data} is of an older Pagemill: start `pagemill up` once, which brings it up to date."
        )
    return storage


def _say(words: str) -> None:
    OUT.print(words, markup=False, soft_wrap=True)
