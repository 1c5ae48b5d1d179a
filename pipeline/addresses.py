"""What settings may say of servers elsewhere: their addresses, and what is shown to them.

Messages name what is allowed and never repeat what was given: it may hold a secret.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from pydantic import SecretStr


def plain(value: str, variable: str, more: str = "") -> str:
    """An HTTP address without anything secret, so that it may stand in logs and databases; no slash at its end.

    Args:
        variable: where the secret belongs.
        more: what else the address holds.

    Raises:
        ValueError: it is none.
    """
    parts = urlsplit(value)
    if value and (parts.scheme not in ("http", "https") or not parts.hostname):
        raise ValueError(f"must be http://HOST or https://HOST{more}")
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise ValueError(f"must hold no user, password, query or fragment; the key belongs into {variable}")
    return value.rstrip("/")


def redis(value: str, variable: str) -> str:
    """An address of a queue server; it may hold a password.

    Args:
        variable: where the password belongs rather.

    Raises:
        ValueError: it is none.
    """
    try:
        parts = urlsplit(value)
        fine = parts.scheme == "unix" or (parts.scheme in ("redis", "rediss") and bool(parts.hostname))
        fine = fine and (parts.port is None or parts.port > 0)
    except ValueError:
        fine = False
    if value and not fine:
        raise ValueError("must be redis://HOST:PORT/DB, or rediss:// with TLS, with a user before HOST as USER@;"
                         f" the password belongs into {variable}")  # fmt: skip
    return value


def printable(value: SecretStr) -> SecretStr:
    """What fits into a header.

    Raises:
        ValueError: it does not.
    """
    if not all("!" <= character <= "~" for character in value.get_secret_value()):
        raise ValueError("must hold printable ASCII without blanks")
    return value
