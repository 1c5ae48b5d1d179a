"""`pagemill eval`: how well labelled folders are read, their fields filled and their paragraphs found, at what cost.

Exit codes: 0 all was measured; 1 some file or page could not be, or nothing has a truth; 2 wrong usage; 3 no server
answers at the address given.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from pydantic import ValidationError
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from cli.evaluation.found import Found, Part, find
from cli.options import ERR, OUT, Key, load_settings
from pipeline.settings import OcrSettings, RenderSettings, Settings

_SCANS = 20


def eval_command(
    folder: Annotated[list[Path], typer.Argument(help="Folders of pages, documents and questions with their truth.",
                                                 exists=True, file_okay=False)],
    part: Annotated[list[Part] | None, typer.Option(help="Measure this alone; may be repeated.")] = None,
    engine: Annotated[str | None, typer.Option(help="Instead of the settings' engine.")] = None,
    languages: Annotated[str | None, typer.Option(help="Instead of the settings': en,zh-Hans and so on.")] = None,
    dpi: Annotated[int | None, typer.Option(min=100, max=600, help="Resolution of pages drawn for OCR.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="So many files, documents or paragraphs of each set, spread "
                                                          "evenly.")] = None,
    scans: Annotated[int, typer.Option(min=0, help="So many typeset documents of each set are scanned too.")] = _SCANS,
    questions: Annotated[int | None, typer.Option(min=1, help="So many questions of each set, spread evenly.")] = None,
    mode: Annotated[list[str] | None, typer.Option(help="Search in this mode alone; may be repeated.")] = None,
    beside: Annotated[str | None, typer.Option(help="MODULE:FUNCTION, a tagger to show beside our spans: it is given a "
                                                    "text and answers pairs of kind and words.")] = None,
    jobs: Annotated[int | None, typer.Option(min=1, max=64, help="Files at once; else ocr.processes.")] = None,
    url: Annotated[str | None, typer.Option(help="A running server to search in, instead of one of its own.")] = None,
    key: Key = None,
    json: Annotated[Path | None, typer.Option(help="A file for all figures, texts, fields and ranks.",
                                              dir_okay=False)] = None,
) -> None:  # fmt: skip
    """Measure how much of labelled pages is read right, which fields are right, and which paragraphs are found."""
    from cli.evaluation import field_tables, report, retrieval, search_tables  # what it takes is heavy

    settings = _settings(engine, languages, dpi)
    modes = mode or list(retrieval.MODES)
    if unknown := [one for one in modes if one not in retrieval.MODES]:
        raise typer.BadParameter(f"{unknown[0]} is no mode of search; there are {', '.join(retrieval.MODES)}")
    tagger = _tagger(beside) if beside else None
    jobs = jobs or settings.processes("ocr")
    told = report.conditions(settings, jobs)
    if json is not None and not json.absolute().parent.is_dir():
        raise typer.BadParameter(f"{json} cannot be written: its folder is not there")  # said before the work
    found = find(folder, set(part or Part), limit, scans, questions)
    if not found:
        raise typer.BadParameter(f"there are no pages, fields or questions in {', '.join(map(str, folder))}")
    pages, fields = _read(found, settings, jobs, tagger)
    paper = report.paper(OUT)
    report.show(told, pages, paper)
    field_tables.show(fields, paper)
    searches = _search(found, modes, scans, url, key)
    search_tables.show(searches, paper)
    for problem in found.problems:
        paper.print(problem, markup=False, soft_wrap=True)
    if json is not None:
        figures = {
            **report.as_json(told, pages),
            "fields": [one.as_dict() for one in fields],
            "searches": [one.as_dict() for one in searches],
        }
        try:
            json.write_bytes(orjson.dumps(figures, option=orjson.OPT_INDENT_2))
        except OSError as error:
            raise typer.BadParameter(f"{json} cannot be written: {error.strerror}") from error
    measured = any(one.measured for one in pages) or any(one.documents for one in fields) or bool(searches)
    if found.problems or any(one.problems for one in (*pages, *fields, *searches)) or not measured:
        raise typer.Exit(1)


def _read(found: Found, settings: Settings, jobs: int, tagger: Any) -> tuple[list[Any], list[Any]]:
    """What became of pages and of fields; neither needs a server."""
    from cli.evaluation.extraction import extract
    from cli.evaluation.run import evaluate

    with _bars() as bars:
        advance = _counters(bars, [(one, one.name, len(one.items)) for one in found.pages])
        advance_fields = _counters(bars, [(one, f"fields: {one.name}", one.readings) for one in found.fields])
        pages = evaluate(found.pages, settings, jobs, lambda one, _: advance(one)) if found.pages else []
        return pages, extract(found.fields, settings, jobs, advance_fields, tagger) if found.fields else []


def _search(found: Found, modes: list[str], scans: int, url: str | None, key: str | None) -> list[Any]:
    """What became of the questions, put to the server given or to one of its own."""
    from cli.evaluation.retrieval import retrieve
    from cli.evaluation.server import serving

    if not found.questions:
        return []
    with _bars() as bars:
        tasks: dict[str, TaskID] = {}

        def tell(what: str, done: int, total: int) -> None:
            if what not in tasks:
                for task in tasks.values():
                    bars.update(task, visible=False)  # one line is enough: there are dozens of them
                tasks[what] = bars.add_task(what.replace("[", r"\["), total=total)
            bars.update(tasks[what], completed=done)

        with serving(url, key) as client:
            return retrieve(found.questions, client, modes, scans, tell)


def _bars() -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        TimeRemainingColumn(), console=ERR,
    )  # fmt: skip


def _counters(bars: Progress, sets: list[tuple[Any, str, int]]) -> Callable[[Any], None]:
    """A bar a set; what moves it on by one."""
    tasks = {id(one): bars.add_task(name.replace("[", r"\["), total=total) for one, name, total in sets}
    return lambda one: bars.advance(tasks[id(one)])


def _tagger(name: str) -> Any:
    """Somebody's function by its name."""
    module, _, function = name.partition(":")
    try:
        return getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError, ValueError) as error:
        raise typer.BadParameter(f"--beside {name}: {error}") from error


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
