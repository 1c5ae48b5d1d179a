"""Several hosts: one dies, one is cut off and comes back, one is added, all are replaced: the storm contract holds.

One arrangement goes through it all, in the middle of its work each time (`tests/chaos/host_storm.py`). What is lost,
doubled, stuck or left lying about at the end is told by the same checks as after the storm on one machine, and what was
read is the same as it was on a quiet day.
"""

from __future__ import annotations

import threading
import time
from functools import partial
from pathlib import Path

import httpx
import pytest

from tests.chaos import aftermath
from tests.chaos.estate import Estate, estate
from tests.chaos.host_storm import WAIT_S, Storm, settled
from tests.chaos.papers import draw
from tests.chaos.snapshot import differences, snapshot
from tests.chaos.storm import KB, Uploads
from tests.stack import until

pytestmark = pytest.mark.siege
CALM = "calm"


@pytest.mark.timeout(1200)
def test_nothing_is_lost_stuck_or_doubled_over_several_hosts(tmp_path: Path) -> None:
    papers = list(draw(24, 4))
    waves = papers[:5], papers[5:13], papers[13:16], papers[16:]
    with estate(tmp_path) as hosts:
        storm = Storm(hosts, Uploads())
        try:
            for name in (CALM, KB):
                httpx.post(f"{hosts.url()}/api/v1/knowledge-bases", json={"name": name}, headers=hosts.headers,
                           timeout=30.0, trust_env=False).raise_for_status()  # fmt: skip
            Uploads(CALM).send_all(hosts, papers, 0.0, threading.Event())
            assert aftermath.settle(hosts, CALM, time.monotonic() + WAIT_S, print) == []
            for machine in hosts.workers:
                until(partial(hosts.at_work, machine), WAIT_S, f"the workers of {machine.host.name}")
            for event, wave in zip((storm.kill, storm.cut, storm.cut_data, storm.roll), waves, strict=True):
                began = time.monotonic()
                event(wave)
                storm.seen[f"{event.__name__} took"] = round(time.monotonic() - began)
            problems = aftermath.settle(hosts, KB, time.monotonic() + WAIT_S, print)
            problems += [*storm.uploads.faults, *aftermath.check(hosts, KB, papers, storm.uploads.ids)]
            found = snapshot(hosts.place.data, hosts.chroma_url(), place=hosts.place)
            until(storm.forgotten, WAIT_S, "the database server to close what the dead host left open")
            took_part = {machine.host.name: settled(machine) for machine in hosts.workers}
        except BaseException:
            tell(hosts)
            raise
        finally:
            storm.close()
            print(storm.seen)
    print(took_part, dict(storm.uploads.retried))
    assert problems == []
    assert differences(found[KB]["documents"], found[CALM]["documents"]) == [], "they differ from those of a quiet day"
    assert all(took_part.values()), "a host took no part, or did not tell"
    assert storm.seen["attempts counted by the roll"] == 0


def tell(hosts: Estate) -> None:
    """Show what every host said last."""
    for machine in hosts.machines.values():
        print(machine.host.name, machine.console()[-3000:], machine.log()[-6000:], sep="\n")
