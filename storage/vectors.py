"""The vector index: one Chroma database a knowledge base, one collection in it, behind a Chroma server.

Ids depend on document, run and position only, so writing twice overwrites. Vectors are always given. Whatever Chroma
or the way to it does wrong becomes `ServiceUnavailable`: the unit waits; search goes on without vectors.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np
import numpy.typing as npt

from pipeline.errors import ServiceUnavailable, TransientError

if TYPE_CHECKING:
    from chromadb.api.models.Collection import Collection

_COLLECTION = "chunks"
_DELETE_AT_ONCE = 1000
_TIMEOUT_S = 30.0
Vectors = npt.NDArray[np.float32]


def vector_id(document: str, run: int, position: int) -> str:
    """The id of a chunk's vector."""
    return f"{document}:{run}:{position}"


class VectorStore:
    """The vectors of one knowledge base. Connects at first use."""

    def __init__(self, url: str, kb_id: str, ef_search: int) -> None:
        self._url = url
        self._database = f"kb_{kb_id}"
        self._ef_search = ef_search
        self._known: Collection | None = None
        self._lock = Lock()

    @contextmanager
    def _reachable(self) -> Iterator[None]:
        """Turn Chroma's errors into ours; after one the collection is looked up anew: the server may be another."""
        from chromadb.errors import ChromaError, InvalidArgumentError, InvalidDimensionException

        if not self._url:
            raise ServiceUnavailable("Chroma: no address; set storage.chroma_url or start `pagemill up`")
        try:
            yield
        except Exception as error:
            self._known = None
            if isinstance(error, InvalidArgumentError | InvalidDimensionException):
                raise TransientError(f"Chroma refused: {error}") from error  # waiting would not mend it
            # The client lets its HTTP library's errors through, and says "could not connect" by ValueError.
            library = type(error).__module__.split(".")[0]
            if isinstance(error, ChromaError | OSError | ValueError) or library in {"httpx", "httpcore"}:
                raise ServiceUnavailable(f"Chroma: {type(error).__name__}: {error}") from error
            raise

    def _collection(self) -> Collection:
        """The collection, made at first use."""
        with self._lock:
            if self._known is None:
                self._known = self._connect()
            return self._known

    def _server(self) -> dict[str, Any]:
        from chromadb.config import Settings

        parts = urlsplit(self._url)
        return {
            "host": parts.hostname, "port": parts.port or 8000, "ssl": parts.scheme == "https",
            "settings": Settings(anonymized_telemetry=False),
        }  # fmt: skip

    def _connect(self) -> Collection:
        import chromadb
        from chromadb.errors import ChromaError, NotFoundError

        admin = _bounded(chromadb.AdminClient(_admin_settings(self._server())))
        try:
            admin.get_database(self._database)
        except NotFoundError:
            try:
                admin.create_database(self._database)
            except ChromaError:
                admin.get_database(self._database)  # another process was first
        client = _bounded(chromadb.HttpClient(**self._server(), database=self._database))
        collection: Collection = client.get_or_create_collection(
            _COLLECTION,
            configuration={"hnsw": {"space": "cosine", "ef_search": self._ef_search}},
            embedding_function=None,
        )
        return collection

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
        import chromadb
        from chromadb.errors import NotFoundError

        with self._reachable(), suppress(NotFoundError):
            _bounded(chromadb.AdminClient(_admin_settings(self._server()))).delete_database(self._database)
        self._known = None


def _bounded(client: Any) -> Any:
    """The client with a limit to how long it waits: it has none of its own, and no setting for one.

    A Chroma that accepts and never answers must not hold a worker, the sweep or a search for ever.
    """
    client._server._session.timeout = _TIMEOUT_S
    return client


def _admin_settings(server: dict[str, Any]) -> Any:
    """The admin client takes settings where the client takes host and port."""
    settings = server["settings"]
    settings.chroma_api_impl = "chromadb.api.fastapi.FastAPI"
    settings.chroma_server_host = server["host"]
    settings.chroma_server_http_port = server["port"]
    settings.chroma_server_ssl_enabled = server["ssl"]
    return settings
