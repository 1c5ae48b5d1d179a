"""A short storm over a PostgreSQL server and an object store, which crash as well."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.chaos import storm
from tests.object_server import ObjectServer
from tests.postgresql import PostgreSQL

pytestmark = pytest.mark.siege


@pytest.mark.timeout(1200)
def test_nothing_is_lost_stuck_or_doubled_in_a_storm_over_servers(
    tmp_path: Path, postgresql: PostgreSQL, object_server: ObjectServer
) -> None:
    def crash_database() -> None:
        postgresql.stop()
        postgresql.start()

    def crash_objects() -> None:
        object_server.kill()
        object_server.start()

    postgresql.clear()
    report = storm.run(
        60.0, count=24, book_pages=8, seed=random.SystemRandom().randrange(1_000_000), folder=tmp_path, say=print,
        elsewhere={"database_url": postgresql.url, **object_server.settings("storm")},
        servers={"database": crash_database, "objects": crash_objects},
    )  # fmt: skip
    print(storm.table(report))
    assert report["problems"] == [], storm.table(report)
    assert report["kills"]["database"] and report["kills"]["objects"]
