"""Reading order and kinds of blocks on labelled pages: `python -m tests.bench.layout FOLDER [--readings DIR] [--all]`.

FOLDER holds the real documents (see `kept`); the drawn ones are made on the spot. `--all` measures PyMuPDF's sorted
text and its layout model (where pymupdf4llm is installed) beside ours: they get pages read by OCR as our own words
laid under the page. `--readings` keeps what OCR read. `--show NAME` prints what becomes of the pages whose names begin
so.
"""

from __future__ import annotations

import argparse
import importlib.util
import resource
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import astuple
from pathlib import Path
from statistics import mean

from tests.bench.layout import programs
from tests.bench.layout.drawn import drawn_pages
from tests.bench.layout.kept import kept_pages
from tests.bench.layout.label import LabelledPage
from tests.bench.layout.scores import Score, score


def main() -> int:
    """Prints the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.layout", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--readings", type=Path)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--show", default="")
    options = parser.parse_args()
    totals: dict[tuple[str, str], list[Score]] = defaultdict(list)
    seconds: dict[str, list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        pages = kept_pages(options.folder) + drawn_pages(Path(folder) / "drawn")
        print(f"{'page':45} {'program':8} {'order':>6} {'found':>6} {'right':>6} {'kinds':>6} {'s':>6}")
        for page in pages:
            for name, run in _programs(page, options.readings, Path(folder), options.all):
                start = time.process_time()
                blocks = run()
                spent = time.process_time() - start
                result = score(page.labels, blocks)
                for script in (page.script, "all"):
                    totals[name, script].append(result)
                seconds[name].append(spent)
                print(f"{page.script} {page.name:42} {name:8} {_figures(result)} {spent:6.2f}")
                if options.show and page.name.startswith(options.show):
                    for kind, text in blocks:
                        print(f"    {kind:10} {text[:110]}")
    for (name, script), results in totals.items():
        print(f"{script:45} {name:8} {_figures(_mean(results))} {mean(seconds[name]):6.2f}  {len(results)} pages")
    print(f"peak memory of this process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    return 0


def _programs(
    page: LabelledPage, kept: Path | None, folder: Path, everything: bool
) -> list[tuple[str, Callable[[], programs.Blocks]]]:
    readings = programs.read_document(page.file, kept)
    chosen: list[tuple[str, Callable[[], programs.Blocks]]] = [
        ("ours", lambda: programs.ours(readings, page.page_number))
    ]
    if everything:
        file = programs.searchable(readings, page.file, folder / "searchable.pdf")
        chosen.append(("sorted", lambda: programs.sorted_text(file, page.page_number)))
        if importlib.util.find_spec("pymupdf4llm"):
            chosen.append(("model", lambda: programs.model(file, page.page_number)))
    return chosen


def _figures(result: Score) -> str:
    return " ".join(
        f"{figure:6.3f}" for figure in (result.order, result.starts_found, result.starts_right, result.kinds)
    )


def _mean(results: list[Score]) -> Score:
    return Score(*map(mean, zip(*map(astuple, results), strict=True)))


if __name__ == "__main__":
    sys.exit(main())
