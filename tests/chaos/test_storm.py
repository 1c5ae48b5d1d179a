"""A short storm; `make soak` runs the long one."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.chaos import storm

pytestmark = pytest.mark.siege


@pytest.mark.timeout(1200)
def test_nothing_is_lost_stuck_or_doubled_in_a_storm(tmp_path: Path) -> None:
    report = storm.run(
        66.0, count=30, book_pages=10, seed=random.SystemRandom().randrange(1_000_000), folder=tmp_path, say=print
    )
    print(storm.table(report))
    assert report["problems"] == [], storm.table(report)
