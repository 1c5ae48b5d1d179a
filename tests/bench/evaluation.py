"""How well all is read, filled and found: `python -m tests.bench.evaluation [FOLDER ...]`, what `make eval` runs.

Puts the pages of `eval_pages`, the drawn resumes, the passages beside this file and the labelled folders that are given
through `pagemill eval`; then one more table: every drawn page by what happened to it, in both scripts. The exit status
is that of `pagemill eval`.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

import orjson
import typer
from rich.console import Console
from rich.table import Table

from cli.evaluate import eval_command
from cli.evaluation.field_sets import TRUTH_SUFFIX
from cli.evaluation.found import Part
from tests.bench.eval_pages.pages import SETS, draw
from tests.resumes import resumes

PASSAGES = Path(__file__).with_name("passages")
_DRAWN = "drawn"
_RESUMES = "resumes"


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(prog="make eval")
    parser.add_argument("folders", nargs="*", type=Path, help="labelled folders to be measured too")
    parser.add_argument("--part", action="append", type=Part, choices=list(Part), help="this alone; may be repeated")
    parser.add_argument("--engine")
    parser.add_argument("--jobs", type=int)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--json", type=Path, help="a file for all figures, texts, fields and ranks")
    parser.add_argument("--keep", type=Path, help="a folder for what is drawn, instead of a temporary one")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        home = asked.keep or Path(temporary)
        drawn, filled = home / _DRAWN, home / _RESUMES
        for folder in (drawn, filled):
            if folder.exists():
                parser.error(f"{folder} is there already; give --keep another folder")
        print(f"{draw(drawn)} pages and {draw_resumes(filled)} resumes drawn")
        figures = asked.json or Path(temporary) / "figures.json"
        status = 0
        try:
            eval_command([drawn, filled, PASSAGES, *asked.folders], part=asked.part, engine=asked.engine,
                         jobs=asked.jobs, limit=asked.limit, json=figures)  # fmt: skip
        except typer.Exit as over:
            status = over.exit_code
        if asked.part is None or Part.PAGES in asked.part:
            _show_kinds(orjson.loads(figures.read_bytes())["sets"])
    return status


def draw_resumes(folder: Path) -> int:
    """Draw the tests' resumes, each with what stands on it; how many there are."""
    folder.mkdir(parents=True)
    drawn = resumes()
    for one in drawn:
        (folder / f"{one.name}.pdf").write_bytes(one.pdf)
        truth = {"schema": "resume", "fields": one.expected}
        (folder / f"{one.name}{TRUTH_SUFFIX}").write_bytes(orjson.dumps(truth))
    return len(drawn)


def _show_kinds(sets: list[dict[str, Any]]) -> None:
    """A row a kind of page; a star where it is flagged for review."""
    pages: dict[str, dict[str, dict[str, Any]]] = {}
    drawn = sets[: len(SETS)]
    scripts = [one["name"] for one in drawn]
    for one in drawn:
        for page in one["page_list"]:
            pages.setdefault(Path(page["name"]).stem, {})[one["name"]] = page
    table = Table(title="Drawn pages: characters, F1 of words, CPU s; * flagged for review")
    table.add_column("what happened to it")
    for script in scripts:
        table.add_column(script, justify="right", no_wrap=True)
    for kind, found in pages.items():
        table.add_row(kind, *(_cell(found[script]) if script in found else "" for script in scripts))
    Console(width=100, highlight=False).print(table)


def _cell(page: dict[str, Any]) -> str:
    accuracy = page["accuracy"]
    characters = max(0.0, 1.0 - accuracy["cer"])
    return f"{'*' if page['review'] else ''}{characters:.3f} {accuracy['words']['f1']:.3f} {page['cpu_s']:4.1f}"


if __name__ == "__main__":
    raise SystemExit(main())
