"""Hosts on one machine: network namespaces on a switch, which a test can cut off from each other.

    outside (this machine, `.1`) --- switch, a bridge in a namespace of its own --- eth0 of each host (`.2`, `.3`, ...)

What a switch forwards no rule of this machine's firewall sees. A cut is made at the switch, so that a host notices
nothing but silence: its link is up, what it sends is lost, nobody answers. Names bear the id of the process that made
them; what a killed run left is told and removed by the next one.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from tests.stack import until

_NAMESPACES = ("--net", "--mount", "--uts", "--pid", "--fork", "--mount-proc")
MISSING = "Hosts of their own need root and the package iproute2: run the tests as root, `make namespaces` installs it."
_MOUNTED = Path("/run/netns")
_PREFIX = "pagemill-"
_FORWARDING, _DISABLED = "3", "0"  # states of a bridge's port


@dataclass(frozen=True)
class Host:
    """A network namespace.

    Attributes:
        name: among the hosts of its lab.
        address: its IPv4 address, where all others reach it.
    """

    name: str
    address: str
    lab: Lab

    @property
    def namespace(self) -> str:
        """What `ip netns` calls it."""
        return f"{self.lab.prefix}{self.name}"

    def within(self, *command: str) -> list[str]:
        """A command line that runs a command on this host."""
        return ["ip", "netns", "exec", self.namespace, *command]

    @contextmanager
    def cut_off(self) -> Iterator[None]:
        """For a while nothing comes from it and nothing reaches it; connections are not told."""
        self._port(_DISABLED)
        try:
            yield
        finally:
            self._port(_FORWARDING)

    def _port(self, state: str) -> None:
        _run("ip", "netns", "exec", self.lab.switch, "bridge", "link", "set", "dev", self.name, "state", state)

    def power_off(self) -> None:
        """End it all at once: nobody it spoke with is told, not even by its kernel. The same host can be used again."""
        self._port(_DISABLED)
        self.kill()
        self.lab.unplug(self)
        self.lab.plug(self)

    def kill(self) -> None:
        """SIGKILL for every process on it, until there is none."""
        until(lambda: not _killed(self.namespace), 30, f"the processes of {self.name} to be gone")


class Lab:
    """A switch and what hangs on it."""

    def __init__(self) -> None:
        self.prefix = f"{_PREFIX}{os.getpid()}-"
        self.switch = f"{self.prefix}switch"
        self.hosts: list[Host] = []
        self._outside = f"pm{os.getpid()}"
        self._net = _free_net()

    @property
    def address(self) -> str:
        """Of this machine, where the test runs."""
        return f"{self._net}.1"

    def build(self) -> None:
        """Make the switch, and plug this machine in."""
        _run("ip", "netns", "add", self.switch)
        _run(
            "ip", "link", "add", "name", self._outside, "type", "veth", "peer", "name", "outside", "netns", self.switch
        )
        _run("ip", "-n", self.switch, "link", "add", "name", "bridge", "type", "bridge")
        _run("ip", "-n", self.switch, "link", "set", "dev", "bridge", "up")
        self._plugged("outside")
        _run("ip", "addr", "add", f"{self.address}/24", "dev", self._outside)
        _run("ip", "link", "set", "dev", self._outside, "up")

    def add(self, name: str) -> Host:
        """One more host."""
        host = Host(name, f"{self._net}.{len(self.hosts) + 2}", self)
        self.hosts.append(host)
        self.plug(host)
        return host

    def plug(self, host: Host) -> None:
        """Make its namespace and the link to the switch."""
        _run("ip", "netns", "add", host.namespace)
        _run("ip", "-n", self.switch, "link", "add", "name", host.name, "type", "veth", "peer", "name", "eth0",
             "netns", host.namespace)  # fmt: skip
        self._plugged(host.name)
        _run("ip", "-n", host.namespace, "link", "set", "dev", "lo", "up")
        _run("ip", "-n", host.namespace, "addr", "add", f"{host.address}/24", "dev", "eth0")
        _run("ip", "-n", host.namespace, "link", "set", "dev", "eth0", "up")

    def unplug(self, host: Host) -> None:
        """Take both away, and with them what its kernel would still have sent."""
        _run("ip", "-n", self.switch, "link", "del", "dev", host.name)
        _run("ip", "netns", "del", host.namespace)

    def _plugged(self, port: str) -> None:
        _run("ip", "-n", self.switch, "link", "set", "dev", port, "master", "bridge")
        _run("ip", "-n", self.switch, "link", "set", "dev", port, "up")

    def remove(self) -> None:
        """Kill what runs on the hosts, and leave nothing of them."""
        for host in self.hosts:
            host.kill()
        subprocess.run(["ip", "link", "del", "dev", self._outside], check=True)
        _removed([host.namespace for host in self.hosts] + [self.switch])


@contextmanager
def lab() -> Iterator[Lab]:
    """An empty lab.

    Without root or the programs the test is skipped, and fails in CI. Where root may not make namespaces, as in most
    containers, it is skipped.
    """
    if sys.platform != "linux" or os.geteuid() != 0 or not all(map(shutil.which, ("ip", "bridge", "unshare"))):
        (pytest.fail if os.environ.get("CI") and sys.platform == "linux" else pytest.skip)(MISSING)
    tried = subprocess.run(["unshare", *_NAMESPACES, "true"], capture_output=True, text=True)
    if tried.returncode:
        pytest.skip(f"Root may not make namespaces here: {tried.stderr.strip()}")
    if left := _left_behind():
        print(f"left by an earlier run, and removed: {', '.join(left)}")
        for namespace in left:
            until(lambda name=namespace: not _killed(name), 30, f"the processes of {namespace} to be gone")  # type: ignore[misc]
        _removed(left)
    made = Lab()
    try:
        made.build()
        yield made
    finally:
        made.remove()


def _left_behind() -> list[str]:
    """Namespaces whose makers do not live any more."""
    found = _MOUNTED.glob(f"{_PREFIX}*-*") if _MOUNTED.is_dir() else ()
    return sorted(path.name for path in found if not _lives(path))


def _lives(namespace: Path) -> bool:
    try:
        maker = psutil.Process(int(namespace.name.removeprefix(_PREFIX).partition("-")[0]))
        return maker.create_time() <= namespace.stat().st_mtime + 1  # else another has its number by now
    except (ValueError, psutil.NoSuchProcess, FileNotFoundError):
        return False


def _processes(namespace: str) -> list[int]:
    return [int(word) for word in _run("ip", "netns", "pids", namespace).split()]


def _killed(namespace: str) -> list[int]:
    """Kill the processes of a namespace; which there were."""
    found = _processes(namespace)
    for pid in found:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return found


def _removed(namespaces: list[str]) -> None:
    """Take namespaces down; their links go with them. All are tried before an error is told."""
    errors = []
    for namespace in namespaces:
        if (_MOUNTED / namespace).exists():
            ended = subprocess.run(["ip", "netns", "del", namespace], capture_output=True, text=True)
            errors += [f"{namespace}: {ended.stderr}"] if ended.returncode else []
    assert not errors, errors


def _free_net() -> str:
    """The first three numbers of a network that this machine is not in, of those that are for tests (RFC 2544)."""
    taken = {address.address.rpartition(".")[0] for found in psutil.net_if_addrs().values() for address in found}
    numbers = ((os.getpid() + step) % 256 for step in range(256))
    return next(net for net in (f"198.18.{number}" for number in numbers) if net not in taken)


def _run(*command: str) -> str:
    """Run a command; what it printed.

    Raises:
        AssertionError: it failed.
    """
    ended = subprocess.run(command, capture_output=True, text=True)
    assert ended.returncode == 0, f"{' '.join(command)}: {ended.stderr}"
    return ended.stdout
