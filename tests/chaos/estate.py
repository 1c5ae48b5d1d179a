"""Pagemill on several hosts that share no file system: a data host, a web host, worker hosts (`tests/chaos/lab.py`).

    data    PostgreSQL, S3 server, queue server and Chroma; nothing of ours
    web     `pagemill web` and `pagemill sweep`
    others  `pagemill worker` of all stages, or some

Each host of ours has a disk of its own and can write nowhere else (`tests/chaos/machine.py`), a name of its own, and
processes of its own that die together. All that they share are the four servers.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil

from pipeline import stages
from pipeline.settings import PROJECT_ROOT, Settings, StorageSettings
from storage import keys
from storage.catalog import Storage
from tests.chaos import data_host
from tests.chaos.lab import Host, Lab, lab
from tests.chaos.machine import HOME
from tests.postgresql import PostgreSQL
from tests.stack import until

_PORT = 8000


@dataclass
class Machine:
    """A host of ours, switched on or off.

    Attributes:
        stages: those that it has workers of.
        disk: all that it can write to, as the test sees it.
    """

    host: Host
    disk: Path
    stages: tuple[str, ...]
    commands: list[list[str]]
    env: dict[str, str]
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self) -> None:
        """Switch it on; its programs start, which takes a while."""
        chaos = ["-m", "tests.chaos.up"]
        words = [word for command in self.commands for word in ("--", sys.executable, *chaos, *command)]
        with (self.disk / "console.log").open("ab") as console:
            self._process = subprocess.Popen(
                self.host.within(
                    "unshare", "--fork", "--kill-child", "--pid", "--mount-proc", "--uts", "--",
                    sys.executable, "-m", "tests.chaos.machine", str(self.disk), *words,
                ),
                env={**os.environ, **self.env, "HOST": self.host.name}, cwd=PROJECT_ROOT, stdin=subprocess.DEVNULL,
                stdout=console, stderr=console, start_new_session=True,
            )  # fmt: skip

    def power_off(self) -> None:
        """Cut its power."""
        self.host.power_off()
        if self._process is not None:
            self._process.wait(30)

    def end(self) -> None:
        """End it for good."""
        if self._process is not None:
            self.host.kill()
            self._process.wait(30)

    def shut_down(self) -> None:
        """Have it end in order.

        Raises:
            AssertionError: it did not within a generous time.
        """
        assert self._process is not None
        [first] = psutil.Process(self._process.pid).children()  # of `unshare`: the init of its processes
        first.terminate()
        assert self._process.wait(60) == 0, self.console()

    def switch(self, name: str) -> Path:
        """A file of the folder of `tests.chaos.process` on this host."""
        return self.disk / "chaos" / name

    def log(self) -> str:
        """All that its programs have logged."""
        return "".join(path.read_text(errors="replace") for path in sorted(self.disk.rglob("logs/pagemill.log")))

    def console(self) -> str:
        """What was told to whoever sits before it."""
        return (self.disk / "console.log").read_text(errors="replace")


class Estate:
    """All hosts, and what the checks of a storm ask for (`tests/chaos/aftermath.py`).

    Attributes:
        database: the server, as its own machine reaches it.
        place: where databases and files lie, for a look from outside; its folder is that of the web host.
    """

    def __init__(
        self, folder: Path, built: Lab, data: Host, database: PostgreSQL, env: dict[str, str], place: StorageSettings
    ) -> None:
        self._folder, self._lab, self._env = folder, built, env
        self.database = database
        self.data_host = data
        self.place = place
        self.machines: dict[str, Machine] = {}
        self.headers: dict[str, str] = {}

    @property
    def web(self) -> Machine:
        """The web host."""
        return self.machines["web"]

    @property
    def workers(self) -> list[Machine]:
        """The worker hosts."""
        return [machine for name, machine in self.machines.items() if name != "web"]

    def add_web(self) -> Machine:
        """The web host."""
        return self._add("web", (), ["web", "--host", "0.0.0.0", "--port", str(_PORT)], ["sweep"])

    def add_worker(self, name: str, *names: str) -> Machine:
        """One more worker host, of some stages."""
        return self._add(name, names, ["worker", *names])

    def _add(self, name: str, names: tuple[str, ...], *commands: list[str]) -> Machine:
        """Set up one more host and switch it on."""
        disk = self._folder / name
        for made in ("tmp", "chaos", "data"):
            (disk / made).mkdir(parents=True, exist_ok=True)
        shutil.copy(self.place.files_ca, disk / data_host.CA)
        env = {**self._env, "CHAOS": str(HOME / "chaos")}
        machine = Machine(self._lab.add(name), disk, names, list(commands), env)
        self.machines[name] = machine
        machine.start()
        return machine

    def end(self) -> None:
        """Switch all hosts of ours off."""
        for machine in self.machines.values():
            machine.end()

    def tend(self) -> None:
        """Nothing: hosts are switched on and off by the test alone."""

    def url(self) -> str:
        """Where the web host listens."""
        return f"http://{self.web.host.address}:{_PORT}"

    def chroma_url(self) -> str:
        """Where Chroma listens."""
        return self.place.chroma_url

    def get(self, path: str, **params: Any) -> httpx.Response:
        """Ask the web server."""
        return httpx.get(f"{self.url()}{path}", params=params, headers=self.headers, timeout=30.0, trust_env=False)

    def ready(self) -> bool:
        """Whether it says that all is."""
        try:
            return self.get("/readyz").status_code == 200
        except httpx.TransportError:
            return False

    def at_work(self, machine: Machine) -> bool:
        """Whether all workers of a host were heard of lately."""
        workers = self.get("/api/v1/pipeline").json()["workers"]
        return {one["stage"] for one in workers if one["host"] == machine.host.name} == set(machine.stages)


@contextmanager
def estate(folder: Path) -> Iterator[Estate]:
    """Data host, web host and two worker hosts, which may still be loading their models; gone afterwards."""
    with ExitStack() as stack:
        built = stack.enter_context(lab())
        data = built.add("data")
        database, place, env = data_host.start(stack, folder / "data-host", data)
        storage = Storage(Settings(storage=place))
        storage.prepare()
        made = Estate(folder / "hosts", built, data, database, env, place)
        made.headers = {"Authorization": f"Bearer {keys.make(storage.catalog, 'tests', 'admin')[1]}"}
        storage.close()
        stack.callback(made.end)
        made.add_web()
        for name in ("alpha", "beta"):
            made.add_worker(name, *stages.NAMES)
        until(made.ready, 180, "the web server to be ready")
        yield made
