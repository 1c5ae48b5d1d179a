"""Searches, for people: a row for each language of questions, knowledge base and mode."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from cli.evaluation.retrieval import SearchOutcome, percentile
from cli.evaluation.scores import DEPTH, DEPTHS


def show(outcomes: Sequence[SearchOutcome], console: Console) -> None:
    """Print it."""
    for one in outcomes:
        console.print(_table(one))
        for label, count, seconds in one.filed:
            console.print(f"{one.name}: {label}: {count} documents in {seconds:.0f} s", markup=False, soft_wrap=True)
        for sentence in one.problems:
            console.print(f"{one.name}: {sentence}", markup=False, soft_wrap=True)


def _table(one: SearchOutcome) -> Table:
    table = Table(title=f"Search: {one.name}")
    for name in ("questions", "pages", "mode"):
        table.add_column(name)
    for name in ("asked", *(f"recall at {depth}" for depth in DEPTHS), "MRR", "p50, ms", "p99, ms"):
        table.add_column(name, justify="right", no_wrap=True)
    for place, asked in enumerate(one.asked):
        ranking = asked.ranking
        following = one.asked[place + 1] if place + 1 < len(one.asked) else None
        ends = following is None or (following.questions, following.pages) != (asked.questions, asked.pages)
        table.add_row(
            asked.questions, asked.pages, asked.mode, str(ranking.questions),
            *(f"{ranking.recall[depth]:.4f}" for depth in DEPTHS), f"{ranking.mrr:.4f}",
            *(_ms(percentile(asked.took_ms, percent)) for percent in (50, 99)), end_section=ends,
        )  # fmt: skip
    table.caption = (
        f"every paragraph is a document; MRR within {DEPTH} hits; a knowledge base of both languages answers right "
        "with the paragraph in either; ms: as the server tells, several clients at once"
    )
    return table


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}"
