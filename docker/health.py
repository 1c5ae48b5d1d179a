"""Whether the one program of a container works: `health.py STAGE`, `health.py sweep` or `health.py URL`; status 0 or 1.

A worker says every two seconds in the catalogue that it lives, the sweep prolongs its lease, a server answers. This
runs every few seconds in every container, so it loads the standard library alone, and PostgreSQL's driver where the
catalogue is there. The catalogue's columns are those of `storage/schema.py`; a test runs this against real ones.
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
_NOW = "SELECT extract(epoch FROM clock_timestamp())::float8"


def answers(url: str) -> str | None:
    """What is wrong with a server, or None. No proxy of the environment stands between a container and itself."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=_TIMEOUT_S):
            return None
    except OSError as error:
        return f"{url}: {error}"


def heard_of(role: str, data: Path, database_url: str = "") -> str | None:
    """What is wrong with a worker or the sweep, or None.

    Args:
        database_url: of PostgreSQL; empty: the catalogue is a file of the data folder.
    """
    query, patience_s = (_SWEEP, _SWEEP_SILENT_S) if role == "sweep" else (_BEATS, _SILENT_S)
    asked = () if role == "sweep" else (role, platform.node())
    try:
        last_s, now_s = _of_server(database_url, query, asked) if database_url else _of_file(data, query, asked)
    except (OSError, sqlite3.Error) as error:
        return f"catalogue: {error}"
    if last_s is None:
        return f"{role}: not heard of yet"
    silent_s = now_s - last_s
    return f"{role}: silent for {silent_s:.0f} s" if silent_s > patience_s else None


def _of_file(data: Path, query: str, asked: tuple[str, ...]) -> tuple[float | None, float]:
    """When it was heard of last, and now, by the clock of this machine."""
    from storage import clock

    address = f"{(data / 'catalog.sqlite3').as_uri()}?mode=rw"
    with closing(sqlite3.connect(address, _TIMEOUT_S, uri=True)) as catalog:
        (last_s,) = catalog.execute(query, (clock.boot_id(), *asked)).fetchone()
    return last_s, clock.now_s()


def _of_server(url: str, query: str, asked: tuple[str, ...]) -> tuple[float | None, float]:
    """The same by the clock of a PostgreSQL server.

    Raises:
        OSError: it is out of reach, or has no catalogue yet. The driver's message names no password.
    """
    import psycopg

    address = url.replace("postgresql+psycopg:", "postgresql:", 1)
    try:
        with psycopg.connect(address, connect_timeout=int(_TIMEOUT_S), application_name="pagemill health") as server:
            server.execute('SET search_path TO "catalog"')
            (last_s,) = server.execute(query.replace("?", "%s").encode(), ("postgresql", *asked)).fetchone() or (None,)
            (now_s,) = server.execute(_NOW).fetchone() or (0.0,)
    except psycopg.Error as error:
        raise OSError(str(error).partition("\n")[0]) from None
    return last_s, now_s


if __name__ == "__main__":
    asked = sys.argv[1]
    if "://" in asked:
        problem = answers(asked)
    else:
        settings = os.environ
        data = Path(settings["PAGEMILL_STORAGE__DATA"])
        problem = heard_of(asked, data, settings.get("PAGEMILL_STORAGE__DATABASE_URL", ""))
    sys.exit(problem)
