"""An evaluation for people (tables) and for programs (JSON), with everything that its figures depend on."""

from __future__ import annotations

import os
import platform
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from cli.evaluation.metrics import NORMALISATION, Spread
from cli.evaluation.outcome import WRONG_CER, PageOutcome, SetOutcome
from pipeline.ocr import policy
from pipeline.settings import Settings

_FEATURES = ("avx", "avx2", *sorted(policy.BFLOAT16_FLAGS | {"avx512f", "avx512_vnni"}))
_LIBRARIES = ("pymupdf", "pillow", "numpy", "rapidocr", "openvino", "onnxruntime", "pytesseract", "tesserocr",
              "rapidfuzz")  # fmt: skip
_SHOWN = ("character_accuracy", "flexible_accuracy", "strict_accuracy", "f1", "bare_f1", "kept", "invented")
_WORST = 5
_NAMED = 12
_WIDTH = 118  # columns, in a file or pipe


def conditions(settings: Settings, jobs: int) -> dict[str, Any]:
    """What the figures depend on.

    Raises:
        PermanentError: `engine_missing` or `bad_request`, as `policy.choose`.
    """
    ocr = settings.ocr
    choice = policy.choose(ocr.engine, ocr.languages)
    flags = policy.cpu_flags()
    return {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "pagemill": version("pagemill"),
        "engine": ocr.engine,
        "engines": list(choice.engines),
        "backend": choice.backend,
        "why": choice.reason,
        "languages": list(ocr.languages),
        "dpi": settings.render.dpi,
        "review_confidence": ocr.review_confidence,
        "jobs": jobs,
        "processor": _processor(),
        "cores": os.cpu_count(),
        "features": [flag for flag in _FEATURES if flag in flags],
        "system": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        "libraries": {name: found for name in _LIBRARIES if (found := _version(name))},
        "normalisation": list(NORMALISATION),
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except ModuleNotFoundError:
        return None


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def as_json(told: dict[str, Any], outcomes: Sequence[SetOutcome]) -> dict[str, Any]:
    """Everything, down to the text of each page."""
    return {"conditions": told, "sets": [outcome.as_dict() for outcome in outcomes]}


def paper(console: Console) -> Console:
    """A console that is as wide as the tables need, where nobody's terminal says how wide it is."""
    return console if console.is_terminal else Console(file=console.file, width=_WIDTH, highlight=False)


def show(told: dict[str, Any], outcomes: Sequence[SetOutcome], console: Console) -> None:
    """Print it for people."""
    _show_conditions(told, outcomes, console)
    if outcomes:
        console.print(_accuracy_table(outcomes), _cost_table(outcomes), _calibration_table(outcomes))
    for outcome in outcomes:
        _show_pages(outcome, console)


def _show_conditions(told: dict[str, Any], outcomes: Sequence[SetOutcome], console: Console) -> None:
    readers = Counter(
        f"{page.engine} {page.version}".strip() for outcome in outcomes for page in outcome.pages if page.engine
    )
    lines = (
        f"Engine {told['engine']}: {', then '.join(told['engines'])}. {told['why']}",
        *(
            [f"Read by: {', '.join(f'{name} ({count})' for name, count in readers.most_common()) or 'nobody'}"]
            if outcomes
            else []
        ),
        f"Languages {', '.join(told['languages'])}; {told['dpi']} dpi; review below {told['review_confidence']:.0%}",
        f"{told['processor']}, {told['cores']} cores ({' '.join(told['features']) or 'features not told'}), "
        f"{told['system']}; {told['jobs']} files at once",
        *(f"Compared: {sentence}" for sentence in told["normalisation"] if outcomes),
    )
    for line in lines:
        console.print(line, markup=False, soft_wrap=True)


def _accuracy_table(outcomes: Sequence[SetOutcome]) -> Table:
    table = Table(title="Accuracy")
    table.add_column("set")
    for name in ("pages", "", "characters", "any order", "strict", "F1", "F1 bare", "kept", "invented"):
        table.add_column(name, justify="right", no_wrap=True)
    for one in outcomes:
        name, pages = one.name, str(len(one.measured))
        for over in ("mean", "median", "worst"):
            table.add_row(name, pages, over, *(_cell(one.spread(figure), over) for figure in _SHOWN),
                          end_section=over == "worst" and one.pooled_cer is None)  # fmt: skip
            name = pages = ""
        if one.pooled_cer is not None:
            table.add_row("", "", "as one text", f"{1 - one.pooled_cer:.4f}", end_section=True)
    table.caption = (
        "characters: 1 - character error rate, at least 0; any order: of lines; strict: nothing folded; F1: of words; "
        "bare: of runs of letters and digits; kept: share of the truth's words that was read; invented: share of what "
        "was read that the truth has not"
    )
    return table


def _cell(spread: Spread | None, over: str) -> str:
    return "-" if spread is None else f"{getattr(spread, over):.4f}"


def _cost_table(outcomes: Sequence[SetOutcome]) -> Table:
    table = Table(title="Cost and what became of the pages")
    table.add_column("set")
    for name in ("files", "pages", "wall, s a page", "CPU, s a page", "MB, ocr", "MB, render", "for review", "failed",
                 "silently empty"):  # fmt: skip
        table.add_column(name, justify="right")
    for one in outcomes:
        wall, cpu = one.seconds(lambda page: page.wall_s), one.seconds(lambda page: page.cpu_s)
        table.add_row(
            one.name, str(one.files), str(one.page_count),
            "-" if wall is None else f"{wall:.2f}", "-" if cpu is None else f"{cpu:.2f}",
            *(f"{one.peak_mb.get(role, 0.0):.0f}" for role in ("ocr", "render")),
            str(sum(page.review is not None for page in one.pages)), str(sum(page.failed for page in one.pages)),
            str(sum(page.silently_empty for page in one.pages)),
        )  # fmt: skip
    table.caption = "CPU: of the children and what they run; MB: the most that a child and what it runs held at once"
    return table


def _calibration_table(outcomes: Sequence[SetOutcome]) -> Table:
    table = Table(title="Confidence against characters in any order, pages that OCR read")
    table.add_column("set")
    for name in ("confidence", "pages", "characters", f"over {WRONG_CER:.0%} wrong"):
        table.add_column(name, justify="right")
    for one in outcomes:
        found = one.calibration
        for band in found.bands:
            table.add_row(one.name, f"{band.low:.2f} to {band.high:.2f}", str(band.pages), f"{band.accuracy:.4f}",
                          str(band.wrong))  # fmt: skip
        table.add_row(one.name, "above the line", str(found.above), "", str(len(found.above_wrong)))
        table.add_row(one.name, "flagged", str(found.flagged), "", str(found.flagged - found.flagged_right),
                      end_section=True)  # fmt: skip
    return table


def _show_pages(outcome: SetOutcome, console: Console) -> None:
    """The worst pages by name, and every file that could not be measured."""

    def tell(line: str) -> None:
        console.print(line, markup=False, soft_wrap=True)

    worst = sorted(outcome.measured, key=_badness)[:_WORST]
    if worst:
        tell(f"\n{outcome.name}, worst pages:")
    for page in worst:
        assert page.accuracy is not None
        flag = f"; review: {page.review}" if page.review else ""
        tell(f"  {page.name}: characters {page.accuracy.character_accuracy:.4f} (in any order "
             f"{max(0.0, 1.0 - page.accuracy.flexible_cer):.4f}), F1 {page.accuracy.words.f1:.4f}, "
             f"{page.engine or 'failed'} {page.confidence:.2f}{flag}")  # fmt: skip
    for title, names in (
        ("silently empty", [page.name for page in outcome.pages if page.silently_empty]),
        (f"above the review line with over {WRONG_CER:.0%} wrong", list(outcome.calibration.above_wrong)),
    ):
        if names:
            more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
            tell(f"{outcome.name}, {title}: {'; '.join(names[:_NAMED])}{more}")
    if outcome.unknown:
        tell(f"{outcome.name}: read, but without truth beside them and so not measured: {', '.join(outcome.unknown)}")
    for sentence in (*outcome.problems, *outcome.notes):
        tell(f"{outcome.name}: {sentence}")


def _badness(page: PageOutcome) -> tuple[float, float]:
    assert page.accuracy is not None
    return page.accuracy.character_accuracy, page.accuracy.words.f1
