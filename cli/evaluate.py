"""`pagemill eval`: how well the pages of labelled folders are read, and at what cost.

Exit codes: 0 every file was read; 1 some file or page could not be, or no page has a truth; 2 wrong usage.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import orjson
import typer
from pydantic import ValidationError
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from cli.evaluation.sets import Item, LabelledSet, find_sets
from cli.options import ERR, OUT, load_settings
from pipeline.settings import OcrSettings, RenderSettings, Settings


def eval_command(
    folder: Annotated[list[Path], typer.Argument(help="Folders of pages with their truth.", exists=True,
                                                 file_okay=False)],
    engine: Annotated[str | None, typer.Option(help="Instead of the settings' engine.")] = None,
    languages: Annotated[str | None, typer.Option(help="Instead of the settings': en,zh-Hans and so on.")] = None,
    dpi: Annotated[int | None, typer.Option(min=100, max=600, help="Resolution of pages drawn for OCR.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="So many files of each set, spread evenly.")] = None,
    jobs: Annotated[int | None, typer.Option(min=1, max=64, help="Files at once; else ocr.processes.")] = None,
    json: Annotated[Path | None, typer.Option(help="A file for all figures and texts.", dir_okay=False)] = None,
) -> None:  # fmt: skip
    """Read labelled pages and measure how much of them is right; needs no server."""
    from cli.evaluation import report  # what it takes is heavy, and no other command needs it
    from cli.evaluation.run import evaluate

    settings = _settings(engine, languages, dpi)
    jobs = jobs or settings.processes("ocr")
    told = report.conditions(settings, jobs)
    if json is not None and not json.absolute().parent.is_dir():
        raise typer.BadParameter(f"{json} cannot be written: its folder is not there")  # said before the work
    sets = [one.limited(limit) for root in folder for one in find_sets(root)]
    if not sets:
        raise typer.BadParameter(f"there are no pages in {', '.join(map(str, folder))}")
    with Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        TimeRemainingColumn(), console=ERR,
    ) as bars:  # fmt: skip
        tasks = {id(one): bars.add_task(one.name.replace("[", r"\["), total=len(one.items)) for one in sets}

        def done(one: LabelledSet, item: Item) -> None:
            bars.advance(tasks[id(one)])

        outcomes = evaluate(sets, settings, jobs, done)
    report.show(told, outcomes, OUT)
    if json is not None:
        try:
            json.write_bytes(orjson.dumps(report.as_json(told, outcomes), option=orjson.OPT_INDENT_2))
        except OSError as error:
            raise typer.BadParameter(f"{json} cannot be written: {error.strerror}") from error
    if any(outcome.problems for outcome in outcomes) or not any(outcome.measured for outcome in outcomes):
        raise typer.Exit(1)


def _settings(engine: str | None, languages: str | None, dpi: int | None) -> Settings:
    """The settings with what was given in place of theirs, checked as they are."""
    settings = load_settings()
    given = {"engine": engine, "languages": languages.split(",") if languages else None}
    ocr = settings.ocr.model_dump() | {name: value for name, value in given.items() if value is not None}
    render = settings.render.model_dump() | ({"dpi": dpi} if dpi is not None else {})
    try:
        sections = {"ocr": OcrSettings.model_validate(ocr), "render": RenderSettings.model_validate(render)}
    except ValidationError as error:
        raise typer.BadParameter("; ".join(f"{one['loc'][0]}: {one['msg']}" for one in error.errors())) from error
    return settings.model_copy(update=sections)
