"""Keep programs running: start them, start them again when they die, stop them all.

A program that dies is started again: at once, or with back-off where it dies soon after its start. One that dies again
and again, soon or late, is in a crash loop: that is written to `supervisor.json`, where `/readyz` finds it, with the
last line the program wrote. What the programs write goes through here into rotated files, so each file has one writer.
If this process itself is killed, the kernel kills the programs (`pipeline.process.die_with_parent`).
"""

from __future__ import annotations

import logging
import logging.handlers
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import orjson

from pipeline.process import PARENT, RECYCLED
from pipeline.settings import LogSettings

_LOOK_S = 0.1
_WINDOW_S = 120.0  # deaths are counted over this time, whatever their cause: models load slowly and die late
_LOOP = 4  # so many deaths in it are a crash loop
_SOON_S = 10.0  # only who dies so soon after its start waits for the next: work must not stand still for a kill
_WELL_S = 30.0  # a program that has run for so long is well again
_LONGEST_PAUSE_S = 15.0
_STOP_S = 20.0
_SAY_S = 60.0  # that a log cannot be written is said so often


@dataclass(frozen=True, slots=True)
class Program:
    """Something to keep running.

    Attributes:
        log: stem of the file its output goes to.
        nice: scheduling priority from its first moment on, 0 normal to 19 only when idle: to load what it needs is most
            of what it does at a start, and the web server should not wait for it.
        hangs: a file by which those who use it say that it hangs: it is ended then, and started anew.
    """

    name: str
    argv: list[str]
    env: Mapping[str, str]
    log: str = "pagemill"
    nice: int = 0
    hangs: Path | None = None


@dataclass(slots=True)
class _Running:
    program: Program
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    start_at: float = 0.0
    deaths: list[tuple[float, bool]] = field(default_factory=list)  # when, and whether soon after its start
    died: int = 0
    replaced: int = 0  # how often it ended because it wanted to be started anew
    problem: str | None = None
    killed: bool = False  # its latest death was somebody else's doing
    last_line: str = ""
    readers: list[threading.Thread] = field(default_factory=list)


