"""Programs that die: started again at once or later, and named when they die again and again."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from cli import supervise
from cli.supervise import Program, Supervisor
from pipeline.settings import LogSettings
from tests.stack import until

DIES = Program("frail", ["sh", "-c", "echo no more; exit 3"], {})


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    supervisor = Supervisor(tmp_path, LogSettings())
    yield supervisor
    supervisor.stop()


def deaths(supervisor: Supervisor, count: int) -> None:
    """Mind the programs until one has died so often."""

    def look() -> bool:
        supervisor.look()
        return len(supervisor._running["frail"].deaths) >= count

    until(look, 20, f"{count} deaths")


def pauses(supervisor: Supervisor) -> list[str]:
    lines = (supervisor._folder / "logs" / "pagemill.log").read_text().splitlines()
    return [line.rpartition(" in ")[2] for line in lines if "frail died" in line]


def test_who_dies_soon_after_its_start_waits_longer_each_time(supervisor: Supervisor) -> None:
    supervisor.add(DIES)
    deaths(supervisor, 3)
    assert pauses(supervisor) == ["0.0 s", "1.0 s", "2.0 s"] and supervisor.problems() == {}


def test_who_had_run_for_a_while_is_started_at_once(supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kills from outside are no fault of the program: with back-off, its work would stand still for them."""
    monkeypatch.setattr(supervise, "_SOON_S", 0.0)
    supervisor.add(DIES)
    deaths(supervisor, 5)
    assert pauses(supervisor)[:5] == ["0.0 s"] * 5


def test_a_program_steps_back_from_its_first_moment(supervisor: Supervisor) -> None:
    supervisor.add(Program("frail", ["sleep", "60"], {}, nice=19))
    [pid] = supervisor.processes().values()
    assert os.getpriority(os.PRIO_PROCESS, pid) == 19


def test_who_dies_again_and_again_is_named_with_its_last_words(
    supervisor: Supervisor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervise, "_SOON_S", 0.0)
    supervisor.add(DIES)
    deaths(supervisor, 4)
    assert supervisor.problems() == {"frail": "dies again and again (status 3): no more"}
    report = orjson.loads((tmp_path / "supervisor.json").read_bytes())
    assert report["frail"]["problem"] == supervisor.problems()["frail"]


def test_a_log_that_cannot_be_written_stops_nothing(
    supervisor: Supervisor, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """On Linux, /dev/full is a disk without room."""
    (tmp_path / "logs").mkdir()
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    (tmp_path / "logs" / "pagemill.log").symlink_to("/dev/full")
    supervisor.add(DIES)
    deaths(supervisor, 3)
    supervisor.stop()
    told = capfd.readouterr().err
    assert told.count("lines are lost: [Errno 28]") == 1 and "Traceback" not in told


def test_what_programs_say_is_put_aside_and_the_oldest_dropped(tmp_path: Path) -> None:
    words = "import sys; [print(n, 'x' * 990, flush=True) for n in range(6000)]; sys.stdin.read()"
    supervisor = Supervisor(tmp_path, LogSettings(rotate_mb=1, keep=2))
    supervisor.add(Program("talker", [sys.executable, "-c", words], {}))
    log = tmp_path / "logs" / "pagemill.log"
    try:
        until(lambda: log.exists() and "\n5999 " in log.read_text(), 60, "the last line")
    finally:
        supervisor.stop()
    files = sorted((tmp_path / "logs").iterdir())
    assert [path.name for path in files] == ["pagemill.log", "pagemill.log.1", "pagemill.log.2"]
    assert all(path.stat().st_size <= 1_000_000 for path in files)
    kept = [int(line.split()[0]) for path in reversed(files) for line in path.read_text().splitlines() if "xxx" in line]
    assert kept == list(range(kept[0], 6000)), "lines are torn, doubled or lost"


def test_a_start_is_not_given_up_for_what_somebody_else_kills(
    supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervise, "_SOON_S", 0.0)
    supervisor.add(Program("frail", ["sh", "-c", "kill -9 $$"], {}))
    deaths(supervisor, 4)
    assert supervisor.problems() == {"frail": "dies again and again (SIGKILL): without a word"}
    assert supervisor.problems(killed=False) == {}


def test_who_is_said_to_hang_is_ended_and_started_anew(
    supervisor: Supervisor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = tmp_path / "hangs"
    monkeypatch.setattr(supervise, "_WELL_S", 0.0)
    supervisor.add(Program("frail", ["sleep", "60"], {}, hangs=note))
    first = supervisor.processes()["frail"]
    note.touch()
    deaths(supervisor, 1)
    until(lambda: supervisor.look() or supervisor.processes().get("frail", first) != first, 20, "another one")  # type: ignore[func-returns-value]
    assert not note.exists()


def test_what_is_said_of_the_one_before_ends_nobody(supervisor: Supervisor, tmp_path: Path) -> None:
    note = tmp_path / "hangs"
    supervisor.add(Program("frail", ["sleep", "60"], {}, hangs=note))
    note.touch()
    supervisor.look()
    assert not note.exists() and supervisor._running["frail"].died == 0
    assert supervisor._running["frail"].process.poll() is None  # type: ignore[union-attr]
