"""The cross-encoder of a web process: loaded in the background after start, so that nothing waits for it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as Overdue

from pipeline import log
from pipeline.embed.reranker import Reranker
from pipeline.errors import TransientError
from pipeline.settings import Settings
from web.query_model import LOADING

_WAIT_S = 10.0  # for its turn and its answer; a search that waited so long goes without
_WAITING = 8  # searches that wait for it at once; more go without
_LOG = log.get("web")


class Reranking:
    """Orders passages by a cross-encoder, one search at a time.

    Attributes:
        wanted: whether a model is set.
        problem: why it cannot be asked, or None.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._model: Reranker | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="reranker")
        self._turns = threading.Semaphore(_WAITING)
        self.wanted = bool(settings.search.reranker)
        self.problem: str | None = "still loading" if self.wanted else "none is set (search.reranker)"

    def load(self) -> None:
        """Start loading where a model is set, and return at once."""
        if self.wanted:
            self._thread.submit(self._load)

    def _load(self) -> None:
        try:
            with LOADING:
                self._model = Reranker(self._settings.reranker_model, threads=self._settings.web.query_threads)
        except Exception as error:
            self.problem = f"could not be loaded: {error}"
            _LOG.error("cross-encoder not loaded", exc_info=error)
        else:
            self.problem = None
            _LOG.info("cross-encoder ready", model=self._settings.search.reranker)

    def scores(self, query: str, texts: Sequence[str]) -> list[float]:
        """How well texts answer a query, 0..1. Blocks, for some seconds at most; call it in a thread.

        Raises:
            TransientError: it is not loaded, has failed or is too busy.
        """
        if self._model is None:
            raise TransientError(f"the cross-encoder is {self.problem}" if self.wanted else "no cross-encoder is set")
        if not self._turns.acquire(blocking=False):
            raise TransientError("too many searches wait for the cross-encoder")
        try:
            asked = self._thread.submit(self._model.scores, query, texts)
            try:
                return [float(score) for score in asked.result(_WAIT_S)]
            except Overdue:
                asked.cancel()
                raise TransientError(f"the cross-encoder gave no answer within {_WAIT_S:.0f} s") from None
            except Exception as error:
                _LOG.error("cross-encoder failed", exc_info=error)
                raise TransientError(f"the cross-encoder failed: {type(error).__name__}") from error
        finally:
            self._turns.release()

    def close(self) -> None:
        """Let the thread end."""
        self._thread.shutdown(wait=False, cancel_futures=True)