class Supervisor:
    """Runs programs until told to stop.

    Args:
        folder: where `supervisor.json` and `logs/` lie.
        drain_s: programs that are told to stop finish what they hold within so many seconds.
    """

    def __init__(self, folder: Path, rules: LogSettings, drain_s: float = 0.0) -> None:
        self._folder = folder
        self._rules = rules
        self._stop_s = drain_s + _STOP_S
        self._logs: dict[str, logging.Logger] = {}
        self._running: dict[str, _Running] = {}
        self._report = folder / "supervisor.json"
        self.stopping = threading.Event()

    def add(self, program: Program) -> None:
        """Start a program and keep it running from now on."""
        running = _Running(program)
        self._running[program.name] = running
        self._log(program.log)  # made here, not by whichever of its readers is first: a file has one writer
        self._start(running)
        self._write_report()

    def run(self) -> None:
        """Mind the programs until `stopping` is set, then stop them."""
        try:
            while not self.stopping.wait(_LOOK_S):
                self.look()
        finally:
            self.stop()

    def look(self) -> None:
        """Start again what died and is due."""
        changed = False
        for running in self._running.values():
            self._end_hanging(running)
            if running.process is not None and running.process.poll() is not None:
                self._note_death(running, running.process.returncode)
                changed = True
            if running.process is None and time.monotonic() >= running.start_at:
                self._start(running)
            elif running.problem and running.process and time.monotonic() - running.started > _WELL_S:
                running.problem = None
                running.deaths.clear()
                changed = True
        if changed:
            self._write_report()

    def _end_hanging(self, running: _Running) -> None:
        note = running.program.hangs
        if note is None or running.process is None or not note.exists():
            return
        note.unlink(missing_ok=True)
        if time.monotonic() - running.started > _WELL_S:  # else it speaks of the one before
            self._log(running.program.log).warning("supervisor: %s hangs and is ended", running.program.name)
            running.process.kill()

    def _note_death(self, running: _Running, status: int) -> None:
        lived = time.monotonic() - running.started
        running.process = None
        how = signal.Signals(-status).name if status < 0 else f"status {status}"
        log = self._log(running.program.log)
        if status == RECYCLED:
            log.info("supervisor: %s ended to be replaced", running.program.name)
            running.start_at = 0.0
            running.replaced += 1
            return
        running.died += 1
        now = time.monotonic()
        running.deaths = [death for death in running.deaths if now - death[0] < _WINDOW_S] + [(now, lived < _SOON_S)]
        soon = sum(early for _, early in running.deaths) if lived < _SOON_S else 0
        pause = 0.0 if soon < 2 else min(0.25 * 2**soon, _LONGEST_PAUSE_S)
        running.start_at = time.monotonic() + pause
        log.warning(
            "supervisor: %s died (%s) after %.1f s; next start in %.1f s", running.program.name, how, lived, pause
        )
        if len(running.deaths) >= _LOOP:
            running.problem = f"dies again and again ({how}): {running.last_line or 'without a word'}"
            running.killed = status == -signal.SIGKILL

    def _start(self, running: _Running) -> None:
        program = running.program
        try:
            running.process = subprocess.Popen(
                program.argv,
                env={**os.environ, **program.env, PARENT: str(os.getpid())},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches us alone; we stop the others in order
            )
        except OSError as error:  # no memory or no process to be had just now
            running.start_at = time.monotonic() + _LONGEST_PAUSE_S
            self._log(program.log).warning("supervisor: %s not started: %s", program.name, error)
            return
        if program.nice > os.nice(0):
            with suppress(OSError):  # it is gone already
                os.setpriority(os.PRIO_PROCESS, running.process.pid, program.nice)
        running.started = time.monotonic()
        assert running.process.stdout is not None
        reader = threading.Thread(target=self._read, args=(running, running.process.stdout), daemon=True)
        reader.start()
        running.readers = [thread for thread in running.readers if thread.is_alive()] + [reader]

    def _read(self, running: _Running, stream: IO[bytes]) -> None:
        log = self._log(running.program.log)
        with stream:
            for line in stream:
                words = line.decode(errors="replace").rstrip()
                if words:
                    running.last_line = words[-500:]
                    log.info("%s", words)

    def _log(self, name: str) -> logging.Logger:
        if name not in self._logs:
            folder = self._folder / "logs"
            folder.mkdir(parents=True, exist_ok=True)
            handler = _LogFile(
                folder / f"{name}.log", maxBytes=self._rules.rotate_mb * 1_000_000, backupCount=self._rules.keep
            )
            logger = logging.Logger(name)  # outside the logger tree: nothing else writes here
            logger.addHandler(handler)
            self._logs[name] = logger
        return self._logs[name]

    def processes(self) -> dict[str, int]:
        """Names and process ids of what runs."""
        return {name: running.process.pid for name, running in self._running.items() if running.process}

    def problems(self, *, killed: bool = True) -> dict[str, str]:
        """Programs in a crash loop, and their last words.

        Args:
            killed: also those that somebody else kills: they may well live once that ends.
        """
        return {
            name: running.problem
            for name, running in self._running.items()
            if running.problem and (killed or not running.killed)
        }

    def _write_report(self) -> None:
        report = {
            name: {"died": running.died, "replaced": running.replaced, "problem": running.problem}
            for name, running in self._running.items()
        }
        temporary = self._report.with_suffix(".part")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            temporary.write_bytes(orjson.dumps(report))
            temporary.replace(self._report)
        except OSError as error:  # a full disk must not stop the stack; the next change writes it
            self._log("pagemill").warning("supervisor: report not written: %s", error)

    def hurry(self) -> None:
        """Tell what runs once more to stop: now it finishes nothing."""
        for running in self._running.values():
            if running.program.log == "pagemill":
                _signal(running.process, signal.SIGTERM)

    def stop(self) -> None:
        """Stop everything, last started first; what does not stop in time is killed."""
        backwards = [running for running in reversed(self._running.values()) if running.process is not None]
        servers = [running for running in backwards if running.program.log != "pagemill"]
        # The servers that the others talk to go last.
        for group in ([running for running in backwards if running not in servers], servers):
            for running in group:
                _signal(running.process, signal.SIGTERM)
            deadline = time.monotonic() + self._stop_s
            for running in group:
                _wait(running.process, deadline)
        for running in backwards:
            for reader in running.readers:
                reader.join(timeout=1.0)
        self._report.unlink(missing_ok=True)
        for log in self._logs.values():
            for handler in log.handlers:
                handler.close()


class _LogFile(logging.handlers.RotatingFileHandler):
    """A rotated file. On a full disk lines are lost; that is said now and then on standard error, and nothing stops."""

    _said_at = float("-inf")

    def handleError(self, record: logging.LogRecord) -> None:
        """Say what is wrong, without a trace a line."""
        self._say(sys.exc_info()[1])

    def close(self) -> None:
        """Close it, whether or not its last lines can be written."""
        try:
            super().close()
        except OSError as error:
            self._say(error)

    def _say(self, error: BaseException | None) -> None:
        if time.monotonic() - self._said_at > _SAY_S:
            self._said_at = time.monotonic()
            print(f"{self.baseFilename}: lines are lost: {error}", file=sys.stderr)


def _signal(process: subprocess.Popen[bytes] | None, number: signal.Signals) -> None:
    if process is not None and process.poll() is None:
        process.send_signal(number)


def _wait(process: subprocess.Popen[bytes] | None, deadline: float) -> None:
    if process is None:
        return
    try:
        process.wait(timeout=max(deadline - time.monotonic(), 0.1))
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
