"""The way to the queue server: its address, password and certificates, as the settings say."""

from __future__ import annotations

from typing import Any

import redis
from redis.exceptions import NoPermissionError

from pipeline.settings import QueueSettings

_SILENT_S, _CONNECT_S = 5.0, 2.0
_IN_A_SCRIPT = "ACL failure in script"  # there a missing right has no error of its own


def connect(settings: QueueSettings) -> redis.Redis:
    """A client of the queue server; nothing is sent yet.

    From a URL and not by `redis.Redis(host=...)`, which tries again by itself: a lost reply would enqueue twice.
    What the URL says itself, an older form of the same, comes before the settings beside it.
    """
    more: dict[str, Any] = {"socket_timeout": _SILENT_S, "socket_connect_timeout": _CONNECT_S}
    if password := settings.redis_password.get_secret_value():
        more["password"] = password
    if settings.redis_ca and settings.redis_url.startswith("rediss:"):
        more["ssl_ca_certs"] = settings.redis_ca
    return redis.Redis(connection_pool=redis.ConnectionPool.from_url(settings.redis_url, **more))


def said(error: redis.RedisError) -> str:
    """What is wrong, in a sentence without address and password."""
    if isinstance(error, NoPermissionError) or str(error).startswith(_IN_A_SCRIPT):
        return f"queue: its user lacks a right: {error}; docs/operating.md lists those it needs"
    return f"queue: {type(error).__name__}: {error}"
