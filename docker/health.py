"""Whether the one program of a container works: `health.py STAGE`, `health.py sweep` or `health.py URL`; status 0 or 1.

A worker says every two seconds in the catalogue that it lives, the sweep prolongs its lease, a server answers. This
runs every few seconds in every container, so it loads the standard library alone: SQLAlchemy would cost ten times as
much. The catalogue's columns are those of `storage/schema.py`; a test runs this against a real one.
"""

from __future__ import annotations

import os
import platform
import sqlite3
import sys
import urllib.request
from contextlib import closing
from pathlib import Path

_SILENT_S = 30.0
_SWEEP_SILENT_S = 120.0  # a round may wait for a Chroma that does not answer
_TIMEOUT_S = 5.0
_BEATS = "SELECT max(beat_s) FROM worker WHERE boot = ? AND stage = ? AND host = ?"
_SWEEP = "SELECT max(until_s) FROM lease WHERE boot = ? AND name = 'sweep'"


def answers(url: str) -> str | None:
    """What is wrong with a server, or None. No proxy of the environment stands between a container and itself."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=_TIMEOUT_S):
            return None
    except OSError as error:
        return f"{url}: {error}"


def heard_of(role: str, data: Path) -> str | None:
    """What is wrong with a worker or the sweep, or None."""
    from storage import clock

    if role == "sweep":
        query, patience_s = _SWEEP, _SWEEP_SILENT_S
        values: tuple[str, ...] = (clock.boot_id(),)
    else:
        query, patience_s = _BEATS, _SILENT_S
        values = (clock.boot_id(), role, platform.node())
    address = f"{(data / 'catalog.sqlite3').as_uri()}?mode=rw"
    try:
        with closing(sqlite3.connect(address, _TIMEOUT_S, uri=True)) as catalog:
            (last_s,) = catalog.execute(query, values).fetchone()
    except sqlite3.Error as error:
        return f"catalogue: {error}"
    if last_s is None:
        return f"{role}: not heard of yet"
    silent_s = clock.now_s() - last_s
    return f"{role}: silent for {silent_s:.0f} s" if silent_s > patience_s else None


if __name__ == "__main__":
    asked = sys.argv[1]
    problem = answers(asked) if "://" in asked else heard_of(asked, Path(os.environ["PAGEMILL_STORAGE__DATA"]))
    sys.exit(problem)
