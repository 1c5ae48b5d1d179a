"""Fields found, for people: a table a set, kinds down, ways of reading across."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from cli.evaluation.compare import FOLDING, WHOLE
from cli.evaluation.extraction import FieldOutcome
from cli.evaluation.scores import Tally, macro_f1, micro

_WORST = 12


def show(outcomes: Sequence[FieldOutcome], console: Console) -> None:
    """Print it."""
    if outcomes:
        console.print(f"Compared: {FOLDING}", markup=False, soft_wrap=True)
    for one in outcomes:
        if one.documents:
            console.print(_table(one))
        for sentence in (*_misses(one), *one.problems):
            console.print(f"{one.name}: {sentence}", markup=False, soft_wrap=True)


def _table(one: FieldOutcome) -> Table:
    table = Table(title=f"Fields: {one.name}, schema {one.schema if isinstance(one.schema, str) else 'of its own'}")
    table.add_column("")
    columns = _columns(one)
    for title, _ in columns:
        table.add_column(title, justify="right", no_wrap=True)
    kinds = list(dict.fromkeys(kind for _, tallies in columns for kind in tallies))
    values, wholes = [kind for kind in kinds if not kind.endswith(WHOLE)], [k for k in kinds if k.endswith(WHOLE)]
    for kind in values:
        table.add_row(kind, *(_cell(tallies.get(kind)) for _, tallies in columns), end_section=kind == values[-1])
    for kind in wholes:
        table.add_row(kind, *(_cell(tallies.get(kind)) for _, tallies in columns), end_section=kind == wholes[-1])
    table.add_row("all, micro", *(_cell(micro(one.counted(tallies))) for _, tallies in columns))
    table.add_row("all, macro", *(_share(macro_f1(one.counted(tallies))) for _, tallies in columns))
    if one.of_spans:
        mentions = (micro(one.counted(one.tallies(way, among=names))) for way, names in _samples(one))
        table.add_row("every mention, micro", *map(_cell, mentions))
    table.caption = "precision, recall, F1, how many are true; " + (
        "a text of a kind counts once a document, in the last row as often as it stands there; "
        "all: NAME, ORG, TITLE, EDU, PRO, RACE"
        if one.of_spans
        else "whole: records of which every value is right; all: values, not whole records"
    )
    return table


def _columns(one: FieldOutcome) -> list[tuple[str, dict[str, Tally]]]:
    """A way a column; where some way took a sample only, the others of that sample beside it."""
    return [
        (f"{way} ({len(one.names(way) if names is None else names)})", one.tallies(way, among=names, once=one.of_spans))
        for way, names in _samples(one)
    ]


def _samples(one: FieldOutcome) -> list[tuple[str, frozenset[str] | None]]:
    ways = one.ways
    most = max((one.names(way) for way in ways), key=len, default=frozenset())
    samples = {names for way in ways if (names := one.names(way)) != most}
    listed: list[tuple[str, frozenset[str] | None]] = []
    for way in ways:
        names = one.names(way)
        listed.append((way, None))
        listed += [(way, sample) for sample in sorted(samples, key=len) if sample < names]
    return listed


def _cell(tally: Tally | None) -> str:
    if tally is None:
        return ""
    return f"{tally.precision:.3f} {tally.recall:.3f} [bold]{tally.f1:.3f}[/bold] {tally.true:4d}"


def _share(share: float | None) -> str:
    return "-" if share is None else f"{share:.3f}"


def _misses(one: FieldOutcome) -> list[str]:
    """Some values that are wrong, so that a person sees of what kind they are."""
    wrong = [
        f"{document.name}, {document.way}: {verdict.kind}: "
        f"{_quoted(verdict.found) if verdict.found is not None else 'nothing'} instead of "
        f"{_quoted(verdict.expected) if verdict.expected is not None else 'nothing'}"
        for document in one.documents
        for verdict in document.verdicts
        if not verdict.right and not verdict.kind.endswith(WHOLE)
    ]
    step = max(1, len(wrong) // _WORST)
    return wrong[::step][:_WORST]


def _quoted(text: str) -> str:
    return f"“{text if len(text) <= 60 else text[:57] + '...'}”"
