"""Keys: who may do what with which knowledge bases; and the sessions of browsers that have shown one.

A key is `pm_<id>_<secret>`, told once when it is made; the catalogue holds its SHA-256 alone. A secret of 256 random
bits needs no slow hash: there is nothing to guess.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, get_args

from sqlalchemy import RowMapping, delete, insert, or_, select, update

from pipeline.errors import PermanentError
from pipeline.settings import WebSettings
from storage import clock
from storage.database import Database, moment, scalar
from storage.schema import api_key, session

Scope = Literal["read", "write", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
"""Each holds those before it."""

_KEY = re.compile(r"pm_([0-9a-f]{32})_[A-Za-z0-9_-]{43}")
_NO_HASH = bytes(32)


@dataclass(frozen=True, slots=True)
class Key:
    """What is known of a key.

    Attributes:
        knowledge_bases: ids of those it is for; None: all, also those made later.
    """

    id: str
    name: str
    scope: Scope
    knowledge_bases: frozenset[str] | None
    created_at: str
    used_at: str | None = None
    revoked_at: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """What people are told of it."""
        return {
            "id": self.id, "name": self.name, "scope": self.scope, "created_at": self.created_at,
            "knowledge_bases": None if self.knowledge_bases is None else sorted(self.knowledge_bases),
            "used_at": self.used_at, "revoked_at": self.revoked_at,
        }  # fmt: skip

    def allows(self, scope: Scope) -> bool:
        """Whether its scope holds the other."""
        return SCOPES.index(self.scope) >= SCOPES.index(scope)

    def covers(self, kb_id: str) -> bool:
        """Whether it is for this knowledge base."""
        return self.knowledge_bases is None or kb_id in self.knowledge_bases


def make(catalog: Database, name: str, scope: Scope, knowledge_bases: Iterable[str] | None = None) -> tuple[Key, str]:
    """Make a key; durable when this returns. The key itself, second, is told now or never.

    Args:
        knowledge_bases: ids; None: all.

    Raises:
        PermanentError: `bad_request`.
    """
    name = name.strip()
    if not 1 <= len(name) <= 100 or not name.isprintable():
        raise PermanentError("bad_request", "A key's name has 1 to 100 characters that can be printed.")
    ids = None if knowledge_bases is None else frozenset(knowledge_bases)
    made = Key(clock.new_id(), name, scope, ids, clock.wall())
    presented = f"pm_{made.id}_{secrets.token_urlsafe(32)}"
    values = {
        "id": made.id, "name": name, "hash": _hash(presented), "scope": scope, "created_at": made.created_at,
        "knowledge_bases": None if ids is None else sorted(ids),
    }  # fmt: skip
    with catalog.write(durable=True) as connection:
        connection.execute(insert(api_key).values(values))
    return made, presented


def listing(catalog: Database) -> list[Key]:
    """All keys, revoked ones too, oldest first."""
    with catalog.read() as connection:
        return [_key(row) for row in connection.execute(select(api_key).order_by(api_key.c.id)).mappings()]


def revoke(catalog: Database, key_id: str) -> None:
    """End a key and its sessions; durable when this returns. Doing it twice is harmless.

    Raises:
        PermanentError: `not_found`.
    """
    with catalog.write(durable=True) as connection:
        if scalar(connection, "SELECT 1 FROM api_key WHERE id = :id", id=key_id) is None:
            raise PermanentError("not_found", "There is no key of this id; `pagemill keys list` shows them.")
        unrevoked = update(api_key).where(api_key.c.id == key_id, api_key.c.revoked_at.is_(None))
        connection.execute(unrevoked.values(revoked_at=clock.wall()))
        connection.execute(delete(session).where(session.c.api_key == key_id))


def carry(catalog: Database, other: Database) -> bool:
    """Have another catalogue know all keys of this one, unless it has some of its own; whether it knows them.

    A key that was revoked in either is revoked there. Again is harmless.
    """
    with catalog.read() as connection:
        mine = {row["id"]: dict(row) for row in connection.execute(select(api_key)).mappings()}
    with other.write(durable=True) as connection:
        theirs = set(connection.execute(select(api_key.c.id)).scalars())
        if theirs - mine.keys():
            return not mine
        for key_id, row in mine.items():
            if key_id not in theirs:
                connection.execute(insert(api_key).values(row))
            elif row["revoked_at"] is not None:
                unrevoked = update(api_key).where(api_key.c.id == key_id, api_key.c.revoked_at.is_(None))
                connection.execute(unrevoked.values(revoked_at=row["revoked_at"]))
    return True


def any_made(catalog: Database) -> bool:
    """Whether there was ever a key."""
    with catalog.read() as connection:
        return scalar(connection, "SELECT 1 FROM api_key LIMIT 1") is not None


def any_active(catalog: Database) -> bool:
    """Whether there is a key that was not revoked."""
    with catalog.read() as connection:
        return scalar(connection, "SELECT 1 FROM api_key WHERE revoked_at IS NULL LIMIT 1") is not None


def refusal(catalog: Database, web: WebSettings) -> str | None:
    """Why a server must not start, or None: keys are needed and there is none."""
    if not web.needs_keys or any_active(catalog):
        return None
    return (
        f"web.host is {web.host} and web.keys {web.keys}, so whoever asks must show a key, and there is none."
        " Make one with `pagemill keys add NAME --scope admin`, then start again."
    )


def find(catalog: Database, presented: str) -> Key | None:
    """The key that somebody presents, if it is one and was not revoked.

    The id in it picks the row, and is no secret; hashes are compared in constant time, also where there is no row.
    """
    parts = _KEY.fullmatch(presented)
    with catalog.read() as connection:
        row = connection.execute(select(api_key).where(api_key.c.id == (parts[1] if parts else ""))).mappings().first()
    same = hmac.compare_digest(_hash(presented), row["hash"] if row else _NO_HASH)
    return _key(row) if row is not None and same and row["revoked_at"] is None else None


def note_use(catalog: Database, key_id: str) -> None:
    """Remember that a key was used just now."""
    with catalog.write() as connection:
        connection.execute(update(api_key).where(api_key.c.id == key_id).values(used_at=clock.wall()))


def open_session(catalog: Database, key_id: str, seconds: float) -> str:
    """A token that stands for a key for so long; expired ones are removed on the way.

    Times are of the clock that cannot jump, so a session ends with its machine's run at the latest.
    """
    token = secrets.token_urlsafe(32)
    with catalog.write(durable=True) as connection:
        boot, now_s = moment(connection)
        connection.execute(delete(session).where(or_(session.c.boot != boot, session.c.until_s <= now_s)))
        connection.execute(
            insert(session).values(
                hash=_hash(token), api_key=key_id, created_at=clock.wall(), boot=boot, until_s=now_s + seconds
            )
        )
    return token


def find_session(catalog: Database, token: str) -> Key | None:
    """The key that a session's token stands for.

    Looking its hash up tells nothing by the time it takes: nobody can choose what a hash begins with.
    """
    with catalog.read() as connection:
        boot, now_s = moment(connection)
        wanted = (
            select(api_key)
            .join(session, session.c.api_key == api_key.c.id)
            .where(
                session.c.hash == _hash(token),
                session.c.boot == boot,
                session.c.until_s > now_s,
                api_key.c.revoked_at.is_(None),
            )
        )
        row = connection.execute(wanted).mappings().first()
    return None if row is None else _key(row)


def close_session(catalog: Database, token: str) -> None:
    """End a session; one that is not there is no error."""
    with catalog.write(durable=True) as connection:
        connection.execute(delete(session).where(session.c.hash == _hash(token)))


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode(errors="surrogateescape")).digest()


def _key(row: RowMapping) -> Key:
    ids = row["knowledge_bases"]
    return Key(
        row["id"], row["name"], row["scope"], None if ids is None else frozenset(ids), row["created_at"],
        row["used_at"], row["revoked_at"],
    )  # fmt: skip
