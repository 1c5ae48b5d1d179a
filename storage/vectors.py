"""The vector index: one Chroma database a knowledge base, one collection in it, behind a Chroma server.

Ids depend on document, run and position only, so writing twice overwrites. Vectors are always given. Whatever Chroma
or the way to it does wrong becomes `ServiceUnavailable`: the unit waits; search goes on without vectors.
"""

from __future__ import annotations

import importlib
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np
import numpy.typing as npt

from pipeline.errors import ServiceUnavailable, TransientError
from pipeline.settings import StorageSettings
from storage.database import Missing

if TYPE_CHECKING:
    from chromadb.api.models.Collection import Collection

_COLLECTION = "chunks"
_DELETE_AT_ONCE = 1000
# Questions lie apart from passages, and graphs of the library's size (16 and 100) lose them: of 10,000 passages the
# best ten of an exact search were found to .85 at a breadth of 100 and .993 at 400, so .94 and .998; adding takes twice
# as long, which is little beside embedding.
_HNSW: dict[str, Any] = {"space": "cosine", "max_neighbors": 32, "ef_construction": 200}
_HTTP = ("httpx", "httpcore")
_SILENT_S = 5.0  # a server that did not answer in time is left alone for so long
_silent_until: dict[str, float] = {}  # by its address: whoever waited for it, searches and sweep, waited for all others
# A server that let so many requests wait in vain, over so long and with none answered between them, hangs for good.
_HANGS_TIMES, _HANGS_S = 3, 60.0
_in_vain: dict[str, list[float]] = {}  # by its address: when it let requests wait in vain
HANGS_NOTE = "chroma.hangs"
"""File of the data folder that asks whoever supervises Chroma to end it, so that it is started anew."""
_LOADING = Lock()
Vectors = npt.NDArray[np.float32]


def vector_id(document: str, run: int, position: int) -> str:
    """The id of a chunk's vector."""
    return f"{document}:{run}:{position}"


class VectorStore:
    """The vectors of one knowledge base. Connects at first use.

    Args:
        timeout_s: how long to wait for an answer.
        lives: whether the knowledge base is there: for a deleted one no database is made any more.
        note: made when the server hangs for good. After a disk that was full Chroma may hang on one collection while
            it answers about all others, so that no look from outside would tell.
        access: what it takes to be let in.
    """

    def __init__(
        self,
        url: str,
        kb_id: str,
        ef_search: int,
        timeout_s: float,
        lives: Callable[[], bool] = lambda: True,
        note: Path | None = None,
        access: Access | None = None,
    ) -> None:
        self._url = url
        self._database = f"kb_{kb_id}"
        self._ef_search = ef_search
        self._timeout_s = timeout_s
        self._lives = lives
        self._note = note
        self._access = access or Access()
        self._known: Collection | None = None
        self._lock = Lock()

    @contextmanager
    def _reachable(self, *, looking_up: bool = False) -> Iterator[None]:
        """Turn Chroma's errors into ours; after one the collection is looked up anew: the server may be another.

        Args:
            looking_up: the collection is only looked up, which a server that hangs may still answer.
        """
        _load()
        from chromadb.errors import ChromaError, InvalidArgumentError, InvalidDimensionException

        if not self._url:
            raise ServiceUnavailable("Chroma: no address; set storage.chroma_url or start `pagemill up`")
        if time.monotonic() < _silent_until.get(
            self._url, 0.0
        ):  # searches must not queue up behind a server that hangs
            raise ServiceUnavailable("Chroma: it does not answer")
        try:
            yield
        except Exception as error:
            self._known = None
            if isinstance(error, InvalidArgumentError | InvalidDimensionException):
                raise TransientError(f"Chroma refused: {error}") from error  # waiting would not mend it
            # The client lets its HTTP library's errors through, and says "could not connect" by ValueError.
            library = type(error).__module__.split(".")[0]
            if library in _HTTP and type(error).__name__.endswith("Timeout"):
                _silent_until[self._url] = time.monotonic() + _SILENT_S
                self._waited_in_vain()
            if isinstance(error, ChromaError | OSError | ValueError) or library in _HTTP:
                raise ServiceUnavailable(f"Chroma: {type(error).__name__}: {error}") from error
            raise
        if not looking_up:
            _in_vain.pop(self._url, None)

    def _waited_in_vain(self) -> None:
        """Say so where the server hangs for good. Doing it twice, from two processes too, is harmless."""
        times = _in_vain.setdefault(self._url, [])
        times.append(time.monotonic())
        if self._note is not None and len(times) >= _HANGS_TIMES and times[-1] - times[0] >= _HANGS_S:
            del _in_vain[self._url]
            with suppress(OSError):  # the disk is full: the next time will do
                self._note.touch()

    def _collection(self) -> Collection:
        """The collection, made at first use."""
        with (
            self._lock,
            self._reachable(looking_up=True),
        ):  # whoever waited for the lock may find that it does not answer
            if self._known is None:
                self._known = self._connect()
            return self._known

    def _server(self) -> Any:
        return _server(self._url, self._timeout_s, self._access)

    def _connect(self) -> Collection:
        from chromadb.api.models.Collection import Collection
        from chromadb.errors import ChromaError, NotFoundError

        server = self._server()
        try:
            server.get_database(self._database)
        except NotFoundError:
            if not self._lives():
                raise Missing(self._database) from None
            try:
                server.create_database(self._database)
            except ChromaError:
                server.get_database(self._database)  # another process was first
        model = server.get_or_create_collection(
            _COLLECTION,
            configuration={"hnsw": {**_HNSW, "ef_search": self._ef_search}},
            database=self._database,
        )
        known = (model.configuration_json or {}).get("hnsw") or {}
        if known.get("ef_search") != self._ef_search:  # of older settings; the server heeds it from its next start on
            wider = {"hnsw": {"ef_search": self._ef_search}}
            server._modify(id=model.id, new_configuration=wider, database=self._database)
        return Collection(client=server, model=model, embedding_function=None)

    def put(self, ids: Sequence[str], vectors: Vectors) -> None:
        """Write vectors (n, dimension) under their ids; again is the same.

        Raises:
            ServiceUnavailable: Chroma is out of reach.
        """
        with self._reachable():
            self._collection().upsert(ids=list(ids), embeddings=vectors)

    def delete(self, document: str, run: int, chunks: int) -> None:
        """Remove a run's vectors, positions 0 to `chunks` - 1; what is not there is no error."""
        with self._reachable():
            collection = self._collection()
            for start in range(0, chunks, _DELETE_AT_ONCE):
                positions = range(start, min(start + _DELETE_AT_ONCE, chunks))
                collection.delete(ids=[vector_id(document, run, position) for position in positions])

    def nearest(self, vector: Vectors, limit: int) -> list[tuple[str, float]]:
        """Ids of the nearest vectors with their cosine similarity, best first.

        Raises:
            ServiceUnavailable: Chroma is out of reach.
        """
        with self._reachable():
            found = self._collection().query(query_embeddings=[vector], n_results=limit, include=["distances"])
            return [(id_, 1.0 - distance) for id_, distance in zip(found["ids"][0], found["distances"][0], strict=True)]

    def ids(self) -> set[str]:
        """All ids in the index; for checks and tests."""
        with self._reachable():
            return set(self._collection().get(include=[])["ids"])

    def drop(self) -> None:
        """Remove the whole database; where there is none, nothing happens."""
        _load()
        from chromadb.errors import NotFoundError

        with self._reachable(), suppress(NotFoundError):
            self._server().delete_database(self._database)
        self._known = None


