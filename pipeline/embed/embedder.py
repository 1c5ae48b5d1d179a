"""Texts to vectors with a sentence-transformers model, offline, on one process's share of the processor.

Traditional Chinese is embedded in Simplified characters: the models have read far more of them, and a question in one
script ranked passages in the same script first, whatever they said.
torch and sentence-transformers are imported when an `Embedder` is made (about 6 s and 400 MB), not before.
Knows nothing of chunks, databases or settings.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import re
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import PermanentError
from pipeline.folding import simplified

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer

Precision = Literal["auto", "float32", "bfloat16"]

MAX_TOKENS = 512
_PROBE = "A line to measure with. 用来测量的一行文字。" * 6  # about 120 tokens, the size of half a chunk
_SAMPLES = 16  # evenly spaced runs of 64 values of each tensor enter the fingerprint


class Embedder:
    """One loaded model. Making it takes seconds; calls from several threads are answered one after another.

    Attributes:
        name: the model as it was asked for (hub id, or the folder's name).
        dimension: length of a vector.
        precision: what the weights are computed in, "float32" or "bfloat16".
        fingerprint: 32 hex digits that depend only on weights, tokenizer and prompts: the same for a moved folder and
            in either precision, another for another model. A knowledge base remembers it.
    """

    name: str
    dimension: int
    precision: Literal["float32", "bfloat16"]
    fingerprint: str

    def __init__(self, model: str, *, threads: int = 1, precision: Precision = "auto", batch: int = 16) -> None:
        """Loads the model.

        Args:
            model: folder of a sentence-transformers model, or a hub id that lies in the local cache already.
            threads: CPU threads torch may use; they count for the whole process.
            precision: "auto" takes bfloat16 where this processor has instructions for it and a trial run is faster.
            batch: most texts the model takes at once.

        Raises:
            PermanentError: `engine_missing`, the model is not on this machine or cannot be loaded.
        """
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        # Read when huggingface_hub is imported, so it must be set before: no run time work asks a model hub.
        os.environ["HF_HUB_OFFLINE"] = "1"
        import torch

        _bound_threads(threads)
        self._lock = threading.Lock()
        self._batch = batch
        self._model = _load(model)
        self._model.max_seq_length = min(self._model.max_seq_length or MAX_TOKENS, MAX_TOKENS)
        self.name = Path(model).resolve().name if Path(model).is_dir() else model
        self._passage_prompt = _prompt(self._model, self.name, "passage", "document")
        self._query_prompt = _prompt(self._model, self.name, "query")
        self.dimension = int(self._model.get_embedding_dimension() or 0)
        self.fingerprint = self._fingerprint()
        self.precision = self._choose_precision(precision)
        self._to(torch.bfloat16 if self.precision == "bfloat16" else torch.float32)

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
        lengths = [len(ids) for ids in self._model.tokenizer([text[: 12 * MAX_TOKENS] for text in texts]).input_ids]
        order = sorted(range(len(texts)), key=lambda i: -min(lengths[i], MAX_TOKENS))
        for at in range(0, len(order), self._batch):
            yield order[at : at + self._batch]

    def _encode(self, texts: list[str]) -> NDArray[np.float32]:
        vectors = self._model.encode(
            texts, prompt="", batch_size=len(texts), show_progress_bar=False, normalize_embeddings=False
        )
        result = np.asarray(vectors, np.float32)
        # Once more in float32: lengths out of bfloat16 are off by up to 1/256.
        result /= np.maximum(np.linalg.norm(result, axis=1, keepdims=True), 1e-12)
        return result

    def _choose_precision(self, asked: Precision) -> Literal["float32", "bfloat16"]:
        import torch

        if asked != "auto":
            return asked
        if not _has_bfloat16():
            return "float32"
        seconds = {}
        for name, dtype in (("float32", torch.float32), ("bfloat16", torch.bfloat16)):
            self._to(dtype)
            self._encode([_PROBE])  # the first run lays out weights
            start = time.perf_counter()
            self._encode([_PROBE] * 4)
            seconds[name] = time.perf_counter() - start
        return "bfloat16" if seconds["bfloat16"] < seconds["float32"] else "float32"

    def _to(self, dtype: torch.dtype) -> None:
        """Casts all weights but the token table: looked up, never multiplied, it stays as stored and mapped from disk.

        For a multilingual model it is four fifths of the weights, of which a process touches few.
        """
        table = _token_table(self._model)
        for module in self._model.modules():
            if module is table:
                continue
            for parameter in module.parameters(recurse=False):
                parameter.data = parameter.data.to(dtype)
        if table is not None:
            _answer_in(table, dtype)

    def _fingerprint(self) -> str:
        """Hashes prompts, a tokenised probe, and names, shapes and evenly spaced values (bfloat16) of all tensors."""
        import torch

        digest = hashlib.sha256(repr((self._passage_prompt, self._query_prompt)).encode())
        digest.update(repr(self._model.tokenizer(_PROBE).input_ids).encode())
        for name, tensor in sorted(self._model.state_dict().items()):
            if ".pooler." in name:  # unused, and random in models that come without
                continue
            flat = tensor.detach().reshape(-1)
            step = max(64, flat.numel() // _SAMPLES)  # few runs, not many values: each touches a page of a mapped file
            runs = torch.cat([flat[at : at + 64] for at in range(0, flat.numel(), step)])
            values = runs.to(torch.bfloat16).float().numpy()
            digest.update(f"{name}{tuple(tensor.shape)}".encode() + values.astype("<f4").tobytes())
        return digest.hexdigest()[:32]


def _load(model: str) -> SentenceTransformer:
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    loggers = [logging.getLogger(name) for name in ("transformers", "sentence_transformers")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)  # advice on precisions, reports on unused weights
    try:
        return SentenceTransformer(model, device="cpu", local_files_only=True)
    except Exception as error:  # whatever a broken folder makes the libraries raise
        raise PermanentError(
            "engine_missing",
            f"The embedding model {model!r} could not be loaded from this machine. Run `make setup`, which puts the "
            "default model in place, or set embed.model to the folder of a sentence-transformers model.",
            {"model": model, "reason": f"{type(error).__name__}: {error}"},
        ) from error
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _prompt(model: SentenceTransformer, name: str, *keys: str) -> str:
    """The first prompt of these keys in the model's own configuration.

    The E5 family was trained with "query: " and "passage: " but most of its published folders do not say so; a model
    of another family without prompts gets none.
    """
    own = next((model.prompts[key] for key in keys if model.prompts.get(key)), "")
    return own or (f"{keys[0]}: " if re.search(r"(^|[-_/])e5[-_]", name.lower()) else "")


def _bound_threads(threads: int) -> None:
    import torch

    torch.set_num_threads(threads)
    if torch.get_num_interop_threads() != 1:
        # Refused once something has computed in this process; a model like ours leaves these threads idle anyway.
        with contextlib.suppress(RuntimeError):
            torch.set_num_interop_threads(1)


def _has_bfloat16() -> bool:
    """Whether a trial of bfloat16 is worth its time: without such instructions it is emulated, many times slower."""
    if sys.platform == "darwin":
        return False  # torch's CPU kernels there have no fast bfloat16 path
    machine = os.uname().machine
    if machine == "aarch64":
        return "bf16" in Path("/proc/cpuinfo").read_text("utf-8")
    import torch

    checks = (getattr(torch.cpu, name, None) for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"))
    return any(check() for check in checks if check is not None)


def _token_table(model: SentenceTransformer) -> Any:
    """The token embedding of the transformer, or None for models without a plain one."""
    import torch

    getter = getattr(getattr(model[0], "model", None), "get_input_embeddings", None)
    try:
        table = getter() if getter is not None else None
    except NotImplementedError:
        return None
    return table if isinstance(table, torch.nn.Embedding) else None


def _answer_in(table: Any, dtype: torch.dtype) -> None:
    """Makes a token table answer in `dtype` whatever its rows are stored in."""
    hook = getattr(table, "_pagemill_hook", None)
    if hook is not None:
        hook.remove()
    table._pagemill_hook = table.register_forward_hook(lambda _module, _ids, rows: rows.to(dtype))
