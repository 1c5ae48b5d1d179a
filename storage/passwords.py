"""Passwords of originals: sealed in `run.password` while the run may still open its original, and nowhere else.

AES-GCM under the key in `data/secret.key`, bound to document and run, so that a sealed password is of no use in another
row. `storage/runs.py` erases it in the commit after which no page can need the original again (the last page was read:
until then a lost page image is drawn anew), or that ends the run in any way. `secure_delete` overwrites it in the
database; older copies of its page may stand in the write-ahead log until that is next checkpointed and truncated: only
the sealed form, which is worth nothing without the key. The clear form lives in the memory of the web process that took
it and of the render worker and its child that use it. What encrypts is loaded by those who meet a password.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from sqlalchemy import Connection, text

from pipeline.errors import PermanentError
from storage.files import disk_errors, sync_folder

KEY_FILE = "secret.key"
_KEY_BYTES = 32
_NONCE_BYTES = 12  # NIST SP 800-38D, 5.2.1.1


def keep(connection: Connection, data: Path, document: str, run: int, password: str | None) -> None:
    """Keep the password with a run that was just opened, in its transaction; not where no page is to be rendered."""
    if password is None:
        return
    connection.execute(
        text(
            "UPDATE run SET password = :sealed WHERE document = :document AND run = :run AND EXISTS (SELECT 1 FROM unit"
            " WHERE unit.document = :document AND unit.run = :run AND stage = 'render'"
            " AND state IN ('blocked', 'ready', 'claimed'))"
        ),
        {"document": document, "run": run, "sealed": seal(data, document, run, password)},
    )


def seal(data: Path, document: str, run: int, password: str) -> bytes:
    """The password as it may be kept: a fresh nonce, then the ciphertext.

    Args:
        data: the data folder; its key is made if there is none yet.
    """
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(_key(data)).encrypt(nonce, password.encode(), _place(document, run))


def unseal(data: Path, document: str, run: int, sealed: bytes) -> str:
    """The password that was sealed.

    Raises:
        PermanentError: `encrypted`: it was sealed with another key (a restored backup, a lost key file).
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        clear = AESGCM(_key(data)).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _place(document, run))
    except InvalidTag:
        raise PermanentError(
            "encrypted", "The password given for the file can no longer be read by this server. Retry with it."
        ) from None
    return clear.decode()


def _place(document: str, run: int) -> bytes:
    return f"{document}/{run}".encode()


def _key(data: Path) -> bytes:
    """The key, made once: whoever holds the lock writes it whole under another name, flushes it and renames it."""
    path = data / KEY_FILE
    if not path.exists():
        with disk_errors(), (data / f".{KEY_FILE}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not path.exists():
                _write_key(path)
    return path.read_bytes()


def _write_key(path: Path) -> None:
    draft = path.with_name(f".{path.name}.partial")
    draft.unlink(missing_ok=True)  # of a process that died here
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(os.urandom(_KEY_BYTES))
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(path)
    sync_folder(path.parent)
