"""`pagemill move`: knowledge bases to other databases, or their files to another place, while nothing runs on them."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer
from pydantic import SecretStr, ValidationError

from cli.options import ERR, OUT, Data, Json, load_settings, print_json
from cli.progress import one_bar
from pipeline.settings import Settings, StorageSettings

if TYPE_CHECKING:  # loaded by the command alone, see `cli/main.py`
    from storage.backup import Told
    from storage.catalog import Storage
    from storage.elsewhere import Elsewhere
    from storage.moving import Move, Moved

_QUIET_S = 20.0  # what was killed is heard of for 15 s
_LOOK_S = 0.5
_DATA = "data"
_TO = "Databases to move to: postgresql://USER@HOST:PORT/DATABASE, or sqlite: or sqlite:FOLDER for files."
_FILES = "Where their files are to lie: s3://BUCKET/PREFIX, or data for the data folder."
_SOURCE = "Remove what is left of them here once they are there."
_DAMAGE = "Move documents too of which files are missing already, or are not what was uploaded."


def move_command(
    kb: Annotated[list[str] | None, typer.Argument(help="Knowledge bases, by name or id.")] = None,
    to: Annotated[str | None, typer.Option(help=_TO)] = None,
    files_to: Annotated[str | None, typer.Option(help=_FILES)] = None,
    all_: Annotated[bool, typer.Option("--all", help="All knowledge bases.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would be moved; change nothing.")] = False,
    remove_source: Annotated[bool, typer.Option("--remove-source", help=_SOURCE)] = False,
    accept_damage: Annotated[bool, typer.Option("--accept-damage", help=_DAMAGE)] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Move knowledge bases between SQLite and PostgreSQL, or their files between folder and bucket; verified."""
    from cli.up import locked
    from storage.catalog import Storage
    from storage.moving import Move, MoveError

    if bool(kb) == all_:
        raise typer.BadParameter("name knowledge bases, or give --all")
    config = load_settings(data)
    wanted = _target(config, to, files_to)
    if to is None and not all_:
        raise typer.BadParameter("files have one place for all knowledge bases of a Pagemill; give --all, or --to")
    with closing(Storage(config)) as source, closing(Storage(wanted)) as target:
        if not source.catalog.exists():
            raise MoveError(f"There is no data of Pagemill in {source.databases.place}; give its folder with --data.")
        move = Move(source, target)
        if dry_run:
            if move.outdated():
                raise MoveError("Databases are of an older Pagemill; start `pagemill up` once, or leave --dry-run out.")
            _tell_plan(move, kb, as_json)
            return
        with locked(config.data), one_bar(ERR) as told:
            _wait_until_quiet(source, told)
            move.prepare()
            moved, keys_known = _move(move, kb, told, remove_source, accept_damage)
    if as_json:
        print_json({"moved": [asdict(one) for one in moved], "place": move.place, "keys": keys_known})
    else:
        _tell(move, moved, keys_known, wanted, remove_source)


def _target(config: Settings, to: str | None, files_to: str | None) -> Settings:
    """The settings of the Pagemill that will serve what is moved."""
    if to is None and files_to is None:
        raise typer.BadParameter("say where with --to, or --files-to, or both")
    changes: dict[str, object] = {}
    if to is not None and urlsplit(to).scheme == "sqlite":
        parts = urlsplit(to)
        if parts.netloc or parts.query or parts.fragment:
            raise typer.BadParameter("sqlite: takes the path of a data folder, or nothing", param_hint="--to")
        changes |= {"database_url": SecretStr("")}
        if parts.path:
            changes |= {"data": Path(parts.path).absolute()}
    elif to is not None:
        changes |= {"database_url": SecretStr(to)}
    if files_to is not None:
        url = "" if files_to == _DATA else files_to
        try:
            changes |= {"files_url": StorageSettings(files_url=url).files_url}
        except ValidationError:
            raise typer.BadParameter(
                "must be s3://BUCKET, s3://BUCKET/PREFIX or data", param_hint="--files-to"
            ) from None
    return config.model_copy(update={"storage": config.storage.model_copy(update=changes)})


