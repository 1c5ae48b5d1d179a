"""What a person calls: start a stack, measure, say what bounds it.

Exit codes: 0 measured; 1 a sample failed or the stack did not start; 2 wrong usage or settings.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from cli.bench.figures import Load, Verdict
from cli.options import ERR, OUT, Json, load_settings, print_json

_KB = "bench"


def bench_command(
    beside: Annotated[Path | None, typer.Option("--folder", help="Where its temporary data folder is made, to measure "
                      "that disk; else beside the settings' data folder.", exists=True, file_okay=False)] = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Measure this machine on samples, in about a minute: pages a second, what bounds them, the setting to change."""
    from cli.bench.judge import judge  # what these take is heavy
    from cli.bench.load import Bench
    from cli.evaluation.server import serving, wait_for_vectors
    from pipeline.ocr import policy

    settings = load_settings()
    languages = settings.ocr.languages
    machine = policy.Machine.here(languages, settings.got_model)
    policy.choose(settings.ocr.engine, languages, machine)  # says what is missing before anything is started
    folder = beside or settings.data.parent
    ERR.print("Starting a stack of its own …")
    with serving(None, None, folder if folder.is_dir() else None) as client:
        client.ensure_knowledge_base(_KB)
        with ERR.status("Loading the models …"):
            wait_for_vectors(client, _KB)
        bench = Bench(client, settings, ERR)
        page_s, engine = bench.warm(_KB)
        idle_ms = bench.uploads_ms(_KB)
        papers = bench.papers(client.ensure_knowledge_base("papers")["name"])
        scans, busy_ms = bench.scans(client.ensure_knowledge_base("scans")["name"], page_s)
        engines_s = bench.engines_s([name for name in policy.ENGINES if name != "got" and getattr(machine, name).ok])
    verdicts = {load.kind: judge(load, engine, engines_s, settings.embed.compute_threads) for load in (scans, papers)}
    uploads = {"idle": idle_ms, "while pages are read": busy_ms}
    if as_json:
        print_json(_told((scans, papers), verdicts, uploads, engine, engines_s))
    else:
        _show(OUT, (scans, papers), verdicts, uploads, engines_s)


def _told(loads: Sequence[Load], verdicts: Mapping[str, Verdict], uploads: Mapping[str, list[float]], engine: str,
          engines_s: Mapping[str, float]) -> dict[str, Any]:  # fmt: skip
    return {
        "loads": [{**load.as_dict(), "verdict": verdicts[load.kind].as_dict()} for load in loads],
        "upload_ms": {
            name: {"median": statistics.median(times), "most": max(times)} for name, times in uploads.items()
        },
        "engine": engine,
        "engine_seconds_a_page": dict(engines_s),
    }


def _show(console: Console, loads: Sequence[Load], verdicts: Mapping[str, Verdict], uploads: Mapping[str, list[float]],
          engines_s: Mapping[str, float]) -> None:  # fmt: skip
    for load in loads:
        title = f"{load.kind}: {load.pages_per_second:.2f} pages a second, upload to searchable ({load.pages} pages)"
        table = Table("stage", "workers", "s a page", "CPU s a page", "at work", title=title, title_justify="left")
        for stage in load.stages:
            table.add_row(stage.name, str(stage.processes), f"{stage.busy_s / load.pages:.3f}",
                          f"{stage.cpu_s / load.pages:.3f}", f"{load.busy_share(stage):.0%}")  # fmt: skip
        table.caption = f"{load.cpu_share:.0%} of {load.cores} cores were used."
        console.print(table)
        _say(console, verdicts[load.kind])
    for name, times in uploads.items():
        console.print(f"Upload answered, {name}: median {statistics.median(times):.0f} ms, worst {max(times):.0f} ms")
    words = ", ".join(f"{name} {took:.2f} s" for name, took in sorted(engines_s.items(), key=lambda item: item[1]))
    console.print(f"Engines, a page alone: {words}", markup=False)


def _say(console: Console, verdict: Verdict) -> None:
    bound = f"Bounded by {verdict.stage}." if verdict.stage else "Bounded by no stage."
    console.print(f"{bound} {verdict.why}", markup=False, soft_wrap=True)
    if verdict.setting and verdict.try_:
        now = f" (now {verdict.now})" if verdict.now else ""
        console.print(f"To change: {verdict.setting} = {verdict.try_}{now}.", markup=False, soft_wrap=True)
    console.print(f"{verdict.advice}\n", markup=False, soft_wrap=True)
