"""Any model that sentence-transformers loads, computed by torch, offline.

torch and sentence-transformers are imported when a `SentenceEncoder` is made (about 6 s and 400 MB), not before.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.embed.fingerprint import Tensor
from pipeline.errors import PermanentError

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer

Precision = Literal["auto", "float32", "bfloat16"]

_PROBE = "A line to measure with. 用来测量的一行文字。" * 6  # about 120 tokens, the size of half a chunk


class SentenceEncoder:
    """One loaded model; for one thread at a time.

    Attributes:
        dimension: length of a vector.
        precision: what the weights are computed in.
        prompts: of the model's own configuration.
    """

    def __init__(self, model: str, *, threads: int, precision: Precision, max_tokens: int) -> None:
        """Load it.

        Args:
            model: folder of a sentence-transformers model, or a hub id that lies in the local cache already.
            threads: CPU threads torch may use; they count for the whole process.
            precision: "auto" takes bfloat16 where this processor has instructions for it and a trial run is faster.
            max_tokens: what goes beyond is cut off, or beyond what the model was made for.

        Raises:
            PermanentError: `engine_missing`, the model is not on this machine or cannot be loaded.
        """
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        # Read when huggingface_hub is imported, so it must be set before: no run time work asks a model hub.
        os.environ["HF_HUB_OFFLINE"] = "1"
        import torch

        _bound_threads(threads)
        self._model = _load(model)
        self._model.max_seq_length = min(self._model.max_seq_length or max_tokens, max_tokens)
        self.dimension = int(self._model.get_embedding_dimension() or 0)
        self.prompts: dict[str, str] = dict(self._model.prompts)
        self.precision = self._choose_precision(precision)
        self._to(torch.bfloat16 if self.precision == "bfloat16" else torch.float32)

    def lengths(self, texts: Sequence[str]) -> list[int]:
        """How many tokens texts have."""
        return [len(ids) for ids in self._model.tokenizer(list(texts)).input_ids]

    def tokens(self, text: str) -> list[int]:
        """The ids of a text's tokens."""
        return list(self._model.tokenizer(text).input_ids)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of texts, all at once: float32, shape (len(texts), dimension), of any length."""
        vectors = self._model.encode(
            list(texts), prompt="", batch_size=len(texts), show_progress_bar=False, normalize_embeddings=False
        )
        return np.asarray(vectors, np.float32)

    def tensors(self) -> dict[str, Tensor]:
        """All weights, by their names."""
        return {name: _tensor(values) for name, values in self._model.state_dict().items()}

    def _choose_precision(self, asked: Precision) -> Literal["float32", "bfloat16"]:
        import torch

        if asked != "auto":
            return asked
        if not _has_bfloat16():
            return "float32"
        seconds = {}
        for name, dtype in (("float32", torch.float32), ("bfloat16", torch.bfloat16)):
            self._to(dtype)
            self.encode([_PROBE])  # the first run lays out weights
            start = time.perf_counter()
            self.encode([_PROBE] * 4)
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


def _tensor(values: torch.Tensor) -> Tensor:
    flat = values.detach().reshape(-1)
    return Tensor(tuple(values.shape), lambda start, end: flat[start:end].float().numpy())


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
