"""How fast all is: `python -m tests.bench [NAME ...] [--rounds N] [--json FILE]`, what `make bench` runs.

Every bench is a module here with `run(asked)`, which gives its reports; the names are those of the modules. Without
names all run, one after another: about an hour. What is measured wants a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import signal
import sys
from pathlib import Path

from rich.console import Console

from tests.bench.options import Asked

BENCHES = {
    "peers": "scanned pages a second, upload to searchable, beside OCRmyPDF, Kreuzberg and the bare engines",
    "chain": "processor time of the whole chain beside that of its stage functions in a bare loop",
    "upload": "the answer to an upload while all cores read, beside a thread pool and Celery",
    "fair": "a letter behind a book; two knowledge bases with equal work",
    "idle": "one page on an idle stack; its hand-offs; what an idle stack costs",
    "search": "searches at 1,000 to 100,000 chunks",
    "memory": "memory of every kind of process, and of long documents",
    "scaling": "two readers beside one; cost a page as documents and chunks grow in number",
    "carry": "pages a second that the queue carries over several hosts, with an engine that only waits",
    "many": "ledger, dispatch, sweep and lists with up to a million documents and 500 knowledge bases, on both engines",
    "start": "from `pagemill up` to the first upload, and to vectors",
}
"""Every bench's module, and what it measures."""


def main() -> int:
    """The exit status: 1 where a bar was missed."""
    parser = argparse.ArgumentParser(prog="make bench", epilog="; ".join(f"{n}: {t}" for n, t in BENCHES.items()))
    parser.add_argument("names", nargs="*", help=f"one or more of {', '.join(BENCHES)}; none: all")
    parser.add_argument("--rounds", type=_counted, default=3, help="how often what is compared runs by turns")
    parser.add_argument(
        "--quick", action="store_true", help="less work, for a first look; the bars are not its measure"
    )
    parser.add_argument("--pages", type=_counted, help="so many pages, in benches that draw some")
    parser.add_argument("--json", type=Path, help="a file for all figures of all rounds")
    parser.add_argument("--keep", type=Path, help="a folder for what takes long to build, kept for the next time")
    given = parser.parse_args()
    if unknown := [name for name in given.names if name not in BENCHES]:
        parser.error(f"there is no bench {', '.join(unknown)}; there are {', '.join(BENCHES)}")
    asked = Asked(rounds=given.rounds, quick=given.quick, pages=given.pages, keep=given.keep)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that stacks that were started are stopped
    console = Console(width=None if os.isatty(1) else 160)
    reports, missed = [], 0
    for name in given.names or BENCHES:
        for report in importlib.import_module(f"tests.bench.{name}").run(asked):
            report.show(console)
            reports.append({"bench": name, **report.as_dict()})
            missed += sum(report.met(row) is False for row in report.rows)
            if given.json is not None:  # after every report: an hour's figures must not hang on the last one
                given.json.write_text(json.dumps({"machine": _machine(), "reports": reports}, indent=1))
    console.print(f"{missed} bars missed" if missed else "every bar met")
    return 1 if missed else 0


def _counted(given: str) -> int:
    if not given.isdecimal() or int(given) < 1:
        raise argparse.ArgumentTypeError(f"{given!r} is no number of at least 1")
    return int(given)


def _machine() -> dict[str, object]:
    return {"cores": os.cpu_count(), "machine": platform.machine(), "python": platform.python_version()}


if __name__ == "__main__":
    raise SystemExit(main())
