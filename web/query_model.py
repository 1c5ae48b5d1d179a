"""The embedding model for queries: loaded in the background after start, so that uploads need not wait for it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor

from pipeline import log
from pipeline.embed.embedder import Embedder
from pipeline.embed.languages import language_axis, without_language
from pipeline.settings import Settings
from storage.chunks import ModelIdentity
from storage.vectors import Vectors

LOADING = threading.Lock()
"""Held while a model is loaded: two threads must not import its libraries at the same time."""
_CACHED = 1000
_LOG = log.get("web")


class QueryModel:
    """Turns queries into vectors, one at a time, and remembers the latest."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._embedder: Embedder | None = None
        self._axis: Vectors | None = None
        self._cache: OrderedDict[str, Vectors] = OrderedDict()
        self._lock = threading.Lock()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="query-model")
        self.problem: str | None = "still loading"

    def load(self) -> None:
        """Start loading and return at once."""
        self._thread.submit(self._load)

    def _load(self) -> None:
        embed = self._settings.embed
        try:
            with LOADING:
                embedder = Embedder(
                    self._settings.embed_model,
                    threads=self._settings.web.query_threads,
                    precision=embed.precision,
                    engine=embed.engine,
                )
            self._axis = language_axis(embedder)
            self._embedder = embedder
        except Exception as error:
            self.problem = f"could not be loaded: {error}"
            _LOG.error("query model not loaded", exc_info=error)
        else:
            self.problem = None
            _LOG.info("query model ready", model=embed.model)

    def identity(self) -> ModelIdentity | None:
        """Which model it is, or None while it is not loaded."""
        if self._embedder is None:
            return None
        return ModelIdentity(self._settings.embed.model, self._embedder.fingerprint, self._embedder.dimension)

    def vector(self, query: str, *, across_languages: bool) -> Future[Vectors] | None:
        """The query's embedding (dimension,), in the making; None while the model is not loaded. Does not block.

        Args:
            across_languages: what is searched is in several languages or in another: be as near to either.
        """
        if self._embedder is None:
            return None
        with self._lock:
            known = self._cache.get(query)
            if known is not None:
                self._cache.move_to_end(query)
        if known is None:
            return self._thread.submit(self._read, self._embedder, query, across_languages)
        made: Future[Vectors] = Future()  # it need not wait its turn behind others
        made.set_result(self._turned(known, across_languages))
        return made

    def _read(self, embedder: Embedder, query: str, across_languages: bool) -> Vectors:
        vector = embedder.query(query)
        with self._lock:
            self._cache[query] = vector
            if len(self._cache) > _CACHED:
                self._cache.popitem(last=False)
        return self._turned(vector, across_languages)

    def _turned(self, vector: Vectors, across_languages: bool) -> Vectors:
        return without_language(vector, self._axis) if across_languages and self._axis is not None else vector

    def close(self) -> None:
        """Let the thread end."""
        self._thread.shutdown(wait=False, cancel_futures=True)
