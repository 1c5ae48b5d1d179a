"""Which stage bounds a load, and what to change: reasoned from how busy workers and cores were.

others take much of the machine   -> measure again without them
all cores are busy                -> the stage that takes most of them; another engine, or another machine
one stage's workers are, not all  -> that stage; more processes, as many as cores and memory leave room for
the same, but it hardly computes  -> it waits, for the disk or the vector server
none is                           -> the pages did not come fast enough to fill any of them
"""

from __future__ import annotations

from collections.abc import Mapping

from cli.bench.figures import Load, Stage, Verdict

_CORES_FULL = 0.85  # of all cores: the rest is gaps between pages and the ends of a load
_BUSY = 0.7  # of a stage's workers' time
_COMPUTES = 0.4  # a stage whose workers use a core less than this while at work waits for something
_DISTURBED = 0.15  # of all cores, taken by others
_FASTER = 0.8  # an engine worth naming takes at most so much of the time of the one in use


def judge(load: Load, engine: str, engines_s: Mapping[str, float], compute_threads: int = 1) -> Verdict:
    """Name what bounds a load.

    Args:
        engine: the one that read its pages.
        engines_s: seconds that each engine of this machine takes for the same page.
        compute_threads: of one embed process.
    """
    others = load.others_cpu_s / (load.wall_s * load.cores)
    if others > _DISTURBED:
        why = f"Other programs took {others:.0%} of the {load.cores} cores meanwhile."
        return Verdict(None, why, None, None, None, "Measure again while the machine does nothing else.")
    busiest = max(load.stages, key=load.busy_share)
    if load.cpu_share >= _CORES_FULL:
        return _cores_full(load, engine, engines_s)
    if load.busy_share(busiest) < _BUSY:
        why = (f"No stage had work for more than {load.busy_share(busiest):.0%} of the time ({busiest.name}), and"
               f" {load.cpu_share:.0%} of the {load.cores} cores were used.")  # fmt: skip
        return Verdict(None, why, None, None, None, "More documents at once would go faster; nothing is to be changed.")
    why = (f"{_workers(busiest)} of {busiest.name} had work {load.busy_share(busiest):.0%} of the time, while"
           f" {load.cpu_share:.0%} of the {load.cores} cores were used.")  # fmt: skip
    if busiest.cpu_s < _COMPUTES * busiest.busy_s:
        return Verdict(
            busiest.name, f"{why} It used a core for {busiest.cpu_s / busiest.busy_s:.0%} of that: it waits.",
            "storage.data", None, "a faster disk",
            "Put the data folder on a faster disk, or see what else uses this one.",
        )  # fmt: skip
    return _more_processes(load, busiest, why, compute_threads)


def _cores_full(load: Load, engine: str, engines_s: Mapping[str, float]) -> Verdict:
    """More processes would only take turns: what takes most must take less, or go elsewhere."""
    most = max(load.stages, key=lambda stage: stage.cpu_s)
    why = (f"{load.cpu_share:.0%} of the {load.cores} cores were used; {most.name} took"
           f" {most.cpu_s / load.stack_cpu_s:.0%} of what Pagemill used.")  # fmt: skip
    if most.name == "ocr" and engine in engines_s:
        faster = {name: took for name, took in engines_s.items() if took <= _FASTER * engines_s[engine]}
        if faster:
            best = min(faster, key=faster.__getitem__)
            return Verdict(
                "ocr", why, "ocr.engine", engine, best,
                f"{best} read the same page in {faster[best]:.1f} s instead of the {engines_s[engine]:.1f} s of"
                f" {engine}, with more errors on most pages: try `pagemill eval` on pages of yours before.",
            )  # fmt: skip
    return Verdict(
        most.name, why, f"{most.name}.processes", str(most.processes), None,
        f"More processes here would only take turns. More cores help, or `pagemill worker {most.name}` on other"
        " machines.",
    )  # fmt: skip


def _more_processes(load: Load, stage: Stage, why: str, compute_threads: int) -> Verdict:
    """Cores are free: as many more workers as they and the memory allow."""
    free = (1.0 - load.cpu_share) * load.cores
    each = max(stage.cpu_s / stage.busy_s, 0.1)  # cores that one of them uses
    by_cores = round(free / each)
    mb = load.process_mb.get(stage.name, 0.0)
    by_memory = int(load.free_mb / mb) if mb else by_cores
    more = min(by_cores, by_memory)
    setting, now = f"{stage.name}.processes", stage.processes
    if more >= 1:
        room = f"{free:.1f} cores and {load.free_mb / 1000:.1f} GB of memory are free, and one takes {each:.1f} cores"
        size = f" and {mb / 1000:.1f} GB" if mb else ""
        return Verdict(stage.name, why, setting, str(now), str(now + more), f"{room}{size}.")
    if by_cores >= 1:
        short = f"There is no memory for another process ({mb / 1000:.1f} GB)"
        if stage.name == "embed":  # threads share one model
            threads = str(compute_threads + by_cores)
            return Verdict(
                "embed", why, "embed.compute_threads", str(compute_threads), threads, f"{short}; cores are free."
            )
        return Verdict(stage.name, why, setting, str(now), None, f"{short}: more memory helps.")
    return Verdict(stage.name, why, setting, str(now), None,
                   f"Less than the {each:.1f} cores that one more of them takes are free: more cores help, or"
                   f" `pagemill worker {stage.name}` on other machines.")  # fmt: skip


def _workers(stage: Stage) -> str:
    return "The worker" if stage.processes == 1 else f"The {stage.processes} workers"
