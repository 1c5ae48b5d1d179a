"""What all benches share: contenders side by side in rounds, medians, ratios, bars, a table and the same as JSON.

Machines are noisy, so what is compared runs by turns in one run, in an order that changes with every round, and what
counts is the ratio of medians.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import psutil
from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Bar:
    """What a figure must reach.

    Attributes:
        of: "value": the median itself; "ratio": the median over that of the row it is compared with.
    """

    kind: Literal["at most", "at least"]
    limit: float
    of: Literal["value", "ratio"] = "value"

    def met(self, value: float) -> bool:
        """Whether a figure reaches it."""
        return value <= self.limit if self.kind == "at most" else value >= self.limit


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: a value a round, in `unit`.

    Attributes:
        against: the name of the row that it is compared with, None: with none.
        note: what stands beside it: errors of what was read, say.
    """

    name: str
    values: tuple[float, ...]
    unit: str
    bar: Bar | None = None
    against: str | None = None
    note: str = ""

    @property
    def median(self) -> float:
        """Of all rounds."""
        return statistics.median(self.values)


@dataclass(slots=True)
class Report:
    """What a bench found."""

    title: str
    rows: list[Row] = field(default_factory=list)
    about: dict[str, Any] = field(default_factory=dict)

    def add(self, name: str, values: Iterable[float], unit: str, bar: Bar | None = None, against: str | None = None,
            note: str = "") -> Row:  # fmt: skip
        """Put a figure in; what it is compared with may come later."""
        row = Row(name, tuple(values), unit, bar, against, note)
        self.rows.append(row)
        return row

    def ratio(self, row: Row) -> float | None:
        """Its median over that of the row it is compared with."""
        other = next((one for one in self.rows if one.name == row.against), None)
        return row.median / other.median if other is not None and other.median else None

    def met(self, row: Row) -> bool | None:
        """Whether it reaches its bar; None where there is none, or nothing to compare with."""
        if row.bar is None:
            return None
        value = row.median if row.bar.of == "value" else self.ratio(row)
        return None if value is None else row.bar.met(value)

    def as_dict(self) -> dict[str, Any]:
        """All of it, as JSON holds it."""
        return {"title": self.title, "about": self.about, "rows": [self._told(row) for row in self.rows]}

    def _told(self, row: Row) -> dict[str, Any]:
        bar = None if row.bar is None else {"kind": row.bar.kind, "limit": row.bar.limit, "of": row.bar.of}
        return {
            "name": row.name, "unit": row.unit, "median": row.median, "values": list(row.values), "bar": bar,
            "against": row.against, "ratio": self.ratio(row), "met": self.met(row), "note": row.note,
        }  # fmt: skip

    def show(self, console: Console) -> None:
        """Print the table."""
        table = Table(title=self.title, title_justify="left", title_style="bold")
        table.add_column("what", overflow="fold")
        for name in ("median", "least", "most", "unit", "ratio", "bar", "met"):
            table.add_column(name, justify="left" if name in ("unit", "bar", "met") else "right", no_wrap=True)
        table.add_column("", overflow="fold")
        for row in self.rows:
            ratio, met = self.ratio(row), self.met(row)
            table.add_row(
                row.name, _short(row.median), _short(min(row.values)), _short(max(row.values)), row.unit,
                "" if ratio is None else f"{ratio:.2f} x {row.against}", "" if row.bar is None else _told(row.bar),
                "" if met is None else "yes" if met else "NO", row.note,
            )  # fmt: skip
        console.print(table)


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _told(bar: Bar) -> str:
    sign = "<=" if bar.kind == "at most" else ">="
    return f"{sign} {bar.limit:g}{' x' if bar.of == 'ratio' else ''}"


@dataclass(frozen=True, slots=True)
class Taken:
    """What one contender took in one round: seconds on the clock, and of processor by it and all it started."""

    wall_s: float
    cpu_s: float


def side_by_side(contenders: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, list[Taken]]:
    """Run contenders by turns; each round begins with another.

    Processor time is that of this process and of the children it waited for: a contender must wait for its own.
    """
    names = list(contenders)
    taken: dict[str, list[Taken]] = {name: [] for name in names}
    for number in range(rounds):
        start = number % len(names)
        for name in (*names[start:], *names[:start]):
            cpu, began = _cpu_s(), time.perf_counter()
            contenders[name]()
            taken[name].append(Taken(time.perf_counter() - began, _cpu_s() - cpu))
    return taken


def _cpu_s() -> float:
    times = psutil.Process().cpu_times()
    return float(times.user + times.system + times.children_user + times.children_system)


def family_cpu_s(pid: int) -> float:
    """Processor seconds of a running process and all that it started, those that ended included."""
    total = 0.0
    try:
        root = psutil.Process(pid)
        for process in (root, *root.children(recursive=True)):
            times = process.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    except psutil.NoSuchProcess:  # one that ended while we looked has gone into its parent's sum
        return total
    return total


def percentile(values: Iterable[float], share: float) -> float:
    """The value below which `share` (0..1) of them lie, by the nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, round(share * len(ordered)) - 1))]
