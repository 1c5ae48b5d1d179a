"""Passwords of originals: sealed in `run.password` while the run may still open its original, and nowhere else.

AES-GCM under the key `secret.key`, which lies where the originals lie (`storage/file_store.py`) as all hosts need it,
bound to document and run, so that a sealed password is of no use in another row. `storage/runs.py` erases it in the
commit after which no page can need the original again (the last page was read: until then a lost page image is drawn
anew), or that ends the run in any way. `secure_delete` overwrites it in the database; older copies of its page may
stand in the write-ahead log until that is next checkpointed and truncated: only the sealed form, which is worth nothing
without the key. The clear form lives in the memory of the web process that took it and of the render worker and its
child that use it. What encrypts is loaded by those who meet a password.
"""

from __future__ import annotations

import os

from sqlalchemy import Connection, text

from pipeline.errors import PermanentError
from storage.file_store import FileStore

KEY_FILE = "secret.key"
_KEY_BYTES = 32
_NONCE_BYTES = 12  # NIST SP 800-38D, 5.2.1.1


def keep(connection: Connection, store: FileStore, document: str, run: int, password: str | None) -> None:
    """Keep the password with a run that was just opened, in its transaction; not where no page is to be rendered."""
    if password is None:
        return
    connection.execute(
        text(
            "UPDATE run SET password = :sealed WHERE document = :document AND run = :run AND EXISTS (SELECT 1 FROM unit"
            " WHERE unit.document = :document AND unit.run = :run AND stage = 'render'"
            " AND state IN ('blocked', 'ready', 'claimed'))"
        ),
        {"document": document, "run": run, "sealed": seal(store, document, run, password)},
    )


def seal(store: FileStore, document: str, run: int, password: str) -> bytes:
    """The password as it may be kept: a fresh nonce, then the ciphertext.

    Args:
        store: where originals lie; the key is made there if there is none yet.
    """
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(_key(store)).encrypt(nonce, password.encode(), _place(document, run))


def unseal(store: FileStore, document: str, run: int, sealed: bytes) -> str:
    """The password that was sealed.

    Raises:
        PermanentError: `encrypted`: it was sealed with another key (a restored backup, a lost key file).
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        clear = AESGCM(_key(store)).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _place(document, run))
    except InvalidTag:
        raise PermanentError(
            "encrypted", "The password given for the file can no longer be read by this server. Retry with it."
        ) from None
    return clear.decode()


def seal_anew(connection: Connection, before: FileStore, now: FileStore) -> None:
    """Have the passwords of a knowledge base that came from elsewhere open with the key that lies here.

    One that could not be opened there cannot be here: it stays as it is, and is asked for again when it is needed.
    """
    rows = connection.execute(text("SELECT document, run, password FROM run WHERE password IS NOT NULL")).all()
    for row in rows:
        try:
            clear = unseal(before, row.document, row.run, bytes(row.password))
        except PermanentError:
            continue
        connection.execute(
            text("UPDATE run SET password = :sealed WHERE document = :document AND run = :run"),
            {"document": row.document, "run": row.run, "sealed": seal(now, row.document, row.run, clear)},
        )


def _place(document: str, run: int) -> bytes:
    return f"{document}/{run}".encode()


def _key(store: FileStore) -> bytes:
    """The key, made once: it lies where the originals lie, for every host that opens them."""
    return store.once(KEY_FILE, os.urandom(_KEY_BYTES))
