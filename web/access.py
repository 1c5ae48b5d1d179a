"""Who asks: by key, by a browser's session, or by standing at this machine; and whether another site's page asks.

Knows nothing of what is asked for: the scope that an address needs stands in the table of `web/app.py`.
"""

from __future__ import annotations

import ipaddress
import math
from collections import OrderedDict
from threading import Lock
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from pipeline import log
from pipeline.errors import PermanentError, ServiceUnavailable
from pipeline.settings import WebSettings, is_loopback
from storage import clock, keys
from storage.database import Database
from storage.keys import Key
from web.threads import in_thread

COOKIE = "pagemill_session"
EVERYBODY = Key("", "everybody at this machine", "admin", None, "")
"""Who asks where no key is needed."""

_SAFE = ("GET", "HEAD", "OPTIONS")
_PROXIED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")
_NOTE_EVERY_S = 60.0
_WRONG_AT_MOST = 10
_WRONG_WITHIN_S = 60.0
_ADDRESSES = 10_000
_LOG = log.get("access")


class Access:
    """Decides who passes, for one web process."""

    def __init__(self, catalog: Database, rules: WebSettings) -> None:
        self._catalog = catalog
        self._rules = rules
        self._hosts = [host.lower() for host in rules.hosts]
        self._failures = Failures()
        self._noted: dict[str, float] = {}
        self.needs_keys = rules.needs_keys

    def check_source(self, connection: HTTPConnection) -> None:
        """Refuse what a page of another site asks for.

        Browsers let any page send some requests and open WebSockets anywhere, with the visitor's cookies or on the
        visitor's own machine, and name the page. Where no key is needed the name of the server counts too, as a page
        may have its own name lead to this machine; and so does who asks, as a proxy may let everybody in.

        Raises:
            PermanentError: `forbidden`.
        """
        host = connection.headers.get("host", "")
        if not self.needs_keys and not _is_here(connection):
            raise PermanentError(
                "forbidden",
                "This server asks nobody for a key and so answers its own machine alone, through no proxy;"
                ' to let others in, set web.keys to "always".',
            )
        if not self.needs_keys and not self._is_own_name(host):
            raise PermanentError(
                "forbidden", "This server is not known by this name; add it to web.hosts if it should be."
            )
        if self._is_foreign(connection, host):
            raise PermanentError("forbidden", "This was asked by a page that is not of this server.")

    def _is_foreign(self, connection: HTTPConnection, host: str) -> bool:
        told = connection.headers
        socket = connection.scope["type"] == "websocket"
        site = "none" if socket else told.get("sec-fetch-site", "none")
        if (
            not socket and connection.scope["method"] in _SAFE
        ):  # links lead here from anywhere; pictures and scripts do not
            return site == "cross-site" and told.get("sec-fetch-mode") != "navigate"
        origin = told.get("origin")
        own = origin is None or (_place(origin) or "none") in (host.lower(), *self._hosts)
        return not own or site not in ("none", "same-origin")

    def _is_own_name(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        return is_loopback(name) or name in self._hosts or host.lower() in self._hosts

    async def who(self, connection: HTTPConnection) -> Key:
        """The key with which somebody asks.

        Raises:
            PermanentError: `unauthorized` or `too_many_failures`.
            ServiceUnavailable: the catalogue is locked.
        """
        return await in_thread(self._who, connection) if self.needs_keys else EVERYBODY

    def _who(self, connection: HTTPConnection) -> Key:
        scheme, _, presented = connection.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return self.check(connection, presented.strip())
        token = connection.cookies.get(COOKIE)
        found = keys.find_session(self._catalog, token) if token else None
        if found is None:
            words = "The session has ended; sign in again." if token else (
                "This server wants a key: send it as `Authorization: Bearer KEY`, or sign in at its page."
            )  # fmt: skip
            raise PermanentError("unauthorized", words)
        return found

    def check(self, connection: HTTPConnection, presented: str) -> Key:
        """The key that is presented. Blocks; call it in a thread.

        Raises:
            PermanentError: `unauthorized`, or `too_many_failures`: so many wrong keys came from there that they are no
                longer counted.
        """
        # The right key passes, whoever else stands behind the same address: it is too long to be guessed.
        found = keys.find(self._catalog, presented)
        if found is not None:
            return found
        address = address_of(connection)
        if wait_s := self._failures.wait_s(address):
            raise PermanentError(
                "too_many_failures", f"Too many wrong keys came from this address; wait {wait_s} s.",
                {"retry_after_s": wait_s},
            )  # fmt: skip
        _LOG.warning("wrong key", address=address)
        self._failures.note(address)
        raise PermanentError("unauthorized", "The key is not valid; it may have been revoked.")

    def sign_in(self, key: Key) -> str:
        """The token of a new session of a key. Blocks."""
        return keys.open_session(self._catalog, key.id, self.session_s)

    def sign_out(self, connection: HTTPConnection) -> None:
        """End the session that a browser asks with, if any. Blocks."""
        if token := connection.cookies.get(COOKIE):
            keys.close_session(self._catalog, token)

    @property
    def session_s(self) -> float:
        """How long a session lasts."""
        return self._rules.session_hours * 3600

    def should_note(self, key: Key) -> bool:
        """Whether the use of a key was not noted lately."""
        return key is not EVERYBODY and clock.now_s() - self._noted.get(key.id, -math.inf) > _NOTE_EVERY_S

    def note_use(self, key: Key) -> None:
        """Note that a key was used. Blocks; a locked catalogue loses the note and nothing else."""
        self._noted[key.id] = clock.now_s()
        try:
            keys.note_use(self._catalog, key.id)
        except ServiceUnavailable as error:
            _LOG.warning("use of a key not noted", why=str(error))


class Failures:
    """Wrong keys lately, by address; of too many addresses, those heard of longest ago are forgotten."""

    def __init__(self) -> None:
        self._times: OrderedDict[str, list[float]] = OrderedDict()
        self._lock = Lock()

    def wait_s(self, address: str) -> int:
        """Seconds until a key from this address is looked at again; 0: now."""
        with self._lock:
            times = self._recent(address)
            if len(times) < _WRONG_AT_MOST:
                return 0
            return max(math.ceil(times[0] + _WRONG_WITHIN_S - clock.now_s()), 1)

    def note(self, address: str) -> None:
        """A wrong key came from there."""
        with self._lock:
            self._times[address] = [*self._recent(address), clock.now_s()][-_WRONG_AT_MOST:]
            self._times.move_to_end(address)
            while len(self._times) > _ADDRESSES:
                self._times.popitem(last=False)

    def _recent(self, address: str) -> list[float]:
        since = clock.now_s() - _WRONG_WITHIN_S
        return [time for time in self._times.get(address, []) if time > since]


def address_of(connection: HTTPConnection) -> str:
    """Where a request comes from; of an IPv6 address its network, of which one household has all."""
    host = connection.client.host if connection.client else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    return str(ipaddress.ip_network((address, 64), strict=False)) if address.version == 6 else host


def _is_here(connection: HTTPConnection) -> bool:
    """Whether somebody at this machine asks, for themselves: a proxy says that it asks for another."""
    client = connection.client
    local = client is None or is_loopback(client.host)
    return local and not any(name in connection.headers for name in _PROXIED)


def _place(origin: str) -> str:
    """Name and port of an origin, as they stand in the Host header."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""
