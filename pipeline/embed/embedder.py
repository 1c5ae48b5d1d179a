"""Texts to vectors, offline, on one process's share of the processor.

Any model that sentence-transformers loads will do. One of the default model's form is computed by OpenVINO where that
is installed: the same vectors, sooner and in less memory; then neither torch nor sentence-transformers is loaded.
Traditional Chinese is embedded in Simplified characters: the models have read far more of them, and a question in one
script ranked passages in the same script first, whatever they said.
Knows nothing of chunks, databases or settings.
"""

from __future__ import annotations

import importlib.util
import logging
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.embed.fingerprint import Tensor, fingerprint
from pipeline.embed.model_folder import bert_folder
from pipeline.errors import PermanentError
from pipeline.folding import simplified

Precision = Literal["auto", "float32", "bfloat16"]
Engine = Literal["auto", "openvino", "torch"]

MAX_TOKENS = 512
_LOG = logging.getLogger(__name__)
_PROBE = "A line to measure with. 用来测量的一行文字。" * 6  # its tokens enter the fingerprint


class Encoder(Protocol):
    """What computes vectors: a model, loaded."""

    dimension: int
    precision: Literal["float32", "bfloat16"]

    @property
    def prompts(self) -> Mapping[str, str | None]:
        """What the model's own configuration puts before texts, by name."""

    def lengths(self, texts: Sequence[str]) -> list[int]:
        """How many tokens texts have."""

    def tokens(self, text: str) -> list[int]:
        """The ids of a text's tokens."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors (len(texts), dimension) of any length."""

    def tensors(self) -> dict[str, Tensor]:
        """All weights, under the names that torch gives them."""


class Embedder:
    """One loaded model. Making it takes seconds; calls from several threads are answered one after another.

    Attributes:
        name: the model as it was asked for (hub id, or the folder's name).
        dimension: length of a vector.
        engine: what computes it, "openvino" or "torch".
        precision: what the weights are computed in, "float32" or "bfloat16".
        fingerprint: 32 hex digits that depend only on weights, tokenizer and prompts: the same for a moved folder, with
            either engine and in either precision, another for another model. A knowledge base remembers it.
    """

    name: str
    dimension: int
    engine: Literal["openvino", "torch"]
    precision: Literal["float32", "bfloat16"]
    fingerprint: str

    def __init__(
        self,
        model: str,
        *,
        threads: int = 1,
        precision: Precision = "auto",
        batch: int = 1,
        engine: Engine = "auto",
    ) -> None:
        """Loads the model.

        Args:
            model: folder of a sentence-transformers model, or a hub id that lies in the local cache already.
            threads: CPU threads that the model may use; with torch they count for the whole process.
            precision: "auto" takes bfloat16 where this processor has instructions for it and a trial run is faster.
            batch: most texts the model takes at once. On a processor a batch saves nothing and its padding costs: 64
                passages of 60 to 220 words on one thread took 9.9 s by sixteens, 7.9 by fours and 6.7 one by one with
                OpenVINO; with torch 13.5 s by sixteens and 8.6 one by one.
            engine: "auto" takes OpenVINO where it is installed and can compute such a model, else torch.

        Raises:
            PermanentError: `engine_missing`, the model is not on this machine or cannot be loaded, or not by `engine`.
        """
        self._lock = threading.Lock()
        self.name = Path(model).resolve().name if Path(model).is_dir() else model
        self.engine, self._encoder = _loaded(model, threads, precision, engine)
        self._batch = batch
        self._passage_prompt = _prompt(self._encoder.prompts, self.name, "passage", "document")
        self._query_prompt = _prompt(self._encoder.prompts, self.name, "query")
        self.dimension = self._encoder.dimension
        self.precision = self._encoder.precision
        self.fingerprint = fingerprint(
            (self._passage_prompt, self._query_prompt), self._encoder.tokens(_PROBE), self._encoder.tensors()
        )

    def passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of texts that are to be found.

        Args:
            texts: any number; what goes beyond 512 tokens is cut off.

        Returns:
            float32, shape (len(texts), dimension), each of length 1.
        """
        out = np.empty((len(texts), self.dimension), np.float32)
        with self._lock:
            prompted = [self._passage_prompt + simplified(text.strip()) for text in texts]
            for batch in self._batches(prompted):
                out[batch] = self._encode([prompted[i] for i in batch])
        return out

    def query(self, text: str) -> NDArray[np.float32]:
        """The vector of a question: float32, shape (dimension,), length 1."""
        with self._lock:
            vector: NDArray[np.float32] = self._encode([self._query_prompt + simplified(text.strip())])[0]
        return vector

    def _batches(self, texts: list[str]) -> Iterator[list[int]]:
        """Indices in batches of about equal token counts, longest first, so that little padding is computed."""
        if not texts:
            return
        # Twelve characters a token bound the cut generously; the tokenizer need not walk a whole book to find the end.
        lengths = self._encoder.lengths([text[: 12 * MAX_TOKENS] for text in texts])
        order = sorted(range(len(texts)), key=lambda i: -min(lengths[i], MAX_TOKENS))
        for at in range(0, len(order), self._batch):
            yield order[at : at + self._batch]

    def _encode(self, texts: list[str]) -> NDArray[np.float32]:
        result = self._encoder.encode(texts)
        # Once more in float32: lengths out of bfloat16 are off by up to 1/256.
        result /= np.maximum(np.linalg.norm(result, axis=1, keepdims=True), 1e-12)
        return result


def _loaded(
    model: str, threads: int, precision: Precision, engine: Engine
) -> tuple[Literal["openvino", "torch"], Encoder]:
    installed = all(importlib.util.find_spec(name) is not None for name in ("openvino", "tokenizers"))
    if engine != "torch" and installed and (folder := bert_folder(model)) is not None:
        from pipeline.embed.bert import BertEncoder

        try:
            return "openvino", BertEncoder(folder, threads=threads, precision=precision, max_tokens=MAX_TOKENS)
        except Exception as error:  # whatever a machine it was not built for, or a broken folder, makes it raise
            if engine == "openvino":
                raise _not_by_openvino(model, f"{type(error).__name__}: {error}") from error
            _LOG.warning("embedding model goes to torch: OpenVINO could not load it", exc_info=error)
    elif engine == "openvino":
        raise _not_by_openvino(model, "another form than the default model's" if installed else "not installed")
    from pipeline.embed.sentence import SentenceEncoder

    return "torch", SentenceEncoder(model, threads=threads, precision=precision, max_tokens=MAX_TOKENS)


def _not_by_openvino(model: str, reason: str) -> PermanentError:
    return PermanentError(
        "engine_missing",
        f"OpenVINO cannot compute the embedding model {model!r} here. Set embed.engine to auto, and torch does.",
        {"model": model, "reason": reason},
    )


def _prompt(prompts: Mapping[str, str | None], name: str, *keys: str) -> str:
    """The first prompt of these keys in the model's own configuration.

    The E5 family was trained with "query: " and "passage: " but most of its published folders do not say so; a model
    of another family without prompts gets none.
    """
    own = next((prompts[key] for key in keys if prompts.get(key)), "")
    return own or (f"{keys[0]}: " if re.search(r"(^|[-_/])e5[-_]", name.lower()) else "")
