"""embed: chunks become vectors; a text embedded before is not embedded again."""

from __future__ import annotations

import numpy as np

from actors.shell import Hands
from pipeline.embed.embedder import Embedder
from pipeline.settings import Settings
from storage import chunks
from storage.chunks import ModelIdentity


class Actor:
    """Does ranges of chunks. The model is loaded once a process."""

    def __init__(self, settings: Settings) -> None:
        self._batch = settings.embed.batch
        self._embedder = Embedder(
            settings.embed_model,
            threads=settings.embed.compute_threads,
            precision=settings.embed.precision,
            engine=settings.embed.engine,
        )
        self._model = ModelIdentity(settings.embed.model, self._embedder.fingerprint, self._embedder.dimension)

    def work(self, hands: Hands) -> None:
        """Embed what has no vector yet. Again is safe: vectors are kept by their text."""
        claim = hands.claim
        chunks.check_model(claim.kb, self._model)
        todo = chunks.texts_to_embed(claim)
        todo.sort(key=lambda item: len(item[1]))  # like lengths together: less padding
        vectors = np.empty((len(todo), self._model.dimension), dtype=np.float32)
        for start in range(0, len(todo), self._batch):
            hands.still_held()
            texts = [text for _, text in todo[start : start + self._batch]]
            vectors[start : start + len(texts)] = self._embedder.passages(texts)
        chunks.settle_embed(claim, [hash_ for hash_, _ in todo], vectors, self._model)

    def memory_mb(self) -> float:
        """There are no children."""
        return 0.0

    def close(self) -> None:
        """There are no children."""
