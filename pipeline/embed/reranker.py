"""A cross-encoder: it reads a query and a passage together and says how well the one answers the other.

Better than vectors, which never saw the query, and some hundred times as dear, so it is asked about the best few alone.
Offline: the model is a folder, or an id that lies in the local cache. torch and sentence-transformers are imported when
a `Reranker` is made, not before. Knows nothing of chunks, databases or settings.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import PermanentError

_MAX_TOKENS = 512  # of query and passage together
_BATCH = 16


class Reranker:
    """One loaded model. Making it takes seconds; it is for one thread at a time."""

    def __init__(self, model: str, *, threads: int = 1) -> None:
        """Loads the model.

        Args:
            model: folder of a sentence-transformers cross-encoder, or a hub id that lies in the local cache already.
            threads: CPU threads torch may use; they count for the whole process.

        Raises:
            PermanentError: `engine_missing`, the model is not on this machine, cannot be loaded, or is of another kind.
        """
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        os.environ["HF_HUB_OFFLINE"] = "1"  # read when huggingface_hub is imported
        import torch
        from sentence_transformers import CrossEncoder

        torch.set_num_threads(threads)
        try:
            self._model = CrossEncoder(model, device="cpu", local_files_only=True, activation_fn=torch.nn.Sigmoid())
            self._model.max_seq_length = min(self._model.max_seq_length or _MAX_TOKENS, _MAX_TOKENS)
            labels = self._model.num_labels
        except Exception as error:  # whatever a broken folder makes the libraries raise
            raise PermanentError(
                "engine_missing",
                f"The cross-encoder {model!r} could not be loaded from this machine. Set search.reranker to the folder"
                " of a sentence-transformers cross-encoder, or to nothing.",
                {"model": model, "reason": f"{type(error).__name__}: {error}"},
            ) from error
        if labels != 1:
            raise PermanentError(
                "engine_missing",
                f"The model {model!r} gives {labels} numbers for a pair of texts; search.reranker needs a cross-encoder"
                " that gives one.",
                {"model": model},
            )

    def scores(self, query: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """How well texts answer a query: float32, shape (len(texts),), 0..1, higher is better."""
        if not texts:
            return np.empty(0, np.float32)
        pairs = [(query, text) for text in texts]
        found = self._model.predict(pairs, batch_size=_BATCH, show_progress_bar=False)
        return np.asarray(found, np.float32).reshape(len(texts))