def _load() -> None:
    """Load the client's library, half a second's work, by one thread: the modules import each other in a circle.

    Two searches that came first at the same time would each hold what the other waits for (`_DeadlockError`).
    """
    with _LOADING:
        importlib.import_module("chromadb")


@dataclass(frozen=True, slots=True)
class Access:
    """What it takes to be let in by a Chroma server, or by a proxy before it.

    Attributes:
        ca: file of certificates that its own is checked with; empty: the usual ones.
        headers: shown with every request.
    """

    ca: str = ""
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    @classmethod
    def of(cls, settings: StorageSettings) -> Access:
        """As the settings say."""
        token, name = settings.chroma_token.get_secret_value(), settings.chroma_header
        shown = f"Bearer {token}" if name.lower() == "authorization" else token
        return cls(settings.chroma_ca, ((name, shown),) if token else ())

    def checked(self, url: str) -> ssl.SSLContext | bool:
        """How a server's certificate is checked. Without TLS none is loaded: that takes longer than an answer."""
        if not url.startswith("https:"):
            return False
        return ssl.create_default_context(cafile=self.ca) if self.ca else True


@cache
def _server(url: str, timeout_s: float, access: Access) -> Any:
    """One connection to a server for all knowledge bases of a process, with a limit to how long it waits.

    The library's own clients have no such limit and no setting for one, ask the server before one could be set, and
    are kept for ever: a Chroma that accepts and never answers would hold a worker, the sweep or a search, and one
    that is away would fill the memory with clients.
    """
    import chromadb
    from chromadb.config import Settings

    parts = urlsplit(url)
    settings = Settings(
        anonymized_telemetry=False,
        chroma_api_impl="chromadb.api.fastapi.FastAPI",
        chroma_server_host=parts.hostname,
        chroma_server_http_port=parts.port or (443 if parts.scheme == "https" else 8000),
        chroma_server_ssl_enabled=parts.scheme == "https",
    )
    server = chromadb.AdminClient(settings)._server
    if access == Access():
        server._session.timeout = timeout_s
        return server
    session = server._session  # the library has no setting for a context of certificates
    session.close()
    server._session = type(session)(
        headers={**session.headers, **dict(access.headers)}, timeout=timeout_s, limits=server.http_limits,
        verify=access.checked(url),
    )  # fmt: skip
    return server
