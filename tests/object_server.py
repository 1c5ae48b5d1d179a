"""A real S3 server for tests: SeaweedFS in one process, as `make test` installs it.

It has the bucket `pagemill` and makes no other by itself; its key is `KEY_ID` and `SECRET`.
"""

from __future__ import annotations

import datetime
import ipaddress
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

WEED = Path(sys.executable).with_name("weed")
BUCKET, KEY_ID, SECRET = "pagemill", "key-of-tests", "secret-of-tests"
_PORTS = ("master", "volume", "filer", "s3")
_START_S = 60.0


class ObjectServer:
    """One server on a folder of its own; it may be ended and started again.

    Args:
        address: where it listens.
        within: what starts a program where it is to run.
    """

    def __init__(self, folder: Path, address: str = "127.0.0.1", within: Sequence[str] = ()) -> None:
        self.folder = folder
        self._address, self._within = address, within
        folder.mkdir(parents=True)
        self.ports = _free_ports(2 * len(_PORTS) + 1)
        self.url = f"http://{address}:{self.ports[6]}"
        self.https_url = f"https://{'localhost' if address == '127.0.0.1' else address}:{self.ports[8]}"
        self.ca = folder / "ca.pem"
        self.process: subprocess.Popen[bytes] | None = None
        _certificates(folder, address)
        identity = {
            "name": "tests", "credentials": [{"accessKey": KEY_ID, "secretKey": SECRET}],
            "actions": ["Admin", "Read", "Write", "List"],
        }  # fmt: skip
        (folder / "s3.json").write_bytes(orjson.dumps({"identities": [identity]}))

    def settings(self, prefix: str = "", **more: Any) -> dict[str, Any]:
        """What `StorageSettings` must say."""
        return {
            "files_url": f"s3://{BUCKET}{f'/{prefix}' if prefix else ''}", "files_endpoint": self.url,
            "files_key_id": KEY_ID, "files_secret": SECRET, **more,
        }  # fmt: skip

    def env(self, prefix: str = "") -> dict[str, str]:
        """The same as variables."""
        return {f"PAGEMILL_STORAGE__{name.upper()}": str(value) for name, value in self.settings(prefix).items()}

    def start(self) -> None:
        """Start it, and wait until it stores objects."""
        master, master_grpc, volume, volume_grpc, filer, filer_grpc, s3, s3_grpc, https = self.ports
        with (self.folder / "weed.log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *self._within, WEED, "server", f"-dir={self.folder}", f"-ip={self._address}",
                    f"-ip.bind={self._address}",
                    "-master.telemetry=false", f"-master.port={master}", f"-master.port.grpc={master_grpc}",
                    "-master.volumeSizeLimitMB=64", f"-volume.port={volume}", f"-volume.port.grpc={volume_grpc}",
                    "-volume.max=200", "-volume.preStopSeconds=0", f"-filer.port={filer}",
                    f"-filer.port.grpc={filer_grpc}", f"-filer.localSocket={self.folder}/filer.sock", "-s3",
                    f"-s3.port={s3}", f"-s3.port.grpc={s3_grpc}", f"-s3.port.https={https}", "-s3.port.iceberg=0",
                    "-s3.port.lance=0", f"-s3.localSocket={self.folder}/s3.sock", "-s3.autoCreateBucket=false",
                    "-s3.iam=false", f"-s3.config={self.folder}/s3.json", f"-s3.cert.file={self.folder}/server.pem",
                    f"-s3.key.file={self.folder}/server.key",
                ],
                stdout=log, stderr=log, cwd=self.folder, start_new_session=True,
                env={**os.environ, "GOMEMLIMIT": "200MiB"},
            )  # fmt: skip
        deadline = time.monotonic() + _START_S
        while not self._stores(filer):
            assert self.process.poll() is None and time.monotonic() < deadline, (self.folder / "weed.log").read_text()
            time.sleep(0.05)

    def _stores(self, filer: int) -> bool:
        try:
            made = httpx.post(f"http://{self._address}:{filer}/buckets/{BUCKET}/", trust_env=False)
            wrote = httpx.put(f"http://{self._address}:{filer}/started", content=b"x", trust_env=False)
            asked = httpx.get(self.url, trust_env=False)
        except httpx.HTTPError:
            return False
        return made.status_code in (201, 409) and wrote.is_success and asked.status_code == 403

    def kill(self) -> None:
        """End it, as a host that loses its power does."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None
        for left in ("filer.sock", "s3.sock"):
            with suppress(FileNotFoundError):
                (self.folder / left).unlink()


@contextmanager
def serving(folder: Path, address: str = "127.0.0.1", within: Sequence[str] = ()) -> Iterator[ObjectServer]:
    """A server as `ObjectServer` says; where the program is missing the test is skipped, but never in CI."""
    if not WEED.exists():
        words = "the S3 server for tests is not installed; `make objects` installs it"
        if os.environ.get("CI"):
            pytest.fail(words)
        pytest.skip(words)
    server = ObjectServer(folder, address, within)
    server.start()
    try:
        yield server
    finally:
        server.kill()


def _free_ports(count: int) -> list[int]:
    taken = [socket.socket() for _ in range(count)]
    try:
        for one in taken:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in taken]
    finally:
        for one in taken:
            one.close()


def _certificates(folder: Path, address: str) -> None:
    """A certificate authority of our own, and a certificate of the server by it."""
    now = datetime.datetime.now(datetime.UTC)
    authority, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Authority of tests")])

    def certificate(subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
        )

    root = certificate(issuer, authority).add_extension(x509.BasicConstraints(True, None), True)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address(address))]
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    leaf = certificate(subject, own).add_extension(x509.SubjectAlternativeName(names), False)
    pem = serialization.Encoding.PEM
    (folder / "ca.pem").write_bytes(root.sign(authority, hashes.SHA256()).public_bytes(pem))
    (folder / "server.pem").write_bytes(leaf.sign(authority, hashes.SHA256()).public_bytes(pem))
    (folder / "server.key").write_bytes(
        own.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
