"""TLS for tests: certificates made for them, and a front that speaks it before a server that does not.

`python -m tests.tls ADDRESS PORT BEHIND CERTIFICATE KEY` is such a front by itself.
"""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import signal
import ssl
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_HERE = "127.0.0.1"


@dataclass(frozen=True)
class Certificates:
    """An authority's own certificate, and one that it gave to an address, with its key: files."""

    ca: Path
    certificate: Path
    key: Path


def certificates(folder: Path, address: str = _HERE) -> Certificates:
    """Make an authority and what it certifies."""
    folder.mkdir(parents=True, exist_ok=True)
    ca_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "an authority of tests")])
    ca = _signed(authority, authority, ca_key, ca_key, x509.BasicConstraints(ca=True, path_length=0))
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
    own = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a server of tests")])
    certificate = _signed(own, authority, key, ca_key, names)
    made = Certificates(folder / "ca.pem", folder / "server.pem", folder / "server.key")
    made.ca.write_bytes(ca.public_bytes(serialization.Encoding.PEM))
    made.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    made.key.write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ))  # fmt: skip
    return made


def _signed(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    extension: x509.ExtensionType,
) -> x509.Certificate:
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder(
        issuer_name=issuer, subject_name=subject, public_key=key.public_key(),
        serial_number=x509.random_serial_number(), not_valid_before=now - datetime.timedelta(hours=1),
        not_valid_after=now + datetime.timedelta(days=1),
    )  # fmt: skip
    return builder.add_extension(extension, critical=False).sign(signer, hashes.SHA256())


class Front:
    """A port that speaks TLS and passes on what it hears to another; its loop has a thread of its own.

    Args:
        port: of 127.0.0.1, to which all goes.
        own: address and port where it listens; 0 is any that is free.

    Attributes:
        port: its own.
        heard: all that was sent to the server behind it.
    """

    def __init__(self, port: int, made: Certificates, own: tuple[str, int] = (_HERE, 0)) -> None:
        self.heard = bytearray()
        self._behind, self._own = port, own
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._context.load_cert_chain(made.certificate, made.key)
        self._open: set[asyncio.StreamWriter] = set()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=asyncio.run, args=(self._serve(),))
        self._thread.start()
        assert self._ready.wait(10)

    def __enter__(self) -> Front:
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(10)
        assert not self._thread.is_alive()

    async def _serve(self) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        async with await asyncio.start_server(self._connected, *self._own, ssl=self._context) as server:
            self.port: int = server.sockets[0].getsockname()[1]
            self._ready.set()
            await self._stopping.wait()
            for writer in self._open:
                writer.transport.abort()
            while self._open:
                await asyncio.sleep(0.01)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(_HERE, self._behind)
        self._open |= {writer, far_writer}
        await asyncio.gather(self._copy(reader, far_writer, self.heard), self._copy(far_reader, writer, bytearray()))
        self._open -= {writer, far_writer}

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, heard: bytearray) -> None:
        with suppress(OSError):
            while data := await reader.read(65_536):
                heard += data
                writer.write(data)
                await writer.drain()
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


if __name__ == "__main__":
    address, own, behind, certificate, key = sys.argv[1:]
    with Front(int(behind), Certificates(Path(), Path(certificate), Path(key)), (address, int(own))):
        signal.pause()