def _wait_until_quiet(storage: Storage, told: Told) -> None:
    """Pass when no program of ours is heard of. On this machine `pagemill up` holds the data folder anyway.

    Raises:
        MoveError: they run.
    """
    from storage import workers
    from storage.moving import MoveError

    until = time.monotonic() + _QUIET_S
    while True:
        busy = [f"{one['stage']} on {one['host']} (process {one['pid']})" for one in workers.living(storage.catalog)]
        if storage.settings.queue.redis_url and workers.held(storage.catalog, "sweep"):
            busy.append("a sweep")
        if not busy:
            return
        if time.monotonic() > until:
            raise MoveError(
                f"Programs of this Pagemill are running: {', '.join(busy)}. Stop all, then start the move again."
            )
        told("waiting for programs to end", 0, 0)
        time.sleep(_LOOK_S)


def _move(
    move: Move, names: list[str] | None, told: Told, remove_source: bool, accept_damage: bool
) -> tuple[list[Moved], bool]:
    """Move one after the other, and tell each that is there; whether keys count there too."""
    from storage.moving import MoveError

    wanted = _wanted(move, names, arrived=remove_source)
    if problems := move.problems(wanted):
        raise MoveError("Nothing was moved. " + " ".join(problems))
    keys_known = move.announce(wanted)
    moved = []
    for one in wanted:
        moved.append(move.one(one, told, accept_damage=accept_damage))
        if remove_source:
            move.remove_source(moved[-1].id)
            moved[-1].kept = []
        ERR.print(f"“{moved[-1].name}” is there.", markup=False, soft_wrap=True)
    return moved, keys_known


def _wanted(move: Move, names: list[str] | None, *, arrived: bool = False) -> list[dict[str, Any] | Elsewhere]:
    """Those that were named, each once; or all."""
    if not names:
        return move.listed(arrived=arrived)
    found = [one for name in names for one in move.listed(name)]
    return list({one["id"] if isinstance(one, dict) else one.id: one for one in found}.values())


def _tell_plan(move: Move, names: list[str] | None, as_json: bool) -> None:
    wanted = _wanted(move, names)
    problems = move.problems(wanted)
    found = [move.look(one) for one in wanted]
    if as_json:
        print_json({"moved": [asdict(one) for one in found], "place": move.place, "problems": problems})
    else:
        for one in found:
            _say(f"“{one.name}”: {_amount(one)}")
            for document in one.damaged:
                _say(f"damaged  {document}: a file is missing, or is not what was uploaded")
        for problem in problems:
            _say(f"in the way  {problem}")
        _say(f"Nothing was changed. They would go to: {move.place}.")
    if problems or any(one.damaged for one in found):
        raise typer.Exit(1)


def _tell(move: Move, moved: list[Moved], keys_known: bool, wanted: Settings, removed: bool) -> None:
    for one in moved:
        _say(f"“{one.name}” ({one.id}): {'moved before, and now in service' if one.finished else _amount(one)}")
        for document in one.damaged:
            _say(f"damaged  {document}: a file is missing, or is not what was uploaded, as it was before")
        for left in one.kept:
            _say(f"kept, and not used any more: {left}")
    if not moved:
        _say("There is no knowledge base to move.")
        return
    if not keys_known:
        _say("Keys were not taken over, as there are others already; see `pagemill keys`.")
    section = wanted.storage
    told = []
    if move.of_databases and section.database_url.get_secret_value():
        told.append("storage.database_url to the address that you gave")
    elif move.of_databases:
        told.append(f'storage.database_url to "" and storage.data to "{wanted.data.absolute()}"')
    if (move.of_files and section.files_url != "") or not move.of_databases:
        told.append(f'storage.files_url to "{section.files_url}"')
    _say(f"Now set {', and '.join(told)}, and start Pagemill: it serves what lies there ({move.place}).")
    if move.index_again:
        _say("Documents are found by their words at once, and by meaning once their vectors are written there.")
    if move.of_files and not removed:
        _say("Their files lie where they were, too; --remove-source removes them.")


def _amount(one: Moved) -> str:
    rows = f"{one.rows['document']:,} documents, {sum(one.rows.values()):,} rows, " if one.rows else ""
    return f"{rows}{one.files:,} files of {one.size_bytes / 1e6:,.1f} MB"


def _say(words: str) -> None:
    OUT.print(words, markup=False, soft_wrap=True)
